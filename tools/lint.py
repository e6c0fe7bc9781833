#!/usr/bin/python3
# Licensed under the Apache License, Version 2.0; see LICENSE.
"""Rules of this project that no ready tool knows.

    tools/lint.py CHECK FILE...

CHECK is one of CHECKS at the end; each prints `file:line: what is wrong` and
the exit status is 1 when there was something. tests/lint has for every check
a file that breaks its rule."""

import re
import subprocess
import sys

MOST_LINES = 60
MOST_PARAMETERS = 6     # 5 is the aim
MOST_DEPTH = 4          # braces: the function's own and three inside
MOST_NAME = 32
MOST_COLUMNS = 80       # 79 is the aim
LICENCE = "Licensed under the Apache License, Version 2.0; see LICENSE."
# file-scope state that may change: httpd's module record
MUTABLE = {"proxyguard_module"}
# hooks and entry points whose shape or name somebody else gave
FOREIGN_NAMES = {"main", "LLVMFuzzerTestOneInput", "proxyguard_class"}
NOT_FUNCTIONS = {"if", "for", "while", "switch", "return", "sizeof",
                 "__attribute__", "defined"}


def read(path):
    with open(path, encoding="utf-8") as f:
        return f.read()


def without_text(code):
    """The code with comments, strings and character constants blanked, all
    line ends and braces of the code itself kept."""
    def blank(m):
        return re.sub(r"[^\n]", " ", m[0])
    return re.sub(r'/\*.*?\*/|//[^\n]*|"(?:[^"\\\n]|\\.)*"'
                  r"|'(?:[^'\\\n]|\\.)+'", blank, code, flags=re.S)


def functions(path):
    """(first line, head, body) of each function: a brace alone in column 0
    after a head that has parentheses, to the brace in column 0."""
    lines = without_text(read(path)).split("\n")
    start, head = None, []
    for n, line in enumerate(lines, 1):
        if start is None:
            if line == "{" and "(" in " ".join(head):
                start = n
            elif re.match(r"\s*$|#|\}|.*;\s*$", line):
                head = []
            else:
                head.append(line)
        elif line.startswith("}"):
            yield start, " ".join(head), lines[start:n - 1]
            start, head = None, []


def name_of(head):
    m = re.search(r"(\w+)\s*\(", head)
    return m[1] if m else "?"


def parameters(head):
    """How many there are; commas inside parentheses belong to one."""
    inner = head[head.index("(") + 1:head.rindex(")")]
    while re.search(r"\([^()]*\)", inner):
        inner = re.sub(r"\([^()]*\)", "", inner)
    return 0 if inner.strip() in ("", "void") else inner.count(",") + 1


def check_functions(path):
    """Length, parameters, depth."""
    for start, head, body in functions(path):
        name = name_of(head)
        if len(body) > MOST_LINES:
            yield start, f"{name} has {len(body)} lines, over {MOST_LINES}"
        if parameters(head) > MOST_PARAMETERS:
            yield start, (f"{name} has {parameters(head)} parameters, over "
                          f"{MOST_PARAMETERS}")
        depth = 1
        for n, line in enumerate(body, start + 1):
            # initialisers open and close a brace within a statement
            depth += line.count("{") - line.count("}")
            if depth > MOST_DEPTH and line.rstrip().endswith("{"):
                yield n, f"{name} is nested over {MOST_DEPTH - 1} deep"


def check_names(path):
    """pg_<unit>_<verb> outside, no prefix inside; types end in _t or _e."""
    code = without_text(read(path))
    header = path.endswith(".h")
    for start, head, _ in functions(path):
        name = name_of(head)
        if name in FOREIGN_NAMES or name.isupper() \
                or re.match(r"PG_[A-Z_]+\b", head.strip()):
            continue
        static = re.search(r"\bstatic\b", head)
        if len(name) > MOST_NAME:
            yield start, f"{name} is longer than {MOST_NAME} characters"
        if not static and not name.startswith("pg_"):
            yield start, f"{name} is visible outside and lacks pg_"
        if static and name.startswith("pg_") and not header:
            yield start, f"{name} is static and has the prefix pg_"
    for m in re.finditer(r"^(?:\}|typedef struct \w+|typedef enum \w+) "
                         r"(\w+);$", code, re.M):
        line = code.count("\n", 0, m.start()) + 1
        if not re.search(r"_[te]$", m[1]):
            yield line, f"type {m[1]} does not end in _t or _e"


def check_units(path):
    """A header pg_x.h: what it declares for others is called pg_x_..."""
    unit = re.sub(r"\.h$", "", path.rsplit("/", 1)[-1])
    code = without_text(read(path))
    for m in re.finditer(r"^[a-z][\w \t]*[ *](pg_\w+)\(", code, re.M):
        if not re.match(unit + r"(_|$)", m[1]) \
                and not re.match(r"typedef|return", m[0]):
            yield code.count("\n", 0, m.start()) + 1, \
                f"{m[1]} lacks the prefix of its unit, {unit}_"


def check_layout(path):
    """Columns, tabs, trailing space, licence, own header first, guard."""
    text = read(path)
    lines = text.split("\n")
    if LICENCE not in "\n".join(lines[:3]):
        yield 1, "no licence line at the top"
    if not text.endswith("\n") or text.endswith("\n\n"):
        yield len(lines), "does not end in one newline"
    for n, line in enumerate(lines, 1):
        if len(line) > MOST_COLUMNS:
            yield n, f"{len(line)} columns, over {MOST_COLUMNS}"
        if "\t" in line:
            yield n, "a tab"
        if line != line.rstrip():
            yield n, "space at the end of the line"
        if re.match(r"\s*\}\s*else\b", line) and path.endswith((".c", ".h")):
            yield n, "else stands on a line of its own"
    if path.endswith(".h"):
        guard = re.sub(r"\W", "_", path.rsplit("/", 1)[-1]).upper()
        if not re.search(rf"^#ifndef {guard}$", text, re.M):
            yield 1, f"its guard is not {guard}"


def check_state(path):
    """Object files: no variable of file scope that can change. Constant
    tables of pointers lie in .data.rel.ro, which is read-only at run time."""
    out = subprocess.run(["objdump", "-t", path], check=True,
                         stdout=subprocess.PIPE, text=True).stdout
    for line in out.splitlines():
        m = re.match(r"[0-9a-f]+ (.{7}) (\S+)\s+[0-9a-f]+\s+(?:\.hidden )?"
                     r"(\S+)$", line)
        if not m or m[3].startswith(".") or m[3] in MUTABLE:
            continue
        writable = re.match(r"\.(t?bss|t?data)(\.|$)|\*COM\*", m[2])
        if writable and not m[2].startswith(".data.rel.ro"):
            yield 0, f"{m[3]} is mutable state of file scope ({m[2]})"


# --- message ids: one place, one row, one test ------------------------------

def ids_in_code(paths):
    """(id, file, line): PGLOGNO(nnnn), or an audit rule's .id = 2nn."""
    for path in paths:
        code = re.sub(r"/\*.*?\*/", lambda m: re.sub(r"[^\n]", " ", m[0]),
                      read(path), flags=re.S)
        for n, line in enumerate(code.split("\n"), 1):
            if "define PGLOGNO" in line:
                continue
            for m in re.finditer(r"PGLOGNO\((\w*)\)|\bPG(\d+):|"
                                 r"\bid = (2\d\d)\b", line):
                yield m[1] or m[2] or "0" + m[3], path, n


def check_messages(paths):
    """All files at once: C sources, docs/messages.md, tests/**.py and .c."""
    docs = [p for p in paths if p.endswith(".md")]
    tests = [p for p in paths
             if re.search(r"(^|/)test_|^tests/(unit|e2e)/", p)]
    code = [p for p in paths if p.endswith((".c", ".h")) and p not in tests]
    used, rows = {}, {}
    for number, path, n in ids_in_code(code):
        if not re.fullmatch(r"\d{4}", number):
            yield path, n, f"PG{number} is not PG and four digits"
        elif number in used:
            first = "%s:%d" % used[number]
            yield path, n, f"PG{number} is also used at {first}"
        else:
            used[number] = (path, n)
    for path in docs:
        for n, line in enumerate(read(path).split("\n"), 1):
            m = re.match(r"\|\s*`?PG(\d{4})`?\s*\|", line)
            if m and m[1] in rows:
                yield path, n, f"PG{m[1]} has two rows"
            if m:
                rows[m[1]] = (path, n)
    mentioned = "\n".join(read(p) for p in tests)
    for number, (path, n) in sorted(used.items()):
        if number not in rows:
            yield path, n, f"PG{number} has no row in {' '.join(docs)}"
        if f"PG{number}" not in mentioned:
            yield path, n, f"PG{number}: no test mentions it"
    for number, (path, n) in sorted(rows.items()):
        if number not in used:
            yield path, n, f"PG{number} is in no source file"


# --- sentences --------------------------------------------------------------

# where words may stand: the catalogue, and what is English by its nature
SENTENCES = {
    "pg_phrases.h",                # the catalogue
    "pg_metrics.h", "pg_prometheus.c",         # for Prometheus
    "pg_query.c", "pg_query.h",    # why a URL or an option is refused
    "pg_own.c", "pg_backends.c",   # why a directive or an option is refused
    "pg_smtp.c", "pg_mbox.c",      # protocols
}


def check_sentences(path):
    """No words for people outside the catalogue: none in report/ and core/;
    in cli/, whose help and errors are English, none in its output."""
    code = re.sub(r"/\*.*?\*/", lambda m: re.sub(r"[^\n]", " ", m[0]),
                  read(path), flags=re.S)
    if path.rsplit("/", 1)[-1] in SENTENCES:
        return
    for m in re.finditer(r'(?:"(?:[^"\\\n]|\\.)*"\s*)+', code):
        text = "".join(re.findall(r'"((?:[^"\\\n]|\\.)*)"', m[0]))
        before = code[code.rfind(";", 0, m.start()) + 1:m.start()]
        if path.startswith("cli/") and not re.search(
                r"\b(pg_sink_put\w*|printf|puts)\s*\(", before):
            continue
        if re.search(r"(?<![\w/.-])[A-Za-z][a-z']+(,? [a-z']+){2}", text) \
                and not re.search(r"[<{]|\\\"|^\(?https?:", text):
            yield code.count("\n", 0, m.start()) + 1, \
                f'"{text[:40]}" is not in the catalogue'


# --- callers ------------------------------------------------------------------

def called_in(path, code):
    """Of a header, functions and macros: a declaration calls nothing."""
    if path.endswith(".c"):
        return code
    bodies = ["\n".join(body) for _, _, body in functions(path)]
    return "\n".join(bodies + re.findall(r"^#define\b(?:.*\\\n)*.*", code,
                                        re.M))


def check_callers(paths):
    """All files at once: no function without a caller, none that only tests
    call, none visible outside of its file without need."""
    code = {p: without_text(read(p)) for p in paths}
    product = [p for p in paths if not re.search(r"tests/(?!lint/)|_test\.c$",
                                                 p)]
    uses = {}
    for path in product:
        for word in re.findall(r"\bpg_\w+", called_in(path, code[path])):
            uses.setdefault(word, []).append(path)
    tested = {word for path in paths if path not in product
              for word in re.findall(r"\bpg_\w+", code[path])}
    for path in product:
        for start, head, _ in functions(path):
            name = name_of(head)
            if not name.startswith("pg_") or name in FOREIGN_NAMES:
                continue
            where = list(uses.get(name, []))
            if path.endswith(".c"):
                where.remove(path)                    # where it is defined
            static = re.search(r"\bstatic\b", head)
            if not where:
                yield path, start, f"{name} has no caller" + (
                    " but tests" if name in tested else "")
            elif set(where) == {path} and not static and name not in tested:
                yield path, start, f"{name} is called in its file only: static"


def check_circles(paths):
    """All headers at once: none includes itself, by whatever way."""
    name = {p.rsplit("/", 1)[-1]: p for p in paths}
    includes = {p: [name[i] for i in re.findall(r'^#include "([^"]+)"',
                                                read(p), re.M) if i in name]
                for p in paths}
    for path in paths:
        reached, ahead = set(), list(includes[path])
        while ahead:
            header = ahead.pop()
            if header not in reached:
                reached.add(header)
                ahead += includes[header]
        if path in reached:
            yield path, 1, "includes itself, through " + " and ".join(
                sorted(p for p in includes[path] if p in reached))


def check_homes(paths):
    """All headers at once: no two folders have a unit of the same name."""
    homes = {}
    for path in paths:
        first = homes.setdefault(path.rsplit("/", 1)[-1], path)
        if first != path:
            yield path, 1, f"has the name of {first}"


def each(check):
    def run(paths):
        for path in paths:
            for line, what in check(path):
                yield path, line, what
    return run


CHECKS = {
    "functions": each(check_functions),
    "names": each(check_names),
    "units": each(check_units),
    "layout": each(check_layout),
    "state": each(check_state),
    "messages": check_messages,
    "callers": check_callers,
    "circles": check_circles,
    "homes": check_homes,
    "sentences": each(check_sentences),
}


def main(arguments):
    if len(arguments) < 2 or arguments[0] not in CHECKS:
        print(__doc__, "\nCHECKS:", " ".join(CHECKS), file=sys.stderr)
        return 2
    found = list(CHECKS[arguments[0]](arguments[1:]))
    for path, line, what in found:
        print(f"{path}:{line}: {what}")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

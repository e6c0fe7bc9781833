#!/usr/bin/python3
# Licensed under the Apache License, Version 2.0; see LICENSE.
"""Mutation testing: breaks the code, one small change at a time, and counts
the changes that no test notices.

    make mutants                      a random sample of every folder
    make mutants FILES="core ledger/pg_top.c"
    make mutants SINCE=HEAD~3         only the lines changed since then
    make mutants FILES=httpd/pg_names.c T=tests/e2e/test_23_own.py

MINUTES bounds the time of each folder and COUNT its mutants, SEED picks the
sample, RECORD=1 writes the figures to docs/measurements.md; VERBOSE=1 shows
what killed each. A mutant is compiled alone, into a library that takes
precedence over the one with the rest of the code. It is tried on the unit
suites, with the sanitisers, and on the tests that run its line, for no longer
than PATIENCE each: tests/command and tests/page (but for those with a
browser), tests/e2e for httpd/, or what T names. Which test runs which line is
learnt first, and kept until the code changes: for httpd/ that takes some five
minutes. A test that fails must do so twice, lest a loaded machine kill
mutants. A mutant whose optimised object code is the original's is equivalent,
and does not count; so is one that tests/cases/mutants.tsv lists, with the
reason."""

import collections
import glob
import json
import math
import os
import random
import re
import resource
import shlex
import signal
import socket
import subprocess
import sys
import tempfile
import time

import lint
import mutants_tests

TOP = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
FOLDERS = ["core", "ledger", "audit", "scan", "report", "cli", "httpd"]
GOAL = 95
JUDGED = "tests/cases/mutants.tsv"
# CPU seconds of suites, and of tests, a mutant; more where a server is needed
PATIENCE, FOR_SERVERS = 45, 90
MANY = 40                       # mutants at least, for a goal to be met
CAVEAT = """At most {patience} CPU seconds of suites, and as many of tests, a
mutant: the unit suites, tests/command and tests/page; for httpd/, {servers}
of tests/e2e with the event MPM. What a slower test would notice counts as
survived. The unit suites run with the sanitisers, whose complaints count as
noticed. Equivalent, and left out, are mutants with the same object code, and
those that tests/cases/mutants.tsv lists with the reason; more room than is
needed is no mutant, nor which of two equal numbers is the least. Behind the
share is its 95 % interval (Wilson); no goal is met with fewer than {many}
mutants.

"""
# at most 2 GiB of memory and 1 GiB a file: a mutant may do anything
LIMITS = ((resource.RLIMIT_AS, 2 << 30), (resource.RLIMIT_FSIZE, 1 << 30),
          (resource.RLIMIT_CORE, 0))
# the same where AddressSanitizer reserves terabytes
SANITIZED = "hard_rss_limit_mb=2048:max_allocation_size_mb=2048"

Mutant = collections.namedtuple("Mutant", "path line start end text what")
# a unit suite or a test, its CPU seconds, and the blocks that it runs
Runner = collections.namedtuple("Runner", "name seconds blocks")

# what, pattern, replacement; on code without comments and strings
SWAPS = [
    (r" (<|>)(?= )", lambda m: f" {m[1]}="),
    (r" (<|>)=(?= )", lambda m: f" {m[1]}"),
    (r" (==|!=) ", lambda m: " != " if m[1] == "==" else " == "),
    (r" (&&|\|\|)(?=\s)", lambda m: " ||" if m[1] == "&&" else " &&"),
    (r"(?<=[\w)\]]) ([+-])(?= [\w(])",
     lambda m: " -" if m[1] == "+" else " +"),
    (r"(?<![\w.])\d+(?![\w.])", lambda m: str(int(m[0]) + 1)),
    (r"\b(true|false)\b",
     lambda m: "false" if m[1] == "true" else "true"),
    (r"\breturn (?!true|false|NULL;|0;|PG_ABSENT;)([^;{}]+);",
     lambda m: f"return (__typeof__({m[1]})){{ 0 }};"),
    (r"\b(?:break|continue);", lambda m: ";"),
    # a call or an assignment that stands as a statement
    (r"(?<=[;{}])\s+(?:\(void\))?\*?\(?[a-z][\w.>()\[\]-]*(?: [-+|&*/%^]?= "
     r"[^;{}]+|\([^;{}]*\)|\+\+|--);", lambda m: " ;"),
]


def parentheses(body, before):
    """(start, end) of those that follow a pattern."""
    for m in re.finditer(rf"\b(?:{before})(\()", body):
        depth, at = 0, m.start(1)
        while at < len(body):
            depth += {"(": 1, ")": -1}.get(body[at], 0)
            at += 1
            if depth == 0:
                yield m.start(1), at
                break


NAME = r"(\w(?:[\w.\[\]]|->)*)"


def either(body):
    """Where it says  a < b ? a : b  or  if (a < b) { a = b; }  with any of
    the signs: of two that are equal it does not matter which is taken."""
    for m in re.finditer(
            rf"(?:[(=,?:]|&&|\|\||return)\s*{NAME} ([<>]) {NAME}"
            r"(?:\s+\?\s+(?:\1\s+:\s+\3|\3\s+:\s+\1)(?=[;,)])"
            r"|\) \{\s+(?:\1 = \3|\3 = \1);\s+\})", body):
        yield m.start(2) - 1


def arrays(body):
    """(start, end) of the sizes of those whose sizeof nobody asks for."""
    for m in re.finditer(r"[;{]\s+(?:const )?[a-z]\w*(?: \w+)* \**"
                         r"(?:\w+, )*(\w+)((?:\[[^\]{}]+\])+);", body):
        if not re.search(rf"(?:sizeof|&|[A-Z]\()\W*{m[1]}\b", body):
            yield m.span(2)


def signs(body):
    """(start, end) of each 1 that a function for qsort() returns: only its
    sign counts."""
    if re.search(r"^    const .* \*\w+ = a, .*\w+ = b;", body, re.M):
        for m in re.finditer(r"(?:[?:]|return) -?1(?=[ ;\n])", body):
            yield m.span()


def operators(body):
    """(start, end, text) of each change within a function's body. A number
    that may be larger, and which of two equal ones is taken, are none."""
    larger = [*parentheses(body, "[a-z_]*alloc|apr_array_make"),
              *arrays(body), *signs(body)]
    same = set(either(body))
    for pattern, change in SWAPS:
        for m in re.finditer(pattern, body):
            if not (m[0].isdigit() and any(
                    start < m.start() < end for start, end in larger)
                    or m.start() in same):
                yield m.start(), m.end(), change(m)
    for start, end in parentheses(body, "(?:if|while) "):
        yield start, end, f"(!{body[start:end]})"


def mutants(path, wanted=None):
    """All of a file, or those on the wanted lines."""
    with open(path, encoding="utf-8") as f:
        source = f.read()
    begin = [0] + [m.end() for m in re.finditer("\n", source)]
    code = re.sub(r"^#(?:[^\n]*\\\n)*[^\n]*", lambda m: re.sub(
        r"[^\n]", " ", m[0]), lint.without_text(source), flags=re.M)
    for first, _, lines in lint.functions(path):
        low = begin[first - 1]
        body = code[low:begin[first + len(lines)]]
        for start, end, text in operators(body):
            # blanked strings are put back; lines keep their numbers
            old = source[low + start:low + end]
            lead = re.match(r"\s*", old)[0]
            line = source.count("\n", 0, low + start + len(lead)) + 1
            if body[start:end] in text:
                text = text.replace(body[start:end], old)
            elif '"' in old and "__typeof__" in text:
                continue
            if wanted is None or line in wanted:
                yield Mutant(path, line, low + start, low + end, text,
                             " ".join(f"{old} => {text}".split()))


def judged():
    """(path, line of code, what) of the mutants that somebody has shown to
    change nothing that a user could see. The reason is in the last column."""
    rows = [x.split("\t") for x in lint.read(JUDGED).splitlines()
            if x and not x.startswith("#")]
    return {(path, " ".join(code.split()), what)
            for path, code, what, _ in rows}


def key(mutant):
    """What judged() knows it by: no number of a line, which may move."""
    source = lint.read(mutant.path)
    code = source.split("\n")[mutant.line - 1]
    return mutant.path, " ".join(code.split()), mutant.what


def changed(since):
    """path -> lines that are new or changed since a commit."""
    out, path = collections.defaultdict(set), None
    diff = subprocess.run(["git", "diff", "-U0", "--relative", since, "--",
                           *(f"{d}/*.c" for d in FOLDERS)],
                          cwd=TOP, capture_output=True, text=True, check=True)
    for line in diff.stdout.splitlines():
        if line.startswith("+++ b/"):
            path = line[6:]
        m = re.match(r"@@ \S+ \+(\d+)(?:,(\d+))? @@", line)
        if m:
            first, n = int(m[1]), int(m[2] or 1)
            out[path].update(range(first, first + n))
    return out


def bound(but=None):
    for what, most in LIMITS:
        if what != but:
            resource.setrlimit(what, (most, most))


class Tests:
    """pytest, ready to run any of the files' tests; see mutants_tests.py."""

    def __init__(self, house, build):
        # a test with a server waits most of the time
        self.lanes = 4 if "glue" in house.library else 1
        ours, theirs = socket.socketpair()
        # what httpd reads must not be below a folder that only we may enter
        self.temp = tempfile.TemporaryDirectory(prefix="pg-mutants-",
                                                ignore_cleanup_errors=True)
        os.chmod(self.temp.name, 0o755)
        env = house.env(build, PG_MUTANTS=str(theirs.fileno()),
                        PYTHONPATH="tools", TMPDIR=self.temp.name)
        self.run_by = subprocess.Popen(
            [sys.executable, "-B", "-m", "pytest", "-p", "mutants_tests",
             "-p", "no:cacheprovider", "-q", "--basetemp",
             os.path.join(self.temp.name, "tests"), *house.files],
            cwd=TOP, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            pass_fds=[theirs.fileno()], preexec_fn=bound, env=env)
        theirs.close()
        self.link = ours.makefile("rw", encoding="utf-8")
        ours.close()
        self.names = json.loads(self.link.readline())

    def order(self, tests, **more):
        print(json.dumps({"tests": tests, "lanes": self.lanes, **more}),
              file=self.link, flush=True)
        return json.loads(self.link.readline())

    def run(self, runners):
        """The test that fails, by itself as well; none if all pass."""
        names = [r.name for r in runners]
        spent = {"cpu": 5 + 5 * max(r.seconds for r in runners),
                 "wall": 120 + 20 * sum(r.seconds for r in runners)}
        while names:
            passed, failed = self.order(names, **spent)
            if passed:
                break
            if not failed:
                return (None if self.order(names, **spent)[0]
                        else "a time-out")
            if not self.order([failed], **spent)[0]:
                return failed
            names.remove(failed)
        return None

    def close(self):
        self.link.close()
        self.run_by.wait()
        self.temp.cleanup()


class House:
    """The built tree below build/mutants and what runs which line."""

    def __init__(self):
        self.build = os.environ["MUT"]
        self.plain = os.path.join(self.build, "plain", "bin")
        self.cover = os.path.join(self.build, "cover", "bin")
        self.cc = os.environ["MUT_CC"].split()
        self.sanitizers = os.environ["MUT_SAN"].split()
        lower = shlex.split(os.environ["MUT_FLAGS"])
        self.flags = {**dict.fromkeys(FOLDERS, lower),
                      "httpd": shlex.split(os.environ["MUT_HTTPD"])}
        self.kills = collections.Counter()
        self.original = {}
        for self.place in "libmutantglue.so", "libmutant.so":
            self.swap(None)
        self.library = self.files = self.tests = None
        self.judged = judged()
        self.sound = {}             # suite: does it pass without a mutant?

    def turn_to(self, folder):
        """What a folder needs: its tests, and which of them runs which of
        its library's blocks."""
        self.swap(None)
        before = self.library, self.files
        self.library, self.place = (
            ("libglue.so", "libmutantglue.so") if folder == "httpd" else
            ("libhouse.so", "libmutant.so"))
        self.files = test_files(folder)
        if before != (self.library, self.files):
            self.close()
            self.blocks = self.find_blocks()
            self.runners = self.learn()
            self.tests = Tests(self, self.plain)

    def close(self):
        if self.tests:
            self.tests.close()

    def env(self, build, **more):
        return {**os.environ, "PG_CASES": "tests/cases", "CK_FORK": "no",
                "CK_VERBOSITY": "silent", "CK_DEFAULT_TIMEOUT": "60",
                "BUILD": build, "PYTHONPATH": "",
                "PG_MODULE": f"{build}/mod_proxyguard.so",
                "PG_BUILD": "instrumented", "MPM": "event", **more}

    def run(self, suite, build, seconds, **more):
        """Did a unit suite pass, in time?"""
        def limited():
            bound(resource.RLIMIT_AS)
            resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
        with subprocess.Popen(
                [os.path.join(build, "unit")], cwd=TOP, preexec_fn=limited,
                stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                start_new_session=True,
                env=self.env(build, CK_RUN_SUITE=suite,
                             ASAN_OPTIONS=SANITIZED,
                             LD_LIBRARY_PATH=f"{build}/sanitized",
                             **more)) as run:
            try:
                return run.wait(60 + 20 * seconds) == 0
            except subprocess.TimeoutExpired:
                return False
            finally:
                try:            # what it has forked may outlive it
                    os.killpg(run.pid, 9)
                except ProcessLookupError:
                    pass

    def find_blocks(self):
        """(offset, path, line) of each basic block in the traced library."""
        library = os.path.join(self.cover, self.library)
        code = subprocess.run(["objdump", "-d", "--no-show-raw-insn", library],
                              capture_output=True, text=True, check=True)
        ends = [int(m, 16) for m in re.findall(
            r"<__sanitizer_cov_trace_pc@plt>\n +([0-9a-f]+):", code.stdout)]
        lines = subprocess.run(
            ["addr2line", "-e", library], capture_output=True, text=True,
            input="\n".join(f"{at - 1:x}" for at in ends), check=True)
        out = []
        for at, said in zip(ends, lines.stdout.split("\n")):
            path, _, line = said.split(" ")[0].rpartition(":")
            if line.isdigit():
                out.append((at, os.path.relpath(path, TOP), int(line)))
        return out

    def learn(self):
        """Which unit suite, which test runs which block: each once with the
        traced build, kept for the next time."""
        kept = os.path.join(self.cover, self.library + ".jsonl")
        built = os.path.join(self.cover, "unit" if "house" in self.library
                             else self.library)
        if (os.path.exists(kept)
                and os.path.getmtime(kept) < os.path.getmtime(built)):
            os.remove(kept)
        suites = re.findall(r"PG_TEST_SUITE\((\w+)", "".join(
            lint.read(p) for p in sorted(glob.glob("tests/unit/test_*.c"))
            if "house" in self.library))
        known = {row[0] for row in rows_of(kept)}
        for name in suites:
            if name not in known:
                self.learn_suite(name, kept)
        tests = Tests(self, self.cover)
        todo = [name for name in tests.names if name not in known]
        if not tests.order(todo, learn=kept, wall=7200,
                           offsets=[b[0] for b in self.blocks])[0]:
            sys.exit("the tests could not all be traced")
        tests.close()
        out = []
        present = {*suites, *tests.names}
        for name, seconds, passed, seen in rows_of(kept):
            if not passed and name in present:
                print(f"{name} does not pass as it is: left out",
                      file=sys.stderr)
            elif name in present:
                out.append(Runner(name, seconds, int(seen, 16)))
        return out

    def learn_suite(self, name, kept):
        path, start = kept + ".trace", mutants_tests.spent()
        with mutants_tests.Trace(path, [b[0] for b in self.blocks]) as trace:
            passed = self.run(name, self.cover, 900, PG_TRACE=path)
            row = [name, mutants_tests.spent() - start, passed,
                   trace.blocks()]
        with open(kept, "a", encoding="utf-8") as out:
            print(json.dumps(row), file=out)

    def compile(self, path, source, *how):
        """The object file of a source; None if it is not C."""
        copy = os.path.join(self.build, os.path.basename(path))
        out = os.path.join(self.build, "mutant.o")
        with open(copy, "w", encoding="utf-8") as f:
            f.write(source)
        fine = subprocess.run(
            [*self.cc, *self.flags[path.split("/")[0]], *how, "-c", "-o",
             out, copy], cwd=TOP, stderr=subprocess.DEVNULL, check=False)
        if fine.returncode:
            return None
        with open(out, "rb") as f:
            return f.read()

    def swap(self, mutant):
        """Put a mutant, or nothing, in its place; the verdict, if that is all
        that it takes."""
        path, source = ("core/none.c", "") if mutant is None else (
            mutant.path, mutated(mutant))
        if path not in self.original:
            self.original[path] = mutant and self.compile(
                path, lint.read(path), "-O2")
        code = self.compile(path, source, "-O2")
        if code is None or code == self.original[path]:
            return "not C" if code is None else "equivalent"
        self.link(self.place)
        self.compile(path, source, "-O1", *self.sanitizers)
        self.link("sanitized/libmutant.so")
        return None

    def link(self, name):
        library = os.path.join(self.plain, name)
        os.makedirs(os.path.dirname(library), exist_ok=True)
        subprocess.run([*self.cc, "-shared", "-o", library + ".new",
                        os.path.join(self.build, "mutant.o")], check=True)
        os.replace(library + ".new", library)

    def runners_of(self, mutant):
        """(is one known to run the line, those that do): if none is, because
        it is new or a table of cases is, those that run any of its file."""
        here = [(i, line) for i, (_, path, line) in enumerate(self.blocks)
                if path == mutant.path]
        before = max((line for _, line in here if line <= mutant.line),
                     default=0)
        near = [i for i, line in here
                if line == before or abs(line - mutant.line) <= 1]
        for known, blocks in (True, near), (False, [i for i, _ in here]):
            mask = sum(1 << i for i in blocks)
            found = [r for r in self.runners if r.blocks & mask]
            if found:
                return known, found
        return False, []

    def nearest(self, mutant):
        """(suites, tests) that run the line, as many as PATIENCE allows:
        first what killed others, then what is quick; the parameters of one
        test are not all tried before other tests."""
        same, keyed = collections.Counter(), []
        for r in sorted(self.runners_of(mutant)[1], key=lambda r: r.seconds):
            kind = r.name.split("[")[0]
            same[kind] += 1
            keyed.append((-self.kills[r.name], r.seconds * same[kind], r))
        parts = [[], []]
        for is_test in (False, True):
            left = PATIENCE if "house" in self.library else FOR_SERVERS
            for *_, r in sorted(keyed):
                if ("/" in r.name) == is_test and (
                        r.seconds <= left or not parts[is_test]):
                    parts[is_test].append(r)
                    left -= r.seconds
        return parts

    def passes(self, suite):
        return self.run(suite.name, self.plain, int(10 + 5 * suite.seconds))

    def is_sound(self, mutant, suite):
        """Does a suite pass with the sanitisers where nothing is broken?"""
        if suite.name not in self.sound:
            self.swap(None)
            self.sound[suite.name] = self.passes(suite)
            self.swap(mutant)
            if not self.sound[suite.name]:
                print(f"{suite.name} does not pass as it is: left out",
                      file=sys.stderr)
        return self.sound[suite.name]

    def verdict(self, mutant):
        """(the verdict, the test that killed it)"""
        known = ("equivalent" if key(mutant) in self.judged
                 else self.swap(mutant))
        if known:
            return known, ""
        suites, tests = self.nearest(mutant)
        for suite in suites:
            if not (self.passes(suite) or self.passes(suite)):
                if self.is_sound(mutant, suite):
                    return "killed", suite.name
        by = tests and self.tests.run(tests)
        if by:
            self.kills[by] += 1
            return "killed", by
        return "survived" if self.runners_of(mutant)[0] else "never run", ""


def test_files(folder):
    kinds = (["tests/e2e/test_*.py"] if folder == "httpd" else
             ["tests/command/test_*.py", "tests/page/test_[fgw]*.py"])
    return os.environ.get("MUT_T", "").split() or sorted(
        path for kind in kinds for path in glob.glob(kind))


def rows_of(path):
    if not os.path.exists(path):
        return []
    with open(path, encoding="utf-8") as f:
        return [json.loads(line) for line in f]


def mutated(mutant):
    source = lint.read(mutant.path)
    return source[:mutant.start] + mutant.text + source[mutant.end:]


def sample(since, files, seed):
    """folder -> its mutants in random order."""
    lines = changed(since) if since else None
    paths = sorted(p for f in files for p in
                   ([f] if f.endswith(".c") else glob.glob(f"{f}/*.c")))
    out = collections.defaultdict(list)
    for path in paths:
        if lines is None or path in lines:
            out[path.split("/")[0]] += mutants(path, lines and lines[path])
    for found in out.values():
        random.Random(seed).shuffle(found)
    return out


def measure(house, todo, minutes, most):
    """Count the verdicts and print the survivors of one folder."""
    counts, start = collections.Counter(), time.monotonic()
    for mutant in todo:
        if (time.monotonic() - start > minutes * 60
                or most and tried(counts) == most):
            break
        verdict, by = house.verdict(mutant)
        counts[verdict] += 1
        if os.environ.get("VERBOSE") or verdict in ("survived", "never run"):
            print(f"{mutant.path}:{mutant.line}: {verdict}: {mutant.what}"
                  f"{by and ' by ' + by}", flush=True)
    return counts


def tried(counts):
    return counts["killed"] + counts["survived"] + counts["never run"]


def share_of(killed, n):
    """Per cent, and the interval that holds it with 95 % (E. B. Wilson,
    1927)."""
    z, p = 1.96, killed / n
    middle, half = p + z * z / (2 * n), z * math.sqrt(
        p * (1 - p) / n + z * z / (4 * n * n))
    low, high = ((100 * x / (1 + z * z / n)) for x in (middle - half,
                                                       middle + half))
    return f"{100 * p:.0f} % ({low:.0f} to {high:.0f})"


def row(folder, counts, possible, seed):
    n, killed = tried(counts), counts["killed"]
    share = share_of(killed, n) if n else "-"
    met = "yes" if n >= MANY and 100 * killed >= GOAL * n else "no"
    at = subprocess.run(["git", "rev-parse", "--short", "HEAD"],
                        capture_output=True, text=True, check=True)
    return (f"| {folder} | {at.stdout.strip()} | {seed} | {possible} | "
            f"{tried(counts)} | "
            f"{counts['survived']} | {counts['never run']} | "
            f"{counts['equivalent']} | {share} | {GOAL} % | {met} |")


def recorded():
    """folder -> its row in docs/measurements.md."""
    with open("docs/measurements.md", encoding="utf-8") as f:
        found = re.findall(r"^(\| (\w+) \| \w+ \|(?: \d+ \|){6}.*)$",
                           f.read(), re.M)
    return {folder: text for text, folder in found if folder in FOLDERS}


# /dev of one's own, whose modes nobody can change: a mutant may try, as root
APART = ["unshare", "--mount", "--propagation", "private", "sh", "-c",
         "mount --rbind /dev /dev && mount -o remount,bind,ro /dev"
         " && exec \"$0\" \"$@\""]


def set_apart():
    """Begin again with such a /dev, where that is allowed."""
    if os.path.ismount("/dev") and os.statvfs("/dev").f_flag & os.ST_RDONLY:
        return
    if subprocess.run([*APART, "true"], check=False,
                      stderr=subprocess.DEVNULL).returncode == 0:
        os.execvp(APART[0], [*APART, sys.executable, "-B", *sys.argv])


def main():
    os.chdir(TOP)
    set_apart()
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    get = os.environ.get
    files = get("FILES", "").split() or FOLDERS
    house = House()
    seed, minutes = int(get("SEED") or 1), float(get("MINUTES") or 3)
    rows = {}
    try:
        for folder, todo in sample(get("SINCE"), files, seed).items():
            house.turn_to(folder)
            counts = measure(house, todo, minutes, int(get("COUNT") or 0))
            rows[folder] = row(folder, counts, len(todo), seed)
    finally:
        house.close()
        house.swap(None)
    head = ["| folder | at | seed | possible | tried | survived | never run "
            "| equivalent | killed | goal | met |",
            "|---|---|--:|--:|--:|--:|--:|--:|--:|--:|---|"]
    print("\n".join([*head, *rows.values()]))
    rows = {**recorded(), **{folder: text for folder, text in rows.items()
                             if folder in files and not get("SINCE")
                             and not get("MUT_T")}}
    with open(os.path.join(house.build, "mutants.md"), "w",
              encoding="utf-8") as f:
        f.write(CAVEAT.format(
            patience=PATIENCE, servers=FOR_SERVERS, many=MANY) + "\n".join(
            [*head, *(rows[folder] for folder in sorted(rows))]) + "\n")


if __name__ == "__main__":
    main()

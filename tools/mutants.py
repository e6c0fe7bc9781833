#!/usr/bin/python3
# Licensed under the Apache License, Version 2.0; see LICENSE.
"""Mutation testing: breaks the code, one small change at a time, and counts
the changes that no test notices.

    make mutants                      a random sample of every folder
    make mutants FILES="core ledger/pg_top.c"
    make mutants SINCE=HEAD~3         only the lines changed since then
    make mutants FILES=httpd/pg_names.c T=tests/e2e/test_23_own.py

MINUTES bounds the time of each folder, SEED picks the sample, RECORD=1 writes
the figures to docs/measurements.md. A mutant is compiled alone, into a library
that takes precedence over the one with the rest of the code. It is tried on
the unit suites and the files of tests/command and tests/page (but for those
with a browser) that run its line, those that run little else first, and for no
longer than PATIENCE. A survivor whose optimised object code is the original's
is equivalent, and does not count."""

import collections
import glob
import json
import os
import random
import re
import resource
import shlex
import subprocess
import sys
import time

import lint

TOP = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
FOLDERS = ["core", "ledger", "audit", "scan", "report", "cli"]
GOAL = 95
PATIENCE = 45           # seconds of tests a mutant, by the time they once took
CAVEAT = """SEED={seed}; at most {minutes} minutes a folder, {patience} seconds
of tests a mutant. Unit suites, tests/command and tests/page only: what a
slower test or one with a server would notice counts as survived, and httpd/ is
left out.

"""
# at most 2 GiB of memory and 1 GiB a file: a mutant may do anything
LIMITS = ((resource.RLIMIT_AS, 2 << 30), (resource.RLIMIT_FSIZE, 1 << 30),
          (resource.RLIMIT_CORE, 0))

Mutant = collections.namedtuple("Mutant", "path line start end text what")
# a unit suite or a file of tests, and the lines that it runs
Runner = collections.namedtuple("Runner", "name seconds lines")

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
    (r"\breturn (?!true|false|NULL;|0;)([^;{}]+);",
     lambda m: f"return (__typeof__({m[1]})){{ 0 }};"),
    (r"\b(?:break|continue);", lambda m: ";"),
    # a call or an assignment that stands as a statement
    (r"(?<=[;{}])\s+(?:\(void\))?\*?\(?[a-z][\w.>()\[\]-]*(?: [-+|&*/%^]?= "
     r"[^;{}]+|\([^;{}]*\)|\+\+|--);", lambda m: " ;"),
]


def operators(body):
    """(start, end, text) of each change within a function's body."""
    for pattern, change in SWAPS:
        for m in re.finditer(pattern, body):
            yield m.start(), m.end(), change(m)
    for m in re.finditer(r"\b(?:if|while) (\()", body):
        depth, at = 0, m.start(1)
        while at < len(body):
            depth += {"(": 1, ")": -1}.get(body[at], 0)
            at += 1
            if depth == 0:
                yield m.start(1), at, f"(!{body[m.start(1):at]})"
                break


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


def changed(since):
    """path -> lines that are new or changed since a commit."""
    out, path = collections.defaultdict(set), None
    diff = subprocess.run(["git", "diff", "-U0", "--relative", since, "--",
                           *(f"{d}/*.c" for d in [*FOLDERS, "httpd"])],
                          cwd=TOP, capture_output=True, text=True, check=True)
    for line in diff.stdout.splitlines():
        if line.startswith("+++ b/"):
            path = line[6:]
        m = re.match(r"@@ \S+ \+(\d+)(?:,(\d+))? @@", line)
        if m:
            first, n = int(m[1]), int(m[2] or 1)
            out[path].update(range(first, first + n))
    return out


def bound():
    for what, most in LIMITS:
        resource.setrlimit(what, (most, most))


class House:
    """The built tree below build/mutants and what runs which line."""

    def __init__(self, extra):
        self.build = os.environ["MUT"]
        self.plain = os.path.join(self.build, "plain", "bin")
        self.cover = os.path.join(self.build, "cover", "bin")
        self.cc = os.environ["MUT_CC"].split()
        lower = shlex.split(os.environ["MUT_FLAGS"])
        self.flags = dict.fromkeys(FOLDERS, lower)
        self.flags["httpd"] = shlex.split(os.environ["MUT_HTTPD"])
        self.extra = [Runner(path, 0, {}) for path in extra]
        self.swap(None)

    def env(self, build, **more):
        return {**os.environ, "PG_CASES": "tests/cases", "CK_FORK": "no",
                "CK_VERBOSITY": "silent", "CK_DEFAULT_TIMEOUT": "60",
                "BUILD": build, "PYTHONPATH": "",
                "PG_MODULE": f"{build}/mod_proxyguard.so",
                "PG_BUILD": "instrumented", "MPM": "event", **more}

    def run(self, name, build, limit, **more):
        """Did the tests pass, in time?"""
        argv = ([sys.executable, "-B", "-m", "pytest", "-p",
                 "no:cacheprovider", "-q", "-x", name] if "/" in name
                else [os.path.join(build, "unit")])
        with subprocess.Popen(
                argv, cwd=TOP, stdout=subprocess.DEVNULL, preexec_fn=bound,
                stderr=subprocess.DEVNULL, start_new_session=True,
                env=self.env(build, CK_RUN_SUITE=name, **more)) as run:
            try:
                return run.wait(limit) == 0
            except subprocess.TimeoutExpired:
                return False
            finally:
                if run.poll() is None:
                    os.killpg(run.pid, 9)

    def learn(self):
        """Which unit suite, which file of tests runs which line: each once
        with the instrumented build, kept for the next time."""
        names = re.findall(r"PG_TEST_SUITE\((\w+)\)", "".join(
            lint.read(p) for p in sorted(glob.glob("tests/unit/test_*.c"))))
        names += sorted(glob.glob("tests/command/test_*.py")
                        + glob.glob("tests/page/test_[fgw]*.py"))
        return [r for r in map(self.learned, names) if r]

    def learned(self, name):
        kept = os.path.join(self.cover, name.replace("/", "-") + ".json")
        if os.path.exists(kept) and os.path.getmtime(kept) \
                > os.path.getmtime(os.path.join(self.cover, "unit")):
            with open(kept, encoding="utf-8") as f:
                seconds, lines = json.load(f)
        else:
            data = kept[:-5]
            subprocess.run(["rm", "-rf", data], check=True)
            start = time.monotonic()
            passed = self.run(name, self.cover, 900, GCOV_PREFIX=data)
            seconds = time.monotonic() - start
            if not passed:
                print(f"{name} does not pass as it is: left out",
                      file=sys.stderr)
            lines = self.lines_run(data) if passed else {}
            with open(kept, "w", encoding="utf-8") as f:
                json.dump([seconds, lines], f)
        return Runner(name, seconds, {p: set(ls) for p, ls in lines.items()}
                      ) if lines else None

    def lines_run(self, data):
        """path -> lines that a run went through."""
        out = collections.defaultdict(set)
        data = glob.glob(f"{data}/**/*.gcda", recursive=True)
        for gcda in data:
            notes = gcda[gcda.index(TOP, 1):-2] + "no"
            os.symlink(notes, gcda[:-2] + "no")
        if not data:
            return {}
        done = subprocess.run(["gcov", "--json-format", "--stdout", *data],
                              cwd=self.build, capture_output=True, check=True)
        for text in done.stdout.splitlines():
            for file in json.loads(text)["files"]:
                out[os.path.relpath(os.path.join(TOP, file["file"]), TOP)] \
                    .update(row["line_number"] for row in file["lines"]
                            if row["count"])
        return {p: sorted(ls) for p, ls in out.items()
                if p.split("/")[0] in FOLDERS}

    def compile(self, path, source, out, *flags):
        copy = os.path.join(self.build, os.path.basename(path))
        with open(copy, "w", encoding="utf-8") as f:
            f.write(source)
        return subprocess.run(
            [*self.cc, *self.flags[path.split("/")[0]], *flags, "-o", out,
             copy], cwd=TOP, stderr=subprocess.DEVNULL,
            check=False).returncode == 0

    def swap(self, mutant):
        """Put a mutant, or nothing, in its place; false if it does not
        compile."""
        library = os.path.join(self.plain, "libmutant.so")
        path, source = ("core/none.c", "") if mutant is None else (
            mutant.path, mutated(mutant))
        fine = self.compile(path, source, library + ".new", "-O0", "-shared")
        if fine:
            os.replace(library + ".new", library)
        return fine

    def equivalent(self, mutant):
        """Is the optimised code the same?"""
        code = []
        for source in (lint.read(mutant.path), mutated(mutant)):
            out = os.path.join(self.build, "same.o")
            self.compile(mutant.path, source, out, "-O2", "-c", "-g0")
            with open(out, "rb") as f:
                code.append(f.read())
        return code[0] == code[1]

    def verdict(self, mutant, runners):
        """(the verdict, the test that killed it)"""
        if not self.swap(mutant):
            return "not C", ""
        near, seconds = nearest(mutant, runners), 0
        for runner in [*near, *self.extra]:
            seconds += runner.seconds
            if seconds > PATIENCE and runner in near[1:]:
                continue
            limit = 20 + 5 * (runner.seconds or 60)
            if not self.run(runner.name, self.plain, limit):
                return "killed", runner.name
        if self.equivalent(mutant):
            return "equivalent", ""
        return "survived" if near or self.extra else "never run", ""


def nearest(mutant, runners):
    """Those that run the line, first those that run little else than this
    file."""
    lines = range(mutant.line - 1, mutant.line + 2)
    near = [r for r in runners
            if not r.lines.get(mutant.path, set()).isdisjoint(lines)]
    return sorted(near, reverse=True, key=lambda r: (
        len(r.lines[mutant.path]) / sum(map(len, r.lines.values()))))


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


def measure(house, todo, runners, minutes):
    """Count the verdicts and print the survivors of one folder."""
    counts, start = collections.Counter(), time.monotonic()
    for mutant in todo:
        if time.monotonic() - start > minutes * 60:
            break
        verdict, by = house.verdict(mutant, runners)
        counts[verdict] += 1
        if os.environ.get("VERBOSE") or verdict in ("survived", "never run"):
            print(f"{mutant.path}:{mutant.line}: {verdict}: {mutant.what}"
                  f"{by and ' by ' + by}", flush=True)
    return counts


def row(folder, counts, possible):
    tried = counts["killed"] + counts["survived"] + counts["never run"]
    share = 100 * counts["killed"] / tried if tried else 100
    met = "yes" if share >= GOAL else "no"
    return (f"| {folder} | {possible} | {tried} | {counts['survived']} | "
            f"{counts['never run']} | {counts['equivalent']} | {share:.0f} % "
            f"| {GOAL} % | {met} |")


def main():
    os.chdir(TOP)
    get = os.environ.get
    files = get("FILES", "").split() or FOLDERS
    house = House(get("MUT_T", "").split())
    runners = house.learn()
    seed = int(get("SEED") or 1)
    table = ["| folder | possible | tried | survived | never run | equivalent "
             "| killed | goal | met |", "|---|--:|--:|--:|--:|--:|--:|--:|---|"]
    try:
        for folder, todo in sample(get("SINCE"), files, seed).items():
            counts = measure(house, todo, runners,
                             float(get("MINUTES") or 3))
            table.append(row(folder, counts, len(todo)))
    finally:
        house.swap(None)
    text = "\n".join(table)
    print(text)
    with open(os.path.join(house.build, "mutants.md"), "w",
              encoding="utf-8") as f:
        f.write(CAVEAT.format(seed=seed, minutes=get("MINUTES") or 3,
                              patience=PATIENCE) + text + "\n")


if __name__ == "__main__":
    main()

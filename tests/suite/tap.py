# Licensed under the Apache License, Version 2.0; see LICENSE.
"""Results in TAP, as Perl's tests print them, and the differences between two
runs."""

import os
import re
from typing import NamedTuple

ASSERTION = re.compile(r"(not )?ok\b *(\d+)?(.*)")


class Result(NamedTuple):
    state: str                  # ok, not ok, skip, todo; missing
    sent: str = ""              # the last request that the test printed ...
    text: str = ""              # ... and all that it printed since


MISSING = Result("missing")


class Difference(NamedTuple):
    file: str
    number: int
    was: Result
    now: Result


def state_of(found):
    if re.search(r"# *todo", found[3], re.I):
        return "todo"
    if re.search(r"# *skip", found[3], re.I):
        return "skip"
    return "not ok" if found[1] else "ok"


def parse(text):
    """number -> Result, from one test file's output. A planned assertion
    without a result is missing; so is number 0 of a file without output."""
    results, number, sent, said, sending = {}, 0, "", [], False
    for line in text.splitlines():
        found = ASSERTION.match(line)
        if found:
            number = int(found[2] or number + 1)
            results[number] = Result(state_of(found), sent, "\n".join(said))
            continue
        if line.startswith("# SENDING"):
            sending, said = True, []
        elif sending:
            sent, sending = line.removeprefix("# "), False
        said.append(line)
    plan = re.search(r"^1\.\.(\d+)(?: todo ([\d ]+))?", text, re.M)
    if plan is None:
        return {0: MISSING, **results}
    for n in range(1, int(plan[1]) + 1):
        results.setdefault(n, MISSING)
    for n in map(int, (plan[2] or "").split()):
        if results[n].state == "not ok":
            results[n] = results[n]._replace(state="todo")
    return results


def read(folder):
    """file -> parse() of all files below a folder."""
    run = {}
    for path, _, names in os.walk(folder):
        for name in names:
            full = os.path.join(path, name)
            with open(full, encoding="utf-8", errors="replace") as f:
                run[os.path.relpath(full, folder)] = parse(f.read())
    return run


def ranges(numbers):
    """[1, 2, 3, 7] -> "1-3, 7"."""
    out = []
    for n in numbers:
        if out and out[-1][1] == n - 1:
            out[-1][1] = n
        else:
            out.append([n, n])
    return ", ".join(f"{a}-{b}" if b > a else str(a) for a, b in out)


def differences(stock, other):
    """Every assertion whose state is not the same in two runs."""
    for name in sorted({*stock, *other}):
        was, now = stock.get(name, {}), other.get(name, {})
        for n in sorted({*was, *now}):
            a, b = was.get(n, MISSING), now.get(n, MISSING)
            if a.state != b.state:
                yield Difference(name, n, a, b)


class Reason(NamedTuple):
    """Assertions of a file may fail when what the test sent matches, and the
    server answered so."""
    file: str
    sent: str
    status: str
    text: str

    def explains(self, d):
        return (d.file == self.file and d.was.state == "ok"
                and d.now.state == "not ok"
                and re.match(self.sent, d.now.sent) is not None
                and f", got {self.status}" in d.now.text)


def reasons(path):
    with open(path, encoding="utf-8") as f:
        return [Reason(*line.rstrip("\n").split("\t")) for line in f
                if line.strip() and not line.startswith("#")]


def explain(found, known):
    """(difference, its Reason or None) for each."""
    return [(d, next((r for r in known if r.explains(d)), None))
            for d in found]

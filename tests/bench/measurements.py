#!/usr/bin/python3
# Licensed under the Apache License, Version 2.0; see LICENSE.
"""docs/measurements.md: each section is written by the command that measures.
The page begins with every row that has a goal: what sections say of them in
tables with the columns "goal" and "met", the figure in the column before.

usage: measurements.py SECTION [FILE]     the section's text, or standard input

A section begins with the command, the date, the commit, the machine and the
versions of what was measured, so that nobody has to write them by hand.
"""
import os
import platform
import re
import subprocess
import sys
import time

TOP = os.path.dirname(os.path.dirname(os.path.dirname(
    os.path.abspath(__file__))))
PAGE = os.path.join(TOP, "docs", "measurements.md")
PREFACE = """# Measurements

Each section was written by the command that it names, not by hand. Its figures
apply to the machine, the versions and the day in its first lines; run the
command to get yours.
"""
# section -> title, command, what else its figures depend on; in the order of
# the page
SECTIONS = {
    "httpd": ("Instructions per request", "make bench-httpd",
              ("apache2", "valgrind")),
    "throughput": ("Requests a second", "make bench-throughput",
                   ("apache2", "ab")),
    "memory": ("Memory", "make bench-memory", ("apache2",)),
    "page": ("The status page", "make bench-page", ("apache2",)),
    "slow": ("Slow and nasty clients", "make bench-slow", ("apache2",)),
    "sink": ("The sink", "make bench-sink", ("apache2",)),
    "soak": ("Everything at once, for a while", "make soak",
             ("apache2", "faketime")),
    "endurance": ("Restarts and killed children", "make endurance",
                  ("apache2",)),
    "cost": ("Classification: instructions", "make cost",
             ("valgrind", "gcc")),
    "score": ("Classification: request lines of public logs",
              "make score FILE=...", ("gcc",)),
    "fuzz": ("Fuzzing", "make fuzz", ("clang",)),
    "ledger": ("How fast the ledger counts", "make bench-ledger",
               ("gcc", "apr")),
    "lanes": ("The ledger on many processors", "make bench-lanes",
              ("gcc", "apr")),
    "scan": ("Speed of the log scan", "make bench-scan",
             ("grep", "mawk", "goaccess")),
    "roots": ("On other systems", "make check-roots", ("gcc",)),
    "mutants": ("Mutants that tests notice", "make mutants", ("gcc",)),
    "suite": ("httpd's own test suite", "make httpd-tests",
              ("apache2", "perl")),
}
VERSIONS = {
    "apache2": (["apache2", "-v"], r"Apache/(\S+)"),
    "valgrind": (["valgrind", "--version"], r"valgrind-(\S+)"),
    "ab": (["ab", "-V"], r"Version (\S+)"),
    "faketime": (["dpkg-query", "-W", "-f", "${Version}", "faketime"],
                 r"(\S+)"),
    "gcc": (["gcc", "-dumpfullversion"], r"(\S+)"),
    "clang": (["clang", "--version"], r"version (\S+)"),
    "apr": (["apr-1-config", "--version"], r"(\S+)"),
    "grep": (["grep", "--version"], r"grep\) (\S+)"),
    "rg": (["rg", "--version"], r"ripgrep (\S+)"),
    "jq": (["jq", "--version"], r"jq-(\S+)"),
    "mawk": (["mawk", "-W", "version"], r"mawk (\S+)"),
    "goaccess": (["goaccess", "--version"], r"GoAccess - ([\d.]+\d)"),
    "perl": (["perl", "-e", "print $^V"], r"v(\S+)"),
}


def said(argv):
    """What a command says, or nothing where it is not installed."""
    try:
        run = subprocess.run(argv, capture_output=True, text=True,
                             check=False, cwd=TOP)
    except OSError:
        return ""
    return run.stdout + run.stderr


def version(name):
    argv, pattern = VERSIONS[name]
    found = re.search(pattern, said(argv))
    return f"{name} {found[1] if found else '(not installed)'}"


def processor():
    with open("/proc/cpuinfo", encoding="utf-8") as f:
        found = re.search(r"model name\s*: (.*)", f.read())
    return found[1].strip() if found else platform.machine()


def memory():
    with open("/proc/meminfo", encoding="utf-8") as f:
        return int(re.search(r"MemTotal:\s+(\d+)", f.read())[1]) / 2**20


def commit():
    changed = said(["git", "status", "--porcelain", "--untracked-files=no",
                    "--", ".", ":!docs"])
    return (said(["git", "rev-parse", "--short", "HEAD"]).strip()
            + (", changed" if changed else ""))


def conditions(section):
    """The lines that every section begins with."""
    _, command, names = SECTIONS[section]
    kernel = platform.release().split("-")[0]
    return (f"`{command}`, {time.strftime('%Y-%m-%d')}, at {commit()}: "
            f"{os.cpu_count()} x {processor()}, {memory():.0f} GiB, "
            f"{platform.system()} {kernel}, load "
            f"{os.getloadavg()[0]:.1f}; "
            + ", ".join(version(n) for n in names) + ".")


def read(path=PAGE):
    """title -> text of each section that is there."""
    if not os.path.exists(path):
        return {}
    with open(path, encoding="utf-8") as f:
        parts = re.split(r"^## (.*)\n", f.read(), flags=re.M)
    return dict(zip(parts[1::2], parts[2::2]))


def is_met(figure, goal, more=False):
    """The cell of a row: is a figure at most its goal, or at least?"""
    return "yes" if (figure >= goal if more else figure <= goal) else "no"


def cells(line):
    return [cell.strip() for cell in line.strip().strip("|").split("|")]


def goals(title, text):
    """The rows of a section's tables that have a goal."""
    head = None
    for line in text.splitlines():
        row = cells(line) if line.startswith("|") else None
        if row is None or head is None:
            head = row
        elif "met" in head and row[head.index("met")] in ("yes", "no"):
            at = head.index("goal")
            yield (f"| {title} | {row[0]} | {row[at - 1]} | {row[at]} | "
                   f"{row[head.index('met')]} |")


def summary(parts):
    rows = [row for title, text in parts.items()
            for row in goals(title, text)]
    if not rows:
        return ""
    return ("\nFigures with a goal, and whether the last run met it; nothing "
            "is subtracted to meet one:\n\n| section | what | figure | goal | "
            "met |\n|---|---|--:|--:|---|\n" + "\n".join(rows) + "\n")


def write(section, text, path=PAGE):
    """Put `text` (Markdown without the heading) in its place."""
    title = SECTIONS[section][0]
    parts = read(path)
    parts[title] = f"\n{conditions(section)}\n\n{text.strip()}\n\n"
    order = [name for name, _, _ in SECTIONS.values() if name in parts]
    page = PREFACE + summary({n: parts[n] for n in order}) + "\n"
    for name in order:
        page += f"## {name}\n\n{parts[name].strip()}\n\n"
    fresh = f"{path}.new"
    with open(fresh, "w", encoding="utf-8") as f:
        f.write(page.rstrip() + "\n")
    os.replace(fresh, path)


def main(section, source=None):
    if section not in SECTIONS:
        print(f"measurements.py: no section {section!r}; there are "
              + ", ".join(SECTIONS), file=sys.stderr)
        return 2
    if source:
        with open(source, encoding="utf-8") as f:
            text = f.read()
    else:
        text = sys.stdin.read()
    if not text.strip():
        print(f"measurements.py: nothing to write for {section!r}",
              file=sys.stderr)
        return 2
    write(section, text)
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))

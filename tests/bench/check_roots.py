#!/usr/bin/python3
# Licensed under the Apache License, Version 2.0; see LICENSE.
"""The checks on other systems, one after another: the section "roots" of
docs/measurements.md. As root; an hour for each of the first two.

usage: check_roots.py BUILD ROOTS [NAME...]

With names only these are run, and the others keep the row that they have in
BUILD/roots.json. What a check says is in BUILD/roots-NAME.log.
"""
import json
import os
import re
import subprocess
import sys
import time

import measurements

BOUND = "WERROR=-Werror UNIT_LIMIT=3600 PG_SLOW=3"
CLANG = f"WHAT=all unit CC=clang BUILD=build/clang {BOUND}"
GCC = f"WHAT=check MPM=event {BOUND}"
# name -> title, words of make, the folder below ROOTS, packages to be named
SYSTEMS = {
    "trixie": ("Debian 13, gcc", ["check-in", "ROOT=trixie", GCC], "trixie",
               ("apache2-bin", "gcc", "python3", "libnghttp2-14")),
    "trixie-clang": ("Debian 13, clang", ["check-in", "ROOT=trixie", CLANG],
                     "trixie", ("clang",)),
    "sid": ("Debian sid, gcc", ["check-in", "ROOT=sid", GCC], "sid",
            ("apache2-bin", "gcc", "python3", "libnghttp2-14")),
    "sid-clang": ("Debian sid, clang", ["check-in", "ROOT=sid", CLANG], "sid",
                  ("clang",)),
    "s390x": ("s390x, big-endian, by qemu", ["check-arch", "ARCH=s390x"],
              "s390x", ("gcc-s390x-linux-gnu", "qemu-user-static")),
    "armhf": ("armhf, 32 bits, by qemu", ["check-arch", "ARCH=armhf"],
              "armhf", ("gcc-arm-linux-gnueabihf", "qemu-user-static")),
    "arm64": ("arm64, by qemu", ["check-arch", "ARCH=arm64"], "arm64",
              ("gcc-aarch64-linux-gnu", "qemu-user-static")),
    "source": ("httpd as released, modules built in", ["check-httpd"], None,
               ()),
}
LIMIT = int(os.environ.get("CHECK_LIMIT", 2 * 3600))    # seconds for each
UNITS = r"Checks: (\d+), Failures: (\d+), Errors: (\d+)"


def counts_of(said):
    """(unit tests, tests): how many passed, of how many."""
    units = [[int(n) for n in row] for row in re.findall(UNITS, said)]
    passed, failed, errors = (
        sum(int(n) for n in re.findall(rf"(\d+) {word}", said))
        for word in ("passed", "failed", "errors?"))
    total, bad = sum(u[0] for u in units), sum(u[1] + u[2] for u in units)
    tests = passed + failed + errors
    return (f"{total - bad:,} of {total:,}" if units else "-",
            f"{passed:,} of {tests:,}" if tests else "-")


def versions_of(root, packages):
    done = subprocess.run(
        ["dpkg-query", f"--admindir={root}/var/lib/dpkg", "-W", "-f",
         "${Package} ${Version}\n", *packages], capture_output=True,
        text=True, check=False) if packages else None
    return ", ".join(done.stdout.splitlines()) if done else ""


def httpd_of(said):
    found = re.search(r"\bApache/(\d\S+)", said)
    return f"httpd {found[1]}" if found else ""


def check(name, build, roots):
    title, words, root, packages = SYSTEMS[name]
    log = os.path.join(build, f"roots-{name}.log")
    commit = measurements.commit()
    with open(log, "w", encoding="utf-8") as f:
        # KILL: unshare, between make and the root, does not heed TERM
        code = subprocess.run(
            ["timeout", "-s", "KILL", str(LIMIT), "make", "-s", *words,
             f"ROOTS={roots}", f"BUILD={build}"], stdout=f, stderr=f,
            cwd=measurements.TOP, check=False).returncode
    with open(log, encoding="utf-8", errors="replace") as f:
        said = f.read()
    result = {0: "good", -9: f"not done in {LIMIT} s"}.get(code, "failed")
    print(f"{title}: {result}; {log}", flush=True)
    return {"title": title, "command": shown(words), "result": result,
            "versions": httpd_of(said) if root is None
            else versions_of(os.path.join(roots, root), packages),
            "counts": counts_of(said), "when": time.strftime("%Y-%m-%d"),
            "at": commit,
            "failed": re.findall(r"^(?:FAILED|ERROR) (.+?)(?: - .*)?$", said,
                                 re.M)}


def shown(words):
    return "make " + " ".join(w.replace("WHAT=", 'WHAT="') + '"'
                              if " " in w else w for w in words)


def report(rows):
    """The table, then each failed test by its name."""
    lines = ["| system | versions | units | tests | result | run |",
             "|---|---|--:|--:|---|---|"]
    for name, (title, *_) in SYSTEMS.items():
        row = rows.get(name)
        lines.append(f"| {title} | " + (
            f"{row['versions']} | {row['counts'][0]} | {row['counts'][1]} | "
            f"{row['result']} | {row['when']}, at {row['at']} |" if row
            else "- | - | - | not run | - |"))
    lines.append("\nThe commands:\n")
    lines += [f"- {title}: `{shown(words)}`"
              for title, words, *_ in SYSTEMS.values()]
    for name, row in rows.items():
        if row["failed"]:
            lines.append(f"\n{SYSTEMS[name][0]}, what failed:\n")
            lines += [f"- `{test}`" for test in row["failed"]]
    return "\n".join(lines) + "\n"


def rows_of(path):
    if not os.path.exists(path):
        return {}
    with open(path, encoding="utf-8") as f:
        return json.load(f)


def main():
    build, roots, *names = sys.argv[1:]
    unknown = [n for n in names if n not in SYSTEMS]
    if unknown:
        sys.exit(f"{unknown[0]}: it is one of {', '.join(SYSTEMS)}")
    build, roots = os.path.abspath(build), os.path.abspath(roots)
    path, bad = os.path.join(build, "roots.json"), 0
    for name in names or SYSTEMS:
        row = check(name, build, roots)
        rows = {**rows_of(path), name: row}
        with open(path, "w", encoding="utf-8") as f:
            json.dump(rows, f)
        measurements.write("roots", report(rows))
        bad += row["result"] != "good"
    sys.exit(bad > 0)


if __name__ == "__main__":
    main()

# Licensed under the Apache License, Version 2.0; see LICENSE.
"""Instructions that one classification costs, with 1 and 10,000 names.

usage: cost.py PROGRAM    (build/cost; needs valgrind)

Instructions are counted by callgrind, so that the figures do not depend on
the machine's mood. Exit status 1 if one is over its limit, or if a look-up
among 10,000 names costs more than among a few.
"""
import re
import subprocess
import sys

import measurements

# At most this many instructions; an attempt may cost more than what is clean.
LIMITS = {
    "path": 40,           # every ordinary request pays this
    "own-host": 200,      # and this, when foreign Hosts are looked for
    "foreign-host": 2000,
    "own-url": 2500,
    "foreign-url": 2500,
    "connect": 3500,
}
WHAT = {
    "path": "origin-form, Hosts not looked for",
    "own-host": "origin-form, Host is ours",
    "foreign-host": "origin-form, foreign Host",
    "own-url": "absolute-form to ourselves",
    "foreign-url": "absolute-form to a stranger",
    "connect": "CONNECT",
}
ROUNDS = 20_000
NAMES = (1, 10_000)


def instructions(program, scenario, names, rounds):
    run = subprocess.run(
        ["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null",
         program, scenario, str(names), str(rounds)],
        capture_output=True, text=True, check=True)
    return int(re.search(r"Collected : (\d+)", run.stderr)[1])


def cost(program, scenario, names):
    # Hash seeds differ from run to run, hence many rounds.
    return (instructions(program, scenario, names, 2 * ROUNDS)
            - instructions(program, scenario, names, ROUNDS)) / ROUNDS


def main(program):
    bad = 0
    lines = ["The first two are ordinary traffic. The loop around a "
             "classification, about 10 instructions, is counted with it.\n",
             "| request | few names | 10,000 names | limit |",
             "|---|--:|--:|--:|"]
    for scenario, limit in LIMITS.items():
        few, many = (cost(program, scenario, n) for n in NAMES)
        over = max(few, many) > limit or many > 1.1 * few + 20
        bad += over
        lines.append(f"| {WHAT[scenario]} | {few:,.0f} | {many:,.0f} | "
                     f"{limit:,}{' **over**' if over else ''} |")
        print(lines[-1], flush=True)
    measurements.write("cost", "\n".join(lines))
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))

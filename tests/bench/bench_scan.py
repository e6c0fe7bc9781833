#!/usr/bin/python3
# Licensed under the Apache License, Version 2.0; see LICENSE.
"""The scan beside the tools one would use instead, on the same warm file.

usage: bench_scan.py PROXYGUARD LOG MIB [RUNS]

Each line: the best wall-clock time of RUNS (3), its processor time, the rate,
and the speed as a part of `grep -c`'s. The log is made if it is missing.
"""
import os
import resource
import shutil
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
SYNTH = os.path.join(os.path.dirname(HERE), "synth", "synth_log.py")
BOTH_FORMS = r'"(CONNECT |[A-Z]+ [A-Za-z][A-Za-z0-9+.-]*://)'
MAWK = ('$6 == "\\"CONNECT" { c++ } $7 ~ /^[A-Za-z]+:\\/\\// { g++ } '
        'END { print g, c }')


def tools(command, log):
    yield "grep -c CONNECT", ["grep", "-c", "CONNECT", log]
    yield "wc -l", ["wc", "-l", log]
    yield "grep -Ec, both forms", ["grep", "-Ec", BOTH_FORMS, log]
    if shutil.which("mawk"):
        yield "mawk, both forms", ["mawk", MAWK, log]
    yield "proxyguard scan -j1", [command, "scan", "-q", "-j1", log]
    yield (f"proxyguard scan ({os.cpu_count()} cores)",
           [command, "scan", "-q", log])
    if shutil.which("goaccess"):
        yield "goaccess", ["goaccess", "--log-format=COMBINED", "-o",
                           "/dev/null", "--no-progress", log]


# GNU grep stops at the first match when it writes to /dev/null.
def measure(argv):
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    begun = time.monotonic()
    subprocess.run(argv, stdout=subprocess.PIPE, check=False,
                   stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                   env={**os.environ, "LC_ALL": "C"})
    wall = time.monotonic() - begun
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return wall, (after.ru_utime + after.ru_stime - before.ru_utime
                  - before.ru_stime)


def main(command, log, mib, runs=3):
    if not os.path.exists(log):
        subprocess.run([sys.executable, SYNTH, "bench", log, str(mib)],
                       check=True)
    subprocess.run(["cat", log], stdout=subprocess.DEVNULL, check=True)
    size = os.path.getsize(log)
    print(f"{size >> 20} MiB, warm, best of {runs}; speed relative to "
          "grep -c\n")
    print(f"{'':28}{'wall':>8}{'cpu':>8}{'MiB/s':>8}{'speed':>7}")
    reference = None
    for name, argv in tools(command, log):
        times = 1 if name == "goaccess" else int(runs)
        wall, cpu = min(measure(argv) for _ in range(times))
        reference = reference or wall
        print(f"{name:28}{wall:7.2f}s{cpu:7.2f}s{size / wall / 2**20:8.0f}"
              f"{reference / wall:7.2f}", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))

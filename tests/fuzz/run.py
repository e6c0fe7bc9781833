#!/usr/bin/python3
# Licensed under the Apache License, Version 2.0; see LICENSE.
"""Run the fuzzers, as many at a time as there are processors.

usage: run.py BUILD SECONDS RECORD FUZZER...

What is found is left in BUILD/fuzz. With RECORD (any text) the executions go
to docs/measurements.md. Exit status 1 when something was found.
"""
import concurrent.futures
import os
import re
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "bench"))

import measurements                                         # noqa: E402


def run(build, seconds, fuzzer):
    """(exit status, what it said)"""
    base = os.path.join(build, "fuzz")
    folders = [os.path.join(base, kind, fuzzer)
               for kind in ("corpus", "seeds")]
    for folder in folders:
        os.makedirs(folder, exist_ok=True)
    done = subprocess.run(
        ["nice", os.path.join(base, "run_" + fuzzer),
         f"-max_total_time={seconds}", "-timeout=5", "-max_len=512",
         f"-artifact_prefix={base}/{fuzzer}-", "-print_final_stats=1",
         "-verbosity=0", *folders],
        env={**os.environ, "ASAN_OPTIONS": "detect_leaks=0"},
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        errors="backslashreplace", check=False)
    return done.returncode, done.stdout


def asserts(fuzzer):
    """The first comment after the licence says what the target asserts."""
    with open(os.path.join(HERE, f"fuzz_{fuzzer}.c"), encoding="utf-8") as f:
        text = re.findall(r"/\*(.*?)\*/", f.read(), re.S)[1]
    return " ".join(re.sub(r"^ \*", "", text, flags=re.M).split())


def main(build, seconds, record, *fuzzers):
    found = 0
    lines = ["libFuzzer with ASan and UBSan, inputs of up to 512 bytes, "
             f"seeds from the case files, {seconds} s each. Targets in which "
             "an assertion failed: FOUND.\n",
             "| target | executions | asserts |", "|---|--:|---|"]
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        runs = pool.map(lambda f: (f, *run(build, seconds, f)), fuzzers)
        for fuzzer, status, said in runs:
            found += status != 0
            n = re.search(r"number_of_executed_units:\s*(\d+)", said)
            print(f"== {fuzzer}: exit {status}, {n[1] if n else '?'} "
                  "executions", flush=True)
            if status != 0:
                print(said)
                continue
            lines.append(f"| `{fuzzer}` | {int(n[1]):,} | "
                         f"{asserts(fuzzer)} |")
    if record:
        measurements.write("fuzz", "\n".join(lines).replace(
            "FOUND", str(found)))
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))

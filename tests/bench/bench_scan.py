#!/usr/bin/python3
# Licensed under the Apache License, Version 2.0; see LICENSE.
"""The scan beside the tools one would use instead, on the same warm file:
the section "scan" of docs/measurements.md.

usage: bench_scan.py [--print] PROXYGUARD LOG MIB

First other logs, each beside the tool that its goal names, by processor time;
then one log and all tools: the best of five by the clock, its processor time,
its speed as a part of `grep -c`'s by either. Logs are made if they are
missing. --print only prints.
"""
import os
import resource
import shutil
import subprocess
import sys
import time

import measurements

HERE = os.path.dirname(os.path.abspath(__file__))
SYNTH = os.path.join(os.path.dirname(HERE), "synth", "synth_log.py")
RUNS = 5
BOTH_FORMS = r'"(CONNECT |[A-Z]+ [A-Za-z][A-Za-z0-9+.-]*://)'
MAWK = ('$6 == "\\"CONNECT" { c++ } $7 ~ /^[A-Za-z]+:\\/\\// { g++ } '
        'END { print g, c }')
# All that is written to standard output is read, as from a pipe: GNU grep
# stops at the first match when it writes to /dev/null.
ENV = {**os.environ, "LC_ALL": "C"}


def tools(command, log):
    """(name, argv, runs); the first is the yardstick."""
    yield "`grep -c CONNECT`", ["grep", "-c", "CONNECT", log], RUNS
    yield "`wc -l`", ["wc", "-l", log], RUNS
    yield "`grep -Ec`, both forms", ["grep", "-Ec", BOTH_FORMS, log], RUNS
    if shutil.which("rg"):
        yield "`rg -c CONNECT`", ["rg", "-c", "CONNECT", log], RUNS
    if shutil.which("mawk"):
        yield "`mawk`, both forms", ["mawk", MAWK, log], RUNS
    yield ("**`proxyguard scan -j1`**", [command, "scan", "-q", "-j1", log],
           RUNS)
    yield (f"**`proxyguard scan`**, {os.cpu_count()} cores",
           [command, "scan", "-q", log], RUNS)
    if shutil.which("goaccess"):
        yield "GoAccess", ["goaccess", "--log-format=COMBINED", "-o",
                           "/dev/null", "--no-progress", log], 1


def measure(argv):
    """(elapsed seconds, seconds of processor time)"""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    begun = time.monotonic()
    subprocess.run(argv, stdout=subprocess.PIPE, check=False,
                   stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                   env=ENV)
    wall = time.monotonic() - begun
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return wall, (after.ru_utime + after.ru_stime - before.ru_utime
                  - before.ru_stime)


def peak_mib(argv):
    """Its peak memory. The kernel's own figure for a child starts from its
    parent's, so the running process is asked."""
    peak = 0
    with subprocess.Popen(argv, stdout=subprocess.DEVNULL, env=ENV) as child:
        while child.poll() is None:
            with open(f"/proc/{child.pid}/status", encoding="ascii") as f:
                found = [line for line in f if line.startswith("VmHWM:")]
            peak = max([peak] + [int(line.split()[1]) for line in found])
            time.sleep(0.002)
    return peak / 1024


def table(command, log):
    size = os.path.getsize(log) / 2**20
    reference = None
    yield ("| | clock | processor | MiB/s | speed relative to grep, clock | "
           "the same, processor |")
    yield "| --- | --- | --- | --- | --- | --- |"
    for name, argv, runs in tools(command, log):
        wall, cpu = min(measure(argv) for _ in range(runs))
        reference = reference or (wall, cpu)
        yield (f"| {name} | {wall:.2f} s | {cpu:.2f} s | {size / wall:,.0f} "
               f"| {reference[0] / wall:.2f} | {reference[1] / cpu:.2f} |")


GREP, WC = ["grep", "-c", "CONNECT"], ["wc", "-l"]
MOST = 128                       # MiB of each of the other logs
# what, KIND of synth_log.py, beside what, arguments of the scan, goal
OTHERS = (
    ("combined, 1 % attempts", "combined", GREP, [], 1.0),
    ("combined, 0.1 %", "quiet", WC, [], 2.5),
    ("combined, 1 %, no line twice", "unrepeated", GREP, [], 1.0),
    ("JSON, 1 %", "json", GREP, [], 3.0),
    ("vhost_combined, 1 %", "vhost", GREP, [], 1.7),
    ("the same, `--foreign-host`", "vhost", GREP,
     ["--foreign-host", "--own", "www.own.example"], 2.5),
    ("combined, 50 % attempts", "half", GREP, [], 6.0),
    ("combined, 50 %, all different", "different", GREP, [], 8.0),
)
PACKED = (("gzip", ".gz", ["gzip", "-1"], "zcat"),
          ("zstd", ".zst", ["zstd", "-q"], "zstdcat"))


def other_log(kind, log):
    path = os.path.join(os.path.dirname(log), f"{MOST}-{kind}.log")
    if not os.path.exists(path):
        subprocess.run([sys.executable, SYNTH, "bench", path, str(MOST),
                        kind], check=True)
    return path


def processor_time(argv):
    return min(measure(argv)[1] for _ in range(RUNS))


def goal_row(what, beside, figure, unit, goal, more=False):
    met = measurements.is_met(round(figure, 2), goal, more) if goal else "-"
    return (f"| {what} | {beside} | {figure:.2f}{unit} | "
            f"{goal or '-'}{unit if goal else ''} | {met} |")


def others(command, log):
    yield ("Other logs with one thread: processor time as a multiple of "
           f"another tool's on the same cached file of {MOST} MiB; and other "
           f"figures with a goal; {measurements.version('rg')}, "
           f"{measurements.version('jq')}. `wc` is as fast as memory: beside "
           "it the same build took from 1.9 to 2.4 times as long, depending "
           "on how the file lay in the page cache:\n")
    yield "| log | compared with | figure | goal | met |"
    yield "|---|---|--:|--:|---|"
    for what, kind, tool, more, goal in OTHERS:
        path = other_log(kind, log)
        times = (processor_time([command, "scan", "-q", "-j1", *more, path])
                 / processor_time([*tool, path]))
        yield goal_row(what, f"`{tool[0]} {tool[1]}`", times, " x", goal)
    path = other_log("json", log)
    if shutil.which("jq"):
        times = (processor_time([command, "scan", "-q", "-j1", path])
                 / processor_time(["jq", "-r", "select(.request|test("
                                   "\"^CONNECT\"))|.request", path]))
        yield goal_row("JSON, 1 %", "`jq`", times, " x", None)
    path = other_log("combined", log)
    for what, suffix, pack, cat in PACKED:
        if not os.path.exists(path + suffix):
            with open(path + suffix, "wb") as out:
                subprocess.run([*pack, "-c", path], check=True, stdout=out)
        times = (processor_time([command, "scan", "-q", "-j1", path + suffix])
                 / processor_time(["sh", "-c", f"{cat} {path}{suffix} | "
                                   "grep -c CONNECT"]))
        yield goal_row(f"combined, {what}", f"`{cat} \\| grep -c`", times,
                       " x", None)
    for share, kind in (("1 %", "combined"), ("50 %", "half")):
        one = other_log(kind, log)
        times = (processor_time([command, "classify", one])
                 / processor_time([command, "scan", "-q", "-j1", one]))
        yield goal_row(f"`classify`, combined, {share} attempts",
                       "`scan -j1`", times, " x", 2.0)
    # Of the short log, starting and merging are over a twentieth of the time
    # that two threads take.
    clocks = [min(measure([command, "scan", "-q", jobs, log])[0]
                  for _ in range(RUNS)) for jobs in ("-j1", "-j2")]
    yield goal_row(f"`-j2`, {os.path.getsize(log) >> 20} MiB, by the clock",
                   "`-j1`", clocks[0] / clocks[1], " times", 1.9, more=True)
    for what, jobs in ("`-j1`", ["-j1"]), (f"{os.cpu_count()} cores", []):
        yield goal_row(f"peak memory, 50 %, all different, {what}", "-",
                       peak_mib([command, "scan", "-q", *jobs,
                                 other_log("different", log)]), " MiB", 64)
    yield ""


def section(command, log):
    with open(log, "rb") as f:           # warm, and counted
        lines = sum(block.count(b"\n")
                    for block in iter(lambda: f.read(1 << 20), b""))
    peaks = [peak_mib([command, "scan", "-q", jobs, log])
             for jobs in ("-j1", f"-j{os.cpu_count()}")]
    return "\n".join([
        *others(command, log),
        f"A generated combined log of {os.path.getsize(log) >> 20} MiB "
        f"({lines:,} lines, 1 % attempts) in the page cache, all with "
        f"`LC_ALL=C`; the best of {RUNS} runs by the clock (GoAccess: one "
        "run).", "",
        *table(command, log), "",
        f"Peak memory of the scan: {peaks[0]:.1f} MiB with `-j1`, "
        f"{peaks[1]:.1f} MiB with {os.cpu_count()} threads, however long the "
        "log is; `--max-keys` limits what its variety adds."])


def main(*args):
    command, log, mib = [a for a in args if a != "--print"]
    if not os.path.exists(log):
        subprocess.run([sys.executable, SYNTH, "bench", log, mib], check=True)
    text = section(command, log)
    if "--print" in args:
        print(text)
    else:
        measurements.write("scan", text)
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))

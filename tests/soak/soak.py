#!/usr/bin/python3
# Licensed under the Apache License, Version 2.0; see LICENSE.
"""Everything at once, for a while: clean and hostile load on each MPM, while
the server is restarted, killed, starved, filled up and moved in time.

Writes the section of docs/measurements.md, or prints it with --print. Exit
status: 0 all is well, 1 something is not (a list says what), 2 it cannot be
run here."""

import argparse
import os
import resource
import signal
import sys
import tempfile
import time

TOP = os.path.dirname(os.path.dirname(os.path.dirname(
    os.path.abspath(__file__))))
for folder in ("lib", "bench", "soak"):
    sys.path.insert(0, os.path.join(TOP, "tests", folder))

import measurements                                         # noqa: E402
from pg_clock import LIBRARY                                # noqa: E402
from pg_httpd import MODULE, MPMS, OWN                      # noqa: E402
from pg_peers import Origin, make_certificate               # noqa: E402
from soak_acts import ACTS                                  # noqa: E402
from soak_report import report                              # noqa: E402
from soak_run import Run                                    # noqa: E402
from soak_server import ROTATELOGS, NotPermitted            # noqa: E402

LEAST = 10                      # seconds in all


def arguments():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--seconds", type=int, default=600,
                        help="of load, divided over the MPMs (600)")
    parser.add_argument("--seed", default="",
                        help="repeats a schedule; it is printed at the start")
    parser.add_argument("--mpm", nargs="+", choices=MPMS, default=MPMS)
    parser.add_argument("--act", nargs="+", choices=[a.name for a in ACTS],
                        default=[a.name for a in ACTS])
    parser.add_argument("--print", action="store_true",
                        help="write no file")
    parser.add_argument("--guard", choices=("on", "off"), default="on",
                        help="off: httpd alone, to learn what is its own; "
                             "implies --print")
    args = parser.parse_args()
    if args.seconds < LEAST:
        parser.error(f"--seconds: {args.seconds} is less than {LEAST}")
    args.seed = args.seed or str(int.from_bytes(os.urandom(3), "big"))
    return args


def missing():
    """What is missing on this machine, in words."""
    if not LIBRARY:
        yield "libfaketimeMT.so.1 (Debian: libfaketime)"
    for path in (ROTATELOGS, MODULE, os.path.join(TOP, "build",
                                                  "proxyguard")):
        if not os.path.exists(path):
            yield path


def leave_cores():
    """Let every crash leave a core, in the folder that httpd is told."""
    with open("/proc/sys/kernel/core_pattern", encoding="ascii") as f:
        pattern = f.read().strip()
    if pattern.startswith("|"):
        print(f"soak: kernel.core_pattern is {pattern}: crashes will have no "
              "backtrace here")
    hard = resource.getrlimit(resource.RLIMIT_CORE)[1]
    resource.setrlimit(resource.RLIMIT_CORE, (hard, hard))


def end(number, _):
    """A signal: still stop the server, and unmount what was mounted."""
    signal.signal(number, signal.SIG_IGN)       # once, not in the midst of it
    sys.exit(128 + number)


def play(args):
    with tempfile.TemporaryDirectory(prefix="pg-soak-") as folder:
        os.chmod(folder, 0o755)
        certificate = make_certificate(folder, [OWN])
        for mpm in args.mpm:
            print(f"{mpm}:", flush=True)
            origins = Origin(), Origin()
            try:
                yield Run(mpm, args, origins, certificate).play()
            finally:
                for origin in origins:
                    origin.close()


def main():
    args = arguments()
    absent = list(missing())
    if absent:
        print("soak: missing: " + ", ".join(absent) + "; see make deps-dev",
              file=sys.stderr)
        return 2
    leave_cores()
    signal.signal(signal.SIGTERM, end)
    begin = time.monotonic()
    print(f"soak: {args.seconds} s on {', '.join(args.mpm)}; "
          f"SOAK_SEED={args.seed}", flush=True)
    try:
        runs = list(play(args))
    except NotPermitted as e:
        print(f"soak: {e}", file=sys.stderr)
        return 2
    text = report(runs, args.seed, time.monotonic() - begin)
    if args.print or args.guard == "off":
        print(text)
    else:
        measurements.write("soak", text)
    problems = [p for run in runs for p in run.problems]
    for problem in problems:
        print(f"soak: FAILED: {problem}", file=sys.stderr)
    print(f"soak: {len(problems)} problems, SOAK_SEED={args.seed}")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())

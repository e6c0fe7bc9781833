# Licensed under the Apache License, Version 2.0; see LICENSE.
"""Requests a second, of the same httpd with different guards, each measured
in turns with bare httpd: what the machine does meanwhile hits both alike.

Writes the section of docs/measurements.md, or prints it with --print.
"""
import argparse
import os
import re
import statistics
import subprocess
import sys

TOP = os.path.dirname(os.path.dirname(os.path.dirname(
    os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(TOP, "tests", "lib"))

import bench_httpd                                          # noqa: E402
import measurements                                         # noqa: E402
from pg_httpd import Httpd                                  # noqa: E402

CLIENTS = 8
KINDS = {
    "clean requests, kept alive": lambda s: ["-k", f"http://127.0.0.1:{s.port}/"
                                    "page.txt"],
    "absolute-form, one connection each": lambda s: [
        "-X", f"127.0.0.1:{s.port}", "http://elsewhere.example/"],
}


class Quick(Httpd):
    """As shipped, but for the .htaccess look-ups and the shipped <Location>,
    which cost more than any of these guards; log lines at the default rate."""

    def __init__(self, conf="", **more):
        for key in ("few", "many"):
            more.pop(key, None)
        super().__init__(conf, mpm="event", loglevel="warn", rate=None,
                         basics=bench_httpd.BASICS, shipped=False, **more)

    def _text(self):
        return super()._text().replace(
            "<Directory />\n", "MaxKeepAliveRequests 0\n"
            "<Directory />\n    AllowOverride None\n", 1)


def on_processor(which):
    """Pin this process, and what it starts from now on, to one processor, so
    that server and client run on different ones."""
    os.sched_setaffinity(0, {which % os.cpu_count()})


def started(conf, more):
    server = Quick(conf, **more)
    on_processor(0)
    try:
        return server.start()
    finally:
        on_processor(1)


def rate(server, kind, seconds):
    said = subprocess.run(
        ["ab", "-q", "-c", str(CLIENTS), "-t", str(seconds), "-n", "10000000",
         "-H", "User-Agent: bench", "-H", "Host: www.own.example",
         *KINDS[kind](server)],
        capture_output=True, text=True, check=True).stdout
    return float(re.search(r"Requests per second:\s+([\d.]+)", said)[1])


def pairs(bare, other, kind, number, seconds):
    """Rates of both, and each pair's ratio."""
    rates = [(rate(bare, kind, seconds), rate(other, kind, seconds))
             for _ in range(number)]
    ratios = sorted(b / a for a, b in rates)
    return statistics.median(b for _, b in rates), ratios


def table(out, kind, bare, number, seconds):
    out.append(f"\n{kind[0].upper()}{kind[1:]}:\n\n| httpd | requests a "
               "second, median | of bare, median | lowest | highest |\n"
               "|---|--:|--:|--:|--:|")
    for name, conf, more in bench_httpd.servers():
        other = started(conf, more)
        try:
            middle, ratios = pairs(bare, other, kind, number, seconds)
        finally:
            other.remove()
        out.append(f"| {name} | {middle:,.0f} | "
                   f"{statistics.median(ratios):.3f} | {ratios[0]:.3f} | "
                   f"{ratios[-1]:.3f} |")
        print(out[-1], flush=True)


def main():
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--print", action="store_true")
    options.add_argument("--pairs", type=int, default=9)
    options.add_argument("--seconds", type=int, default=1)
    args = options.parse_args()
    out = [f"Event MPM, {CLIENTS} clients of ab; server and client run on "
           f"different processors. {args.pairs} pairs of runs of "
           f"{args.seconds} s each alternate between bare httpd and the other "
           "one. The first row compares bare with bare: any difference there "
           "is the machine's noise."]
    bare = started("", {"guard": False})
    try:
        for kind in KINDS:
            table(out, kind, bare, args.pairs, args.seconds)
    finally:
        bare.remove()
    if not args.print:
        measurements.write("throughput", "\n".join(out))


if __name__ == "__main__":
    main()

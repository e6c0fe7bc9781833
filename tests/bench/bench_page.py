# Licensed under the Apache License, Version 2.0; see LICENSE.
"""Processor time of the status page in each format, with the largest ledger:
every list as long as ProxyGuardLedgerSize allows, and full.

Writes the section of docs/measurements.md, or prints it with --print."""

import argparse
import os
import subprocess
import sys
import tempfile
import time

TOP = os.path.dirname(os.path.dirname(os.path.dirname(
    os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(TOP, "tests", "lib"))

import measurements                                         # noqa: E402
from bench_memory import OneChild                           # noqa: E402

COMMAND = os.path.join(TOP, "build", "proxyguard")
TICK = 1000 / os.sysconf("SC_CLK_TCK")      # ms
PAGES, TURNS, ATTEMPTS = 40, 3, 200_000
SIZES = "".join(f"ProxyGuardLedgerSize {what} {n}\n" for what, n in (
    ("sources", 8192), ("targets", 8192), ("ports", 8192), ("agents", 8192),
    ("recent", 4096)))
# what, query, ms that it may take
FORMATS = (("html", "format=html", 10), ("html, ja", "format=html&lang=ja", 10),
           ("prometheus", "format=prometheus", 10), ("csv", "format=csv", 10),
           ("json", "format=json", None), ("text", "format=text", None),
           ("html, top=100", "format=html&top=100", 10))


def fill(ledger):
    """Attempts over the last two years that differ in every value."""
    now = time.time()
    with tempfile.NamedTemporaryFile("w", suffix=".log") as log:
        for i in range(ATTEMPTS):
            when = now - (ATTEMPTS - i) * 730 * 86400 / ATTEMPTS
            date = time.strftime("%d/%b/%Y:%H:%M:%S +0000",
                                 time.gmtime(when))
            log.write(f"10.{i >> 16}.{i >> 8 & 255}.{i & 255} - - [{date}] "
                      f'"CONNECT t{i}.example:{i % 60000 + 1} HTTP/1.1" '
                      f'405 9 "-" "agent/{i}"\n')
        log.flush()
        made = subprocess.run([COMMAND, "scan", "-q", "--into", ledger,
                               log.name], check=False,
                              stdout=subprocess.DEVNULL)
    if made.returncode != 1:        # 1: attempts were found
        raise RuntimeError(f"proxyguard scan: exit {made.returncode}")


def used(pid):
    """ms of processor time that a process has used."""
    with open(f"/proc/{pid}/stat", encoding="ascii") as f:
        fields = f.read().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) * TICK


def cost(server, query):
    """(ms a page, octets): the best of a few means."""
    best = None
    for _ in range(TURNS):
        before = used(server.child())
        for _ in range(PAGES):
            reply = server.get(f"/proxyguard-status?{query}")
            if reply.status != 200:
                raise RuntimeError(f"{query}: {reply.status}")
        ms = (used(server.child()) - before) / PAGES
        best = min(best or ms, ms)
    return best, len(reply.body)


def measure():
    server = OneChild("MaxKeepAliveRequests 0\n" + SIZES, mpm="prefork",
                      loglevel="error")
    try:
        ledger = server.path("proxyguard.ledger")
        server.conf += f"ProxyGuardLedger {ledger}\n"
        server.start()
        server.stop()
        fill(ledger)
        server.start()
        for what, query, goal in FORMATS:
            ms, octets = cost(server, query)
            yield (f"| {what} | {octets:,} | {ms:.1f} ms | "
                   f"{f'{goal} ms' if goal else '-'} | "
                   f"{measurements.is_met(ms, goal) if goal else '-'} |")
    finally:
        server.stop()
        server.remove()


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--print", action="store_true")
    args = parser.parse_args()
    lines = ["Processor time of one request under prefork, with the largest "
             "ledger (`ProxyGuardLedgerSize` 8192, and `recent` 4096) filled "
             f"by {ATTEMPTS:,} attempts over two years that differ in every "
             f"value; the best of {TURNS} means of {PAGES} requests.\n",
             "| format | bytes | processor time | goal | met |",
             "|---|--:|--:|--:|---|"]
    for line in measure():
        print(line, flush=True)
        lines.append(line)
    if not args.print:
        measurements.write("page", "\n".join(lines))


if __name__ == "__main__":
    main()

# Licensed under the Apache License, Version 2.0; see LICENSE.
"""What the sink costs: memory of a conversation, and what the site notices of
a thousand clients that want one. Writes the section of docs/measurements.md,
or prints it with --print; exit status 1 when a goal is missed. Rows of
restarts and kills come from the file that is named.
"""
import argparse
import os
import re
import resource
import socket
import statistics
import sys
import time

TOP = os.path.dirname(os.path.dirname(os.path.dirname(
    os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(TOP, "tests", "lib"))

import measurements                                         # noqa: E402
from pg_httpd import Httpd                                  # noqa: E402
from pg_sink import CONF, read_until, tunnel                # noqa: E402

CLIENTS, CAP, ASKED = 1000, 16, 400
# KiB a conversation: what it has of its own, and a message in two copies
IDLE_MOST, BUSY_MOST = 128, 128 + 2 * 200
# times the slower of two runs alone
MEDIAN_MOST, P99_MOST = 1.1, 1.5
LIMITS = ("ProxyGuardSinkLimit source 64\nStartServers 1\nServerLimit 1\n"
          "ThreadLimit 64\nThreadsPerChild 64\nMaxRequestWorkers 64\n"
          "MinSpareThreads 1\nMaxSpareThreads 64\nListenBacklog 2000\n"
          "AsyncRequestWorkerFactor 100\n")


def private(pid):
    """KiB that only this process has mapped."""
    with open(f"/proc/{pid}/smaps_rollup", encoding="ascii") as f:
        return sum(int(n) for n in re.findall(r"^Private_\w+: +(\d+)",
                                              f.read(), re.M))


def started():
    server = Httpd(CONF + LIMITS, mpm="event")
    return server.start()


def memory():
    """KiB per conversation: idle, and after a mail of 200 KB has begun."""
    server = started()
    try:
        pid, = server.children()
        for _ in range(50):
            server.get("/page.txt")
        before = private(pid)
        held = [tunnel(server.address) for _ in range(CAP)]
        for wire in held:
            wire.send(b"EHLO pc\r\nMAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\n"
                      b"DATA\r\n")
            read_until(wire, b"354 End data with <CR><LF>.<CR><LF>\r\n")
        idle = private(pid) - before
        for wire in held:
            wire.send(b"x" * 100 + b"\r\n" + (b"y" * 998 + b"\r\n") * 200)
        deadline = time.monotonic() + 5
        size, last = private(pid), 0
        while size != last and time.monotonic() < deadline:
            time.sleep(0.2)
            last, size = size, private(pid)
        return idle / CAP, (size - before) / CAP
    finally:
        server.remove()


def latencies(server):
    """Milliseconds of each of ASKED requests, sorted."""
    found = []
    for _ in range(ASKED):
        begin = time.perf_counter()
        assert server.get("/page.txt").status == 200
        found.append((time.perf_counter() - begin) * 1000)
    return sorted(found)


def strangers(server):
    """A thousand connections that asked for a tunnel: (all, how many got
    one). They stay open."""
    held = []
    for _ in range(CLIENTS):
        s = socket.create_connection(server.address, timeout=20)
        s.sendall(b"CONNECT mx.invalid:25 HTTP/1.1\r\nHost: x\r\n\r\n")
        held.append(s)
    got = 0
    for s in held:
        got += s.recv(12).endswith(b" 200")
    return held, got


def site():
    server = started()
    try:
        latencies(server)
        alone = latencies(server)
        held, got = strangers(server)
        beside = latencies(server)
        for s in held:
            s.close()
        return alone, beside, latencies(server), got
    finally:
        server.remove()


def p99(found):
    return found[int(len(found) * 0.99)]


def rows(idle, busy, runs, got):
    """(what, figure, goal, whether it is met)."""
    alone, beside, after = runs

    def least(what, figure, goal, unit=""):
        return (f"{what} | {figure:.4g}{unit} | {goal}{unit}",
                measurements.is_met(round(figure, 2), goal))
    times = " beside them, of that alone"
    yield least("private memory of an idle conversation, KiB", idle,
                IDLE_MOST)
    yield least("the same with a message of 200 KB, KiB", busy, BUSY_MOST)
    yield (f"of {CLIENTS} clients that want a tunnel at once, have one | "
           f"{got} | {CAP}", "yes" if got == CAP else "no")
    yield least("median of a request" + times, statistics.median(beside)
                / max(map(statistics.median, (alone, after))), MEDIAN_MOST,
                " x")
    yield least("99 % of requests" + times, p99(beside)
                / max(map(p99, (alone, after))), P99_MOST, " x")


def times(name, found):
    return f"| {name} | {statistics.median(found):.2f} | {p99(found):.2f} |"


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--print", action="store_true")
    parser.add_argument("rows", nargs="?")
    args = parser.parse_args()
    resource.setrlimit(resource.RLIMIT_NOFILE, (4096, 4096))
    idle, busy = memory()
    *runs, got = site()
    found = list(rows(idle, busy, runs, got))
    table = "\n".join(f"| {row} | {met} |" for row, met in found)
    text = f"""Event MPM, one child with 64 threads, at most {CAP} \
conversations; all memory of a conversation is released when it ends.

| what | figure | goal | met |
|---|--:|--:|---|
{table}

{ASKED} requests for a page of 9 bytes, each on a connection of its own:

| | median, ms | 99 %, ms |
|---|--:|--:|
{times("alone, before", runs[0])}
{times(f"with {CLIENTS} clients that want a tunnel", runs[1])}
{times("alone, afterwards", runs[2])}
"""
    if args.rows and os.path.exists(args.rows):
        with open(args.rows, encoding="ascii") as f:
            text += ("\nThree clients deliver mail meanwhile; every mail that "
                     "was answered with 250 must be in the spool:\n\n"
                     "| what was done | in the spool | goal | met |\n"
                     "|---|--:|--:|---|\n" + f.read())
    if args.print:
        print(text)
    else:
        measurements.write("sink", text)
    return 0 if all(met == "yes" for _, met in found) else 1


if __name__ == "__main__":
    sys.exit(main())

# Licensed under the Apache License, Version 2.0; see LICENSE.
"""Memory that the module takes: shared, and of each child its own.

The same httpd with one child, with and without the module, before and after
many attempts, each from another source (X-Client, by mod_remoteip) to another
target. Writes the section of docs/measurements.md, or prints it with --print.
Exit status 1 when a goal is missed.
"""
import argparse
import os
import re
import socket
import sys

TOP = os.path.dirname(os.path.dirname(os.path.dirname(
    os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(TOP, "tests", "lib"))

import measurements                                         # noqa: E402
from pg_httpd import MPMS, Httpd                            # noqa: E402

SHARED_MOST, PRIVATE_MOST = 2048, 64        # KiB
BATCH = 100
WARM = 2000
# MaxMemFree: a thread of httpd keeps up to 2 MiB of what it needed once
CONF = """MaxKeepAliveRequests 0
MaxMemFree 16
RemoteIPHeader X-Client
RemoteIPInternalProxy 127.0.0.1
"""
# Observed, so that a connection carries many. mod_proxy is not loaded: httpd
# answers with its own page.
OBSERVE = "ProxyGuard Observe\n"


class OneChild(Httpd):
    """Writes no log lines. One child, so that it sees every attempt, with one
    thread: with several it would be left to chance which of them have a stack
    and a pool already, and each is larger than the module."""

    def _text(self):
        text = re.sub(r"^(StartServers|ServerLimit|MinSpareServers|"
                      r"MaxSpareServers) .*", r"\1 1", super()._text(),
                      flags=re.M)
        text = re.sub(r"^(MaxRequestWorkers|ThreadsPerChild|ThreadLimit) .*",
                      r"\1 1", text, flags=re.M)
        text = re.sub(r"^(Min|Max)SpareThreads .*\n", "", text, flags=re.M)
        return re.sub(r"^CustomLog .*", "CustomLog /dev/null pg", text,
                      flags=re.M)

    def _environment(self):
        # glibc gives a thread a heap of its own when another one happens to
        # hold the first: 132 KiB by chance
        return {**super()._environment(), "MALLOC_ARENA_MAX": "1"}

    def child(self):
        pids = self.children()
        assert len(pids) == 1, f"one child was asked for: {pids}"
        return pids[0]


def mappings(pid):
    """(permissions, name, size, private) of each mapping; KiB."""
    with open(f"/proc/{pid}/smaps", encoding="utf-8") as f:
        text = f.read()
    for part in re.split(r"(?m)^(?=[0-9a-f]+-[0-9a-f]+ )", text)[1:]:
        head = part.split("\n", 1)[0].split(None, 5)
        size = int(re.search(r"^Size:\s+(\d+)", part, re.M)[1])
        private = sum(int(n) for n in re.findall(
            r"^Private_(?:Clean|Dirty):\s+(\d+)", part, re.M))
        yield head[1], head[5] if len(head) > 5 else "", size, private


def memory(pid):
    """(shared, private) in KiB. A page of a shared mapping does not count as
    private because only one process has touched it so far."""
    every = list(mappings(pid))
    return (sum(size for mode, _, size, _ in every if mode[3] == "s"),
            sum(private for mode, _, _, private in every if mode[3] == "p"))


def attempts(first, number):
    return b"".join(
        b"GET http://t%d.stranger.example/ HTTP/1.1\r\n"
        b"Host: t%d.stranger.example\r\nUser-Agent: a%d\r\n"
        b"X-Client: 10.%d.%d.%d\r\n\r\n"
        % (i, i, i, i >> 16 & 255, i >> 8 & 255, i & 255)
        for i in range(first, first + number))


def answered(sock, octets, number):
    """Send `number` requests: how many answers came, each of which ends with
    the page, before httpd closed the connection."""
    seen, rest = 0, b""
    try:
        sock.sendall(octets)
        while seen < number:
            octets = sock.recv(1 << 16)
            if not octets:
                break
            octets = rest + octets
            seen += octets.count(b"own front page\n")
            rest = octets[-14:]
    except ConnectionError:
        pass
    return seen


def load(server, first, number):
    """`number` attempts, BATCH at a time on one connection. The event MPM may
    end it when its one thread is busy: the rest is sent on another one."""
    at, last = first, first + number
    while at < last:
        with socket.create_connection(server.address, 60) as sock:
            seen = BATCH
            while at < last and seen == BATCH:
                seen = answered(sock, attempts(at, BATCH), BATCH)
                at += seen


def measure(mpm, guard, number):
    """[(shared, private) before, after]"""
    server = OneChild(CONF + (OBSERVE if guard else ""), mpm=mpm,
                      guard=guard, modules=("remoteip",), loglevel="emerg",
                      shipped=guard)
    try:
        server.start()
        load(server, 0, WARM)
        before = memory(server.child())
        load(server, WARM, number)
        after = memory(server.child())
        if guard:
            counted = server.status()["attempts"]
            # an answer may be lost with its connection: asked again
            assert counted >= WARM + number, f"{counted} counted"
        return before, after
    finally:
        server.remove()


def main():
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--print", action="store_true")
    options.add_argument("--attempts", type=int, default=1_000_000)
    options.add_argument("--mpm", default=",".join(MPMS))
    args = options.parse_args()
    out = [f"One child with one thread; {args.attempts:,} attempts, all "
           f"from different sources and to different targets, after {WARM:,} "
           "to warm up. The figures are the difference to the same httpd "
           f"without the module. Goals: at most {SHARED_MOST:,} KiB shared "
           "by all processes and "
           f"{PRIVATE_MOST} KiB private to each child, before and after.\n",
           "| MPM | shared | private before | private after | child without "
           "the module, private before | after |", "|---|--:|--:|--:|--:|--:|"]
    bad = 0
    for mpm in args.mpm.split(","):
        bare = measure(mpm, False, args.attempts)
        guard = measure(mpm, True, args.attempts)
        shared = max(g[0] - b[0] for b, g in zip(bare, guard))
        private = [g[1] - b[1] for b, g in zip(bare, guard)]
        bad += shared > SHARED_MOST or max(private) > PRIVATE_MOST
        out.append(f"| {mpm} | {shared:,} KiB | {private[0]:+,} KiB | "
                   f"{private[1]:+,} KiB | {bare[0][1]:,} KiB | "
                   f"{bare[1][1]:,} KiB |")
        print(out[-1], flush=True)
    if not args.print:
        measurements.write("memory", "\n".join(out))
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())

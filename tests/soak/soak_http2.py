#!/usr/bin/python3
# Licensed under the Apache License, Version 2.0; see LICENSE.
"""httpd alone, without the guard, whose children end while the clock runs.

A child that ends waits 5 seconds for mod_http2's threads, by the clock on the
wall, and then destroys their pool all the same (workers_pool_cleanup() in
h2_workers.c): where the clock is set forward just then, threads that wait for
work find their lock gone. Here the clock runs fast instead, which is the same
at each end of a child.

usage: soak_http2.py [SPEED [RESTARTS]]       5000 times as fast, 10"""

import os
import resource
import sys

TOP = os.path.dirname(os.path.dirname(os.path.dirname(
    os.path.abspath(__file__))))
for folder in ("lib", "soak"):
    sys.path.insert(0, os.path.join(TOP, "tests", folder))

from pg_clock import preloaded                              # noqa: E402
from pg_httpd import Httpd                                  # noqa: E402
from pg_wire import wait_until                              # noqa: E402
from soak_log import SIGNAL, backtrace                      # noqa: E402

WORKERS = 60


class Hurried(Httpd):
    """Under a clock that runs at such a speed."""

    def __init__(self, speed):
        super().__init__(
            mpm="event", modules=["http2"], guard=False, listen="127.0.0.1",
            conf=f"Protocols h2c http/1.1\nH2MinWorkers {WORKERS}\n"
                 f"H2MaxWorkers {WORKERS}\nCoreDumpDirectory @ROOT@/cores\n")
        self.speed = speed
        os.mkdir(self.path("cores"))
        os.chmod(self.path("cores"), 0o1777)

    def _environment(self):
        return preloaded(super()._environment(), FAKETIME=f"+0 x{self.speed}")


def restart(server, times):
    for _ in range(times):
        old = set(server.children())
        server.graceful()
        wait_until(lambda gone=old: not gone & set(server.children()),
                   "the children of before to be gone")


def main(speed="5000", times="10"):
    hard = resource.getrlimit(resource.RLIMIT_CORE)[1]
    resource.setrlimit(resource.RLIMIT_CORE, (hard, hard))
    server = Hurried(speed)
    try:
        server.start()
        restart(server, int(times))
        hasty = len(server.log.all("AH10291: "))
        crashes = [m for m in map(SIGNAL.search, server.said().splitlines())
                   if m]
        for crash in crashes:
            print(crash[0], backtrace(server, crash[1]), sep="\n")
    finally:
        server.remove()
    print(f"clock {speed} times as fast, {times} graceful restarts: {hasty} "
          f"children left mod_http2's threads behind (AH10291), "
          f"{len(crashes)} crashed")


if __name__ == "__main__":
    main(*sys.argv[1:])

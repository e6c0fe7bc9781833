#!/usr/bin/python3
# Licensed under the Apache License, Version 2.0; see LICENSE.
"""What the peek costs: instructions of a whole httpd (prefork -X, under
callgrind) for a connection and for a kept-alive request, peek on and off.

    make && tests/bench/peek_cost.py
"""

import os
import re
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "..", "lib"))

from pg_httpd import HTTPD, Httpd                     # noqa: E402

COUNT = 200
ONE = b"GET /page.txt HTTP/1.1\r\nHost: www.own.example\r\n\r\n"
LAST = ONE[:-2] + b"Connection: close\r\n\r\n"


class Counted(Httpd):
    """httpd -X under callgrind."""

    def _command(self, *more):
        return ["valgrind", "--tool=callgrind", "-q",
                "--callgrind-out-file=" + self.path("run", "callgrind"),
                HTTPD, "-X", "-d", self.root, "-f", self.path("httpd.conf")]

    def instructions(self):
        # made by root, written by the user that httpd has become
        os.chmod(self.path("run", "callgrind"), 0o666)
        self.process.terminate()
        while self.process.poll() is None:
            try:                # its only process may sleep in accept()
                self.wire(timeout=1).sock.close()
            except OSError:
                pass
            time.sleep(0.05)
        return int(re.search(r"^(?:totals|summary): (\d+)",
                             self.read("run/callgrind"), re.M)[1])


def measure(conf, connections, requests):
    server = Counted(conf + "\nMaxKeepAliveRequests 0", mpm="prefork",
                     loglevel="error")
    os.chmod(server.path("run"), 0o777)
    try:
        server.start()
        for _ in range(connections):
            with server.wire(timeout=60) as wire:
                for n in range(requests):
                    wire.send(ONE if n + 1 < requests else LAST)
                    assert wire.read_reply().status == 200
                wire.read_to_end()
        return server.instructions()
    finally:
        server.remove()


def main():
    if subprocess.call(["sh", "-c", "command -v valgrind >/dev/null"]):
        sys.exit("peek_cost.py: valgrind is not installed")
    print(f"{'':14} {'connection with one request':>28} "
          f"{'one more request on it':>24}")
    for name, conf in (("guard off", None), ("peek off", "ProxyGuardPeek Off"),
                       ("peek on", "ProxyGuardPeek On")):
        conf = "ProxyGuard Off" if conf is None else conf
        idle = measure(conf, 0, 0)
        first = (measure(conf, COUNT, 1) - idle) / COUNT
        more = (measure(conf, 1, COUNT + 1) - idle - first) / COUNT
        print(f"{name:14} {first:28.0f} {more:24.0f}")


if __name__ == "__main__":
    main()

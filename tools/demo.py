#!/usr/bin/python3
# Licensed under the Apache License, Version 2.0; see LICENSE.
"""The module at work: a private httpd on a free loopback port gets the four
relay attempts of a honeypot report over real sockets.

    tools/demo.py          show it, and stop
    tools/demo.py --keep   leave it running until Ctrl-C

Exit status 0: every attempt was refused, counted once and logged once."""

import os
import signal
import sys
import textwrap

TOP = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(0, os.path.join(TOP, "tests", "lib"))
sys.dont_write_bytecode = True

from pg_httpd import HTTPD, Httpd, StartError         # noqa: E402
from pg_seed import SEED                              # noqa: E402

COLOURS = {"head": "1", "out": "36", "in": "33", "good": "32", "bad": "31"}


def paint(text, colour):
    if not sys.stdout.isatty() or "NO_COLOR" in os.environ:
        return text
    return f"\033[{COLOURS[colour]}m{text}\033[0m"


def say(text="", colour=None):
    print(paint(text, colour) if colour else text, flush=True)


def quoted(octets, mark, colour, limit=7):
    """The head of a message, a line a line."""
    lines = octets.split(b"\r\n\r\n")[0].decode("utf-8", "replace")
    lines = lines.split("\r\n")
    for line in lines[:limit]:
        say(f"  {mark} " + textwrap.shorten(line, 74, placeholder=" ..."),
            colour)
    if len(lines) > limit:
        say(f"  {mark} ... and {len(lines) - limit} more lines", colour)


def replay(server, attempt, number):
    """Send one attempt; what it did wrong, or None."""
    say()
    say(f"{number}. {attempt.name}: {attempt.meaning}", "head")
    quoted(attempt.octets, ">", "out")
    reply = server.send(attempt.octets)
    quoted(reply.raw or b"(nothing)", "<", "in")
    if reply.status == attempt.status and reply.closed:
        say("    refused, and the connection closed", "good")
        return None
    say("    NOT REFUSED", "bad")
    return f"{attempt.name}: status {reply.status}"


def show_own_site(server):
    say()
    say("5. The own site, as always", "head")
    reply = server.get("/")
    say(f"  > GET / HTTP/1.1, Host: {server.authority}", "out")
    say(f"  < {reply.status}, {reply.text.strip()!r}", "in")
    return None if reply.status == 200 else "the own site is not served"


def show_log(server):
    say()
    say("The error log has one line for each:", "head")
    lines = server.log.attempts(len(SEED))
    for line in lines:
        say(textwrap.fill(line.message, 77, initial_indent="  ",
                          subsequent_indent="      ",
                          break_on_hyphens=False))
    return None


def show_counts(server):
    status = server.status()
    say()
    say(f"The ledger has counted since {status['since']}:", "head")
    say(f"  attempts      {status['attempts']:4}")
    for key in ("by_class", "by_outcome"):
        for name, count in status[key].items():
            if count:
                say(f"  {name:13} {count:4}")
    if status["attempts"] == status["by_outcome"]["denied"] == len(SEED):
        return None
    return f"counted {status.flat()}"


def show_page(server):
    say()
    say("The status page, while this server runs:", "head")
    say(f"  http://127.0.0.1:{server.port}/proxyguard-status")
    return None


def demonstrate(server):
    say(f"A private httpd ({HTTPD}) with mod_proxyguard and its shipped "
        f"configuration,")
    say(f"at 127.0.0.1:{server.port}, gets what a honeypot got in 2014.")
    problems = [replay(server, a, i + 1) for i, a in enumerate(SEED)]
    problems += [step(server) for step in (show_own_site, show_log,
                                           show_counts, show_page)]
    problems = [p for p in problems if p]
    problems += [f"unexpected in the error log: {x.text}"
                 for x in server.log.alarms()]
    say()
    for problem in problems:
        say("FAILED: " + problem, "bad")
    if not problems:
        say("All four refused, counted once, logged once.", "good")
    return 1 if problems else 0


def wait_for_ctrl_c(server):
    say()
    say("Left running. Try:", "head")
    say(f"  curl -x 127.0.0.1:{server.port} http://www.example.com/")
    say(f"  curl 'http://127.0.0.1:{server.port}/proxyguard-status"
        f"?format=json'")
    say(f"  tail -f {server.path('error.log')}")
    say("Ctrl-C stops it and removes its files.")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    try:
        server.process.wait()
    except KeyboardInterrupt:
        say()


def main():
    server = Httpd(loglevel="warn", name="127.0.0.1")
    try:
        try:
            server.start()
        except StartError as e:
            say("FAILED: httpd did not start:\n" + e.said, "bad")
            return 1
        code = demonstrate(server)
        if "--keep" in sys.argv[1:]:
            wait_for_ctrl_c(server)
        return code
    except KeyboardInterrupt:
        return 130
    finally:
        server.remove()


if __name__ == "__main__":
    sys.exit(main())

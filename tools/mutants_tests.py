# Licensed under the Apache License, Version 2.0; see LICENSE.
"""A plugin of pytest, for tools/mutants.py: collects the tests once, and then
runs those that each line of JSON from the socket PG_MUTANTS names, in so many
processes of their own, so that neither Python nor pytest starts for each
mutant. Answers with [passed, name of a test that failed]; with "learn", which
code each test runs is appended to that file, see tools/mutants.c."""

import ctypes
import json
import os
import resource
import select
import signal
import socket
import time

SUBREAPER = 36          # of prctl(2): orphans become this process's children


def spent():
    return sum(sum(resource.getrusage(who)[:2]) for who in (
        resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))


class Trace:
    """A file of which tools/mutants.c sets the bytes of the blocks that run."""

    def __init__(self, path, offsets):
        self.path = path
        self.offsets = offsets

    def __enter__(self):
        with open(self.path, "wb") as out:
            out.truncate(max(self.offsets) + 1)
        return self

    def __exit__(self, *_):
        os.remove(self.path)

    def blocks(self):
        """The numbers of the blocks, as the bits of hex."""
        with open(self.path, "rb") as f:
            seen = f.read()
        bits = "".join("01"[seen[at]] for at in reversed(self.offsets))
        return f"{int(bits, 2):x}"


def learn(items, order, lane):
    """Each test alone: [name, CPU seconds, passed, blocks] a line. What tests
    share is made anew for each."""
    path = os.environ["PG_TRACE"] = f"{order['learn']}.trace{lane}"
    for item in items:
        start, failed = spent(), item.session.testsfailed
        with Trace(path, order["offsets"]) as trace:
            item.config.hook.pytest_runtest_protocol(item=item, nextitem=None)
            row = [item.nodeid, spent() - start,
                   item.session.testsfailed == failed, trace.blocks()]
        with open(order["learn"], "ab", buffering=0) as out:
            out.write(json.dumps(row).encode() + b"\n")


def run(items, order):
    """Until one fails, and which; each has so much CPU time a process."""
    for item, following in zip(items, [*items[1:], None]):
        limit = int(sum(resource.getrusage(resource.RUSAGE_SELF)[:2])
                    + order["cpu"])
        resource.setrlimit(resource.RLIMIT_CPU,
                           (limit, resource.RLIM_INFINITY))
        item.config.hook.pytest_runtest_protocol(item=item,
                                                 nextitem=following)
        if item.session.testsfailed:
            return item.nodeid
    return ""


def walk(items, order, lane, to):
    """One of the processes of an order: a line when it is through, with the
    name of the test that failed. Never returns."""
    try:
        os.setsid()
        chosen = [items[name] for name in order["tests"][lane::order["lanes"]]]
        failed = (learn(chosen, order, lane) if "learn" in order
                  else run(chosen, order))
        os.write(to, f"{failed or ''}\n".encode())
    finally:
        os._exit(0)


def end_all():
    """End the children and whatever they started, in whichever session: a
    broken server that does not stop, say."""
    me = os.getpid()
    while True:
        with open(f"/proc/{me}/task/{me}/children", encoding="ascii") as f:
            for pid in f.read().split():
                os.kill(int(pid), signal.SIGKILL)
        try:
            os.wait()
        except ChildProcessError:
            return


def obey(items, order):
    """[did they pass, name of one that failed]"""
    ours, theirs = os.pipe()
    until = time.monotonic() + order["wall"]
    said, more = b"", b"\n"
    try:
        for lane in range(order["lanes"]):
            if os.fork() == 0:
                walk(items, order, lane, theirs)
        os.close(theirs)
        while more and not said.strip() and select.select(
                [ours], [], [], max(0, until - time.monotonic()))[0]:
            more = os.read(ours, 4096)
            said += more
    finally:
        end_all()
        os.close(ours)
    return [said == b"\n" * order["lanes"],
            said.decode().strip().partition("\n")[0]]


def pytest_runtestloop(session):
    ctypes.CDLL(None).prctl(SUBREAPER, 1)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    items = {item.nodeid: item for item in session.items}
    with socket.socket(fileno=int(os.environ["PG_MUTANTS"])) as link, \
            link.makefile("rw", encoding="utf-8") as lines:
        print(json.dumps(list(items)), file=lines, flush=True)
        for line in lines:
            print(json.dumps(obey(items, json.loads(line))),
                  file=lines, flush=True)
    return True

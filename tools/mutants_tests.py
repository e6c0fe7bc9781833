# Licensed under the Apache License, Version 2.0; see LICENSE.
"""A plugin of pytest, for tools/mutants.py: collects the tests once, and then
runs those that each line of JSON from the socket PG_MUTANTS names, in a
process of their own, so that neither Python nor pytest starts for each mutant.
Answers with [passed, name of the test that failed]; with "learn", which code
each test runs is appended to that file, see tools/mutants.c."""

import json
import os
import resource
import select
import signal
import socket


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


def learn(items, order):
    """Each test alone: [name, CPU seconds, passed, blocks] a line. What tests
    share is made anew for each."""
    path = os.environ["PG_TRACE"] = order["learn"] + ".trace"
    with open(order["learn"], "a", encoding="utf-8") as out:
        for item in items:
            start, failed = spent(), item.session.testsfailed
            with Trace(path, order["offsets"]) as trace:
                item.config.hook.pytest_runtest_protocol(item=item,
                                                         nextitem=None)
                row = [item.nodeid, spent() - start,
                       item.session.testsfailed == failed, trace.blocks()]
            print(json.dumps(row), file=out, flush=True)


def run(items, failure, cpu):
    """Until one fails; each has that many CPU seconds for a process."""
    for item, following in zip(items, [*items[1:], None]):
        limit = int(sum(resource.getrusage(resource.RUSAGE_SELF)[:2]) + cpu)
        resource.setrlimit(resource.RLIMIT_CPU,
                           (limit, resource.RLIM_INFINITY))
        item.config.hook.pytest_runtest_protocol(item=item,
                                                 nextitem=following)
        if item.session.testsfailed:
            os.write(failure, item.nodeid.encode())
            os._exit(1)


def forked(items, order):
    """[did they pass, name of the one that failed]"""
    ours, theirs = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.setsid()
            os.close(ours)
            chosen = [items[name] for name in order["tests"]]
            if "learn" in order:
                learn(chosen, order)
            else:
                run(chosen, theirs, order["cpu"])
            os._exit(0)
        finally:
            os._exit(2)
    os.close(theirs)
    watch = os.pidfd_open(child)
    ended = select.select([watch], [], [], order["wall"])[0]
    os.close(watch)
    try:
        os.killpg(child, signal.SIGKILL)
    except ProcessLookupError:
        pass
    status = os.waitpid(child, 0)[1]
    with open(ours, encoding="utf-8") as said:
        return [bool(ended) and status == 0, said.read()]


def pytest_runtestloop(session):
    items = {item.nodeid: item for item in session.items}
    with socket.socket(fileno=int(os.environ["PG_MUTANTS"])) as link, \
            link.makefile("rw", encoding="utf-8") as lines:
        print(json.dumps(list(items)), file=lines, flush=True)
        for line in lines:
            print(json.dumps(forked(items, json.loads(line))),
                  file=lines, flush=True)
    return True

# Licensed under the Apache License, Version 2.0; see LICENSE.
"""What is done to the server under load: one act at a time, then all of them
at once."""

import os
import resource
import signal
import time
from collections import namedtuple

from pg_wire import wait_until
from soak_clients import Rules
from soak_log import traces
from soak_watch import octets_of_address_space

HOUR, DAY = 3600, 86400
JUMPS = (5, -5, HOUR, -HOUR, DAY, -DAY, 40 * DAY, -40 * DAY, 3 * 365 * DAY)
CALM = 12                       # seconds at least, to see whether memory grows
FULL_FOR = 3                    # seconds at least, of both disks
SEEN = 1.5                      # seconds until all have read the clock
HANGS = 7                       # seconds; after 9, httpd kills a child
SAID = 60                       # seconds until the parent says something
MORE_MEMORY = 8 << 20           # octets above what a child has mapped

# mod_http2 (2.0.42) hangs up on a fresh connection of a generation that ends,
# unread requests and all; the reset may destroy its GOAWAY. Where the clock
# jumps in the middle of it, a TLS handshake has taken too long.
HTTP2 = ("h2", "h2c")
GENTLE = Rules()
RENEWED = Rules(mute=HTTP2)
ROUGH = Rules(rough=True)
STARVED = Rules(starved=True)
DYING = Rules(starved=True, mute=HTTP2)
JUMPED = Rules(starved=True, mute=("tls", *HTTP2))
WILD = Rules(rough=True, starved=True)

# weight: its share of the time; announced: log lines that it explains;
# needs_guard: it waits for what the guard reports
Act = namedtuple("Act", "name weight rules announced play needs_guard",
                 defaults=(False,))


class Stage:
    """One server, its random numbers, and how often each act was done."""

    def __init__(self, server, random, watch, done):
        self.server = server
        self.random = random
        self.watch = watch
        self.done = done
        self._renamed = 0
        self._jumped = 0        # when the clock was set

    def rest(self, least, most, until):
        """Let the load work. Returns whether there is time left."""
        left = until - time.monotonic()
        time.sleep(max(0, min(self.random.uniform(least, most), left)))
        return time.monotonic() < until

    # --- single disturbances ---------------------------------------------

    def graceful(self):
        self.server.graceful()
        self.done["graceful restarts"] += 1

    def restart(self):
        """The window lasts until the last child from before is gone. httpd
        kills children that hang after 9 seconds, by a clock that must not be
        set meanwhile: see docs/httpd-tests.md."""
        time.sleep(max(0, self._jumped + SEEN - time.monotonic()))
        server = self.server
        old, begin = set(server.workers()), time.monotonic()

        def gone(seconds):
            wait_until(lambda: not old & set(server.workers()),
                       "the children of before a restart to be gone", seconds)

        def window():
            try:
                gone(HANGS)
            except AssertionError:
                for pid in old & set(server.workers()):
                    print("  hangs:", traces(server, pid)[1], flush=True)
                gone(SAID)
            finally:
                server.windows.append((begin, time.monotonic()))
        server.hard_restart(window)
        self.done["restarts"] += 1

    def kill(self):
        for what, pids in (("killed children", self.server.workers()),
                           ("killed log writers", self.server.writers())):
            if pids and (what == "killed children"
                         or self.random.random() < 0.2):
                self.server.kill(self.random.choice(pids))
                self.done[what] += 1

    def rename_logs(self):
        """As logrotate does: rename, then a graceful restart."""
        self._renamed += 1
        server = self.server
        for folder in (server.logs, server.state):
            for name in ("error.log", "access.log", "evidence.json"):
                path = os.path.join(folder, name)
                if os.path.exists(path):
                    os.rename(path, f"{path}.{self._renamed}")
        self.graceful()
        self.done["log rotations"] += 1

    def jump(self):
        self.server.set_clock(self.random.choice(JUMPS))
        self._jumped = time.monotonic()
        self.done["clock jumps"] += 1

    def few_descriptors(self, most=4):
        for pid in self.server.workers():
            try:
                has = len(os.listdir(f"/proc/{pid}/fd"))
                self.server.limit(pid, resource.RLIMIT_NOFILE,
                                  has + self.random.randint(1, most))
            except (OSError, ValueError):
                continue        # it has ended
            self.done["descriptor limits"] += 1

    def many_descriptors(self):
        for pid in self.server.workers():
            try:
                self.server.limit(pid, resource.RLIMIT_NOFILE, None)
            except OSError:
                pass

    def little_memory(self):
        for pid in self.server.workers():
            try:
                self.server.limit(pid, resource.RLIMIT_AS, MORE_MEMORY
                                  + octets_of_address_space(pid))
            except (OSError, TypeError):
                continue
            self.done["memory limits"] += 1

    def fill(self, folder):
        self.server.fill(folder)
        self.done["full disks"] += 1


# --- the acts ----------------------------------------------------------------

def calm(stage, until):
    until = max(until, time.monotonic() + CALM)
    while stage.rest(0.2, 0.2, until):
        stage.watch.look_at_children()


def graceful(stage, until):
    while stage.rest(0.3, 2, until):
        stage.graceful()


def rotation(stage, until):
    while stage.rest(0.5, 2, until):
        stage.rename_logs()


def restarts(stage, until):
    while stage.rest(0.5, 2, until):
        stage.restart()


def kills(stage, until):
    while stage.rest(0.1, 0.6, until):
        stage.kill()


def full_disks(stage, until):
    """First the disk with the ledger, while the log can still say so; then
    that with the logs as well. A child that starts meanwhile writes no line.
    rotatelogs empties its file when it cannot write, and the checkpoint may
    just fit in there: then PG0007 goes to a log that is full."""
    server = stage.server
    try:
        _fill_and_empty(stage, until)
    finally:
        server.empty(server.logs)
        server.empty(server.state)


def _fill_and_empty(stage, until):
    server = stage.server
    stage.fill(server.state)

    def said():
        server.fill(server.state)
        return server.log.take_all("PG0006: ")
    wait_until(said, "PG0006", SAID)
    saved = server.saved()
    stage.fill(server.logs)
    until = max(until, time.monotonic() + FULL_FOR)
    stage.rest(0.5, 1, until)
    server.process.send_signal(signal.SIGUSR1)
    while stage.rest(0.2, 1, until):
        server.fill(stage.random.choice((server.state, server.logs)))
    server.empty(server.logs)       # first: PG0007 must not be lost
    # rotatelogs ends when it cannot even write that it cannot write, and the
    # main server's is started anew by a restart only (2.4.71)
    stage.graceful()
    if server.saved() == saved:
        server.empty(server.state)
        server.log.take("PG0007: ", SAID)
    server.empty(server.state)
    wait_until(lambda: server.saved() != saved, "a checkpoint", SAID)


def clock(stage, until):
    while stage.rest(1.1, 2, until):
        stage.jump()
    stage.server.set_clock(0)
    time.sleep(SEEN)


def descriptors(stage, until):
    while stage.rest(0.5, 1, until):
        stage.few_descriptors()
    stage.many_descriptors()


def memory(stage, until):
    while stage.rest(0.5, 1, until):
        stage.little_memory()
    stage.graceful()                # ends those that are limited


def everything(stage, until):
    server = stage.server
    blows = (stage.graceful, stage.restart, stage.kill, stage.kill,
             stage.rename_logs, stage.jump, stage.few_descriptors,
             stage.little_memory, stage.many_descriptors,
             lambda: stage.fill(server.state),
             lambda: server.empty(server.state))
    try:
        while stage.rest(0.1, 0.8, until):
            stage.random.choice(blows)()
    finally:
        server.empty(server.state)
        server.set_clock(0)
        time.sleep(SEEN)
        stage.many_descriptors()
    stage.graceful()


# At a restart httpd ends the programs that write logs before the children that
# still answer: lines of evidence for these are lost, and it is said.
NEW = r"\(32\)Broken pipe: PG0107: |PG0108: "
# a log writer that is gone, and three children or more within a second
KILLED = r"PG010[78]: |AH00106: |AH1039[23]: children are killed successively"
# what rotatelogs says of a full disk has no time, and comes in halves
ROTATELOGS = (r"messages lost \(No space left on device|^Error writing error "
              r"|^\) to the file |rotatelogs")
FULL = (rf"{NEW}|PG000[67]: |PG014[56]: |\(28\)No space left on device"
        rf"|{ROTATELOGS}")
FEW = r"\(24\)Too many open files"
LITTLE = r"\(12\)Cannot allocate memory"
# at a restart a busy child is asked twice; AH00046, killed, is not explained
TWICE = rf"{NEW}|AH00045: "
# At a hard restart the event MPM closes the sockets of its busy workers; one
# may be about to put its own into the pollset (close_worker_sockets() against
# process_lingering_close() and process_socket(), 2.4.71).
LATE = r"\(9\)Bad file descriptor: AH(?:0309[23]|10503): "
# mod_http2 has 5 seconds of patience with its threads, by a clock that jumps:
# see soak_http2.py
HASTY = "AH10291: "
ALL = "|".join((TWICE, KILLED, FULL, FEW, LITTLE, LATE, HASTY))

ACTS = (
    Act("calm", 3, GENTLE, None, calm),
    Act("graceful restarts", 2, RENEWED, NEW, graceful),
    Act("log rotation", 2, RENEWED, NEW, rotation),
    Act("restarts", 2, ROUGH, rf"{TWICE}|{LATE}", restarts),
    Act("killed children", 2, ROUGH, KILLED, kills),
    Act("full disks", 3, RENEWED, FULL, full_disks, True),
    Act("clock jumps", 2, JUMPED, None, clock),
    Act("few descriptors", 1, STARVED, FEW, descriptors),
    Act("little memory", 1, DYING, f"{NEW}|{LITTLE}", memory),
    Act("everything at once", 3, WILD, ALL, everything),
)

# Licensed under the Apache License, Version 2.0; see LICENSE.
"""One MPM's soak: every act with the load, and what must be true after it."""

import os
import random
import time
from collections import Counter
from smtplib import SMTPException

import pg_proc
from pg_httpd import Status
from pg_peers import trusting_client
from pg_sink import Mailer
from pg_wire import PATIENCE, exchange, wait_until
from soak_acts import ACTS, Stage, calm
from soak_clients import Load
from soak_log import Explained
from soak_requests import ways
from soak_server import SoakServer
from soak_tally import Tally
from soak_watch import Watch

ATTEMPT = b"CONNECT s.example:25 HTTP/1.0\r\n\r\n"
# the ways of each process' clients; those that a server has not are left out
CREWS = (("plain", "plain"), ("plain", "tls", "proxy"), ("gate", "sink"),
         ("h2", "h2c"))
FREE_AGAIN = 30                 # seconds
KEPT = 8                        # youngest files: one may just have been opened
MOST = 2000                     # characters of a problem
CLASSES = ("absolute", "connect-tls", "connect-mail", "connect-other",
           "socks", "foreign-host", "malformed", "chosen-backend")
NOTHING = Status(attempts=0, by_class={}, by_outcome={})


class Run:
    """The result for one MPM: .problems is empty if all was well. Without the
    guard nothing is counted, and attempts may be answered in any way."""

    def __init__(self, mpm, args, origins, certificate):
        self.mpm = mpm
        self.guard = args.guard == "on"
        self.seconds = args.seconds / len(args.mpm)
        self.seed = args.seed
        self.plan = [act for act in ACTS if act.name in args.act
                     and (self.guard or not act.needs_guard)]
        self.origin, self.back = origins    # a stranger's, the server's own
        self.certificate = certificate
        self.random = random.Random(f"{self.seed} {mpm}")
        self.groups = ways(self.origin.authority, self.guard)
        self.problems = []
        self.findings = Counter()
        self.done = Counter()
        self.total = Tally()
        self.counted = 0
        self.uncertain = 0
        self.loaded = 0.0       # seconds under load
        self.acts = []          # (name, seconds, sent, counted) of each
        self.watch = None

    def problem(self, where, what):
        what = str(what)
        if len(what) > MOST:
            what = what[:MOST] + " ..."
        self.problems.append(f"{self.mpm}, {where}: {what}")
        print(f"  !! {where}: {what}", flush=True)

    # --- before the load -------------------------------------------------

    def learn(self):
        """How clean requests are answered without the guard."""
        server = SoakServer(self.mpm, self.certificate, self.back,
                            guard=False)
        try:
            server.start()
            return {way: self._answers(server, way)
                    for way in ("plain", "tls", "proxy", "gate", "sink")}
        finally:
            server.remove()

    def _answers(self, server, way):
        """A CONNECT without a target is left to the guard to refuse."""
        tls = trusting_client() if way == "tls" else None
        clean = {r.octets for _, requests in self.groups[way]
                 for r in requests if r.class_id is None}
        asked = {octets: exchange(server.address_of(way), octets, tls).status
                 or -1 for octets in sorted(clean)}
        return {octets: 405 if self.guard and status == 400
                and octets.startswith(b"CONNECT")
                else status for octets, status in asked.items()}

    def start_on_a_full_disk(self):
        """No ledger can be created: the log says so, and the guard still
        denies."""
        where = "start on a full disk"
        server = SoakServer(self.mpm, self.certificate, self.back)
        try:
            server.fill(server.state)
            server.start()
            line = server.log.take("PG0003: ").text
            if "No space left on device" not in line:
                self.problem(where, f"PG0003 does not tell why: {line}")
            if server.send(ATTEMPT).status != 405:
                self.problem(where, "an attempt was not denied")
            if server.get("/page.txt").status != 200:
                self.problem(where, "a clean request was refused")
            server.empty(server.state)
            old = set(server.workers())
            server.graceful()
            wait_until(lambda: not old & set(server.workers()),
                       "the children without a ledger to be gone")
            if server.send(ATTEMPT).status != 405 \
                    or server.settled(2)["attempts"] != 2:
                self.problem(where, "with room again, not both were counted")
        except AssertionError as e:
            self.problem(where, e)
        finally:
            server.remove()

    # --- the load --------------------------------------------------------

    def play(self):
        if self.guard:
            self.start_on_a_full_disk()
        expected = self.learn()
        server = SoakServer(self.mpm, self.certificate, self.back, self.guard)
        load = None
        try:
            server.start()
            self.watch = Watch(server)
            crews = [[(way, server.address_of(way)) for way in crew
                      if way in server.ways()] for crew in CREWS]
            load = Load([c for c in crews if c], self.groups, expected,
                        f"{self.seed} {self.mpm}")
            self._acts(server, load)
            self._end(server)
        except (AssertionError, OSError, EOFError) as e:
            self.problem("given up", f"{type(e).__name__}: {e}")
        finally:
            if load:
                load.end()
            server.remove()
        return self

    def _acts(self, server, load):
        explained = Explained(server, self.findings)
        middle = self.plan[1:-1]
        self.random.shuffle(middle)
        for act in (*self.plan[:1], *middle, *self.plan[1:][-1:]):
            self._act(act, server, load)
            for problem in explained.problems(act.announced):
                self.problem(act.name, problem)
            self._tidy(server)

    def _act(self, act, server, load):
        stage = Stage(server, self.random, self.watch, self.done)
        before, server.windows = self._status(server), []
        begin = time.monotonic()
        until = begin + self.seconds * act.weight / sum(a.weight
                                                        for a in self.plan)
        load.go(act.rules._replace(bare=not self.guard))
        try:
            act.play(stage, until)
        except AssertionError as e:
            self.problem(act.name, e)
        tally = load.rest()
        seconds = time.monotonic() - begin
        counted = self._account(act, server, before, tally)
        self.watch.look_at_parent()
        if act.play is calm:
            self.watch.calm += sum(tally.sent.values())
        self.total.add(tally)
        self.loaded += seconds
        self.acts.append((act.name, seconds, sum(tally.sent.values()),
                          sum(tally.attempts.values()), counted))
        print(f"  {act.name}: {seconds:.0f} s, "
              f"{sum(tally.sent.values())} sent, "
              f"{sum(tally.attempts.values())} attempts, {counted} counted, "
              f"unanswered {dict(tally.unanswered)}, "
              f"unreachable {tally.unreachable}, killing for "
              f"{sum(e - b for b, e in server.windows):.1f} s", flush=True)

    def _status(self, server):
        def ask():
            try:
                return server.status()
            except (OSError, AssertionError, ValueError):
                return None
        return wait_until(ask, "the status page") if self.guard else NOTHING

    def _account(self, act, server, before, tally):
        """For each class: at least as many as were answered, at most as many
        as were sent."""
        for complaint in tally.complaints:
            self.problem(act.name, complaint)
        for what, count in tally.wrong.items():
            self.problem(act.name, f"{count} in all: {what}")
        server.settle(PATIENCE)
        return self._count(act, server, before, tally) if self.guard else 0

    def _count(self, act, server, before, tally):
        bounds = tally.bounds(server.windows)
        try:        # counting comes after the answer
            wait_until(lambda: all(
                (self._status(server) - before).get(name, 0) >= low
                for name, (low, _) in bounds.items()), "enough attempts")
        except AssertionError:
            pass                # the classes will say what is missing
        changed = self._status(server) - before
        self.uncertain += sum(high - low for low, high in bounds.values())
        for name in CLASSES:
            low, high = bounds.get(name, (0, 0))
            if not low <= changed.get(name, 0) <= high:
                self.problem(act.name, f"{name}: counted "
                             f"{changed.get(name, 0)}, sent {high}, answered "
                             f"for certain {low}")
        lost = set(tally.mails) - server.mails()
        if lost:
            self.problem(act.name, f"{len(lost)} of {len(tally.mails)} mails "
                         f"that were answered with 250 are not in the spool: "
                         f"{sorted(lost)[:3]}")
        counted = changed.get("attempts", 0)
        if counted != sum(changed.get(name, 0) for name in CLASSES):
            self.problem(act.name, f"classes do not add up: {changed}")
        if changed.get("relayed"):
            self.problem(act.name, f"{changed['relayed']} relayed")
        self.counted += counted
        return counted

    def _tidy(self, server):
        """Delete what was rotated away, has been read, and is not open; and
        empty what nobody reads, before it fills the disk by itself."""
        there = [os.path.join(folder, name)
                 for folder in (server.logs, server.state)
                 for name in os.listdir(folder)]
        # in this order: what is made in between is not looked at
        open_files = pg_proc.open_files(
            [server.process.pid, *server.children()])
        for path in sorted(there, key=os.path.getmtime)[:-KEPT]:
            name = os.path.basename(path)
            if path not in open_files and name.startswith(
                    ("error.log.", "access.log.", "evidence.json.")):
                os.unlink(path)
        for path in there:
            if os.path.basename(path) in ("access.log", "evidence.json"):
                os.truncate(path, 0)

    # --- the end ---------------------------------------------------------

    @staticmethod
    def _is_taken(server):
        """Does the sink accept a mail?"""
        try:
            with Mailer(server.address_of("sink")) as mailer:
                return mailer.deliver() in server.mails()
        except (AssertionError, OSError, SMTPException):
            return False

    def _end(self, server):
        # the slots of killed children are free again
        if self.guard:
            wait_until(lambda: self._is_taken(server),
                       "the sink to take a mail", FREE_AGAIN)
        server.settle(PATIENCE)
        last = self._status(server).flat()
        process, begin = server.process, time.monotonic()
        server.stop()
        if process.returncode != 0:
            self.problem("stop", f"exit status {process.returncode} after "
                         f"{time.monotonic() - begin:.1f} s")
        for name in ("ledger", "checkpoint") if self.guard else ():
            shown = server.shown(name).flat()
            if shown != last:
                self.problem("stop", f"`proxyguard show` of the {name} says "
                             f"{shown}, the last status {last}")
        if self.origin.hits:
            self.problem("stop", f"the origin was reached "
                         f"{len(self.origin.hits)} times: "
                         f"{self.origin.hits[0][:100]!r}")
        for problem in self.watch.problems():
            self.problem("memory", problem)

# Licensed under the Apache License, Version 2.0; see LICENSE.
"""The load: client processes, each of which keeps a tally of its own."""

import multiprocessing
import random
import signal
import smtplib
import socket
import ssl
import threading
import time
from collections import namedtuple

import h2.exceptions

from pg_h2 import Http2
from pg_peers import trusting_client
from pg_sink import Tunnelled, read_until
from pg_wire import PATIENCE, Wire, exchange, says_close
from soak_requests import MAIL
from soak_tally import Span, Tally

DEADLINE = 3 * PATIENCE         # of one exchange, then it hangs
AFTER = 0.2                     # an answer may come before it is counted
PAUSE = 0.05                    # when nobody listens

# What an act lets happen: rough: processes are killed; starved: httpd itself
# lacks something, and may answer clean requests with its own errors; mute: the
# ways on which httpd itself, without the guard too, hangs up on a fresh
# connection now and then; bare: there is no guard to answer attempts.
Rules = namedtuple("Rules", "rough starved mute bare",
                   defaults=(False, False, (), False))
# what the guard answers, and httpd here never does
GUARDS = {421, 405}


class Client:
    """One connection at a time, and never two exchanges at once."""

    def __init__(self, way, address, groups, expected, seed):
        self.way = way
        self.address = address
        self.weights = [weight for weight, _ in groups]
        self.groups = [requests for _, requests in groups]
        self.expected = expected        # octets -> status without the guard
        self.random = random.Random(f"{seed} {way}")
        self.tls = trusting_client() if way == "tls" else None
        self.wire = None
        self.uncertain = None       # the span whose count may be to come
        self.finished = False
        self.tally = Tally()

    def run(self, over, rules):
        self.uncertain = None
        while not over.is_set():
            group, = self.random.choices(self.groups, self.weights)
            self._one(self.random.choice(group), rules)
        self._hang_up()
        self.finished = True

    def _one(self, request, rules):
        begin = time.monotonic()
        fresh = self.wire is None or not request.keeps
        try:
            status, hangs = self._exchange(request)
        except (ConnectionRefusedError, socket.timeout, ssl.SSLError,
                OSError) as e:
            self._hang_up()
            self._not_connected(request, begin, e, rules)
            return
        self._note(request, begin, fresh, status, hangs, rules)

    def _not_connected(self, request, begin, error, rules):
        """Nothing was sent, which only a killed server may cause."""
        self.tally.unreachable += 1
        if isinstance(error, socket.timeout):
            self.tally.complain("hangs", f"{self.way}: {error} after "
                                f"{time.monotonic() - begin:.1f} s: "
                                f"{request.octets[:80]!r}")
        elif not (rules.rough or rules.starved):
            self.tally.complain("no connection", f"{self.way}: {error!r}")
        time.sleep(PAUSE)

    def _exchange(self, request):
        """(status; -1: an answer without one; 0: none, whether it hangs)"""
        tls = None if request.clear else self.tls
        if not request.keeps:
            reply = exchange(self.address, request.octets, tls,
                             timeout=DEADLINE)
            status = self._status(reply)
            if request.clear and self.tls and reply.closed:
                status = -1
            return status, reply.closed is None
        if self.wire is None:
            self.wire = Wire(self.address, tls, timeout=DEADLINE)
        wire = self.wire
        wire.send(request.octets)
        reply = wire.read_reply(request.octets.split(b" ", 1)[0].decode())
        hangs = not reply.raw and reply.closed is None
        if says_close(reply) or not reply.status or wire.closed:
            wire.read_to_end()
            hangs |= wire.closed is None
            self._hang_up()
        elif self.random.random() < 0.1:
            wire.finish()
            wire.read_to_end()
            hangs |= wire.closed is None
            self._hang_up()
        return self._status(reply), hangs

    @staticmethod
    def _status(reply):
        return reply.status or (-1 if reply.raw else 0)

    def _hang_up(self):
        if self.wire is not None:
            self.wire.__exit__()
            self.wire = None
        self.uncertain = None

    # --- the tally -------------------------------------------------------

    def _note(self, request, begin, fresh, status, hangs, rules):
        tally, end = self.tally, time.monotonic()
        if rules.rough:
            self._span(request, begin, end, status)
        tally.sent[request.kind] += 1
        tally.longest = max(tally.longest, (end - begin, self._name(request)))
        if request.class_id:
            tally.attempts[request.class_id] += 1
        if hangs:
            tally.complain("hangs", f"{end - begin:.1f} s: "
                           + self._name(request))
        if status == -1 and self.way in rules.mute:
            status = 0          # the end or a TLS ticket may be all it was
        if status == 0:
            tally.unanswered["fresh" if fresh else "kept"] += 1
            if fresh and not (rules.rough or self.way in rules.mute or hangs):
                tally.complain("no answer on a fresh connection",
                               self._name(request))
            return
        tally.answered[request.kind] += 1
        tally.statuses[self.way, request.kind, status] += 1
        if request.class_id:
            tally.replies[request.class_id] += 1
        self._judge(request, status, rules)

    def _span(self, request, begin, end, status):
        """An attempt is counted when its connection has ended, or goes on
        with the next answer; else within AFTER of its own one."""
        spans, at = self.tally.spans, self.uncertain
        if request.keeps:
            if at is not None and status:
                spans[at] = spans[at]._replace(end=min(end, spans[at].end))
            self.uncertain = None
        if request.class_id:
            goes_on = request.keeps and self.wire is not None
            if goes_on:
                self.uncertain = len(spans)
            spans.append(Span(request.class_id, begin,
                              end + (AFTER if goes_on else 0), status != 0))

    def _name(self, request):
        return f"{self.way}, {request.kind}: " + repr(request.octets)[:160]

    def _judge(self, request, status, rules):
        if request.class_id:
            # a foreign Host is observed, HTTP/0.9 has no status
            if 200 <= status < 400 and not rules.bare \
                    and request.class_id != "foreign-host":
                self.tally.complain("an attempt was answered like a success",
                                    f"{status}: {self._name(request)}")
            return
        right = request.expected or self.expected[request.octets]
        if status == right or (rules.starved and status not in GUARDS):
            return
        self.tally.complain("a clean request was refused",
                            f"{status}, not {right}: {self._name(request)}")


class Client2(Client):
    """The same over HTTP/2: a few streams at once."""

    def _one(self, request, rules):
        requests = [request] + [self.random.choice(self.groups[0])
                                for _ in range(self.random.randrange(4))]
        begin = time.monotonic()
        fresh = self.wire is None
        try:
            if fresh:
                self.wire = Http2(self.address, tls=self.way == "h2")
        except (OSError, AssertionError) as e:
            self._not_connected(request, begin, e, rules)
            return
        answers, hangs = self._ask(requests)
        for each, answer in zip(requests, answers):
            self._note(each, begin, fresh and not self.wire.goaway,
                       answer.status, hangs, rules)
        if self.wire.closed or self.random.random() < 0.1 or hangs:
            self._hang_up()

    def _span(self, request, begin, end, status):
        """The streams of a connection end in any order."""
        if request.class_id:
            self.tally.spans.append(Span(request.class_id, begin, end + AFTER,
                                         status != 0))

    def _ask(self, requests):
        """The answers, status 0 where there was none; whether it hangs."""
        wire, hangs = self.wire, False
        before = set(wire.answers)
        try:
            for stream in [wire.open(*r.octets) for r in requests]:
                wire.wait(stream)
        except socket.timeout:
            hangs = True
        except (OSError, h2.exceptions.H2Error):
            wire.drain()
        # those too that were lost while they were sent
        sent = sorted(set(wire.answers) - before)
        return [wire.answers[stream] for stream in sent], hangs


class Captive(Client):
    """A client of the sink."""

    def _exchange(self, request):
        if request.kind != MAIL:
            return super()._exchange(request)
        status, hangs = 0, False
        with Wire(self.address, timeout=DEADLINE) as wire:
            try:
                wire.send(request.octets)
                head = read_until(wire, b"\r\n\r\n")
                status = int(head[9:12] or b"0")
                if status == 200:
                    self._deliver(wire)
                else:
                    wire.read_to_end()
            except socket.timeout:
                hangs = True
            except (AssertionError, OSError, smtplib.SMTPException) as e:
                hangs = "timed out" in str(e)
        return status, hangs

    def _deliver(self, wire):
        """A conversation may end with its child at any time, and a mail may be
        refused: only those that were answered with 250 must be there."""
        with Tunnelled(wire) as mailer:
            for _ in range(self.random.randint(1, 4)):
                self.tally.mails.append(mailer.deliver())

    def _judge(self, request, status, rules):
        if status not in (200, 405) and not (rules.starved or rules.bare):
            self.tally.complain("the sink answers something else",
                                f"{status}: {self._name(request)}")


# --- processes ---------------------------------------------------------------

def _make(plan, groups, expected, seed, number):
    way, address = plan
    kind = {"h2": Client2, "h2c": Client2, "sink": Captive}.get(way, Client)
    return kind(way, address, groups[way], expected.get(way),
                f"{seed} {number}")


def _process(pipe, clients):
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    while True:
        rules = pipe.recv()
        if rules is None:
            return
        over = threading.Event()
        for client in clients:
            client.tally, client.finished = Tally(), False
        threads = [threading.Thread(target=c.run, args=(over, rules),
                                    daemon=True) for c in clients]
        for thread in threads:
            thread.start()
        pipe.recv()
        over.set()
        total = Tally()
        for client, thread in zip(clients, threads):
            thread.join(3 * DEADLINE)
            if thread.is_alive():
                total.complain("hangs", f"a client of {client.way} for ever")
            elif not client.finished:
                total.complain("an error of the soak's own", client.way)
            total.add(client.tally)
        pipe.send(total)


class Load:
    """Processes with clients: go(rules) ... rest() gives their tally.

    crews     for each process, the (way, address) of its clients
    groups    way -> what may be sent
    expected  way -> octets -> the status without the guard"""

    def __init__(self, crews, groups, expected, seed):
        self.processes = []
        for number, crew in enumerate(crews):
            here, there = multiprocessing.Pipe()
            clients = [_make(plan, groups, expected, seed, f"{number}.{i}")
                       for i, plan in enumerate(crew)]
            process = multiprocessing.Process(target=_process,
                                              args=(there, clients),
                                              daemon=True)
            process.start()
            there.close()
            self.processes.append((process, here))

    def go(self, rules):
        for _, pipe in self.processes:
            pipe.send(rules)

    def rest(self):
        total = Tally()
        for _, pipe in self.processes:
            pipe.send("rest")
        for _, pipe in self.processes:
            total.add(pipe.recv())
        return total

    def end(self):
        for process, pipe in self.processes:
            try:
                pipe.send(None)
            except OSError:
                pass                # it has been ended before
            process.join(PATIENCE)

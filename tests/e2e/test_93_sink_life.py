# Licensed under the Apache License, Version 2.0; see LICENSE.
"""The sink connects to nothing, and survives restarts, stops and kills.

`make bench-sink` (PG_LONG=1) restarts and kills a hundred times each."""

import contextlib
import datetime
import fcntl
import os
import random
import re
import signal
import smtplib
import socket
import threading
import time

import pytest

import pg_proc
from pg_clock import Clocked
from pg_httpd import SANITIZED
from pg_log import LINE
from pg_sink import (CONF, MESSAGE, Mailer, mails, message_of, read_until,
                     sink_with, spool, tunnel)
from pg_strace import BECOME, REACH, Traced, of
from pg_wire import PATIENCE, wait_until

LONG = os.environ.get("PG_LONG") == "1"
QUIET = r" PG01(40|41|44)"
KILLED = QUIET + r"|PG0101|AH0005[12]: .* exit signal (Killed|Terminated)"
# a killed child's slots are free again after five seconds: there are enough
BUSY = ("ProxyGuardSinkLimit source 64\nProxyGuardSinkLimit seconds 5\n"
        "ProxyGuardSinkLimit conversations 64\n"
        "ServerLimit 256\nMaxRequestWorkers 256\n"
        "ProxyGuardSinkSpool @ROOT@/spool.mbox 1000\n")


def test_it_reaches_nobody_and_starts_nothing(httpd_with):
    server = httpd_with.make(
        CONF + "ProxyGuardAction connect-tls sink\n"
        "ProxyGuardAction connect-other sink\n", kind=Traced)
    server.start()
    with Mailer(server.address, "localhost:25") as client:
        client.deliver(to=("c@localhost", "d@127.0.0.1"))
    for target in ("127.0.0.1:25", "127.0.0.2:443", "localhost:9"):
        with tunnel(server.address, target) as wire:
            wire.send(b"x" * 5000)
            wire.read_to_end()
    server.get("/page.txt")
    calls = server.end()
    server.log.take_all(QUIET)
    ours = [c for c in of(calls, REACH + BECOME) if not c.parent]
    assert any("page.txt" in c.args and not c.parent for c in calls)
    for call in ours:
        assert call.name in ("clone", "clone3", "socket", "connect"), call
        if call.name.startswith("clone"):
            assert "CLONE_THREAD" in call.args, call
        else:       # httpd's own name service: User, Group
            assert "AF_UNIX" in call.args, call
    assert not [c for c in calls if not c.parent
                and re.search(r"/etc/(hosts|resolv\.conf)", c.args)]


def test_whoever_listens_on_loopback_hears_nothing(httpd_with):
    server = sink_with(httpd_with, "ProxyGuardAction connect-other sink\n")
    with socket.create_server(("0.0.0.0", 0)) as four, \
            socket.create_server(("::", four.getsockname()[1]),
                                 family=socket.AF_INET6) as six:
        port = four.getsockname()[1]
        for host in ("127.0.0.1", "127.0.0.2", "127.255.255.254",
                     "localhost", "[::1]", "[::ffff:127.0.0.1]", "0.0.0.0"):
            with tunnel(server.address, f"{host}:{port}") as wire:
                wire.send(b"x" * 5000)
                assert wire.read_to_end() == b""
        for listener in (four, six):
            listener.setblocking(False)
            with pytest.raises(BlockingIOError):
                listener.accept()
    server.log.take_all(QUIET)


COMMANDS = b"HELO pc\r\nMAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nDATA\r\n"


def hold_a_half_mail(server):
    wire = tunnel(server.address)
    read_until(wire, b"\r\n")
    wire.send(COMMANDS)
    read_until(wire, b"354 End data with <CR><LF>.<CR><LF>\r\n")
    wire.send(b"Subject: half\r\n\r\nha")
    return wire


@pytest.mark.also("worker")
def test_a_restart_ends_conversations_and_keeps_half_mails(httpd_with):
    server = sink_with(httpd_with)
    wire = hold_a_half_mail(server)
    # what was sent has been read once it is answered
    second = tunnel(server.address)
    second.send(b"NOOP\r\n")
    read_until(second, b"250 Ok\r\n")
    if server.mpm == "prefork":     # its children end when they are idle
        server.hard_restart()
    else:
        server.graceful()
    assert wire.read_to_end() == b""
    lines = [server.log.take("PG0144: ") for _ in range(2)]
    if server.mpm != "prefork":
        assert {x.ended for x in lines} == {"stop"}
    assert mails(server)[0]["X-ProxyGuard-Kept"] == "cut"
    assert b"\r\n\r\nha\n\n" in spool(server)
    server.log.take_all(QUIET)


@pytest.mark.also("prefork")
def test_no_signal_is_handled_by_the_thread_of_the_deadlines(httpd_with):
    """It used to be, until the thread was running: a prefork child's SIGTERM
    then freed what its worker was using."""
    server = sink_with(httpd_with)
    before = pg_proc.threads(server.children())
    wire = hold_a_half_mail(server)
    new = pg_proc.threads(server.children()) - before
    wanted = {signal.SIGTERM}
    if server.mpm == "prefork":     # the others wake their threads by these
        wanted |= {signal.SIGHUP, signal.SIGUSR1}
    assert {wanted <= pg_proc.blocked(thread) for thread in new} == {True}
    # prefork's worker does so too, as long as it is in a conversation
    stops = {signal.SIGTERM, signal.SIGHUP}
    workers = [re.sub(r"(\d+)/task/\d+$", r"\1/task/\1", thread)
               for thread in new] if server.mpm == "prefork" else []
    assert all(stops <= pg_proc.blocked(x) for x in workers)
    wire.sock.close()
    assert server.log.take("PG0144: ").ended == "client"
    wait_until(lambda: not any(stops & pg_proc.blocked(x) for x in workers),
               "the worker to listen to signals again")
    server.log.take_all(QUIET)


def stream(wire, flows):
    """Short lines, which are work to read, until the server closes."""
    with contextlib.suppress(OSError):
        for i in range(1000):
            wire.sock.sendall(b"y\r\n" * 20000)
            if i == 20:
                flows.release()


@pytest.mark.also("prefork")
def test_a_conversation_that_waits_takes_no_time_of_a_processor(httpd_with):
    server = sink_with(httpd_with)

    def used():
        return sum(pg_proc.seconds(pid) for pid in server.children())
    with tunnel(server.address) as wire:
        read_until(wire, b"\r\n")
        before = used()
        time.sleep(1)
        assert used() - before < 0.3
        wire.send(b"NOOP\r\n")
        assert read_until(wire, b"\r\n") == b"250 Ok\r\n"
    assert server.log.take("PG0144: ").ended == "client"
    server.log.attempt()


@pytest.mark.also("prefork")
def test_a_stop_in_the_middle_of_a_read_loses_no_conversation(httpd_with):
    """Prefork stops a child from a signal handler."""
    server = sink_with(httpd_with, "ProxyGuardSinkKeep summary\n"
                       "ProxyGuardSinkLimit kilobytes 65536\n")
    flows = threading.Semaphore(0)
    begun = 0
    for _ in range(2):
        wires = [hold_a_half_mail(server) for _ in range(3)]
        threads = [threading.Thread(target=stream, args=(w, flows))
                   for w in wires]
        for thread in threads:
            thread.start()
        for _ in threads:
            assert flows.acquire(timeout=PATIENCE)
        server.hard_restart()
        for thread in threads:
            thread.join()
        lines = [server.log.take("PG0144: ") for _ in wires]
        assert {(x.ended, x.lost) for x in lines} == {("stop", "0")}
        # on a busy machine, nothing of a mail may have been read yet
        read = [x for x in lines if int(x.octets) > len(COMMANDS)]
        assert {x.mails for x in read} <= {"1"}
        begun += len(read)
    assert len(mails(server)) == begun > 0
    server.log.take_all(QUIET + "|AH10503")


def test_a_killed_child_leaves_no_slot_behind(httpd_with):
    server = sink_with(httpd_with, "ProxyGuardSinkLimit source 1\n"
                       "ProxyGuardSinkLimit seconds 5\n")
    wire = tunnel(server.address)
    read_until(wire, b"\r\n")

    def accepted():
        reply = server.send(b"CONNECT mx.invalid:25 HTTP/1.1\r\nHost: x\r\n"
                            b"\r\nQUIT\r\n")
        return reply.status == 200
    assert not accepted()
    for pid in server.children():
        os.kill(pid, signal.SIGKILL)
    wait_until(accepted, "the slot to expire", 25)
    server.log.take_all(KILLED)


class Sender(threading.Thread):
    """Delivers until it is told to stop; .kept are the ids that were
    answered with 250."""

    def __init__(self, server):
        super().__init__()
        self.server = server
        self.kept = []
        self.over = threading.Event()

    def run(self):
        while not self.over.is_set():
            try:
                with Mailer(self.server.address) as client:
                    while not self.over.is_set():
                        self.kept.append(client.deliver())
            except (AssertionError, OSError, smtplib.SMTPException):
                pass            # refused, or ended with its child


@contextlib.contextmanager
def delivering(server):
    """Three senders. Yields a function that counts what they delivered."""
    senders = [Sender(server) for _ in range(3)]
    for sender in senders:
        sender.start()
    try:
        yield lambda: [i for s in senders for i in s.kept]
    finally:
        for sender in senders:
            sender.over.set()
        for sender in senders:
            sender.join()


def check_kept(server, kept, what):
    """Each mail that was answered with 250 is there, once and whole."""
    there = re.findall(rb"^X-ProxyGuard-Id: (\S+)$", spool(server), re.M)
    read = [m["X-ProxyGuard-Id"] for m in mails(server)]
    assert len(set(kept)) == len(kept) and set(kept) <= set(read)
    assert sorted(i.decode() for i in there) == sorted(read)
    assert len(set(there)) == len(there)
    for mail_id in kept[-3:]:
        assert message_of(server, mail_id) == MESSAGE.encode()
    if os.environ.get("PG_RECORD"):
        with open(os.environ["PG_RECORD"], "a", encoding="ascii") as f:
            there = len(set(kept) & set(read))
            f.write(f"| {server.mpm}: {what} | {there} | {len(kept)} | "
                    f"{'yes' if there == len(kept) else 'no'} |\n")


def test_a_reader_that_locks_the_spool_holds_nobody_up(httpd_with):
    server = sink_with(httpd_with)
    with open(server.path("spool.mbox"), "rb") as reader:
        fcntl.lockf(reader, fcntl.LOCK_SH)
        fcntl.flock(reader, fcntl.LOCK_SH)
        server.graceful()
        assert server.get("/page.txt").text == "own page\n"
        with Mailer(server.address) as client:
            mail_id = client.deliver()
    assert message_of(server, mail_id) == MESSAGE.encode()
    server.log.take_all(QUIET)


def test_mail_that_comes_at_once_is_written_one_at_a_time(httpd_with):
    """An entry that another process is still writing does not count as
    torn."""
    server = sink_with(httpd_with, BUSY)
    message = b"Subject: x\r\n\r\n" + b"x" * 240000 + b"\r\n"
    mail = (b"MAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nDATA\r\n" + message
            + b".\r\n")
    said = []

    def send():
        for _ in range(4):
            with tunnel(server.address) as wire:
                wire.send(9 * mail + b"QUIT\r\n")
                said.append(wire.read_to_end())
    threads = [threading.Thread(target=send) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    kept = re.findall(rb"250 Ok: queued as (\S+)", b"".join(said))
    assert len(set(kept)) == 4 * 4 * 9
    for mail_id in kept[::20]:
        assert message_of(server, mail_id.decode()) == message
    assert b"\n\n\nFrom MAILER-DAEMON" not in spool(server)
    server.log.take_all(QUIET)


# a hard restart closes sockets under the hands of event's own workers
@pytest.mark.parametrize("how, times", [("graceful", 100 if LONG else 8),
                                        ("hard_restart", 10 if LONG else 3)])
def test_what_was_answered_with_250_is_kept_over_restarts(httpd_with, how,
                                                          times):
    server = sink_with(httpd_with, BUSY)
    with delivering(server) as kept:
        for _ in range(times):
            before = len(kept())
            wait_until(lambda n=before: len(kept()) > n + 3,
                       "mails between two restarts")
            getattr(server, how)()
    assert len(kept()) > 3 * times
    check_kept(server, kept(), f"{times} times {how.replace('_', ' ')}")
    server.log.take_all(QUIET + "|PG0101|AH10503")


def test_what_was_answered_with_250_is_kept_over_kills(httpd_with):
    times = 100 if LONG else 5
    server = sink_with(httpd_with, BUSY)
    with delivering(server) as kept:
        for _ in range(times):
            before = len(kept())
            wait_until(lambda n=before: len(kept()) > n + 3,
                       "mails between two kills", 30)
            children = wait_until(server.children, "a child to kill")
            with contextlib.suppress(ProcessLookupError):
                os.kill(random.choice(children), signal.SIGKILL)
    check_kept(server, kept(), f"{times} killed children")
    server.log.take_all(KILLED)


def stamp(line):
    return datetime.datetime.strptime(LINE.match(line.text)["time"],
                                      "%a %b %d %H:%M:%S.%f %Y")


@pytest.mark.skipif(SANITIZED, reason="libfaketime must be loaded first too")
def test_a_clock_that_is_set_back_lets_nobody_stay_longer(httpd_with):
    server = httpd_with.make(CONF + "ProxyGuardSinkLimit seconds 5\n",
                             kind=Clocked)
    server.set_clock(0)
    server.start()
    server.log.take(r" PG0141: ")
    with tunnel(server.address) as wire:
        read_until(wire, b"\r\n")
        server.set_clock(-7200)
        wire.read_to_end()
    (attempt,) = server.log.attempts(1)
    ended = server.log.take(r" PG0144: capture ended: .* ended=deadline ")
    assert 4.9 <= float(re.search(r"seconds=([\d.]+)", ended.text)[1]) < 30
    # the clock had been set when it ended
    assert stamp(ended) < stamp(attempt)


def test_no_worker_waits_where_none_needs_to(httpd_with):
    server = sink_with(httpd_with, "<Location /status>\n"
                       "SetHandler server-status\n</Location>\n",
                       modules=("status",))
    held = [tunnel(server.address) for _ in range(3)]
    for wire in held:
        wire.send(b"NOOP\r\n")
        read_until(wire, b"250 Ok\r\n")
    waiting = {"event": 0}.get(server.mpm, 3)

    def busy():
        text = server.get("/status?auto").text
        return int(re.search(r"BusyWorkers: (\d+)", text)[1])
    wait_until(lambda: busy() == 1 + waiting, "the others to be idle")
    for wire in held:
        wire.sock.close()
    server.log.attempts(3)


def test_what_a_conversation_used_is_given_back(httpd_with):
    """Not to an allocator, but to the system: 16 MiB and more for each."""
    server = sink_with(httpd_with, "ProxyGuardSinkLimit kilobytes 8192\n")

    def size():
        return sum(int(line.split()[1]) for pid in server.children()
                   for line in open(f"/proc/{pid}/status", encoding="ascii")
                   if line.startswith("VmSize:"))
    sizes = []
    for _ in range(20):
        with Mailer(server.address) as client:
            client.deliver()
        assert server.log.take(" PG0144: ").ended == "quit"
        sizes.append(size())
    assert sizes[-1] - sizes[4] < 100 << 10, sizes
    server.log.attempts(20)

# Licensed under the Apache License, Version 2.0; see LICENSE.
"""The sink reaches nobody, and outlives restarts, stops and kills."""

import os
import re
import signal

from pg_sink import (CONF, Mailer, mails, read_until, sink_with, spool,
                     tunnel)
from pg_strace import BECOME, REACH, Traced, of
from pg_wire import wait_until

QUIET = r" PG01(40|41|44)"


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


def hold_a_half_mail(server):
    wire = tunnel(server.address)
    read_until(wire, b"\r\n")
    wire.send(b"HELO pc\r\nMAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nDATA\r\n")
    read_until(wire, b"354 End data with <CR><LF>.<CR><LF>\r\n")
    wire.send(b"Subject: half\r\n\r\nha")
    return wire


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
    server.log.take_all(QUIET + r"|PG0101|exit signal|AH00051|AH00052")


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

# Licensed under the Apache License, Version 2.0; see LICENSE.
"""The sink: CONNECT is accepted, the mail is kept, nothing is passed on."""

import contextlib
import os
import socket
import ssl
import struct
import subprocess
import time

import pytest

from pg_cli import COMMAND
from pg_hosts import free_port, tls_on
from pg_httpd import OWN, SANITIZED
from pg_sink import (CONF, MESSAGE, TARGET, Mailer, listener, mails, message_of,
                     read_until, sink_with, spool, tunnel)
from pg_servers import Limited
from pg_wire import Wire


def end(server):
    """The log line of a conversation's end."""
    return server.log.take(r" PG0144: ")


def forwarded(server, target=TARGET):
    """A local port from which proxytunnel makes a tunnel."""
    return listener(lambda port: [
        "proxytunnel", "-q", "-a", str(port), "-p",
        f"127.0.0.1:{server.port}", "-d", target])


@pytest.mark.parametrize("level, lines", [
    ("notice", ["PG0140", "PG0144"]), ("warn", ["PG0140"]), ("error", [])])
def test_the_log_level_decides_which_lines_there_are(httpd_with, level, lines):
    server = httpd_with(CONF + f"LogLevel proxyguard:{level}")
    with Mailer(server.address) as client:
        client.deliver()
    server.stop()
    assert [x.id for x in server.log.take_all(" PG014[04]: ")] == lines
    server.log.take_all(" PG0141: ")


def test_a_mail_is_kept_as_it_was_sent(httpd_with):
    server = sink_with(httpd_with)
    with Mailer(server.address) as client:
        assert client.ehlo()[0] == 250
        assert {"pipelining", "size", "8bitmime", "auth", "smtputf8"} \
            <= set(client.esmtp_features)
        mail_id = client.deliver(to=("c@d.example", "e@f.example"))
    assert message_of(server, mail_id) == MESSAGE.encode()
    mail, = mails(server)
    assert mail["Return-Path"] == "<a@b.example>"
    assert mail.get_all("Delivered-To") == ["c@d.example", "e@f.example"]
    assert mail["X-ProxyGuard-Target"] == TARGET
    assert mail["X-ProxyGuard-Source"] == "127.0.0.1"
    assert mail["Subject"] == "hello"
    line = server.log.attempt()
    assert (line.id, line.outcome, line.status) == ("PG0140", "sunk", "200")
    line = end(server)
    assert (line.ended, line.mails, line.lost) == ("quit", "1", "0")
    status = server.status()
    assert status.flat()["sunk"] == 1 and status.flat()["relayed"] == 0
    assert os.stat(server.path("spool.mbox")).st_mode & 0o777 == 0o640


def either_way(httpd_with, certificate, tls, conf=""):
    """(server, address, tls for a Wire)."""
    if not tls:
        server = sink_with(httpd_with, conf)
        return server, server.address, None
    port = free_port()
    server = sink_with(httpd_with, tls_on(port, certificate) + "\n" + conf,
                       modules=("ssl",))
    return (server, (server.listen, port),
            ssl.create_default_context(cafile=certificate[0]))


@pytest.mark.parametrize("tls", [False, True])
def test_after_a_request_that_was_kept_alive(httpd_with, certificate, tls):
    """The greeting does not wait for the client's first word."""
    server, address, trust = either_way(httpd_with, certificate, tls,
                                        "KeepAliveTimeout 60")
    with Wire(address, tls=trust, server_name=trust and OWN) as wire:
        wire.send(b"GET /page.txt HTTP/1.1\r\nHost: www.own.example\r\n\r\n")
        assert wire.read_reply().text == "own page\n"
        wire.send(f"CONNECT {TARGET} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        assert read_until(wire, b"ESMTP\r\n").endswith(
            b"\r\n\r\n220 mx.invalid ESMTP\r\n")
        wire.send(b"QUIT\r\n")
        assert wire.read_to_end() == b"221 Bye\r\n"
    server.log.attempt()
    assert end(server).ended == "quit"


@pytest.mark.parametrize("tls", [False, True])
@pytest.mark.parametrize("more", ["Content-Length: 100\r\n",
                                  "Transfer-Encoding: chunked\r\n",
                                  "Expect: 100-continue\r\n"])
def test_a_body_that_is_announced_never_comes(httpd_with, certificate, more,
                                              tls):
    server, address, trust = either_way(httpd_with, certificate, tls)
    with Mailer(address, more=more, tls=trust) as client:
        mail_id = client.deliver()
    assert message_of(server, mail_id) == MESSAGE.encode()
    server.log.attempt()
    end(server)


def test_everything_in_one_write(httpd_with):
    server = sink_with(httpd_with)
    with server.wire() as wire:
        wire.send(f"CONNECT {TARGET} HTTP/1.1\r\nHost: x\r\n\r\n\r\n".encode()
                  + b"EHLO pc\r\nMAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nDATA\r\n"
                  b"at once\r\n.\r\nQUIT\r\n")
        said = wire.read_to_end()
    assert said.startswith(b"HTTP/1.0 200 ") and said.endswith(
        b"221 Bye\r\n") and b"250 Ok: queued as " in said
    assert b"\nat once\r\n" in spool(server)
    server.log.attempt()
    assert end(server).mails == "1"


@pytest.mark.parametrize("before", ["A: b\r\n \r\n", "A: b\r", "\t\r\n",
                                    "A: b\r\r\n", "X-Quoted-"])
def test_no_field_of_the_client_s_passes_for_one_of_ours(httpd_with, before):
    server = sink_with(httpd_with)
    message = (before + "X-ProxyGuard-Auth: FORGED\r\nSubject: x\r\n\r\n"
               "X-ProxyGuard-Auth: text\r\n").encode()
    with tunnel(server.address) as wire:        # smtplib mends line ends
        wire.send(b"MAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nDATA\r\n" + message
                  + b".\r\nQUIT\r\n")
        wire.read_to_end()
    mail, = mails(server)
    assert mail["X-ProxyGuard-Auth"] is None
    mail_id = mail["X-ProxyGuard-Id"]
    out = server.path("out")
    subprocess.run([COMMAND, "mail", "export", server.path("spool.mbox"),
                    out], check=True)
    with open(os.path.join(out, mail_id + ".eml"), "rb") as f:
        assert f.read() == message
    server.log.attempt()


def test_half_a_mail_is_kept_as_half_a_mail(httpd_with):
    server = sink_with(httpd_with)
    with tunnel(server.address) as wire:
        read_until(wire, b"\r\n")
        wire.send(b"HELO pc\r\nMAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nDATA\r\n")
        read_until(wire, b"354 End data with <CR><LF>.<CR><LF>\r\n")
        wire.send(b"Subject: half\r\n\r\nha")
    line = end(server)
    assert (line.ended, line.mails) == ("client", "1")
    assert mails(server)[0]["X-ProxyGuard-Kept"] == "cut"
    assert b"\r\n\r\nha\n\n" in spool(server)
    server.log.attempt()


def test_a_message_that_is_too_long_ends_the_conversation(httpd_with):
    server = sink_with(httpd_with, "ProxyGuardSinkLimit kilobytes 4")
    with tunnel(server.address) as wire:
        wire.send(b"MAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nDATA\r\n"
                  + b"x" * 70 * 1024)
        wire.read_to_end()
    assert end(server).ended == "octets"
    assert len(spool(server)) < 6000
    assert mails(server)[0]["X-ProxyGuard-Kept"] == "cut"
    server.log.attempt()


def test_credentials_are_taken_and_not_kept(httpd_with):
    server = sink_with(httpd_with)
    with Mailer(server.address) as client:
        client.ehlo()
        assert client.login("joe", "henkel")[0] == 235
        client.deliver()
    mail, = mails(server)
    assert mail["X-ProxyGuard-Auth"] == "PLAIN"
    server.log.attempt()
    end(server)
    written = spool(server) + server.log.tail(1000).encode()
    for secret in (b"henkel", b"AGpvZQBoZW5rZWw=", b"joe"):
        assert secret not in written


@pytest.mark.parametrize("keep, there, gone", [
    ("header", b"Subject: hello", b"one\r\n"),
    ("summary", b"Delivered-To: c@d.example", b"Subject: hello")])
def test_less_is_kept_where_less_is_wanted(httpd_with, keep, there, gone):
    server = sink_with(httpd_with, f"ProxyGuardSinkKeep {keep}")
    with Mailer(server.address) as client:
        client.deliver()
    assert there in spool(server) and gone not in spool(server)
    assert mails(server)[0]["X-ProxyGuard-Kept"] == keep
    server.log.attempt()
    end(server)


def test_a_starttls_that_was_not_offered_does_not_hang(httpd_with):
    server = sink_with(httpd_with)
    with forwarded(server) as port:
        done = subprocess.run(
            ["openssl", "s_client", "-starttls", "smtp", "-connect",
             f"127.0.0.1:{port}"], check=False, timeout=60,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT)
    assert b"CONNECTED" in done.stdout
    line = end(server)
    assert line.ended == "complete" and line.ja4.startswith("t13")
    server.log.attempt()


def test_curl_sends_mail_through_it(httpd_with, tmp_path):
    server = sink_with(httpd_with)
    letter = tmp_path / "letter"
    letter.write_bytes(MESSAGE.encode())
    done = subprocess.run(
        ["curl", "-sS", "-p", "-x", f"http://127.0.0.1:{server.port}",
         "smtp://mx.invalid:25", "--mail-from", "a@b.example", "--mail-rcpt",
         "c@d.example", "-T", str(letter)], check=False, timeout=60,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    assert done.returncode == 0, done.stdout
    mail, = mails(server)
    assert message_of(server, mail["X-ProxyGuard-Id"]) == MESSAGE.encode()
    server.log.attempt()
    end(server)


def test_without_a_slot_the_ordinary_action_is_taken(httpd_with):
    server = sink_with(httpd_with, "ProxyGuardSinkLimit source 2\n"
                       'CustomLog @ROOT@/notes.log "%{proxyguard-class}n '
                       '%{proxyguard-reason}n %{proxyguard-action}n '
                       '%{PROXYGUARD}e"\n')
    held = [tunnel(server.address) for _ in range(2)]
    reply = server.send(f"CONNECT {TARGET} HTTP/1.1\r\nHost: x\r\n\r\n"
                        .encode())
    assert reply.status == 405 and "GET" in reply.allow
    assert sorted(x.outcome for x in server.log.attempts(3)) == [
        "denied", "sunk", "sunk"]
    assert "connect-mail connect-to-authority deny connect-mail" in \
        server.read("notes.log").splitlines()
    for wire in held:
        wire.sock.close()
    assert {end(server).ended, end(server).ended} == {"client"}
    with Mailer(server.address) as client:
        client.deliver()
    server.log.attempt()
    end(server)


@pytest.mark.parametrize("conf, outcome", [
    ("ProxyGuard Observe", "observed"),
    ("ProxyGuardAction connect-mail deny", "denied")])
def test_a_spool_alone_accepts_nothing_and_pretends_nothing(httpd_with, conf,
                                                            outcome):
    server = httpd_with(CONF + conf)
    reply = server.send(f"CONNECT {TARGET} HTTP/1.1\r\nHost: x\r\n\r\n"
                        .encode())
    assert b"ESMTP" not in reply.raw
    assert server.log.attempt().outcome == outcome
    assert spool(server) == b"" and server.log.all("PG0141") == []
    page = server.get("/proxyguard-status?lang=en").text
    assert "pretends" not in page
    assert server.status()["sink"]["conversations"]["free"] == 0


def test_who_leaves_at_once_is_booked_so(httpd_with):
    server = sink_with(httpd_with, "ProxyGuardSinkLimit source 64\n")
    reset = struct.pack("ii", 1, 0)
    for linger in (None, reset, reset, None, reset):
        with tunnel(server.address) as wire:
            if linger:
                wire.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                                     linger)
        assert end(server).ended == "client"
    server.log.attempts(5)


def test_other_ports_are_refused_as_before(httpd_with):
    server = sink_with(httpd_with)
    for target in ("s.invalid:443", "s.invalid:22"):
        reply = server.send(f"CONNECT {target} HTTP/1.1\r\nHost: x\r\n\r\n"
                            .encode())
        assert reply.status == 405
    assert {x.outcome for x in server.log.attempts(2)} == {"denied"}


def test_other_ports_are_read_and_closed(httpd_with):
    server = sink_with(httpd_with,
                       "ProxyGuardAction connect-tls sink\n"
                       "ProxyGuardAction connect-other sink\n"
                       "ProxyGuardSinkLimit seconds 5\n")
    with tunnel(server.address, "s.invalid:22") as silent, \
            tunnel(server.address, "s.invalid:22") as wire:
        wire.send(b"SSH-2.0-x\r\n")
        assert wire.read_to_end() == b""
        line = end(server)
        assert (line.ended, line.first) == ("complete", "SSH-2.0-x")
        assert silent.read_to_end() == b""
    assert end(server).ended == "deadline"
    # more than is read of any ClientHello
    with tunnel(server.address, "s.invalid:443") as wire:
        wire.send(b"\x16\x03\x01\x20\x00\x01\x00\x1f\xfc\x03\x03"
                  + bytes(3000))
        time.sleep(0.2)
        wire.send(bytes(3000))
        assert wire.read_to_end() == b""
    assert end(server).ended == "complete"
    context = ssl.create_default_context()
    with tunnel(server.address, "s.invalid:443") as wire:
        with pytest.raises(OSError):
            context.wrap_socket(wire.sock, server_hostname="s.invalid")
    assert end(server).ended == "complete"
    server.log.attempts(4)


@pytest.mark.also("worker")
def test_the_time_of_a_conversation_is_bounded(httpd_with):
    """Of one, too, that begins when the last one is over but not closed, and
    nobody was to be watched for a while."""
    server = sink_with(httpd_with, "ProxyGuardSinkLimit seconds 5\n")
    first = tunnel(server.address)
    first.send(b"QUIT\r\n")
    read_until(first, b"221 Bye\r\n")
    time.sleep(0.6)
    with tunnel(server.address) as wire:
        read_until(wire, b"ESMTP\r\n")
        first.sock.close()
        for _ in range(40):         # never idle, until it is closed
            wire.send(b"NOOP\r\n")
            if not read_until(wire, b"250 Ok\r\n"):
                break
            time.sleep(0.2)
    assert end(server).ended == "quit"
    line = end(server)
    assert line.ended == "deadline"
    assert 4.8 < float(line.seconds) < 8
    server.log.attempts(2)


@pytest.mark.parametrize("timeout", [5, 3, 2])
def test_who_is_silent_is_not_waited_for(httpd_with, timeout):
    """A silent client is given thirty seconds, or as long as httpd would
    wait."""
    server = sink_with(httpd_with, f"Timeout {timeout}\n")
    with tunnel(server.address) as wire:
        assert wire.read_to_end().endswith(b" ESMTP\r\n")
    line = end(server)
    assert line.ended == "deadline"
    assert timeout - 1.2 < float(line.seconds) < timeout + 1.5
    server.log.attempt()


def test_what_a_client_sends_decides_how_long_it_is_waited_for(httpd_with):
    """Three seconds after the first octets, if they may be all; as long as
    httpd would wait if there are none, or half a ClientHello."""
    server = sink_with(httpd_with, "ServerLimit 24\nMaxRequestWorkers 24\n"
                       "Timeout 5\nProxyGuardSinkLimit seconds 7\n"
                       "ProxyGuardAction connect-other sink\n"
                       "ProxyGuardAction connect-tls sink\n")
    with contextlib.ExitStack() as stack:
        for target, first in (("s.invalid:22", b"x"),
                              ("s.invalid:443", b"\x16\x03\x01\x02\x00"),
                              ("s.invalid:22", b""), ("s.invalid:22", b"xx")):
            wire = stack.enter_context(tunnel(server.address, target))
            wire.send(first)
        with contextlib.suppress(OSError):
            for _ in range(40):
                wire.send(b"xyz")
                time.sleep(0.25)
    lines = [end(server) for _ in range(4)]
    assert len({x.fields["id"] for x in lines}) == 4
    ends = {min(int(x.octets), 6): (x.ended, float(x.seconds)) for x in lines}
    assert {n: why for n, (why, _) in ends.items()} == {
        0: "deadline", 1: "complete", 5: "deadline", 6: "deadline"}
    for n, seconds in ((0, 4), (1, 3), (5, 4), (6, 7)):
        assert seconds - 0.2 < ends[n][1] < seconds + 0.8, (n, ends)
    server.log.attempts(4)


def test_a_greeting_comes_a_moment_after_the_tunnel(httpd_with):
    server = sink_with(httpd_with)
    with tunnel(server.address) as wire:
        start = time.monotonic()
        read_until(wire, b"ESMTP\r\n")
        assert 0.05 < time.monotonic() - start < 3
        for octet in b"QUIT\r\n":         # each of which is read alone
            wire.send(bytes([octet]))
            time.sleep(0.03)
        assert wire.read_to_end() == b"221 Bye\r\n"
    assert end(server).octets == "6"
    server.log.attempt()


def test_no_time_limit_of_a_request_holds_for_a_conversation(httpd_with):
    server = sink_with(httpd_with, "RequestReadTimeout header=1 body=1\n")
    with tunnel(server.address) as wire:
        read_until(wire, b"ESMTP\r\n")
        for _ in range(3):
            time.sleep(0.7)
            wire.send(b"NOOP\r\n")
            assert read_until(wire, b"\r\n") == b"250 Ok\r\n"
    assert end(server).ended == "client"
    server.log.attempt()


# AddressSanitizer reserves terabytes
@pytest.mark.skipif(SANITIZED, reason="memory cannot be limited")
def test_without_memory_for_it_a_conversation_is_refused(httpd_with):
    server = httpd_with(CONF + "ProxyGuardSinkLimit kilobytes 65536\n"
                        "ThreadStackSize 1048576\n", kind=Limited,
                        limits=["--as=200000000"])
    server.log.take("PG0141")
    free = server.status()["sink"]["conversations"]["free"]
    for _ in range(2):
        reply = server.send(f"CONNECT {TARGET} HTTP/1.1\r\nHost: x\r\n\r\n"
                            .encode())
        assert (reply.status, server.log.attempt().outcome) == (405, "denied")
        assert server.status()["sink"]["conversations"] == {"active": 0,
                                                            "free": free}


def test_a_tls_record_that_drips_in_is_bounded_too(httpd_with, certificate):
    """Within a record, a worker's time-out starts again with each byte."""
    server, address, trust = either_way(httpd_with, certificate, True,
                                        "ProxyGuardSinkLimit seconds 5\n")
    with tunnel(address, tls=trust) as wire, \
            socket.socket(fileno=os.dup(wire.sock.fileno())) as plain:
        plain.sendall(b"\x17\x03\x03\x40\x00")     # 16 KiB will follow
        for _ in range(40):
            if server.log.untaken(" PG0144: "):
                break
            plain.send(b"x")
            time.sleep(0.25)
    line = end(server)
    assert line.ended == "deadline" and 4.8 < float(line.seconds) < 6.5
    server.log.attempt()


def test_the_log_rate_holds_for_the_end_as_well(httpd_with):
    server = sink_with(httpd_with, "ProxyGuardLogRate 4 100\n")
    for _ in range(10):
        with tunnel(server.address) as wire:
            wire.send(b"QUIT\r\n")
            assert wire.read_to_end().endswith(b"221 Bye\r\n")
    lines = server.log.take_all(" PG01(40|44): ")
    assert len(lines) in (4, 8)         # a minute may have turned
    server.graceful()
    held = 0
    while held < 20 - len(lines):
        held += int(server.log.take(" PG0106: ").held)
    assert held == 20 - len(lines)
    assert server.status()["sink"]["ended"]["quit"] == 10
    server.log.take_all("PG0141")

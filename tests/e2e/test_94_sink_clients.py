# Licensed under the Apache License, Version 2.0; see LICENSE.
"""Real mail clients, and a real Postfix, through the tunnels that they believe
they have: each mail that they took for delivered is in the spool, byte for
byte, and the server connected to nothing for it."""

import contextlib
import os
import re
import shutil
import smtplib
import subprocess
import tempfile

import pytest

from pg_hosts import free_port, tls_on
from pg_sink import CONF, listener, message_of, mails, sink_with
from pg_strace import BECOME, REACH, Traced, of
from pg_wire import PATIENCE, wait_until

LETTER = ("From: Joe <a@b.example>\nTo: c@d.example\nSubject: hello\n"
          "Date: Thu, 26 Nov 2026 02:00:00 +0000\nMessage-ID: <1@b.example>\n"
          "\none\n.two\n..\nFrom three\n>From four\n\nthe end\n")
SENT = LETTER.replace("\n", "\r\n").encode()
TARGET = "mx.invalid:25"
QUIET = r" PG01(40|41|44)"
ENV = dict(os.environ, LC_ALL="C", HOME="/nonexistent")


def run(*command, given=b""):
    """Its output; it succeeded."""
    assert shutil.which(command[0]), f"{command[0]} is missing: make deps"
    done = subprocess.run(command, input=given, timeout=4 * PATIENCE, env=ENV,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          check=False)
    said = done.stdout.decode("utf-8", "replace")
    assert done.returncode == 0, said
    return said


def socat(to):
    """A local port from which each connection goes on to an address of
    socat's."""
    assert shutil.which("socat"), "socat is missing: make deps"
    return listener(lambda port: [
        "socat", f"TCP4-LISTEN:{port},bind=127.0.0.1,reuseaddr,fork", to])


def tunnel_by_socat(port):
    return socat(f"PROXY:127.0.0.1:{TARGET},proxyport={port}")


# --- the clients: each delivers LETTER through the proxy on that port ---------

def curl(port, folder):
    run("curl", "-sS", "-p", "-x", f"http://127.0.0.1:{port}",
        f"smtp://{TARGET}", "--mail-from", "a@b.example", "--mail-rcpt",
        "c@d.example", "--crlf", "-T", str(folder / "letter"))


def swaks(port, through):
    said = run("swaks", "--pipe", through.replace("@", str(port)), "--from",
               "a@b.example", "--to", "c@d.example", "--helo", "pc", "--data",
               LETTER[:-1])                 # it ends the last line itself
    assert "250 Ok: queued as" in said


def swaks_auth(port, folder):
    said = run("swaks", "--pipe", f"corkscrew 127.0.0.1 {port} mx.invalid 25",
               "--from", "a@b.example", "--to", "c@d.example", "--auth",
               "LOGIN", "--auth-user", "joe", "--auth-password", "hush",
               "--data", LETTER[:-1])
    assert "235 " in said


def msmtp(port, folder):
    conf = folder / "chains.conf"
    conf.write_text("strict_chain\nproxy_dns\n[ProxyList]\n"
                    f"http 127.0.0.1 {port}\n")
    run("proxychains4", "-q", "-f", str(conf), "msmtp", "-C", "/dev/null",
        "--host=192.0.2.25", "--port=25", "--tls=off", "--auth=off",
        "--from=a@b.example", "c@d.example", given=LETTER.encode())


def msmtp_over_socat(port, folder):
    with tunnel_by_socat(port) as local:
        run("msmtp", "-C", "/dev/null", "--host=127.0.0.1", f"--port={local}",
            "--tls=off", "--auth=off", "--from=a@b.example", "c@d.example",
            given=LETTER.encode())


def python(port, folder):
    with tunnel_by_socat(port) as local, \
            smtplib.SMTP("127.0.0.1", local, timeout=PATIENCE) as client:
        assert client.sendmail("a@b.example", ["c@d.example"], LETTER) == {}


CLIENTS = {
    "curl": curl,
    "swaks, corkscrew": lambda p, f: swaks(
        p, "corkscrew 127.0.0.1 @ mx.invalid 25"),
    "swaks, proxytunnel": lambda p, f: swaks(
        p, f"proxytunnel -q -p 127.0.0.1:@ -d {TARGET}"),
    "swaks, socat": lambda p, f: swaks(
        p, f"socat - PROXY:127.0.0.1:{TARGET},proxyport=@"),
    "swaks, AUTH": swaks_auth,
    "msmtp, proxychains4": msmtp,
    "msmtp, socat": msmtp_over_socat,
    "smtplib, socat": python,
}


@contextlib.contextmanager
def proxy(httpd_with, how, certificate):
    """(server, port): in clear, or a port behind which TLS is spoken."""
    if how == "clear":
        server = sink_with(httpd_with)
        yield server, server.port
    else:
        port = free_port()
        server = sink_with(httpd_with, tls_on(port, certificate),
                           modules=("ssl",))
        with socat(f"OPENSSL:127.0.0.1:{port},verify=0") as local:
            yield server, local


@pytest.mark.parametrize("how", ["clear", "tls"])
@pytest.mark.parametrize("name", CLIENTS)
def test_a_client_delivers(httpd_with, certificate, tmp_path, name, how):
    (tmp_path / "letter").write_text(LETTER)
    with proxy(httpd_with, how, certificate) as (server, port):
        CLIENTS[name](port, tmp_path)
        mail, = mails(server)
        assert message_of(server, mail["X-ProxyGuard-Id"]) == SENT
        assert mail["Return-Path"] == "<a@b.example>"
        assert mail.get_all("Delivered-To") == ["c@d.example"]
        line = server.log.take("PG0144: ")
        assert (line.mails, line.lost) == ("1", "0")
        assert server.log.attempt().outcome == "sunk"


@pytest.mark.parametrize("how", ["clear", "tls"])
def test_openssl_finds_no_starttls_and_does_not_hang(httpd_with, certificate,
                                                     how):
    with proxy(httpd_with, how, certificate) as (server, port):
        done = subprocess.run(
            ["openssl", "s_client", "-starttls", "smtp", "-proxy",
             f"127.0.0.1:{port}", "-connect", TARGET], check=False,
            timeout=60, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT)
        assert b"CONNECTED" in done.stdout and done.returncode != 0
        line = server.log.take("PG0144: ")
        assert line.ended == "complete" and line.ja4.startswith("t13")
        server.log.attempt()


# --- Postfix ------------------------------------------------------------------

MASTER_CF = "".join(
    f"{name} {kind} {private} - n {wake} {most} {program}\n"
    for name, kind, private, wake, most, program in (
        ("pickup", "unix", "n", "60", "1", "pickup"),
        ("cleanup", "unix", "n", "-", "0", "cleanup"),
        ("qmgr", "unix", "n", "300", "1", "qmgr"),
        ("rewrite", "unix", "-", "-", "-", "trivial-rewrite"),
        ("bounce", "unix", "-", "-", "0", "bounce"),
        ("defer", "unix", "-", "-", "0", "bounce"),
        ("trace", "unix", "-", "-", "0", "bounce"),
        ("flush", "unix", "n", "1000?", "0", "flush"),
        ("showq", "unix", "n", "-", "-", "showq"),
        ("error", "unix", "-", "-", "-", "error"),
        ("retry", "unix", "-", "-", "-", "error"),
        ("smtp", "unix", "-", "-", "-", "smtp"),
        ("scache", "unix", "-", "-", "1", "scache"),
        ("postlog", "unix-dgram", "n", "-", "1", "postlogd")))


@contextlib.contextmanager
def postfix(folder, relayhost):
    """An instance of its own, which listens nowhere and hands everything to
    relayhost. Gives the folder of its configuration."""
    os.chmod(folder, 0o755)     # it becomes another user
    conf, queue, data = (os.path.join(folder, n) for n in ("conf", "queue",
                                                           "data"))
    for path in (conf, queue, data):
        os.mkdir(path)
    shutil.chown(data, "postfix")
    os.chmod(data, 0o700)
    with open(os.path.join(conf, "main.cf"), "w", encoding="ascii") as f:
        f.write(f"compatibility_level = 3.6\nqueue_directory = {queue}\n"
                f"data_directory = {data}\nmaillog_file = {folder}/log\n"
                f"maillog_file_prefixes = {folder}\nmyhostname = pc.invalid\n"
                f"mydestination =\nrelayhost = {relayhost}\n"
                "inet_interfaces = loopback-only\ninet_protocols = ipv4\n"
                "disable_dns_lookups = yes\nalias_maps =\n"
                "alternate_config_directories =\nnotify_classes =\n")
    with open(os.path.join(conf, "master.cf"), "w", encoding="ascii") as f:
        f.write(MASTER_CF)
    run("postfix", "-c", conf, "start")
    try:
        yield conf
    finally:
        run("postfix", "-c", conf, "stop")


def test_postfix_delivers_and_believes_it(httpd_with):
    if os.geteuid() != 0:
        pytest.skip("Postfix's master must be root")
    server = sink_with(httpd_with)
    with tempfile.TemporaryDirectory(prefix="pg-postfix-") as folder, \
            tunnel_by_socat(server.port) as local, \
            postfix(folder, f"[127.0.0.1]:{local}") as conf:
        run("sendmail", "-C", conf, "-f", "a@b.example", "c@d.example",
            "e@d.example", given=LETTER.encode())

        def sent():
            with open(os.path.join(folder, "log"), encoding="utf-8") as f:
                text = f.read()
            return text if text.count("status=sent") == 2 else None
        said = re.search(r"250 Ok: queued as (\S+)\)",
                         wait_until(sent, "Postfix to deliver", 90))
    message = message_of(server, said[1])
    assert message.endswith(SENT[SENT.index(b"\r\n\r\n"):])
    assert b"Message-ID: <1@b.example>\r\n" in message
    mail, = mails(server)
    assert mail.get_all("Delivered-To") == ["c@d.example", "e@d.example"]
    assert server.log.take("PG0144: ").mails == "1"
    server.log.attempt()


# --- no connection is made ----------------------------------------------------

def test_for_none_of_them_anybody_is_reached(httpd_with, tmp_path):
    (tmp_path / "letter").write_text(LETTER)
    server = httpd_with.make(CONF + "ProxyGuardSinkLimit source 16\n",
                             kind=Traced)
    server.start()
    for client in CLIENTS.values():
        client(server.port, tmp_path)
    wait_until(lambda: len(mails(server)) == len(CLIENTS), "all mails")
    calls = server.end()
    server.log.take_all(QUIET)
    for call in [c for c in of(calls, REACH + BECOME) if not c.parent]:
        assert call.name in ("clone", "clone3", "socket", "connect"), call
        if call.name.startswith("clone"):
            assert "CLONE_THREAD" in call.args, call
        else:       # httpd's own name service: User, Group
            assert "AF_UNIX" in call.args, call

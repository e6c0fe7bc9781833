# Licensed under the Apache License, Version 2.0; see LICENSE.
"""A server with a sink, and clients that believe they have a tunnel."""

import contextlib
import mailbox
import re
import smtplib
import ssl
import subprocess

from pg_hosts import free_port
from pg_httpd import OWN
from pg_wire import PATIENCE, Wire, wait_until

TARGET = "mx.invalid:25"
CONF = """
ProxyGuardAction connect-mail sink
ProxyGuardSinkSpool @ROOT@/spool.mbox
"""
MESSAGE = ("From: a@b.example\r\nTo: c@d.example\r\nSubject: hello\r\n\r\n"
           "one\r\n.two\r\nFrom three\r\n>From four\r\n")


def sink_with(httpd_with, conf="", **more):
    """A started server whose sink takes mail."""
    server = httpd_with(CONF + conf, **more)
    assert server.log.take(r" PG0141: ").level == "warn"
    return server


def tunnel(address, target=TARGET, more="", tls=None):
    """A Wire on which CONNECT has been accepted; not an octet more has been
    read of it."""
    wire = Wire(address, tls=tls, server_name=OWN if tls else None)
    wire.send(f"CONNECT {target} HTTP/1.1\r\nHost: {target}\r\n{more}\r\n"
              .encode())
    answer = read_until(wire, b"\r\n\r\n")
    assert answer == b"HTTP/1.0 200 Connection established\r\n\r\n", answer
    return wire


def listens(port):
    """Checked without a connection, which would be a conversation; either
    family counts (proxytunnel 1.12 listens with both)."""
    text = ""
    for name in ("tcp", "tcp6"):
        with open(f"/proc/net/{name}", encoding="ascii") as f:
            text += f.read()
    return re.search(rf":{port:04X} 0+:0+ 0A ", text)


@contextlib.contextmanager
def listener(command):
    """A local port on which a program listens; command(port) starts it."""
    port = free_port()
    words = command(port)
    process = subprocess.Popen(words, stdout=subprocess.DEVNULL,
                               stderr=subprocess.DEVNULL)
    try:
        wait_until(lambda: listens(port), words[0])
        assert process.poll() is None, f"{words[0]} has ended by itself"
        yield port
    finally:
        process.terminate()
        process.wait()


def read_until(wire, end):
    """Octets up to and with the first `end`, or all that came."""
    data = wire.buffer
    wire.buffer = b""
    wire.sock.settimeout(PATIENCE)
    while not data.endswith(end):
        octet = wire.sock.recv(1)
        if not octet:
            break
        data += octet
    return data


class Tunnelled(smtplib.SMTP):
    """smtplib in an existing tunnel."""

    def __init__(self, wire, host="mx.invalid"):
        self.wire = wire
        super().__init__(host, 25, local_hostname="pc", timeout=PATIENCE)

    def _get_socket(self, host, port, timeout):
        self.wire.sock.settimeout(timeout)
        return self.wire.sock

    def deliver(self, message=MESSAGE, sender="a@b.example",
                to=("c@d.example",)):
        """Send, and return the id that it was queued as."""
        self.ehlo_or_helo_if_needed()
        assert self.mail(sender)[0] == 250
        for one in to:
            assert self.rcpt(one)[0] == 250
        code, words = self.data(message)
        assert code == 250, words
        return re.fullmatch(rb"Ok: queued as (\S+)", words)[1].decode()


class Mailer(Tunnelled):
    """smtplib in a tunnel of its own."""

    def __init__(self, address, target=TARGET, more="", tls=None):
        super().__init__(tunnel(address, target, more, tls),
                         target.rsplit(":", 1)[0])


def hello_of(name, alpn):
    """The octets of a ClientHello."""
    context = ssl.create_default_context()
    if alpn:
        context.set_alpn_protocols(alpn)
    out = ssl.MemoryBIO()
    client = context.wrap_bio(ssl.MemoryBIO(), out, server_hostname=name)
    try:
        client.do_handshake()
    except ssl.SSLWantReadError:
        pass
    return out.read()


def spool(server):
    """The octets of the spool."""
    with open(server.path("spool.mbox"), "rb") as f:
        return f.read()


def mails(server):
    """The mails in the spool, as Python's mailbox reads them."""
    box = mailbox.mbox(server.path("spool.mbox"), create=False)
    found = list(box)
    box.close()
    return found


def message_of(server, mail_id):
    """The octets of one message, mboxrd's quotation undone."""
    octets = spool(server)
    entry = re.search(rb"^X-ProxyGuard-Id: %s\n(?:[^\n]+\n)*?"
                      rb"X-ProxyGuard-Size: (\d+)\n" % mail_id.encode(),
                      octets, re.M)
    rest = re.sub(rb"^>(>*From )", rb"\1", octets[entry.end():], flags=re.M)
    return rest[:int(entry[1])]

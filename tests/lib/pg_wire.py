# Licensed under the Apache License, Version 2.0; see LICENSE.
"""Bytes as sent, bytes as received: a client that corrects nothing."""

import os
import re
import socket
import time

# One factor for every deadline: sanitisers and valgrind make a server slow.
SLOW = float(os.environ.get("PG_SLOW", "1"))
PATIENCE = 10 * SLOW
# far below the twenty seconds of a server that waits for its client
AT_ONCE = 5 * SLOW


def wait_until(condition, what, seconds=None):
    """Return the first true value of condition(), or fail after a deadline."""
    deadline = time.monotonic() + (seconds * SLOW if seconds else PATIENCE)
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise AssertionError(f"waited in vain: {what}")
        time.sleep(0.01)


class Headers:
    """Field lines in the order received; names compare without case."""

    def __init__(self, lines):
        self.lines = lines

    def get(self, name, default=None):
        values = self.all(name)
        return values[0] if values else default

    def all(self, name):
        return [v for n, v in self.lines if n.lower() == name.lower()]

    def __contains__(self, name):
        return bool(self.all(name))

    def __getitem__(self, name):
        values = self.all(name)
        if not values:
            raise KeyError(name)
        return values[0]

    def __repr__(self):
        return repr(self.lines)


class Reply:
    """One response. status 0: nothing, or nothing like HTTP, came back."""

    def __init__(self, raw, status=0, headers=None, body=b""):
        self.raw = raw
        self.status = status
        self.headers = headers or Headers([])
        self.body = body
        self.rest = b""         # what came after it on the connection
        self.closed = None      # "fin", "rst" or None: still open
        self.seconds = 0.0      # from the request's last octet to the end

    @property
    def text(self):
        return self.body.decode("utf-8", "replace")

    @property
    def allow(self):
        """The methods of the Allow field, as a set."""
        return {m.strip() for v in self.headers.all("Allow")
                for m in v.split(",") if m.strip()}

    def __repr__(self):
        return f"<Reply {self.status} {self.raw[:200]!r} {self.closed}>"


class Wire:
    """A connection. Every read has a deadline; nothing is retried."""

    def __init__(self, address, tls=None, server_name=None, timeout=None):
        self.timeout = timeout or PATIENCE
        self.sock = socket.create_connection(address, timeout=self.timeout)
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if tls is not None:
            self.sock = tls.wrap_socket(self.sock,
                                        server_hostname=server_name)
        self.buffer = b""
        self.closed = None
        self.sent_at = time.monotonic()

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        self.sock.close()

    @property
    def local_port(self):
        return self.sock.getsockname()[1]

    def send(self, octets):
        try:
            self.sock.sendall(octets)
        except (BrokenPipeError, ConnectionResetError):
            self.closed = "rst"
        self.sent_at = time.monotonic()
        return self

    def finish(self):
        """Send nothing more; answers still arrive."""
        try:
            self.sock.shutdown(socket.SHUT_WR)
        except OSError:
            pass

    def _fill(self, deadline):
        """Read some; False at the end of the stream or the deadline."""
        if self.closed:
            return False
        left = deadline - time.monotonic()
        if left <= 0:
            return False
        self.sock.settimeout(left)
        try:
            data = self.sock.recv(65536)
        except socket.timeout:
            return False
        except ConnectionResetError:
            self.closed = "rst"
            return False
        except OSError as e:
            if "timed out" in str(e):
                return False
            self.closed = "rst"
            return False
        if not data:
            self.closed = "fin"
            return False
        self.buffer += data
        return True

    def read_to_end(self, seconds=None):
        """All octets until the peer closes (self.closed) or the deadline."""
        deadline = time.monotonic() + (seconds or self.timeout)
        while self._fill(deadline):
            pass
        data, self.buffer = self.buffer, b""
        return data

    def _take(self, n):
        data, self.buffer = self.buffer[:n], self.buffer[n:]
        return data

    def _take_line(self, deadline):
        while b"\n" not in self.buffer:
            if not self._fill(deadline):
                return None
        return self._take(self.buffer.index(b"\n") + 1)

    def _take_n(self, n, deadline):
        while len(self.buffer) < n and self._fill(deadline):
            pass
        return self._take(n)

    def _take_chunks(self, deadline):
        body = b""
        while True:
            line = self._take_line(deadline)
            if line is None:
                return body
            size = int(line.split(b";")[0].strip() or b"0", 16)
            if size == 0:
                while (self._take_line(deadline) or b"\r\n").strip():
                    pass
                return body
            body += self._take_n(size, deadline)
            self._take_line(deadline)

    def read_reply(self, method="GET", seconds=None):
        """One final response (interim ones are kept in .raw)."""
        deadline = time.monotonic() + (seconds or self.timeout)
        raw = b""
        while True:
            line = self._take_line(deadline)
            if line is None:
                return self._done(Reply(raw + self._take(len(self.buffer))))
            raw += line
            m = re.match(rb"HTTP/\d\.\d (\d{3})", line)
            if not m:
                rest = self.read_to_end(max(0.01, deadline - time.monotonic()))
                return self._done(Reply(raw + rest, body=raw + rest))
            status, fields = int(m.group(1)), []
            while True:
                line = self._take_line(deadline)
                if line is None or not line.strip():
                    raw += line or b""
                    break
                raw += line
                name, _, value = line.decode("latin-1").partition(":")
                fields.append((name, value.strip()))
            if status >= 200 or status == 101:
                break
        headers = Headers(fields)
        body = self._body(method, status, headers, deadline)
        return self._done(Reply(raw + body, status, headers, body))

    def _body(self, method, status, headers, deadline):
        tunnel = method == "CONNECT" and 200 <= status < 300
        if method == "HEAD" or status in (101, 204, 304) or tunnel:
            return b""
        if headers.get("Transfer-Encoding", "").lower() == "chunked":
            return self._take_chunks(deadline)
        if "Content-Length" in headers:
            return self._take_n(int(headers["Content-Length"]), deadline)
        return self.read_to_end(max(0.01, deadline - time.monotonic()))

    def _done(self, reply):
        reply.closed = self.closed
        reply.seconds = time.monotonic() - self.sent_at
        return reply


def says_close(reply):
    return reply.headers.get("Connection", "").lower() == "close"


def exchange(address, octets, tls=None, server_name=None, timeout=None):
    """Send octets, read one response, then see the connection end.

    A server that keeps the connection open is told that nothing follows
    (half-close); so when this returns, the server has finished with the
    request, its log_transaction hook included."""
    head = re.sub(rb"^PROXY [^\n]*\n", b"", octets)
    method = head.split(b" ", 1)[0].decode("latin-1")
    with Wire(address, tls, server_name, timeout) as wire:
        wire.send(octets)
        complete = b"\n\r\n" in octets or b"\n\n" in octets
        if not complete:
            wire.finish()
        reply = wire.read_reply(method)
        if not says_close(reply):
            wire.finish()
        reply.rest = wire.read_to_end()
        reply.closed = wire.closed
        return reply

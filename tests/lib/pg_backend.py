# Licensed under the Apache License, Version 2.0; see LICENSE.
"""Backends that speak the protocols of mod_proxy, as far as a test needs: each
takes a request and gives one answer. .hits counts connections."""

import socket
import struct
import threading

BODY = b"from the backend\n"


def _http(status):
    return (b"HTTP/1.1 %d Whatever\r\nConnection: close\r\n"
            b"Content-Length: %d\r\n\r\n%s" % (status, len(BODY), BODY))


def _cgi(status):
    return b"Status: %d Whatever\r\nContent-Type: text/plain\r\n\r\n%s" % (
        status, BODY)


def _fcgi(status):
    def record(kind, content):
        return struct.pack(">BBHHBx", 1, kind, 1, len(content), 0) + content
    return (record(6, _cgi(status)) + record(6, b"")
            + record(3, struct.pack(">IB3x", 0, 0)))


def _ajp(status):
    def message(content):
        return b"AB" + struct.pack(">H", len(content)) + content

    def text(s):
        return struct.pack(">H", len(s)) + s + b"\0"
    return (message(b"\x04" + struct.pack(">H", status) + text(b"Whatever")
                    + struct.pack(">H", 0))
            + message(b"\x03" + struct.pack(">H", len(BODY)) + BODY + b"\0")
            + message(b"\x05\x01"))


def _h2(status):
    """SETTINGS, their acknowledgement, and HEADERS that end stream 1: 0x88 is
    ":status: 200" of the static table, 0x8e ":status: 500" (RFC 7541)."""
    field = {200: b"\x88", 500: b"\x8e"}[status]
    frames = ((4, 0, 0, b""), (4, 1, 0, b""), (1, 5, 1, field))
    return b"".join(struct.pack(">I", len(f))[1:]
                    + struct.pack(">BBI", kind, flags, stream) + f
                    for kind, flags, stream, f in frames)


SPEAKS = {"http": _http, "ws": _http, "connect": _http, "ajp": _ajp,
          "fcgi": _fcgi, "scgi": _cgi, "uwsgi": _http, "h2c": _h2,
          "ftp": lambda status: b"%d Whatever\r\n" % (
              220 if status == 200 else status)}


def _listen(peer, scheme):
    """A request, or its beginning; FastCGI's ends with an empty record of
    stdin, and closing before it breaks the pipe."""
    data = peer.recv(65536)
    while (scheme == "fcgi" and data[:2] == b"\x01\x01"
           and not data.endswith(b"\x01\x05\0\x01\0\0\0\0")):
        more = peer.recv(65536)
        if not more:
            break
        data += more


class Backend:
    """answer: a status, "silence" or "reset". Speaks as soon as it was
    spoken to; FTP speaks first (RFC 959 5.4)."""

    def __init__(self, scheme="http", answer=200, host="127.0.0.1", path=""):
        self.hits = 0
        self._scheme = scheme
        self._answer = answer
        self._over = threading.Event()
        if path:
            self._sock = socket.socket(socket.AF_UNIX)
            self._sock.bind(path)
            self._sock.listen(16)
            self.authority = path
        else:
            self._sock = socket.create_server((host, 0))
            self.port = self._sock.getsockname()[1]
            self.authority = f"{host}:{self.port}"
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self):
        while True:
            try:
                peer, _ = self._sock.accept()
            except OSError:
                return
            self.hits += 1
            threading.Thread(target=self._talk, args=(peer,),
                             daemon=True).start()

    def _talk(self, peer):
        with peer:
            peer.settimeout(5)
            try:
                if self._scheme != "ftp":
                    _listen(peer, self._scheme)
                if self._answer == "silence":
                    self._over.wait(5)
                elif self._answer == "reset":
                    peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                                    struct.pack("ii", 1, 0))
                else:
                    peer.sendall(SPEAKS[self._scheme](self._answer))
                    if self._scheme not in ("http", "uwsgi", "scgi"):
                        peer.recv(65536)
            except OSError:
                pass

    def close(self):
        self._over.set()
        self._sock.close()

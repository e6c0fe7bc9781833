# Licensed under the Apache License, Version 2.0; see LICENSE.
"""The other parties in a test: an origin server that must not be reached, and
certificates. Loopback only."""

import os
import socket
import ssl
import subprocess
import threading

from pg_wire import wait_until


class Origin:
    """Answers every connection and remembers what it was asked: the proof
    that something, or nothing, was relayed."""

    def __init__(self, body=b"from the origin\n", host="127.0.0.1"):
        self.hits = []
        self.body = body
        self.may_answer = threading.Event()     # clear() holds answers back
        self.may_answer.set()
        self._lock = threading.Lock()
        self._sock = socket.create_server((host, 0))
        self.port = self._sock.getsockname()[1]
        self.authority = f"{host}:{self.port}"
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def _serve(self):
        while True:
            try:
                peer, _ = self._sock.accept()
            except OSError:
                return
            threading.Thread(target=self._answer, args=(peer,),
                             daemon=True).start()

    def _answer(self, peer):
        with peer:
            with self._lock:
                self.hits.append(b"")
                at = len(self.hits) - 1
            peer.settimeout(5)
            data = b""
            try:
                while b"\r\n\r\n" not in data:
                    more = peer.recv(65536)
                    if not more:
                        break
                    data += more
                    self.hits[at] = data
                    if not data[:1].isalpha():      # TLS, FastCGI, AJP, ...
                        return
                self.may_answer.wait(30)
                peer.sendall(b"HTTP/1.1 200 OK\r\nConnection: close\r\n"
                             b"Content-Length: %d\r\n\r\n%s"
                             % (len(self.body), self.body))
            except OSError:
                pass

    def wait_hit(self, count=1):
        wait_until(lambda: len(self.hits) >= count, f"{count} origin hits")
        return self.hits

    def close(self):
        self._sock.close()


def make_certificate(folder, names):
    """A self-signed certificate: (certificate file, key file)."""
    cert, key = (os.path.join(folder, n) for n in ("cert.pem", "key.pem"))
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
         "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
         "-subj", "/CN=" + names[0], "-keyout", key, "-out", cert,
         "-addext", "basicConstraints=critical,CA:FALSE",
         "-addext", "subjectAltName=" + ",".join("DNS:" + n for n in names)],
        check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return cert, key


def trusting_client(alpn=()):
    """A TLS client that verifies nothing: its tests are about other things.
    The default context would load the system's authorities, for 30 ms."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    if alpn:
        context.set_alpn_protocols(list(alpn))
    return context

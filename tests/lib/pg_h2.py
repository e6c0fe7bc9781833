# Licensed under the Apache License, Version 2.0; see LICENSE.
"""An HTTP/2 client that corrects nothing: header lists are sent as given."""

import socket
import ssl

import h2.config
import h2.connection
import h2.events
import h2.exceptions

from pg_peers import trusting_client
from pg_wire import PATIENCE


class Answer:
    """status 0: none; reset: the RST_STREAM code, None without."""

    def __init__(self):
        self.status = 0
        self.headers = []
        self.body = b""
        self.reset = None
        self.ended = False

    def __repr__(self):
        return f"<Answer {self.status} reset={self.reset} {self.body[:80]!r}>"


class Http2:
    """One connection: prior knowledge in clear, or ALPN within TLS."""

    def __init__(self, address, tls=False, upgraded=None):
        self.sock = upgraded or socket.create_connection(address,
                                                         timeout=PATIENCE)
        self.sock.settimeout(PATIENCE)
        if tls:
            self.sock = trusting_client(["h2"]).wrap_socket(self.sock)
            assert self.sock.selected_alpn_protocol() == "h2"
        self.conn = h2.connection.H2Connection(h2.config.H2Configuration(
            client_side=True, header_encoding=None,
            validate_outbound_headers=False,
            normalize_outbound_headers=False))
        self.answers = {}
        self.closed = False
        self.goaway = False     # the server said so; h2 reads no further
        if upgraded:
            self.conn.initiate_upgrade_connection()
            self.answers[1] = Answer()
        else:
            self.conn.initiate_connection()
        self.flush()

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        try:
            self.conn.close_connection()
            self.flush()
        except (OSError, h2.exceptions.ProtocolError):
            pass
        self.sock.close()

    def flush(self):
        self.sock.sendall(self.conn.data_to_send())

    def open(self, *fields, end=True):
        """Send a request with these (name, value) fields: its stream id."""
        stream = self.conn.get_next_available_stream_id()
        self.answers[stream] = Answer()
        self.conn.send_headers(stream, list(fields), end_stream=end)
        self.flush()
        return stream

    def data(self, stream, octets, end=False):
        self.conn.send_data(stream, octets, end_stream=end)
        self.flush()

    def ask(self, *fields, end=True):
        return self.wait(self.open(*fields, end=end))

    def get(self, authority, path="/page.txt", scheme="http", more=()):
        return self.ask((":method", "GET"), (":scheme", scheme),
                        (":authority", authority), (":path", path), *more)

    def wait(self, stream):
        answer = self.answers[stream]
        while not (answer.ended or answer.reset is not None or self.closed):
            self._read()
        return answer

    def _read(self):
        try:
            data = self.sock.recv(65536)
        except (ConnectionResetError, ssl.SSLError):
            data = b""
        if not data:
            self.closed = True
            return
        self.take(data)

    def take(self, data):
        """Octets that came from the server."""
        self._receive(data)
        self.flush()

    def _receive(self, data):
        for event in self.conn.receive_data(data):
            self._note(event)

    def drain(self):
        """Nothing more can be sent; what has arrived may say why."""
        try:
            while data := self.sock.recv(65536):
                self._receive(data)
        except (OSError, h2.exceptions.H2Error):
            pass
        self.closed = True

    def _note(self, event):
        answer = self.answers.get(getattr(event, "stream_id", None))
        if isinstance(event, h2.events.ConnectionTerminated):
            self.closed = self.goaway = True
        if answer is None:
            return
        if isinstance(event, h2.events.ResponseReceived):
            answer.headers = event.headers
            answer.status = int(dict(event.headers)[b":status"])
        elif isinstance(event, h2.events.DataReceived):
            answer.body += event.data
            self.conn.acknowledge_received_data(
                event.flow_controlled_length, event.stream_id)
        elif isinstance(event, h2.events.StreamEnded):
            answer.ended = True
        elif isinstance(event, h2.events.StreamReset):
            answer.reset = event.error_code

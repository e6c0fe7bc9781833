# Licensed under the Apache License, Version 2.0; see LICENSE.
"""The server's own view: how many of its workers are occupied."""

import re

MODULES = ("status",)
CONF = """MaxKeepAliveRequests 0
<Location "/server-status">
    SetHandler server-status
    Require local
</Location>
"""


class Workers:
    """mod_status' scoreboard, asked on a connection of its own."""

    def __init__(self, server):
        self.server = server
        self.wire = None

    def busy(self):
        """Occupied workers except the one that answers; None: no answer."""
        try:
            if self.wire is None or self.wire.closed:
                self.wire = self.server.wire()
            self.wire.send(b"GET /server-status?auto HTTP/1.1\r\n"
                           b"Host: %s\r\n\r\n" % self.server.authority.encode())
            text = self.wire.read_reply().text
        except OSError:
            text = ""
        board = re.search(r"^Scoreboard: (\S+)", text, re.M)
        if board is None:
            self.close()
            return None
        return len(re.findall("[RWKDCLGI]", board[1])) - 1

    def close(self):
        if self.wire:
            self.wire.sock.close()
        self.wire = None

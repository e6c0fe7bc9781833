# Licensed under the Apache License, Version 2.0; see LICENSE.
"""What the sink answered with 250 is kept over restarts under load."""

import os
import re
import smtplib
import threading

from pg_sink import MESSAGE, Mailer, message_of, sink_with, spool
from pg_wire import wait_until

RESTARTS = 100 if os.environ.get("PG_LONG") else 8
QUIET = r" PG01(40|41|44)"


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
                    self.kept.append(client.deliver())
            except (AssertionError, OSError, smtplib.SMTPException):
                pass            # refused, or ended by the restart


def test_what_was_answered_with_250_is_kept_over_restarts(httpd_with):
    server = sink_with(httpd_with, "ProxyGuardSinkLimit source 64\n"
                       "ProxyGuardSinkSpool @ROOT@/spool.mbox 1000\n"
                       "ServerLimit 8\nMaxRequestWorkers 8\n"
                       if httpd_with.mpm == "prefork" else
                       "ProxyGuardSinkLimit source 64\n"
                       "ProxyGuardSinkSpool @ROOT@/spool.mbox 1000\n")
    senders = [Sender(server) for _ in range(3)]
    for sender in senders:
        sender.start()
    try:
        for _ in range(RESTARTS):
            before = sum(len(s.kept) for s in senders)
            wait_until(lambda n=before: sum(len(s.kept) for s in senders)
                       > n + 3, "mails between two restarts")
            server.graceful()
    finally:
        for sender in senders:
            sender.over.set()
            sender.join()
    kept = [i for s in senders for i in s.kept]
    there = re.findall(rb"^X-ProxyGuard-Id: (\S+)$", spool(server), re.M)
    whole = re.findall(rb"^X-ProxyGuard-Kept: message$", spool(server), re.M)
    assert len(kept) > 3 * RESTARTS
    assert len(set(kept)) == len(kept)
    assert {i.encode() for i in kept} <= set(there)
    assert len(there) == len(set(there)) and len(whole) >= len(kept)
    for mail_id in kept[-3:]:
        assert message_of(server, mail_id) == MESSAGE.encode()
    server.log.take_all(QUIET + "|PG0101")
    if os.environ.get("PG_RECORD"):
        with open(os.environ["PG_RECORD"], "a", encoding="ascii") as f:
            f.write(f"| {server.mpm} | {RESTARTS} | {len(kept)} | "
                    f"{len(set(kept) & {i.decode() for i in there})} |\n")

# Licensed under the Apache License, Version 2.0; see LICENSE.
"""The sink's directives and its spool: which values are refused, and with
which message."""

import os
import re

import pytest

from pg_httpd import StartError
from pg_sink import (CONF, MESSAGE, Mailer, mails, message_of, sink_with,
                     spool, tunnel)
from pg_servers import Limited
from pg_wire import wait_until

SPOOL = "ProxyGuardSinkSpool @ROOT@/spool.mbox\n"
REFUSED = {
    "ProxyGuardAction absolute sink": "'absolute' cannot be sunk",
    "ProxyGuardAction all sink": "'all' cannot be sunk; only connect-mail, "
                                 "connect-tls and connect-other can",
    "ProxyGuardAction socks sink": "'socks' cannot be sunk",
    "ProxyGuardAction connect-mail sink 200": "'sink' takes no status, '200'",
    "ProxyGuardSinkSpool x 0":
        "'0' is not a number of megabytes from 1 to 1048576",
    "ProxyGuardSinkSpool x y":
        "'y' is not a number of megabytes from 1 to 1048576",
    "ProxyGuardSinkSpool none 64": "'none' takes no megabytes, '64'",
    "ProxyGuardSinkLimit conversations 65":
        "'65' is not a number of conversations from 1 to 64",
    "ProxyGuardSinkLimit source 0":
        "'0' is not a number of source from 1 to 64",
    "ProxyGuardSinkLimit seconds 4":
        "'4' is not a number of seconds from 5 to 3600",
    "ProxyGuardSinkLimit kilobytes -1":
        "'-1' is not a number of kilobytes from 1 to 65536",
    "ProxyGuardSinkLimit minutes 4":
        "'minutes' is not conversations, source, seconds or kilobytes",
    "ProxyGuardSinkKeep all": "'all' is not message, header or summary",
    "<VirtualHost *:1>\nProxyGuardSinkSpool x\n</VirtualHost>":
        "ProxyGuardSinkSpool",
}
CONTRADICTIONS = {
    "no spool": ("ProxyGuardAction connect-mail sink",
                 "no ProxyGuardSinkSpool is set"),
    "spool none": (CONF + "ProxyGuardSinkSpool none",
                   "no ProxyGuardSinkSpool is set"),
    "no ledger": (CONF + "ProxyGuardLedger none", "without a ledger"),
    "a forward proxy": (CONF + "ProxyRequests On",
                        "its virtual host is a forward proxy "
                        "(ProxyRequests On)"),
    "in a virtual host": (
        SPOOL + "<VirtualHost 127.0.0.1:@PORT@>\nProxyRequests On\n"
        "ProxyGuardAction connect-mail sink\n</VirtualHost>",
        "its virtual host is a forward proxy"),
}


@pytest.mark.parametrize("line", REFUSED)
def test_a_bad_value_stops_the_start_and_says_why(event_with, line):
    code, said = event_with.make(line).check()
    assert code != 0 and REFUSED[line] in said
    assert "httpd.conf" in said and "line " in said


@pytest.mark.parametrize("name", CONTRADICTIONS)
def test_what_does_not_fit_together_does_not_start(event_with, name):
    conf, why = CONTRADICTIONS[name]
    server = event_with.make(conf, modules=("proxy",))
    code, said = server.check()
    assert code != 0
    assert "PG0281: ProxyGuardAction ... sink (" in said and why in said
    assert "httpd.conf:" in said
    with pytest.raises(StartError):
        server.start()
    server.log.take_all("PG0281|AH00020")


def test_a_virtual_host_that_is_no_proxy_may_sink_beside_one_that_is(
        event_with):
    server = event_with.make(
        SPOOL + "<VirtualHost 127.0.0.1:@PORT@>\nServerName a.example\n"
        "ProxyGuardAction connect-mail sink\n</VirtualHost>\n"
        "<VirtualHost 127.0.0.1:9>\nServerName b.example\nProxyRequests On\n"
        "</VirtualHost>\n", modules=("proxy",))
    code, said = server.check()
    assert code == 0, said


def test_a_virtual_host_that_is_a_proxy_sinks_for_no_other(event_with):
    """The client can choose among the names of an address: what another one
    would sink is refused."""
    server = event_with(
        SPOOL + "<VirtualHost 127.0.0.1:@PORT@>\nServerName b.example\n"
        "ProxyRequests On\nProxyGuardForward Allow\n</VirtualHost>\n"
        "<VirtualHost 127.0.0.1:@PORT@>\nServerName a.example\n"
        "ProxyGuardAction connect-mail sink\n</VirtualHost>\n",
        modules=("proxy", "proxy_connect"))
    assert server.log.take(" PG0141: ").level == "warn"
    # httpd chooses by the target, and takes the first where none fits
    for target, status, outcome in (("mx.invalid:25", 405, "denied"),
                                    ("b.example:25", 405, "denied"),
                                    ("a.example:25", 200, "sunk")):
        reply = server.send(f"CONNECT {target} HTTP/1.1\r\nHost: a.example"
                            "\r\n\r\nQUIT\r\n".encode())
        line = server.log.attempt()
        assert (reply.status, line.outcome) == (status, outcome)
    server.log.take_all("PG|AH")


# --- the spool -------------------------------------------------------------

def plant_link(server):
    server.write("elsewhere", "From x\n")
    os.symlink(server.path("elsewhere"), server.path("spool.mbox"))


def plant_second_name(server):
    server.write("elsewhere", "From x\n")
    os.link(server.path("elsewhere"), server.path("spool.mbox"))


def plant_fifo(server):
    os.mkfifo(server.path("spool.mbox"))


def plant_folder(server):
    os.mkdir(server.path("spool.mbox"))


def plant_text(server):
    server.write("spool.mbox", "root:x:0:0\n")


def plant_open_folder(server):
    server.write("spool.mbox", "")
    os.chmod(server.root, 0o777)


def plant_nobodys(server):
    os.chown(server.write("spool.mbox", ""), 65534, 65534)


@pytest.mark.parametrize("plant", [plant_link, plant_second_name, plant_fifo,
                                   plant_folder, plant_text, plant_nobodys,
                                   plant_open_folder])
def test_a_spool_that_is_not_ours_stops_the_start(event_with, plant):
    server = event_with.make(CONF)
    plant(server)
    before = os.lstat(server.path("spool.mbox"))
    code, said = server.check()
    assert code != 0 and "spool.mbox' cannot be used: " in said
    with pytest.raises(StartError):
        server.start()
    line = server.log.take("PG0280: ")
    assert line.level == "crit" and "spool.mbox' cannot be used: " in line.text
    server.log.take("AH00020")
    after = os.lstat(server.path("spool.mbox"))
    assert (before.st_size, before.st_mode) == (after.st_size, after.st_mode)


def test_a_mailbox_that_is_there_is_appended_to(httpd_with):
    server = httpd_with.make(CONF)
    server.write("spool.mbox", "From x Thu Jan  1 00:00:00 1970\nA: b\n\n\n")
    server.start()
    server.log.take("PG0141")
    with Mailer(server.address) as client:
        client.deliver()
    assert spool(server).startswith(b"From x Thu")
    assert spool(server).count(b"\nFrom MAILER-DAEMON ") == 1
    server.log.attempt()


def test_a_spool_that_ends_in_the_middle_of_a_mail_hides_none(httpd_with):
    server = httpd_with.make(CONF)
    server.write("spool.mbox", "From MAILER-DAEMON Wed Nov 25 22:51:34 2026\n"
                 "X-ProxyGuard-Id: aa-1\nX-ProxyGuard-Size: 60\nA: b\n\nhal")
    server.start()
    server.log.take("PG0141")
    with Mailer(server.address) as client:
        mail_id = client.deliver()
    assert [m["X-ProxyGuard-Id"] for m in mails(server)] == ["aa-1", mail_id]
    assert b"\nhal\n\nFrom MAILER-DAEMON" in spool(server)
    server.log.attempt()


def test_a_rotated_spool_begins_anew_after_a_graceful_restart(httpd_with):
    server = sink_with(httpd_with)
    with Mailer(server.address) as client:
        client.deliver()
    os.rename(server.path("spool.mbox"), server.path("spool.1"))
    server.graceful()
    server.log.take("PG0141")
    with Mailer(server.address) as client:
        mail_id = client.deliver()
    assert message_of(server, mail_id) == MESSAGE.encode()
    with open(server.path("spool.1"), "rb") as f:
        assert f.read().count(b"\nX-ProxyGuard-Id: ") == 1
    server.log.attempts(2)


def test_a_full_spool_takes_no_more_and_says_so_once(httpd_with):
    server = httpd_with.make(
        CONF.replace("spool.mbox", "spool.mbox 1")
        + "ProxyGuardSinkLimit kilobytes 512\n")
    server.start()
    server.log.take("PG0141")
    big = "Subject: x\r\n\r\n" + ("x" * 998 + "\r\n") * 400
    with Mailer(server.address) as client:
        client.deliver(big)
        client.deliver(big)
        for _ in range(2):
            client.mail("a@b")
            client.rcpt("c@d")
            code, words = client.data(big)
            assert (code, words) == (452, b"Insufficient system storage")
        client.deliver("Subject: small\r\n\r\n")
    assert len(spool(server)) <= 1 << 20
    assert server.log.take("PG0145: ").level == "warn"
    server.log.take("PG0146: ")
    server.log.attempt()
    line = server.log.take("PG0144: ")
    assert (line.mails, line.lost) == ("5", "2")
    assert server.log.untaken("PG0145") == []
    server.log.take_all("PG0147")


def test_a_spool_is_filled_to_the_octet(httpd_with):
    """Each entry of one client's is as long as the one before."""
    server = httpd_with.make(CONF.replace("spool.mbox", "spool.mbox 1"))
    server.start()
    server.log.take("PG0141")
    with Mailer(server.address) as client:
        client.deliver()
        os.truncate(server.path("spool.mbox"),
                    (1 << 20) - len(spool(server)))
        mail_id = client.deliver()
        assert mail_id.endswith("-2")
        assert len(spool(server)) == 1 << 20
        assert message_of(server, mail_id) == MESSAGE.encode()
        os.truncate(server.path("spool.mbox"), (1 << 20) - 500)
        client.mail("a@b.example")
        client.rcpt("c@d.example")
        assert client.data(MESSAGE)[0] == 452
        os.truncate(server.path("spool.mbox"), 1000)
        assert client.deliver().endswith("-4")
    assert "over 80% full: 1 of 1 MiB;" in server.log.take("PG0147: ").text
    assert re.search(r"\] PG0145: .*\(it has its full size\)",
                     server.log.take("PG0145: ").text)
    server.log.take("PG0146: ")
    server.log.attempt()


def test_a_spool_that_was_deleted_takes_no_more_and_says_so(httpd_with):
    server = sink_with(httpd_with)
    with Mailer(server.address) as client:
        client.deliver()
        os.unlink(server.path("spool.mbox"))
        client.mail("a@b")
        client.rcpt("c@d")
        assert client.data(MESSAGE)[0] == 452
    line = server.log.take("PG0145: ")
    assert re.search(r"\] PG0145: .*deleted; a graceful restart creates a new "
                     "one", line.text)
    server.graceful()
    server.log.take("PG0141")
    with Mailer(server.address) as client:
        mail_id = client.deliver()
    assert message_of(server, mail_id) == MESSAGE.encode()
    server.log.take("PG0146: ")
    server.log.attempts(2)


def test_80_percent_of_the_spool_is_said_once(httpd_with):
    server = httpd_with.make(
        CONF.replace("spool.mbox", "spool.mbox 1")
        + "ProxyGuardSinkLimit kilobytes 1024\n")
    server.start()
    server.log.take("PG0141")
    big = "Subject: x\r\n\r\n" + ("x" * 998 + "\r\n") * 860
    with Mailer(server.address) as client:
        client.deliver(big)
        line = server.log.take("PG0147: ")
        assert line.level == "warn" and "over 80% full" in line.text
        client.deliver("Subject: small\r\n\r\n")
    assert server.log.untaken("PG0147") == []
    server.log.attempt()


# a write stops half-way, as on a disk that fills up
@pytest.mark.parametrize("restarts", [False, True])
def test_a_write_that_comes_to_its_end_leaves_a_mailbox(httpd_with, restarts):
    server = httpd_with.make(CONF + "ProxyGuardSinkLimit kilobytes 1024\n",
                             kind=Limited, limits=["--fsize=2097152"])
    server.start()
    server.log.take("PG0141")
    big = "Subject: x\r\n\r\n" + ("x" * 998 + "\r\n") * 900
    with Mailer(server.address) as client:
        ids = [client.deliver(big), client.deliver(big)]
        size = os.stat(server.path("spool.mbox")).st_size
        client.mail("a@b")
        client.rcpt("c@d")
        assert client.data(big)[0] == 452
    server.log.take("PG0145: ")
    assert os.stat(server.path("spool.mbox")).st_size == size
    if restarts:                # and a machine that lost the last octets
        os.truncate(server.path("spool.mbox"), size - 5000)
        server.graceful()
        server.log.take("PG0141")
    with Mailer(server.address) as client:
        ids.append(client.deliver())
    assert message_of(server, ids[-1]) == MESSAGE.encode()
    assert [m["X-ProxyGuard-Id"] for m in mails(server)] == ids
    assert (b"x\n\nFrom MAILER-DAEMON" in spool(server)) == restarts
    assert b"\n\n\nFrom MAILER-DAEMON" not in spool(server)
    server.log.take("PG0146: ")
    server.log.attempts(2)


@pytest.mark.also("prefork")
def test_the_limit_is_a_quarter_of_the_workers(httpd_with):
    server = sink_with(httpd_with, "ProxyGuardSinkLimit source 64\n")
    line = server.log.take("PG0142: ")
    most = {"prefork": 3}.get(server.mpm, 6)
    assert f"conversations: reduced from 16 to {most}, a quarter of " \
        "MaxRequestWorkers" in line.text
    held = [tunnel(server.address) for _ in range(most)]
    reply = server.send(b"CONNECT mx.invalid:25 HTTP/1.1\r\nHost: x\r\n\r\n")
    assert reply.status == 405
    for wire in held:
        wire.sock.close()
    server.log.attempts(most + 1)


def test_a_limit_that_fits_is_not_reduced_and_one_is_the_least(httpd_with):
    workers = {"prefork": "ServerLimit 3\nMaxRequestWorkers 3\n"}.get(
        httpd_with.mpm, "ServerLimit 1\nThreadsPerChild 3\n"
        "MaxRequestWorkers 3\n")
    server = sink_with(httpd_with, workers)
    assert "reduced from 16 to 1," in server.log.take("PG0142: ").text
    assert server.status()["sink"]["conversations"]["free"] == 1
    server.configure(CONF + "ProxyGuardSinkLimit conversations "
                     f"{3 if server.mpm == 'prefork' else 6}\n")
    server.restart_same_port()
    server.log.take("PG0141")
    assert server.log.untaken("PG0142: ") == []
    assert server.status()["sink"]["conversations"]["free"] > 1
    server.configure("ProxyGuardSinkSpool none\n")     # the ledger remains
    server.graceful()
    assert server.status()["sink"]["conversations"]["free"] == 0


@pytest.mark.also("worker")
def test_who_waits_is_said_at_start(httpd_with):
    server = sink_with(httpd_with)
    holds = server.log.all("PG0143: each sink conversation occupies a worker")
    assert len(holds) == (0 if server.mpm == "event" else 1)


def test_restarts_leave_no_file_open(httpd_with):
    server = sink_with(httpd_with, "ProxyGuardEvidenceLog @ROOT@/lines.json\n"
                       "ProxyGuardHostsFile htdocs/page.txt\n"
                       "ProxyGuardCheckpoint @ROOT@/copy 3600\n")

    def count():
        return len(os.listdir(f"/proc/{server.process.pid}/fd"))
    server.log.take_all(" PG0")
    server.graceful()
    once = min(count() for _ in range(100))     # some are open for a moment
    for _ in range(3):
        server.graceful()
    wait_until(lambda: count() <= once, f"more than {once} files are open")
    server.log.take_all(" PG0")

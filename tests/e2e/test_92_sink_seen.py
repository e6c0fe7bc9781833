# Licensed under the Apache License, Version 2.0; see LICENSE.
"""Where the sink is visible: page, JSON, metrics, the ClientHello, and the
command that reads the mail."""

import base64
import datetime
import email
import hashlib
import json
import os
import re
import subprocess

import pytest

from pg_cli import run, scan_json
from pg_httpd import TOP
from pg_sink import MESSAGE, Mailer, hello_of, sink_with, spool, tunnel

COMMAND = os.path.join(os.environ.get("BUILD", os.path.join(TOP, "build")),
                       "proxyguard")
LONG = ("Dear customer, our shop has the best watches at the best prices, "
        "only today and only for you. Order now and be happy for ever.\r\n")


def letter(subject, text, charset="utf-8"):
    body = base64.encodebytes(text.encode(charset)).replace(b"\n", b"\r\n")
    word = base64.b64encode(subject.encode(charset)).decode()
    return (f"From: a@b.example\r\nSubject: =?{charset}?B?{word}?=\r\n"
            f"Content-Type: text/plain; charset={charset}\r\n"
            "Content-Transfer-Encoding: base64\r\n\r\n"
            + body.decode())


def deliver(server, *letters):
    """Deliver messages in one conversation. Returns their ids."""
    with Mailer(server.address) as client:
        ids = [client.deliver(one) for one in letters]
    server.log.take("PG0144")
    server.log.attempt()
    return ids


def most_of(server):
    """A quarter of MaxRequestWorkers."""
    return 3 if server.mpm == "prefork" else 6


def proxyguard(*args, code=0):
    done = subprocess.run([COMMAND, "mail", *args], check=False, timeout=60,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          env={"LANG": "C.UTF-8", "PATH": os.environ["PATH"]})
    assert done.returncode == code, done.stderr.decode()
    return done.stdout.decode()


def test_page_json_and_metrics_say_what_was_captured(httpd_with):
    server = sink_with(httpd_with)
    deliver(server, letter("Uhren", LONG + "http://shop.example/1\r\n"),
            letter("Uhren!", LONG + "http://shop.example/22\r\n"),
            letter("other", "Something else altogether, " * 5))
    status = server.status()
    sink = status["sink"]
    assert sink["conversations"] == {"active": 0, "free": most_of(server)}
    assert sink["ended"]["quit"] == 1
    assert sink["mails"] == {"message": 3, "header": 0, "summary": 0,
                             "cut": 0, "lost": 0}
    assert sink["spool_bytes"] == len(spool(server))
    assert sink["spool_limit_bytes"] == 64 << 20
    first, second = sink["campaigns"]
    assert (first["mails"], first["sources"]) == (2, 1)
    assert (first["subject"], first["lure"]) == ("Uhren", "shop.example")
    assert (second["mails"], second["lure"]) == (1, None)
    page = server.get("/proxyguard-status?lang=en").text
    assert "No, but it pretends to be one (sink)." in page
    assert "Nothing has left this server." in page
    assert "3 messages in 1 conversation, 2 campaigns." in page
    assert re.search(r"Of these, 0 cut, 0 lost; 0 conversations under way\. "
                     r"File: [1-9] of 65,536 KB\.", page)
    assert re.search(r"The last message arrived <time[^>]*>[^<]+</time>", page)
    assert "shop[.]example" in page and "best watches" not in page
    assert "http://shop" not in page
    masked = server.get("/proxyguard-status?lang=ja&mask=1").text
    assert "捕捉したメール" in masked and "shop[.]example" not in masked
    metrics = server.get("/proxyguard-status/metrics").text
    assert 'proxyguard_sink_mails_total{kept="message"} 3\n' in metrics
    assert 'proxyguard_sink_ended_total{by="quit"} 1\n' in metrics
    with tunnel(server.address):
        metrics = server.get("/proxyguard-status/metrics").text
        for state, n in (("active", 1), ("free", most_of(server) - 1)):
            assert (f'proxyguard_sink_conversations{{state="{state}"}} {n}\n'
                    in metrics)
    server.log.attempt()


def test_without_a_sink_the_page_is_silent_about_it(httpd):
    page = httpd.get("/proxyguard-status?lang=en").text
    assert "captured" not in page.lower().replace("captured, not relayed", "")
    sink = httpd.status()["sink"]
    assert sink["conversations"] == {"active": 0, "free": 0}
    assert sink["campaigns"] == []


def test_a_subject_is_markup_nowhere(httpd_with):
    server = sink_with(httpd_with)
    deliver(server, "Subject: <script>alert(1)</script>\"&\x1b[31m\r\n\r\n"
            + LONG + "http://x\"onclick=y.example/\r\n")
    page = server.get("/proxyguard-status?lang=en").text
    assert "<script" not in page and "\x1b" not in page
    assert "&lt;script&gt;" in page
    listed = proxyguard("list", server.path("spool.mbox"))
    assert "\x1b" not in listed and "\\x1b[31m" in listed


# --- ClientHello -------------------------------------------------------------

def is_grease(n):
    return n & 0x0f0f == 0x0a0a and n >> 8 == n & 0xff


def numbers(octets):
    return [n for n in (int.from_bytes(octets[i:i + 2], "big")
                        for i in range(0, len(octets), 2))
            if not is_grease(n)]


def ja4_of(record):
    """Computed by the specification, not by our code."""
    hello = record[9:]
    at = 34
    at += 1 + hello[at]
    size = int.from_bytes(hello[at:at + 2], "big")
    ciphers = numbers(hello[at + 2:at + 2 + size])
    at += 2 + size
    at += 1 + hello[at] + 2
    types, found = [], {}
    while at < len(hello):
        kind = int.from_bytes(hello[at:at + 2], "big")
        size = int.from_bytes(hello[at + 2:at + 4], "big")
        if not is_grease(kind):
            types.append(kind)
            found[kind] = hello[at + 4:at + 4 + size]
        at += 4 + size
    version = {0x304: "13", 0x303: "12"}[max(numbers(found[43][1:]))]
    alpn = found[16][3:3 + found[16][2]].decode() if 16 in found else "00"
    left = ",".join(f"{n:04x}" for n in sorted(ciphers))
    right = ",".join(f"{n:04x}" for n in sorted(types) if n not in (0, 16))
    right += "_" + ",".join(f"{n:04x}" for n in numbers(found[13][2:]))
    return (f"t{version}{'d' if 0 in found else 'i'}{len(ciphers):02}"
            f"{len(types):02}{alpn[0]}{alpn[-1]}_"
            f"{hashlib.sha256(left.encode()).hexdigest()[:12]}_"
            f"{hashlib.sha256(right.encode()).hexdigest()[:12]}")


def test_a_clienthello_is_read_and_named(httpd_with):
    server = sink_with(httpd_with, "ProxyGuardAction connect-tls sink\n")
    for name, alpn, target in (
            ("mail.invalid", ["h2", "http/1.1"], "mail.invalid:443"),
            ("other.invalid", None, "other.invalid:465")):
        octets = hello_of(name, alpn)
        with tunnel(server.address, target) as wire:
            for i in range(0, len(octets), 100):
                wire.send(octets[i:i + 100])
            assert wire.read_to_end() == b""
        line = server.log.take("PG0144: ")
        assert (line.ended, line.sni) == ("complete", name)
        assert line.alpn == (alpn[0] if alpn else "")
        assert line.ja4 == ja4_of(octets)
        assert (line.mails, line.lost) == ("0", "0")
        assert int(line.octets) == len(octets)
        assert 0 <= float(line.seconds) < 100
    server.log.attempts(2)


def test_what_is_no_clienthello_is_not_named(httpd_with):
    server = sink_with(httpd_with, "ProxyGuardAction connect-tls sink\n")
    for octets in (b"GET / HTTP/1.0\r\n\r\n", b"\x16\x03\x01\x00\x02\x01\x00",
                   b"\x16\x03\x01\x00\x00"):
        with tunnel(server.address, "s.invalid:443") as wire:
            wire.send(octets)
            assert wire.read_to_end() == b""
        line = server.log.take("PG0144: ")
        assert line.ended == "complete" and "ja4" not in line.fields
    server.log.attempts(3)


# --- the evidence log --------------------------------------------------------

EVIDENCE = ("ProxyGuardEvidenceLog @ROOT@/evidence.json\n"
            "ProxyGuardAction connect-tls sink\n"
            "ProxyGuardAction connect-other sink\n")


def captured(server):
    """The lines of the evidence log that are not attempts."""
    lines = map(json.loads, server.read("evidence.json").splitlines())
    return [x for x in lines if x["event"]["dataset"] == "proxyguard.sink"]


def moment(line):
    return datetime.datetime.fromisoformat(
        line["@timestamp"].replace("Z", "+00:00")).timestamp()


def test_evidence_has_mail_clienthello_and_first_bytes(httpd_with):
    server = sink_with(httpd_with, EVIDENCE + "ProxyGuardSensor north\n")
    mail_id, = deliver(server, MESSAGE)
    octets = hello_of("mail.invalid", ["h2"])
    for target, first in (("s.invalid:443", octets), ("s.invalid:22",
                          b"SSH-2.0-x\xff \"\r\nsecond line\r\n")):
        with tunnel(server.address, target) as wire:
            wire.send(first)
            assert wire.read_to_end() == b""
    lines = [server.log.take("PG0144: ") for _ in range(2)]
    mail, hello, other = captured(server)
    assert [x["proxyguard"]["sink"]["conversation"] for x in (hello, other)
            ] == [x.fields["id"] for x in lines]
    assert mail_id == mail["proxyguard"]["sink"]["conversation"] + "-1"
    # a mail has a time of its own: here a greeting came before it
    attempt = json.loads(server.read("evidence.json").splitlines()[0])
    assert moment(mail) - moment(attempt) > 0.05
    assert mail["email"]["local_id"] == mail_id
    assert mail["email"]["from"]["address"] == ["a@b.example"]
    assert mail["email"]["subject"] == "hello"
    assert "class" not in mail["proxyguard"]
    sink = mail["proxyguard"]["sink"]
    assert (sink["sender"], sink["recipients"]) == ("a@b.example",
                                                    ["c@d.example"])
    assert (sink["kept"], sink["recipient_count"]) == ("message", 1)
    assert sink["size"] == len(MESSAGE)
    assert mail["source"]["ip"] == "127.0.0.1"
    assert mail["destination"] == {"address": "mx.invalid", "port": 25}
    assert mail["observer"]["name"] == "north"
    assert hello["tls"]["client"] == {"server_name": "mail.invalid",
                                      "alpn": "h2", "ja4": ja4_of(octets)}
    assert other["proxyguard"]["sink"]["first_bytes"] == 'SSH-2.0-x\\xff "'
    assert lines[1].first == "SSH-2.0-x? ?"
    assert "second" not in server.read("evidence.json")
    server.log.attempts(2)
    # each of them is one attempt, whatever was captured
    found = scan_json(server.path("evidence.json"))
    lines = found["scan"]["lines"]
    assert (found["attempts"], lines["unparsed"], lines["other"]) == (3, 0, 3)
    sampled = run("sample", server.path("evidence.json"))
    assert sampled.stdout.count(b"# ") == 3 and sampled.returncode == 0
    assert b"left out, from private addresses: 3\n" in run(
        "abuse", "-O", "abuseipdb", server.path("evidence.json")).stderr


@pytest.mark.parametrize("keep, subject", [("header", "hello"),
                                           ("summary", None)])
def test_nothing_shows_more_than_is_kept(httpd_with, keep, subject):
    server = sink_with(httpd_with, EVIDENCE + f"ProxyGuardSinkKeep {keep}\n")
    deliver(server, MESSAGE + LONG + "http://shop.example/1\r\n")
    mail, = captured(server)
    assert mail["email"].get("subject") == subject
    assert ("from" in mail["email"]) == (subject is not None)
    assert mail["proxyguard"]["sink"]["kept"] == keep
    campaign, = server.status()["sink"]["campaigns"]
    assert (campaign["subject"], campaign["lure"]) == (subject, None)


# --- the command -------------------------------------------------------------

def multipart():
    return ("Subject: =?iso-2022-jp?B?GyRCPz1AQRsoQg==?=\r\n"
            "MIME-Version: 1.0\r\n"
            'Content-Type: multipart/mixed; boundary="b"\r\n\r\npreamble\r\n'
            "--b\r\nContent-Type: text/html; charset=big5\r\n"
            "Content-Transfer-Encoding: quoted-printable\r\n\r\n"
            "<style>x</style><p>=A4=A4=A4=E5 &lt;b&gt;<br>two</p>\r\n"
            "--b\r\nContent-Type: application/zip\r\n"
            "Content-Disposition: attachment; filename=\"../x\x1b.zip\"\r\n"
            "Content-Transfer-Encoding: base64\r\n\r\nUEsDBA==\r\n"
            "--b--\r\nepilogue\r\n")


def test_mail_is_listed_and_shown(httpd_with):
    server = sink_with(httpd_with)
    box = server.path("spool.mbox")
    first, second = deliver(server, MESSAGE, multipart())
    lines = proxyguard("list", box).splitlines()
    assert [x.split()[0] for x in lines] == [first, second]
    assert "127.0.0.1  mx.invalid:25  message" in lines[0]
    assert lines[0].endswith("  hello") and lines[1].endswith("  申請")
    shown = proxyguard("show", box, second)
    assert "Delivered-To: c@d.example\n" in shown
    assert "Subject: 申請\n" in shown
    assert "中文 <b>\ntwo" in shown
    assert "preamble" not in shown and "epilogue" not in shown
    assert ("attachment: ../x\\x1b.zip  application/zip  4 bytes  sha256="
            + hashlib.sha256(b"PK\x03\x04").hexdigest()) in shown
    proxyguard("show", box, "nobody", code=65)
    proxyguard("list", server.path("error.log"), code=65)
    proxyguard("list", server.path("missing"), code=66)
    proxyguard("look", box, code=64)


def test_mail_is_exported_as_it_was_sent(httpd_with, tmp_path):
    server = sink_with(httpd_with)
    box = server.path("spool.mbox")
    ids = deliver(server, MESSAGE, multipart())
    proxyguard("export", box, str(tmp_path / "eml"))
    proxyguard("export", "--maildir", box, str(tmp_path / "dir"))
    for mail_id, sent in zip(ids, (MESSAGE, multipart())):
        for path in (tmp_path / "eml" / f"{mail_id}.eml",
                     tmp_path / "dir" / "new" / mail_id):
            assert path.read_bytes() == sent.encode()


def test_campaigns_are_found_in_the_spool_too(httpd_with):
    server = sink_with(httpd_with)
    deliver(server, letter("a", LONG + "1 http://x.example/1\r\n"),
            letter("b", LONG + "2 http://x.example/2\r\n"),
            letter("c", "Something else altogether, " * 5))
    lines = proxyguard("campaigns", server.path("spool.mbox")).splitlines()
    assert [x.split()[0] for x in lines] == ["2", "1"]
    assert "x.example" in lines[0]


def test_a_report_names_no_recipient(httpd_with):
    server = sink_with(httpd_with)
    mail_id, = deliver(server, MESSAGE)
    text = proxyguard("report", "--arf", server.path("spool.mbox"), mail_id)
    report = email.message_from_string(text)
    assert report.get_content_type() == "multipart/report"
    kinds = [p.get_content_type() for p in report.walk()][1:]
    assert kinds[0] == "text/plain"
    assert "message/feedback-report" in kinds
    assert "text/rfc822-headers" in kinds
    assert "c@d.example" not in text and "xxx@d.example" in text
    assert "Source-IP: 127.0.0.1" in text and "Subject: hello" in text

# Licensed under the Apache License, Version 2.0; see LICENSE.
"""What a disk can do to the spool and to the evidence log, one system call at
a time: nothing that was kept is lost, and half a line hides no other."""

import json
import re
import threading

import pytest

from pg_httpd import StartError
from pg_sink import CONF, spool, tunnel
from pg_strace import Failing
from pg_wire import wait_until

ABLE = ("event",)
BEFORE = b"From x Thu Jan  1 00:00:00 1970\nA: b\n\n\n"
FROM = b"From MAILER-DAEMON "


# --- the spool -------------------------------------------------------------

def failing(httpd_with, fault, before=BEFORE, **more):
    """A server to whose spool that happens."""
    server = httpd_with.make(CONF, kind=Failing, file="spool.mbox",
                             fault=fault, **more)
    server.write("spool.mbox", before)
    server.start()
    server.log.take("PG0141")
    return server


def mail(text):
    return (b"MAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nDATA\r\n"
            b"Subject: %s\r\n.\r\n" % text)


def send(server, *texts):
    """Mails in one write, so that one thread takes all of them. Returns the
    answer to each."""
    with tunnel(server.address) as wire:
        wire.send(b"".join(map(mail, texts)) + b"QUIT\r\n")
        said = wire.read_to_end()
    return [int(x) for x in re.findall(rb"^(\d+) (?:Ok: queued|Insuff)", said,
                                       re.M)]


def written(server, before=BEFORE):
    """What was added to the spool: what precedes each entry, and its
    subject."""
    octets = spool(server)
    assert octets.startswith(before)
    first, *entries = octets[len(before):].split(FROM)
    out = [(first, re.search(rb"^Subject: (\w+)\r\n", entry, re.M)[1])
           for entry in entries]
    for i, entry in enumerate(entries[:-1], 1):
        head, _, tail = entry.rpartition(b"\r\n")
        assert head.endswith(out[i - 1][1]), entry
        out[i] = tail, out[i][1]
    return out


SPOOL = {
    # fault: answers, what precedes the entries and their subjects, the reason
    "write:error=EINTR:when=2..3": (
        [250, 250, 250], [(b"", b"A"), (b"\n", b"B"), (b"\n", b"C")], None),
    # a system call that fails wrote nothing, and there is nothing to end
    "write:error=EIO:when=2": (
        [250, 452, 250], [(b"", b"A"), (b"\n", b"C")], "Input/output error"),
    # half an entry, behind which another process has written
    "write:retval=9:when=2": (
        [250, 452, 250], [(b"", b"A"), (b"\n\n\n", b"C")],
        "No space left on device"),
    "write:retval=1:when=2..3": (
        [250, 452, 452, 250], [(b"", b"A"), (b"\n\n\n", b"D")],
        "No space left on device"),
    # the parent's third is the look at the last octet
    "newfstatat:error=EIO:when=3": (
        [250, 250, 452, 250], [(b"", b"A"), (b"\n", b"B"), (b"\n", b"D")],
        "Input/output error"),
}


@pytest.mark.parametrize("fault", SPOOL)
def test_a_disk_that_fails_costs_one_mail(httpd_with, fault):
    answers, there, why = SPOOL[fault]
    server = failing(httpd_with, fault)
    assert send(server, *(b"A", b"B", b"C", b"D")[:len(answers)]) == answers
    assert written(server) == there
    if why:
        line = server.log.take(r"PG0145: .* \(it cannot be written to\)")
        assert f"){why}: PG0145" in line.text
        server.log.take("PG0146: ")
    line = server.log.take("PG0144: ")
    assert (line.mails, line.lost) == (str(len(answers)),
                                       str(answers.count(452)))
    server.log.attempt()


def test_a_half_entry_is_ended_once_whoever_does_it(httpd_with):
    """The parent at a restart, and not the next entry once more."""
    server = failing(httpd_with, "write:retval=9:when=2")
    assert send(server, b"A", b"B") == [250, 452]
    with open(server.path("spool.mbox"), "ab") as f:
        f.write(b"hal\n\nf")
    server.graceful()
    server.log.take("PG0141")
    assert send(server, b"C") == [250]
    assert written(server) == [(b"", b"A"), (b"\nhal\n\nf\n\n", b"C")]
    server.log.take_all("PG014[056]: ")


@pytest.mark.parametrize("last, between", [(b"\n\nf", b"\n\n"),
                                           (b"ff\n", b"")])
def test_only_the_last_octet_says_whether_an_entry_has_an_end(httpd_with,
                                                              last, between):
    server = httpd_with.make(CONF)
    server.write("spool.mbox", BEFORE + last)
    server.start()
    server.log.take("PG0141")
    assert send(server, b"A") == [250]
    assert written(server, BEFORE + last) == [(between, b"A")]
    server.log.attempt()


def test_half_an_entry_behind_half_an_entry_is_taken_back(httpd_with):
    """With the line ends that precede it: they are there for good."""
    before = BEFORE + b"x\n" * 1500000
    server = failing(httpd_with, "write:retval=9:when=2", before,
                     limits=[f"--fsize={len(before) + 1500}"])
    assert send(server, b"A", b"B", b"x" * 3000, b"D") == [250, 452, 452, 250]
    assert written(server, before) == [(b"", b"A"), (b"\n\n\n", b"D")]
    server.log.take_all("PG014[056]: ")


@pytest.mark.parametrize("room", [0, 1])
def test_a_spool_is_full_to_the_octet(httpd_with, room):
    before = BEFORE + b"x\n" * 1500000
    server = failing(httpd_with, "fsync:error=EIO", before,
                     limits=[f"--fsize={len(before) + room}"])
    assert send(server, b"A", b"B") == [452, 452]
    line = server.log.take("PG0145: ")
    assert ("File too large" if room == 0 else "No space left") in line.text
    assert spool(server) == before
    server.log.attempt()


# each thread's first write is slow
@pytest.mark.parametrize("seconds, between", [(0.8, b"\n"), (3, b"\n\n\n")])
def test_who_is_slow_to_write_is_waited_for_and_then_taken_for_dead(
        httpd_with, seconds, between):
    server = failing(httpd_with,
                     f"write:delay_enter={int(seconds * 1000000)}:when=1")
    answers = []
    first = threading.Thread(target=lambda: answers.extend(send(server, b"A")))
    first.start()
    wait_until(lambda: "write(" in server.read("trace"), "the write")
    assert send(server, b"B") == [250]
    first.join()
    assert answers == [250]
    assert written(server) == [(b"", b"A"), (between, b"B")]
    server.log.attempts(2)


# --- the evidence log --------------------------------------------------------

OURS = b'{"@timestamp":"2026","event":{"module":"proxyguard"}}\n'
FOREIGN = b"GET /page.txt HTTP/1.1\r\nHost: s.example\r\n\r\n"
LAST = FOREIGN[:-2] + b"Connection: close\r\n\r\n"

EVIDENCE = {
    # fault: what is between the lines, how many are lost, the reason
    "writev:error=EINTR:when=2..3": ([b"\n", b"\n", b"\n"], 0, None),
    "writev:error=EIO:when=2": ([b"\n", b"\n"], 1, "Input/output error"),
    "writev:retval=0:when=2": ([b"\n", b"\n"], 1, "No space left on device"),
    "writev:retval=1:when=2": ([b"\n\n", b"\n"], 1,
                               "No space left on device"),
    "writev:retval=9:when=2": ([b"\n\n", b"\n"], 1,
                               "No space left on device"),
    # half a line, and then none: it is still half a line
    "writev:retval=9:when=2..3": ([b"\n\n"], 2, "No space left on device"),
}


@pytest.mark.parametrize("fault", EVIDENCE)
def test_a_disk_that_fails_costs_one_line(httpd_with, fault):
    between, lost, why = EVIDENCE[fault]
    server = httpd_with.make("ProxyGuardEvidenceLog @ROOT@/evidence.json",
                             kind=Failing, file="evidence.json", fault=fault)
    server.write("evidence.json", OURS)
    server.start()
    with server.wire() as wire:         # one thread takes all of them
        wire.send(FOREIGN * 3 + LAST)
        wire.read_to_end()
    server.log.attempts(4)
    with open(server.path("evidence.json"), "rb") as f:
        octets = f.read()
    lines = octets[len(OURS):-1]
    assert octets.startswith(OURS) and octets.endswith(b"}\n")
    assert re.findall(rb"(?<=\})\n+(?=\{)", lines) == between
    assert {json.loads(x)["event"]["action"] for x in lines.splitlines() if x
            } == {"foreign-host"}
    if why:
        assert f"){why}: PG0107" in server.log.take(" PG0107: ").text
        assert server.log.take(" PG0108: ").lost == str(lost)
    assert server.log.untaken(" PG0108: ") == []


def test_a_program_that_cannot_be_started_stops_the_start(httpd_with):
    server = httpd_with.make('ProxyGuardEvidenceLog "|/bin/cat"',
                             kind=Failing, file=None,
                             fault="clone,clone3,fork,vfork:error=EAGAIN")
    with pytest.raises(StartError):
        server.start()
    assert "it cannot be started or opened" in server.log.take("PG0009").text
    server.log.take_all("AH")

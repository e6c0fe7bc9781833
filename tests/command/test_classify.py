# Licensed under the Apache License, Version 2.0; see LICENSE.
"""The filter: one line per attempt, and as many as scan counts."""

import csv
import io
import json
import os
import random
import select
import socket
import subprocess
import sys

import pytest

from pg_cli import (CLEAN, COMMAND, CONNECT, GET, SYNTH, line, run,
                    scan_json, write)

MIXED = (CLEAN * 3 + GET + CONNECT + line("CONNECT a.example:443 HTTP/1.1",
                                          200, "-")
         + "what is this\n" + line("-", 408, "-"))


def rows(*args, stdin=b""):
    done = run("classify", *args, stdin=stdin)
    return done, [json.loads(row) for row in done.stdout.splitlines()]


def test_the_first_lines_say_how_all_are_written(tmp_path):
    """Not those of a later block, in which every URL may be full."""
    full = [line(f"GET http://h{i % 5}.example/{i} HTTP/1.1", 200)
            for i in range(6000)]
    log = write(tmp_path / "log", CLEAN * 4000, *full)
    assert log.stat().st_size > 2 * 256 * 1024
    done = run("classify", log)
    assert done.stdout.count(b"\n") == len(full)


def test_each_attempt_is_a_line_in_the_names_of_the_evidence_log(tmp_path):
    done, found = rows(write(tmp_path / "log", CLEAN, CONNECT, GET))
    assert done.returncode == 0
    assert found[0] == {
        "@timestamp": "2014-01-02T03:04:05.000Z",
        "event": {"reason": "connect-to-authority"},
        "proxyguard": {"class": "connect-mail", "family": "connect",
                       "outcome": "refused", "intent": "mail"},
        "source": {"address": "192.0.2.7", "ip": "192.0.2.7"},
        "destination": {"address": "mx0.example.com", "port": 25},
        "url": {"original": "mx0.example.com:25"},
        "http": {"request": {"method": "CONNECT"},
                 "response": {"status_code": 405, "body": {"bytes": 235}}},
        "user_agent": {"original": "ua"}}
    assert found[1]["proxyguard"]["judged"] == "unclear"
    assert len(found) == 2


def test_repetitions_are_told_like_the_first(tmp_path):
    """One after another, with others between them, and with a secret."""
    requests = ["GET http://www.example.com/ HTTP/1.1",
                "CONNECT mx0.example.com:25 HTTP/1.0",
                "POST http://www.example.com:81/a?b HTTP/1.0",
                "GET http://joe:secret@www.example.com/ HTTP/1.1",
                "\\x05\\x01", "GET / HTTP/1.1", "www.example.com:443",
                "GET http://" + "x" * 130 + ".example/ HTTP/1.1"]
    _, once = rows("--all", write(tmp_path / "log", *map(line, requests)))
    assert len(once) == len(requests)
    assert "secret" not in str(once)
    _, again = rows("--all", write(tmp_path / "log", *map(
        line, requests * 2 + [r for r in requests for _ in "ab"])))
    assert again == once * 2 + [r for r in once for _ in "ab"]


def test_a_host_decides_for_its_own_request_only(tmp_path):
    hosts = ["www.stranger.test", "", "www.own.test", "www.stranger.test"]
    log = write(tmp_path / "log", *(json.dumps({
        "time": "2014-01-02T03:04:05Z", "client": "192.0.2.7", "status": 200,
        "request": "GET / HTTP/1.1", "host": host}) + "\n" for host in hosts))
    for order in (), ("--no-learn",):
        _, found = rows("--all", "--foreign-host", *order, "--own-host",
                        "www.own.test", log)
        assert [row["proxyguard"]["class"] for row in found] == [
            "foreign-host", "clean", "clean", "foreign-host"]


@pytest.mark.parametrize("form, delimiter", [("csv", ","), ("tsv", "\t")])
def test_tables_have_the_same_rows(tmp_path, form, delimiter):
    log = write(tmp_path / "log", MIXED)
    done = run("classify", "-O", form, log)
    table = list(csv.DictReader(io.StringIO(done.stdout.decode(), newline=""),
                                delimiter=delimiter))
    assert [row["class"] for row in table] \
        == ["absolute", "connect-mail", "connect-tls"]
    assert [row["judged"] for row in table] == ["unclear", "", "relayed"]
    assert table[1]["port"] == "25"


def test_what_was_not_read_is_said_and_shows_with_all(tmp_path):
    log = write(tmp_path / "log", MIXED)
    done, found = rows(log)
    assert (done.returncode, len(found)) == (3, 3)
    assert b"1 line could not be read" in done.stderr
    done, found = rows("--all", log)
    assert [row["proxyguard"]["class"] for row in found] == [
        "clean"] * 3 + ["absolute", "connect-mail", "connect-tls", "unread",
                        "silent"]
    assert found[6]["event"]["original"] == "what is this"


def test_what_is_not_decided_is_reported_and_shows_with_all(tmp_path):
    log = write(tmp_path / "log",
                '192.0.2.7 "GET http://a.test/ HTTP/2.0" 400 - -\n')
    done, found = rows(log)
    assert (done.returncode, found) == (3, [])
    assert b"1 line with a full URL may or may not be an att" in done.stderr
    assert b"--own-host" in done.stderr
    assert [row["proxyguard"]["class"] for row in rows("--all", log)[1]] \
        == ["suspect"]
    done, found = rows("-o", "www.own.test", log)
    assert (done.returncode, len(found), done.stderr) == (0, 1, b"")


def test_all_calls_nothing_clean_that_may_hold_an_attempt(tmp_path):
    """A line each, and the same doubts as without it: a request that is none
    but has a URL, two lines in one, and one of more than a megabyte."""
    log = write(tmp_path / "log", CLEAN, line("a GET http://b/ HTTP/1.1", 400),
                CLEAN.rstrip("\n"), GET, "x" * 2_000_000 + "\n", CONNECT)
    few, attempts = rows(log)
    every, found = rows("--all", log)
    assert (every.returncode, every.stderr) == (3, few.stderr)
    assert b"3 lines could not be read, and may hold attempts" in few.stderr
    classes = [row["proxyguard"]["class"] for row in found]
    assert sorted(classes) == ["clean", "clean", "connect-mail", "suspect",
                               "suspect", "unread"]
    assert len(attempts) == 1
    assert len(classes) == scan_json(log)["scan"]["lines"]["lines"]


def test_no_secret_is_in_the_text_of_a_line(tmp_path):
    log = write(tmp_path / "log", "no idea https://joe:pa55@h/?token=pa55\n",
                line("a b http://joe:pa55@h/ c", 400), CLEAN)
    for form in ("json", "csv", "tsv"):
        text = run("classify", "--all", "-O", form, log).stdout.decode()
        assert "pa55" not in text
        assert text.count("(removed)") == 3


def test_its_sums_are_those_of_scan(tmp_path):
    log = tmp_path / "log"
    subprocess.run([sys.executable, SYNTH, "bench", log, "4"], check=True)
    found = scan_json("-q", log)
    _, attempts = rows(log)
    assert len(attempts) == found["attempts"] > 0
    for name in ("class", "family"):
        counts = {}
        for row in attempts:
            word = row["proxyguard"][name]
            counts[word] = counts.get(word, 0) + 1
        assert counts == {k: v for k, v in found[f"by_{name}"].items() if v}


def test_a_pipe_is_passed_on_before_more_is_waited_for():
    with subprocess.Popen([COMMAND, "classify"], stdin=subprocess.PIPE,
                          stdout=subprocess.PIPE) as child:
        child.stdin.write(CONNECT.encode())
        child.stdin.flush()
        assert select.select([child.stdout], [], [], 20)[0]
        assert json.loads(child.stdout.readline())["proxyguard"]["class"] \
            == "connect-mail"
        child.stdin.close()
        assert child.wait(20) == 0


def test_unbuffered_writes_a_line_at_once(tmp_path):
    """A packet socket keeps each write separate."""
    log = write(tmp_path / "log", CONNECT * 9)
    for options, writes in (([], 1), (["--unbuffered"], 9)):
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with ours, theirs:
            subprocess.run([COMMAND, "classify", *options, log], check=True,
                           stdout=theirs, timeout=20)
            theirs.close()
            packets = list(iter(lambda: ours.recv(1 << 17), b""))
        assert len(packets) == writes
        assert b"".join(packets).count(b"\n") == 9


def test_nobody_reads_on_or_the_disk_is_full(tmp_path):
    log = write(tmp_path / "log", CONNECT * 20000)
    with subprocess.Popen([COMMAND, "classify", log], stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE) as child:
        child.stdout.readline()
        child.stdout.close()
        assert child.wait(20) == 74
        assert child.stderr.read() == b""
    # one line fails when all is flushed at the end, many before
    for path in (write(tmp_path / "short", CONNECT), log):
        with open("/dev/full", "wb") as full:
            done = subprocess.run([COMMAND, "classify", path], stdout=full,
                                  stderr=subprocess.PIPE, check=False)
        assert done.returncode == 74
        assert done.stderr == \
            b"proxyguard classify: the output could not be written\n"


def test_what_cannot_be_read_is_named(tmp_path):
    done, found = rows(tmp_path / "missing", write(tmp_path / "log", CONNECT))
    assert (done.returncode, len(found)) == (66, 1)
    assert b"missing" in done.stderr
    assert run("classify", "-O", "xml").returncode == 64


def test_a_line_without_a_status_does_not_tell_what_was_answered(tmp_path):
    begin = '192.0.2.7 - - [02/Jan/2014:03:04:05 +0000] '
    log = write(tmp_path / "log", f'{begin}"GET http://a.test/ HTTP/1.1"\n',
                f'{begin}"CONNECT a.test:443 HTTP/1.1"\n')
    assert [row["proxyguard"]["judged"] for row in rows(log)[1]] \
        == ["unclear", "unclear"]
    assert scan_json(log)["scan"]["judged"] == {
        "harmless": 0, "unclear": 2, "relayed": 0}
    for form in ("text", "html"):
        said = run("scan", "-q", "-O", form, log).stdout.decode()
        assert "none was answered with a 2xx" not in said
        assert "the log cannot tell" in said and "curl -x" in said


def test_a_greeting_is_shown_alike_from_either_log(tmp_path):
    """In the error log both the module and httpd have escaped it."""
    greeting = r"\x04\x01\x00\x19\xc0\x00\x02\x09"
    logged = greeting.replace("\\", "\\\\")
    _, found = rows(write(
        tmp_path / "log", line(greeting, 400),
        "[Mon Nov 18 11:02:04.123456 2024] [proxyguard:warn] [pid 1:tid 2] "
        "[client 192.0.2.7:40312] PG0101: relay attempt denied: class=socks "
        f'method="" target="{logged}" host="192.0.2.9" port=25 '
        "status=400 outcome=denied source=192.0.2.7 reason=socks4-greeting "
        'agent=""\n'))
    assert [row["url"]["original"] for row in found] == [greeting] * 2
    assert found[1]["destination"] == {"address": "192.0.2.9", "port": 25}


def test_names_of_the_log_are_its_own(tmp_path):
    log = write(tmp_path / "log",
                "a.example:80 " + line("GET http://a.example/ HTTP/1.1"),
                "a.example:80 " + line("GET http://b.example/ HTTP/1.1"))
    assert len(rows(log)[1]) == 1
    assert len(rows("--no-learn", log)[1]) == 2
    assert len(rows("-o", "b.example", log)[1]) == 1


def test_a_long_line_is_written_whole(tmp_path):
    target = "http://a/" + "x" * 9000
    done, found = rows(write(tmp_path / "log", CONNECT,
                             line(f"GET {target} HTTP/1.1"), CONNECT))
    assert done.returncode == 0
    assert [len(row["url"]["original"]) for row in found] \
        == [len("mx0.example.com:25"), len(target), len("mx0.example.com:25")]


def test_clients_cannot_break_a_line(tmp_path):
    evil = "\x1b[2J\u202e\x9b=cmd()"
    log = write(tmp_path / "log", line(f"GET http://a/{evil} HTTP/1.1",
                                       agent=f"=1+1\t{evil}"))
    for form in ("json", "csv", "tsv"):
        text = run("classify", "-O", form, log).stdout.decode()
        assert "\x1b" not in text and "\x9b" not in text
        assert "\u202e" not in text
        assert len(text.splitlines()) == (1 if form == "json" else 2)
    assert os.path.exists(log)


# column -> name in a line of JSON
NAMES = {
    "time": "@timestamp", "reason": "event.reason", "text": "event.original",
    "class": "proxyguard.class", "family": "proxyguard.family",
    "outcome": "proxyguard.outcome", "judged": "proxyguard.judged",
    "intent": "proxyguard.intent", "client": "source.address",
    "client_ip": "source.ip", "host": "destination.address",
    "port": "destination.port", "target": "url.original",
    "method": "http.request.method", "status": "http.response.status_code",
    "bytes": "http.response.body.bytes", "user_agent": "user_agent.original",
    "vhost": "server.address"}
NUMBERS = ("port", "status", "bytes")
FIELDS = {
    "time": ["2014-01-02T03:04:05.678Z"],
    "client": ["192.0.2.7", "2001:db8::7", "proxy.a.example"],
    "status": [200, 405, 99, 199, 299, 300, 0],
    "bytes": ["0", "7", "007", "-", "1" * 18, "1" * 19, "12x"],
    "user_agent": ["a,b", 'a"b', "=1", "a\tb", "\u00fc"],
    "vhost": ["www.own.test:80"],
}
ASKED = ["GET / HTTP/1.1", "GET http://a.example/ HTTP/1.1", "\\x05\\x01",
         "CONNECT mx.a.example:25 HTTP/1.0", "GET http://a.example:8080/x",
         "CONNECT a.example HTTP/1.0", "POST http://[2001:db8::5]:81/ HTTP/1.0"]


def flat(row, before=""):
    for name, value in row.items():
        if isinstance(value, dict):
            yield from flat(value, f"{before}{name}.")
        else:
            yield before + name, value


@pytest.mark.parametrize("seed", range(20))
def test_all_forms_have_the_same_values_whichever_are_there(tmp_path, seed):
    rng = random.Random(seed)
    log = write(tmp_path / "log", *(json.dumps({
        "request": rng.choice(ASKED), **{
            name: rng.choice(values) for name, values in FIELDS.items()
            if rng.random() < .6}}) + "\n" for _ in range(60)))
    args = ("--all", "--no-learn", log)
    found = [dict(flat(row)) for row in rows(*args)[1]]
    assert len(found) == 60
    for form, delimiter in (("csv", ","), ("tsv", "\t")):
        said = run("classify", "-O", form, *args).stdout.decode()
        table = (csv.reader(io.StringIO(said, newline="")) if form == "csv"
                 else (x.split("\t") for x in said.splitlines()))
        assert next(table) == list(NAMES)
        for got, row in zip(table, found, strict=True):
            want = [str(row.get(NAMES[name], "")) for name in NAMES]
            if form == "csv":            # formulas are made harmless
                want = ["'" + x if x[:1] in tuple("=+-@|%") else x
                        for x in want]
            assert got == want, delimiter
    for row in found:
        assert all(isinstance(row[name], int) for name in (
            NAMES[x] for x in NUMBERS) if name in row)
        assert set(row) <= set(NAMES.values())
        assert row.get("http.response.status_code") != 0
        assert str(row.get("http.response.body.bytes", 1))[0] != "0"
        assert row.get("http.response.body.bytes", 0) < 10 ** 18

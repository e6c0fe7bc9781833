# Licensed under the Apache License, Version 2.0; see LICENSE.
"""proxyguard merge: ledgers of real servers, added up."""

import datetime
import itertools
import json
import shutil

import pytest

from pg_cli import ledger_of, line, run, write

NAME = "run/proxyguard.ledger"
SECRET = "ProxyGuardSecret @ROOT@/secret\n"


@pytest.fixture
def servers(httpd_with):
    """Two servers with one secret; 3 and 2 attempts, all of one client."""
    made = []
    for attempts in (3, 2):
        server = httpd_with.make(SECRET)
        server.write("secret", b"one secret for all of the fleet\n")
        server.start()
        for _ in range(attempts):
            assert server.send(b"CONNECT mx.example:25 HTTP/1.0\r\n\r\n"
                               ).status == 405
            server.log.attempt()
        made.append(server)
    return made


def show(path):
    done = run("show", "-O", "json", str(path))
    assert done.returncode in (0, 1), done.stderr
    return json.loads(done.stdout)


def merge(out, *paths):
    return run("merge", "-o", str(out), *map(str, paths))


def test_two_servers_become_one_ledger(servers, tmp_path):
    a, b = (s.path(NAME) for s in servers)
    out, swapped = tmp_path / "sum", tmp_path / "swapped"
    assert merge(out, a, b).returncode == 0
    assert merge(swapped, b, a).returncode == 0
    one, other = show(out), show(swapped)
    assert one["attempts"] == 5
    assert one["sources"] == 1 and one["sources_elsewhere"] == 0
    for key in ("attempts", "by_class_and_outcome", "sources", "since",
                "covered", "vhosts"):
        assert one[key] == other[key], key


def test_a_copy_and_what_is_held_already_add_nothing(servers, tmp_path):
    a, b = (s.path(NAME) for s in servers)
    copy, out = tmp_path / "copy", tmp_path / "sum"
    shutil.copy(a, copy)
    assert merge(out, a, b, copy).returncode == 0
    assert show(out)["attempts"] == 5
    assert merge(tmp_path / "again", out, a, b).returncode == 0
    assert show(tmp_path / "again")["attempts"] == 5


def test_of_two_states_the_later_is_taken(servers, tmp_path):
    server = servers[0]
    before = tmp_path / "before"
    shutil.copy(server.path(NAME), before)
    server.send(b"CONNECT mx.example:25 HTTP/1.0\r\n\r\n")
    server.log.attempt()
    assert merge(tmp_path / "sum", before, server.path(NAME)).returncode == 0
    assert show(tmp_path / "sum")["attempts"] == 4


def test_what_overlaps_in_part_is_refused(servers, tmp_path):
    a, b = (s.path(NAME) for s in servers)
    assert merge(tmp_path / "sum", a, b).returncode == 0
    servers[0].send(b"CONNECT mx.example:25 HTTP/1.0\r\n\r\n")
    servers[0].log.attempt()
    done = merge(tmp_path / "more", tmp_path / "sum", a)
    assert done.returncode == 65 and b"neither contains" in done.stderr
    assert not (tmp_path / "more").exists()


def test_a_log_that_was_read_covers_its_time(tmp_path):
    form = '192.0.2.1 - - [%s +0000] "%s" 405 0 "-" "-"\n'
    log = tmp_path / "access.log"
    log.write_text(
        "".join(form % (f"{day:02}/{month}/2012:00:00:00", "GET / HTTP/1.1")
                for month, days in (("Jan", 31), ("Feb", 29), ("Mar", 31))
                for day in range(1, days + 1))
        + form % ("15/Feb/2012:12:00:00", "CONNECT mx.example:25 HTTP/1.1")
        + form % ("31/Mar/2012:23:59:59", "GET / HTTP/1.1"), "utf-8")
    assert run("scan", "--into", str(tmp_path / "l"), str(log)
               ).returncode == 1
    ledger = show(tmp_path / "l")
    assert ledger["covered"] == [{"from": "2012-01-01T00:00:00Z",
                                  "to": "2012-03-31T23:59:59Z"}]
    assert ledger["since"] == "2012-01-01T00:00:00Z"


def test_what_cannot_be_read_or_written_is_named(servers, tmp_path):
    a = servers[0].path(NAME)
    (tmp_path / "text").write_bytes(b"no ledger\n" * 100)
    done = merge(tmp_path / "sum", a, tmp_path / "text")
    assert done.returncode == 66 and b"text: it is not a ledger" in done.stderr
    assert not (tmp_path / "sum").exists()
    done = merge(tmp_path / "text", a)
    assert done.returncode == 74 and b"exists" in done.stderr
    assert run("merge", a).returncode == 64
    assert run("merge", "-o", str(tmp_path / "sum")).returncode == 64


# --- ledgers that logs were read into ----------------------------------------

@pytest.fixture(name="logs")
def three_logs(tmp_path):
    """Of 1, 2 and 3 clients."""
    return [write(tmp_path / f"{n}.log", *(
        line("CONNECT mx.example:25 HTTP/1.0", 405,
             client=f"192.0.2.{10 * n + i}",
             when=f"0{n}/Jan/2014:03:04:05 +0000") for i in range(n)))
            for n in (1, 2, 3)]


def test_one_log_in_two_ledgers_does_not_count_twice(tmp_path, logs):
    a = ledger_of(tmp_path / "a", logs[0], logs[1])
    b = ledger_of(tmp_path / "b", logs[1], logs[2])
    c = ledger_of(tmp_path / "c", logs[2])
    for one, other in ((a, b), (b, a), (b, c)):
        done = merge(tmp_path / "sum", c if one == a else a, one, other)
        assert done.returncode == 65 and b"would count twice" in done.stderr
        assert not (tmp_path / "sum").exists()
    assert merge(tmp_path / "sum", a, c).returncode == 0
    assert show(tmp_path / "sum")["attempts"] == 6
    assert merge(tmp_path / "more", tmp_path / "sum", b).returncode == 65
    assert merge(tmp_path / "same", tmp_path / "sum", c).returncode == 0
    assert show(tmp_path / "same")["attempts"] == 6
    grown = write(tmp_path / "grown.log", logs[2].read_text() + line(
        "CONNECT mx.example:25 HTTP/1.0", 405))
    done = merge(tmp_path / "more", c, ledger_of(tmp_path / "grown", grown))
    assert done.returncode == 65 and b"begins like" in done.stderr


def ledger_alone(path, log):
    """A ledger with a secret of its own, which is the same in each run: a
    random one lets a few sources in a thousand coincide in the estimate."""
    return ledger_of(path, "--secret", write(
        path.with_suffix(".secret"), f"the secret of {path.name:>24}\n"), log)


def test_the_order_of_different_secrets_does_not_matter(tmp_path, logs):
    parts = [ledger_alone(tmp_path / str(i), x) for i, x in enumerate(logs)]
    sums = []
    for i, order in enumerate(itertools.permutations(parts)):
        assert merge(tmp_path / f"sum-{i}", *order).returncode == 0
        text = run("show", "-O", "json", "--mask", tmp_path / f"sum-{i}")
        sums.append({**json.loads(text.stdout), "now": None})
    assert (sums[0]["sources"], sums[0]["sources_elsewhere"]) == (3, 3)
    assert all(x == sums[0] for x in sums)


def test_the_key_that_most_share_or_with_most_sources_leads(tmp_path, logs):
    """Its sources are counted, those of others are only added up."""
    few = ledger_alone(tmp_path / "few", logs[2])
    one, two = (ledger_of(tmp_path / f"shared-{n}", "--secret", write(
        tmp_path / "secret", "one secret for all of the fleet\n"), logs[n])
        for n in (0, 1))
    many = ledger_alone(tmp_path / "many", write(tmp_path / "many.log", *(
        line("CONNECT mx.example:25 HTTP/1.0", 405, client=f"192.0.2.{i}")
        for i in range(9))))
    equal = ledger_alone(tmp_path / "equal", write(tmp_path / "equal.log", *(
        line("CONNECT mx.example:25 HTTP/1.0", 405, client=f"192.0.2.{i}")
        for i in range(90, 99))))
    for i, (parts, sources) in enumerate([
            ((one, few, two, many), (3, 12)), ((one, few), (3, 1)),
            ((few, many), (9, 3)), ((two, many), (9, 2)),
            ((two, many, few), (9, 5)), ((many, equal), (9, 9))]):
        shown = []
        # one that is named again adds nothing, and so decides nothing
        for order in (parts, parts[::-1], parts[1:] + parts[:1],
                      *(parts + 2 * (again,) for again in parts)):
            out = tmp_path / f"sum-{i}-{len(shown)}"
            assert merge(out, *order).returncode == 0
            text = run("show", "-O", "json", "--mask", out).stdout
            shown.append({**json.loads(text), "now": None})
        assert (shown[0]["sources"], shown[0]["sources_elsewhere"]) == sources
        assert all(x == shown[0] for x in shown)


# Of which some begin on another day, or hold more; or neither.
@pytest.mark.parametrize("days, attempts", [
    ((1, 3, 2), (2, 3, 1)), ((1, 1, 1), (1, 2, 3)), ((1, 1, 1), (1, 1, 1))])
def test_neither_does_it_to_lists_that_are_full(tmp_path, days, attempts):
    parts = []
    for part, (day, n) in enumerate(zip(days, attempts)):
        log = write(tmp_path / f"full-{part}.log", *(
            line("CONNECT mx.example:25 HTTP/1.0", 405,
                 client=f"10.{part}.{i // 250}.{i % 250}",
                 when=f"0{day}/Jan/2014:03:04:05 +0000")
            for i in range(1500) for _ in range(1 + i * n % 5)))
        parts.append(ledger_of(tmp_path / f"full-{part}", log))
    sums = []
    for i, order in enumerate((parts, parts[::-1], parts[1:] + parts[:1])):
        assert merge(tmp_path / f"sum-{i}", *order).returncode == 0
        sums.append(show(tmp_path / f"sum-{i}")["top"]["sources"])
    assert sums[0]["floor"] > 0
    assert sums[1] == sums[2] == sums[0]


def test_logs_with_the_same_header_are_different_logs(tmp_path):
    head = ("#Software: Microsoft Internet Information Services 8.5\r\n"
            "#Version: 1.0\r\n#Fields: date time s-ip cs-method cs-uri-stem "
            "cs-uri-query s-port cs-username c-ip cs(User-Agent) sc-status\r\n")
    day = [write(tmp_path / f"u_ex14010{d}.log", head, *(
        f"2014-01-0{d} 00:00:0{i} 198.51.100.2 CONNECT mx.example:25 - 80 - "
        "192.0.2.1 ua 405\r\n" for i in range(d))) for d in (1, 2)]
    assert show(ledger_of(tmp_path / "l", *day))["attempts"] == 3
    day[1].write_bytes(day[1].read_bytes() + b"2014-01-02 00:00:09 "
                       b"198.51.100.2 CONNECT mx.example:25 - 80 - 192.0.2.1 "
                       b"ua 405\r\n")
    done = run("scan", "-q", "--into", tmp_path / "l", day[1])
    assert b"with fewer or other lines after the first ones" in done.stderr
    assert show(tmp_path / "l")["attempts"] == 3


# The same health check in the same second, and later ones that differ.
@pytest.mark.parametrize("lines, other", [(64, 63), (64, 64), (200, 200)])
def test_servers_whose_logs_begin_alike_have_different_logs(tmp_path, lines,
                                                            other):
    check = line("GET /health HTTP/1.1", 200, client="192.0.2.200")
    logs = [write(tmp_path / f"{server}.log", check, *(
        line("CONNECT mx.example:25 HTTP/1.0", 405,
             client=f"192.0.2.{server}") for _ in range(n - 1)))
            for server, n in enumerate((lines, other))]
    alike = other < 64
    parts = [ledger_of(tmp_path / f"part-{i}", log)
             for i, log in enumerate(logs)]
    done = merge(tmp_path / "sum", *parts)
    assert done.returncode == (65 if alike else 0)
    assert (b"begins like" in done.stderr) == alike
    done = run("scan", "-q", "--into", tmp_path / "both", *logs)
    assert (b"begins like" in done.stderr) == alike
    for ledger in [tmp_path / "both"] + [tmp_path / "sum"] * (not alike):
        assert show(ledger)["attempts"] == lines - 1 + (other - 1) * (
            not alike)


# ... of which no line counts twice when they grow, whatever was added first.
@pytest.mark.parametrize("lines", [1, 2, 63, 64, 65, 200])
def test_a_log_that_grew_is_known_at_any_length(tmp_path, lines):
    text = [line("CONNECT mx.example:25 HTTP/1.0", 405,
                 client=f"192.0.2.{i}") for i in range(lines + 1)]
    logs = [write(tmp_path / name, *part) for name, part in (
        ("short", text[:-1]), ("cut", "".join(text)[:-9]), ("long", text))]
    for one, two in itertools.permutations(logs, 2):
        ledger = ledger_of(tmp_path / f"{one.name}-{two.name}", one)
        before = show(ledger)["attempts"]
        done = run("scan", "-q", "--into", ledger, two)
        assert b"not added" in done.stderr
        assert show(ledger)["attempts"] == before
        assert merge(tmp_path / "sum", ledger, ledger_of(
            tmp_path / f"{two.name}-of-{one.name}", two)).returncode == 65


def test_a_log_that_a_server_counted_itself_is_named(servers, tmp_path):
    ledger = servers[0].path(NAME)
    began = datetime.datetime.fromisoformat(
        show(ledger)["covered"][0]["from"])       # its second began, at least
    for seconds, warned in ((-3600, False), (59, False), (60, False),
                            (61, True), (3600, True)):
        log = write(tmp_path / f"{seconds}.log", line(
            "CONNECT mx.example:25 HTTP/1.0", 405, when=format(
                began + datetime.timedelta(seconds=seconds),
                "%d/%b/%Y:%H:%M:%S +0000")))
        done = run("scan", "-q", "--into", ledger, log)
        assert (b"counts twice" in done.stderr) == warned, done.stderr


@pytest.mark.parametrize("swapped", [False, True])
def test_what_is_merged_began_when_the_first_did(tmp_path, swapped):
    """Not when the one did that ended first."""
    long, short = (ledger_of(tmp_path / name, write(
        tmp_path / f"{name}.log", *(
            line("CONNECT mx.example:25 HTTP/1.0", 405, client=client,
                 when=f"{when} +0000") for when in times)))
        for name, client, times in (
            ("long", "192.0.2.1", ["01/Jan/2014:00:00:00",
                                   "02/Jan/2014:00:00:00",
                                   "04/Jan/2014:00:00:00"]),
            ("short", "192.0.2.2", ["02/Jan/2014:00:00:00",
                                    "03/Jan/2014:00:00:00"])))
    order = (short, long) if swapped else (long, short)
    assert merge(tmp_path / "sum", *order).returncode == 0
    found = show(tmp_path / "sum")
    assert found["since"] == "2014-01-01T00:00:00Z"
    assert found["attempts"] == 5

# Licensed under the Apache License, Version 2.0; see LICENSE.
"""What the command writes for readers: a month's report, a comparison of
sensors, examples fit for publication."""

import email
import email.policy
import fcntl
import json
import os
import pty
import re
import struct
import subprocess
import sys
import tempfile
import termios
from xml.etree import ElementTree

import pytest

from pg_cli import (COMMAND, SYNTH, ledger_of, line, made_up_sensors, run,
                    write)
from pg_httpd import TOP

SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture(scope="module")
def sensors(tmp_path_factory):
    return made_up_sensors(tmp_path_factory.mktemp("sensors"))


# --- report ------------------------------------------------------------------

def test_a_month_is_reported_in_words_and_figures(sensors):
    text = run("report", *sensors).stdout.decode()
    assert text.startswith("Relay attempts in October 2014\n\nnorth\n")
    assert ("CONNECT has more than tripled since October 2013; GET is "
            "unchanged. ") in text
    row = next(x for x in text.splitlines() if x.startswith("  CONNECT"))
    assert row.split() == ["CONNECT", "2,050", "1,720", "14"]
    assert text.count("\nsouth\n") == 1
    assert all(len(x) < 200 for x in text.splitlines())


def test_a_month_is_chosen_and_what_was_not_watched_is_not_compared(sensors):
    text = run("report", "--month", "2013-10", sensors[0]).stdout.decode()
    assert "Relay attempts in October 2013" in text
    assert "There is no month to compare this one with." in text
    row = next(x for x in text.splitlines() if x.startswith("  CONNECT"))
    assert row.split() == ["CONNECT", "14", "-", "-"]
    part = run("report", "--month", "2014-11", sensors[0]).stdout.decode()
    assert "The records end before this month does." in part
    for bad in ("2014", "2014-13", "October"):
        done = run("report", "--month", bad, *sensors)
        assert done.returncode == 64 and bad.encode() in done.stderr


def quiet_ledger(folder, name, *months):
    """Watched all day in these months, as "Jan/2025", without an attempt."""
    log = write(folder / f"{name}.log", *(
        line("GET / HTTP/1.1", 200, 5, when=f"{day:02}/{month}:{at} +0000")
        for month in months for day in range(1, 32)
        if day < 31 or month[:3] != "Sep"
        for at in ("00:00:00", "12:00:00", "23:59:59")))
    run("scan", "-q", "--into", folder / f"{name}.led", log)
    return folder / f"{name}.led"


def test_a_month_without_attempts_or_records_is_reported_as_that(tmp_path):
    ledger = quiet_ledger(tmp_path, "quiet", "Jul/2025", "Aug/2025",
                          "Sep/2025")
    for month, words, cell in (
            ("2025-08", "There were no attempts in this month, nor in any "
                        "that it can be compared with.", "0"),
            ("2025-10", "The records end before this month begins.", "-"),
            ("2025-06", "The records begin after this month.", "-")):
        text = run("report", "--month", month, ledger).stdout.decode()
        assert words in text, text
        assert "no month to compare" not in text
        assert [x.split()[-3] for x in text.splitlines()
                if x.startswith(("  GET", "  CONNECT"))] == [cell, cell]


def test_a_chart_ends_where_the_records_end(tmp_path):
    quiet_ledger(tmp_path, "a", "Jul/2025", "Aug/2025", "Sep/2025")
    log = write(tmp_path / "more", line("CONNECT mx.example:25 HTTP/1.1", 405,
                                        when="05/Aug/2025:01:00:00 +0000"))
    run("scan", "-q", "--into", tmp_path / "a.led", log)
    rows = run("compare", "-O", "csv",
               f"a={tmp_path / 'a.led'}").stdout.decode()
    assert {x[:7] for x in rows.splitlines() if x.startswith("2025")} == {
        "2025-07", "2025-08", "2025-09"}, rows


def test_a_month_that_the_range_cuts_is_marked(tmp_path):
    ledger = quiet_ledger(tmp_path, "a", "Jul/2025", "Aug/2025")
    log = write(tmp_path / "more", line("CONNECT mx.example:25 HTTP/1.1", 405,
                                        when="05/Aug/2025:01:00:00 +0000"))
    run("scan", "-q", "--into", ledger, log)
    cut = "--since", "2025-07-10", "--until", "2025-08-09T00:00Z", ledger
    text = run("show", *cut).stdout.decode()
    for month in "2025-07", "2025-08":
        assert (f"{month} is shown as a whole, although only part of it was "
                "requested.") in text
    rows = run("show", "-O", "csv", *cut).stdout.decode().split()
    assert [x.split(",")[2:4] for x in rows[1:]] == [["2025-07", "0"],
                                                     ["2025-08", "0"]]
    whole = run("show", "--month", "2025-08", ledger).stdout.decode()
    assert "  2025-08  " in whole and "as a whole" not in whole
    rows = run("show", "-O", "csv", "--month", "2025-08", ledger).stdout
    assert b",2025-08,1," in rows


def test_a_recent_list_in_which_nothing_matches_has_a_sentence(tmp_path):
    log = write(tmp_path / "log", line("CONNECT mx.example:25 HTTP/1.1", 405))
    run("scan", "-q", "--into", tmp_path / "led", log)
    for form in "text", "html":
        shown = run("show", "-O", form, "--source", "192.0.2.250",
                    tmp_path / "led").stdout.decode()
        assert ("The only attempt of which details are kept is not one of "
                "these." in shown), shown


def test_the_report_is_written_in_each_form_and_language(sensors):
    page = run("report", "-O", "html", *sensors).stdout.decode()
    assert page.count("<table>") == 2 and page.count("<svg") == 3
    marked = run("report", "-O", "markdown", *sensors).stdout.decode()
    assert marked.startswith("# Relay attempts in October 2014\n\n## north\n")
    assert "| CONNECT | 2,050 | 1,720 | 14 |" in marked
    japanese = run("report", "--lang", "ja", *sensors).stdout.decode()
    assert japanese.startswith("2014 年 10 月の不正中継の試行")
    assert "2013 年 10 月と比べて、CONNECT は 3 倍を超えました。" in japanese


@pytest.mark.parametrize("lang, subject", [
    ("en", "Relay attempts in October 2014"),
    ("ja", "2014 年 10 月の不正中継の試行")])
def test_the_mail_is_a_message_that_others_can_read(sensors, lang, subject):
    raw = run("report", "-O", "mail", "--lang", lang, "--from",
              "guard@north.example", "--to", "admin@example.org",
              *sensors).stdout
    assert b"\n" not in raw.replace(b"\r\n", b"")
    message = email.message_from_bytes(raw, policy=email.policy.default)
    assert not message.defects
    assert message["Subject"] == subject
    assert message["To"].addresses[0].domain == "example.org"
    assert message["Date"].datetime.utcoffset().total_seconds() == 0
    assert "2,050" in message.get_content()
    bad = run("report", "-O", "mail", "--to", "a\r\nBcc: b", *sensors)
    assert bad.returncode == 64


def mail_of(*args):
    """A mail as another program parses it, without defects in any field."""
    raw = run("report", "-O", "mail", *args).stdout
    message = email.message_from_bytes(raw, policy=email.policy.default)
    head = raw.split(b"\r\n\r\n")[0]
    assert head.isascii() and max(map(len, head.split(b"\r\n"))) <= 78
    assert not message.defects
    assert not [field for field in message.values() if field.defects]
    return message


def test_a_mail_has_an_author_whoever_makes_it(sensors):
    by, = mail_of(*sensors)["From"].addresses
    assert by.display_name == "proxyguard" and by.username and by.domain
    assert mail_of("--from", "a@b.example", *sensors)["From"] == "a@b.example"


@pytest.mark.skipif(os.getuid() != 0, reason="only root is anybody else")
def test_somebody_without_a_name_is_root_of_this_machine(sensors):
    with tempfile.NamedTemporaryFile(dir="/tmp") as copy, \
            open(sensors[0].split("=")[1], "rb") as data:
        copy.write(data.read())
        copy.flush()
        os.chmod(copy.name, 0o644)
        done = subprocess.run([COMMAND, "report", "-O", "mail", copy.name],
                              user=54321, group=54321, extra_groups=[],
                              capture_output=True)
    if done.returncode == 126:
        pytest.skip("the command is in a folder of root's")
    assert b"\r\nFrom: proxyguard\r\n <root@localhost>\r\n" in done.stdout


def covered_until(folder, name, now, since="2013-08-01T00:00:00Z"):
    """A sensor's JSON, whose records begin and end then."""
    path = write(folder / f"{name}.json", json.dumps({
        "now": now, "since": since, "history": {"months": [
            {"start": f"2013-{m:02}-01T00:00:00Z", "by_family": {"get": m}}
            for m in range(8, 13)]}}))
    return f"{name}={path}"


# When the records of one sensor or more end; the month that is reported.
ENDS = {
    ("2013-10-01T00:00:00Z",): "September", ("2013-10-01T00:00:01Z",):
    "September", ("2013-10-20T00:00:00Z",): "September",
    ("2013-10-31T23:00:00Z",): "October", ("2013-11-01T00:00:00Z",): "October",
    ("2013-10-20T00:00:00Z", "2013-12-31T23:59:59Z"): "December",
    ("2013-12-31T23:59:59Z", "2013-10-20T00:00:00Z"): "December",
    ("2013-10-20T00:00:00Z", "2013-12-31T23:59:59Z", "2013-11-30T23:00:00Z"):
    "December",
}


@pytest.mark.parametrize("ends", ENDS, ids=",".join)
def test_the_last_whole_month_of_the_latest_records_is_reported(tmp_path,
                                                               ends):
    made = [covered_until(tmp_path, f"s{i}", now)
            for i, now in enumerate(ends)]
    text = run("report", *made).stdout.decode()
    assert text.startswith(f"Relay attempts in {ENDS[ends]} 2013\n")


def test_of_equally_late_records_the_first_are_asked(tmp_path):
    now = "2013-10-31T23:00:00Z"
    made = [covered_until(tmp_path, "long", now),
            covered_until(tmp_path, "short", now, "2013-10-20T00:00:00Z")]
    assert run("report", *made).stdout.startswith(
        b"Relay attempts in October 2013\n")
    assert run("report", *reversed(made)).stdout.startswith(
        b"Relay attempts in September 2013\n")


@pytest.mark.parametrize("name", [
    "Guard", "\u5c71\u7530 \u592a\u90ce", "J. Doe", "Doe, \u00dc",
    "a 'b' (c)", "\u00fc" * 90, "=?utf-8?q?x?="])
def test_a_name_before_an_address_arrives_as_it_is(sensors, name):
    box = f"{name} <a@b.example>" if "," not in name \
        else f'"{name}" <a@b.example>'
    message = mail_of("--from", box, "--to", f"{box}, c@d.example", *sensors)
    # Python keeps the blank between two encoded words
    assert [one.display_name.replace(" ", "") for one in
            message["To"].addresses] == [
        "x" if name[0] == "=" else name.replace(" ", ""), ""]
    assert [one.addr_spec for one in message["To"].addresses] == [
        "a@b.example", "c@d.example"]
    assert len(message["From"].addresses) == 1


@pytest.mark.parametrize("option, value", [
    ("--from", "root"), ("--from", "\u00fc@b.example"), ("--from", ""),
    ("--from", "a@b.example, c@d.example"), ("--to", "a@b.example,"),
    ("--to", "a b@c.example"), ("--to", "A <b>"), ("--to", "a@b..example"),
    ("--to", "a@b.example,,c@d.example"), ("--to", "A <a@b> c"),
    ("--to", "\udcff <a@b>")])
def test_what_is_no_address_is_named(sensors, option, value):
    done = run("report", "-O", "mail", option, value, *sensors)
    assert done.returncode == 64 and done.stdout == b""
    value = value.replace("\udcff", r"\xff")
    assert f"{option}: '{value}' is not an address such as " in \
        done.stderr.decode()


# --- records that have an end ------------------------------------------------

def imported(tmp_path, sensors, years):
    """A ledger with the north sensor's log, so many years earlier."""
    log = sensors[0].split("=")[1].replace(".json", ".log")
    moved = tmp_path / "moved.log"
    with open(log, encoding="utf-8") as f:
        moved.write_text(re.sub(r"/(20\d\d):", lambda m: "/%d:" % (
            int(m[1]) - years), f.read()), encoding="utf-8")
    return ledger_of(tmp_path / "ledger", moved)


def test_a_ledger_that_nobody_counts_into_is_shown_as_of_its_end(tmp_path,
                                                                 sensors):
    text = run("show", imported(tmp_path, sensors, 0)).stdout.decode()
    assert "trying now" not in text and "last hour" not in text
    assert ("Was somebody trying at the end?\n  The last one was at 2014-11-23 "
            "23:51:42. The records end at 2014-11-23 23:51:42 UTC.") in text
    assert "CONNECT has more than tripled since October 2013" in text
    assert ("2,370 attempts in November 2014, where the records end.\n"
            in text)
    assert "The records end within 2014-11: 2,370 until then." in text
    assert "this month" not in text and "not over" not in text
    page = run("show", "-O", "html", tmp_path / "ledger").stdout.decode()
    assert "2014-11 <i>(in part)</i>" in page and "not over" not in page
    assert 'id="months' in page and 'id="hours' not in page
    assert "No attempts in this period." not in page
    scan = run("scan", "-q", sensors[0].split("=")[1].replace(
        ".json", ".log")).stdout.decode()
    assert "trying now" not in scan
    assert "3 attempts in the last hour." in scan


def test_what_is_older_than_the_history_has_a_sentence(tmp_path, sensors):
    done = run("show", imported(tmp_path, sensors, 14))
    text = done.stdout.decode()
    assert "17,597 of them are in no month: their time is missing, in the " \
        "future, or more than 20 years ago." in text
    assert "this month" not in text


# --- compare -----------------------------------------------------------------

def test_a_sentence_stands_above_each_chart(sensors):
    text = run("compare", *sensors).stdout.decode()
    assert ("north has more than tripled since October 2013; south has more "
            "than tripled.") in text
    assert re.search(r"^2014-11 .* \*$", text, re.M)
    assert len(re.findall(r" \*$", text, re.M)) == 2
    assert "\n* The records end before this month does.\n" in text
    page = run("compare", "-O", "html", *sensors).stdout.decode()
    assert page.index("north has more than tripled") < page.rindex("<svg")
    assert "2014-11 <i>(in part)</i>" in page


def test_more_sensors_than_colours_take_more_charts(sensors):
    file = sensors[0].split("=")[1]
    names = [f"sensor-{i:02}-with-a-long-name" for i in range(19)]
    done = run("compare", "-O", "svg", "--family", "get",
               *(f"{name}={file}" for name in names))
    root = ElementTree.fromstring(done.stdout)
    assert [x.get("id") for x in root.findall(f"{SVG}svg")] == [
        "get", "get-2", "get-3"]
    keys = [x for x in root.findall(f"{SVG}text") if x.get("class") == "key"]
    assert len(keys) == 19 + 3               # and "pale" in each
    for one in keys:                         # a column of 190, at 7 a letter
        assert int(one.get("x")) + 7 * len(one.text) <= 760
        assert 7 * len(one.text) <= 175
    assert b"prefers-color-scheme:dark" in done.stdout


def test_two_sensors_of_one_name_are_refused(sensors):
    done = run("compare", sensors[0], sensors[0])
    assert done.returncode == 64
    assert b"two sensors are named 'north'" in done.stderr


def test_months_and_names_can_be_kept_back(sensors):
    args = ("--since", "2014-03", "--until", "2014-05", "--mask", *sensors)
    text = run("compare", *args).stdout.decode()
    assert sorted(set(re.findall(r"^20\d\d-\d\d", text, re.M))) == [
        "2014-03", "2014-04", "2014-05"]
    assert re.search(r"^get +A +B$", text, re.M) and "north" not in text
    for form in ("csv", "html", "svg"):
        assert b"north" not in run("compare", "-O", form, *args).stdout
    assert "\nA\n" in run("report", "--mask", *sensors).stdout.decode()
    many = run("compare", "--mask", "-O", "csv", *(
        f"n{i}={sensors[0].split('=')[1]}" for i in range(28)))
    assert b",\"AB\"," in many.stdout and b"n27" not in many.stdout
    for name in ("compare", "show"):
        done = run(name, "--since", "2014", "--until", "2013", *sensors[:1])
        assert done.returncode == 64 and b"--since" in done.stderr


def test_a_scan_takes_a_range_and_a_mask(sensors, tmp_path):
    log = tmp_path / "www.own-site.example.log"
    log.write_bytes(open(sensors[0].split("=")[1].replace(".json", ".log"),
                         "rb").read())
    key = write(tmp_path / "key", "k" * 32)
    for form in ("text", "json", "html"):
        done = run("scan", "-q", "-O", form, "--mask", log)
        for name in (b"203.0.113", b"example.com", b"own-site"):
            assert name not in done.stdout
    one, two = (run("scan", "-q", "--mask", "--key", key, log).stdout.decode()
                for _ in range(2))
    assert one == two
    assert re.search(r"CONNECT mx\d\.host-\w{8}\.com:25 HTTP/1\.0", one)
    once, again = (run("scan", "-q", "--mask", log).stdout for _ in range(2))
    assert once != again and once.decode() != one
    ledger = ledger_of(tmp_path / "ledger", log)
    once, again, keyed = ({x["key"] for x in json.loads(run(
        "show", "-O", "json", "--mask", *args, ledger).stdout)[
            "top"]["sources"]["entries"]} for args in ((), (), ("--key", key)))
    assert once == again and once.isdisjoint(keyed)
    text = run("scan", "-q", "--since", "2014-09", "--until", "2014-10",
               log).stdout.decode()
    assert re.findall(r"^  (20\d\d-\d\d) +\d", text, re.M) == [
        "2014-09", "2014-10"]


def test_the_months_of_a_scan_are_those_of_the_zone(tmp_path):
    log = write(tmp_path / "log", *(
        f'192.0.2.1 - - [{when}] "CONNECT a.example:25 HTTP/1.0" 405 1 "-" '
        '"-"\n' for when in ("30/Sep/2014:14:59:00 +0000",
                            "30/Sep/2014:15:00:00 +0000",
                            "01/Oct/2014:02:00:00 +0900",
                            "31/Oct/2014:20:00:00 +0000")))
    def months(*args):
        text = run("scan", "-q", *args, log).stdout.decode()
        return dict(re.findall(r"^  (20\d\d-\d\d) +(\d+) ", text, re.M))
    assert months() == {"2014-09": "3", "2014-10": "1"}
    assert months("--tz", "+0900") == {"2014-09": "1", "2014-10": "2",
                                       "2014-11": "1"}
    text = run("scan", "-q", "--tz", "+0900", log).stdout.decode()
    assert "from 2014-09-30 to 2014-11-01 (UTC+09:00)" in text
    assert "Greenwich" not in text
    page = run("scan", "-q", "-O", "html", "--tz", "+0900", log).stdout
    assert b'datetime="2014-10-31T20:00:00Z">2014-11-01 05:00:00' in page
    for args in (("-O", "json"), ("-O", "csv")):
        assert run("scan", "-q", "--tz", "+0900", *args, log).stdout == run(
            "scan", "-q", *args, log).stdout
    run("scan", "-q", "--tz", "+0900", "--into", tmp_path / "l", log)
    assert b"from 2014-09-30 to 2014-10-31 (UTC)" in run(
        "show", tmp_path / "l").stdout


# --- examples for print ------------------------------------------------------

EVIDENCE = json.dumps({
    "@timestamp": "2014-11-23T15:29:19.123Z",
    "event": {"dataset": "proxyguard.attempts"},
    "source": {"address": "203.0.113.9"},
    "url": {"original": "mx0.hinet.com.tw:25"},
    "http": {"request": {"method": "CONNECT", "headers": [
        "Host: mx0.hinet.com.tw:25", "User-Agent: Mozilla/5.0 (x; rv:1.9)",
        "Via: 1.1 cache.example.net (squid/3.1)",
        "X-Forwarded-For: 2001:db8::7, 198.51.100.1"]}, "version": "1.0"},
    "proxyguard": {"class": "connect-mail", "outcome": "denied"},
}) + "\n"


def test_a_sample_is_a_request_with_the_names_masked_per_label(tmp_path):
    log = write(tmp_path / "evidence.json", EVIDENCE * 3)
    text = run("sample", log).stdout.decode()
    lines = text.splitlines()
    host = re.fullmatch(r"CONNECT (mx0\.([●▲■◆★▼○△□◇☆▽]{3})\.com\.tw):25 "
                        r"HTTP/1\.0", lines[1]).group(1)
    assert lines[2] == f"Host: {host}:25"
    assert lines[3] == "User-Agent: Mozilla/5.0 (x; rv:1.9)"
    assert re.fullmatch(r"Via: 1\.1 \S{3}\.\S{3}\.net \(squid/3\.1\)",
                        lines[4])
    assert re.fullmatch(r"X-Forwarded-For: ip-\w{8}, ip-\w{8}", lines[5])
    assert "203.0.113.9" not in text and text.count("CONNECT") == 1
    assert run("sample", "-n", "2", log).stdout.count(b"CONNECT") == 2
    plain = run("sample", "--plain", log).stdout
    assert b"CONNECT mx0.hinet.com.tw:25" in plain
    assert log.read_text() == EVIDENCE * 3


def test_a_key_masks_alike_wherever_it_is(tmp_path):
    log = write(tmp_path / "evidence.json", EVIDENCE)
    key = write(tmp_path / "key", "k" * 32)
    one, two = (run("sample", "--key", key, log).stdout for _ in range(2))
    assert one == two
    assert run("sample", log).stdout != run("sample", log).stdout
    short = write(tmp_path / "short", "k")
    for missing in short, tmp_path / "none":
        done = run("sample", "--key", missing, log)
        assert done.returncode == 66
        assert b"does not hold the 16 bytes" in done.stderr


def test_mask_leaves_a_text_as_it_is_but_for_names_and_addresses(tmp_path):
    done = run("mask", stdin=(
        "see http://www.a-site.example:81/x/y.png?q=1 and 192.0.2.1, v1.2\n"
        "GET http:/b.example/zc/chs/img/body.png at 12:34:56\n").encode())
    text = done.stdout.decode()
    assert re.fullmatch(
        r"see http://www\.\S{3}\.example:81/x/y\.png\?q=1 and ip-\w{8}, v1\.2"
        "\n"
        r"GET http:/\S{3}\.example/zc/chs/img/body\.png at 12:34:56\n", text)
    alone = run("mask", stdin=b"http://intranet/x\n").stdout.decode()
    assert re.fullmatch(r"http://[^.]{3}/x\n", alone)
    short = run("mask", "--no-path", stdin=b"http://a.example/x/y z\n").stdout
    assert re.fullmatch(r"http://\S{3}\.example/\.\.\. z\n", short.decode())
    short = run("mask", "--no-path",
                stdin=b"http://a.example/x;s=A,b=B)C z\n").stdout
    assert re.fullmatch(r"http://\S{3}\.example/\.\.\. z\n", short.decode())
    prose = (b"CONNECT went up; GET / HTTP/1.0, OPTIONS * HTTP/1.0 and "
             b"proxy-server:8080, rv:1.9\n")
    assert run("mask", stdin=prose).stdout == prose


# Each place of an evidence line that may hold a host; "@" is where it goes.
TARGETS = ("@:25", "http://@/", "http://@:81/x?y=1", "https://u:p@@/x",
           "http://www.@.example/", "http:/@/x", r"http:\\@\x", "//@/x",
           "http://@,b/", "http://a,@/", "http://a@@@/", "http://@@a/",
           "/x?u=http://@/", r"http://a\@/", "http://(@)/", "http://,@/x",
           "http://=@", "(@):1", "http://[::1]@/", "ftp://@")
FIELDS = ("Host: @", "Host: @:8080", "host: a,@", "X-Forwarded-Host: @",
          "X-Forwarded-Host: @, @", "X-Forwarded-Server: @",
          "X-Forwarded-For: @, 192.0.2.1,@", "X-Real-IP: @", "X-Host: @",
          "X-Original-Host: @", "Client-IP: @", "True-Client-IP: @",
          "Via: 1.1 @", "Via: 1.1 @:80 (squid/3.1), HTTP/1.0 @",
          "Via: 1.0 a (@)", "Forwarded: for=@;host=@;proto=http",
          'Forwarded: by="@:80"; for="@"', "Forwarded: for=_@, For=@",
          "Origin: http://@", "Referer: http://@/x", "Referer: @/x",
          "X-Original-URL: http://@/x", "Destination: http://@/x",
          "From: @ <bob@@>", "Alt-Used: @:443",
          "User-Agent: probe/1 (+http://@/)", "User-Agent: x (bob@@)",
          "X-Y: CONNECT @:25 HTTP/1.0", "X-Y: GET @ HTTP/1.0",
          'X-Y: q="host=@"', "X-Forwarded-Host: secret=@", "Host: a/@",
          "Host: *@", "Host: (@)", "X-Y: http://*@/")
MEMBERS = ("source.address", "source.ip", "destination.address",
           "server.address", "url.full", "url.original", "observer.name")
# A label, a number, a number in base 16, what is percent-encoded.
NAMES = ("intranet-qqqq", "3232235777", "0xC0A80101", "%71qqq%71",
         "qqqq.example", "203.0.113.77", "2001:db8::77", "qqqq_0",
         "192.168.257", "q\u00fcqqq", "qqqq.corp9")


def planted(where, name):
    """A line of evidence with the name there."""
    line = json.loads(EVIDENCE)
    if where in MEMBERS:
        *path, last = where.split(".")
        line.setdefault(path[0], {})[last] = name
        line["url"].setdefault("original", name)
        return line
    text = where.replace("@@@", "\0@").replace("@@", "@\0") \
        if "@@" in where else where.replace("@", "\0")
    text = text.replace("\0", name)
    if where in TARGETS:
        line["url"]["original"] = line["url"]["full"] = text
    else:
        line["http"]["request"]["headers"].append(text)
    return line


def shown(output, name):
    """A part of the name that names somebody, in the output."""
    part = name.rsplit(".", 1)[0] if name[-1].isalpha() else name
    return part.encode() in output or part.strip("%71").encode() in output


@pytest.mark.parametrize("where", ["destination.address", "source.address",
                                   "server.address", "observer.name"])
def test_a_host_with_a_port_is_known_without_it(tmp_path, where):
    line = planted(where, "intranet-qqqq:8080")
    line["http"]["request"]["headers"].append("X-Y: at intranet-qqqq now")
    log = write(tmp_path / "log", json.dumps(line) + "\n")
    for args in ["sample"], ["mask"]:
        done = run(*args, log)
        assert done.returncode == 0
        assert b"connect-mail" in done.stdout and b"qqqq" not in done.stdout


@pytest.mark.parametrize("name", NAMES)
def test_no_name_planted_in_evidence_is_in_a_sample_or_a_mask(tmp_path, name):
    lines = [planted(where, f"[{name}]" if ":" in name and
                     where not in MEMBERS else name)
             for where in TARGETS + FIELDS + MEMBERS]
    assert all(shown(json.dumps(line, ensure_ascii=False).encode(), name)
               for line in lines)
    log = write(tmp_path / "log", "\n".join(map(json.dumps, lines)))
    for args in (["sample", "-n", "999"], ["sample", "-n", "999", "--no-path"],
                 ["mask"], ["mask", "--no-path"]):
        done = run(*args, log)
        assert done.returncode == 0
        assert len(re.findall(rb"\bconnect-mail\b", done.stdout)) == len(lines)
        assert not [one for one in done.stdout.splitlines()
                    if shown(one, name)]
    masked = [json.loads(line) for line in done.stdout.splitlines()]
    assert masked[0]["event"] == json.loads(EVIDENCE)["event"]
    # a sample that is masked afterwards: values without a line are left out
    log = write(tmp_path / "log", "\n".join(
        json.dumps(line) for line in lines
        if line["source"] == json.loads(EVIDENCE)["source"]))
    done = run("mask", stdin=run("sample", "-n", "999", "--plain", log).stdout)
    assert not [one for one in done.stdout.splitlines() if shown(one, name)]


def test_what_is_no_evidence_is_named(tmp_path):
    done = run("sample", write(tmp_path / "x", "no evidence\n"))
    assert done.returncode == 65
    assert b"1 of 1 lines" in done.stderr
    assert run("sample", tmp_path / "none").returncode == 66
    evil = run("mask", stdin=b"\x1b[2J a.example\n").stdout
    assert b"\x1b" not in evil and b"a.example" not in evil


# --- the how-to --------------------------------------------------------------

def test_the_howto_draws_an_article_with_three_commands(tmp_path):
    with open(os.path.join(TOP, "docs", "howto.md"), encoding="utf-8") as f:
        section = f.read().split("## An article from two sensors")[1]
    block = re.search("```sh\n(.*?)```", section, re.S).group(1)
    assert len(block.strip().splitlines()) == 3
    subprocess.run([sys.executable, SYNTH, "sensors", str(tmp_path)],
                   check=True)
    env = {**os.environ, "LC_ALL": "C.UTF-8",
           "PATH": os.path.dirname(COMMAND) + ":" + os.environ["PATH"]}
    subprocess.run(["sh", "-c", block], cwd=tmp_path, env=env, check=True)
    page = (tmp_path / "october.html").read_text(encoding="utf-8")
    assert "CONNECT has more than tripled since October 2013" in page
    assert 'id="get"' in page and 'id="connect"' in page
    said = re.findall("^> (.*)$", section, re.M)
    assert said
    for sentence in said:
        assert sentence in page


# --- a terminal --------------------------------------------------------------

def on_terminal(rows, columns, *args, env=None):
    """What the command writes to a screen of that size before it is
    stopped."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ,
                struct.pack("HHHH", rows, columns, 0, 0))
    with subprocess.Popen([COMMAND, *map(str, args)], stdout=theirs,
                          env={**os.environ, "TERM": "xterm", **(env or {})},
                          ) as child:
        os.close(theirs)
        seen = b""
        while seen.count(b"\x1b[H") < 2:
            seen += os.read(ours, 65536)
        child.terminate()
    os.close(ours)
    return seen.split(b"\x1b[H")[1].decode(errors="replace")


@pytest.mark.parametrize("lang", ["en", "ja"])
@pytest.mark.parametrize("rows, columns", [(24, 80), (60, 132)])
def test_a_watched_ledger_fits_the_screen(tmp_path, sensors, rows, columns,
                                          lang):
    ledger = tmp_path / "ledger"
    run("scan", "-q", "--into", ledger, sensors[0].split("=")[1]
        .replace(".json", ".log"))
    text = on_terminal(rows, columns, "show", "-w1", "--lang", lang, ledger)
    lines = re.sub(r"\x1b\[[0-9;]*[mJ]", "", text).split("\r\n")
    assert len(lines) <= rows
    for row in lines:
        assert sum(1 + (ord(c) >= 0x3000) for c in row) <= columns, row
    assert ("Was anything relayed?" if lang == "en"
            else "中継されたものはあるか") in text
    # the course comes before the rest, and six months of it at least
    rows = [x for x in lines if re.match(r"  2014-\d\d +\d", x)]
    assert len(rows) > 5
    longest = max(rows, key=lambda x: len(x.split()[-1]))
    assert longest.startswith("  2014-10") and longest.count("█") > 20


@pytest.mark.parametrize("rows, fits", [(2, False), (3, True), (4, True),
                                        (11, True)])
def test_a_screen_of_three_rows_is_filled_but_for_one(tmp_path, sensors, rows,
                                                     fits):
    run("scan", "-q", "--into", tmp_path / "ledger",
        sensors[0].split("=")[1].replace(".json", ".log"))
    text = on_terminal(rows, 40, "show", "-w1", tmp_path / "ledger")
    lines = re.sub(r"\x1b\[[0-9;]*[mJ]", "", text).split("\r\n")
    assert len(lines) == rows - 1 if fits else len(lines) > 40
    assert (max(map(len, lines)) == 40) == fits or rows < 4


def test_colours_are_for_terminals_that_want_them(tmp_path):
    ledger = tmp_path / "ledger"
    log = write(tmp_path / "log", '192.0.2.1 - - [02/Jan/2014:03:04:05 +0000] '
                '"CONNECT a.example:25 HTTP/1.0" 405 1 "-" "-"\n')
    run("scan", "-q", "--into", ledger, log)
    assert b"\x1b[" not in run("show", ledger).stdout
    assert b"\x1b[1m" in run("show", "--color", "always", ledger).stdout
    assert run("show", "--color", "blue", ledger).returncode == 64
    seen = on_terminal(24, 80, "show", "-w1", ledger)
    assert "\x1b[1m" in seen
    seen = on_terminal(24, 80, "show", "-w1", ledger, env={"NO_COLOR": "1"})
    assert "\x1b[1m" not in seen


def test_a_share_that_is_hardly_one_has_a_bar_as_well(tmp_path):
    log = write(tmp_path / "log", line("CONNECT mx.example:25 HTTP/1.0") * 999,
                line("GET http://a.example/ HTTP/1.0"))
    text = run("scan", "-q", log).stdout.decode()
    bars = {words[0]: words[-1] for words in map(str.split, text.splitlines())
            if words and words[-1][0] in "\u2588\u258f"}
    assert bars["absolute"] == "\u258f"
    assert bars["refused"] == "\u2588" * 24

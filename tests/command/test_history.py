# Licensed under the Apache License, Version 2.0; see LICENSE.
"""What a ledger of old logs can tell, and what nobody watched."""

import datetime
import json
import random
import re
from xml.etree import ElementTree

import pytest

from pg_cli import ledger_of, line, run, write
from pg_sample import status_schema

SVG = "{http://www.w3.org/2000/svg}"


def log(path, *times, request="CONNECT mx.example:25 HTTP/1.0", first=1,
        steady=True):
    """A log with an attempt at each time, each of a client of its own, and
    a request of the site's own each day in between."""
    when = [datetime.datetime.fromisoformat(x) for x in times]
    lines = [(x, line(request, 405, client=f"192.0.2.{first + i}",
                      when=f"{x:%d/%b/%Y:%H:%M:%S} +0000"))
             for i, x in enumerate(when)]
    day = min(when) + datetime.timedelta(days=1)
    while steady and day < max(when):
        lines.append((day, line("GET / HTTP/1.1", 200,
                                when=f"{day:%d/%b/%Y:%H:%M:%S} +0000")))
        day += datetime.timedelta(days=1)
    return write(path, *(text for _, text in sorted(lines,
                                                    key=lambda x: x[0])))


def shown(path, *args):
    done = run("show", *args, path)
    assert done.returncode == 1, done.stderr
    return done.stdout.decode()


def covered(path):
    return [(x["from"][:10], x["to"][:10])
            for x in json.loads(shown(path, "-O", "json"))["covered"]]


def months(text):
    """{"2014-01": "3"} of a chart in text."""
    return dict(re.findall(r"^  (20\d\d-\d\d) +([\d,]+|-)(?: |$)", text, re.M))


@pytest.fixture(name="january_and_april")
def with_a_gap(tmp_path):
    return (log(tmp_path / "a.log", "2014-01-01T00:00:01",
                "2014-01-31T23:59:59"),
            log(tmp_path / "b.log", "2014-04-01T00:00:01",
                "2014-04-30T12:00:00"))


# --- which time is covered ---------------------------------------------------

def test_what_is_between_two_logs_was_not_watched(tmp_path,
                                                  january_and_april):
    a, b = january_and_april
    whole = [("2014-01-01", "2014-01-31"), ("2014-04-01", "2014-04-30")]
    assert covered(ledger_of(tmp_path / "at-once", a, b)) == whole
    assert covered(ledger_of(tmp_path / "later", a)) == whole[:1]
    assert covered(ledger_of(tmp_path / "later", b)) == whole
    text = shown(tmp_path / "at-once")
    assert months(text) == {"2014-01": "2", "2014-02": "-", "2014-03": "-",
                            "2014-04": "2"}
    page = shown(tmp_path / "at-once", "-O", "html")
    assert page.count("<i>(not watched)</i>") == 2


@pytest.mark.parametrize("at_once", [True, False])
def test_the_nights_between_daily_logs_are_no_gaps(tmp_path, at_once):
    logs = [log(tmp_path / f"day-{day:02}", f"2014-01-{day:02}T08:00:00",
                f"2014-01-{day:02}T20:00:00", first=2 * day)
            for day in range(1, 32)]
    for some in [logs] if at_once else [[x] for x in logs]:
        ledger_of(tmp_path / "ledger", *some)
    assert covered(tmp_path / "ledger") == [("2014-01-01", "2014-01-31")]
    data = json.loads(shown(tmp_path / "ledger", "-O", "json"))
    assert data["covered"][0] == {"from": "2014-01-01T08:00:00Z",
                                  "to": "2014-01-31T20:00:00Z"}


@pytest.mark.parametrize("jobs", [1, 2])
def test_two_logs_may_be_closer_than_the_lines_of_one(tmp_path, jobs):
    """Half a day without a line is nothing in one log; between two, nobody
    watched it."""
    a, b = (log(tmp_path / name, f"{day}T00:00:01", f"{day}T12:00:00")
            for name, day in (("a", "2014-01-01"), ("b", "2014-01-03")))
    data = json.loads(run("scan", "-q", "-O", "json", "-j", jobs, a, b).stdout)
    assert [(x["from"][:10], x["to"][:10]) for x in data["covered"]] == [
        ("2014-01-01", "2014-01-01"), ("2014-01-03", "2014-01-03")]


def test_a_month_that_was_watched_and_had_none_is_0(tmp_path,
                                                    january_and_april):
    """A log without an attempt shows that; a missing one shows nothing."""
    a, b = january_and_april
    clean = log(tmp_path / "c.log", "2014-02-01T00:00:01",
                "2014-02-28T23:59:59", request="GET / HTTP/1.1")
    for x in (a, clean, b):
        assert run("scan", "-q", "--into", tmp_path / "l", x).stderr == b""
    assert months(shown(tmp_path / "l")) == {
        "2014-01": "2", "2014-02": "0", "2014-03": "-", "2014-04": "2"}
    assert months(shown(tmp_path / "l", "--until", "2014-02")) == {
        "2014-01": "2", "2014-02": "0"}


def test_a_log_that_was_silent_for_days_says_nothing_of_them(tmp_path):
    """Two days without a line may be quiet days; more mean a server that was
    down."""
    quiet = log(tmp_path / "quiet", "2014-01-01T00:00:01",
                "2014-01-03T00:00:01", steady=False)
    assert covered(ledger_of(tmp_path / "l", quiet)) == [
        ("2014-01-01", "2014-01-03")]
    silent = log(tmp_path / "silent", "2014-01-01T00:00:01",
                 "2014-01-03T00:00:02", steady=False)
    assert covered(ledger_of(tmp_path / "m", silent)) == [
        ("2014-01-01", "2014-01-01"), ("2014-01-03", "2014-01-03")]


@pytest.mark.parametrize("reverse", [False, True])
def test_silence_is_found_among_lines_that_are_clean_at_a_glance(tmp_path,
                                                                 reverse):
    start = datetime.datetime(2014, 1, 1)
    days = [start + datetime.timedelta(hours=3 * n) for n in range(8 * 365)]
    lines = [line("GET / HTTP/1.1", 200, when=f"{x:%d/%b/%Y:%T} +0000")
             for x in days if x.month not in (5, 6)]
    lines.insert(9, line("CONNECT mx.example:25 HTTP/1.0", 405,
                         when="02/Jan/2014:04:05:06 +0000"))
    path = write(tmp_path / "log", *lines[::-1 if reverse else 1])
    whole = [("2014-01-01", "2014-04-30"), ("2014-07-01", "2014-12-31")]
    assert covered(ledger_of(tmp_path / "ledger", path)) == whole
    data = json.loads(run("scan", "-q", "-O", "json", path).stdout)
    assert [(x["from"][:10], x["to"][:10]) for x in data["covered"]] == whole
    chart = months(shown(tmp_path / "ledger"))
    assert chart["2014-04"] == "0" and chart["2014-05"] == "-"


def test_silence_is_the_same_for_all_jobs(tmp_path):
    """In a log of several parts, some of them within a silence."""
    path = tmp_path / "log"
    with open(path, "w", encoding="utf-8") as out:
        for when in ("01/Jan/2014", "02/Jan/2014", "01/Mar/2014",
                     "02/Mar/2014"):
            out.write(line("GET /" + "x" * 900 + " HTTP/1.1", 200,
                           when=when + ":00:00:01 +0000") * 25000)
    done = [json.loads(run("scan", "-q", "-O", "json", "-j", jobs, path
                           ).stdout)["covered"] for jobs in ("1", "4")]
    assert done[0] == done[1] == [
        {"from": f"2014-{month}-01T00:00:01Z",
         "to": f"2014-{month}-02T00:00:01Z"} for month in ("01", "03")]


def vhosts_of(path):
    data = json.loads(run("show", "-O", "json", path).stdout)
    return [(x["name"], x["attempts"]) for x in data["vhosts"]]


@pytest.mark.parametrize("jobs", ["1", "4"])
def test_a_ledger_names_the_busiest_of_many_virtual_hosts(tmp_path, jobs):
    """Whichever was first, and whoever read it; also beside known logs."""
    files, times = [], {}
    for part in range(8):
        names = [f"h{part * 20 + i}.test:80" for i in range(20)]
        times |= {name: 1 + (i * 7 + part) % 23
                  for i, name in enumerate(names)}
        attempts = [f"{name} " + line("CONNECT mx.example:25 HTTP/1.0", 405)
                    for name in names for _ in range(times[name])]
        files.append(write(tmp_path / f"log.{part}", *attempts))
    ranked = sorted(times.items(), key=lambda x: (-x[1], x[0]))
    ledger = tmp_path / "ledger"
    run("scan", "-q", "-j", jobs, "--into", ledger, *files)
    found = vhosts_of(ledger)
    rest = sum(n for _, n in ranked[64:])
    assert found == [(None, rest), *ranked[:64]]
    again = write(tmp_path / "again", f"{ranked[0][0]} " + line(
        "CONNECT other.example:25 HTTP/1.0", 405))
    run("scan", "-q", "-j", jobs, "--into", ledger, *files, again)
    (name, n), *others = ranked[:64]
    assert vhosts_of(ledger) == [(None, rest), (name, n + 1), *others]


# --- what is said and drawn of it --------------------------------------------

def test_ledgers_of_different_secrets_have_a_bound(tmp_path,
                                                   january_and_april):
    one, other = (ledger_of(tmp_path / name, x) for name, x in
                  zip(("one", "other"), january_and_april))
    assert run("merge", "-o", tmp_path / "sum", one, other).returncode == 0
    assert ("4 attempts from about 2 different sources in all (± 0.8 %). "
            "There may be up to 2 more sources: the merged ledgers have "
            "different secrets.") in shown(tmp_path / "sum")
    key = write(tmp_path / "secret", "s" * 32)
    for name, x in zip(("a", "b"), january_and_april):
        run("scan", "-q", "--secret", key, "--into", tmp_path / name, x)
    run("merge", "-o", tmp_path / "both", tmp_path / "a", tmp_path / "b")
    assert "more sources" not in shown(tmp_path / "both")


def test_attempts_of_more_than_20_years_ago_are_in_no_month(tmp_path):
    old = log(tmp_path / "old.log", "1985-01-01T12:00:00",
              "1999-02-01T12:00:00", "2014-01-01T12:00:00")
    said = "in no month: their time is missing, in the future, or more than 20"
    assert f"1 of them is {said}" in run("scan", "-q", old).stdout.decode()
    assert f"2 of them are {said}" in shown(ledger_of(tmp_path / "led", old))
    young = log(tmp_path / "young.log", "2014-01-01T12:00:00")
    assert b"in no month" not in run("scan", "-q", young).stdout


def test_a_month_that_nobody_watched_is_empty_in_a_comparison(
        tmp_path, january_and_april):
    gap = ledger_of(tmp_path / "gap", *january_and_april)
    whole = ledger_of(tmp_path / "whole", log(
        tmp_path / "w.log", "2014-01-01T00:00:01", "2014-03-01T12:00:00",
        "2014-04-30T23:00:00"))
    done = run("compare", "-O", "csv", f"gap={gap}", f"whole={whole}")
    rows = [x.split(",") for x in done.stdout.decode().split()]
    assert {(month, name.strip('"')): n for month, _, name, n in rows[1:]
            } == {
        ("2014-01", "gap"): "2", ("2014-01", "whole"): "1",
        ("2014-02", "gap"): "", ("2014-02", "whole"): "0",
        ("2014-03", "gap"): "", ("2014-03", "whole"): "1",
        ("2014-04", "gap"): "2", ("2014-04", "whole"): "1"}


def test_no_label_of_a_chart_is_clipped(tmp_path):
    # of 27 months every other one is labelled, the first among them
    ledger = ledger_of(tmp_path / "ledger", log(
        tmp_path / "log", *(f"{2013 + m // 12}-{m % 12 + 1:02}-02T12:00:00"
                            for m in range(27))))
    done = run("compare", "-O", "svg", f"a={ledger}")
    labels = [x for x in ElementTree.fromstring(done.stdout).iter(
        f"{SVG}text") if x.get("class") == "x"]
    assert len(labels) > 8
    at = [float(x.get("x")) for x in labels]
    assert at[0] >= 23 and at[-1] <= 760 - 23     # half of "2013-10", 11 px
    assert min(b - a for a, b in zip(at, at[1:])) > 46


# --- a month's report --------------------------------------------------------

def report(path, month, *args):
    return run("report", "--month", month, *args, path).stdout.decode()


def test_a_month_is_over_when_its_records_are(tmp_path):
    ledger = ledger_of(tmp_path / "ledger", log(
        tmp_path / "log", "2014-01-01T00:10:00", "2014-01-31T12:00:00",
        "2014-02-28T22:00:00"))
    assert "not over" not in report(ledger, "2014-02")
    assert "not over" not in report(ledger, "2014-01")
    now = datetime.datetime.now(datetime.timezone.utc).replace(tzinfo=None)
    live = ledger_of(tmp_path / "live", log(
        tmp_path / "now.log", f"{now:%Y-%m}-01T00:00:00",
        f"{now:%Y-%m-%dT%H:%M:%S}"))
    for month in (f"{now:%Y-%m}", f"{now.year + 1}-01"):
        for one in (live, ledger):
            assert "This month is not over yet." in report(one, month)


def test_the_report_is_of_the_last_month_that_is_whole(tmp_path):
    """A log that ends in the last hours of October covers October."""
    for end, month in (("2014-10-31T23:00:00", "October"),
                       ("2014-10-20T12:00:00", "September")):
        ledger = ledger_of(tmp_path / month, log(
            tmp_path / "log", "2014-08-31T12:00:00", "2014-09-30T12:00:00",
            end))
        text = run("report", ledger).stdout.decode()
        assert text.startswith(f"Relay attempts in {month} 2014\n")
        assert "over" not in text and "end" not in text


# --- old records in another zone ---------------------------------------------

@pytest.mark.parametrize("zone", ["+0900", "-0900"])
def test_the_months_of_old_records_stay_those_of_greenwich(tmp_path, zone):
    """Though there the records began, or ended, in another one."""
    ledger = ledger_of(tmp_path / "ledger", log(
        tmp_path / "a", "2014-01-01T00:10:00", "2014-01-31T23:50:00"), log(
        tmp_path / "b", "2014-04-01T00:10:00", "2014-04-30T23:50:00"))
    text = shown(ledger, "--tz", zone)
    assert months(text) == {"2014-01": "2", "2014-02": "-", "2014-03": "-",
                            "2014-04": "2"}
    assert "2 attempts in April 2014, where the records end." in text
    assert "so far" not in text and "until then" not in text
    assert "are those of Coordinated Universal Time" in text
    page = shown(ledger, "--tz", zone, "-O", "html")
    assert page.count("<i>(not watched)</i>") == 2
    assert "so far" not in page and "(in part)" not in page


def test_a_zone_that_months_are_not_kept_in_is_refused(tmp_path):
    ledger = ledger_of(tmp_path / "l", log(tmp_path / "log",
                                           "2014-01-01T00:10:00"))
    for command in ("compare", "report"):
        done = run(command, "--tz", "+0900", f"a={ledger}")
        assert done.returncode == 64 and done.stdout == b""
        assert b"'proxyguard scan --tz +0900' counts those" in done.stderr
        assert run(command, "--tz", "UTC", f"a={ledger}").returncode == 0
        assert b"is not UTC" in run(command, "--tz", "JST", f"a={ledger}"
                                    ).stderr


def test_what_has_no_time_that_can_be_true_has_no_since(tmp_path):
    ahead = log(tmp_path / "ahead", "2031-03-01T10:00:00",
                "2031-03-02T10:00:00")
    ledger = ledger_of(tmp_path / "ledger", ahead)
    for text in (shown(ledger), run("scan", "-q", ahead).stdout.decode()):
        assert ("Counting since when?\n  Not known: no attempt has a "
                "plausible time. 2 attempts from ") in text
        assert "trying now" not in text
        assert "this month" not in text


# --- sensors that did not watch at the same time -----------------------------

def of_months(path, *counts, first=(2014, 1)):
    """A ledger of a log with so many attempts in each month."""
    start = datetime.datetime(*first, 1)
    lines = []
    for n in counts:
        end = (start + datetime.timedelta(days=31)).replace(day=1)
        day = start
        while day < end:
            lines.append(line(f"GET /{path.name} HTTP/1.1", 200,
                              when=f"{day:%d/%b/%Y:%T} +0000"))
            day += datetime.timedelta(hours=12)
        lines += [line("GET http://a.example/ HTTP/1.1", 403, when=format(
            end - datetime.timedelta(seconds=n - i),
            "%d/%b/%Y:%T +0000")) for i in range(n)]
        start = end
    return ledger_of(path, write(path.with_suffix(".log"), *lines))


def merged(out, *ledgers):
    assert run("merge", "-o", out, *ledgers).returncode == 0
    return out


UNEVEN = ("Periods in which more or fewer of the merged ledgers were counting "
          "are not compared.")


def test_a_sensor_that_ended_is_no_fall(tmp_path):
    """A trend is stated for months that both sensors watched, not for those of
    one."""
    now = datetime.datetime.now(datetime.timezone.utc)
    index = 12 * now.year + now.month - 1
    first, second, third = ((n // 12, n % 12 + 1)
                            for n in range(index - 3, index))
    last, before = "%d-%02d" % third, "%d-%02d" % second
    a = of_months(tmp_path / "a", 300, 300, 300, first=first)
    b = of_months(tmp_path / "b", 300, 300, first=first)
    c = of_months(tmp_path / "c", 300, 1000, 300, first=first)
    for n, order in enumerate(((a, b), (b, a))):
        both = merged(tmp_path / f"both-{n}", *order)
        assert months(shown(both)) == {"%d-%02d" % first: "600", before: "600",
                                       last: "300"}
        for text in (shown(both), report(both, last)):
            assert UNEVEN in " ".join(text.split())
            assert not re.search("halved|fallen|[Ff]ewer than", text)
        assert "GET is unchanged since" in report(both, before)
        data = json.loads(shown(both, "-O", "json"))
        assert [x.get("ledgers") for x in data["covered"]] == [2, None]
        status_schema().validate(data)
        assert data["trend"]["last_month_same_days"] is None
        saved = write(tmp_path / f"{n}.json", json.dumps(data))
        for one in (saved, both):
            done = run("compare", f"both={one}", f"a={a}").stdout.decode()
            assert "a is unchanged" in done and "both has" not in done
    assert "統合した台帳のうち" in shown(both, "--lang", "ja")
    rise = merged(tmp_path / "rise", a, c)
    assert "GET has more than doubled since" in report(rise, before)
    assert UNEVEN not in " ".join(shown(rise).split())


def test_pieces_of_one_history_keep_their_trend(tmp_path):
    """A ledger that was set aside, and the one that came after it."""
    pieces = (of_months(tmp_path / "old", 100, 100),
              of_months(tmp_path / "new", 300, 900, first=(2014, 3)))
    whole = of_months(tmp_path / "whole", 100, 100, 300, 900)
    text = shown(merged(tmp_path / "sum", *pieces))
    assert UNEVEN not in " ".join(text.split())
    for month in ("2014-03", "2014-04"):
        assert (report(tmp_path / "sum", month).splitlines()[1:]
                == report(whole, month).splitlines()[1:])
        assert "GET has" in report(whole, month)


@pytest.mark.parametrize("left_out, compared", [
    ((), True), (("since",), True), (("covered",), True),
    (("since", "covered"), False), (("since", "to"), False),
    (("since", "from"), False)])
def test_json_that_does_not_say_when_it_began_is_not_compared(
        tmp_path, left_out, compared):
    """Its months without attempts may not have been watched."""
    data = json.loads(shown(ledger_of(tmp_path / "ledger", log(
        tmp_path / "log", "2013-10-01T00:00:01", *["2013-10-05T01:02:03"] * 20,
        "2014-10-31T23:59:00", *["2014-10-05T01:02:03"] * 60)), "-O", "json"))
    data["now"] = "2014-11-01T00:00:00Z"
    for key in left_out:
        data.pop(key, None) or data["covered"][0].pop(key)
    saved = write(tmp_path / "saved.json", json.dumps(data))
    assert ("doubled" in run("compare", f"x={saved}").stdout.decode()
            ) == compared
    text = report(saved, "2014-10")
    assert ("CONNECT has more than doubled since October 2013. CONNECT has "
            "appeared since September 2014." in text) == compared
    assert ("no month to compare" in text) != compared
    counts = ("61", "0", "21") if compared else ("61", "-", "21")
    assert re.search(" +".join(("CONNECT", *counts)), text)


# --- what a view leaves ------------------------------------------------------

def test_a_chart_of_one_class_says_so(tmp_path):
    both = write(tmp_path / "log", *(
        line(request, 405, when="02/Jan/2014:03:04:05 +0000")
        for request in ("CONNECT a.example:25 HTTP/1.0",
                        "GET http://a.example/ HTTP/1.1")))
    ledger = ledger_of(tmp_path / "ledger", both)
    text = shown(ledger, "--class", "connect-mail")
    assert "\nAttempts per month: connect-mail\n" in text
    assert "by family" not in text
    page = shown(ledger, "--class", "connect-mail", "-O", "html")
    assert page.count(">Attempts per month: Tunnel to a mail port</") == 2
    assert "per month, by family" not in page
    assert "per month" not in shown(ledger, "--class", "socks")
    assert "\nAttempts per month, by family\n" in shown(ledger)


def test_a_sensor_without_a_year_does_not_take_it_from_others(tmp_path):
    old = ledger_of(tmp_path / "old", log(
        tmp_path / "1", "2013-10-01T00:00:01", *["2013-10-05T01:02:03"] * 20,
        "2014-10-31T23:59:00", *["2014-10-05T01:02:03"] * 60))
    young = ledger_of(tmp_path / "young", log(
        tmp_path / "2", "2014-09-01T00:00:01", *["2014-09-05T01:02:03"] * 20,
        "2014-10-31T23:59:00", *["2014-10-05T01:02:03"] * 20))
    gone = ledger_of(tmp_path / "gone", log(
        tmp_path / "3", "2013-10-01T00:00:01", "2013-12-10T00:00:01"))
    args = (f"old={old}", f"gone={gone}", f"young={young}")
    said = ("old has more than doubled since October 2013. young is unchanged "
            "since September 2014.")
    text = run("compare", *args).stdout.decode()
    assert said in text
    # a record that ended long ago makes no later month a part
    assert re.findall(r"^(20\d\d-\d\d) .* \*$", text, re.M) == ["2013-12"]
    image = ElementTree.fromstring(run("compare", "-O", "svg", *args).stdout)
    assert image.find(f"{SVG}title").text
    assert said in image.find(f"{SVG}desc").text
    assert ("old は 2 倍を超えました。2014 年 9 月と比べて、young は"
            in run("compare", "--lang", "ja", *args).stdout.decode())


def test_a_legend_is_not_cut_where_there_is_room(tmp_path):
    ledger = ledger_of(tmp_path / "l", log(
        tmp_path / "log", "2014-01-01T00:10:00", "2014-02-10T00:10:00"))
    done = run("compare", "-O", "svg", "--lang", "ja", f"東京北センサー={ledger}")
    keys = [x.text for x in ElementTree.fromstring(done.stdout).iter(
        f"{SVG}text") if x.get("class") == "key"]
    assert keys == ["東京北センサー", "淡色: 記録の最後の月"]


@pytest.mark.parametrize("seed", range(16))
def test_of_many_logs_each_counts_once_in_whatever_order(tmp_path, seed):
    """Some are in the ledger already, or begin like others."""
    rng = random.Random(seed)
    def log_of(name, times, day):
        return write(tmp_path / name, *(line(
            "CONNECT mx.example:25 HTTP/1.0", 405, n,
            when=f"{day:02}/Jan/2014:00:00:{n:02} +0000")
            for n in range(times)))
    known, grown = log_of("known", 3, 1), log_of("grown", 5, 1)
    one, more = log_of("one", 7, 2), log_of("more", 11, 2)
    new, empty = log_of("new", 13, 3), log_of("empty", 0, 4)
    ledger = ledger_of(tmp_path / "ledger", known)
    given = rng.sample([known, grown, one, more, new, empty], 2 + seed % 5)
    said, seen, attempts = [], set(), 3
    for path in given:
        what = path.name
        kind = {"more": "one", "grown": "known"}.get(what, what)
        if what == "empty":
            said.append("is empty")
        elif what == "known":
            said.append("is in the ledger already; not added again")
        elif what == "grown":
            said.append("is in the ledger with fewer or other lines after the "
                        "first ones; not added, because those would count "
                        "twice. Add logs only when they are complete")
        elif kind in seen:
            said.append("begins like another log named here; added once")
        else:
            attempts += {"one": 7, "more": 11, "new": 13}[what]
            seen.add(kind)
            continue
        said[-1] = f"proxyguard scan: {path} {said[-1]}"
    done = run("scan", "-q", "--into", ledger, *given)
    assert [x for x in done.stderr.decode().splitlines()
            if x in said or "cannot tell" not in x] == said
    shown_now = json.loads(run("show", "-O", "json", ledger).stdout)
    assert shown_now["attempts"] == attempts

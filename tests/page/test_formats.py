# Licensed under the Apache License, Version 2.0; see LICENSE.
"""The formats as other programs read them: made-up reports with every table
full, and the same with an attack in every text."""

import csv
import io
import json
import re
import subprocess

import pytest

from pg_sample import doc, sample, status_schema

FORMATS = ["html", "json", "prometheus", "openmetrics", "csv", "text", "auto"]
KINDS = ["none", "empty", "full", "hostile"]


@pytest.fixture(params=KINDS)
def kind(request):
    return request.param


# --- all formats -------------------------------------------------------------

def test_the_text_says_what_is_partial_and_what_is_an_estimate():
    text = sample("full", "text").decode()
    assert "2014-11 is not over yet: 5,450 so far." in text
    assert "(± 1.6 %)" in text                    # the estimate's error


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("mask", ["", "mask=1"])
def test_no_format_writes_a_control_or_a_hidden_character(kind, form, mask):
    text = sample(kind, form, mask).decode("utf-8")       # well formed
    bad = re.search("[\0-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u061c\u200b-\u200f"
                    "\u2028-\u202e\u2060-\u206f\ufeff]", text)
    assert not bad, repr(text[bad.start() - 40:bad.end() + 40])
    assert "\r" not in text.replace("\r\n", "") and text.endswith("\n")


@pytest.mark.parametrize("form", FORMATS)
def test_a_masked_report_names_nobody(form):
    plain = sample("full", form).decode()
    masked = sample("full", form, "mask=1").decode()
    names = ["198.51.100", "2001:db8", "a.example", "own.example", "squid",
             "203.0.113", "shop.conf", "127.0.0.1"]
    if form in ("html", "json", "text"):
        assert all(name in plain for name in names[:4])
    for name in names:
        assert name not in masked
    if form in ("html", "json", "text"):     # what an article needs
        assert re.search(r"http:/+(www\.)?host-\w{8}[^ ]*/zc/\S*body\.png|"
                         r"mx0\.host-\w{8}\S*:25", masked)


def test_times_are_in_the_zone_that_is_asked_for():
    page = sample("full", "html", "tz=%2B0900").decode()
    assert "UTC+09:00</p>" in page and "(UTC)" not in page
    assert ("began before 2014-11-11 are those of Coordinated Universal Time"
            in page)
    assert "&amp;tz=%2B0900" in page
    moved = dict(re.findall(
        r'<time datetime="([-0-9T:]+)Z">([-0-9: ]+)</time>', page))
    assert moved["2014-11-23T15:30:00"] == "2014-11-24 00:30:00"
    assert len(moved) > 10
    text = sample("full", "text", "tz=-0530").decode()
    assert text.startswith("Relay attempts, 2014-11-23 10:00:00 UTC-05:30\n")
    assert sample("full", "json", "tz=%2B0900") == sample("full", "json")


def test_a_pseudonym_is_the_same_in_every_format():
    data = json.loads(sample("full", "json", "mask=1"))
    page = sample("full", "html", "mask=1").decode()
    for entry in data["top"]["sources"]["entries"]:
        assert re.fullmatch("ip-[0-9a-z]{8}", entry["key"])
        assert entry["key"] in page


def test_every_format_takes_less_than_ten_milliseconds():
    said = sample("full", "time").decode()
    took = dict(re.findall(r"^(\w+) +([\d.]+) ms", said, re.M))
    assert set(took) == set(FORMATS)
    assert float(took["html"]) < 10, said
    # the whole history of 20 years
    assert float(took["json"]) < 100, said


# --- JSON --------------------------------------------------------------------

def test_json_is_what_the_schema_says(kind):
    validator = status_schema()
    for mask in ("", "mask=1&window=1h&top=3"):
        status = json.loads(sample(kind, "json", mask))
        errors = [f"{list(e.path)}: {e.message[:200]}"
                  for e in validator.iter_errors(status)]
        assert not errors
        assert set(status) <= set(validator.schema["properties"])
        assert status["counting"] == (kind != "none")


def test_the_schema_is_not_so_wide_that_all_is_right():
    validator = status_schema()
    for change in ({"attempts": -1}, {"since": "yesterday"},
                   {"trend": {}}, {"by_class": {}}, {"schema": 2}):
        status = json.loads(sample("full", "json"))
        status.update(change)
        assert not validator.is_valid(status), change
    status = json.loads(sample("full", "json"))
    del status["recent"]
    assert not validator.is_valid(status)


def test_jq_finds_the_busiest_month():
    said = subprocess.run(
        ["jq", "-r", ".history.months | max_by(.by_family.get).start"],
        input=sample("full", "json"), capture_output=True, check=True)
    assert said.stdout == b"2014-10-01T00:00:00Z\n"


def test_json_keeps_what_was_sent_readable_and_apart():
    status = json.loads(sample("hostile", "json", "top=100"))
    keys = [e["key"] for e in status["top"]["sources"]["entries"]]
    assert "<script>alert(1)</script>" in keys
    assert r"a\x00b" in keys
    assert r"\u{202e}gpj.exe\u{2066}" in keys
    assert r"\xff\xfe\x80\xc0\xaf\xed\xa0\x80\xf5" in keys


# --- Prometheus --------------------------------------------------------------

@pytest.mark.parametrize("form", ["prometheus"])
def test_promtool_has_nothing_to_say(kind, form):
    said = subprocess.run(["promtool", "check", "metrics"],
                          input=sample(kind, form), capture_output=True)
    assert (said.returncode, said.stdout + said.stderr) == (0, b"")


def groups(text):
    """Names in the order of their samples, one for each run of them."""
    out = []
    for line in text.splitlines():
        if line and not line.startswith("#"):
            name = re.match(r"[a-z_]+", line).group()
            if not out or out[-1] != name:
                out.append(name)
    return out


@pytest.mark.parametrize("form", ["prometheus", "openmetrics"])
def test_each_metric_is_one_group_below_its_help_and_type(kind, form):
    text = sample(kind, form).decode()
    names = groups(text)
    assert len(names) == len(set(names))
    for name in names:
        family = name if form == "prometheus" else \
            re.sub("(_total|_info)$", "", name)
        assert re.search(rf"^# HELP {family} .*\n# TYPE {family} \w+\n"
                         rf"(# UNIT .*\n)?{name}", text, re.M), name
    assert text.endswith("# EOF\n") == (form == "openmetrics")


def test_no_label_comes_from_a_stranger():
    values = set(re.findall(r'(\w+)="([^"]*)"',
                            sample("hostile", "prometheus").decode()))
    assert {v for n, v in values if n not in ("version", "sensor")} <= set(
        re.findall(r"[\w-]+", doc("metrics.md") + doc("status-page.md")
                   + " absolute connect-tls connect-mail connect-other socks "
                     "foreign-host malformed chosen-backend get connect "
                     "host reverse denied refused dropped observed relayed "
                     "sunk GET HEAD POST CONNECT OPTIONS PUT DELETE PROPFIND"))


def test_the_reference_has_each_metric_with_its_type_and_help():
    text = sample("full", "prometheus").decode()
    code = {(n, t, h) for n, h, _, t in re.findall(
        r"^# HELP (\S+) (.*)\n# TYPE (\S+) (\w+)", text, re.M)}
    rows = re.findall(r"^\| `(proxyguard_\w+)` \| (\w+) \| [^|]* \| ([^|]*) \|",
                      doc("metrics.md"), re.M)
    assert {(n, t, h.strip()) for n, t, h in rows} == code


def test_the_reference_has_each_json_key_and_auto_line():
    rows = [line for line in doc("metrics.md").splitlines()
            if line.startswith("| ") and "`ProxyGuard" in line
            or line.startswith("| `proxyguard_")]
    lines = {name for row in rows
             for name in re.findall(r"`ProxyGuard(\w+)", row)}
    said = sample("full", "auto").decode()
    assert {re.match(r"ProxyGuard(\w+)", x).group(1)
            for x in said.splitlines()} == lines
    keys = {name for row in rows
            for name in re.findall(r"`([\w.]+)`", row.split("|")[5])}
    status = json.loads(sample("full", "json"))
    assert keys <= set(status) | {f"sink.{key}" for key in status["sink"]}


# --- CSV and ?auto -----------------------------------------------------------

def table(kind, query=""):
    text = sample(kind, "csv", query).decode()
    return list(csv.DictReader(io.StringIO(text, newline=""), strict=True))


def test_csv_has_a_row_for_each_month_or_day(kind):
    months, days = table(kind), table(kind, "by=day")
    if kind in ("full", "hostile"):
        assert [months[0]["start"], months[-1]["start"]] == ["2013-10",
                                                             "2014-11"]
        assert [m["complete"] for m in months] == ["1"] * 13 + ["0"]
        assert days[0]["start"] == "2013-10-01" and len(days) == 419
    for rows, period in ((months, "month"), (days, "day")):
        assert {r["period"] for r in rows} <= {period}
        for row in rows:
            parts = [int(row[f]) for f in ("get", "connect", "socks", "host",
                                           "reverse")]
            assert sum(parts) == int(row["attempts"])
            assert row["sensor"][:1] not in tuple("=+-@")


def test_a_range_of_time_is_kept_to_in_every_format():
    query = "since=2014-03&until=2014-05"
    assert [r["start"] for r in table("full", query)] == [
        "2014-03", "2014-04", "2014-05"]
    assert [r["start"] for r in table("full", "month=2014-10&by=day")] == [
        f"2014-10-{day:02}" for day in range(1, 32)]
    history = json.loads(sample("full", "json", query))["history"]
    assert [m["start"][:7] for m in history["months"]] == [
        "2014-03", "2014-04", "2014-05"]
    assert not history["hours"]
    page = sample("full", "html", query).decode()
    assert "2014-04</a>" in page and "2014-06</a>" not in page
    assert "2014-05-31</a>" in page and 'id="hours"' not in page
    text = sample("full", "text", query).decode()
    assert "2014-05 " in text and "2014-06 " not in text


def test_a_thread_is_followed_by_source_class_and_target():
    whole = json.loads(sample("full", "json"))["recent"]
    one = whole[0]
    for name, value, key in (("source", one["source"], "source"),
                             ("class", one["class"], "class"),
                             ("target", one["host"], "host")):
        found = json.loads(sample("full", "json", f"{name}={value}"))
        assert found["recent"] == [r for r in whole if r[key] == value]
        assert 0 < len(found["recent"]) < len(whole)
    # a page's link leads to what it says, masked or not
    for mask in ("", "mask=1"):
        page = sample("full", "html", mask).decode()
        links = re.findall(r'<a href="\?([^"#]*)#recent">', page)
        sources = [x for x in links if "source=" in x]
        assert len(sources) == 10
        found = sample("full", "html", sources[0].replace("&amp;", "&"))
        assert b"all other figures are unrestricted" in found


def test_months_are_as_many_as_are_asked_for():
    page = sample("full", "html", "months=3").decode()
    chart = page.split('id="months"')[1].split("</figure>")[0]
    assert chart.count("<tr><th scope=\"row\"") == 3


def test_auto_is_a_name_and_a_value_a_line(kind):
    for line in sample(kind, "auto").decode().splitlines():
        assert re.fullmatch(r"ProxyGuard[A-Za-z]+(-[\w-]+)?: \S+", line), line

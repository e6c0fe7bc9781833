# Licensed under the Apache License, Version 2.0; see LICENSE.
"""One fixed report in every format and language, and what the command makes of
it, byte for byte: a change of a figure, a word or a mark is seen, and decided
on. Of other views of it: what they add, and where, links left out. `make
golden` writes the files anew; review the difference like code."""

import difflib
import os
import pathlib
import re
import tempfile

import pytest

from pg_cli import audit, run
from pg_sample import sample

FOLDER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..",
                      "cases", "golden")
QUERY = "since=2014-11-22T12:00Z&top=3&lang="
FORMATS = ["html", "json", "prometheus", "openmetrics", "csv", "text", "auto"]
KINDS = ["full", "scan", "none", "empty"]
LANGS = ("en", "ja")
CASES = [(kind, form, lang) for kind in KINDS for form in FORMATS
         for lang in LANGS if lang == "en" or form in ("html", "text")]
VIEWS = {
    "masked": "mask=1&window=1h&refresh=7",
    "class": "class=foreign-host&until=2014-11-22T20:00Z",
    "source": "source=198.51.100.7&window=30d",
    "target": "target=mx0.a.example&tz=-0530",
    "none": "source=nobody&tz=%2B0900",
    "whole": "since=2013&months=3&window=61m&by=day",
}
VIEWED = [(form, view) for view in VIEWS for form in ("html", "text")] + [
    ("csv", "whole"), *(("json", view) for view in VIEWS
                        if view not in ("masked", "whole"))]

# samples of which only what they add to another is kept
VARIANTS = {"rare": "full", "halted": "scan"}
VARIED = [(kind, form, lang) for kind in VARIANTS
          for form in ("html", "text") for lang in LANGS]

# each parameter alone, and with all others
LINKED = ["", "since=2014-03", "until=2014-03-04T05:06Z", "class=socks",
          "source=198.51.100.7", "target=mx0.a.example", "months=7",
          "window=90m", "top=2", "refresh=9", "by=day", "mask=1", "tz=%2B0900",
          "lang=ja", "source=198.51.100.7&mask=1",
          "since=2014-03&until=2014-11&class=absolute&source=198.51.100.7"
          "&target=www.a.example&months=7&window=90d&top=2&refresh=9&by=day"
          "&tz=-0530&lang=ja"]

# what is on screens of these sizes
SIZES = {
    "full.en": [f"80x{rows}" for rows in (
        1, 8, 13, 14, 15, 16, 17, 18, 20, 22, 25, 29, 34, 40, 46, 52, 60, 80)],
    "full.ja": ["60x30", "40x50"],
    "rare.en": ["100x24", "20x10", "120x70"],
    "scan.en": ["80x25", "100x60"],
    "empty.en": ["80x8", "80x12"],
    "none.en": ["80x5"],
}

REQUEST = "GET http://www.m.example/ HTTP/1.1"
LINE = ('192.0.2.7 - - [02/Jan/2014:03:04:05 +0000] "CONNECT mx0.m.example:25 '
        'HTTP/1.0" 405 235 "-" "-"')
MONTH = ("report", "--month", "2014-10", "--from", "Bee <a@own.example>",
         "--to", '"C, ' + 30 * "\u00e9" + '" <b@own.example>, c@own.example',
         "-O")
COMMANDS = {
    "explain.request": ["explain", REQUEST],
    "explain.line": ["explain", LINE],
    **{f"compare.{form}": ["compare", "-O", form]
       for form in ("text", "csv", "html", "svg")},
    **{f"report.{form}": [*MONTH, form]
       for form in ("text", "html", "markdown", "mail")},
}
AUDITED = """
ProxyRequests On
ProxyVia On
<Proxy *>
    Require all granted
</Proxy>
<VirtualHost *:7>
    ServerName inner.own.example
    <Proxy *>
        Require ip 192.0.2.0/24
    </Proxy>
</VirtualHost>
"""
NAMES = [*COMMANDS, "audit"]


def path_of(*case):
    return os.path.join(FOLDER, ".".join(case))


def expected(*case):
    with open(path_of(*case), "rb") as f:
        return f.read()


def lines(kind, form, query):
    text = sample(kind, form, query).decode()
    text = re.sub('href="[^"]*"', "href", text)
    return re.sub(r"(?<=[}\]]), ?(?=[{\[])", ",\n", text).splitlines()


def added(before, after):
    diff = difflib.unified_diff(before, after, n=0, lineterm="")
    return "".join(line + "\n" for line in diff
                   if line[0] != "-" and line[:3] != "+++").encode()


def viewed(form, view):
    """What a view adds to the report, as octets."""
    since = "" if "since" in VIEWS[view] else QUERY.split("&", maxsplit=1)[0]
    query = f"{since}&top=1&{VIEWS[view]}"
    return added(lines("full", form, QUERY + "en"),
                 lines("full", form, query))


def screens(name):
    """The text on each screen, below its size, without the lines with which
    the one before begins as well."""
    kind, lang = name.split(".")
    out, before = [], []
    for size in SIZES[name]:
        now = sample(kind, "text", "lang=" + lang, size).splitlines()
        same = len(os.path.commonprefix([before, now]))
        out += [f"== {size}: {same} lines as before, and".encode(), *now[same:]]
        before = now
    return b"\n".join(out) + b"\n"


def links(query):
    """What a page says of its restriction, and where it leads: of those to the
    same part of it, the first three."""
    page = sample("full", "html", query).decode()
    note = re.findall(r'<p class="note">(?:(?!</p>).)*<a href="[^"#]*">.*</p>',
                      page)
    found = {}
    for href in re.findall('href="([?][^"]*)"', page):
        found.setdefault(re.search("#.*|$", href)[0], {})[href] = None
    return "\n".join([f"== {query}", *note, *(
        href for part, hrefs in found.items()
        for href in list(hrefs)[:3 if part else None]), ""]).encode()


def varied(kind, form, lang):
    query = f"top=3&lang={lang}"
    return added(lines(VARIANTS[kind], form, query),
                 lines(kind, form, query))


def sensors(folder):
    """The sample as two sensors, one of them younger."""
    for sensor, query in (("north", ""), ("south", "since=2014-03")):
        path = folder / f"{sensor}.json"
        path.write_bytes(sample("full", "json", query))
        yield f"{sensor}={path}"


def commanded(name, lang, folder):
    """What a command writes, but for what changes from run to run."""
    if name == "audit":
        done = audit(folder, AUDITED, "--lang", lang)
    else:
        named = [] if name.startswith("explain") else sensors(folder)
        done = run(*COMMANDS[name], *named, "--lang", lang)
    assert done.stderr in (b"", b"Syntax OK\n")
    said = done.stdout.replace(str(folder).encode(), b"@ROOT@")
    return re.sub(rb"(?m)^(Date|Message-ID): .*$", rb"\1: -", said)


@pytest.mark.parametrize("kind, form, lang", CASES)
def test_a_fixed_report_is_what_it_was(kind, form, lang):
    assert sample(kind, form, QUERY + lang) == expected(kind, form, lang)


@pytest.mark.parametrize("form, view", VIEWED)
def test_a_view_of_it_is_what_it_was(form, view):
    assert viewed(form, view) == expected("full", form, view)


@pytest.mark.parametrize("kind, form, lang", VARIED)
def test_what_is_rare_is_what_it_was(kind, form, lang):
    assert varied(kind, form, lang) == expected(kind, form, lang)


def test_a_page_leads_where_it_led():
    assert b"".join(map(links, LINKED)) == expected("links")


@pytest.mark.parametrize("name", SIZES)
def test_a_screen_shows_what_it_showed(name):
    assert screens(name) == expected("screens", name)


@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize("name", NAMES)
def test_a_command_writes_what_it_wrote(name, lang, tmp_path):
    assert commanded(name, lang, tmp_path) == expected(name, lang)


def test_no_golden_file_is_without_its_case():
    cases = [*CASES, *VARIED, *(("full", *case) for case in VIEWED),
             ("links",), *(("screens", name) for name in SIZES),
             *((name, lang) for name in NAMES for lang in LANGS)]
    assert sorted(os.listdir(FOLDER)) == sorted(
        os.path.basename(path_of(*case)) for case in cases)


if __name__ == "__main__":
    os.makedirs(FOLDER, exist_ok=True)
    for case in CASES:
        with open(path_of(*case), "wb") as out:
            out.write(sample(case[0], case[1], QUERY + case[2]))
    for case in VIEWED:
        with open(path_of("full", *case), "wb") as out:
            out.write(viewed(*case))
    for case in VARIED:
        with open(path_of(*case), "wb") as out:
            out.write(varied(*case))
    with open(path_of("links"), "wb") as out:
        out.write(b"".join(map(links, LINKED)))
    for name in SIZES:
        with open(path_of("screens", name), "wb") as out:
            out.write(screens(name))
    for case in ((name, lang) for name in NAMES for lang in LANGS):
        with tempfile.TemporaryDirectory() as scratch, \
                open(path_of(*case), "wb") as out:
            out.write(commanded(*case, pathlib.Path(scratch)))

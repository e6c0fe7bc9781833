# Licensed under the Apache License, Version 2.0; see LICENSE.
"""The page for people: in a browser, in text browsers, and by computation."""

import base64
import hashlib
import html
import html.parser
import itertools
import os
import re
import subprocess

import pytest

from pg_browser import SHOTS, chromium, png_size
from pg_cli import run
from pg_sample import sample

def page(kind="full", query=""):
    return sample(kind, "html", query).decode()


def style():
    return re.search("<style>(.*?)</style>", page("none"), re.S).group(1)


# --- the document ------------------------------------------------------------

class Outline(html.parser.HTMLParser):
    """Headings, ids, links to them, cells and what they lack."""
    VOID = {"meta", "br", "rect", "line", "img", "hr"}

    def __init__(self, text):
        super().__init__()
        self.levels, self.ids, self.anchors, self.faults = [], [], [], []
        self.open, self.tags = [], []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        attrs = dict(attrs)
        self.tags.append((tag, attrs))
        if re.fullmatch("h[1-6]", tag):
            self.levels.append(int(tag[1]))
        if "id" in attrs:
            self.ids.append(attrs["id"])
        if attrs.get("href", "").startswith("#"):
            self.anchors.append(attrs["href"][1:])
        for name in ("aria-labelledby", "aria-describedby"):
            self.anchors += attrs.get(name, "").split()
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        if not self.open or self.open.pop() != tag:
            self.faults.append(f"</{tag}> at {self.getpos()}")


@pytest.mark.parametrize("kind", ["none", "empty", "full", "hostile"])
@pytest.mark.parametrize("query", ["", "lang=ja&mask=1"])
def test_the_document_is_sound(kind, query):
    text = page(kind, query)
    out = Outline(text)
    assert not out.faults and not out.open
    assert out.levels[0] == 1 and out.levels.count(1) == 1
    assert all(b - a <= 1 for a, b in zip(out.levels, out.levels[1:]))
    assert len(out.ids) == len(set(out.ids))
    assert set(out.anchors) <= set(out.ids)
    names = {tag for tag, _ in out.tags}
    assert not names & {"script", "img", "iframe", "object", "embed", "form",
                        "input", "link", "base", "b" if kind == "x" else "-"}
    for tag, attrs in out.tags:
        assert not [a for a in attrs if a.startswith("on") or a == "style"]
        if tag == "th":
            assert attrs.get("scope") in ("row", "col")
        if tag == "svg" and "id" in attrs:
            assert attrs["role"] == "img" and attrs["aria-labelledby"]
        if tag == "a" and "://" in attrs["href"]:
            assert attrs["href"].startswith("https://www.rfc-editor.org/")
    assert dict(out.tags)["html"]["lang"] == ("ja" if query else "en")


@pytest.mark.parametrize("kind", ["none", "empty", "full", "hostile"])
def test_tidy_has_nothing_to_say(kind):
    said = subprocess.run(["tidy", "-q", "-e", "-utf8"],
                          input=page(kind, "lang=ja").encode(),
                          capture_output=True)
    assert (said.returncode, said.stderr.decode()) == (0, "")


def test_each_chart_has_a_title_a_description_and_a_table_of_values():
    text = page()
    for figure in re.findall("<figure>.*?</figure>", text, re.S):
        title = re.search("<svg[^>]*>\n<title>([^<]+)</title>\n"
                          "<desc>([^<]+)</desc>", figure)
        assert title and title.group(1) in figure.split("<svg")[0]
        assert "<table>" in figure and "<summary>" in figure
    ticks = re.findall(r'<text x="700" y="[\d.]+">([^<]+)</text>', text)
    for tick in ticks:
        assert re.fullmatch("0|[125]?[05]?[0-9]0*|[1-9]0*",
                            tick.replace(",", "")), tick


def test_what_a_list_does_not_show_is_one_link_away():
    text = page()
    note = re.search(r'(\d+) of at least (\d+) shown '
                     r'\(<a href="\?([^"#]*)#top-sources">more</a>\)', text)
    assert int(note.group(1)) == 10 < int(note.group(2))
    whole = page("full", note.group(3).replace("&amp;", "&"))
    rows = re.search('<section id="top-sources">(.*?)</section>', whole,
                     re.S).group(1)
    assert rows.count('<tr><th scope="row">') == int(note.group(2))
    # a share is one of all attempts, in the bar and in the figure
    bars = re.findall(
        r'<rect class="plain" width="([\d.]+)"[^%]*?> ([<\d.]+) %', rows)
    assert len(bars) == int(note.group(2))
    for width, percent in bars:
        assert abs(float(width) - float(percent.strip("<"))) <= 0.51


def test_every_row_that_can_leads_to_its_thread():
    """Months, classes, sources and targets; all other parameters are kept."""
    text = page("full", "lang=ja&tz=%2B0900&months=240")
    links = re.findall(r'<a href="\?([^"#]*)#(?:recent|history)">', text)
    assert {"since", "class", "source", "target"} <= {
        name for link in links for name in re.findall(r"(\w+)=", link)}
    for link in links:
        for kept in ("lang=ja", "tz=%2B0900", "months=240"):
            assert kept in link


def test_the_month_that_is_not_over_is_marked():
    figure = re.search('id="months".*?</figure>', page(), re.S).group()
    assert figure.count('class="partial"') == 1
    assert "2014-11 is not over yet: " in figure
    assert "2014-11</a> <i>(so far)</i>" in figure


def test_without_a_ledger_the_page_says_that_it_cannot_count():
    text = page("none")
    assert 'class="alarm">The guard is working, but it cannot count' in text
    assert "Counting since" not in text


def test_no_japanese_page_has_an_english_sentence_of_ours():
    text = re.sub("<style>.*?</style>|<code.*?</code>", "",
                  page("full", "lang=ja"), flags=re.S)
    text = re.sub(r'<(td|p|span|a)[^>]* lang="en".*?</\1>', "", text)
    words = re.findall(r">([^<>]*\b[a-z]{4,} [a-z]{2,} [a-z]{2,}[^<>]*)<",
                       text)
    assert not words


# --- style -------------------------------------------------------------------

def test_the_policy_names_the_hash_of_the_style():
    with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..",
                           "..", "report", "pg_style.c")) as f:
        said = re.search(r'pg_style_sha256\[\] =\s*"([^"]*)"', f.read())
    digest = hashlib.sha256(style().encode()).digest()
    assert said.group(1) == base64.b64encode(digest).decode()


def colours():
    """{"light": {"--fg": (r, g, b)}, "dark": ...}"""
    light, dark = re.findall(r":root\{([^}]*)\}", style())[:2]

    def parse(text):
        out = {}
        for name, value in re.findall(r"(--\w+):#([0-9a-f]{3,6})", text):
            value = value if len(value) == 6 else "".join(2 * c for c in value)
            out[name] = tuple(int(value[i:i + 2], 16) for i in (0, 2, 4))
        return out
    return {"light": parse(light), "dark": parse(dark)}


def linear(c):
    c /= 255
    return c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4


def contrast(a, b):
    """WCAG 2.2, contrast ratio."""
    lum = sorted(0.2126 * linear(r) + 0.7152 * linear(g) + 0.0722 * linear(b_)
                 for r, g, b_ in (a, b))
    return (lum[1] + 0.05) / (lum[0] + 0.05)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_and_bars_stand_out_from_their_background(scheme):
    c = colours()[scheme]
    for text in ("--fg", "--mute", "--link", "--good", "--warn", "--bad"):
        for back in ("--bg", "--card"):
            assert contrast(c[text], c[back]) >= 4.5, (text, back)
    for bar in [n for n in c if re.fullmatch("--[fc][0-9]", n)]:
        assert contrast(c[bar], c["--card"]) >= 3, bar


# Machado, Oliveira, Fernandes (2009), severity 1.0, on linear RGB.
BLINDNESS = {
    "protan": ((0.152286, 1.052583, -0.204868),
               (0.114503, 0.786281, 0.099216),
               (-0.003882, -0.048116, 1.051998)),
    "deutan": ((0.367322, 0.860646, -0.227968),
               (0.280085, 0.672501, 0.047413),
               (-0.011820, 0.042940, 0.968881)),
    "tritan": ((1.255528, -0.076749, -0.178779),
               (-0.078411, 0.930809, 0.147602),
               (0.004733, 0.691367, 0.303900)),
}


def lab(rgb):
    r, g, b = rgb
    xyz = (0.4124 * r + 0.3576 * g + 0.1805 * b,
           0.2126 * r + 0.7152 * g + 0.0722 * b,
           0.0193 * r + 0.1192 * g + 0.9505 * b)
    f = [max(v, 0) / w for v, w in zip(xyz, (0.9505, 1, 1.089))]
    f = [v ** (1 / 3) if v > 0.008856 else 7.787 * v + 16 / 116 for v in f]
    return (116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2]))


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("sight", ["all", *BLINDNESS])
def test_series_differ_for_every_eye(scheme, sight):
    c = colours()[scheme]

    def seen(name):
        rgb = [linear(v) for v in c[name]]
        if sight != "all":
            rgb = [sum(m * v for m, v in zip(row, rgb))
                   for row in BLINDNESS[sight]]
        return lab(rgb)
    for family in "fc":
        names = sorted(n for n in c if n.startswith("--" + family)
                       and n[-1].isdigit())
        for a, b in itertools.combinations(names, 2):
            apart = sum((x - y) ** 2
                        for x, y in zip(seen(a), seen(b))) ** 0.5
            assert apart >= 10, (a, b, round(apart, 1))


# --- browsers ----------------------------------------------------------------

VIEWS = {
    "light": ("full", "", 1180, 2600,
              "--blink-settings=preferredColorScheme=1"),
    "dark": ("full", "lang=ja", 1180, 2600,
             "--blink-settings=preferredColorScheme=0"),
    "narrow": ("full", "", 390, 3600, "--force-device-scale-factor=1"),
    "narrowest": ("full", "lang=ja", 320, 3600,
                  "--blink-settings=preferredColorScheme=0"),
    "wide": ("full", "", 1280, 2600, "--force-device-scale-factor=1"),
    "hostile": ("hostile", "", 1180, 2600, "--force-device-scale-factor=1"),
}


@pytest.mark.parametrize("view", VIEWS)
def test_a_screenshot_can_be_taken(tmp_path, view):
    kind, query, width, height, option = VIEWS[view]
    os.makedirs(SHOTS, exist_ok=True)
    source = tmp_path / "page.html"
    source.write_text(page(kind, query))
    shot = os.path.join(SHOTS, view + ".png")
    # Chromium has no window below 500: a frame is as narrow as we want
    frame = tmp_path / "frame.html"
    frame.write_text(f'<body style="margin:0"><iframe src="page.html" '
                     f'width="{width}" height="{height}" frameborder="0">')
    chromium(tmp_path, (frame if width < 500 else source).as_uri(), option,
             f"--screenshot={shot}", f"--window-size={width},{height}")
    assert png_size(shot) == (width, height)


# A frame as narrow as we want, of the same origin; its measurements of itself
# are written where --dump-dom shows them.
RULER = """<!DOCTYPE html><meta charset="utf-8"><body>
<iframe id="f" width="%d" height="800" srcdoc="%s"></iframe><script>
onload = () => {
  const page = document.getElementById("f").contentDocument;
  const wide = [...page.querySelectorAll("body *")].filter(
    x => !x.closest(".scroll, .wide, .skip") && !x.closest("svg") &&
         x.getBoundingClientRect().right > page.body.parentNode.clientWidth + 1
         && getComputedStyle(x).position != "absolute");
  document.body.dataset.found = wide.map(x => x.outerHTML.slice(0, 80)).join();
  document.body.dataset.measured = page.documentElement.scrollWidth;
};</script>"""


def sensors_page(command, lang, folder):
    """What the command makes of two sensors, one with a very long name."""
    data = folder / "sensor.json"
    data.write_bytes(sample("full", "json"))
    return run(command, "-O", "html", "--lang", lang, f"north={data}",
               f"{'a-name-without-end-' * 5}={data}").stdout.decode()


@pytest.mark.parametrize("width", [320, 390, 1280])
@pytest.mark.parametrize("kind, lang", [
    ("full", "en"), ("full", "ja"), ("hostile", "en"), ("scan", "ja"),
    ("report", "en"), ("report", "ja"), ("compare", "en"), ("compare", "ja")])
def test_nothing_is_wider_than_the_screen(tmp_path, width, kind, lang):
    source = tmp_path / "ruler.html"
    text = sensors_page(kind, lang, tmp_path) \
        if kind in ("report", "compare") else page(kind, "lang=" + lang)
    source.write_text(RULER % (width, html.escape(text)))
    dom = chromium(tmp_path, source.as_uri(), "--dump-dom",
                   f"--window-size={max(width, 500)},900").stdout.decode()
    body = re.search("<body([^>]*)>", dom).group(1)
    assert f'data-measured="{width}"' in body, body
    assert 'data-found=""' in body, body


def test_it_prints(tmp_path):
    os.makedirs(SHOTS, exist_ok=True)
    source = tmp_path / "page.html"
    source.write_text(page())
    target = os.path.join(SHOTS, "print.pdf")
    chromium(tmp_path, source.as_uri(), f"--print-to-pdf={target}",
             "--no-pdf-header-footer")
    with open(target, "rb") as f:
        assert f.read(5) == b"%PDF-"


@pytest.mark.parametrize("command", [
    ["w3m", "-dump", "-T", "text/html", "-I", "UTF-8", "-O", "UTF-8"],
    ["lynx", "-dump", "-stdin", "-nolist", "-width=120",
     "-assume_charset=utf-8", "-display_charset=utf-8"]])
def test_a_text_browser_reads_it(command):
    for lang, wanted in (("en", ("Is this server an open proxy?", "No.",
                                 "Was anything relayed?",
                                 "Attempts per month, by family", "2014-11",
                                 "198.51.100.7",
                                 "a tunnel to the mail server")),
                         ("ja", ("このサーバーはオープンプロキシか",
                                 "いいえ。", "中継されたものはあるか",
                                 "月別の件数 (系統別)", "2014-11"))):
        said = subprocess.run(command,
                              input=page("full", "lang=" + lang).encode(),
                              check=True,
                              capture_output=True).stdout.decode()
        for words in wanted:
            assert words in said

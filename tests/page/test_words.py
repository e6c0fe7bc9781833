# Licensed under the Apache License, Version 2.0; see LICENSE.
"""Every sentence that a report says to people is a row of the catalogue."""

import os
import re

import pytest

from pg_httpd import TOP

REPORT = os.path.join(TOP, "report")
# A style sheet; HELP of metrics, which docs/metrics.md is compared with; the
# answers to wrong parameters, for people who write requests by hand.
TABLES = {"pg_phrases.h", "pg_phrases.c", "pg_style.c", "pg_metrics.h",
          "pg_metrics.c", "pg_prometheus.c", "pg_query.h", "pg_query.c",
          "pg_when.h", "pg_ecs.c"}


def literals(text):
    """String literals, joined as the compiler joins them, without those of
    #include and of comments."""
    text = re.sub(r"/\*.*?\*/", " ", text, flags=re.S)
    text = re.sub(r"^#include.*$", "", text, flags=re.M)
    for run in re.findall(r'(?:"(?:[^"\\\n]|\\.)*"\s*)+', text):
        yield "".join(re.findall(r'"((?:[^"\\\n]|\\.)*)"', run))


def sentences(text):
    """What looks like words for people: three words of letters in a row, or
    a letter that is not ASCII."""
    for one in literals(text):
        plain = re.sub(r"<[^>]*>|%[-+ 0-9.*]*[a-zA-Z]|\\.", " ", one)
        plain = re.sub(r"[\w-]+=\"[^\"]*\"|[\w.-]+:[\w.#%-]+;?", " ", plain)
        if re.search(r"[A-Za-z]{2,} [a-z]{2,} [a-z]{2,}", plain) \
                or re.search("[\u3040-\u30ff\u4e00-\u9fff]", plain):
            yield one


@pytest.mark.parametrize("name", sorted(
    x for x in os.listdir(REPORT)
    if x.endswith((".c", ".h")) and x not in TABLES))
def test_no_sentence_is_outside_the_catalogue(name):
    with open(os.path.join(REPORT, name), encoding="utf-8") as f:
        text = f.read()
    assert not list(sentences(text))


def test_the_search_finds_a_sentence():
    assert list(sentences('x = "This is a sentence for people.";'))
    assert list(sentences('x = "日本語";'))
    assert not list(sentences('/* "a comment of some words" */ "a=%s\\n"'))

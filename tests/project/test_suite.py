# Licensed under the Apache License, Version 2.0; see LICENSE.
"""What `make httpd-tests` makes of two runs of httpd's own test suite."""

import os
import subprocess
import sys

import pytest

from pg_httpd import TOP

SUITE = os.path.join(TOP, "tests", "suite")
sys.path.insert(0, SUITE)

import tap                                                  # noqa: E402

ASKED = """# SENDING to port 8529:
# GET http://foo/ HTTP/1.0
# expecting 200, got {status}
"""
STRICT = "t/apache/http_strict.t"


def states(text):
    return {n: r.state for n, r in tap.parse(text).items()}


@pytest.mark.parametrize("text, expected", [
    ("1..2\nok 1\nnot ok 2\n", {1: "ok", 2: "not ok"}),
    ("1..2\nok\nok\n", {1: "ok", 2: "ok"}),
    ("1..2\nok 1 # skip no SSL\nnot ok 2 # TODO later\n",
     {1: "skip", 2: "todo"}),
    ("1..2 todo 2\nok 1\nnot ok 2\n", {1: "ok", 2: "todo"}),
    ("1..3\nok 1\nDied at t/x.t line 3\n",
     {1: "ok", 2: "missing", 3: "missing"}),
    ("", {0: "missing"}),
    ("ok 1\n", {0: "missing", 1: "ok"}),
    ("1..0 # skipped: cannot find module 'lua'\n", {}),
    ("1..1\n# not ok, says a comment\nok 1\n", {1: "ok"}),
])
def test_every_planned_assertion_has_a_state(text, expected):
    assert states(text) == expected


def test_what_differs_is_found_in_either_run():
    stock = {"a.t": tap.parse("1..2\nok 1\nok 2\n"),
             "b.t": tap.parse("1..1\nok 1\n")}
    other = {"a.t": tap.parse("1..2\nok 1\nnot ok 2\n")}
    found = list(tap.differences(stock, other))
    assert [(d.file, d.number, d.was.state, d.now.state) for d in found] == [
        ("a.t", 2, "ok", "not ok"), ("b.t", 1, "ok", "missing")]
    assert not list(tap.differences(stock, stock))


@pytest.mark.parametrize("name, was, now, explained", [
    (STRICT, "ok 1", ASKED.format(status=421) + "not ok 1", True),
    ("t/apache/limits.t", "ok 1", ASKED.format(status=421) + "not ok 1",
     False),
    (STRICT, "ok 1", ASKED.format(status=500) + "not ok 1", False),
    (STRICT, "ok 1", ASKED.format(status=421).replace("http://foo", "")
     + "not ok 1", False),
    (STRICT, "not ok 1", ASKED.format(status=421) + "ok 1", False),
    (STRICT, "ok 1", "Died", False),
])
def test_only_a_refused_request_to_a_stranger_is_explained(
        name, was, now, explained):
    stock, other = ({name: tap.parse("1..1\n" + text)} for text in (was, now))
    known = tap.reasons(os.path.join(SUITE, "explained.tsv"))
    found = tap.explain(tap.differences(stock, other), known)
    assert [bool(reason) for _, reason in found] == [explained]


def test_numbers_are_told_as_ranges():
    assert tap.ranges([1, 2, 3, 7, 9, 10]) == "1-3, 7, 9-10"


def test_a_folder_that_is_not_the_suite_is_said(tmp_path):
    run = subprocess.run(
        [sys.executable, "-B", os.path.join(SUITE, "httpd_tests.py"),
         str(tmp_path)], capture_output=True, text=True, check=False)
    assert run.returncode == 2
    assert f"{tmp_path}: no perl-framework of httpd there" in run.stderr
    assert "docs/httpd-tests.md" in run.stderr


def test_make_says_which_folder_it_wants():
    run = subprocess.run(["make", "-s", "-C", TOP, "httpd-tests"],
                         capture_output=True, text=True, check=False)
    assert run.returncode == 2
    assert "HTTPD_TESTS=/path/to/perl-framework" in run.stderr

# Licensed under the Apache License, Version 2.0; see LICENSE.
"""A check that cannot fail is not a check: each must report, by name, what the
files in bad/ break."""

import os
import subprocess
import sys

import pytest

HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.dirname(os.path.dirname(HERE))
BAD = os.path.join("tests", "lint", "bad")


def run(*command, **variables):
    """(exit code, everything said) of a command at the top of the tree."""
    env = {k: v for k, v in os.environ.items()
           if k not in ("MAKEFLAGS", "MFLAGS", "MAKELEVEL")}
    done = subprocess.run([*command, *(f"{k}={v}"
                                       for k, v in variables.items())],
                          cwd=TOP, env=env, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, timeout=120,
                          check=False)
    return done.returncode, done.stdout


def own(check, *names):
    return run(sys.executable, "-B", "tools/lint.py", check,
               *(os.path.join(BAD, n) for n in names))


def reported(result, *words):
    code, said = result
    assert code != 0, said
    for word in words:
        assert word in said, said


def test_long_deep_and_wide_functions_are_reported():
    reported(own("functions", "functions.c"), "long_one has 62 lines",
             "pg_many has 7 parameters", "deep is nested over 3 deep")


def test_names_out_of_order_are_reported():
    reported(own("names", "names.c"), "visible is visible",
             "pg_hidden is static", "is longer than 32",
             "type pg_thing does not end")


def test_a_function_without_its_units_prefix_is_reported():
    code, said = own("units", "pg_units.h")
    assert code != 0 and "pg_unit_bad lacks" in said
    assert "pg_units_good" not in said


def test_two_units_of_one_name_are_reported():
    reported(own("homes", "pg_units.h", "elsewhere/pg_units.h"),
             "elsewhere/pg_units.h:1: has the name of tests/lint/bad/pg_units")


def test_headers_that_include_each_other_are_reported():
    reported(own("circles", "pg_circle.h", "pg_round.h"),
             "pg_circle.h:1: includes itself, through tests/lint/bad/pg_round")
    assert own("circles", "pg_circle.h", "pg_units.h")[0] == 0


def test_bad_layout_is_reported():
    reported(own("layout", "layout.h"), "no licence", "columns", "a tab",
             "space at the end", "else stands", "guard is not LAYOUT_H",
             "one newline")


@pytest.mark.parametrize("compiler", ["gcc", "clang"])
def test_mutable_state_is_reported_and_constants_are_not(tmp_path, compiler):
    obj = str(tmp_path / "state.o")
    subprocess.run([compiler, "-fPIC", "-c", "-o", obj,
                    os.path.join(HERE, "bad", "state.c")], check=True)
    code, said = run(sys.executable, "-B", "tools/lint.py", "state", obj)
    reported((code, said), "counter", "pg_initialised", "calls")
    assert len(said.splitlines()) == 3, said


def test_message_ids_without_order_are_reported():
    reported(own("messages", "messages.c", "messages.md", "test_messages.py"),
             "PG0901 is also used", "PG0902 has no row",
             "PG0903: no test mentions it", "PG0904 is in no source file",
             "PG94 is not PG and four digits")


def test_sentences_outside_the_catalogue_are_reported():
    code, said = own("sentences", "sentences.c")
    reported((code, said), "sentences.c:7", "Nobody has asked")
    assert len(said.splitlines()) == 1, said


def test_functions_without_a_caller_are_reported():
    code, said = own("callers", "callers.c", "callers_test.c")
    reported((code, said), "pg_callers_none has no caller",
             "pg_callers_tested has no caller but tests",
             "pg_callers_inside is called in its file only")
    assert len(said.splitlines()) == 3, said


@pytest.mark.parametrize("target, variables, words", [
    ("lint-tidy", {"LINT_C": "tidy.c"},
     ["bugprone-misplaced-operator-in-strlen", "braces-around-statements"]),
    ("lint-cppcheck", {"LINT_C": "cppcheck.c"}, ["arrayIndexOutOfBounds"]),
    ("lint-analyzer", {"LINT_ANALYZE": "analyzer.c"}, ["use-after-free"]),
    ("lint-headers", {"LINT_H": "alone.h"}, ["unknown type name"]),
    ("lint-programs", {"LINT_PROGRAMS": "callers_test.c"},
     ["implicit declaration"]),
    ("lint-shell", {"LINT_SH": "shell.sh"}, ["SC2086", "SC2115"]),
    ("lint-python", {"LINT_PY": "python.py"}, ["redefinition of unused",
                                               "imported but unused"]),
    ("lint-analyzer", {"LINT_ANALYZE": "layer.c"},
     ["httpd.h: No such file"]),
])
def test_every_ready_tool_reports_its_broken_file(tmp_path, target, variables,
                                                  words):
    variables = {k: os.path.join(BAD, v) for k, v in variables.items()}
    reported(run("make", "-s", target, BUILD=str(tmp_path), LINT_AS="core",
                 **variables), *words)


def test_what_breaks_no_rule_is_not_reported():
    assert own("functions", "names.c") == (0, "")
    assert own("names", "functions.c") == (0, "")

# Licensed under the Apache License, Version 2.0; see LICENSE.
"""What `make mutants` is told to leave out."""

import collections
import os
import sys

from pg_httpd import TOP

sys.path.insert(0, os.path.join(TOP, "tools"))

import lint                                                 # noqa: E402
import mutants                                              # noqa: E402


def test_each_mutant_that_is_left_out_is_one_of_today(monkeypatch):
    monkeypatch.chdir(TOP)
    rows = [x.split("\t") for x in lint.read(mutants.JUDGED).splitlines()
            if not x.startswith("#")]
    assert all(len(row) == 4 and row[3].strip() for row in rows)
    listed = mutants.judged()
    found = collections.Counter(
        mutants.key(m) for path in {row[0] for row in rows}
        for m in mutants.mutants(path))
    assert {x: found[x] for x in listed} == dict.fromkeys(listed, 1)
    assert len(listed) == len(rows), "one is listed twice"


SOURCE = """static int f(int a, int b, const char *text)
{
    char room[5], told[5];
    int least = a < b ? a : b;

    if (a > least) {
        least = a;
    }
    memcpy(told, text, sizeof(told));
    least += a + b < least ? b : least;
    return a < b ? b : least;
}
"""


def test_which_of_two_equal_numbers_is_taken_is_no_mutant(tmp_path):
    path = tmp_path / "x.c"
    path.write_text(SOURCE.replace("], told", "];\n    char told"))
    found = [(m.line, m.what) for m in mutants.mutants(str(path))]
    assert (3, "5 => 6") not in found and (4, "5 => 6") in found
    assert [line for line, what in found if what[0] in "<>"] == [11, 12]

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

# Licensed under the Apache License, Version 2.0; see LICENSE.
"""docs/detection.md names each class, family, reason and outcome of the code,
and no other."""

import os
import re

import pytest

from pg_httpd import TOP


def words(header, macro):
    """The names in an X-macro table of the core."""
    with open(os.path.join(TOP, "core", header), encoding="utf-8") as f:
        text = f.read()
    table = re.search(r"#define %s\(X\)((?:.*\\\n)*.*\n)" % macro, text)[1]
    return re.findall(r'X\(\w+,\s*"([^"]+)"', table)


def first_column(section):
    """The entries of the first column of the section's tables."""
    with open(os.path.join(TOP, "docs", "detection.md"),
              encoding="utf-8") as f:
        text = f.read()
    part = re.search(r"^## %s$(.*?)(?=^## |\Z)" % re.escape(section), text,
                     re.M | re.S)[1]
    return re.findall(r"^\| `([^`]+)` \|", part, re.M)


@pytest.mark.parametrize("header, macro, section", [
    ("pg_vocab.h", "PG_CLASSES", "Classes"),
    ("pg_classify.h", "PG_REASONS", "Reasons"),
    ("pg_vocab.h", "PG_OUTCOMES", "Outcomes"),
])
def test_the_reference_and_the_code_have_the_same_words(header, macro,
                                                        section):
    code = words(header, macro)
    assert len(code) >= 5
    assert sorted(first_column(section)) == sorted(code)

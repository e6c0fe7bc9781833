# Licensed under the Apache License, Version 2.0; see LICENSE.
"""One fixed report in every format and language, byte for byte: a change of a
figure, a word or a mark is seen, and decided on. `make golden` writes the
files anew; the difference is reviewed like code."""

import os

import pytest

from pg_sample import sample

FOLDER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..",
                      "cases", "golden")
QUERY = "since=2014-11-22T12:00Z&top=3&lang="
FORMATS = ["html", "json", "prometheus", "openmetrics", "csv", "text", "auto"]
KINDS = ["full", "scan", "none"]
CASES = [(kind, form, lang) for kind in KINDS for form in FORMATS
         for lang in ("en", "ja")
         if lang == "en" or form in ("html", "text")]


def path_of(kind, form, lang):
    return os.path.join(FOLDER, f"{kind}.{form}.{lang}")


@pytest.mark.parametrize("kind, form, lang", CASES)
def test_a_fixed_report_is_what_it_was(kind, form, lang):
    with open(path_of(kind, form, lang), "rb") as f:
        expected = f.read()
    assert sample(kind, form, QUERY + lang) == expected


def test_no_golden_file_is_without_its_case():
    assert sorted(os.listdir(FOLDER)) == sorted(
        os.path.basename(path_of(*case)) for case in CASES)


if __name__ == "__main__":
    os.makedirs(FOLDER, exist_ok=True)
    for case in CASES:
        with open(path_of(*case), "wb") as out:
            out.write(sample(case[0], case[1], QUERY + case[2]))

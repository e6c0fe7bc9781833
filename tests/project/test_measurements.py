# Licensed under the Apache License, Version 2.0; see LICENSE.
"""docs/measurements.md was written by the commands it names."""

import os
import re
import sys

import pytest

from pg_httpd import TOP

sys.path.insert(0, os.path.join(TOP, "tests", "bench"))

import measurements                                         # noqa: E402


def makefiles():
    text = ""
    for folder, names in ((TOP, ["Makefile"]),
                          (os.path.join(TOP, "mk"),
                           os.listdir(os.path.join(TOP, "mk")))):
        for name in names:
            with open(os.path.join(folder, name), encoding="utf-8") as f:
                text += f.read()
    return text


@pytest.mark.parametrize("section", measurements.SECTIONS)
def test_each_section_says_how_it_was_measured(section):
    title, command, versions = measurements.SECTIONS[section]
    target = command.split()[1]
    assert re.search(r"^%s:" % re.escape(target), makefiles(), re.M)
    text = measurements.read()[title].strip()
    first = text.splitlines()[0]
    assert first.startswith(f"`{command}`, 20")
    assert re.search(r", at [0-9a-f]{7,}", first)
    assert all(re.search(rf"\b{v} \S", first) for v in versions)
    assert len(text.splitlines()) > 2


def test_there_are_no_other_sections():
    titles = [title for title, _, _ in measurements.SECTIONS.values()]
    assert list(measurements.read()) == titles


def test_a_section_takes_its_place_and_leaves_the_others(tmp_path):
    page = str(tmp_path / "page.md")
    measurements.write("memory", "one\n\n| a |\n", page)
    measurements.write("httpd", "two", page)
    measurements.write("memory", "three", page)
    sections = measurements.read(page)
    assert list(sections) == ["Instructions per request", "Memory"]
    assert "three" in sections["Memory"] and "one" not in sections["Memory"]
    assert "two" in sections["Instructions per request"]


def test_the_page_begins_with_what_has_a_goal(tmp_path):
    page = tmp_path / "page.md"
    measurements.write("memory", "| what | kept | goal | met |\n"
                       "|---|--:|--:|---|\n| a | 3 | 4 | yes |\n"
                       "| b | 5 | 4 | no |\n| c | 6 | | |\n\n"
                       "| x | met |\n|---|---|\n", str(page))
    top = page.read_text().split("\n## ")[0]
    assert "| Memory | a | 3 | 4 | yes |" in top
    assert "| Memory | b | 5 | 4 | no |" in top
    assert "| c |" not in top and "| x |" not in top
    assert (measurements.is_met(4, 4), measurements.is_met(3, 4, True)) \
        == ("yes", "no")
    assert measurements.read(str(page))["Memory"].count("| a |") == 1


@pytest.mark.parametrize("argv, said", [
    (["nonsense", os.devnull], "no section 'nonsense'; there are httpd, "),
    (["memory", os.devnull], "nothing to write for 'memory'"),
])
def test_what_cannot_be_written_is_said(argv, said, capsys):
    assert measurements.main(*argv) == 2
    assert said in capsys.readouterr().err

# Licensed under the Apache License, Version 2.0; see LICENSE.
"""Made-up reports of every kind (tests/sample), and the documents."""

import json
import os
import subprocess

import jsonschema

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(
    os.path.abspath(__file__))))
SAMPLE = os.path.join(os.environ.get("BUILD", os.path.join(ROOT, "build")),
                      "sample")


def sample(kind, form, query="", *size):
    """A made-up report, as octets; on a screen of so many columns and rows."""
    return subprocess.run([SAMPLE, kind, form, query, *size], check=True,
                          capture_output=True).stdout


def doc(name):
    with open(os.path.join(ROOT, "docs", name), encoding="utf-8") as f:
        return f.read()


def status_schema():
    """A validator of the JSON of reports."""
    return jsonschema.Draft202012Validator(
        json.loads(doc("proxyguard-status.schema.json")))

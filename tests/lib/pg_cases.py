# Licensed under the Apache License, Version 2.0; see LICENSE.
"""tests/cases/*.tsv: the same rows that the unit tests loop over."""

import os
import re

from pg_httpd import TOP

ESCAPES = {"n": b"\n", "r": b"\r", "t": b"\t", "0": b"\0", "\\": b"\\"}


def unescape(text):
    """The octets of a field; None for one that is only "-"."""
    if text == "-":
        return None
    parts = re.split(r"\\(x[0-9a-fA-F]{2}|[nrt0\\])", text)
    out = parts[0].encode()
    for escape, rest in zip(parts[1::2], parts[2::2]):
        out += (bytes([int(escape[1:], 16)]) if escape[0] == "x"
                else ESCAPES[escape])
        out += rest.encode()
    return out


def rows(name):
    """(line number, fields as octets) of each row."""
    path = os.path.join(TOP, "tests", "cases", name)
    with open(path, encoding="utf-8") as f:
        for number, line in enumerate(f, 1):
            line = line.rstrip("\n")
            if line and not line.startswith("#"):
                yield number, [unescape(x) for x in line.split("\t")]


def own_names():
    return " ".join(fields[0].decode() for _, fields in
                    rows("own-names.tsv"))


def octets_of(line, host):
    """The row as a client sends it: the line, and Host if it has one."""
    head = line.rstrip(b"\r\n") + b"\r\n"
    if host is not None:
        head += b"Host: " + host + b"\r\n"
    return head + b"Connection: close\r\n\r\n"

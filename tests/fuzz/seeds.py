# Licensed under the Apache License, Version 2.0; see LICENSE.
"""Makes seeds for the fuzz targets out of the case files.

usage: seeds.py CASES SEEDS    (tests/cases, build/fuzz/seeds)
"""
import hashlib
import pathlib
import re
import sys

ESCAPES = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"0": b"\0", b"\\": b"\\"}


def unescape(field):
    if field == b"-":
        return b""
    return re.sub(
        rb"\\(x([0-9A-Fa-f]{2})|[nrt0\\])",
        lambda m: bytes([int(m[2], 16)]) if m[2] else ESCAPES[m[1]], field)


def rows(path):
    for line in path.read_bytes().splitlines():
        if line and not line.startswith(b"#"):
            yield [unescape(f) for f in line.split(b"\t")]


def counted(octets):
    return bytes([min(len(octets), 255)]) + octets[:255]


LETTER = (b"\2From: Joe <a@b>\r\nTo: x: c@d, \"e, f\" <g@h>;\r\nSubject: =?utf-8?Q?"
          b"a=20b?=\r\nContent-Type: multipart/mixed; boundary=\"b\"\r\n\r\n"
          b"--b\r\nContent-Type: text/html; charset=big5\r\nContent-Transfer-"
          b"Encoding: quoted-printable\r\n\r\n<a href=3Dhttp://x.y/1>z</a>=\r\n"
          b"--b\r\nContent-Type: x/y; name=z\r\nContent-Disposition: attachment"
          b"\r\nContent-Transfer-Encoding: base64\r\n\r\nYWJj\r\n--b--\r\n")
HELLO = (b"\0\x16\x03\x01\0\x4d\1\0\0\x49\x03\x03" + b"r" * 32
         + b"\0\0\4\x0a\x0a\x13\1\1\0\0\x1c\0\0\0\x08\0\6\0\0\3a.b\0\x10"
         b"\0\5\0\3\2h2\0\x2b\0\3\2\3\4")

SEEDS = {
    "target": ("targets.tsv", lambda r: [r[0]]),
    "own": ("own.tsv",
            lambda r: [counted(n) + r[2] for n in r[0].split() or [b""]]),
    "classify": ("classify.tsv",
                 lambda r: [b"\1" + counted(r[1]) + r[0],
                            b"\0" + counted(b"") + r[0]]),
    "logline": ("logformat.tsv",
                lambda r: [b"%c" % n + r[1] for n in range(6)]),
    "smtp": ("smtp.tsv", lambda r: [b"\0\x14" + r[1]]),
    "captured": ("smtp.tsv", lambda r: [b"\0" + r[1], LETTER, HELLO]),
}


def logs(cases):
    """Whole logs, which name their columns, and each of their lines."""
    for path in sorted(pathlib.Path(cases, "lines").glob("*.log")):
        text = path.read_bytes()
        yield from (b"\0" + part for part in [text, *text.splitlines()])
    for name in ("templates.tsv", "full-url.tsv"):
        for row in rows(pathlib.Path(cases, "lines", name)):
            line = b"\t".join(row[1:]).replace(b"@C", b"192.0.2.7")
            line = line.replace(b"@R", b"CONNECT a.example:25 HTTP/1.1")
            yield b"\0" + re.sub(rb"@[SB]", b"405", line)


def main(cases, seeds):
    made = [(name, seed) for name, (file, make) in SEEDS.items()
            for row in rows(pathlib.Path(cases, file)) for seed in make(row)]
    for name, seed in made + [("logline", seed) for seed in logs(cases)]:
        folder = pathlib.Path(seeds, name)
        folder.mkdir(parents=True, exist_ok=True)
        digest = hashlib.sha256(seed).hexdigest()[:16]
        (folder / digest).write_bytes(seed)


if __name__ == "__main__":
    main(*sys.argv[1:])

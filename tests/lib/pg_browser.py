# Licensed under the Apache License, Version 2.0; see LICENSE.
"""Headless Chromium, and the pictures it takes."""

import os
import struct
import subprocess

from pg_sample import SAMPLE

SHOTS = os.path.join(os.path.dirname(SAMPLE), "screenshots")
CHROMIUM = ["chromium", "--headless", "--no-sandbox", "--disable-gpu",
            "--disable-quic", "--no-first-run", "--hide-scrollbars",
            "--disable-background-networking", "--disable-component-update",
            "--disable-sync", "--enable-logging=stderr"]


def chromium(tmp_path, url, *more):
    """Now and then it hangs at its start, whatever the page: once, it is
    started again with a profile of its own."""
    for profile in "profile", "another-profile":
        try:
            return subprocess.run(
                [*CHROMIUM, f"--user-data-dir={tmp_path}/{profile}", *more,
                 url], capture_output=True, timeout=90)
        except subprocess.TimeoutExpired as e:
            hung = e
    raise hung


def png_size(path):
    with open(path, "rb") as f:
        head = f.read(24)
    assert head[:8] == b"\x89PNG\r\n\x1a\n"
    return struct.unpack(">II", head[16:24])

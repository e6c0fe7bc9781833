# Licensed under the Apache License, Version 2.0; see LICENSE.
"""What the command answers, word for word: tests/cases/sessions. `make golden`
writes the answers anew; review the difference like code.

    @ name      a file; its lines follow, each behind "|"
    $ command   for a shell, in a folder of the session's own
    > text      what it writes to standard output
    ! text      and to standard error
    ? number    its exit status, unless that is 0
    # text      a comment"""

import os
import re
import subprocess
import tempfile

import pytest

from pg_cli import BUILD
from pg_httpd import TOP

FOLDER = os.path.join(TOP, "tests", "cases", "sessions")
with open(os.path.join(TOP, "mod_proxyguard.h"), encoding="utf-8") as header:
    VERSION = re.search(r'PROXYGUARD_VERSION "(.*)"', header.read())[1]


def answer(command, folder):
    env = {k: v for k, v in os.environ.items()
           if k not in ("LANG", "LANGUAGE", "TERM") and k[:3] != "LC_"}
    done = subprocess.run(
        ["sh", "-c", command], cwd=folder, capture_output=True, check=False,
        env={**env, "PATH": f"{BUILD}:{env['PATH']}"},
        stdin=subprocess.DEVNULL, timeout=120)
    for mark, octets in ((">", done.stdout), ("!", done.stderr)):
        text = octets.decode("utf-8", "backslashreplace")
        for what, name in ((folder, "@ROOT@"), (VERSION, "@VERSION@"),
                           ("\r", "\\r")):
            text = text.replace(what, name)
        for line in text.splitlines():
            yield f"{mark} {line}".rstrip(" ")
    if done.returncode:
        yield f"? {done.returncode}"


def played(session):
    """The session with the answers that the command gives now."""
    with tempfile.TemporaryDirectory() as folder:
        for line in session.splitlines():
            if line[:1] not in (">", "!", "?"):
                yield line
            if line.startswith("@ "):
                path = os.path.join(folder, line[2:])
            elif line.startswith("|"):
                with open(path, "a", encoding="utf-8") as out:
                    out.write(line[1:] + "\n")
            elif line.startswith("$ "):
                yield from answer(line[2:], folder)


def session(name):
    with open(os.path.join(FOLDER, name), encoding="utf-8") as text:
        return text.read()


@pytest.mark.parametrize("name", sorted(os.listdir(FOLDER)))
def test_the_command_answers_what_it_answered(name):
    written = session(name)
    assert "\n".join(played(written)) + "\n" == written


if __name__ == "__main__":
    for one in sorted(os.listdir(FOLDER)):
        now = "\n".join(played(session(one))) + "\n"
        with open(os.path.join(FOLDER, one), "w", encoding="utf-8") as to:
            to.write(now)

#!/usr/bin/python3
# Licensed under the Apache License, Version 2.0; see LICENSE.
"""A soak that cannot fail is no soak: the module is broken in a copy of the
tree, in one way at a time, and each time the soak must say what is wrong; of
the module as it is, nothing.

usage: soak_selftest.py [WORD]      only the ways whose name has that word"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections import namedtuple

TOP = os.path.dirname(os.path.dirname(os.path.dirname(
    os.path.abspath(__file__))))
GUARD, BOOK = "httpd/pg_guard.c", "httpd/pg_book.c"
LEFT = shutil.ignore_patterns(".git", "plain", "asan", "tsan", "cover")
SECONDS = "12"
FIRST = "APLOG_USE_MODULE(proxyguard);\n"
RARELY = FIRST + "#define RARELY(n) (apr_time_now() % (n) == 0)\n"
COUNTS = "    if (settings->guard->ledger) {\n"
RECORD = "        enter(settings->guard->ledger, &event, note);\n"
PASS = "    pg_note_leave(r, &clean_note);\n    /* a mark left behind"

# name    what the module does wrong
# act     in which the soak must see it
# file    where
# edits   (old, new) there, in this order, each found once
# said    what the soak must say, a pattern
Broken = namedtuple("Broken", "name act file edits said")


def passing(code):
    """Something is done wrong to a clean request now and then."""
    return (FIRST, RARELY), (PASS, code + PASS)


BROKEN = (
    Broken("one attempt in 128 is counted twice", "calm", BOOK,
           ((FIRST, RARELY), (RECORD, RECORD + "    }\n"
                              "    if (settings->guard->ledger\n"
                              "        && RARELY(128)) {\n" + RECORD)),
           r"calm: \S+: counted \d+, sent \d+"),
    Broken("one attempt in 128 is not counted", "calm", BOOK,
           ((FIRST, RARELY), (COUNTS + RECORD,
                              "    if (settings->guard->ledger\n"
                              "        && !RARELY(128)) {\n" + RECORD)),
           r"calm: \S+: counted \d+, sent \d+"),
    Broken("no attempt is counted while the disk is full", "full disks", BOOK,
           ((FIRST, "#include <sys/statvfs.h>\n" + FIRST),
            (COUNTS + RECORD,
             "    struct statvfs disk;\n"
             "    if (settings->guard->ledger\n"
             "        && (statvfs(settings->ledger, &disk) != 0\n"
             "                   || disk.f_bavail > 0)) {\n" + RECORD)),
           r"full disks: \S+: counted \d+, sent \d+"),
    Broken("one clean request in 128 is refused", "calm", GUARD,
           passing("    if (RARELY(128)) {\n        return 421;\n    }\n"),
           "a clean request was refused"),
    Broken("32 KiB leak with each clean request", "calm", GUARD,
           ((PASS, "    char *volatile lost = malloc(32768);\n"
                   "    memset(lost, 1, 32768);\n" + PASS),),
           "a child grew by"),
    Broken("a child crashes at one clean request in 128", "calm", GUARD,
           passing("    if (RARELY(128)) {\n        abort();\n    }\n"),
           "a child ended by Abort"),
    Broken("a line that nobody announced", "calm", GUARD,
           passing("    if (RARELY(128)) {\n"
                   "        ap_log_rerror(APLOG_MARK, APLOG_WARNING, 0, r,\n"
                   '                      "how odd");\n    }\n'),
           "unexplained log line: .*how odd"),
    Broken("one clean request in 128 hangs", "calm", GUARD,
           passing("    if (RARELY(128)) {\n"
                   "        apr_sleep(apr_time_from_sec(45));\n    }\n"),
           "calm: hangs: "),
)


def soak(module, act):
    """(exit status, everything said)"""
    done = subprocess.run(
        [sys.executable, "-B", os.path.join(TOP, "tests/soak/soak.py"),
         "--print", "--mpm", "event", "--seconds", SECONDS, "--act", act],
        env={**os.environ, "PG_MODULE": module}, text=True, timeout=300,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    return done.returncode, done.stdout


def build(tree, broken):
    """The broken module's path."""
    for name in (GUARD, BOOK):
        shutil.copy(os.path.join(TOP, name), os.path.join(tree, name))
    path = os.path.join(tree, broken.file)
    with open(path, encoding="utf-8") as f:
        text = f.read()
    for old, new in broken.edits:
        if text.count(old) != 1:
            raise SystemExit(f"soak_selftest: {broken.file} has "
                             f"{text.count(old)} times, not once: {old!r}")
        text = text.replace(old, new)
    with open(path, "w", encoding="utf-8") as f:
        f.write(text)
    subprocess.run(["make", "-s", "build/mod_proxyguard.so"], cwd=tree,
                   check=True,
                   env={k: v for k, v in os.environ.items()
                        if k not in ("MAKEFLAGS", "MFLAGS", "MAKELEVEL")})
    return os.path.join(tree, "build", "mod_proxyguard.so")


def verdict(broken, tree):
    """What is wrong with the soak, in words; None: it noticed the fault."""
    status, said = soak(build(tree, broken), broken.act)
    if status == 1 and re.search("FAILED: .*" + broken.said, said):
        return None
    return f"exit status {status}, not a word like {broken.said!r}:\n{said}"


def main(word=""):
    status, said = soak(os.path.join(TOP, "build", "mod_proxyguard.so"),
                        "calm")
    wrong = {} if status == 0 else {"the module as it is": said}
    with tempfile.TemporaryDirectory(prefix="pg-soak-") as folder:
        tree = os.path.join(folder, "tree")
        shutil.copytree(TOP, tree, ignore=LEFT, symlinks=True)
        for broken in (b for b in BROKEN if word in b.name):
            problem = verdict(broken, tree)
            print(f"{'NOT SEEN' if problem else 'seen'}: {broken.name}",
                  flush=True)
            if problem:
                wrong[broken.name] = problem
    for name, problem in wrong.items():
        print(f"soak_selftest: FAILED: {name}: {problem}", file=sys.stderr)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))

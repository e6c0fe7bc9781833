# Licensed under the Apache License, Version 2.0; see LICENSE.
"""A running child of a guarded server: what is mapped, which files it holds,
and whose they are."""

import contextlib
import grp
import os
import stat

import pytest

from pg_wire import wait_until

CONF = """
ProxyGuardEvidenceLog @ROOT@/evidence.json
ProxyGuardCheckpoint @ROOT@/run/checkpoint 10
ProxyGuardMask @ROOT@/key
"""
ATTEMPT = b"CONNECT s.example:25 HTTP/1.0\r\n\r\n"


@pytest.fixture
def server(httpd_with):
    made = httpd_with.make(CONF)
    made.write("key", "0123456789abcdef0123456789abcdef\n")
    made.start()
    made.send(ATTEMPT)
    made.log.attempt()
    made.status()
    return made


def mappings(pid):
    """[(permissions, file)]"""
    with open(f"/proc/{pid}/maps", encoding="ascii") as f:
        return [(x[1], x[5] if len(x) > 5 else "")
                for x in (line.split(None, 5) for line in
                          f.read().splitlines())]


def processes(server):
    return [server.process.pid, *server.children()]


def held(pid):
    """Files that a process has open; one that it closes meanwhile is left
    out."""
    folder = f"/proc/{pid}/fd"
    files = []
    for fd in os.listdir(folder):
        with contextlib.suppress(FileNotFoundError):
            files.append(os.readlink(os.path.join(folder, fd)))
    return files


def test_no_memory_is_writable_and_executable(server):
    for pid in processes(server):
        maps = mappings(pid)
        ours = {how for how, file in maps if "mod_proxyguard.so" in file}
        assert ours == {"r--p", "r-xp", "rw-p"}
        assert [m for m in maps if "w" in m[0] and "x" in m[0]] == []


def test_the_ledger_is_shared_memory_and_open_in_the_parent_alone(server):
    for pid in processes(server):
        how = [how for how, file in mappings(pid)
               if file.endswith("/run/proxyguard.ledger")]
        assert how == ["rw-s"]
        # a child that has just been forked closes it first
        wait_until(lambda pid=pid: any(
            "proxyguard.ledger" in f for f in held(pid))
            == (pid == server.process.pid), f"{pid} has the ledger open")


def test_of_its_files_only_the_evidence_log_stays_open(httpd_with, server):
    bare = httpd_with(guard=False)
    for ours, theirs in zip(processes(server), processes(bare)):
        files = {f.replace(server.root, "ROOT") for f in held(ours)
                 if f.startswith("/")}
        files -= {f.replace(bare.root, "ROOT") for f in held(theirs)}
        assert files - {"ROOT/run/proxyguard.ledger"} == {"ROOT/evidence.json"}


def test_modes_and_owners_are_those_of_the_table(server):
    """SECURITY.md, Files."""
    server.graceful()
    path = server.path("run", "checkpoint")
    wait_until(lambda: os.path.exists(path), "the checkpoint")
    root = os.geteuid() == 0
    group = grp.getgrnam("www-data").gr_gid if root else os.getegid()
    for name, gid in (("run/proxyguard.ledger", group),
                      ("run/checkpoint", group),
                      ("evidence.json", os.getegid())):
        found = os.stat(server.path(name))
        assert stat.filemode(found.st_mode) == "-rw-r-----", name
        assert (found.st_uid, found.st_gid) == (os.geteuid(), gid), name


def test_the_children_are_nobody_special(server):
    """Privileges that httpd gives up stay given up with the guard loaded."""
    def privileged():
        """Those who are root, or have root's capabilities: at first, all of
        them."""
        for pid in server.children():
            with open(f"/proc/{pid}/status", encoding="ascii") as f:
                fields = dict(x.split(":", 1) for x in f.read().splitlines())
            if "0" in fields["Uid"].split() + fields["Gid"].split() \
                    or int(fields["CapEff"], 16) or int(fields["CapPrm"], 16):
                yield pid
    assert server.children()
    wait_until(lambda: not list(privileged()), "each to give up root")

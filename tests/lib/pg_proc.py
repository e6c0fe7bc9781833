# Licensed under the Apache License, Version 2.0; see LICENSE.
"""What Linux shows about the processes of a server under test."""

import glob
import os
import re


def children(pid):
    """Process ids of a process' children."""
    try:
        with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as f:
            return [int(p) for p in f.read().split()]
    except OSError:
        return []


def program(pid):
    """The path of what it runs; None when it has ended, zombie or not."""
    try:
        return os.readlink(f"/proc/{pid}/exe")
    except OSError:
        return None


def command(pid):
    """Its arguments, each ended by NUL; none when it has ended."""
    try:
        with open(f"/proc/{pid}/cmdline", "rb") as f:
            return f.read()
    except OSError:
        return b""


def open_files(pids):
    """The targets of the descriptors of processes: paths, "socket:[...]"."""
    found = set()
    for pid in pids:
        try:
            for fd in os.listdir(f"/proc/{pid}/fd"):
                found.add(os.readlink(f"/proc/{pid}/fd/{fd}"))
        except OSError:
            pass
    return found


def threads(pids):
    """The folders in /proc of all threads of these processes but their
    first."""
    return {f"/proc/{pid}/task/{tid}" for pid in pids
            for tid in os.listdir(f"/proc/{pid}/task") if tid != str(pid)}


def seconds(pid):
    """Of a processor, used by all threads of a process."""
    with open(f"/proc/{pid}/stat", encoding="ascii", errors="replace") as f:
        fields = f.read().rsplit(") ", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def asleep(pids):
    """Whether no thread of these processes runs, or waits for a CPU."""
    for pid in pids:
        for stat in glob.glob(f"/proc/{pid}/task/*/stat"):
            try:
                with open(stat, encoding="ascii", errors="replace") as f:
                    if f.read().rsplit(") ", 1)[1][0] == "R":
                        return False
            except OSError:                             # it has just ended
                pass
    return True


def blocked(thread):
    """The signals that a thread blocks."""
    with open(f"{thread}/status", encoding="ascii") as f:
        mask = int(re.search(r"^SigBlk:\s+(\w+)$", f.read(), re.M)[1], 16)
    return {n for n in range(1, 65) if mask >> n - 1 & 1}


def sockets(pid):
    """Inodes of the sockets that a process has open."""
    found = (re.match(r"socket:\[(\d+)\]", x) for x in open_files([pid]))
    return {int(m[1]) for m in found if m}


def _other_sockets(port):
    """Inodes of all live sockets whose local port is another one."""
    found = set()
    for name in ("tcp", "tcp6", "unix", "udp", "netlink"):
        try:
            with open(f"/proc/net/{name}", encoding="ascii",
                      errors="replace") as f:
                rows = [line.split() for line in f.readlines()[1:]]
        except OSError:
            continue
        for row in rows:
            if name in ("tcp", "tcp6"):
                if int(row[1].rsplit(":", 1)[1], 16) != port:
                    found.add(int(row[9]))
            elif name == "unix":
                found.add(int(row[6]))
            else:
                found.add(int(row[9]))
    return found


def client_connections(pid, port, spare=0):
    """How many client connections the children of pid hold, those included
    that the peer has closed and they have not.

    spare: sockets that each child keeps for itself.

    /proc/net costs 20 ms of CPU time, the kernel's table is that large, so
    it is read only when a child has a socket that the parent does not."""
    shared = sockets(pid)
    own = [sockets(child) - shared for child in children(pid)]
    if all(len(each) <= spare for each in own):
        return 0
    others = _other_sockets(port)
    return sum(max(0, len(each - others) - spare) for each in own)

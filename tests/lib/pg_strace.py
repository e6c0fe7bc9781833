# Licensed under the Apache License, Version 2.0; see LICENSE.
"""A server under strace: every system call by which a process can reach
somebody, become another program, or open a file.

Nobody can be reached without a socket, and a new one comes from socket(),
socketpair() or accept() on one that was bound; connect() and the send family
are traced for whom they name, io_uring because it does all of this unseen."""

import os
import re
import subprocess
from collections import namedtuple

from pg_httpd import Httpd
from pg_servers import Limited
from pg_wire import wait_until

REACH = ("socket", "socketpair", "bind", "listen", "connect", "sendto",
         "sendmsg", "sendmmsg", "io_uring_setup")
BECOME = ("execve", "execveat", "fork", "vfork", "clone", "clone3")
OPEN = ("open", "openat", "openat2", "creat")

LINE = re.compile(r"(\d+) +(\w+)\((.*)")

# one call: .parent is True in the server's first process; .args as strace
# prints them, with the ServerRoot, pids and addresses of memory taken out
Call = namedtuple("Call", "parent name args")


def may_trace():
    """strace works here, or the test fails with the reason."""
    done = subprocess.run(["strace", "-o", "/dev/null", "true"], check=False,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    assert done.returncode == 0, (
        "strace cannot trace a process here, so nothing can be said about "
        "system calls; a container needs the capability SYS_PTRACE or a "
        "seccomp profile that permits ptrace. It says: "
        + done.stdout.decode("utf-8", "replace"))


class Traced(Httpd):
    """strace -D: httpd stays the process that was started; the tracer runs
    alongside and ends with it."""

    def _command(self, *more):
        command = super()._command(*more)
        if "-DFOREGROUND" not in command:
            return command
        may_trace()
        preload = [f"-E{k}={v}" for k, v in super()._environment().items()
                   if k in ("LD_PRELOAD", "ASAN_OPTIONS", "UBSAN_OPTIONS")]
        return ["strace", "-D", "-f", "-s", "256", "--seccomp-bpf", "-o",
                self.path("trace"), "-e",
                "trace=" + ",".join(REACH + BECOME + OPEN), *preload,
                *command]

    def _environment(self):
        return {k: v for k, v in super()._environment().items()
                if k != "LD_PRELOAD"}

    def end(self):
        """Stop, and return all calls of its life."""
        pid = self.process.pid
        self.stop()

        def whole():
            text = self.read("trace")
            return re.search(rf"^{pid} +\+\+\+ (exited|killed)", text, re.M) \
                and text
        text = wait_until(whole, "strace to see the end of httpd")
        calls = [self._call(pid, line) for line in text.splitlines()]
        return [c for c in calls if c]

    def _call(self, pid, line):
        """None for signals, ends, and the second half of a call."""
        m = LINE.match(line)
        if m is None:
            return None
        args = m[3].replace(self.root, "ROOT")
        args = re.sub(r"( <unfinished|\) += ).*", "", args)
        args = re.sub(r"0x[0-9a-f]+|nlmsg_seq=\d+|child_tid\S*|"
                      r"parent_tid\S*", "*", args)
        return Call(int(m[1]) == pid, m[2], args)


class Failing(Limited):
    """System calls on a file below the ServerRoot, or on any, fail, or take
    their time: fault is what strace calls inject=..., and counts for each
    thread."""

    def __init__(self, *args, file, fault, **more):
        super().__init__(*args, **more)
        self.file = file
        self.fault = fault

    def _command(self, *more):
        command = super()._command(*more)
        if "-DFOREGROUND" not in command:
            return command
        may_trace()
        only = ["-P", self.path(self.file)] if self.file else []
        calls = self.fault.partition(":")[0]
        return ["strace", "-D", "-f", "-qq", "--seccomp-bpf", "-o",
                self.path("trace"), *only, "-e", "trace=" + calls, "-e",
                "inject=" + self.fault, *command]


def path_of(call):
    """The file that an open names, absolute or relative to a descriptor."""
    m = re.search(r'"((?:[^"\\]|\\.)*)"', call.args)
    return os.path.normpath(m[1])


def of(calls, names):
    return [c for c in calls if c.name in names]

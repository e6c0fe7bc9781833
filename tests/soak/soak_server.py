# Licensed under the Apache License, Version 2.0; see LICENSE.
"""The httpd under soak: all protocols, its state and its logs each on a tmpfs
of its own that can be filled up, and a clock that can be moved."""

import errno
import glob
import json
import os
import re
import resource
import subprocess
import time

import pg_proc
from pg_cases import own_names
from pg_clock import Clocked
from pg_hosts import free_ports, host_on, tls_on
from pg_httpd import HTTPD, TOP, Status
from pg_log import ErrorLog, Line
from pg_wire import wait_until

ADDRESS = "127.0.0.2"           # 127.0.0.1 is a stranger's in the corpus
HEAD = 512                      # octets that tell a log's contents apart:
                                # rotatelogs' own first line has no time
SMALL = 256 << 20               # octets of each tmpfs
MANY = 4096                     # tries to take what is free, before giving up
ROTATELOGS = "/usr/bin/rotatelogs"
HTTP2_ABLE = ("event", "worker")
# Enough that no client waits for another one's worker, in two children, and
# slots for those of older generations that have not ended yet.
WORKERS = {
    "event": "StartServers 2\nServerLimit 12\nThreadsPerChild 24\n"
             "MinSpareThreads 24\nMaxSpareThreads 48\nMaxRequestWorkers 48\n",
    "prefork": "StartServers 12\nServerLimit 40\nMinSpareServers 8\n"
               "MaxSpareServers 40\nMaxRequestWorkers 40\n",
}
WORKERS["worker"] = WORKERS["event"]
# one rule that names its backend, and one that lets the client do so
NAMED = "RewriteEngine On\nRewriteRule ^/named/(.*)$ http://{}/$1 [P]\n"
STEERED = "RewriteRule ^/steered/(.*)$ http://%{HTTP_HOST}/$1 [P]\n"
SINK = "\n".join(f"ProxyGuardAction connect-{kind} sink"
                 for kind in ("mail", "tls", "other"))
# a killed child's conversations end soon; PG0142 is for others to test
SINK_LIMITS = ("ProxyGuardSinkLimit seconds 5\nProxyGuardSinkLimit source 64\n"
               "ProxyGuardSinkLimit conversations 8\n")
# which log is a file that is renamed, and which is written by rotatelogs
ERRORS_PIPED = {"event": False, "worker": True, "prefork": False}


class NotPermitted(Exception):
    """The soak needs something that it may not do here; says what."""


class SoakLog(ErrorLog):
    """The error log in all its files, renamed ones too. A line that begins in
    the middle of another one follows half a line that a full disk cut: that
    half has .cut."""

    BEGIN = re.compile(r"(?=\[[A-Z][a-z]{2} [A-Z][a-z]{2} \d\d [\d:.]+ \d{4}\] "
                       r"\[[a-z0-9_]+:[a-z]+\] )")

    def __init__(self, path):
        super().__init__(path)
        self._read_to = {}          # inode -> octets that were read
        self._heads = {}            # inode -> how the file began

    def files(self):
        return sorted(glob.glob(self.path + "*"))

    def _read(self):
        for path in self.files():
            try:
                with open(path, "rb") as f:
                    self._read_file(f)
            except FileNotFoundError:
                pass

    def _read_file(self, f):
        inode, head = os.fstat(f.fileno()).st_ino, f.read(HEAD)
        if not (head.startswith(self._heads.get(inode, b"")) and
                self._read_to.get(inode, 0) <= os.fstat(f.fileno()).st_size):
            self._read_to[inode] = 0    # rotatelogs emptied it: a full disk
        self._heads[inode] = head
        f.seek(self._read_to.get(inode, 0))
        data = f.read()
        whole = data.rfind(b"\n") + 1
        self._read_to[inode] = f.tell() - len(data) + whole
        text = data[:whole].decode("utf-8", "backslashreplace")
        for line in text.split("\n")[:-1]:
            *halves, last = [Line(t) for t in self.BEGIN.split(line) if t]
            for half in halves:
                half.cut = True
            last.cut = False
            self.lines += [*halves, last]

    def take_new(self):
        """What has been written since the last time."""
        self._read()
        new, self.lines = self.lines, []
        return new


class SoakServer(Clocked):
    """back   the origin of its reverse proxy. Not httpd itself: a child that
           asks its own server while that restarts keeps it from restarting
    guard  False: the same httpd, to learn what it does by itself; only it
           goes nowhere that a client chose"""

    def __init__(self, mpm, certificate, back, guard=True):
        modules = ["ssl", "proxy", "proxy_http", "proxy_connect", "rewrite"]
        if mpm in HTTP2_ABLE:
            modules.append("http2")
        super().__init__(mpm=mpm, modules=modules, loglevel="notice",
                         listen=ADDRESS, rate=None, guard=guard, logs="logs")
        self.mounts = []
        self.windows = []       # (begin, end) of each kill or hard restart
        self.killed = set()     # by the soak
        names = ["tls", "proxy", "gate", "sink"] + (
            ["h2c"] if mpm in HTTP2_ABLE else [])
        self.ports = dict(zip(names, free_ports(len(names))))
        self.state = self.path("state")
        os.mkdir(self.state)
        os.mkdir(self.path("cores"))
        os.chmod(self.path("cores"), 0o1777)
        self.spool = os.path.join(self.state, "spool.mbox")
        for folder in (self.state, self.logs):
            self._mount(folder)
        self.log = SoakLog(os.path.join(self.logs, "error.log"))
        self.conf = self._hosts(certificate, back)
        if guard:
            self.conf += self._guard()
        self.set_clock(0)

    # --- configuration ---------------------------------------------------

    def _hosts(self, certificate, back):
        h2 = "Protocols h2 http/1.1\n" if "h2c" in self.ports else ""
        text = tls_on(self.ports["tls"], certificate, h2, address=ADDRESS)
        text += host_on(self.ports["proxy"],
                        f"ProxyRequests {'On' if self.guard else 'Off'}\n"
                        "AllowCONNECT 1-65535\n"
                        f"ProxyPass /back/ http://{back.authority}/ "
                        "disablereuse=On\n",
                        name=f"{self.name}:{self.ports['proxy']}",
                        address=ADDRESS)
        text += host_on(self.ports["gate"], NAMED.format(back.authority)
                        + (STEERED if self.guard else ""), address=ADDRESS)
        text += host_on(self.ports["sink"], SINK if self.guard else "",
                        address=ADDRESS)
        if "h2c" in self.ports:
            text += host_on(self.ports["h2c"], "Protocols h2c http/1.1\n",
                            address=ADDRESS)
        return text + (WORKERS[self.mpm]
                       + f"CoreDumpDirectory {self.path('cores')}\n")

    def _guard(self):
        evidence = os.path.join(self.state, "evidence.json")
        text = (f"ProxyGuardOwnHost {own_names()}\n"
                f"ProxyGuardLedger {self.state}/ledger\n"
                f"ProxyGuardCheckpoint {self.state}/checkpoint 10\n"
                f"ProxyGuardSinkSpool {self.spool} 1000\n{SINK_LIMITS}")
        if ERRORS_PIPED[self.mpm]:
            return text + (f"ErrorLog \"|{ROTATELOGS} {self.log.path} 64K\"\n"
                           f"ProxyGuardEvidenceLog {evidence}\n"
                           "ProxyGuardEvidenceRate Off\n")
        return text + ("ProxyGuardEvidenceRate Off\n"
                       f"ProxyGuardEvidenceLog \"|{ROTATELOGS} {evidence} "
                       "1M\"\n")

    def address_of(self, way):
        return (ADDRESS, {"plain": self.port, "h2": self.ports["tls"]}.get(
            way) or self.ports[way])

    def ways(self):
        return ["plain", "tls", "proxy", "gate", "sink"] + (
            ["h2", "h2c"] if "h2c" in self.ports else [])

    def start(self):
        super().start()
        self.first_generation()     # before its line is taken away
        return self

    # --- disks -----------------------------------------------------------

    def _mount(self, folder):
        done = subprocess.run(
            ["mount", "-t", "tmpfs", "-o", f"size={SMALL},mode=755",
             "proxyguard-soak", folder], capture_output=True, text=True,
            check=False)
        if done.returncode != 0:
            raise NotPermitted(
                "a tmpfs of its own must be mounted, which this user may not "
                f"({done.stderr.strip()}): run it as root, or with "
                "`unshare --user --map-current-user --mount --keep-caps make "
                "soak`")
        self.mounts.append(folder)

    def fill(self, folder):
        """Leave no byte free, unless some are freed meanwhile."""
        with open(os.path.join(folder, "ballast"), "ab") as f:
            for _ in range(MANY):
                disk = os.statvfs(folder)
                free = disk.f_bavail * disk.f_bsize
                if not free:
                    break
                try:
                    os.posix_fallocate(f.fileno(),
                                       os.fstat(f.fileno()).st_size,
                                       min(free, 1 << 20))
                except OSError as e:        # the server was quicker
                    if e.errno != errno.ENOSPC:
                        raise

    def empty(self, folder):
        path = os.path.join(folder, "ballast")
        if os.path.exists(path):
            os.unlink(path)

    def remove(self):
        self.stop()
        for folder in self.mounts:
            subprocess.run(["umount", "-l", folder], check=False)
        super().remove()

    # --- what it is asked ------------------------------------------------

    def saved(self):
        """Which checkpoint there is: each is a file of its own."""
        try:
            st = os.stat(os.path.join(self.state, "checkpoint"))
        except FileNotFoundError:
            return None
        return st.st_ino, st.st_ctime_ns

    def mails(self):
        """The ids of the mails in the spool."""
        with open(self.spool, "rb") as f:
            return {x.decode() for x in re.findall(
                rb"^X-ProxyGuard-Id: (\S+)$", f.read(), re.M)}

    def shown(self, name):
        """What `proxyguard show` says of a file of the guard's."""
        done = subprocess.run(
            [os.path.join(TOP, "build", "proxyguard"), "show", "-O", "json",
             os.path.join(self.state, name)],
            capture_output=True, text=True, check=False)
        if done.returncode not in (0, 1):
            raise AssertionError(f"proxyguard show {name}: {done.returncode} "
                                 + done.stderr)
        return Status(json.loads(done.stdout))

    # --- processes -------------------------------------------------------

    def client_connections(self):
        """Those to any of its ports."""
        spare = 1 if "http2" in self.modules else 0
        return sum(pg_proc.client_connections(self.process.pid, port, spare)
                   for port in (self.port, *self.ports.values()))

    def workers(self):
        """The children that serve, without the programs that write logs."""
        return [pid for pid in self.children()
                if pg_proc.program(pid) == HTTPD]

    def writers(self):
        """The programs that write evidence. httpd starts them anew; not the
        one of the main server's ErrorLog: until the next restart whatever
        is said would be lost (2.4.71)."""
        return [pid for pid in self.children()
                if pg_proc.program(pid) == ROTATELOGS
                and b"evidence" in pg_proc.command(pid)]

    def kill(self, pid):
        """SIGKILL a child. The window lasts until it is gone, or a zombie,
        which the parent may leave for up to a second."""
        begin = time.monotonic()
        os.kill(pid, 9)
        self.killed.add(pid)
        wait_until(lambda: pg_proc.program(pid) is None,
                   f"killed child {pid} to be gone")
        self.windows.append((begin, time.monotonic()))

    def limit(self, pid, what, soft):
        """Set the soft limit of a running process; None: to the hard one."""
        hard = resource.prlimit(pid, what)[1]
        resource.prlimit(pid, what, (hard if soft is None else soft, hard))

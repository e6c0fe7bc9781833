# Licensed under the Apache License, Version 2.0; see LICENSE.
"""A private httpd: own ServerRoot, own port on 127.0.0.1, no root needed.

As root it works too: the children then run as www-data, so the ServerRoot is
in a folder of its own that everybody may enter."""

import glob
import grp
import json
import os
import pwd
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import time

import pg_proc
from pg_log import ErrorLog
from pg_wire import PATIENCE, Reply, Wire, exchange, wait_until

TOP = os.path.dirname(os.path.dirname(os.path.dirname(
    os.path.abspath(__file__))))
MODULE = os.path.abspath(os.environ.get(
    "PG_MODULE", os.path.join(TOP, "build", "mod_proxyguard.so")))
SHIPPED = os.path.join(TOP, "proxyguard.conf")
OWN = "www.own.example"
MPMS = ("event", "worker", "prefork")
BASICS = ("authz_core", "authz_host", "dir", "mime", "reqtimeout",
          "setenvif", "alias", "headers")


def _first(*candidates):
    for path in candidates:
        if path and os.path.exists(path):
            return path
    return candidates[-1]


def _apxs(*what):
    """Values of apxs for the httpd that the module is built for, as one path;
    None without apxs."""
    try:
        return os.path.join(*(subprocess.run(
            [os.environ.get("APXS", "apxs"), "-q", x], check=True,
            capture_output=True, text=True).stdout.strip() for x in what))
    except (OSError, subprocess.CalledProcessError):
        return None


HTTPD = os.environ.get("PG_HTTPD") or _first(
    _apxs("SBINDIR", "PROGNAME"),
    "/usr/sbin/apache2", "/usr/sbin/httpd", "/usr/bin/httpd")
# built as it is shipped: no sanitiser and no coverage in it
PLAIN = os.environ.get("PG_BUILD", "plain") == "plain"
MODULES = os.environ.get("PG_MODULES") or _first(
    _apxs("LIBEXECDIR"), "/usr/lib/apache2/modules", "/usr/lib64/httpd/modules",
    "/usr/lib/httpd/modules")


def sanitized(preload):
    """What a stock httpd needs to load a sanitised module; its own pools are
    never freed, so its leaks mean nothing."""
    return {"LD_PRELOAD": preload,
            "ASAN_OPTIONS": "detect_leaks=0:abort_on_error=1",
            "UBSAN_OPTIONS": "print_stacktrace=1"} if preload else {}


def _built_in():
    """Short names of the modules that this httpd has without loading."""
    said = subprocess.run([HTTPD, "-l"], capture_output=True, text=True,
                          check=False).stdout
    return {x.removeprefix("mod_")
            for x in re.findall(r"^\s+(\w+)\.c$", said, re.M)}


def _account():
    """The user that children of a server started by root run as."""
    names = [p.pw_name for p in pwd.getpwall()]
    user = next(x for x in ("www-data", "apache", "http", "httpd", "daemon",
                            "nobody") if x in names)
    return user, grp.getgrgid(pwd.getpwnam(user).pw_gid).gr_name


BUILT_IN = _built_in()
USER, GROUP = _account()
# an MPM that is built in is the only one
MPMS = tuple(m for m in MPMS if m in BUILT_IN) or MPMS
SANITIZED = sanitized(os.environ.get("PG_PRELOAD"))
HTDOCS = {
    "index.html": "own front page\n",
    "page.txt": "own page\n",
    "denied.html": "our own words about it\n",
}

MPM_LIMITS = {
    "event": "StartServers 1\nServerLimit 3\nThreadsPerChild 8\n"
             "MinSpareThreads 1\nMaxSpareThreads 24\nMaxRequestWorkers 24\n",
    "prefork": "StartServers 3\nServerLimit 12\nMinSpareServers 1\n"
               "MaxSpareServers 12\nMaxRequestWorkers 12\n",
}
MPM_LIMITS["worker"] = MPM_LIMITS["event"]


class StartError(Exception):
    """httpd refused its configuration or died; .said is all of its output."""

    def __init__(self, said, code=None):
        super().__init__(said)
        self.said = said
        self.code = code


class Status(dict):
    """The status JSON. `after - before` gives what changed, flat:
    {"attempts": 1, "absolute": 1, "denied": 1}."""

    def flat(self):
        out = {"attempts": self["attempts"]}
        for key in ("by_class", "by_outcome"):
            out.update(self[key])
        return out

    def __sub__(self, before):
        old, new = before.flat(), self.flat()
        return {k: v - old.get(k, 0) for k, v in new.items()
                if v != old.get(k, 0)}


def free_port(host="127.0.0.1"):
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as s:
        s.bind((host, 0))
        return s.getsockname()[1]


def is_free(port, host="127.0.0.1"):
    """Could httpd bind to it?"""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as s:
        s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            s.bind((host, port))
        except OSError:
            return False
    return True


class Httpd:
    """Configuration first, then start().

    conf      lines of the main server
    before    lines ahead of everything (Define, LoadModule order)
    modules   more modules to load, by short name ("proxy", "proxy_http")
    name      ServerName; None: none is set
    shipped   include the shipped proxyguard.conf
    guard     load the module at all
    rate      ProxyGuardLogRate, so that no test loses a line; None: the
              default
    logs      the folder of error log and access log, below the ServerRoot
    """

    def __init__(self, conf="", modules=(), mpm=None, shipped=True,
                 guard=True, before="", loglevel="info", name=OWN,
                 listen="127.0.0.1", basics=BASICS, rate="Off", logs=""):
        self.mpm = mpm or os.environ.get("PG_MPM", "event")
        self.conf = conf
        self.before = before
        self.modules = list(modules)
        self.shipped = shipped
        self.guard = guard
        self.loglevel = loglevel
        self.name = name
        self.listen = listen
        self.basics = basics
        self.rate = rate
        self.port = None
        self.process = None
        self.before_start = 0           # generations in the log before it
        self.root = tempfile.mkdtemp(prefix="pg-httpd-")
        os.chmod(self.root, 0o755)
        for folder in ("run", "htdocs"):
            os.mkdir(os.path.join(self.root, folder))
        for name_, text in HTDOCS.items():
            self.write("htdocs/" + name_, text)
        self.write("mime.types", "text/html html\ntext/plain txt\n")
        self.logs = self.path(logs) if logs else self.root
        os.makedirs(self.logs, exist_ok=True)
        self.log = ErrorLog(os.path.join(self.logs, "error.log"))

    # --- files -----------------------------------------------------------

    def path(self, *parts):
        return os.path.join(self.root, *parts)

    def write(self, name, text):
        """A file below the ServerRoot that the children can read."""
        path = self.path(name)
        os.makedirs(os.path.dirname(path), mode=0o755, exist_ok=True)
        with open(path, "wb") as f:
            f.write(text if isinstance(text, bytes) else text.encode())
        os.chmod(path, 0o644)
        return path

    def read(self, name):
        with open(self.path(name), encoding="utf-8",
                  errors="backslashreplace") as f:
            return f.read()

    def access_log(self, count=None):
        """Lines of the access log, waiting until there are `count`."""
        def lines():
            try:
                return self.read(os.path.join(
                    self.logs, "access.log")).splitlines()
            except FileNotFoundError:
                return []
        if count is not None:
            wait_until(lambda: len(lines()) >= count,
                       f"{count} access log lines; there are {lines()}")
        return lines()

    def ledger_files(self):
        """Names in the run folder that belong to the guard."""
        return sorted(os.path.basename(p) for p in
                      glob.glob(self.path("run", "*proxyguard*")))

    # --- configuration ---------------------------------------------------

    def _load(self, name):
        return (f"LoadModule {name}_module "
                f"{os.path.join(MODULES, 'mod_' + name + '.so')}\n")

    def _modules(self):
        names = ["mpm_" + self.mpm, *self.basics, *self.modules]
        if "proxy_balancer" in BUILT_IN:        # it does not start without
            names.append("slotmem_shm")
        built_in = BUILT_IN | {"mpm_" + m for m in BUILT_IN}
        text = "".join(self._load(n) for n in dict.fromkeys(names)
                       if n not in built_in)
        if self.guard:
            text += f"LoadModule proxyguard_module {MODULE}\n"
        return text

    def _text(self):
        user = f"User {USER}\nGroup {GROUP}\n" if os.geteuid() == 0 else ""
        host = f"[{self.listen}]" if ":" in self.listen else self.listen
        shipped = f"Include {SHIPPED}\n" if self.shipped and self.guard \
            else ""
        server_name = f"ServerName {self.name}\n" if self.name else ""
        if self.guard and self.rate:
            shipped += f"ProxyGuardLogRate {self.rate}\n"
        conf = self.conf.replace("@PORT@", str(self.port)) \
                        .replace("@ROOT@", self.root)
        return f"""{self.before}ServerRoot {self.root}
DefaultRuntimeDir {self.root}/run
PidFile {self.root}/run/httpd.pid
Mutex pthread
Listen {host}:{self.port}
{server_name}{self._modules()}{user}{MPM_LIMITS[self.mpm]}
ErrorLog {self.logs}/error.log
LogLevel {self.loglevel}
LogFormat "%h \\"%r\\" %>s %X %f" pg
CustomLog {self.logs}/access.log pg
DocumentRoot {self.root}/htdocs
DirectoryIndex index.html
<IfModule mod_mime.c>
    TypesConfig mime.types
</IfModule>
Timeout 20
KeepAliveTimeout 5
<Directory />
    Require all denied
</Directory>
<Directory {self.root}/htdocs>
    Require all granted
</Directory>
{shipped}{conf}
"""

    def configure(self, conf=None):
        """Write httpd.conf, with other lines when given."""
        if conf is not None:
            self.conf = conf
        return self.write("httpd.conf", self._text())

    # --- life ------------------------------------------------------------

    def _environment(self):
        env = {k: v for k, v in os.environ.items()
               if k in ("PATH", "LANG", "GCOV_PREFIX", "PG_TRACE",
                        "TSAN_OPTIONS")}
        return {**env, **SANITIZED}

    def _command(self, *more):
        return [HTTPD, "-d", self.root, "-f", self.path("httpd.conf"), *more]

    def run(self, *more):
        """httpd with other arguments, to its end: (exit code, output)."""
        if self.port is None:
            self.port = free_port(self.listen)
        self.configure()
        done = subprocess.run(
            self._command(*more), env=self._environment(),
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, timeout=12 * PATIENCE, check=False)
        return done.returncode, done.stdout.decode("utf-8", "replace")

    def check(self):
        """The configuration test: (exit code, output)."""
        return self.run("-t")

    def start(self):
        """Start and wait until it listens. The port is chosen first and
        bound by httpd later, so a lost race is tried again."""
        for _ in range(5):
            self.port = free_port(self.listen)
            self.configure()
            try:
                return self._start()
            except StartError as e:
                if not re.search("could not bind to address|"
                                 "multiple Listeners", e.said):
                    raise
        raise StartError("no free port in five attempts")

    def restart_same_port(self):
        """Stop, and start again with the same configuration file. A child
        that was killed may hold the port a moment longer than its parent."""
        self.stop()
        wait_until(lambda: is_free(self.port, self.listen), "the port")
        return self._start()

    def _start(self):
        self.before_start = self._generations()
        old_mask = os.umask(0o022 if not os.environ.get("PG_COVER") else 0)
        try:
            with open(self.path("stderr"), "wb") as err:
                self.process = subprocess.Popen(
                    self._command("-DFOREGROUND"), env=self._environment(),
                    stdin=subprocess.DEVNULL, stdout=err, stderr=err,
                    start_new_session=True)
        finally:
            os.umask(old_mask)
        try:
            wait_until(self._listening, "httpd to listen", 30)
        except AssertionError:
            self.stop()
            raise StartError(self.said()) from None
        return self

    def _listening(self):
        if self.process.poll() is not None:
            code, self.process = self.process.returncode, None
            raise StartError(self.said(), code)
        # the pid file is written after all children hold the ledger
        if not os.path.exists(self.path("run", "httpd.pid")):
            return False
        try:
            with Wire(self.address, timeout=1):
                return True
        except OSError:
            return False

    def said(self):
        """All of its output: on stderr, then in the error log."""
        text = self.read("stderr") if os.path.exists(self.path("stderr")) \
            else ""
        if os.path.exists(self.log.path):
            text += self.read(self.log.path)
        return text

    def children(self):
        """Process ids of the children."""
        return pg_proc.children(self.process.pid)

    def _generations(self):
        return len(self.log.all("resuming normal operations"))

    def first_generation(self):
        """The line of the start itself may come after the pid file."""
        wait_until(lambda: self._generations() > self.before_start,
                   "the first generation")
        self.before_start = -1          # seen, for good

    def graceful(self):
        """Graceful restart; returns when there is a new generation."""
        self._renew(signal.SIGUSR1)

    def hard_restart(self, meanwhile=None):
        """The same, with all children ended at once; meanwhile() is called
        when httpd has been asked to."""
        self._renew(signal.SIGHUP, meanwhile)

    def _renew(self, sig, meanwhile=None):
        self.first_generation()
        count = self._generations()
        old = set(self.children())
        self.process.send_signal(sig)
        if meanwhile:
            meanwhile()
        wait_until(lambda: self._generations() > count
                   and set(self.children()) - old,
                   "a new generation; there is:\n" + self.log.tail())

    def client_connections(self):
        spare = 1 if "http2" in self.modules else 0     # its dummy socket
        return pg_proc.client_connections(self.process.pid, self.port, spare)

    def settle(self, seconds=3):
        """Wait, not for ever, until no client connection is left open, and
        no worker is still busy with what belonged to one.

        The event MPM's stop is not safe while connections linger: its main
        thread walks them while workers free them, and the child may die of
        SIGSEGV (2.4.71 does so without our module too, 8 times in 200)."""
        deadline = time.monotonic() + seconds
        while (time.monotonic() < deadline and self.process.poll() is None
               and (self.client_connections()
                    or not pg_proc.asleep(self.children()))):
            time.sleep(0.005)

    def stop(self, sig=signal.SIGTERM):
        """Stop by process id; kill the group when it does not listen."""
        if self.process is None:
            return
        if self.mpm == "event":
            self.settle()
        process, self.process = self.process, None
        try:
            process.send_signal(sig)
            process.wait(timeout=PATIENCE)
        except (subprocess.TimeoutExpired, ProcessLookupError):
            pass
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
        pidfile = self.path("run", "httpd.pid")
        if os.path.exists(pidfile):
            os.unlink(pidfile)

    def remove(self):
        """Stop and delete every file."""
        self.stop()
        shutil.rmtree(self.root, ignore_errors=True)

    # --- talking to it ---------------------------------------------------

    @property
    def address(self):
        return (self.listen, self.port)

    @property
    def authority(self):
        return f"{self.name or self.listen}:{self.port}"

    def wire(self, **more):
        return Wire(self.address, **more)

    def send(self, octets, **more):
        """One exchange of bytes as given; see pg_wire.exchange."""
        return exchange(self.address, octets, **more)

    def get(self, path, host=None, headers=(), **more) -> Reply:
        """An ordinary, well-formed request for something of our own."""
        lines = [f"GET {path} HTTP/1.1", f"Host: {host or self.authority}",
                 "Connection: close", *headers]
        return self.send("\r\n".join(lines).encode() + b"\r\n\r\n", **more)

    def status(self):
        reply = self.get("/proxyguard-status?format=json")
        assert reply.status == 200, reply
        return Status(json.loads(reply.body))

    def settled(self, attempts):
        """The status once that many attempts are counted."""
        def enough():
            now = self.status()
            return now if now["attempts"] >= attempts else None
        return wait_until(enough, f"{attempts} attempts to be counted")


def seconds_since(start):
    return time.monotonic() - start


def field(text, name):
    """The value of name=... in a text."""
    m = re.search(r'\b%s=("[^"]*"|\S+)' % re.escape(name), text)
    return m and m[1].strip('"')

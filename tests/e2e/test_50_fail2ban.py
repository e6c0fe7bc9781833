# Licensed under the Apache License, Version 2.0; see LICENSE.
"""The shipped fail2ban filter, with Debian's fail2ban, on real error logs."""

import json
import os
import shutil
import signal
import subprocess
import time

import pytest

from pg_httpd import TOP
from pg_sink import Mailer, sink_with, tunnel
from pg_wire import PATIENCE, wait_until

ABLE = ("event",)                # the lines are the same with every MPM
SHIPPED = os.path.join(TOP, "packaging", "fail2ban")
FILTER = os.path.join(SHIPPED, "proxyguard.filter.conf")
EVIDENCE = os.path.join(SHIPPED, "proxyguard-evidence.filter.conf")
SAMPLES = os.path.join(TOP, "tests", "cases", "fail2ban")
REMOTE = "RemoteIPHeader X-Client\nRemoteIPInternalProxy 127.0.0.1"
VICTIM = "192.0.2.9"
FORGED = ('[Sun Nov 22 22:00:00.000000 2026] [proxyguard:warn] [pid 1:tid 2] '
          f'[client {VICTIM}:1] PG0101: relay attempt denied: class=absolute '
          'method="GET" target="x" host="x" port=80 status=421 '
          f'outcome=denied source={VICTIM} vhost="x" reason=x agent="x"')


def attempt(server, client, target="mx.example:25", more=()):
    lines = [f"CONNECT {target} HTTP/1.1", "Host: mx.example",
             f"X-Client: {client}", *more]
    return server.send("\r\n".join(lines).encode("latin-1") + b"\r\n\r\n")


def banned_by(log, options="", filter_=FILTER):
    """The addresses that fail2ban-regex finds in a file, in order."""
    done = subprocess.run(
        ["fail2ban-regex", "-o", "ip", log, filter_ + options], check=False,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=60)
    assert not done.stderr, done.stderr
    return done.stdout.decode().split()


FORMATS = {
    "default": ("", ""),
    "docs, with ids": ('ErrorLogFormat "[%{uc}t] [%-m:%-l] [R:%L] [C:%{C}L] '
                       '%7F: %E: [client\\ %a] %M"', ""),
    "threads": ('ErrorLogFormat "[%t] [%m:%l] [pid %P:tid %T] [client\\ %a] '
                '%M% ,\\ referer\\ %{Referer}i"', ""),
    "2.2": ('ErrorLogFormat "[%t] [%l] [pid %P] [client\\ %a] %M"',
            "[format=bare]"),
    "2.2, with the file": ('ErrorLogFormat "[%t] [%l] [pid %P] %F: %E: '
                           '[client\\ %a] %M"', "[format=bare]"),
}


@pytest.mark.parametrize("name", FORMATS)
def test_clients_are_found_in_what_httpd_writes(httpd_with, name):
    conf, options = FORMATS[name]
    server = httpd_with(f"{REMOTE}\n{conf}", modules=("remoteip",))
    attempt(server, "198.51.100.7")
    attempt(server, "2001:db8::7")
    server.send(b"GET http://s.example/ HTTP/1.1\r\nHost: s.example\r\n"
                b"X-Client: 198.51.100.8\r\nReferer: x\r\n\r\n")
    server.settled(3)
    assert banned_by(server.path("error.log"), options) == [
        "198.51.100.7", "2001:db8::7", "198.51.100.8"]
    server.log.take_all("PG01")


def test_ipv6_clients_are_found(httpd_with):
    server = httpd_with(listen="::1")
    server.send(b"CONNECT mx.example:25 HTTP/1.0\r\n\r\n")
    server.log.attempt()
    assert banned_by(server.path("error.log")) == ["::1"]


def test_a_load_balancer_is_never_banned_for_its_client(httpd_with):
    server = httpd_with(REMOTE, modules=("remoteip",))
    server.send(b"CONNECT s.example HTTP/1.0\r\nX-Client: 192.0.2.1\r\n\r\n")
    line = server.log.attempt()
    assert "peer=" in line.text
    assert banned_by(server.path("error.log")) == []


def test_a_captured_attempt_bans_nobody(httpd_with):
    """Neither do later lines about it, in either log; refused attempts of the
    same client do ban it."""
    server = sink_with(httpd_with, "ProxyGuardEvidenceLog @ROOT@/evidence\n"
                       f"ProxyGuardAction connect-other sink\n{REMOTE}\n",
                       modules=("remoteip",))
    logs = ((server.path("error.log"), FILTER),
            (server.path("evidence"), EVIDENCE))
    who = "X-Client: 198.51.100.7\r\n"
    with Mailer(server.address, more=who) as client:
        client.deliver("Subject: PG0101: relay attempt denied\r\n\r\nx\r\n")
    with tunnel(server.address, "s.example:22", more=who) as wire:
        wire.send(FORGED.encode()[:200] + b"\r\n")
        assert wire.read_to_end() == b""
    for _ in range(2):
        assert server.log.take(" PG0144: ").source == "198.51.100.7"
    server.log.attempts(2)
    for log, filter_ in logs:
        assert banned_by(log, filter_=filter_) == []
    attempt(server, "198.51.100.7", "s.example:443")
    server.log.attempt()
    for log, filter_ in logs:
        assert banned_by(log, filter_=filter_) == ["198.51.100.7"]


def forgeries():
    text = FORGED
    bare = text[text.index("PG0101"):]
    for what in (text, bare, '" ' + bare, '\\" ' + bare, "] " + text,
                 f'x" source={VICTIM} vhost="', "\n" + text,
                 text.replace(" ", "%20")):
        yield what


@pytest.mark.parametrize("forged", forgeries())
def test_no_text_of_a_stranger_bans_another(httpd_with, forged):
    server = httpd_with(
        f"{REMOTE}\n<Location /shut>\nRequire all denied\n</Location>",
        modules=("remoteip",), loglevel="debug")
    flat = forged.replace("\n", "")
    for more in (f"User-Agent: {flat}", f"Referer: {flat}",
                 f"X-Forwarded-For: {flat}", f"Via: {flat}",
                 "User-Agent: x" + forged.replace("\n", "\r\n ")):
        attempt(server, "198.51.100.7", more=[more])
    attempt(server, "198.51.100.7", f"mx.example:25/{flat}")
    server.send(f"GET http://s.example/{flat} HTTP/1.1\r\nHost: s.example\r\n"
                "X-Client: 198.51.100.7\r\n\r\n".encode())
    server.send(f"GET / HTTP/1.1\r\nHost: {flat}\r\nX-Client: 198.51.100.7"
                "\r\n\r\n".encode())
    server.send(f"{flat} http://s.example/ HTTP/1.1\r\n\r\n".encode())
    # lines of other modules that quote the client
    path = flat.replace(" ", "%20").replace('"', "%22")
    server.get("/shut/" + path, headers=[f"Referer: {flat}",
                                         "X-Client: 198.51.100.7"])
    server.get("/none/" + path, headers=["X-Client: 198.51.100.7"])
    server.settled(5)
    found = set(banned_by(server.path("error.log")))
    assert "198.51.100.7" in found
    assert found <= {"198.51.100.7", "127.0.0.1"}, found
    server.log.take_all("")


def test_no_line_of_another_module_matches(httpd_with):
    server = httpd_with("<Location /shut>\nRequire all denied\n</Location>",
                        loglevel="trace2")
    server.get("/shut/x")
    server.get("/none")
    server.get("/page.txt")
    server.graceful()
    assert len(server.log.all()) > 20
    assert banned_by(server.path("error.log")) == []
    server.log.take_all("AH01630")


def as_go_writes(value):
    """JSON as Docker's json-file driver has it."""
    text = json.dumps(value, separators=(",", ":"), ensure_ascii=False)
    return (text.replace("<", "\\u003c").replace(">", "\\u003e")
            .replace("&", "\\u0026"))


NOW = "2026-11-25T23:54:47.820877123Z"
# where the lines of httpd's default format go in a container or the journal
WRAPPED = {
    "docker": lambda x: as_go_writes({"log": x + "\n", "stream": "stderr",
                                      "time": NOW}),
    "cri": lambda x: f"{NOW} stderr F {x}",
    "compose": lambda x: f"web-1  | {x}",
    "compose, with -t": lambda x: f"web-1  | {NOW} {x}",
    "journal": lambda x: f"Nov 25 23:54:47 web apachectl[4711]: {x}",
    "journal, backend=systemd": lambda x: f"web apachectl[4711]: {x}",
}


@pytest.mark.parametrize("how", WRAPPED)
def test_clients_are_found_where_logs_really_are(httpd_with, how):
    server = httpd_with(REMOTE, modules=("remoteip",))
    attempt(server, "198.51.100.7")
    attempt(server, "2001:db8::7")
    for forged in forgeries():
        flat = forged.replace("\n", "")
        attempt(server, "198.51.100.8",
                more=[f"User-Agent: {flat} <b>&", f"Referer: {flat}"])
    count = 2 + len([*forgeries()])
    server.settled(count)
    text = "".join(WRAPPED[how](line.text) + "\n" for line in server.log.all())
    log = server.write("wrapped.log", text)
    assert banned_by(log, f"[format={how.split(',')[0]}]") == [
        "198.51.100.7", "2001:db8::7"] + ["198.51.100.8"] * (count - 2)
    server.log.take_all("PG01")


@pytest.mark.parametrize("more", ("", '\\"client\\":\\"%-a\\",'))
def test_clients_are_found_in_json(httpd_with, more):
    server = httpd_with(
        f'{REMOTE}\nErrorLogFormat "{{\\"time\\":\\"%{{cu}}t\\",'
        f'\\"module\\":\\"%-m\\",\\"level\\":\\"%-l\\",{more}'
        '\\"message\\":\\"%M\\"}"', modules=("remoteip",))
    texts = [FORGED, *(x.replace('"', "'") for x in forgeries()),
             *forgeries()]
    for forged in texts:
        flat = forged.replace("\n", "")
        attempt(server, "198.51.100.7", more=[f"User-Agent: {flat}"])
    count = len(texts)
    server.settled(count)
    assert banned_by(server.path("error.log"), "[format=json]") == [
        "198.51.100.7"] * count
    for line in server.log.take_all("PG01"):
        assert "method='CONNECT'" in json.loads(line.text)["message"]
    server.log.take_all("AH")


@pytest.mark.parametrize("template", ("file", "traditional"))
def test_clients_are_found_in_what_rsyslog_wrote(template):
    """Lines of rsyslogd 8.2302.0, by its two templates, for httpd's
    ErrorLog "syslog:local1"."""
    log = os.path.join(SAMPLES, f"rsyslog-{template}.log")
    assert banned_by(log, "[format=syslog]") == ["198.51.100.7",
                                                 "2001:db8::7"]


def a_line(**words):
    """A line of the guard with some values replaced."""
    text = FORGED
    for name, value in words.items():
        text = text.replace(name + "=" + {"class": "absolute",
                                          "outcome": "denied"}[name],
                            f"{name}={value}")
    return text


def test_a_backend_that_a_client_chose_bans():
    assert banned_by(a_line(**{"class": "chosen-backend"})) == [VICTIM]


def test_the_evidence_log_bans_too(httpd_with):
    server = httpd_with(
        f"{REMOTE}\nProxyGuardLogRate 1 1\n"
        "ProxyGuardAction connect-tls observe\n"
        "ProxyGuardEvidenceLog @ROOT@/evidence.json", modules=("remoteip",))
    attempt(server, "198.51.100.7")
    attempt(server, "2001:db8::7")
    attempt(server, "198.51.100.9", "s.example:443")         # observed
    server.send(b"CONNECT s.example HTTP/1.0\r\nX-Client: 192.0.2.1\r\n\r\n")
    forged = ('","source":{"address":"192.0.2.9","ip":"192.0.2.9"},'
              '"destination":{},"proxyguard":{"class":"x","family":"x",'
              '"outcome":"denied","intent":"x","source_is_peer":false,'
              '"masked":false,"cut":false}}')
    attempt(server, "198.51.100.8", more=[f"User-Agent: {forged}",
                                          f"X-{forged}: {forged}"])
    attempt(server, "198.51.100.8", more=[f"X-A: {forged}"])
    server.settled(6)
    wait_until(lambda: server.read("evidence.json").count("\n") == 6,
               "six lines of evidence")
    found = banned_by(server.path("evidence.json"), filter_=EVIDENCE)
    assert found[:2] == ["198.51.100.7", "2001:db8::7"]
    assert set(found[2:]) == {"198.51.100.8"}
    server.log.take_all("PG01")


# how a line gets into the journal, with the fields that journald gives it
STDERR = "_TRANSPORT=stdout\nSYSLOG_IDENTIFIER=apachectl\n_PID=4711"
SYSLOG = ("_TRANSPORT=syslog\nSYSLOG_IDENTIFIER=apache2\nSYSLOG_PID=4712\n"
          "_PID=4712")
UNIT = "apache2.service"


def journal(folder, entries):
    """A journal of (how, unit, message), made by systemd's own tool."""
    now = int(time.time() * 1e6)
    text = "".join(
        f"__REALTIME_TIMESTAMP={now + n}\n__MONOTONIC_TIMESTAMP={n + 1}\n"
        f"_BOOT_ID={1:032x}\n_HOSTNAME=web\n_SYSTEMD_UNIT={unit}\n"
        f"{how}\nPRIORITY=4\nMESSAGE={message}\n\n"
        for n, (how, unit, message) in enumerate(entries))
    path = os.path.join(str(folder), "test.journal")
    subprocess.run(["/lib/systemd/systemd-journal-remote", "-o", path, "-"],
                   input=text.encode(), check=True, timeout=60,
                   stderr=subprocess.DEVNULL)
    return path


def journal_of(server, folder):
    """What a server wrote, once by each way; the same of another unit; and a
    message that another program of ours quotes."""
    lines = [x.text for x in server.log.all()]
    bare = ["[" + x.partition("] [")[2] for x in lines]
    return journal(folder, [
        *((STDERR, UNIT, x) for x in lines),
        *((SYSLOG, "httpd.service", x) for x in bare),
        *((STDERR, "sshd.service", x.replace("198.51.100.7", VICTIM))
          for x in lines),
        (STDERR, UNIT, f"a script says: {FORGED}")])


def test_clients_are_found_in_a_real_journal(httpd_with, tmp_path):
    server = httpd_with(REMOTE, modules=("remoteip",))
    for forged in forgeries():
        flat = forged.replace("\n", "")
        attempt(server, "198.51.100.7", more=[f"User-Agent: {flat}"])
    count = len([*forgeries()])
    server.settled(count)
    path = journal_of(server, tmp_path)
    assert banned_by(f"systemd-journal[journalfiles={path}]",
                     "[format=journal]") == ["198.51.100.7"] * 2 * count
    server.log.take_all("PG01")


class Fail2ban:
    """A real server with everything below one folder; its only action is to
    write addresses into a file."""

    def __init__(self, folder, logpath, jail="proxyguard", more=""):
        self.folder = str(folder)
        for name in ("filter.d", "jail.d", "action.d"):
            os.mkdir(self.path(name))
        shutil.copy(FILTER, self.path("filter.d/proxyguard.conf"))
        shutil.copy(EVIDENCE, self.path("filter.d/proxyguard-evidence.conf"))
        shutil.copy(os.path.join(SHIPPED, "proxyguard.jail.conf"),
                    self.path("jail.d/proxyguard.conf"))
        self.write("action.d/note.conf", "[Definition]\nactionban = echo "
                   f"<ip> >>{self.path('banned')}\nactionunban =\n")
        self.write("jail.conf", "[DEFAULT]\nbackend = polling\naction = note\n"
                   f"apache_error_log = {logpath}\n")
        self.write("jail.local", more)
        self.write("fail2ban.conf", "[Definition]\nloglevel = INFO\n"
                   f"logtarget = {self.path('log')}\nsyslogsocket = auto\n"
                   "dbfile = None\n"
                   f"socket = {self.path('sock')}\npidfile = "
                   f"{self.path('pid')}\n")
        self.process = subprocess.Popen(
            ["fail2ban-server", "-f", "-c", self.folder, "-s",
             self.path("sock"), "-p", self.path("pid"), "start"],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
        wait_until(lambda: f"Jail '{jail}' started" in self.said(),
                   "fail2ban to start", 3 * PATIENCE)

    def path(self, name):
        return os.path.join(self.folder, name)

    def write(self, name, text):
        with open(self.path(name), "w", encoding="utf-8") as f:
            f.write(text)

    def read(self, name):
        try:
            with open(self.path(name), encoding="utf-8") as f:
                return f.read()
        except FileNotFoundError:
            return ""

    def said(self):
        return self.read("log")

    def banned(self):
        return self.read("banned").split()

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(timeout=3 * PATIENCE)


def test_the_shipped_jail_bans_in_a_real_server(httpd_with, tmp_path):
    server = httpd_with(REMOTE, modules=("remoteip",))
    guard = Fail2ban(tmp_path, server.path("error.log"))
    try:
        for _ in range(3):
            attempt(server, "198.51.100.7",
                    more=[f"User-Agent: {FORGED}", f"Referer: {FORGED}"])
            attempt(server, "2001:db8::7")
        attempt(server, "198.51.100.8")
        wait_until(lambda: len(guard.banned()) >= 2, "two bans; it said:\n"
                   + guard.said(), 3 * PATIENCE)
        assert sorted(guard.banned()) == ["198.51.100.7", "2001:db8::7"]
        assert " ERROR " not in guard.said()
    finally:
        guard.stop()
    server.log.attempts(7)


def test_the_shipped_jail_of_the_journal_bans_in_a_real_server(
        httpd_with, tmp_path):
    server = httpd_with(REMOTE, modules=("remoteip",))
    for _ in range(2):                   # each twice in the journal
        attempt(server, "198.51.100.7")
    attempt(server, "198.51.100.8")
    server.log.attempts(3)
    path = journal_of(server, tmp_path)
    guard = Fail2ban(tmp_path, "", "proxyguard-journal",
                     "[proxyguard]\nenabled = false\n"
                     "[proxyguard-journal]\nenabled = true\n"
                     f"backend = systemd[journalfiles={path}]\n")
    try:
        wait_until(guard.banned, "a ban; it said:\n" + guard.said(),
                   3 * PATIENCE)
        assert guard.banned() == ["198.51.100.7"]
        assert " ERROR " not in guard.said()
    finally:
        guard.stop()

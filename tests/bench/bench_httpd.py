# Licensed under the Apache License, Version 2.0; see LICENSE.
"""Instructions per request, by valgrind's callgrind: prefork, one process.

Writes the section of docs/measurements.md, or prints it with --print. Needs
valgrind; ModSecurity's rows need libapache2-mod-security2 and
modsecurity-crs, and are left out where these are missing."""

import argparse
import os
import re
import subprocess
import sys
import tempfile
import time

TOP = os.path.dirname(os.path.dirname(os.path.dirname(
    os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(TOP, "tests", "lib"))

import measurements                                         # noqa: E402
from pg_backend import Backend                              # noqa: E402
from pg_httpd import Httpd                                  # noqa: E402
from pg_wire import Wire, says_close                        # noqa: E402

FEW, MANY = 100, 300
BUILD = os.path.join(TOP, "build", "bench")
COMMAND = os.path.join(TOP, "build", "proxyguard")
BASICS = ("authz_core", "authz_host", "dir", "mime", "alias", "headers",
          "reqtimeout", "setenvif")
CRS = "/usr/share/modsecurity-crs"
SECURITY2 = "/usr/lib/apache2/modules/mod_security2.so"

CLEAN = (b"GET /page.txt HTTP/1.1\r\nHost: www.own.example\r\n"
         b"User-Agent: bench\r\nAccept: */*\r\n\r\n")
CLEAN_CLOSE = CLEAN.replace(b"Accept", b"Connection: close\r\nAccept")
FOREIGN = CLEAN_CLOSE.replace(b"www.own", b"elsewhere")
ABSOLUTE = (b"GET http://elsewhere.example/ HTTP/1.1\r\n"
            b"Host: elsewhere.example\r\nUser-Agent: bench\r\n\r\n")
CONNECT = (b"CONNECT elsewhere.example:443 HTTP/1.1\r\n"
           b"Host: elsewhere.example:443\r\nUser-Agent: bench\r\n\r\n")

BY_NAME = b"Host: www.own.example\r\n"
BARE = {"guard": False}
QUIET = {"loglevel": "emerg"}
OFF = "ProxyGuardForeignHost Off\n"
OBSERVE = "ProxyGuard Observe\n"
LOGGED = "ProxyGuardLogRate Off\n"
EVIDENCE = (LOGGED + "ProxyGuardEvidenceRate Off\n"
            "ProxyGuardEvidenceLog @ROOT@/evidence.json\n")
VHOST = """<VirtualHost *:@PORT@>
ServerName www.own.example
ServerAlias own.example *.own.test
</VirtualHost>
"""

REWRITE = r"""RewriteEngine On
RewriteCond %{THE_REQUEST} "^[A-Z]+ +[a-z]+://" [NC]
RewriteCond %{THE_REQUEST} "!^[A-Z]+ +https?://www\.own\.example[/: ]" [NC]
RewriteRule ^ - [F]
<Location "/">
    AllowMethods GET POST HEAD OPTIONS
</Location>
"""
ONE_RULE = r"""SecRuleEngine On
SecAuditEngine Off
SecRule REQUEST_LINE \
    "@rx (?i)^(?:connect |[a-z]+ [a-z]+://(?!www\.own\.example))" \
    "id:1,phase:1,deny,status:403,nolog"
"""
WITH_CRS = f"""SecRuleEngine On
SecAuditEngine Off
SecRequestBodyAccess On
SecTmpDir /tmp
SecDataDir /tmp
Include /etc/modsecurity/crs/crs-setup.conf
Include {CRS}/rules/*.conf
"""


class Counted(Httpd):
    """One process under callgrind."""

    def __init__(self, conf="", files=None, **more):
        files = files or {}
        super().__init__(conf, mpm="prefork", loglevel=more.pop(
            "loglevel", "warn"), basics=more.pop("basics", BASICS),
            shipped=False, **more)
        self.counted = self.path("callgrind.log")
        for name, text in files.items():
            self.write(name, text)

    def _text(self):
        # .htaccess look-ups would drown everything else
        return super()._text().replace(
            "<Directory />\n", "MaxKeepAliveRequests 0\n"
            "<Directory />\n    AllowOverride None\n", 1)

    def _command(self, *more):
        # not the start: with many virtual hosts the chains of its hash
        # tables have other lengths each time
        return ["valgrind", "--tool=callgrind", "--toggle-collect=ap_run_mpm",
                "--callgrind-out-file=/dev/null",
                f"--log-file={self.counted}",
                *[x for x in super()._command(*more) if x != "-DFOREGROUND"],
                "-X"]

    def waits(self):
        """Return once it sleeps, waiting for the client, so that each of its
        reads finds the same, however busy the machine is."""
        path = f"/proc/{self.process.pid}/stat"
        deadline = time.monotonic() + 60
        while True:
            with open(path, encoding="ascii") as f:
                state = f.read().rpartition(")")[2].split()[0]
            if state == "S":
                return
            if time.monotonic() > deadline:
                raise AssertionError(f"httpd does not wait: state {state}")

    def instructions(self):
        with open(self.counted, encoding="utf-8") as f:
            found = re.search(r"Collected : (\d+)", f.read())
        return int(found.group(1)) if found else None


def ask(server, octets, times, keep):
    """`times` requests, on one connection or each on its own."""
    method = octets.split(b" ", 1)[0].decode()
    server.waits()
    for _ in range(1 if keep else times):
        with Wire(server.address, timeout=60) as wire:
            for _ in range(times if keep else 1):
                server.waits()
                wire.send(octets)
                reply = wire.read_reply(method, seconds=60)
            if not says_close(reply):
                wire.finish()
            wire.read_to_end()
            server.waits()
        server.waits()


def count(conf, octets, times, keep, more):
    """prefork ends from inside its signal handler, and at times hangs there:
    then there is no count, and it is tried again."""
    for _ in range(4):
        counted = one_count(conf, octets, times, keep, more)
        if counted is not None:
            return counted
    raise RuntimeError("callgrind gave no count in four tries")


def one_count(conf, octets, times, keep, more):
    server = Counted(conf, **more)
    try:
        server.start()
        ask(server, octets, times, keep)
        server.stop()
        return server.instructions()
    finally:
        server.stop()
        server.remove()


def per_request(conf, octets, keep, few=FEW, many=MANY, **more):
    """Instructions that each further request costs."""
    less = count(conf, octets, few, keep, more)
    return (count(conf, octets, many, keep, more) - less) / (many - few)


def empty_module():
    """A module that only hooks where the guard does, built on the spot."""
    os.makedirs(BUILD, exist_ok=True)
    source = os.path.join(TOP, "tests", "bench", "mod_empty.c")
    with tempfile.TemporaryDirectory(dir=BUILD) as folder:
        copy = os.path.join(folder, "mod_empty.c")
        with open(source, "rb") as f, open(copy, "wb") as to:
            to.write(f.read())
        subprocess.run(["apxs", "-c", copy], check=True, cwd=folder,
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        made = os.path.join(BUILD, "mod_empty.so")
        os.replace(os.path.join(folder, ".libs", "mod_empty.so"), made)
    return f"LoadModule empty_module {made}\n"


def servers():
    """name -> (configuration, arguments)."""
    yield "bare", "", {"guard": False}
    yield "with an empty module", empty_module(), {"guard": False}
    yield "guard, foreign-Host check off", "ProxyGuardForeignHost Off\n", {}
    yield "guard, foreign-Host check on", "", {}
    yield ("guard, without the peek either",
           "ProxyGuardForeignHost Off\nProxyGuardPeek Off\n", {})
    yield ("mod_rewrite and AllowMethods", REWRITE,
           {"guard": False, "modules": ("rewrite", "allowmethods")})
    if not os.path.exists(SECURITY2):
        return
    more = {"guard": False, "modules": ("unique_id", "security2")}
    yield "ModSecurity, one rule", ONE_RULE, more
    if os.path.isdir(CRS):
        yield "ModSecurity with CRS", WITH_CRS, {**more, "few": 10,
                                                 "many": 20}


def virtual_hosts(n):
    return "".join(
        f"<VirtualHost *:@PORT@>\nServerName h{i}.own.example\n"
        f"ServerAlias *.h{i}.own.example\n</VirtualHost>\n"
        for i in range(n))


def named(host):
    """The clean request, with another Host; None: without one."""
    if host is None:
        return (CLEAN.replace(BY_NAME, b"").replace(b"/1.1", b"/1.0")
                .replace(b"Accept", b"Connection: keep-alive\r\nAccept"))
    return CLEAN.replace(BY_NAME, b"Host: " + host + b"\r\n")


def whole_clean():
    """(what, configuration of both, the guard's own, request, kept alive,
    arguments of both, instructions that it may cost)."""
    yield "kept alive, Host check off", "", OFF, CLEAN, True, {}, 150
    for what, host, goal in (("ServerName", b"www.own.example", 250),
                             ("a ServerAlias", b"own.example", 350),
                             ("a ServerAlias with *", b"a.own.test", 350),
                             ("another case", b"WWW.Own.example", 350),
                             ("the address", b"127.0.0.1", 350),
                             ("no Host", None, 350)):
        yield (f"kept alive, by {what}", VHOST, "", named(host), True, {},
               goal)
    yield "a connection of its own", "", "", CLEAN_CLOSE, False, {}, 600
    yield "kept alive, Observe", "", OBSERVE, CLEAN, True, {}, 250


def table_of_whole_clean(out):
    out.append("Whole clean requests for a small file, compared with the same "
               "request to the same httpd without the guard:\n\n"
               "| request | bare | guard | more than bare | goal | met |\n"
               "|---|--:|--:|--:|--:|---|")
    for what, both, own, octets, keep, more, goal in whole_clean():
        bare = per_request(both, octets, keep, **more, **BARE)
        cost = per_request(both + own, octets, keep, **more) - bare
        row(out, f"| clean, {what} | {bare:,.0f} | {bare + cost:,.0f} | "
                 f"{cost:+,.0f} | +{goal} | "
                 f"{measurements.is_met(cost, goal)} |")


def whole_attempts():
    """(what, configuration, request, arguments, part of bare)."""
    for name, octets in (("absolute-form", ABSOLUTE), ("CONNECT", CONNECT)):
        yield f"{name}, no log line", "", octets, QUIET, 0.76
        yield f"{name}, with the log line", LOGGED, octets, {}, 0.95
        yield (f"{name}, with the log line and the evidence line", EVIDENCE,
               octets, {}, 1.2)
        yield f"{name}, Observe", OBSERVE, octets, QUIET, None


def table_of_whole_attempts(out):
    out.append("\nWhole attempts: the connection, the peek, the answer and "
               "the end, against what httpd alone does with the same:\n\n"
               "| attempt | bare | guard | of bare | goal | met |\n"
               "|---|--:|--:|--:|--:|---|")
    bare = {octets: per_request("", octets, False, **BARE)
            for octets in (ABSOLUTE, CONNECT)}
    for what, conf, octets, more, goal in whole_attempts():
        cost = per_request(conf, octets, False, **more)
        part = round(cost / bare[octets], 2)
        aim = (f"{goal} | {measurements.is_met(part, goal)}" if goal
               else "- | -")
        row(out, f"| {what} | {bare[octets]:,.0f} | {cost:,.0f} | "
                 f"{part:.2f} | {aim} |")


def table_of_clean(out, chosen):
    out.append("\nA clean request for a small file over a kept-alive "
               "connection, compared with other means of protection:\n"
               "\n| httpd | instructions | more than bare |\n|---|--:|--:|")
    bare = None
    for name, conf, more in chosen:
        cost = per_request(conf, CLEAN, True, **more)
        bare = bare or cost
        row(out, f"| {name} | {cost:,.0f} | {cost - bare:+,.0f} |")


def alone(conf, octets, more):
    """(whole, connection, log line, the rest) of an attempt. A connection is
    the difference between clean requests with and without one of their own;
    the log line is what LogLevel saves when nothing is logged."""
    quiet = {**more, "loglevel": "emerg"}
    whole = per_request(conf, octets, False, **more)
    silent = per_request(conf, octets, False, **quiet)
    connection = (per_request(conf, CLEAN_CLOSE, False, **quiet)
                  - per_request(conf, CLEAN, True, **quiet))
    return whole, connection, whole - silent, silent - connection


def table_of_attempts(out, chosen, name, octets):
    out.append(f"\n{name}, on a connection of its own:\n\n"
               "| httpd | whole | connection | log line | the rest | "
               "of bare's rest |\n|---|--:|--:|--:|--:|--:|")
    bare = None
    for server, conf, more in chosen:
        cost = alone(conf, octets, more)
        bare = bare or cost
        row(out, f"| {server} | " + " | ".join(f"{x:,.0f}" for x in cost)
            + f" | {cost[3] / bare[3]:.2f} |")


def table_of_virtual_hosts(out, counts):
    out.append("\nVirtual hosts, each with a name and a pattern, with the "
               "foreign-Host check on; each attempt is on a connection of "
               "its own, without a log line. httpd itself compares a foreign "
               "name with each of them, which takes some 950 instructions, "
               "whether the name comes in absolute-form or as the Host of a "
               "plain GET. The position of the names in memory makes that "
               "0.3 % more or less, also without the guard:\n\n"
               "| virtual hosts | bare, clean | guard, clean | more | "
               "bare, foreign Host | bare, absolute-form | guard | more |\n"
               "|--:|--:|--:|--:|--:|--:|--:|--:|")
    quiet = {"loglevel": "emerg"}
    for n in counts:
        conf = virtual_hosts(n)
        clean = CLEAN.replace(b"www.own", b"h0.own")
        cells = []
        for octets, keep in ((clean, True), (FOREIGN, False),
                             (ABSOLUTE, False)):
            bare = per_request(conf, octets, keep, guard=False, **quiet)
            cells.append(f"{bare:,.0f}")
            if octets is not FOREIGN:
                guard = per_request(conf, octets, keep, **quiet)
                cells += [f"{guard:,.0f}", f"{guard - bare:+,.0f}"]
        row(out, f"| {n:,} | " + " | ".join(cells) + " |")


def full_ledger(folder):
    """A ledger that has seen 200,000 attempts, each from another source to
    another target, made by the command."""
    log = os.path.join(folder, "access.log")
    ledger = os.path.join(folder, "full.ledger")
    now = time.strftime("%d/%b/%Y:%H:%M:%S +0000", time.gmtime())
    with open(log, "w", encoding="ascii") as f:
        for i in range(200_000):
            f.write(f'10.{i >> 16}.{i >> 8 & 255}.{i & 255} - - [{now}] '
                    f'"GET http://t{i}.example/ HTTP/1.1" 421 9 "-" "a{i}"\n')
    made = subprocess.run([COMMAND, "scan", "-q", "--into", ledger, log],
                          check=False, stdout=subprocess.DEVNULL)
    if made.returncode != 1:        # 1: attempts were found
        raise RuntimeError(f"proxyguard scan: exit {made.returncode}")
    os.chmod(ledger, 0o666)
    return ledger


def table_of_fill(out):
    out.append("\nThe ledger's fill, absolute-form, no log line:\n\n"
               "| ledger | instructions |\n|---|--:|")
    quiet = {"loglevel": "emerg"}
    row(out, f"| empty | {per_request('', ABSOLUTE, False, **quiet):,.0f} |")
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o755)
        conf = f"ProxyGuardLedger {full_ledger(folder)}\n"
        full = per_request(conf, ABSOLUTE, False, **quiet)
        row(out, f"| 200,000 sources and targets | {full:,.0f} |")


MAP = "RewriteEngine On\nRewriteMap to rnd:@ROOT@/map.txt\n"


def proxied():
    """name -> (directives, request): where the host comes from."""
    ask = CLEAN.replace(b"/page.txt", b"/app/x")
    long = ask.replace(b"Accept:", b"Cookie: a=" + b"x" * 2000
                       + b"\r\nReferer: http://www.own.example/"
                       + b"y" * 500 + b"\r\nAccept:")
    rule = 'RewriteRule "^/app/(.*)$" "http://${to:app}/$1" [P]\n'
    yield "named by ProxyPass", "ProxyPass /app http://@B@\n", ask
    yield ("named by a rule",
           MAP + 'RewriteRule "^/app/(.*)$" "http://@B@/$1" [P]\n', ask)
    yield "from a map", MAP + rule, ask
    yield "from a map, 2.5 KB of fields", MAP + rule, long


NO_HEADERS = tuple(m for m in BASICS if m != "headers")
PASS = "ProxyPass /app http://127.0.0.2:9/\n"
TAKEN = ("RequestHeader unset X-To\nRewriteEngine On\n"
         'RewriteRule "^/h$" "http://%{HTTP:X-To}/" [P]\n')


def not_proxied():
    """name -> (directives, modules that come with every server)."""
    yield "mod_proxy", PASS, NO_HEADERS
    yield "mod_proxy and mod_headers", PASS, BASICS
    yield ("these, a field set that no rule reads",
           PASS + "RequestHeader set X-Forwarded-Proto https\n", BASICS)
    yield "these, a field unset that a rule goes by", TAKEN, BASICS


def table_of_not_proxied(out):
    """What a server that proxies costs a request that it does not proxy."""
    out.append("\nA clean request that is *not* proxied, on a server that is "
               "also a reverse proxy. Only if `RequestHeader` removes a field "
               "that a rule may depend on, or `AllowOverride` lets `.htaccess` "
               "do so, the gate has a fixups hook of its own, which saves the "
               "fields of requests that are about to be proxied:\n\n"
               "| the server has | bare | guard | more |\n|---|--:|--:|--:|")
    for name, conf, basics in not_proxied():
        cells = [per_request(conf, CLEAN, True, guard=guard, basics=basics,
                             modules=("proxy", "proxy_http", "rewrite"))
                 for guard in (False, True)]
        row(out, f"| {name} | {cells[0]:,.0f} | {cells[1]:,.0f} | "
                 f"{cells[1] - cells[0]:+,.0f} |")


def table_of_proxied(out):
    """What the gate costs a request that mod_proxy forwards."""
    out.append("\nA request that a reverse proxy forwards to a backend, which "
               "answers one request per connection. The gate looks up the "
               "host among those that the configuration names; any other host "
               "(from a map) is searched for in everything that the client "
               "sent:\n\n"
               "| the backend | bare | guard | more |\n|---|--:|--:|--:|")
    for name, conf, octets in proxied():
        cells = []
        for guard in (False, True):
            backend = Backend(host="127.0.0.2")
            more = {"guard": guard, "modules": ("proxy", "proxy_http",
                                                "rewrite"),
                    "files": {"map.txt": f"app {backend.authority}\n"}}
            cells.append(per_request(
                conf.replace("@B@", backend.authority), octets, True,
                few=20, many=60, **more))
            backend.close()
        row(out, f"| {name} | {cells[0]:,.0f} | {cells[1]:,.0f} | "
                 f"{cells[1] - cells[0]:+,.0f} |")


def row(out, text):
    out.append(text)
    print(text, flush=True)


ABOUT = """\
Counted by callgrind, with prefork and one process on one processor, as the
difference of two runs that differ only in the number of requests they serve.
The client sends when httpd is waiting, so that each read finds the same data;
repeated runs differ by some 20 instructions, and loading any module shifts the
count by up to 80. If a minute ends within the longer run, as is likelier on a
busy machine, an attempt's figure includes the ledger's upkeep: some 230
instructions. The shipped proxyguard.conf is not loaded: its <Location> makes
httpd walk its locations, some 1,000 instructions per request.
"""


def main():
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--print", action="store_true")
    options.add_argument("--only", help="rows whose name matches")
    options.add_argument("--vhosts", default="1,100,10000")
    options.add_argument("--whole", action="store_true",
                         help="whole requests only, printed")
    args = options.parse_args()
    chosen = [s for s in servers()
              if not args.only or re.search(args.only, s[0])]
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    out = [ABOUT]
    table_of_whole_clean(out)
    table_of_whole_attempts(out)
    if args.whole:
        return
    table_of_clean(out, chosen)
    table_of_attempts(out, chosen, "An attempt in absolute-form", ABSOLUTE)
    table_of_attempts(out, chosen, "CONNECT", CONNECT)
    table_of_virtual_hosts(out, [int(n) for n in args.vhosts.split(",") if n])
    table_of_fill(out)
    table_of_not_proxied(out)
    table_of_proxied(out)
    if not args.print:
        measurements.write("httpd", "\n".join(out))


if __name__ == "__main__":
    main()

# Licensed under the Apache License, Version 2.0; see LICENSE.
"""Instructions per request, by valgrind's callgrind: prefork, one process.

Each figure is the difference between two runs that differ only in how many
requests they serve, so that start and stop fall out of it. The counts are
repeatable for the same binaries, whatever else the machine is doing.

Writes docs/measurements-httpd.md, or prints it with --print. Needs valgrind; ModSecurity's rows need libapache2-mod-security2 and
modsecurity-crs, and are left out, with a word, where these are missing."""

import argparse
import os
import re
import subprocess
import sys
import tempfile
import time

TOP = os.path.dirname(os.path.dirname(os.path.dirname(
    os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(TOP, "tests", "e2e"))

from pg_httpd import Httpd                                  # noqa: E402
from pg_wire import Wire, says_close                        # noqa: E402

FEW, MANY = 100, 300
BUILD = os.path.join(TOP, "build", "bench")
BASICS = ("authz_core", "authz_host", "dir", "mime", "alias", "headers",
          "reqtimeout", "setenvif")
CRS = "/usr/share/modsecurity-crs"
SECURITY2 = "/usr/lib/apache2/modules/mod_security2.so"

CLEAN = (b"GET /page.txt HTTP/1.1\r\nHost: www.own.example\r\n"
         b"User-Agent: bench\r\nAccept: */*\r\n\r\n")
ABSOLUTE = (b"GET http://elsewhere.example/ HTTP/1.1\r\n"
            b"Host: elsewhere.example\r\nUser-Agent: bench\r\n\r\n")
CONNECT = (b"CONNECT elsewhere.example:443 HTTP/1.1\r\n"
           b"Host: elsewhere.example:443\r\nUser-Agent: bench\r\n\r\n")

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
SecRule REQUEST_LINE "@rx (?i)^(?:connect |[a-z]+ [a-z]+://(?!www\.own\.example))" \
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

    def __init__(self, conf="", **more):
        super().__init__(conf, mpm="prefork", loglevel=more.pop(
            "loglevel", "warn"), basics=BASICS, shipped=False, **more)
        self.counted = self.path("callgrind.log")

    def _text(self):
        # .htaccess look-ups would drown everything else
        return super()._text().replace(
            "<Directory />\n", "MaxKeepAliveRequests 0\n"
            "<Directory />\n    AllowOverride None\n", 1)

    def _command(self, *more):
        return ["valgrind", "--tool=callgrind",
                "--callgrind-out-file=/dev/null",
                f"--log-file={self.counted}",
                *[x for x in super()._command(*more) if x != "-DFOREGROUND"],
                "-X"]

    def waits(self):
        """Return once it is asleep, waiting for the client. So each of its
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
    then there is no count, and another try."""
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


def per_request(conf, octets, keep, **more):
    few = count(conf, octets, FEW, keep, more)
    many = count(conf, octets, MANY, keep, more)
    return (many - few) / (MANY - FEW)


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
        yield "ModSecurity with CRS", WITH_CRS, more


def virtual_hosts(n):
    return "".join(
        f"<VirtualHost *:@PORT@>\nServerName h{i}.own.example\n"
        f"ServerAlias *.h{i}.own.example\n</VirtualHost>\n"
        for i in range(n))


def table_of_servers(out, only):
    out.append("| httpd | clean request | of bare | absolute-form | of bare | "
               "CONNECT | of bare |\n|---|--:|--:|--:|--:|--:|--:|")
    bare = None
    for name, conf, more in servers():
        if only and not re.search(only, name):
            continue
        row = [per_request(conf, CLEAN, True, **more),
               per_request(conf, ABSOLUTE, False, **more),
               per_request(conf, CONNECT, False, **more)]
        bare = bare or row
        cells = [f"{row[0]:,.0f} | {row[0] - bare[0]:+,.0f}"]
        cells += [f"{row[i]:,.0f} | {row[i] / bare[i]:.2f}" for i in (1, 2)]
        out.append(f"| {name} | " + " | ".join(cells) + " |")
        print(out[-1], flush=True)
    quiet = {"loglevel": "warn proxyguard:error"}
    row = [per_request("", x, False, **quiet) for x in (ABSOLUTE, CONNECT)]
    out.append(f"| guard, without its log line | | | {row[0]:,.0f} | "
               f"{row[0] / bare[1]:.2f} | {row[1]:,.0f} | "
               f"{row[1] / bare[2]:.2f} |")
    print(out[-1], flush=True)


def table_of_virtual_hosts(out, counts):
    out.append("\n| virtual hosts | bare, clean | guard, clean | difference |"
               "\n|--:|--:|--:|--:|")
    for n in counts:
        conf = virtual_hosts(n)
        clean = CLEAN.replace(b"www.own", b"h0.own")
        bare = per_request(conf, clean, True, guard=False)
        with_us = per_request(conf, clean, True)
        out.append(f"| {n:,} | {bare:,.0f} | {with_us:,.0f} | "
                   f"{with_us - bare:+,.0f} |")
        print(out[-1], flush=True)


def head():
    version = subprocess.run(["apache2", "-v"], capture_output=True,
                             text=True, check=False).stdout.split("\n")[0]
    valgrind = subprocess.run(["valgrind", "--version"], capture_output=True,
                              text=True, check=True).stdout.strip()
    cpu = "unknown"
    with open("/proc/cpuinfo", encoding="utf-8") as f:
        found = re.search(r"model name\s*: (.*)", f.read())
        cpu = found.group(1) if found else cpu
    return ["# Instructions per request", "",
            f"By `make bench-httpd` on {time.strftime('%Y-%m-%d')}: "
            f"{version}, prefork, {valgrind}, {cpu}. A clean request is a "
            "small file over a kept-alive connection; an attempt has a "
            "connection of its own, which is counted with it. The shipped "
            "proxyguard.conf is not loaded: its <Location> makes httpd walk "
            "its locations, some 1,000 instructions a request. Loading any "
            "module shifts the count by up to 80.", ""]


def main():
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--print", action="store_true")
    options.add_argument("--only", help="rows whose name matches")
    options.add_argument("--vhosts", default="1,100,10000")
    args = options.parse_args()
    out = head()
    table_of_servers(out, args.only)
    counts = [int(n) for n in args.vhosts.split(",") if n]
    if counts:
        table_of_virtual_hosts(out, counts)
    if not args.print:
        path = os.path.join(TOP, "docs", "measurements-httpd.md")
        with open(path, "w", encoding="utf-8") as f:
            f.write("\n".join(out) + "\n")


if __name__ == "__main__":
    main()

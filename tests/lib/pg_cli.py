# Licensed under the Apache License, Version 2.0; see LICENSE.
"""Running the command, and lines of logs for it to read."""

import json
import os
import subprocess
import sys

from pg_httpd import HTTPD, MODULES, SANITIZED, TOP

BUILD = os.path.abspath(os.environ.get("BUILD", os.path.join(TOP, "build")))
COMMAND = os.path.join(BUILD, "proxyguard")
SYNTH = os.path.join(TOP, "tests", "synth", "synth_log.py")
HOME = 11321


def run(*args, stdin=b"", env=None):
    """The command's result, with no locale but the one given."""
    clean = {k: v for k, v in os.environ.items()
             if k not in ("LANG", "LANGUAGE") and not k.startswith("LC_")}
    return subprocess.run([COMMAND, *map(str, args)], input=stdin, timeout=120,
                          capture_output=True, env={**clean, **(env or {})})


def scan_json(*args, stdin=b""):
    done = run("scan", "-O", "json", *args, stdin=stdin)
    assert done.returncode < 64, done.stderr
    return json.loads(done.stdout)


def line(request, status=404, size=209, when="02/Jan/2014:03:04:05 +0000",
         client="192.0.2.7", agent="ua"):
    return (f'{client} - - [{when}] "{request}" {status} {size} "-" '
            f'"{agent}"\n')


def write(path, *lines):
    path.write_text("".join(lines), encoding="utf-8", newline="")
    return path


def made_up_sensors(folder):
    """The made-up sensors as JSON of a scan, in the NAME=FILE form of
    commands."""
    subprocess.run([sys.executable, SYNTH, "sensors", str(folder)],
                   check=True)
    out = []
    for name in ("north", "south"):
        path = folder / f"{name}.json"
        path.write_bytes(run("scan", "-q", "-O", "json",
                             folder / f"{name}.log").stdout)
        out.append(f"{name}={path}")
    return out


def ledger_of(path, *logs):
    """A ledger into which logs with attempts have been read."""
    done = run("scan", "-q", "--into", path, *logs)
    assert done.returncode == 1 and done.stderr == b"", done.stderr
    return path


def startable(folder):
    """The httpd for the command to start: a script where httpd must be
    prepared for a sanitised module but the command must not."""
    if not SANITIZED:
        return HTTPD
    path = write(folder / "httpd", "#!/bin/sh\n",
                 *(f'export {k}="{v}"\n' for k, v in SANITIZED.items()),
                 f'exec {HTTPD} "$@"\n')
    path.chmod(0o755)
    return path


def audit(folder, text, *options):
    """The audit of a configuration."""
    modules = "".join(
        f"LoadModule {name}_module {MODULES}/mod_{name}.so\n" for name in
        ("mpm_event", "authz_core", "authz_host", "proxy", "proxy_http"))
    conf = write(folder / "httpd.conf",
                 f"ServerRoot {folder}\n{modules}ServerName own.example\n"
                 f"ErrorLog {folder}/error.log\nListen 127.0.0.1:8080\n", text)
    return run("audit", "--httpd", startable(folder), "-f", conf, *options)


CLEAN = line("GET / HTTP/1.1", 200, HOME)
GET = line("GET http://www.example.com/ HTTP/1.1", 200, HOME)
CONNECT = line("CONNECT mx0.example.com:25 HTTP/1.0", 405, 235)

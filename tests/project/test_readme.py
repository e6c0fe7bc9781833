# Licensed under the Apache License, Version 2.0; see LICENSE.
"""The blocks of the README, run as they are. For RHEL and Alpine the test has
only the layout: their paths lead into the ServerRoot of a private httpd, and
commands that restart a service start that one."""

import os
import re
import subprocess

import pytest

from pg_cli import COMMAND, CONNECT, GET, run, startable, write
from pg_httpd import MODULE, SANITIZED, TOP

BUILD = os.path.dirname(MODULE)
# System: where its configuration is.
SYSTEMS = {"RHEL and Fedora": "/etc/httpd", "Alpine": "/etc/apache2"}
INCLUDES = ("IncludeOptional conf.modules.d/*.conf\n"
            "IncludeOptional conf.d/*.conf\n")


def blocks(heading, kind="sh"):
    """(text before it, block) of a section."""
    with open(os.path.join(TOP, "README.md"), encoding="utf-8") as f:
        text = f.read()
    section = re.split(r"^## ", text[text.index(f"\n## {heading}\n") + 1:],
                       flags=re.M)[1]
    return re.findall(rf"([^\n]*)\n\n```{kind}\n(.*?)^```", section,
                      re.S | re.M)


TEN_LINES = blocks("Ten lines to a working setup")


def block_of(word):
    [block] = [code for before, code in TEN_LINES if f"**{word}" in before]
    return block


def script(folder, name, text):
    os.makedirs(folder, exist_ok=True)
    path = os.path.join(folder, name)
    with open(path, "w", encoding="utf-8") as f:
        f.write("#!/bin/sh\n" + text + "\n")
    os.chmod(path, 0o755)


def shell(code, tools, cwd=TOP):
    env = {k: v for k, v in os.environ.items()
           if not k.startswith(("MAKE", "MFLAGS", "LC_", "LANG"))}
    env["PATH"] = f"{tools}:{env['PATH']}"
    return subprocess.run(["sh", "-euc", code], cwd=cwd, env=env, text=True,
                          timeout=300, capture_output=True, check=False)


@pytest.fixture
def tools(tmp_path):
    """sudo runs the command that it is given; services are restarted by the
    test."""
    script(tmp_path / "tools", "sudo", 'exec "$@"')
    for name in ("systemctl", "rc-service"):
        script(tmp_path / "tools", name, "exit 0")
    return tmp_path / "tools"


@pytest.mark.parametrize("system", SYSTEMS)
def test_ten_lines_are_a_working_setup(httpd_with, tmp_path, tools, system):
    server = httpd_with.make(INCLUDES, guard=False, shipped=False)
    there = tmp_path / "installed"
    script(tools, "make", f'exec /usr/bin/make -s "$@" BUILD={BUILD} '
                          f"DESTDIR={there}")
    for folder in ("conf.d", "conf.modules.d"):
        os.mkdir(server.path(folder))
    done = shell(block_of(system).replace(SYSTEMS[system], server.root),
                 tools)
    assert done.returncode == 0, done.stderr
    [modules] = [at for at, _, files in os.walk(there)
                 if "mod_proxyguard.so" in files]
    os.symlink(modules, server.path("modules"))
    server.start()
    assert server.send(b"CONNECT mx.example:25 HTTP/1.0\r\n\r\n").status == 405
    server.log.attempts(1)

    [look] = [code for _, code in TEN_LINES if "curl" in code]
    look = look.replace("http://localhost/", f"http://localhost:{server.port}/")
    look = look.replace("/var/log/apache2/error.log", server.log.path)
    done = shell(look, tools)
    assert done.returncode == 0, done.stderr
    assert '"attempts": 1,' in done.stdout
    assert re.search("PG0101: .*mx.example", done.stdout)


def test_the_block_of_debian_names_what_make_builds():
    block = block_of("Debian")
    [pattern] = re.findall(r"\./(build/deb/\S+\.deb)", block)
    with open(os.path.join(TOP, "mk", "package.mk"), encoding="utf-8") as f:
        package = f.read()
    assert "\ndeb:" in package
    assert os.path.basename(pattern).split("_")[0] in package


def test_the_lines_for_httpd_are_those_of_the_shipped_file():
    [(_, block)] = blocks("Ten lines to a working setup", "apache")
    with open(os.path.join(TOP, "proxyguard.conf"), encoding="utf-8") as f:
        shipped = re.sub(r"^    ", "", f.read(), flags=re.M)
    assert block in shipped


def test_every_command_of_the_readme_runs(httpd_with, tmp_path, tools):
    server = httpd_with("ProxyGuardEvidenceLog relay-evidence.json\n")
    assert server.send(b"CONNECT mx.example:25 HTTP/1.0\r\n\r\n").status == 405
    server.log.attempts(1)
    server.stop()
    write(tmp_path / "access.log", GET, CONNECT)
    run("scan", "--into", tmp_path / "a.ledger", tmp_path / "access.log")
    (tmp_path / "b.json").write_bytes(
        run("show", "-O", "json", tmp_path / "a.ledger").stdout)
    os.symlink(server.path("relay-evidence.json"),
               tmp_path / "relay-evidence.json")
    script(tools, "proxyguard", f'exec {COMMAND} "$@"')
    [(_, block)] = blocks("Old logs, ledgers, and a puzzling request")
    ran = [re.sub(r" +#.*", "", line) for line in block.splitlines()]
    assert len(ran) == 7
    for line in ran:
        line = line.replace("/var/log/apache2/", f"{tmp_path}/").replace(
            "/etc/apache2/apache2.conf", server.path("httpd.conf"))
        if line.split()[1] in ("show", "report"):   # the machine's own ledger
            line += " a.ledger"
        if line.split()[1] == "audit" and SANITIZED:
            line += f" --httpd {startable(tmp_path)}"
        done = shell(line, tools, tmp_path)
        assert done.returncode < 64, (line, done.stderr)
        assert done.stdout, line


def test_every_target_that_the_readme_names_exists():
    with open(os.path.join(TOP, "README.md"), encoding="utf-8") as f:
        names = set(re.findall(r"\bmake ([a-z][\w-]*)", f.read()))
    assert len(names) > 6
    for name in names:
        done = subprocess.run(["make", "-qn", name], cwd=TOP, check=False,
                              capture_output=True, text=True, timeout=120)
        assert "No rule to make target" not in done.stderr, name

# Licensed under the Apache License, Version 2.0; see LICENSE.
"""The harness itself notices what it has to notice."""

import os
import subprocess

import pytest

from pg_httpd import TOP, Httpd, StartError, sanitized
from pg_log import Line
from pg_wire import Wire

ATTEMPT = ('[Sun Nov 22 22:27:47.982860 2026] [proxyguard:warn] '
           '[pid 12:tid 12] [client 127.0.0.1:4711] PG0101: relay attempt '
           'denied: class=absolute method="GET" target="http://x/ a\\"b" '
           'port=80 status=421')


def test_a_server_is_there_when_start_returns(httpd_with):
    server = httpd_with(guard=False)
    assert server.get("/page.txt").text == "own page\n"


def test_the_client_sends_and_shows_octets_as_they_are(httpd_with):
    server = httpd_with(guard=False)
    with server.wire() as wire:
        wire.send(b"GET /page.txt HTTP/1.1\r\nHost: x\r\n\r\n"
                  b"GET /none HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
                  b"\r\n")
        assert wire.read_reply().body == b"own page\n"
        assert wire.read_reply().status == 404
        assert wire.read_to_end() == b"" and wire.closed == "fin"


def test_an_unexplained_error_line_is_an_alarm_until_taken(httpd_with):
    server = httpd_with(guard=False)
    server.get("/page.txt\x01")
    server.log.path = server.write("error.log.copy", server.read("error.log")
                                   + ATTEMPT + "\n")
    assert [x.id for x in server.log.alarms()] == ["PG0101"]
    assert server.log.attempt().target == 'http://x/ a\\"b'
    assert server.log.alarms() == []


@pytest.mark.parametrize("text", [
    "==77==ERROR: AddressSanitizer: heap-buffer-overflow on address",
    "core/pg_span.c:12:3: runtime error: signed integer overflow",
    "[Sun Nov 22 22:27:47.982860 2026] [core:notice] [pid 9:tid 9] AH00052: "
    "child pid 9 exit signal Segmentation fault (11)",
    "[Sun Nov 22 22:27:47.982860 2026] [core:crit] [pid 9:tid 9] anything",
])
def test_a_crash_or_a_sanitiser_report_is_an_alarm(text):
    assert Line(text).alarming


def said_by(*command):
    return subprocess.run(command, check=True, stdout=subprocess.PIPE,
                          text=True).stdout.split()


class Sanitized(Httpd):
    """The stock server, prepared for a module with sanitisers in it."""

    def _environment(self):
        libraries = [said_by("gcc", f"-print-file-name={name}.so")[0]
                     for name in ("libasan", "libubsan")]
        return {**super()._environment(), **sanitized(" ".join(libraries))}


@pytest.fixture(scope="module")
def overrun(tmp_path_factory):
    """The path of tests/e2e/modules/mod_overrun.c, compiled."""
    made = tmp_path_factory.mktemp("module") / "mod_overrun.so"
    subprocess.run(
        ["gcc", "-g", "-w", "-shared", "-fPIC",
         "-fsanitize=address,undefined", "-fno-sanitize-recover=all",
         "-isystem", said_by("apxs", "-q", "INCLUDEDIR")[0],
         *said_by("pkg-config", "--cflags", "apr-1", "apr-util-1"),
         "-o", str(made),
         os.path.join(TOP, "tests", "e2e", "modules", "mod_overrun.c")],
        check=True)
    return made


@pytest.mark.parametrize("path, report", [
    ("/heap", "AddressSanitizer: heap-buffer-overflow"),
    ("/sum", "runtime error: signed integer overflow"),
])
def test_an_error_in_a_sanitised_module_is_an_alarm(httpd_with, overrun,
                                                    path, report):
    server = httpd_with(f"LoadModule overrun_module {overrun}",
                        guard=False, kind=Sanitized)
    assert server.get("/page.txt").status == 200
    server.get(path)
    assert server.log.take(report).alarming
    server.stop()
    for line in server.log.alarms():
        line.taken = True


def test_a_log_line_is_taken_apart():
    line = Line(ATTEMPT)
    assert (line.level, line.module, line.pid) == ("warn", "proxyguard", 12)
    assert (line.id, line.sentence) == ("PG0101", "relay attempt denied")
    assert line.fields == {"class": "absolute", "method": "GET",
                           "target": 'http://x/ a\\"b', "port": "80",
                           "status": "421"}


def test_a_bad_configuration_is_told_with_httpds_own_words():
    server = Httpd("NoSuchDirective here", guard=False)
    try:
        with pytest.raises(StartError) as e:
            server.start()
        assert "NoSuchDirective" in e.value.said
        code, said = server.check()
        assert code != 0 and "NoSuchDirective" in said
    finally:
        server.remove()
    assert not os.path.exists(server.root)


def test_stop_leaves_nothing_running(httpd_with):
    server = httpd_with(guard=False)
    pids = [server.process.pid, *server.children()]
    server.stop()
    assert not any(os.path.exists(f"/proc/{p}") for p in pids)


def test_a_graceful_restart_brings_a_new_generation(httpd_with):
    server = httpd_with(guard=False)
    old = set(server.children())
    server.graceful()
    assert server.get("/").status == 200
    assert set(server.children()) - old


def test_the_origin_remembers_what_it_was_asked(origin):
    with Wire(("127.0.0.1", origin.port)) as wire:
        wire.send(b"GET /x HTTP/1.0\r\n\r\n")
        assert wire.read_reply().body == b"from the origin\n"
    assert origin.wait_hit() == [b"GET /x HTTP/1.0\r\n\r\n"]

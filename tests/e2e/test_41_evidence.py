# Licensed under the Apache License, Version 2.0; see LICENSE.
"""The evidence log: one complete line of JSON per attempt, without secrets."""

import json
import os
import re
import resource
import threading

import pytest

from pg_cli import run
from pg_hosts import free_port, tls_on
from pg_peers import trusting_client
from pg_wire import exchange, wait_until

KEY = "0123456789abcdef0123456789ABCDEF\n"
OFF = "\nProxyGuardEvidenceRate Off"
FILE = ("ProxyGuardEvidenceLog @ROOT@/evidence.json\nProxyGuardLogRate Off"
        + OFF)
GET = (b"GET http://www.m.example/x?y HTTP/1.1\r\n"
       b"Host: www.m.example\r\nProxy-Authorization: Basic c2VjcmV0\r\n"
       b"Authorization: Bearer secret\r\nCookie: id=secret\r\n"
       b"Proxy-Connection: Keep-Alive\r\nContent-length: 0\r\n"
       b"User-Agent: Mozilla/4.0 \"\xff\xfe\r\n"
       b"X-Forwarded-For: 192.0.2.9\r\n\r\n")


def lines(server, count, name="evidence.json"):
    """Every line parsed; waits until there are `count`."""
    def enough():
        try:
            text = server.read(name)
        except FileNotFoundError:
            return None
        return text if text.count("\n") >= count else None
    text = wait_until(enough, f"{count} lines of evidence")
    assert text.endswith("\n")
    return [json.loads(x) for x in text.splitlines()]


def test_an_attempt_is_one_line_of_json_in_ecs_names(httpd_with):
    server = httpd_with(FILE + "\nProxyGuardSensor north")
    server.send(GET)
    attempt = server.log.attempt()
    line, = lines(server, 1)
    assert line["source"]["ip"] == "127.0.0.1"
    assert line["source"]["port"] > 0
    assert line["http"]["request"]["method"] == "GET"
    assert line["http"]["response"]["status_code"] == int(attempt.status)
    assert line["url"]["full"] == "http://www.m.example/x?y"
    assert line["event"]["action"] == "absolute"
    assert line["event"]["outcome"] == "failure"
    assert line["destination"]["address"] == "www.m.example"
    assert line["observer"]["name"] == "north"
    assert line["observer"]["product"] == "mod_proxyguard"
    assert line["user_agent"]["original"].startswith('Mozilla/4.0 "')
    headers = line["http"]["request"]["headers"]
    assert "Content-length: 0" in headers
    assert "Proxy-Connection: Keep-Alive" in headers
    assert "X-Forwarded-For: 192.0.2.9" in headers
    assert "Cookie: (removed)" in headers
    text = server.read("evidence.json")
    assert "secret" not in text and "c2VjcmV0" not in text


def test_a_client_behind_a_proxy_has_no_port_and_tls_is_in_the_url(
        httpd_with, certificate):
    port = free_port()
    server = httpd_with(FILE + "\nRemoteIPHeader X-Forwarded-For\n"
                        + tls_on(port, certificate),
                        modules=("ssl", "remoteip"))
    octets = (b"GET /page.txt HTTP/1.1\r\nHost: s.example\r\n"
              b"X-Forwarded-For: 192.0.2.9\r\nConnection: close\r\n\r\n")
    exchange(("127.0.0.1", port), octets, trusting_client())
    exchange(server.address, octets)
    server.log.attempts(2)
    over_tls, clear = lines(server, 2)
    for line, scheme in (over_tls, "https"), (clear, "http"):
        assert line["source"]["ip"] == "192.0.2.9"
        assert "port" not in line["source"]
        assert line["url"]["full"] == f"{scheme}://s.example/page.txt"


def test_what_httpd_refused_and_socks_are_evidence_too(httpd_with):
    server = httpd_with(FILE)
    server.send(b"CONNECT s.example HTTP/1.0\r\n\r\n")
    server.send(b"\x05\x01\x00")
    server.log.attempts(2)
    found = {x["event"]["action"]: x for x in lines(server, 2)}
    assert found["connect-other"]["proxyguard"]["outcome"] in ("refused",
                                                               "denied")
    assert found["socks"]["source"]["ip"] == "127.0.0.1"


def test_a_password_in_the_target_is_no_evidence(httpd_with):
    server = httpd_with(FILE)
    server.send(b"GET http://joe:secret@www.m.example/ HTTP/1.1\r\n"
                b"Host: www.m.example\r\n\r\n")
    server.log.attempt()
    line, = lines(server, 1)
    assert line["url"]["full"] == "http://(removed)@www.m.example/"
    assert "secret" not in server.read("evidence.json")


def test_an_ordinary_request_is_no_evidence(httpd_with):
    server = httpd_with(FILE)
    assert server.get("/page.txt").status == 200
    assert server.read("evidence.json") == ""


def test_lines_of_many_processes_never_mix(httpd_with):
    server = httpd_with(FILE)
    big = GET[:-2] + b"".join(b"X-%d: %s\r\n" % (i, b"z" * 900)
                              for i in range(30)) + b"\r\n"

    def client():
        for _ in range(15):
            server.send(big)
    threads = [threading.Thread(target=client) for _ in range(4)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    server.log.attempts(60)
    assert len(lines(server, 60)) == 60


def test_a_program_gets_whole_lines_and_long_ones_are_cut(httpd_with):
    server = httpd_with(
        'ProxyGuardEvidenceLog "|/bin/sh -c \'exec cat >@ROOT@/htdocs/out\'"')
    os.chmod(server.path("htdocs"), 0o777)
    server.send(GET)
    server.send(GET[:-2] + b"X-Long: " + b"z" * 8000 + b"\r\n\r\n")
    server.log.attempts(2)
    short, long = lines(server, 2, "htdocs/out")
    assert short["proxyguard"]["cut"] is False
    assert long["proxyguard"]["cut"] is True
    assert max(map(len, server.read("htdocs/out").splitlines())) < 4096


def test_a_program_that_does_not_read_holds_nobody_up(httpd_with):
    server = httpd_with(
        'ProxyGuardEvidenceLog "|/bin/sh -c \'while [ ! -e @ROOT@/go ]; do '
        'sleep 0.1; done; exec cat >@ROOT@/htdocs/out\'"' + OFF)
    big = GET[:-2] + b"X-Long: " + b"z" * 8000 + b"\r\n\r\n"
    count = 0
    while not server.log.untaken(" PG0107: "):
        for _ in range(50):
            server.send(big)
        count += 50
        assert count <= 1500, "a pipe of 1 MiB must be full by now"
    assert count > 200, "a pipe of 64 KiB is too small"
    server.log.take(" PG0107: ")
    assert server.get("/page.txt").status == 200
    assert server.settled(count)["attempts"] == count
    assert len(server.log.take_all(" PG0101: ")) == count
    server.write("go", "")

    def again():
        server.send(big)
        return server.log.untaken(" PG0108: ")
    line, = wait_until(again, "PG0108")
    assert 0 < int(line.lost) < count
    server.log.take_all(" PG0101: ")


def start_with_files_up_to(server, octets):
    """No process of the server can make a file longer than that: to the
    evidence log alone, the disk is full."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (octets, before[1]))
    try:
        server.start()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_a_full_disk_costs_evidence_and_nothing_else(httpd_with):
    server = httpd_with.make(FILE)
    path = server.write("evidence.json", OURS + "{}\n" * 1000000)
    start_with_files_up_to(server, 3000100 + len(OURS))
    for _ in range(3):
        assert server.send(GET).status == 421
    assert server.settled(3)["attempts"] == 3
    server.log.attempts(3)
    server.log.take(" PG0107: ")
    assert server.log.untaken("PG0107") == []
    assert os.path.getsize(path) == 3000100 + len(OURS)
    # room is made; half a line is left, which ends before the next one
    os.truncate(path, len(OURS) + 301)
    server.send(GET)
    assert server.log.take(" PG0108: ").lost == "3"
    server.log.attempts(1)
    *_, torn, whole = server.read("evidence.json").splitlines()
    assert torn == "{" and json.loads(whole)["event"]["kind"] == "event"
    server.send(GET)
    server.log.attempts(1)
    assert server.read("evidence.json").splitlines()[-2] == whole


def test_a_file_begun_after_a_full_disk_has_no_empty_line(httpd_with):
    server = httpd_with.make(FILE)
    path = server.write("evidence.json", OURS + "{}\n" * 1000000)
    start_with_files_up_to(server, 3000100 + len(OURS))
    server.send(GET)
    server.log.take(" PG0107: ")
    os.rename(path, path + ".1")
    server.graceful()
    server.send(GET)
    server.log.take(" PG0108: ")
    server.log.attempts(2)
    line, = server.read("evidence.json").splitlines()
    assert json.loads(line)["event"]["kind"] == "event"


OURS = '{"@timestamp":"2026","event":{"module":"proxyguard"}}\n'


def write(path, text):
    with open(path, "w", encoding="ascii") as f:
        f.write(text)


def untouched(path):
    s = os.lstat(path)
    return s.st_ino, s.st_mode, s.st_uid, s.st_gid, s.st_size, s.st_mtime_ns


REFUSED_FILES = {
    "link": (lambda path: os.symlink("victim", path),
             "it is a symbolic link"),
    "FIFO": (os.mkfifo, "it (is not a regular file|cannot be opened)"),
    "folder": (os.mkdir, "it (is not a regular file|cannot be opened)"),
    "anybody's": (lambda path: os.chmod(path, 0o666),
                  "others may write to it"),
    "another program's": (lambda path: write(path, "Listen 80\n"),
                          "it exists, but its first line is not a "
                          "line of evidence"),
    "other JSON": (lambda path: write(path, '{"@timestamp":"2026"}\n'),
                   "it exists, but its first line is not a line "
                   "of evidence"),
    "second name": (lambda path: os.link(path[:-13] + "victim", path),
                    "it has more than one name"),
}


@pytest.mark.parametrize("what", REFUSED_FILES)
def test_a_file_that_is_not_ours_is_left_alone(httpd_with, what):
    make, why = REFUSED_FILES[what]
    server = httpd_with.make(FILE)
    server.write("victim", "precious\n")
    path = server.path("evidence.json")
    if what == "anybody's":
        server.write("evidence.json", "")
    make(path)
    before = untouched(path)
    code, said = server.check()
    assert code != 0 and re.search(f"PG0009: .* cannot be used: {why}", said)
    with pytest.raises(Exception, match="PG0009"):
        server.start()
    assert untouched(path) == before
    server.log.take(f" PG0009: ProxyGuardEvidenceLog: .*evidence.json' "
                    f"cannot be used: {why}")
    server.log.take_all("AH0002")
    assert server.read("victim") == "precious\n"


def test_a_reader_of_a_fifo_holds_nobody_up(httpd_with):
    server = httpd_with.make(FILE)
    path = server.path("evidence.json")
    os.mkfifo(path)
    reader = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    try:
        with pytest.raises(Exception, match="PG0009"):
            server.start()
    finally:
        os.close(reader)
    server.log.take_all("PG0009: .* is not a regular file|AH0002")


def test_a_folder_that_anybody_may_write_to_is_refused(httpd_with):
    server = httpd_with.make("ProxyGuardEvidenceLog @ROOT@/open/evidence.json")
    os.mkdir(server.path("open"))
    os.chmod(server.path("open"), 0o1777)
    code, said = server.check()
    assert code != 0 and "open is world-writable" in said
    with pytest.raises(Exception, match="PG0009"):
        server.start()
    server.log.take_all(r"PG0009: .*its directory .* is world-writable|AH0002")
    assert os.listdir(server.path("open")) == []


def test_the_configuration_test_names_a_missing_folder_and_makes_no_file(
        httpd_with):
    server = httpd_with.make("ProxyGuardEvidenceLog logs/evidence.json")
    code, said = server.check()
    assert code != 0 and "PG0009: ProxyGuardEvidenceLog: 'logs/" in said
    os.mkdir(server.path("logs"))
    assert server.check() == (0, "Syntax OK\n")
    assert os.listdir(server.path("logs")) == []


def test_a_budget_limits_the_lines_of_a_source(httpd_with):
    server = httpd_with("ProxyGuardEvidenceLog @ROOT@/evidence.json\n"
                        "ProxyGuardEvidenceRate 5 100")
    for _ in range(20):
        server.send(GET)
    server.settled(20)
    server.log.attempts(20)
    written = len(lines(server, 5))
    # a minute may have turned in between
    assert written in (5, 10)
    assert server.status()["evidence_lines_lost"] == 20 - written
    server.graceful()
    held = sum(int(x.held) for x in server.log.take_all(" PG0130: "))
    assert held == 20 - written


def test_a_file_as_large_as_it_may_be_takes_no_more(httpd_with):
    server = httpd_with.make(FILE + "\nProxyGuardEvidenceSize 64k")
    path = server.write("evidence.json", OURS + "{}\n" * 21700)
    server.start()
    for _ in range(3):
        assert server.send(GET).status == 421
    server.settled(3)
    server.log.attempts(3)
    server.log.take(" PG0131: ProxyGuardEvidenceSize: .* 65536 bytes")
    assert os.path.getsize(path) == len(OURS) + 3 * 21700
    assert server.status()["evidence_lines_lost"] == 3
    os.truncate(path, 0)
    server.send(GET)
    assert server.log.take(" PG0108: ").lost == "3"
    server.log.attempts(1)
    assert len(lines(server, 1)) == 1


def test_a_file_is_filled_to_the_octet(httpd_with):
    """Each line of one client's is as long as the one before."""
    server = httpd_with.make(FILE + "\nProxyGuardEvidenceSize 64K\n"
                             "RemoteIPHeader X-Forwarded-For",
                             modules=("remoteip",))
    path = server.write("evidence.json", OURS)
    server.start()
    server.send(GET)
    server.log.attempts(1)
    lines(server, 2)
    size = os.path.getsize(path) - len(OURS)
    for room in (size, size - 1):
        os.truncate(path, 0)
        os.truncate(path, 65536 - room)
        server.send(GET)
        server.log.attempts(1)
        assert (os.path.getsize(path) == 65536) == (room == size)
    server.log.take(" PG0131: ")


def test_rotatelogs_turns_the_file(httpd_with):
    server = httpd_with(
        'ProxyGuardEvidenceLog "|/usr/bin/rotatelogs -n 6 '
        '@ROOT@/evidence.json 2000B"')

    def names():
        return [n for n in os.listdir(server.root)
                if n.startswith("evidence.json")]

    def text():
        return "".join(server.read(n) for n in names())

    # one by one: it looks at the size before it writes what it has read
    for n in range(1, 6):
        server.send(GET)
        wait_until(lambda n=n: text().count("\n") == n, f"line {n}")
    server.log.attempts(5)
    assert len(names()) > 1
    for line in text().splitlines():
        json.loads(line)


def test_the_new_generation_goes_on_writing(httpd_with):
    server = httpd_with(FILE)
    server.send(GET)
    server.graceful()
    server.send(GET)
    server.log.attempts(2)
    assert len(lines(server, 2)) == 2


def test_a_mask_hides_who_and_whom_and_stays_the_same(httpd_with):
    server = httpd_with.make(FILE + "\nProxyGuardMask @ROOT@/key")
    server.write("key", KEY)
    server.start()
    server.send(GET)
    server.send(GET)
    server.log.attempts(2)
    one, two = lines(server, 2)
    assert one["url"] == two["url"]
    assert one["source"]["address"] == two["source"]["address"]
    assert "ip" not in one["source"]
    text = server.read("evidence.json")
    for secret in ("127.0.0.1", "m.example", "192.0.2.9", "own.example"):
        assert secret not in text
    page = server.get("/proxyguard-status?format=json&mask=1").text
    assert f'"{one["source"]["address"]}"' in page


@pytest.mark.parametrize("key", ("00112233445566778899aabbccddeeff",
                                 "00112233445566778899AABBCCDDEEFF\n"))
def test_a_key_gives_the_same_pseudonyms_everywhere(httpd_with, key):
    """Known answers: two servers with one key must agree for years."""
    server = httpd_with.make(FILE + "\nProxyGuardMask @ROOT@/key")
    server.write("key", key)
    server.start()
    server.send(GET)
    server.log.attempt()
    line, = lines(server, 1)
    assert line["source"]["address"] == "ip-c3sf4dq7"
    assert line["destination"]["address"] == "www.host-c7q6hfva"
    assert line["url"]["original"] == "http://www.host-c7q6hfva/x?..."
    assert line["observer"]["name"] == "www.host-hxw893zg"


def test_whether_there_was_a_proxy_authorization_is_kept(httpd_with):
    server = httpd_with()
    server.send(GET)
    server.settled(1)
    assert server.status()["recent"][0]["proxy_authorization"] is True
    server.send(b"CONNECT s.example:25 HTTP/1.0\r\n\r\n")
    server.settled(2)
    assert server.status()["recent"][0]["proxy_authorization"] is False
    server.log.attempts(2)


def test_each_field_of_a_recent_attempt_is_its_own(httpd_with):
    server = httpd_with()
    sent = {"User-Agent": "agent/1", "X-Forwarded-For": "192.0.2.9",
            "Via": "1.1 via.example", "Forwarded": "for=192.0.2.8",
            "Proxy-Connection": "keep-alive"}
    server.send(b"HEAD http://s.example:81/path HTTP/1.0\r\n"
                + "".join(f"{k}: {v}\r\n" for k, v in sent.items()).encode()
                + b"\r\n")
    server.settled(1)
    recent, = server.status()["recent"]
    assert {k: recent[k.lower().replace("-", "_")] for k in sent} == sent
    assert {k: recent[k] for k in ("method", "target", "host", "port")} == {
        "method": "HEAD", "target": "http://s.example:81/path",
        "host": "s.example", "port": 81}
    server.log.attempt()


def test_evidence_is_not_for_everybody(httpd_with):
    server = httpd_with(FILE)
    assert os.stat(server.path("evidence.json")).st_mode & 0o007 == 0


def test_it_cannot_be_opened_then_httpd_does_not_start(httpd_with):
    server = httpd_with.make("ProxyGuardEvidenceLog @ROOT@/no/such/file")
    with pytest.raises(Exception, match="PG0009"):
        server.start()
    server.log.take_all("PG0009|AH0002")


GLOBAL = "cannot occur within <VirtualHost> section"
REFUSED = {
    'ProxyGuardEvidenceLog ""': "ProxyGuardEvidenceLog takes one argument",
    'ProxyGuardEvidenceLog "|"': "ProxyGuardEvidenceLog: '|' is neither",
    'ProxyGuardEvidenceLog "|$cat >x"':
        "ProxyGuardEvidenceLog: '|$cat >x' is neither a path nor",
    "<VirtualHost *:1>\nProxyGuardEvidenceLog x\n</VirtualHost>":
        "ProxyGuardEvidenceLog " + GLOBAL,
    "<VirtualHost *:1>\nProxyGuardEvidenceRate 5\n</VirtualHost>":
        "ProxyGuardEvidenceRate " + GLOBAL,
    "ProxyGuardEvidenceRate 0":
        "ProxyGuardEvidenceRate: '0' is not a number of lines a minute",
    "<VirtualHost *:1>\nProxyGuardEvidenceSize 1G\n</VirtualHost>":
        "ProxyGuardEvidenceSize " + GLOBAL,
    **{f"ProxyGuardEvidenceSize {x}":
       f"ProxyGuardEvidenceSize: '{x}' is not a size from 64K to 1024T"
       for x in ("0", "63K", "1P", "1GB", "x", "-1", "1025T",
                 "99999999999999999999")},
    "ProxyGuardMask no/such/key":
        "ProxyGuardMask: 'no/such/key' cannot be read: No such file",
    "ProxyGuardMask @ROOT@/mime.types":
        "mime.types' is not a file with 32 hexadecimal digits, nor Off",
    "<VirtualHost *:1>\nProxyGuardMask Off\n</VirtualHost>":
        "ProxyGuardMask " + GLOBAL,
    'ProxyGuardSensor ""': "ProxyGuardSensor takes one argument",
    'ProxyGuardSensor "a b"': "ProxyGuardSensor: 'a b' is not 1 to 64",
    "ProxyGuardSensor " + "x" * 65: "is not 1 to 64 letters, digits",
    "<VirtualHost *:1>\nProxyGuardSensor x\n</VirtualHost>":
        "ProxyGuardSensor " + GLOBAL,
}


@pytest.mark.parametrize("name", ["aZ9._-:", "x", "x" * 64])
def test_a_sensor_may_be_named_by_letters_digits_and_marks(httpd_with, name):
    server = httpd_with(f"ProxyGuardSensor {name}")
    assert server.status()["sensor"] == name


@pytest.mark.parametrize("size", ["64K", "65536K", "1M", "1G", "1T", "1024T",
                                  "Off"])
def test_a_size_is_accepted_to_its_bounds(httpd_with, size):
    code, said = httpd_with.make(f"ProxyGuardEvidenceSize {size}").check()
    assert code == 0, said


def test_a_program_is_not_started_to_test_the_configuration(httpd_with):
    server = httpd_with.make('ProxyGuardEvidenceLog "|touch @ROOT@/htdocs/x"')
    os.chmod(server.path("htdocs"), 0o777)
    code, said = server.check()
    assert code == 0, said
    assert "x" not in os.listdir(server.path("htdocs"))


# a key that may and may not be used
KEYS = {"0" * 32: True, "0" * 32 + " \r\n" * 40: True, " " + "f" * 32: True,
        "0" * 31: False, "0" * 33: False, "0" * 31 + "g": False,
        "g" + "0" * 31: False, "0" * 31 + " 0": False, "": False}


def test_a_key_has_32_digits_and_nothing_else(httpd_with):
    server = httpd_with.make("ProxyGuardMask key")
    seen = {}
    for key in KEYS:
        server.write("key", key)
        seen[key] = server.check()[0] == 0
    assert seen == KEYS


@pytest.mark.parametrize("line", REFUSED)
def test_a_bad_value_stops_the_start_and_says_why(httpd_with, line):
    code, said = httpd_with.make(line).check()
    assert code != 0
    assert REFUSED[line] in said


def test_a_key_that_is_a_fifo_does_not_hold_up_the_start(httpd_with):
    server = httpd_with.make("ProxyGuardMask @ROOT@/fifo")
    os.mkfifo(server.path("fifo"))
    code, said = server.check()
    assert code and "fifo' is not a file with 32 hexadecimal digits" in said


def test_a_virtual_host_has_the_main_servers_evidence_log(httpd_with):
    server = httpd_with(FILE + """
        ProxyGuardSensor south
        <VirtualHost 127.0.0.1:@PORT@>
            ServerName first.example
        </VirtualHost>
        """)
    server.send(b"CONNECT s.example:25 HTTP/1.1\r\nHost: first.example\r\n"
                b"\r\n")
    server.log.attempt()
    line, = lines(server, 1)
    assert line["observer"]["name"] == "south"
    assert line["server"]["address"].startswith("first.example")


def test_none_and_off_are_the_defaults(httpd_with):
    server = httpd_with("ProxyGuardEvidenceLog none\n"
                        "ProxyGuardEvidenceSize Off\nProxyGuardMask Off\n"
                        "ProxyGuardSecret none\nProxyGuardCheckpoint none")
    server.send(GET)
    server.log.attempt()


# --- read again ---------------------------------------------------------------

# What only the server could see: its names, and where mod_proxy would connect.
def test_a_scan_counts_in_both_logs_what_the_server_counted(httpd_with,
                                                            origin):
    server = httpd_with(
        FILE + "\nProxyGuardAction chosen-backend observe\n"
        "RewriteEngine On\nRewriteRule ^/p/(.*)$ http://$1 [P]\n"
        f"ProxyRemote * http://{origin.authority}\n",
        modules=("proxy", "proxy_http", "rewrite"))
    server.log.take_all(r"PG0[02]\d\d: ")
    assert server.get("/p/stranger.test/x").status == 200
    server.get("/page.txt", host="stranger.test")
    for request in (GET, b"CONNECT mx.example:25 HTTP/1.0\r\n\r\n",
                    b"\x05\x01\x00", b"GET www.stranger.test:80 HTTP/1.0\r\n"
                    b"\r\n"):
        server.send(request)
    server.log.attempts(6)
    lines(server, 6)
    counted = server.status()
    assert counted["by_family"] == {"get": 2, "connect": 1, "socks": 1,
                                    "host": 1, "reverse": 1}
    for log in (server.path("evidence.json"), server.log.path):
        done = run("scan", "-q", "-O", "json", "--no-learn", log)
        found = json.loads(done.stdout)
        for key in ("by_class_and_outcome", "by_family"):
            assert found[key] == counted[key], log

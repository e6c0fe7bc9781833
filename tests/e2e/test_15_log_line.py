# Licensed under the Apache License, Version 2.0; see LICENSE.
"""One line for each attempt, which no byte from a client can forge or
split."""

import json
import re

import pytest

from pg_hosts import free_port, host_on
from pg_wire import exchange

FORGED = "PG0101: relay attempt denied: class=socks"

HOSTILE = {
    "quote": b'GET http://s.example/"%20status=200 HTTP/1.1\r\n'
             b"Host: s.example\r\n\r\n",
    "escaped newline": b"GET http://s.example/%0a[error]%20PG0101: HTTP/1.1"
                       b"\r\nHost: s.example\r\n\r\n",
    "escape sequence": b"GET http://s.example/\x1b[2J HTTP/1.1\r\n"
                       b"Host: s.example\r\n\r\n",
    "carriage return": b"GET http://s.example/\r[x] HTTP/1.1\r\n"
                       b"Host: s.example\r\n\r\n",
    "high octets": b"GET http://s.example/\x80\xff\xc3\xa9 HTTP/1.1\r\n"
                   b"Host: s.example\r\n\r\n",
    "backslashes": b"GET http://s.example/\\\\x22\\n HTTP/1.1\r\n"
                   b"Host: s.example\r\n\r\n",
    "tab and vertical tab": b"GET http://s.example/\t\x0b HTTP/1.1\r\n"
                            b"Host: s.example\r\n\r\n",
    "method": b'G"ET\x07 http://s.example/ HTTP/1.1\r\n'
              b"Host: s.example\r\n\r\n",
    "folded agent": b"GET http://s.example/ HTTP/1.1\r\nHost: s.example\r\n"
                    b"User-Agent: a\r\n " + FORGED.encode() + b"\r\n\r\n",
    "agent with quotes": b"GET http://s.example/ HTTP/1.1\r\n"
                         b"Host: s.example\r\n"
                         b'User-Agent: " outcome=relayed class="\r\n\r\n',
    "host": b'GET / HTTP/1.1\r\nHost: s.example" class="own\r\n\r\n',
    "very long": b"GET http://s.example/" + b"a" * 7000 + b" HTTP/1.1\r\n"
                 b"Host: s.example\r\n\r\n",
}


@pytest.mark.parametrize("what", HOSTILE)
def test_hostile_octets_stay_inside_their_value(httpd, what):
    httpd.send(HOSTILE[what])
    httpd.send(b"CONNECT end.example:25 HTTP/1.0\r\n\r\n")
    lines = httpd.log.take_all(r"PG01") if httpd.settled(1) else []
    assert len(lines) in (1, 2)
    assert lines[-1].target == "end.example:25"
    for line in lines:
        assert len(line.text) < 2048
        assert line.text.isprintable() and line.text.isascii()
        assert re.match(r"PG010[1-5]: relay attempt [^=]*: class=",
                        line.message)
        assert line.outcome in ("denied", "refused", "observed")
        assert line.fields["class"] in ("absolute", "connect-mail",
                                        "foreign-host", "malformed")
    httpd.log.take_all("AH")


# all that httpd takes in a field of the header, blanks not at its ends, and
# nothing that could be a password before the @
OCTETS = b"@" + bytes(x for x in range(1, 256)
                      if x not in b"@\r\n\v\f\t ") + b" \tx"


@pytest.mark.parametrize("quote", "\"'")
def test_every_octet_is_written_as_itself_or_as_two_digits(httpd_with, quote):
    server = httpd_with("HttpProtocolOptions Unsafe\n"
                        + (JSON_FORMAT if quote == "'" else ""))
    server.send(b"CONNECT s.example:25 HTTP/1.0\r\nUser-Agent: " + OCTETS
                + b"\r\n\r\n")
    server.settled(1)
    expected = "".join(
        chr(x) if 32 <= x < 127 and chr(x) not in f'"\\{quote}'
        else f"\\x{x:02x}" for x in OCTETS)
    line, = server.log.take_all("PG0101: ")
    # httpd writes each backslash twice; in JSON this is one
    message = (json.loads(line.text)["message"] if quote == "'"
               else line.text.replace("\\\\", "\\"))
    assert message.partition(" agent=")[2] == quote + expected + quote
    # no status of the system, which httpd writes before the client
    assert not re.search(r"\(\d+\)|permitted", line.text.split("PG0101")[0])


def test_a_long_target_is_cut_and_its_length_told(httpd):
    target = "http://s.example/" + "a" * 7000
    httpd.send(f"GET {target} HTTP/1.1\r\nHost: s.example\r\n\r\n".encode())
    line = httpd.log.attempt()
    assert target.startswith(line.target) and len(line.target) < 1024
    assert line.target_length == str(len(target))


# the longest part of a value that is logged, in bytes
LONGEST = {"method": 32, "target": 512, "host": 255, "agent": 256}


@pytest.mark.parametrize("more", [0, 1])
@pytest.mark.parametrize("name", LONGEST)
def test_a_value_is_cut_at_its_longest(httpd, name, more):
    size = LONGEST[name] + more
    values = {"method": "GET", "host": "s.example", "agent": "a",
              name: "a" * (size - 2) + ".b" if name == "host" else "A" * size}
    begin = f"http://{values['host']}/"
    target = begin + ("A" * (size - len(begin)) if name == "target" else "")
    httpd.send(f"{values['method']} {target} HTTP/1.1\r\nHost: x\r\n"
               f"User-Agent: {values['agent']}\r\n\r\n".encode())
    line = httpd.log.attempt()
    assert len(line.fields[name]) == LONGEST[name]
    assert line.fields.get("target_length") == (
        str(size) if name == "target" and more else None)


def test_a_virtual_host_is_known_by_name_and_port(httpd_with):
    """The port of ServerName, or else that of its address."""
    port = free_port()
    server = httpd_with(host_on(port, "", "first.example") + """
        <VirtualHost *:@PORT@>
            ServerName second.example:8443
        </VirtualHost>
        <VirtualHost *:@PORT@>
            ServerName third.example
        </VirtualHost>
        """)
    expected = {f"first.example:{port}", "second.example:8443",
                f"third.example:{server.port}"}
    seen = {one["vhost"] for one in server.status()["postures"]}
    assert expected <= seen and len(seen) == 4, seen
    code, said = server.run("-t", "-D", "DUMP_PROXYGUARD")
    assert code == 0
    assert expected <= set(re.findall(r"^vhost (\S+:\d+): ", said, re.M)), said
    exchange(("127.0.0.1", port),
             b"CONNECT s.example:25 HTTP/1.1\r\nHost: second.example\r\n\r\n")
    assert server.log.attempt().vhost == f"first.example:{port}"


def test_nothing_is_logged_when_the_level_is_above_warn(httpd_with):
    server = httpd_with(loglevel="error")
    assert server.send(b"CONNECT s.example:25 HTTP/1.0\r\n\r\n").status == 405
    assert server.status()["attempts"] == 1
    assert server.log.all("PG01") == []


JSON_FORMAT = ('ErrorLogFormat "{\\"time\\":\\"%{cu}t\\",'
               '\\"module\\":\\"%-m\\",\\"level\\":\\"%-l\\",'
               '\\"client\\":\\"%-a\\",'
               '\\"message\\":\\"%M\\"}"')


def in_json(server, pattern):
    """The messages of the log, each line of which must be JSON."""
    found = [json.loads(line.text)["message"]
             for line in server.log.take_all(pattern)]
    assert found, pattern
    return found


def test_each_line_is_json_where_the_format_is(httpd_with):
    server = httpd_with(JSON_FORMAT)
    for octets in HOSTILE.values():
        server.send(octets)
    server.send(b"GET http://s.example/'\"\\ HTTP/1.1\r\nHost: s.example\r\n"
                b"User-Agent: ' outcome=relayed \"\\\" \xc3\xa9\r\n\r\n")
    server.settled(len(HOSTILE))
    for message in in_json(server, "PG01"):
        assert '"' not in message
        assert re.match(r"PG010[1-5]: relay attempt [^=]*: class=[a-z-]+ "
                        r"method='[^']*' target='[^']*'"
                        r"( target_length=\d+)? host='[^']*' port=\d+ "
                        r"status=\d+ outcome=[a-z]+ (source|peer)=\S+ "
                        r"vhost='[^']*' reason=[a-z0-9-]+ "
                        r"agent='[^']*'(?!')", message), message
    assert r"\x27 outcome=relayed \x22\x5c\x22 \xc3\xa9" in message
    server.log.take_all("AH")


def test_other_messages_are_json_too(httpd_with):
    server = httpd_with(JSON_FORMAT + '\nProxyGuardEvidenceLog '
                        '"@ROOT@/a\\"b-\u00e9.json"\n'
                        "ProxyGuardEvidenceSize 64K")
    for _ in range(80):
        server.send(b"CONNECT s.example:25 HTTP/1.0\r\nUser-Agent: "
                    + b"a" * 1000 + b"\r\n\r\n")
    server.settled(80)
    message, = in_json(server, "PG0131")
    assert r"a'b-\xc3\xa9.json' has reached" in message
    server.log.take_all("PG01")


def test_double_quotes_stay_where_the_format_has_none(httpd_with):
    server = httpd_with('ErrorLogFormat "[%t] [%m:%l] \\"%a\\" %M"')
    server.send(b"CONNECT s.example:25 HTTP/1.0\r\nUser-Agent: o'x\r\n\r\n")
    line, = server.log.take_all("PG01") if server.settled(1) else []
    assert 'method="CONNECT"' in line.text and 'agent="o\'x"' in line.text

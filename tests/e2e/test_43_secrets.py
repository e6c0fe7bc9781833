# Licensed under the Apache License, Version 2.0; see LICENSE.
"""A password, wherever a client puts it, appears nowhere: not in the error
log, the evidence log, the ledger, nor the page in any of its formats."""

import pytest

from pg_cli import line, run, write
from pg_wire import wait_until

PW = "Pa55w0rd"
CONF = "ProxyGuardEvidenceLog @ROOT@/evidence.json\nProxyGuardPeek On"
FORMATS = ("html", "json", "prometheus", "openmetrics", "csv", "text", "auto")
UNSAFE = "\nHttpProtocolOptions Unsafe"

TARGETS = {
    "a URL": f"http://joe:{PW}@s.example/",
    "one slash": f"http:/joe:{PW}@s.example/",
    "three slashes": f"http:///joe:{PW}@s.example/",
    "backslashes": f"http:\\\\joe:{PW}@s.example/",
    "percent-encoded": f"http%3A//joe:{PW}@s.example/",
    "percent-encoded throughout": f"http%3A%2F%2Fjoe%3A{PW}%40s.example",
    "a number sign": f"http://joe:x#{PW}@s.example/",
    "a slash": f"http://joe:x/{PW}@s.example/",
    "a slash behind it": f"http://joe:{PW}/x@s.example/",
    "a question mark": f"http://joe:{PW}?x@s.example/",
    "a blank": f"http://joe:{PW} x@s.example/",
    "a line too long for its @": f"http://joe:{PW}{'x' * 9000}@s.example/",
    "a token alone": f"http://{PW}@s.example/",
    "a socket and a URL": f"unix:/x|http://joe:{PW}@s.example/",
    "an odd scheme": f"gopher://joe:{PW}@s.example/",
    "a URL in a path": f"http://s.example/http://joe:{PW}@t.example/",
    "a parameter": f"http://s.example/?x=1&password={PW}&y=2",
    "an encoded parameter": f"http://s.example/?pass%77ord={PW}",
    "a session": f"http://s.example/a;jsessionid={PW}?x",
}
FIELDS = ("Authorization", "Proxy-Authorization", "Cookie", "Set-Cookie",
          "X-Access-Token", "Private-Token", "Api-Key", "X-Csrf-Token",
          "X-Amz-Security-Token", "X-Vault-Token", "X-Session-Id",
          "X-Forwarded-Authorization", "X-User-Password", "Client-Secret")
VALUES = ("Referer", "User-Agent", "Via", "X-Forwarded-For", "Forwarded",
          "Proxy-Connection", "X-Anything", "Host")


def get(target, *fields):
    return "\r\n".join([f"GET {target} HTTP/1.1", *fields, "", ""]).encode()


REQUESTS = {
    **{f"target: {k}": get(v, "Host: s.example") for k, v in TARGETS.items()},
    **{f"field: {k}": get("http://s.example/", "Host: s.example",
                          f"{k}: {PW}") for k in FIELDS},
    **{f"URL in {k}": get("http://s.example/",
                          *(["Host: s.example"] if k != "Host" else []),
                          f"{k}: http://joe:{PW}@t.example/?token={PW}")
       for k in VALUES},
    "a Host with userinfo": get("/", f"Host: joe:{PW}@s.example"),
    "CONNECT": f"CONNECT joe:{PW}@s.example:443 HTTP/1.1\r\n\r\n".encode(),
    "CONNECT without a port": f"CONNECT joe:{PW}@s.example HTTP/1.1\r\n"
                              "\r\n".encode(),
    "an order": f"telnet joe:{PW}@s.example 23\r\n\r\n".encode(),
    "a bare URL": f"http://joe:{PW}@s.example/\r\n\r\n".encode(),
    "a bare URL with a parameter":
        f"http://s.example/?password={PW}\r\n\r\n".encode(),
    "a bare authority": f"joe:{PW}@s.example:25\r\n\r\n".encode(),
    "a method": f"http://joe:{PW}@s.example/ http://s.example/ HTTP/1.1"
                "\r\nHost: s.example\r\n\r\n".encode(),
    "SOCKS4": b"\x04\x01\x00\x19\xc0\x00\x02\x09" + PW.encode() + b"\x00",
    "SOCKS4A": b"\x04\x01\x00\x19\x00\x00\x00\x01" + PW.encode()
               + b"\x00s.example\x00",
    "SOCKS5": b"\x05\x01\x02\x01\x03joe\x08" + PW.encode(),
}


def outlets(server):
    """(name, bytes) of everything that the guard wrote or shows."""
    yield "error log", "\n".join(
        x.text for x in server.log.all(" PG0")).encode()
    for name in ("evidence.json", "run/proxyguard.ledger"):
        with open(server.path(name), "rb") as f:
            yield name, f.read()
    for name in FORMATS:
        yield name, server.get(f"/proxyguard-status?format={name}&top=100"
                               ).body


def ask(server, requests):
    """Send each on a connection of its own; all are counted."""
    for n, octets in enumerate(requests, 1):
        with server.wire() as wire:
            wire.send(octets)
            wire.finish()
            wire.read_to_end()
        server.settled(n)


@pytest.mark.parametrize("options", ("", UNSAFE))
def test_no_outlet_shows_a_password(httpd_with, options):
    server = httpd_with(CONF + options)
    ask(server, [*REQUESTS.values()])
    for name, octets in outlets(server):
        assert octets, name
        at = octets.find(PW.encode())
        assert at < 0, (name, octets[max(0, at - 200):at + 100])
    wait_until(lambda: server.read("evidence.json").count("\n")
               == len(REQUESTS), "a line of evidence each")
    assert server.read("evidence.json").count("(removed)") >= len(REQUESTS)
    # of the Referer that httpd adds, the rest remains
    assert server.log.all(r"referer: http://\S*t\.example/\?token=")
    server.log.take_all(" PG01|AH")


def test_what_httpd_itself_has_of_a_request_stays_as_it_was(httpd_with):
    server = httpd_with('CustomLog @ROOT@/referers "%{Referer}i"\n')
    referer = f"http://joe:{PW}@t.example/"
    server.send(b"GET http://s.example/ HTTP/1.0\r\n"
                + f"Referer: {referer}\r\n\r\n".encode())
    server.log.attempt()
    server.stop()
    assert server.read("referers") == referer + "\n"


def test_neither_does_a_scan_of_the_access_log(tmp_path):
    requests = [r.split(b"\r\n")[0].decode("latin-1")
                for r in REQUESTS.values()]
    agent = f"http://joe:{PW}@t.example/"
    log = write(tmp_path / "access.log",
                *(line(r.encode("unicode_escape").decode(), agent=agent)
                  for r in requests),
                f"a line of http://joe:{PW}@s.example/ that is of no format\n")
    for style in ("text", "html", "json"):
        said = run("scan", "-O", style, log)
        text = (said.stdout + said.stderr).decode()
        assert "(removed)" in text, style
        assert PW not in text, style
    said = run("scan", "--into", tmp_path / "x.ledger", log)
    assert said.returncode < 64, said.stderr
    ledger = (tmp_path / "x.ledger").read_bytes()
    assert b"(removed)" in ledger and PW.encode() not in ledger


@pytest.mark.parametrize("what", TARGETS)
def test_explain_does_not_repeat_it(what):
    said = run("explain", f"GET {TARGETS[what]} HTTP/1.1")
    assert "(removed)" in said.stdout.decode()
    assert PW not in said.stdout.decode()

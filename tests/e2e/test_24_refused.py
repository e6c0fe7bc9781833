# Licensed under the Apache License, Version 2.0; see LICENSE.
"""What httpd itself refuses, in clear and within TLS: each attempt is seen
once, with the class that it has when nothing is wrong with it."""

import pytest

from pg_hosts import free_port, tls_on
from pg_peers import trusting_client
from pg_wire import exchange

LINES = {
    "absolute": ("GET", "http://s.example/x"),
    "connect-tls": ("CONNECT", "s.example:443"),
    "connect-mail": ("CONNECT", "mx.example:25"),
    "connect-other": ("CONNECT", "s.example:22"),
}


def whole(method, target, *fields, version="HTTP/1.1", end="\r\n"):
    return (f"{method} {target} {version}".rstrip() + end
            + "".join(f + end for f in fields) + end)


# how it is spoilt -> octets; (method, target) go in
SPOILT = {
    "no Host": lambda m, t: whole(m, t),
    "two Hosts": lambda m, t: whole(m, t, "Host: a.example",
                                    "Host: b.example"),
    "empty Host": lambda m, t: whole(m, t, "Host:"),
    "Host with a path": lambda m, t: whole(m, t, "Host: a/b"),
    "field without a colon": lambda m, t: whole(m, t, "Host: a", "nonsense"),
    "field name with a blank": lambda m, t: whole(m, t, "Host: a", "a b: c"),
    "NUL in a field": lambda m, t: whole(m, t, "Host: a", "x: \0"),
    "field too long": lambda m, t: whole(m, t, "Host: a", "x: " + "y" * 9000),
    "too many fields": lambda m, t: whole(m, t, "Host: a", *["x: y"] * 110),
    "bad Content-Length": lambda m, t: whole(m, t, "Host: a",
                                             "Content-Length: -1"),
    "two Content-Lengths": lambda m, t: whole(
        m, t, "Host: a", "Content-Length: 1", "Content-Length: 2"),
    "unknown coding": lambda m, t: whole(m, t, "Host: a",
                                         "Transfer-Encoding: nonsense"),
    "both lengths": lambda m, t: whole(
        m, t, "Host: a", "Transfer-Encoding: chunked", "Content-Length: 3"),
    "bad Expect": lambda m, t: whole(m, t, "Host: a", "Expect: a cake"),
    "bare line feeds": lambda m, t: whole(m, t, "Host: a", end="\n"),
    "unknown version": lambda m, t: whole(m, t, "Host: a",
                                          version="HTTP/7.1"),
    "bad version": lambda m, t: whole(m, t, "Host: a", version="HTTP/1.x"),
    "no version": lambda m, t: whole(m, t, version=""),
    "two blanks": lambda m, t: whole(m + " ", t, "Host: a"),
    "a tab": lambda m, t: whole(m, t, "Host: a").replace(" ", "\t", 1),
    "a blank first": lambda m, t: " " + whole(m, t, "Host: a"),
    "a blank last": lambda m, t: whole(m, t, "Host: a", version="HTTP/1.1 "),
    "NUL behind the target": lambda m, t: whole(m, t + "\0", "Host: a"),
    "line too long": lambda m, t: whole(m, t, "Host: a",
                                        version="x" * 9000),
    "an end too early": lambda m, t: whole(m, t, "Host: a")[:-2],
}


@pytest.fixture(params=["in clear", "TLS"])
def server(request, httpd_with, certificate):
    port = free_port()
    server = httpd_with(tls_on(port, certificate), modules=("ssl",))
    server.ask = server.send
    if request.param == "TLS":
        server.ask = lambda octets, **more: exchange(
            ("127.0.0.1", port), octets, trusting_client(), **more)
    return server


def test_each_is_counted_once_with_its_class(server):
    wrong = []
    for what, spoil in SPOILT.items():
        for class_id, (method, target) in LINES.items():
            reply = server.ask(spoil(method, target).encode())
            lines = server.log.take_all(" PG01")
            got = [x.fields["class"] for x in lines]
            if got != [class_id] or reply.status in range(200, 400):
                wrong.append(f"{what}: {method} {target}: {got}, {reply}")
    assert not wrong, "\n" + "\n".join(wrong)
    assert server.status()["attempts"] == len(SPOILT) * len(LINES)
    server.log.take_all("AH")


def test_an_ordinary_one_is_spoilt_too_and_no_attempt(httpd):
    for what, spoil in SPOILT.items():
        httpd.send(spoil("GET", "/page.txt").replace(
            "Host: a", f"Host: {httpd.name}").encode())
        classes = {x.fields["class"] for x in httpd.log.take_all(" PG01")}
        assert classes <= ({"foreign-host"} if what == "two Hosts"
                           else set()), what
    httpd.log.take_all("AH")

# Licensed under the Apache License, Version 2.0; see LICENSE.
"""What clients send, and what becomes of it: the tables that the end-to-end
tests and the soak share."""

from pg_cases import rows
from pg_httpd import OWN

LONG = "http://stranger.example/" + "a" * 9000

# what is sent, its class, and who refuses it
SENT = {
    "no Host": (b"GET http://s.example/ HTTP/1.1\r\n\r\n",
                "absolute", "refused"),
    "two Hosts": (b"GET http://s.example/ HTTP/1.1\r\nHost: a\r\nHost: b\r\n"
                  b"\r\n", "absolute", "denied"),
    "bad header": (b"GET http://s.example/ HTTP/1.1\r\nHost: s.example\r\n"
                   b"no colon here\r\n\r\n", "absolute", "refused"),
    "header name with space": (
        b"CONNECT s.example:443 HTTP/1.1\r\nHost : s.example\r\n\r\n",
        "connect-tls", "refused"),
    "request line too long": (
        b"GET %s HTTP/1.1\r\nHost: s.example\r\n\r\n" % LONG.encode(),
        "absolute", "refused"),
    "NUL in the target": (
        b"GET http://s.example/\0x HTTP/1.1\r\nHost: s.example\r\n\r\n",
        "absolute", "refused"),
    "NUL in the host": (
        b"GET http://s.example/ HTTP/1.1\r\nHost: s\0.example\r\n\r\n",
        "absolute", "refused"),
    "bad expectation": (
        b"GET http://s.example/ HTTP/1.1\r\nHost: s.example\r\n"
        b"Expect: 200-ok\r\n\r\n", "absolute", "refused"),
    "bare line feeds": (b"GET http://s.example/ HTTP/1.1\nHost: s.example\n"
                        b"\n", "absolute", "refused"),
    "two spaces": (b"GET  http://s.example/  HTTP/1.1\r\nHost: s.example\r\n"
                   b"\r\n", "absolute", "refused"),
    "CONNECT without a port": (
        b"CONNECT s.example HTTP/1.1\r\nHost: s.example\r\n\r\n",
        "connect-other", "refused"),
    "CONNECT in HTTP/0.9": (b"CONNECT s.example:25\r\n", "connect-mail",
                            "refused"),
    "GET in HTTP/0.9": (b"GET http://s.example/\r\n", "absolute", "denied"),
    "SOCKS5 with a line end": (b"\x05\x01\x00\r\n\r\n", "socks", "denied"),
    "incomplete header, client leaves": (
        b"GET http://s.example/ HTTP/1.1\r\nHost: s.exa",
        "absolute", "refused"),
    "plain": (b"GET http://s.example/ HTTP/1.1\r\nHost: s.example\r\n\r\n",
              "absolute", "denied"),
    "unknown method": (b"BREW http://s.example/ HTTP/1.1\r\n"
                       b"Host: s.example\r\n\r\n", "absolute", "denied"),
    "unknown scheme": (b"GET gopher://s.example/ HTTP/1.1\r\n"
                       b"Host: s.example\r\n\r\n", "absolute", "denied"),
    "chunked body": (
        b"POST http://s.example/ HTTP/1.1\r\nHost: s.example\r\n"
        b"Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
        "absolute", "denied"),
}

ROWS = list(rows("classify.tsv"))

# Rows that httpd 2.4 turns into another request: not the row's fault.
OTHERWISE = {
    # two words, the second one not a protocol: 400, target own.test
    b"GET http://own.test .stranger.test/ HTTP/1.1": ("clean", None, None),
    # refused before the Host field is read
    b"CONNECT / HTTP/1.1": ("clean", None, None),
    # the client is on loopback
    b"GET http://localhost/server-status HTTP/1.1": ("clean", None, None),
    b"GET cache_object://localhost/info HTTP/1.0":
        ("absolute", "get", "own-name-foreign-scheme"),
}


def can_be_sent(line):
    """A NUL or a bare line end inside the line ends it for httpd, which then
    classifies another line than the row's. HTTP/2 has no lines."""
    return not (any(c in line.rstrip(b"\r\n") for c in (b"\0", b"\n"))
                or b"HTTP/2.0" in line)


SOCKS5 = b"\x05\x01\x00"
SOCKS4 = b"\x04\x01\x00\x19\xcb\x00\x71\x09\x00"
SOCKS4A = b"\x04\x01\x01\xbb\x00\x00\x00\x01bob\x00mx.stranger.example\x00"
NO_METHOD = b"\x05\xff"
REJECTED = b"\x00\x5b\x00\x00\x00\x00\x00\x00"

GREETINGS = {
    "SOCKS5": (SOCKS5, NO_METHOD, "socks5-greeting", "0"),
    "SOCKS5, three methods": (b"\x05\x03\x00\x01\x02", NO_METHOD,
                              "socks5-greeting", "0"),
    "SOCKS5, greeting and request": (
        SOCKS5 + b"\x05\x01\x00\x03\x0bs.example.a\x00\x19", NO_METHOD,
        "socks5-greeting", "25"),
    "SOCKS4": (SOCKS4, REJECTED, "socks4-greeting", "25"),
    "SOCKS4, bind": (b"\x04\x02" + SOCKS4[2:], REJECTED, "socks4-greeting",
                     "25"),
    "SOCKS4A": (SOCKS4A, REJECTED, "socks4a-greeting", "443"),
}


def request(method, authority, *more, path="/", scheme="http"):
    return ((":method", method), (":scheme", scheme),
            (":authority", authority), (":path", path), *more)


def connect(authority):
    return (":method", "CONNECT"), (":authority", authority)


# name: what is sent, the answer, class (None: clean), outcome
ASKED = {
    "own": (request("GET", OWN), 200, None, None),
    "own, the other scheme": (request("GET", OWN, scheme="https"), 200, None,
                              None),
    "own, upper case and dot": (request("GET", "WWW.Own.Example."), 200, None,
                                None),
    "OPTIONS *": (request("OPTIONS", OWN, path="*"), 200, None, None),
    "foreign authority": (request("GET", "s.example"), 200, "foreign-host",
                          "observed"),
    "foreign Host, no authority": (
        ((":method", "GET"), (":scheme", "http"), (":path", "/"),
         ("host", "s.example")), 200, "foreign-host", "observed"),
    "own authority, foreign Host": (
        request("GET", OWN, ("host", "s.example")), 200, None, None),
    "userinfo that imitates us": (request("GET", OWN + "@s.example"), 400,
                                  "foreign-host", "refused"),
    "scheme ftp, stranger": (request("GET", "s.example", scheme="ftp"), 421,
                             "absolute", "denied"),
    "scheme ftp, ourselves": (request("GET", OWN, scheme="ftp"), 421,
                              "absolute", "denied"),
    "scheme ws, stranger": (request("GET", "s.example", scheme="ws"), 421,
                            "absolute", "denied"),
    "CONNECT 443": (connect("s.example:443"), 405, "connect-tls", "denied"),
    "CONNECT 25": (connect("mx.example:25"), 405, "connect-mail", "denied"),
    "CONNECT ourselves": (connect(OWN + ":443"), 405, "connect-tls",
                          "denied"),
    "CONNECT without port": (connect("s.example"), 405, "connect-other",
                             "refused"),
    "CONNECT with userinfo": (connect("own@s.example:443"), 405,
                              "connect-tls", "refused"),
    "path too long": (request("GET", OWN, path="/" + "a" * 9000), 414, None,
                      None),
    "path too long, stranger": (
        request("GET", "s.example", path="/" + "a" * 9000), 414,
        "foreign-host", "refused"),
    "bad expectation": (request("GET", "s.example", ("expect", "200-ok")),
                        417, "foreign-host", "refused"),
}

# Over TLS an authority that is not ours is what an HTTPS proxy is asked:
# status, class, outcome.
OVER_TLS = {
    "foreign authority": (421, "absolute", "denied"),
    "foreign Host, no authority": (421, "absolute", "denied"),
    "userinfo that imitates us": (400, "absolute", "refused"),
    "path too long, stranger": (414, "absolute", "refused"),
    "bad expectation": (417, "absolute", "refused"),
}

LINES = {
    "absolute": ("GET", "http://s.example/x"),
    "connect-tls": ("CONNECT", "s.example:443"),
    "connect-mail": ("CONNECT", "mx.example:25"),
    "connect-other": ("CONNECT", "s.example:22"),
}


def whole(method, target, *fields, version="HTTP/1.1", end="\r\n"):
    return (f"{method} {target} {version}".rstrip() + end
            + "".join(f + end for f in fields) + end)


# how it is broken -> octets; (method, target) are inserted
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

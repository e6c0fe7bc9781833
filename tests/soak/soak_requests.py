# Licensed under the Apache License, Version 2.0; see LICENSE.
"""What the clients send: the tables of the end-to-end tests, read again. Each
request knows its class, None for a clean one; the responses to clean ones are
learnt from an httpd without the guard."""

from collections import namedtuple

from pg_attempts import (ASKED, GREETINGS, LINES, OTHERWISE, OVER_TLS, ROWS,
                         SENT, SPOILT, can_be_sent)
from pg_cases import octets_of
from pg_httpd import OWN
from pg_seed import SEED

MAIL = "mail into the sink"

# kind      what the report calls it
# octets    as sent; for HTTP/2 the fields
# class_id  what it is to be counted as; None: nothing
# keeps     well-formed: may be sent on a connection that goes on
# clear     sent without TLS, even to a TLS port, which then just hangs up
# expected  the status that it must get; None: see the way
Request = namedtuple("Request", "kind octets class_id keeps clear expected",
                     defaults=(False, False, None))


def _plain(method, target, *fields, host=OWN, body=""):
    lines = [f"{method} {target} HTTP/1.1", f"Host: {host}", *fields]
    if body:
        lines.append(f"Content-Length: {len(body)}")
    return ("\r\n".join(lines) + "\r\n\r\n" + body).encode()


def ordinary():
    """Clean requests, as browsers and monitors send them."""
    form = "a=1&b=two" * 40
    return [Request("clean", octets, None, keeps=True) for octets in (
        _plain("GET", "/page.txt"),
        _plain("GET", "/"),
        _plain("HEAD", "/page.txt"),
        _plain("GET", "/page.txt", "Connection: close"),
        _plain("GET", "/missing"),
        _plain("GET", "/?u=http://s.example/"),
        _plain("POST", "/page.txt", body=form),
        _plain("POST", "/page.txt", "Expect: 100-continue", body=form),
        _plain("OPTIONS", "*"),
        _plain("GET", f"http://{OWN}/page.txt"),
        _plain("GET", "/page.txt", host=OWN.upper() + "."),
    )]


def hostile():
    """Well-formed attempts, each with another way to relay."""
    made = [Request("seed", a.octets, a.class_id, keeps=True) for a in SEED]
    made += [Request("CONNECT", _plain("CONNECT", target, host=target),
                     class_id, keeps=True)
             for class_id, (method, target) in LINES.items()
             if method == "CONNECT"]
    made += [Request("absolute-form", _plain(m, "http://s.example/x",
                                             host="s.example"),
                     "absolute", keeps=True)
             for m in ("GET", "HEAD", "OPTIONS", "PUT")]
    made += [Request("foreign Host", _plain("GET", "/page.txt",
                                            host="s.example"),
                     "foreign-host", keeps=True),
             Request("POST with a body", _plain(
                 "POST", "http://s.example/form", host="s.example",
                 body="x" * 3000), "absolute", keeps=True)]
    return made


def greetings():
    return [Request("SOCKS", octets, "socks", clear=True)
            for octets, *_ in GREETINGS.values()]


def once():
    """Some that httpd refuses itself, and some that it does not."""
    return [Request("refused by httpd" if outcome == "refused" else
                    "malformed or odd", octets, class_id)
            for octets, class_id, outcome in SENT.values()
            if class_id != "socks"]


def spoilt():
    return [Request("refused by httpd", spoil(*line).encode(), class_id)
            for spoil in SPOILT.values() for class_id, line in LINES.items()]


def corpus():
    """Each row of the table of attempts and clean requests."""
    made = []
    for _, (line, host, class_id, *_) in ROWS:
        if can_be_sent(line) and line not in OTHERWISE:
            class_id = class_id.decode()
            clean = class_id == "clean"
            made.append(Request("clean, odd" if clean else "corpus",
                                octets_of(line, host),
                                None if clean else class_id))
    return made


def relayed(origin):
    """To a port whose virtual host would be an open proxy without the
    guard."""
    return [Request("absolute-form", _plain("GET", f"http://{origin}/",
                                            host=origin), "absolute",
                    keeps=True),
            Request("CONNECT", _plain("CONNECT", origin, host=origin),
                    "connect-other", keeps=True),
            Request("clean", _plain("GET", "/back/page.txt"), None,
                    keeps=True),
            Request("clean", _plain("GET", "/page.txt"), None, keeps=True)]


def steered():
    """To rules of a reverse proxy."""
    return [Request("chosen backend", _plain("GET", "/steered/x",
                                             host="s.example"),
                    "chosen-backend", keeps=True),
            Request("clean", _plain("GET", "/named/page.txt"), None,
                    keeps=True),
            Request("clean", _plain("GET", "/page.txt"), None, keeps=True)]


def captured():
    """To the sink, which refuses clients when no slot is free."""
    made = [Request(MAIL, _plain("CONNECT", "mx.invalid:25"), "connect-mail")]
    return made + [Request("first bytes into the sink",
                           _plain("CONNECT", target) + b"x" * 5000, class_id)
                   for target, class_id in (("s.invalid:443", "connect-tls"),
                                            ("s.invalid:9", "connect-other"))]


def in_clear_to_tls():
    return [Request("CONNECT", b"CONNECT s.example:443 HTTP/1.1\r\n"
                    b"Host: s.example\r\n\r\n", "connect-tls", clear=True)]


def http2(over_tls):
    made = []
    for what, (fields, *answer) in ASKED.items():
        status, class_id, _ = over_tls.get(what, answer)
        kind = "HTTP/2 clean" if class_id is None else "HTTP/2 attempt"
        made.append(Request(kind, fields, class_id, True, False, status))
    return made


# way -> groups; a client takes a group first, by its weight, then a request.
# Without the guard a SOCKS greeting occupies its client until a time-out.
def ways(origin, guard=True):
    every = {
        "plain": ((10, ordinary()), (6, hostile()), (2, greetings()),
                  (2, once()), (3, spoilt()), (6, corpus())),
        "tls": ((6, ordinary()), (4, hostile()), (1, once()), (1, spoilt()),
                (1, in_clear_to_tls())),
        "proxy": ((1, relayed(origin)), (1, hostile())),
        "gate": ((2, steered()), (1, hostile())),
        "sink": ((1, captured()),),
        "h2": ((1, http2(OVER_TLS)),),
        "h2c": ((1, http2({})),),
    }
    return every if guard else {
        way: [(weight, kept) for weight, requests in groups if
              (kept := [r for r in requests if r.class_id != "socks"])]
        for way, groups in every.items()}

# Licensed under the Apache License, Version 2.0; see LICENSE.
"""Each attempt is counted exactly once, whether the guard or httpd refused
it."""

import pytest

from pg_attempts import SENT


@pytest.mark.parametrize("what", SENT)
def test_it_is_counted_once_and_logged_once(httpd, what):
    octets, class_id, outcome = SENT[what]
    reply = httpd.send(octets)
    assert reply.status not in range(200, 400)
    now = httpd.settled(1)
    assert now.flat()["attempts"] == 1
    line = httpd.log.attempt()
    assert (line.fields["class"], line.outcome) == (class_id, outcome)
    assert (now.flat()[class_id], now.flat()[outcome]) == (1, 1)
    assert line.id == {"denied": "PG0101", "refused": "PG0102"}[outcome]
    httpd.log.take_all("AH")


def test_attempts_on_one_connection_after_a_clean_request(httpd):
    with httpd.wire() as wire:
        wire.send(b"GET /page.txt HTTP/1.1\r\nHost: %s\r\n\r\n"
                  % httpd.authority.encode())
        assert wire.read_reply().status == 200
        wire.send(b"GET http://s.example/ HTTP/1.1\r\nHost: s.example\r\n\r\n"
                  b"GET http://s.example/ HTTP/1.1\r\nHost: s.example\r\n\r\n")
        assert wire.read_reply().status == 421
        assert wire.read_to_end() == b""
    assert httpd.status()["attempts"] == 1
    httpd.log.attempt()


def test_an_error_document_counts_nothing_twice(httpd_with):
    server = httpd_with("ErrorDocument 421 /denied.html\n"
                        "ErrorDocument 400 /denied.html")
    server.send(b"GET http://s.example/ HTTP/1.1\r\nHost: s.example\r\n\r\n")
    server.send(b"GET http://s.example/ HTTP/1.1\r\n\r\n")
    assert server.status().flat() | {} == server.status().flat()
    assert server.status()["attempts"] == 2
    server.log.attempts(2)


def test_many_at_once_from_many_children_add_up(httpd):
    count = 60
    wires = [httpd.wire().send(b"CONNECT s.example:25 HTTP/1.0\r\n\r\n")
             for _ in range(count)]
    for wire in wires:
        with wire:              # closed at once: prefork has 12 workers
            assert wire.read_reply("CONNECT").status == 405
    assert httpd.settled(count).flat()["connect-mail"] == count
    assert {x.fields["class"] for x in httpd.log.attempts(count)} \
        == {"connect-mail"}

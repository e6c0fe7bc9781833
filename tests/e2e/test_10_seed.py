# Licensed under the Apache License, Version 2.0; see LICENSE.
"""The four requests of the honeypot report, byte for byte."""

import pytest

from pg_seed import SEED


@pytest.fixture(params=SEED, ids=[a.name for a in SEED])
def attempt(request):
    return request.param


def test_it_is_refused_and_the_connection_closed(httpd, attempt):
    reply = httpd.send(attempt.octets)
    assert reply.status == attempt.status
    assert reply.headers["Connection"] == "close"
    assert (reply.rest, reply.closed) == (b"", "fin")
    assert "own" not in reply.text
    httpd.log.attempt()


def test_it_is_counted_once_by_class_and_outcome(httpd, attempt):
    before = httpd.status()
    httpd.send(attempt.octets)
    assert httpd.status() - before == {"attempts": 1, attempt.class_id: 1,
                                       "denied": 1}
    httpd.log.attempt()


def test_it_is_logged_once_with_what_it_was(httpd, attempt):
    httpd.send(attempt.octets)
    method, target = attempt.octets.decode().split(" ")[:2]
    line = httpd.log.attempt()
    assert (line.id, line.level) == ("PG0101", "warn")
    assert (line.method, line.target) == (method, target)
    assert line.fields["class"] == attempt.class_id
    assert (line.status, line.outcome) == (str(attempt.status), "denied")
    assert line.source == "127.0.0.1"


def test_the_access_log_has_the_request_and_its_status(httpd, attempt):
    httpd.send(attempt.octets)
    first = attempt.octets.decode().split("\r\n")[0]
    assert httpd.access_log(1)[0].startswith(
        f'127.0.0.1 "{first}" {attempt.status} ')
    httpd.log.attempt()


def test_connect_gets_405_with_the_methods_that_are_allowed(httpd):
    for attempt in SEED[2:]:
        reply = httpd.send(attempt.octets)
        assert {"GET", "HEAD", "POST", "OPTIONS"} <= reply.allow
        assert "CONNECT" not in reply.allow
    httpd.log.attempts(2)


def test_an_error_document_of_the_site_is_honoured(httpd_with, attempt):
    server = httpd_with("ErrorDocument 421 /denied.html\n"
                        'ErrorDocument 405 "in a few words"')
    reply = server.send(attempt.octets)
    assert reply.status == attempt.status
    assert reply.text == ("our own words about it\n"
                          if reply.status == 421 else "in a few words")
    assert server.status()["attempts"] == 1
    assert server.log.attempt().status == str(attempt.status)


def test_the_own_site_goes_on_after_all_four(httpd):
    for attempt in SEED:
        httpd.send(attempt.octets)
    assert httpd.get("/").text == "own front page\n"
    assert httpd.status()["attempts"] == 4
    httpd.log.attempts(4)

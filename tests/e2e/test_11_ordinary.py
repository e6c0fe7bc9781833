# Licensed under the Apache License, Version 2.0; see LICENSE.
"""Ordinary traffic passes, and is neither counted nor logged."""

import pytest

PAGE = b"own page\n"


def assert_untouched(server):
    assert server.status()["attempts"] == 0
    assert server.log.all("PG01") == []


def request(line, host):
    return f"{line}\r\nHost: {host}\r\nConnection: close\r\n\r\n".encode()


@pytest.mark.parametrize("line, status", [
    ("GET /page.txt HTTP/1.1", 200),
    ("GET /page.txt HTTP/1.0", 200),
    ("HEAD /page.txt HTTP/1.1", 200),
    ("GET /?u=http://stranger.example/ HTTP/1.1", 200),
    ("GET /http://stranger.example/ HTTP/1.1", 404),
    ("GET //stranger.example/ HTTP/1.1", 404),
    ("GET /@stranger.example:25 HTTP/1.1", 404),
    ("OPTIONS * HTTP/1.1", 200),
    ("POST /page.txt HTTP/1.1", 200),
    ("BREW /page.txt HTTP/1.1", 501),
])
def test_requests_in_origin_form_pass(httpd, line, status):
    assert httpd.send(request(line, httpd.authority)).status == status
    assert_untouched(httpd)
    httpd.log.take_all("AH00135")       # BREW


@pytest.mark.parametrize("authority", [
    "www.own.example", "www.own.example:@PORT@", "WWW.Own.Example",
    "www.own.example.", "own.example", "static.own.example",
    "me:secret@www.own.example", "127.0.0.1:@PORT@", "127.0.0.1",
])
def test_absolute_form_to_ourselves_is_served(httpd_with, authority):
    server = httpd_with("""
        HttpProtocolOptions Unsafe
        <VirtualHost *:@PORT@>
            ServerName www.own.example
            ServerAlias own.example *.own.example
        </VirtualHost>
        """)
    authority = authority.replace("@PORT@", str(server.port))
    reply = server.send(request(f"GET http://{authority}/page.txt HTTP/1.1",
                                authority.split("@")[-1]))
    assert (reply.status, reply.body) == (200, PAGE)
    assert_untouched(server)


def test_names_of_other_virtual_hosts_are_ours_too(httpd_with):
    server = httpd_with("""
        <VirtualHost *:@PORT@>
            ServerName first.example
        </VirtualHost>
        <VirtualHost *:@PORT@>
            ServerName second.example
            ServerAlias also.example
        </VirtualHost>
        """)
    for name in ("first.example", "second.example", "also.example"):
        assert server.send(request(f"GET http://{name}/page.txt HTTP/1.1",
                                   name)).body == PAGE
    assert server.get("/proxyguard-status?format=json").status == 200
    assert server.log.all("PG01") == []


def test_a_name_said_to_be_ours_is_ours(httpd_with):
    server = httpd_with("ProxyGuardOwnHost public.example other.example:8080")
    for authority in ("public.example", "other.example:8080"):
        assert server.send(request(f"GET http://{authority}/page.txt HTTP/1.1",
                                   authority)).body == PAGE
    assert_untouched(server)


def test_a_reverse_proxy_goes_on_working(httpd_with, origin):
    server = httpd_with(f"""
        ProxyPass "/back/" "http://{origin.authority}/"
        RewriteEngine On
        RewriteRule "^/rewritten/(.*)" "http://{origin.authority}/$1" [P]
        """, modules=("proxy", "proxy_http", "rewrite"))
    for path in ("/back/x", "/rewritten/x"):
        assert server.get(path).body == b"from the origin\n"
        absolute = f"GET http://{server.name}{path} HTTP/1.1"
        assert server.send(request(absolute, server.name)).body \
            == b"from the origin\n"
    assert len(origin.hits) == 4
    assert_untouched(server)


def test_connections_stay_open_for_ordinary_requests(httpd):
    with httpd.wire() as wire:
        for _ in range(3):
            wire.send(b"GET /page.txt HTTP/1.1\r\nHost: %s\r\n\r\n"
                      % httpd.authority.encode())
            assert wire.read_reply().body == PAGE
    assert_untouched(httpd)


def test_an_ordinary_upload_is_read_in_full(httpd):
    body = b"x" * 100000
    reply = httpd.send(
        b"POST /page.txt HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n"
        b"Content-Length: %d\r\n\r\n%s"
        % (httpd.authority.encode(), len(body), body))
    assert reply.status == 200
    assert_untouched(httpd)


@pytest.mark.parametrize("line", [
    "CONNECT /vpn/tunnel HTTP/1.1", "RTSP/1.0 rubbish", "OPTIONS / RTSP/1.0",
    "OPTIONS sip:nm SIP/2.0", "\x16\x03\x01\x02\x00", "GET",
])
def test_what_asks_for_no_relay_is_no_attempt(httpd, line):
    httpd.send(line.encode("latin-1") + b"\r\n\r\n")
    assert_untouched(httpd)
    httpd.log.take_all("AH")


def test_another_protocol_is_no_attempt_where_httpd_takes_it(httpd_with):
    server = httpd_with("HttpProtocolOptions Unsafe")
    for protocol in ("RTSP/1.0", "SIP/2.0"):
        server.send(f"GET http://s.example/ {protocol}\r\n\r\n".encode())
    assert_untouched(server)
    server.log.take_all("AH")

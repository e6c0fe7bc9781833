# Licensed under the Apache License, Version 2.0; see LICENSE.
"""The status page: for people, for programs, and for nobody else."""

import datetime
import json

CLASSES = ["absolute", "connect-tls", "connect-mail", "connect-other",
           "socks", "foreign-host", "malformed", "chosen-backend"]
OUTCOMES = ["denied", "refused", "dropped", "observed", "relayed", "sunk"]


def test_json_has_the_promised_keys_with_nothing_counted(httpd):
    reply = httpd.get("/proxyguard-status?format=json")
    status = json.loads(reply.body)
    assert reply.status == 200
    assert reply.headers["Content-Type"].startswith("application/json")
    assert isinstance(status["schema"], int)
    assert status["attempts"] == 0
    assert status["by_class"] == dict.fromkeys(CLASSES, 0)
    assert status["by_outcome"] == dict.fromkeys(OUTCOMES, 0)
    since = datetime.datetime.fromisoformat(
        status["since"].replace("Z", "+00:00"))
    age = datetime.datetime.now(datetime.timezone.utc) - since
    assert datetime.timedelta(0) <= age < datetime.timedelta(minutes=5)


def test_html_is_the_default_and_shows_the_counts(httpd):
    httpd.send(b"CONNECT mx.example:25 HTTP/1.0\r\n\r\n")
    reply = httpd.get("/proxyguard-status")
    assert reply.headers["Content-Type"].startswith("text/html")
    assert "charset=utf-8" in reply.headers["Content-Type"].lower()
    for word in ("connect-mail", "denied"):
        assert word in reply.text
    httpd.log.attempt()


def test_the_page_is_never_stored_sniffed_or_scripted(httpd):
    reply = httpd.get("/proxyguard-status")
    assert reply.headers["Cache-Control"] == "no-store"
    assert reply.headers["X-Content-Type-Options"] == "nosniff"
    assert "default-src 'none'" in reply.headers["Content-Security-Policy"]
    assert "<script" not in reply.text.lower()


def test_other_methods_are_refused_and_told_which_are_allowed(httpd):
    for method in ("POST", "PUT", "DELETE"):
        reply = httpd.send(
            f"{method} /proxyguard-status HTTP/1.1\r\n"
            f"Host: {httpd.authority}\r\nContent-Length: 0\r\n\r\n".encode())
        assert reply.status == 405
        assert "GET" in reply.allow and "POST" not in reply.allow
    reply = httpd.send(f"HEAD /proxyguard-status HTTP/1.1\r\n"
                       f"Host: {httpd.authority}\r\n\r\n".encode())
    assert (reply.status, reply.body) == (200, b"")


def test_asking_for_the_status_counts_nothing(httpd):
    for _ in range(3):
        httpd.get("/proxyguard-status")
    assert httpd.status()["attempts"] == 0


def test_the_shipped_configuration_serves_local_clients_only(httpd_with):
    # mod_remoteip makes a stranger of this client
    server = httpd_with("RemoteIPHeader X-Client\n"
                        "RemoteIPInternalProxy 127.0.0.1",
                        modules=("remoteip",))
    assert server.get("/proxyguard-status").status == 200
    for path in ("/proxyguard-status", "/proxyguard-status/metrics",
                 "/proxyguard-status?format=json"):
        reply = server.get(path, headers=["X-Client: 192.0.2.7"])
        assert reply.status == 403, path
        assert "attempts" not in reply.text
    server.log.take_all("AH01630")


def test_without_the_shipped_configuration_there_is_no_page(httpd_with):
    server = httpd_with(shipped=False)
    assert server.get("/proxyguard-status").status == 404


def test_the_status_never_shows_a_strangers_octets_as_markup(httpd):
    httpd.send(b"GET http://s.example/<script>alert(1)</script> HTTP/1.1\r\n"
               b"Host: s.example\r\nUser-Agent: <b>\"'&\r\n\r\n")
    text = httpd.get("/proxyguard-status").text
    assert "<script" not in text and "<b>\"" not in text
    httpd.log.attempt()

# Licensed under the Apache License, Version 2.0; see LICENSE.
"""A reverse proxy whose host the client chooses relays for a foreign Host."""

import contextlib

import pytest

from pg_backend import Backend

CHOSEN = ("RewriteEngine On\n"
          "RewriteCond %{REQUEST_URI} !^/proxyguard-status\n"
          "RewriteRule ^(.*)$ http://%{HTTP_HOST}$1 [P]\n"
          "ProxyRemote * http://ORIGIN\n")      # nothing else is asked for
FIXED = "ProxyPass /app http://ORIGIN/\n"
MODULES = ("proxy", "proxy_http", "rewrite")


def ask(httpd_with, origin, conf, path, deny=""):
    server = httpd_with(conf.replace("ORIGIN", origin.authority) + deny,
                        modules=MODULES)
    server.log.take_all(r"PG0[02]\d\d: ")
    reply = server.get(path, host="stranger.test")
    return reply, server.log.attempt()


def test_it_is_stopped_by_default(httpd_with, origin):
    reply, line = ask(httpd_with, origin, CHOSEN, "/x")
    assert (reply.status, line.outcome) == (403, "denied")
    assert line.fields["class"] == "chosen-backend"
    assert origin.hits == []


def test_what_is_observed_and_carried_counts_once_as_relayed(httpd_with,
                                                             origin):
    reply, line = ask(httpd_with, origin, CHOSEN, "/x",
                      "ProxyGuardAction chosen-backend observe\n")
    assert reply.status == 200
    assert origin.wait_hit(1)
    assert (line.fields["class"], line.outcome) == ("chosen-backend",
                                                    "relayed")


def test_it_is_not_carried_when_that_class_is_denied(httpd_with, origin):
    reply, line = ask(httpd_with, origin, CHOSEN, "/x",
                      "ProxyGuardAction foreign-host deny\n")
    assert (reply.status, line.outcome) == (421, "denied")
    assert origin.hits == []


def test_a_backend_of_ours_is_no_third_party(httpd_with, origin):
    reply, line = ask(httpd_with, origin, FIXED, "/app/x")
    assert reply.status == 200
    assert (line.fields["class"], line.outcome) == ("foreign-host", "observed")


def test_without_a_port_it_is_the_one_of_the_scheme(httpd_with):
    server = httpd_with(
        "RewriteEngine On\n"
        "RewriteRule ^/r/([^/]*)/(.*) $1://$2/ [P]\n"
        "<LocationMatch ^/h/(?<to>.*)>\n"
        "SetHandler proxy:https://%{env:MATCH_TO}/\n</LocationMatch>\n",
        modules=MODULES)
    server.log.take_all(r"PG0[02]\d\d: ")
    for path, port in (("/r/http/s.test", "80"), ("/r/https/s.test", "443"),
                       ("/h/s.test", "443")):
        assert server.get(path).status == 403, path
        fields = server.log.attempt().fields
        assert (fields["host"], fields["port"]) == ("s.test", port), path


def test_what_the_client_sent_is_remembered_over_a_redirect(httpd_with):
    """The field is gone by the time of the second request."""
    server = httpd_with(
        "RewriteEngine On\n"
        "RewriteRule ^/a - [E=TO:%{HTTP:X-To}]\n"
        "RewriteRule ^/b http://%{ENV:REDIRECT_TO}/ [P]\n"
        "ProxyPass /a http://127.26.0.1:9/\n"
        "RequestHeader unset X-To\n"
        "ErrorDocument 503 /b\n", modules=(*MODULES, "headers"))
    server.log.take_all(r"PG0[02]\d\d: ")
    assert server.get("/a", headers=["X-To: 127.26.0.2:9"]).status == 503
    fields = server.log.attempt().fields
    assert (fields["class"], fields["host"], fields["outcome"]) == (
        "chosen-backend", "127.26.0.2", "denied")
    assert len(server.log.take_all("AH0?1114: ")) == 1       # of the first
    server.log.take_all("AH")


# The page of an error goes where the client says.
PAGE = ("RewriteEngine On\n"
        "RewriteRule ^/b http://%{HTTP:X-Page}/ [P]\n"
        "RewriteRule ^/a http://%{HTTP:X-To}/ [P]\n"
        "ProxyErrorOverride On\n")


def test_the_verdict_of_a_refusal_is_not_that_of_its_page(httpd_with):
    server = httpd_with(PAGE + "ErrorDocument 421 /b\n", modules=MODULES)
    server.log.take_all(r"PG0[02]\d\d: ")
    reply = server.send(b"GET http://s.test/ HTTP/1.1\r\nHost: s.test\r\n"
                        b"X-Page: 127.26.0.2:9\r\n"
                        b"Connection: close\r\n\r\n")
    line = server.log.attempt()
    assert (line.fields["class"], line.host) == ("absolute", "s.test")
    assert reply.status == 421
    assert server.status()["attempts"] == 1


def test_what_was_carried_is_not_counted_again_for_its_page(httpd_with):
    with contextlib.closing(Backend(answer=503)) as first, \
            contextlib.closing(Backend()) as page:
        server = httpd_with(PAGE + "ErrorDocument 503 /b\n"
                            "ProxyGuardAction chosen-backend observe\n",
                            modules=MODULES)
        server.log.take_all(r"PG0[02]\d\d: ")
        server.get("/a", headers=[f"X-To: {first.authority}",
                                  f"X-Page: {page.authority}"])
        line = server.log.attempt()
        assert (line.port, line.outcome) == (str(first.port), "relayed")
        assert (first.hits, page.hits) == (1, 1)
        assert server.status()["attempts"] == 1


def test_what_is_exempt_is_permitted_once_with_its_page(httpd_with):
    with contextlib.closing(Backend(answer=503)) as first, \
            contextlib.closing(Backend()) as page:
        server = httpd_with(PAGE + "ErrorDocument 503 /b\n"
                            'ProxyGuardExempt "-n %{HTTP:X-To}"\n',
                            modules=MODULES)
        server.log.take_all(r"PG0[02]\d\d: ")
        server.get("/a", headers=[f"X-To: {first.authority}",
                                  f"X-Page: {page.authority}"])
        assert (first.hits, page.hits) == (1, 1)
        status = server.status()
        assert (status["attempts"], status["permitted"]) == (0, 1)


def test_where_the_guard_is_off_the_gate_may_still_refuse(httpd_with):
    """The stricter virtual host of the port decides."""
    server = httpd_with(
        "ProxyRequests On\n<VirtualHost *:@PORT@>\nServerName off.test\n"
        "ProxyGuard Off\n</VirtualHost>\n"
        "<VirtualHost *:@PORT@>\nServerName on.test\n</VirtualHost>\n",
        modules=MODULES)
    server.log.take_all(r"PG0[02]\d\d: ")
    for host in ("off.test", "on.test"):
        reply = server.send(f"GET http://s.test/ HTTP/1.1\r\nHost: {host}"
                            "\r\nConnection: close\r\n\r\n".encode())
        assert reply.status == 421, host
        assert server.log.attempt().host == "s.test", host


# What the configuration names is not the client's choice. Each row has a
# backend of its own, @B@, at which nobody listens.
COND = "RewriteCond %{HTTP:X-To} ^@B@$\n"
IF_ELSE = ("<If true>\nHeader set A b\n</If>\n"
           "<ElseIf \"%{HTTP_HOST} == '@B@'\">\n")
WITHIN = "<LocationMatch ^/@B@>\n"
NAMED = {
    "ProxyPass /a http://@B@/": True,
    "ProxyPassMatch ^/b http://@B@/": True,
    "<Location /c>\nProxyPass http://@B@/\n</Location>": True,
    "<Proxy http://@B@/>\n</Proxy>": True,
    "<Proxy balancer://d>\nBalancerMember http://@B@\n</Proxy>": True,
    "RewriteRule ^/a http://@B@/ [P]": True,
    "RewriteRule ^/a http://@B@/ [P,L]": True,
    "<LocationMatch ^/@B@>\nSetHandler proxy:http://x.test/\n"
    "</LocationMatch>": True,
    "<Location /e>\nSetHandler proxy:http://@B@/\n</Location>": True,
    "SetEnv TO @B@": True,
    "SetEnvIf X-To y TO=@B@": True,
    "SetEnvIf X-To @B@ TO=y": False,
    "SetEnvIf X-To a=@B@ TO=y": False,
    "SetEnvIfNoCase X-To y A=b TO=@B@": True,
    "SetEnvIfNoCase X-To @B@ TO=y": False,
    "SetEnvIfNoCase X-To a=@B@ TO=y": False,
    "SetEnvIf X-To y A=b C TO=@B@": True,
    "SetEnvIfExpr true TO=@B@": True,
    "SetEnvIfExpr true A=b TO=@B@": True,
    "SetEnvIfExpr \"'@B@' == 'a=b'\" TO=y": False,
    "RequestHeader set X-To @B@": True,
    "Header set X-To @B@": False,
    COND + "RewriteRule ^/a - [L]": True,
    COND + "RewriteRule ^/a - [F]": False,
    COND + "SetEnv A b\nRewriteRule ^/a - [L]": True,
    COND + "SetEnv A c\nRewriteRule ^/a - [F]": True,
    COND + "RewriteRule ^/a - [L,forbidden]": False,
    COND + "RewriteRule ^/a - [G]": False,
    COND + "RewriteRule ^/a - [gone,L]": False,
    COND + "RewriteCond %{HTTPS} on\nRewriteRule ^/a - [F]": False,
    COND + "RewriteRule ^/a - [R=404]": False,
    COND + "RewriteRule ^/a /b [R]": False,
    COND + "RewriteRule ^/a /b [L,REDIRECT=301]": False,
    COND + "RewriteRule ^/a /b [NC,QSA]": True,
    COND + "RewriteRule ^/a - [E=F:1]": True,
    COND + "RewriteRule ^/a -": True,
    "RewriteCond %{HTTP:X-To} (@B@|REMOTE_)\nRewriteRule ^/a - [L]": True,
    "RewriteCond %{REMOTE_ADDR} ^@B@$\nRewriteRule ^/a - [L]": False,
    "RewriteCond %{HTTP_REFERER} @B@\nRewriteRule ^/a - [L]": False,
    "RewriteCond %{HTTP_USER_AGENT} @B@\nRewriteRule ^/a - [L]": False,
    "RewriteRule ^/@B@ - [F]": False,
    WITHIN + "Require all denied\n</LocationMatch>": False,
    WITHIN + "Require all granted\n</LocationMatch>": True,
    WITHIN + "Require ip 192.0.2.1\n</LocationMatch>": True,
    WITHIN + "Header set A b\nRequire all denied\n</LocationMatch>": False,
    "<If \"%{HTTP_HOST} == '@B@'\">\nHeader set A b\n</If>": False,
    "<If \"%{HTTP_HOST} == '@B@'\">\nHeader set A b\nSetEnv A b\n</If>":
        True,
    IF_ELSE + "Header set A b\n</ElseIf>": False,
    IF_ELSE + "SetEnv A b\n</ElseIf>": True,
    "RewriteMap a txt:map-@B@": True,
    "RewriteMap b rnd:@ROOT@/map-@B@": True,
    "RewriteMap c txt:comment-@B@": False,
    "RewriteMap d txt:key-@B@": False,
    "ProxyGuardBackend @B@": True,
}
TO = "RewriteEngine On\nRewriteRule ^/to/(.*) http://$1/ [P]\n"


def at(n):
    return f"127.26.1.{n}:9"


def is_carried(server, backend):
    """Did the guard let it pass, to find nobody there?"""
    status = server.get(f"/to/{backend}").status
    lines = server.log.take_all(" PG01")
    assert (status, len(lines)) in ((503, 0), (403, 1)), backend
    server.log.take_all("AH")
    return status == 503


def test_each_directive_that_names_a_backend_is_read(httpd_with):
    conf = TO + "\n".join(row.replace("@B@", at(n))
                          for n, row in enumerate(NAMED)) + "\n"
    server = httpd_with.make(conf, modules=(
        *MODULES, "proxy_balancer", "slotmem_shm", "lbmethod_byrequests",
        "env"))
    for n in range(len(NAMED)):
        server.write(f"map-{at(n)}", f"# a b\nkey  {at(n)} rest\n")
        server.write(f"comment-{at(n)}", f"# {at(n)}\n#x {at(n)}\n")
        server.write(f"key-{at(n)}", f"{at(n)} value\n")
    server.start()
    server.log.take_all(r"PG0[02]\d\d: |AH")
    assert {row: is_carried(server, at(n))
            for n, row in enumerate(NAMED)} == NAMED
    assert not is_carried(server, at(len(NAMED)))


@pytest.mark.parametrize("names", ["", "AccessFileName .other .htaccess\n"])
def test_a_backend_may_be_named_in_htaccess_alone(httpd_with, names):
    server = httpd_with(names + "<Directory @ROOT@/htdocs>\n"
                        "AllowOverride All\n</Directory>\n", modules=MODULES)
    server.log.take_all(r"PG0[02]\d\d: ")
    server.write("htdocs/.htaccess", TO.replace("^/", "^")
                 + COND.replace("@B@", at(0)) + "RewriteRule ^a - [L]\n")
    assert [is_carried(server, at(n)) for n in range(2)] == [True, False]

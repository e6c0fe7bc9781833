# Licensed under the Apache License, Version 2.0; see LICENSE.
"""A reverse proxy whose host the client chooses relays for a foreign Host."""

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

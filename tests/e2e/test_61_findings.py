# Licensed under the Apache License, Version 2.0; see LICENSE.
"""Each finding in httpd itself: the report of -D DUMP_PROXYGUARD names it and
its place. Reverse proxies are tried out, too: one that is called critical
sends a third party's request where that wants."""

import os
import re

import pytest

from pg_httpd import TOP, StartError

ABLE = ("event",)                # the same for the audit of -t
FORWARD = ("proxy", "proxy_http", "proxy_connect", "access_compat",
           "allowmethods", "rewrite", "remoteip")
ON = "ProxyRequests On\nProxyVia On\n"
SOME = '<Proxy "*">\nRequire ip 198.51.100.1\n</Proxy>\n'
ENGINE = "RewriteEngine On\n"
OBSERVE = "ProxyGuard Observe\n"
STATUS = ('<Location "/open-status">\nSetHandler proxyguard-status\n'
          '</Location>')

# id, configuration, a piece of the line it is reported for
FINDINGS = [
    ("PG0201", ON, "ProxyRequests On"),
    ("PG0202", ON + '<Proxy "http*">\nRequire all denied\n</Proxy>\n'
     '<Proxy "*://*">\nRequire all denied\n</Proxy>', '<Proxy "*://*">'),
    ("PG0203", ON + SOME + '<Proxy "*:*">\nRequire all granted\n</Proxy>',
     '<Proxy "*:*">'),
    ("PG0204", ON + SOME + '<Proxy "http://127.0.0.1:7/">\n'
     'Require all granted\n</Proxy>\n<Proxy "127.0.0.1">\n'
     'Require all granted\n</Proxy>', '<Proxy "http://127'),
    ("PG0205", ON + "AllowCONNECT 443 25", "AllowCONNECT"),
    ("PG0210", OBSERVE + 'ProxyPassMatch "^/to/(.*)$" "http://$1"',
     "ProxyPassMatch"),
    ("PG0241", 'ProxyPassMatch "^/to/(.*)$" "http://$1"', "ProxyPassMatch"),
    ("PG0211", OBSERVE + ENGINE + 'RewriteRule "^/to/(.*)$" "http://$1" [P]',
     "RewriteRule"),
    ("PG0220", ON + '<If "%{HTTP:X-Key} != \'k\'">\n'
     'Require all denied\n</If>', "<If"),
    ("PG0221", ENGINE + 'RewriteRule "^/to/([0-9]+)$" "http://$1/" [P]',
     "RewriteRule"),
    ("PG0222", ON + '<Location "/">\nRequire all denied\n</Location>',
     "<Location"),
    ("PG0223", ON + '<Directory "/">\nRequire all denied\n</Directory>',
     "<Directory"),
    ("PG0224", ON + ENGINE + "RewriteRule ^http - [F]", "RewriteRule"),
    ("PG0225", ON + SOME + "AllowCONNECT 20-30", "AllowCONNECT"),
    ("PG0226", ON + SOME + "AllowCONNECT 443 8080", "AllowCONNECT"),
    ("PG0227", ON + '<Proxy "*">\nRequire ip 0.0.0.0/1\n</Proxy>',
     "Require ip"),
    ("PG0228", ON + SOME + "ProxyGuard Off", "ProxyGuard Off"),
    ("PG0229", STATUS, "<Location"),
    ("PG0231", "<VirtualHost *:7>\nServerAlias *\n</VirtualHost>",
     "ServerAlias"),
    ("PG0233", "ProxyAddHeaders Off", "ProxyAddHeaders"),
    ("PG0234", ON + "ProxyGuardForward Allow", "ProxyGuardForward"),
    ("PG0235", "ProxyRequests On\n" + SOME + "ProxyVia Block",
     "ProxyVia"),
    ("PG0236", ON + '<Proxy "*">\nOrder deny,allow\nDeny from all\n'
     '</Proxy>', "Order"),
    ("PG0242", ON + "RemoteIPHeader X-Real-IP\n" + SOME, "RemoteIPHeader"),
    ("PG0243", ON + '<Proxy "*">\nRequire expr "%{HTTP:X-Key} == \'k\'"\n'
     '</Proxy>', "Require expr"),
    ("PG0240", 'ProxyPassMatch "^/port/([0-9]+)/" "http://127.0.0.1:$1/"',
     "ProxyPassMatch"),
]


def report_of(server):
    code, said = server.run("-t", "-D", "DUMP_PROXYGUARD")
    assert code == 0, said
    return said


@pytest.mark.parametrize("number,conf,line", FINDINGS,
                         ids=[f[0] for f in FINDINGS])
def test_it_is_found_at_its_line(httpd_with, number, conf, line):
    server = httpd_with.make(conf, modules=FORWARD)
    said = report_of(server)
    found = re.findall(rf"^{number}: (\w+): .*?httpd\.conf:(\d+): ", said,
                       re.M)
    assert found, said
    with open(os.path.join(TOP, "docs", "audit.md"), encoding="utf-8") as f:
        assert f"\n| {number} | {found[0][0]} | " in f.read()
    lines = server.read("httpd.conf").splitlines()
    assert any(line in lines[int(n) - 1] for _, n in found), said
    assert "meaning: " in said and "    fix:\n" in said


def test_findings_without_a_line(httpd_with):
    said = report_of(httpd_with.make("", modules=FORWARD))
    assert re.search(r"^PG0237: note: mod_proxy_connect is loaded", said,
                     re.M), said
    assert "# Debian: a2dismod proxy_connect;" in said


def test_foreign_host_deny_needs_names(httpd_with):
    deny = "ProxyGuardAction foreign-host deny\nProxyGuardAudit Strict\n"
    host = "<VirtualHost *:7>\nServerName v.example\nServerAlias %s\n" \
        "</VirtualHost>\n"
    server = httpd_with.make(deny + host % "*")
    said = report_of(server)
    assert re.search(r"^PG0244: critical: .*matches every name$", said,
                     re.M), said
    code, said = server.check()
    assert code != 0 and "PG0244: " in said and "PG0299: " in said
    code, said = httpd_with.make(deny + host % "also.own.example").check()
    assert code == 0 and "PG0244" not in said, said


def test_no_name(httpd_with):
    server = httpd_with.make("")
    server.check()
    nameless = server.read("httpd.conf").replace("\nServerName ",
                                                 "\n#ServerName ")
    path = server.write("nameless.conf", nameless)
    _, said = server.run("-f", path, "-t", "-D", "DUMP_PROXYGUARD")
    assert "PG0230: warning: no ServerName" in said


def test_http2_forward(httpd_with):
    said = report_of(httpd_with.make("H2ProxyRequests on",
                                     modules=("http2", "proxy")))
    assert re.search(r"^PG0232: warning: ", said, re.M), said


def test_each_is_logged_once_at_start(httpd_with):
    server = httpd_with(ON + STATUS, modules=FORWARD)
    assert server.log.take(" PG0201: ").level == "crit"
    assert server.log.take(" PG0229: ").level == "warn"
    assert "1 of 3 findings critical" in server.log.take(" PG0200: ").text
    assert server.log.take_all(" PG02") == []
    server.graceful()
    assert len(server.log.take_all(" PG0201: ")) == 1
    server.log.take_all(" PG02")


def test_a_running_server_shows_them(httpd_with):
    server = httpd_with(ON, modules=FORWARD)
    server.log.take_all(" PG02")
    status = server.status()
    vhost = status["postures"][0]
    assert vhost["posture"] == "open"
    assert vhost["why"].startswith("third parties may relay by GET")
    assert [(f["id"], f["severity"]) for f in status["findings"]
            if f["severity"] == "critical"] == [("PG0201", "critical")]
    page = server.get("/proxyguard-status?lang=ja").text
    assert "第三者が中継できます" in page
    assert "利用者を制限する設定がありません" in page


def test_what_only_the_gate_sees(httpd_with):
    """A rule in an .htaccess file is in no tree that the audit reads."""
    server = httpd_with(
        "<Directory @ROOT@/htdocs>\nAllowOverride All\n</Directory>\n",
        modules=FORWARD)
    server.write("htdocs/.htaccess", ENGINE
                 + 'RewriteRule "^to/(.*)$" "http://$1" [P]\n')
    assert not any(f["id"] == "PG0245" for f in server.status()["findings"])
    assert server.get("/to/elsewhere.invalid/").status == 403
    server.log.take_all(" PG0101: ")
    found = [f for f in server.status()["findings"] if f["id"] == "PG0245"]
    assert len(found) == 1 and "(attempts: 1)" in found[0]["what"]


def test_off_logs_nothing(httpd_with):
    server = httpd_with(ON + "ProxyGuardAudit Off", modules=FORWARD)
    assert server.log.all(" PG02") == []
    assert "PG0201: critical: " in report_of(server)
    code, said = server.check()
    assert code == 0 and "PG02" not in said


def test_the_report_is_in_the_language_that_is_asked_for(httpd_with):
    server = httpd_with.make(ON, modules=FORWARD)
    english = report_of(server)
    assert english.isascii()
    for define, expected in (("en", english), ("xx", english), ("ja", None)):
        code, said = server.run("-t", "-D", "DUMP_PROXYGUARD", "-D",
                                "PROXYGUARD_LANG_" + define)
        assert code == 0
        assert said == expected or expected is None and not said.isascii()


def test_the_configuration_test_says_it_too(httpd_with):
    server = httpd_with.make(ON + STATUS, modules=FORWARD)
    code, said = server.check()
    assert code == 0 and said.count("PG0201: critical: ") == 1
    found = re.findall(r"^PG02\d\d: (\w+): ", report_of(server), re.M)
    assert set(found) == {"critical", "warning", "note"}
    assert (f"PG0200: configuration audit: {found.count('critical')} of "
            f"{len(found)} findings critical;") in said
    assert said.count(": warning: ") == found.count("warning")
    assert ": note: " not in said


def test_of_very_many_findings_a_hundred_are_logged(httpd_with):
    many = "".join(f"<VirtualHost *:7>\nServerName v{n}.example:9\n{ON}"
                   "</VirtualHost>\n" for n in range(101))
    code, said = httpd_with.make(many, modules=FORWARD).check()
    assert (code, said.count("PG0201: critical: ")) == (0, 100)
    assert "PG0201: critical: vhost v0.example:9, " in said


def test_strict_refuses_to_start(httpd_with):
    strict = ON + "ProxyGuardAudit Strict\n"
    server = httpd_with.make(strict, modules=FORWARD)
    with pytest.raises(StartError) as refused:
        server.start()
    assert refused.value.said.count("PG0201: critical: ") == 1
    assert refused.value.said.count("PG0299: ") == 1
    server.log.take_all("")
    code, said = server.check()
    assert code != 0 and "PG0299: " in said
    httpd_with(strict + SOME, modules=FORWARD)


def test_a_bad_word_is_refused(httpd_with):
    code, said = httpd_with.make("ProxyGuardAudit Loud").check()
    assert code != 0
    assert "ProxyGuardAudit: 'Loud' is not Warn, Off or Strict" in said


# configuration, request path (Host in place of @HOST@), verdict of the audit
REVERSE = [
    ('ProxyPassMatch "^/to/(.*)$" "http://$1"', "/to/@ORIGIN@/", "open"),
    ('ProxyPassMatch "^/x(.*)$" "http://127.0.0.1$1"', "/x:@PORT@/", "open"),
    ('ProxyPass "/" "http://127.0.0.1"', "/:@PORT@/", "open"),
    ('ProxyPassMatch "^(/x.*)$" "http://127.0.0.1:1$1"', "/x:@PORT@/",
     "no-proxy"),
    ('<LocationMatch "^/to/(.*)$">\nProxyPass "http://$1"\n'
     '</LocationMatch>', "/to/@ORIGIN@/", "open"),
    (ENGINE + 'RewriteRule "^/to/(.*)$" "http://$1" [P]', "/to/@ORIGIN@/",
     "open"),
    (ENGINE + 'RewriteRule "^(.*)$" "http://%{HTTP_HOST}$1" [P]', "/",
     "open"),
    (ENGINE + 'RewriteRule "^/x(.*)$" "http://127.0.0.1$1" [P]',
     "/x:@PORT@/", "open"),
    (ENGINE + 'RewriteRule "^/p/(.+)$" "$1" [P]', "/p/http://@ORIGIN@/",
     "open"),
    ('RewriteRule "^/to/(.*)$" "http://$1" [P]', "/to/@ORIGIN@/",
     "no-proxy"),
    ('ProxyPassMatch "^/to/(.*)$" "http://$1"\n<Location "/to">\n'
     'Require ip 192.0.2.1\n</Location>', "/to/@ORIGIN@/", "no-proxy"),
    ('ProxyPassMatch "^/to/(.*)$" "http://$1"\n' + SOME, "/to/@ORIGIN@/",
     "no-proxy"),
    ('ProxyPassMatch "^/to/(.*)$" "http://$1"\n<Location "/other">\n'
     'Require ip 192.0.2.1\n</Location>', "/to/@ORIGIN@/", "open"),
    ('ProxyPassMatch "^/(red|blue)/(.*)$" "http://$1.invalid/$2"',
     "/@ORIGIN@/", "no-proxy"),
]


@pytest.mark.parametrize("conf,path,posture", REVERSE)
def test_a_reverse_proxy_whose_target_is_asked_for(httpd_with, origin, conf,
                                                   path, posture):
    server = httpd_with("ProxyGuard Observe\n" + conf, modules=FORWARD)
    path = path.replace("@ORIGIN@", origin.authority) \
               .replace("@PORT@", str(origin.port))
    reply = server.send(f"GET {path} HTTP/1.1\r\nHost: {origin.authority}\r\n"
                        "Connection: close\r\n\r\n".encode())
    server.log.take_all("")
    said = re.search(rf"^vhost {server.name}\S*: (\S+): ", report_of(server),
                     re.M)[1]
    assert (reply.body == origin.body) == (posture == "open"), reply
    assert said == posture


# RewriteOptions of the main server, of the virtual host, whether the main
# server's rule reaches into it
INHERIT = [
    ("", "", False),
    ("", "Inherit", True),
    ("", "INHERITBEFORE", True),
    ("", "Inherit;AllowNoSlash", True),
    ("InheritDown", "", True),
    ("InheritDown", "AllowNoSlash", True),
    ("InheritDownBefore;AllowNoSlash", "", True),
    ("InheritDown", "IgnoreInherit", False),
    ("Inherit", "", True),
    ("Inherit", "AllowNoSlash", False),
]


@pytest.mark.parametrize("main,own,reaches", INHERIT)
def test_a_rule_of_the_main_server_in_a_virtual_host(httpd_with, origin, main,
                                                     own, reaches):
    def options(words):
        return "".join(f"RewriteOptions {w}\n" for w in words.split(";") if w)
    server = httpd_with(
        "ProxyGuard Observe\n" + ENGINE
        + 'RewriteRule "^/to/(.*)$" "http://$1" [P]\n' + options(main)
        + "<VirtualHost *:@PORT@>\nServerName v.example\n" + ENGINE
        + options(own) + "</VirtualHost>\n", modules=FORWARD)
    reply = server.send(f"GET /to/{origin.authority}/ HTTP/1.1\r\n"
                        "Host: v.example\r\nConnection: close\r\n\r\n"
                        .encode())
    assert (reply.body == origin.body) == reaches
    said = re.search(r"^vhost v\.example\S*: (\S+): ", report_of(server),
                     re.M)[1]
    assert said == ("open" if reaches else "no-proxy")
    server.log.take_all("")


ANSWERS = {
    "On": ("only this module prevents it", "No. There were no attempts."),
    "Observe": ("relays for anyone, and this module does not prevent it",
                "No. There were no attempts."),
    "Off": ("relays for anyone, and this module does not prevent it",
            "Not known. There were no attempts. This module is off"),
}


@pytest.mark.parametrize("engine", ANSWERS)
def test_the_page_does_not_claim_what_the_guard_does_not_do(httpd_with,
                                                            engine):
    server = httpd_with(ON + f"ProxyGuard {engine}\n", modules=FORWARD)
    server.log.take_all("PG0[02]")
    said = server.get("/proxyguard-status?format=text").text
    for sentence in ANSWERS[engine]:
        assert sentence in " ".join(said.split()), said

# Licensed under the Apache License, Version 2.0; see LICENSE.
"""What the guard does about an attempt, and how others see it: other modules,
log formats, error documents, expressions."""

import os
import subprocess

import pytest

from pg_backend import BODY, Backend
from pg_httpd import TOP
from pg_wire import exchange

SENT = {
    "absolute": b"GET http://s.example/page.txt HTTP/1.1\r\n"
                b"Host: s.example\r\n\r\n",
    "connect-tls": b"CONNECT s.example:443 HTTP/1.1\r\n"
                   b"Host: s.example\r\n\r\n",
    "connect-mail": b"CONNECT s.example:25 HTTP/1.0\r\n\r\n",
    "connect-other": b"CONNECT s.example:22 HTTP/1.0\r\n\r\n",
    "socks": b"\x05\x01\x00",
    "foreign-host": b"GET /page.txt HTTP/1.1\r\nHost: s.example\r\n"
                    b"Connection: close\r\n\r\n",
    "malformed": b"GET http:/s.example/ HTTP/1.0\r\n\r\n",
}
DEFAULT = {"absolute": 421, "connect-tls": 405, "connect-mail": 405,
           "connect-other": 405, "foreign-host": 421, "malformed": 400}


@pytest.mark.parametrize("class_id", DEFAULT)
def test_deny_without_and_with_a_status(httpd_with, class_id):
    for said, status in ((f"{class_id} deny", DEFAULT[class_id]),
                         (f"{class_id} deny 400", 400),
                         ("all deny 410", 410),
                         ("all deny", DEFAULT[class_id])):
        server = httpd_with(f"ProxyGuardAction {said}")
        reply = server.send(SENT[class_id])
        assert reply.status == status, said
        assert reply.headers["Connection"] == "close"
        line = server.log.attempt()
        assert (line.outcome, line.status) == ("denied", str(status))
        assert f" {status} " in server.access_log(1)[0]
        server.stop()


@pytest.mark.parametrize("class_id", [*DEFAULT, "socks"])
def test_drop_closes_without_a_word_and_is_access_logged(httpd_with,
                                                         class_id):
    server = httpd_with(f"ProxyGuardAction {class_id} drop")
    reply = server.send(SENT[class_id])
    assert (reply.raw, reply.rest) == (b"", b"")
    line = server.log.attempt()
    assert (line.id, line.outcome, line.status) == ("PG0103", "dropped",
                                                    "403")
    assert " 403 " in server.access_log(1)[0]
    assert server.status().flat()["dropped"] == 1


@pytest.mark.parametrize("class_id", SENT)
def test_observe_leaves_it_to_httpd(httpd_with, class_id):
    alone = httpd_with(guard=False).send(SENT[class_id])
    server = httpd_with(f"ProxyGuardAction {class_id} observe")
    assert server.send(SENT[class_id]).status == alone.status
    line = server.log.attempt()
    assert line.fields["class"] == class_id
    assert line.outcome == "observed"
    assert server.status()["attempts"] == 1
    for each in (server, *httpd_with.made):
        each.log.take_all("AH")


def test_a_class_keeps_its_own_action_beside_all(httpd_with):
    server = httpd_with("ProxyGuardAction all drop\n"
                        "ProxyGuardAction connect-mail deny 403")
    assert server.send(SENT["absolute"]).raw == b""
    assert server.send(SENT["connect-mail"]).status == 403
    server.log.attempts(2)


REFUSED = {
    "absolute deny 200": "'200' is not a status from 400 to 599",
    "absolute deny 302": "'302' is not a status from 400 to 599",
    "absolute deny 399": "'399' is not a status from 400 to 599",
    "absolute deny 600": "'600' is not a status from 400 to 599",
    "absolute deny 499": "that httpd knows",
    "absolute deny -1": "'-1' is not a status",
    "absolute deny 4o3": "'4o3' is not a status",
    "absolute drop 403": "'drop' takes no status, '403'",
    "absolute observe 403": "'observe' takes no status, '403'",
    "absolute refuse": "'refuse' is not deny, drop, observe or sink",
    "connect deny": "'connect' is not all, absolute, connect-tls, "
                    "connect-mail, connect-other, socks, foreign-host, "
                    "malformed, chosen-backend or chosen-port",
    "clean deny": "'clean' is not all, absolute",
}


@pytest.mark.parametrize("value", REFUSED)
def test_a_bad_action_stops_the_start_and_says_why(httpd_with, value):
    code, said = httpd_with.make(f"ProxyGuardAction {value}").check()
    assert code != 0
    assert "ProxyGuardAction: " in said and REFUSED[value] in said


# --- error documents ----------------------------------------------------------

DOCUMENTS = [
    ('"in a few words"', b"in a few words"),
    ("/denied.html", b"our own words about it\n"),
    ("/nowhere.html", None),
]


@pytest.mark.parametrize("document, body", DOCUMENTS)
def test_an_error_document_changes_the_words_only(httpd_with, document,
                                                  body):
    server = httpd_with("".join(f"ErrorDocument {s} {document}\n"
                                for s in (400, 405, 417, 421)))
    for octets, status in (
            (SENT["absolute"], 421), (SENT["connect-tls"], 405),
            (b"GET http://s.example/ HTTP/1.1\r\n\r\n", 400),
            (b"GET http://s.example/ HTTP/1.1\r\nHost: s.example\r\n"
             b"Expect: x\r\n\r\n", 417)):
        reply = server.send(octets)
        assert reply.status == status
        assert body is None or reply.body == body
        assert server.log.attempt().status == str(status)
    assert server.status()["attempts"] == 4
    server.log.take_all("AH")


REFUSALS = (
    (SENT["absolute"], 421), (SENT["connect-tls"], 405),
    (SENT["malformed"], 400),
    (b"GET http://s.example/ HTTP/1.1\r\n\r\n", 400))


@pytest.mark.parametrize("says", ["200 Fine", "302 Found"])
def test_whoever_writes_the_error_document_the_status_stays(httpd_with,
                                                            says):
    """A script, and a backend that all paths go to: both take the request for
    an ordinary one."""
    documents = "".join(f"ErrorDocument {s} /@/err\n" for s in (400, 405, 421))
    page = f"Status: {says}\nX: y\n\nthe page\n"
    backend = Backend("http", answer=int(says[:3]))
    server = httpd_with.make(
        f"""
        <VirtualHost *:@PORT@>
            ServerName www.own.example
            {documents.replace("@", "cgi")}
            ScriptAlias /cgi/ @ROOT@/cgi/
            <Directory @ROOT@/cgi>
                Require all granted
            </Directory>
        </VirtualHost>
        Listen 127.22.0.2:@PORT@
        <VirtualHost 127.22.0.2:@PORT@>
            ServerName www.own.example
            {documents.replace("@", "app")}
            ProxyPass / http://{backend.authority}/
        </VirtualHost>
        """, modules=("cgi" if os.environ.get("PG_MPM") == "prefork"
                      else "cgid", "proxy", "proxy_http"))
    script = server.write("cgi/err", f"#!/bin/sh\ncat <<'E'\n{page}E\n")
    os.chmod(script, 0o755)
    server.start()
    for host, text in (("127.0.0.1", b"the page\n"),
                       ("127.22.0.2", BODY)):
        for octets, status in REFUSALS:
            reply = exchange((host, server.port), octets)
            assert (reply.status, reply.body) == (status, text)
            assert server.log.attempt().status == str(status)
    # for anything else, whoever writes it decides
    assert server.get("/cgi/err").status == int(says[:3])
    assert server.status()["by_outcome"]["relayed"] == 0
    backend.close()


def test_an_error_document_elsewhere_never_makes_a_redirect(httpd_with):
    server = httpd_with("".join(
        f"ErrorDocument {s} http://elsewhere.example/\n"
        for s in (400, 404, 405, 414, 417, 421)))
    for octets, status in (
            (SENT["absolute"], 421), (SENT["connect-tls"], 405),
            (SENT["malformed"], 400),
            (b"GET http://s.example/ HTTP/1.1\r\n\r\n", 400),
            (b"GET http://s.example/%s HTTP/1.1\r\n\r\n" % (b"a" * 9000),
             400),
            (b"GET http://s.example/ HTTP/1.1\r\nHost: s.example\r\n"
             b"Expect: x\r\n\r\n", 400)):
        reply = server.send(octets)
        assert (reply.status, reply.body) == (status, b"")
        assert reply.headers.get("Allow") == (
            "GET,HEAD,POST,OPTIONS" if status == 405 else None)
        assert server.log.attempt().status == str(status)
    # anything but an attempt still goes there
    assert server.get("/nowhere").status == 302
    assert server.status()["attempts"] == 6
    server.log.take_all("AH")


# --- redirects inside, subrequests, other modules -----------------------------

def test_subrequests_and_internal_redirects_count_nothing_twice(httpd_with):
    server = httpd_with("""
        ProxyGuardAction absolute observe
        RewriteEngine On
        RewriteRule ^/moved$ /page.txt [PT]
        Alias /folder/ @ROOT@/htdocs/
        <Directory @ROOT@/htdocs>
            Options +Includes
            AddOutputFilter INCLUDES .shtml
        </Directory>
        """, modules=("rewrite", "include"))
    server.write("htdocs/in.shtml",
                 '<!--#include virtual="/page.txt" -->\n' * 3)
    for path, status in (("/", 200), ("/moved", 200), ("/folder/", 200),
                         ("/in.shtml", 200), ("/nowhere", 404)):
        reply = server.send(b"GET http://s.example%s HTTP/1.1\r\n"
                            b"Host: s.example\r\nConnection: close\r\n\r\n"
                            % path.encode())
        assert reply.status == status
        assert server.log.attempt().status == str(status)
    assert server.status()["attempts"] == 5


def test_what_mod_security_denies_first_is_refused_and_counted_once(
        httpd_with):
    server = httpd_with("""
        SecRuleEngine On
        SecDataDir @ROOT@/run
        SecRule REQUEST_METHOD "@streq CONNECT" "id:1,phase:1,deny,status:406"
        SecRule REQUEST_URI_RAW "@beginsWith http:" \
            "id:2,phase:1,deny,status:406"
        """, modules=("security2", "unique_id"))
    for octets in (SENT["connect-mail"], SENT["absolute"]):
        assert server.send(octets).status == 406
        line = server.log.attempt()
        assert (line.outcome, line.status) == ("refused", "406")
    assert server.status()["attempts"] == 2
    assert server.get("/page.txt").status == 200
    server.log.take_all("ModSecurity")


# --- exemptions --------------------------------------------------------------

def ask(server, *fields, target="http://s.example/page.txt"):
    return server.send("\r\n".join(
        [f"GET {target} HTTP/1.1", "Host: s.example", "Connection: close",
         *fields]).encode() + b"\r\n\r\n")


def test_an_exempt_request_is_neither_stopped_nor_counted(httpd_with):
    server = httpd_with('''
        ProxyGuardExempt "%{HTTP_USER_AGENT} == 'our-monitor'"
        ProxyGuardExempt "-R '192.0.2.0/24'" "%{REQUEST_METHOD} == 'PURGE'"
        <VirtualHost *:@PORT@>
            ServerName www.own.example
            ProxyGuardExempt "%{HTTP:X-Let} == 'in'"
        </VirtualHost>
        ''')
    assert ask(server, "User-Agent: our-monitor").status == 200
    assert ask(server, "X-Let: in").status == 200
    assert server.log.all("PG01") == []
    assert ask(server, "User-Agent: another").status == 421
    server.log.attempt()
    # anybody can send what these two ask for, and the audit says so
    assert len(server.log.take_all("PG0243")) == 2
    server.log.take_all("PG0200")


@pytest.mark.parametrize("value", ['"%{HTTP_HOST} =="', '"("', '"no such"'])
def test_what_is_no_expression_stops_the_start(httpd_with, value):
    code, said = httpd_with.make(f"ProxyGuardExempt {value}").check()
    assert code != 0
    assert "ProxyGuardExempt: " in said and "is not an expression" in said


# --- what others see ----------------------------------------------------------

def test_notes_and_environment_in_log_formats(httpd_with):
    server = httpd_with("""
        ProxyGuardAction connect-other observe
        LogFormat "%{proxyguard-class}n %{proxyguard-reason}n \\
%{proxyguard-action}n %{PROXYGUARD}e %>s" verdict
        CustomLog @ROOT@/all.log verdict
        CustomLog @ROOT@/env.log verdict env=PROXYGUARD
        CustomLog @ROOT@/expr.log verdict "expr=reqenv('PROXYGUARD') != ''"
        CustomLog @ROOT@/note.log verdict \\
"expr=note('proxyguard-class') == 'socks'"
        """)
    sent = [SENT["absolute"], SENT["connect-other"], SENT["socks"],
            b"GET http://s.example/ HTTP/1.1\r\n\r\n"]
    server.get("/page.txt")
    for octets in sent:
        server.send(octets)
    expected = [
        "absolute absolute-form-to-stranger deny absolute 421",
        "connect-other connect-to-authority pass connect-other 405",
        "socks socks5-greeting deny socks 400",
        "absolute absolute-form-to-stranger deny absolute 400"]
    assert server.read("env.log").splitlines() == expected
    assert server.read("expr.log").splitlines() == expected
    assert server.read("note.log").splitlines() == expected[2:3]
    assert "- - - - 200" in server.read("all.log").splitlines()
    server.log.attempts(4)
    server.log.take_all("AH")


def test_access_control_and_setenvif_can_use_it(httpd_with):
    server = httpd_with("""
        ProxyGuard Observe
        <Directory @ROOT@/htdocs>
            <RequireAll>
                Require all granted
                Require not env PROXYGUARD
            </RequireAll>
            SetEnvIf PROXYGUARD ^absolute$ seen=yes
            Header always set X-Seen "%{seen}e" env=seen
        </Directory>
        <If "reqenv('PROXYGUARD') == 'absolute'">
            Header always set X-If yes
        </If>
        """)
    reply = ask(server)
    assert reply.status == 403
    assert (reply.headers["X-Seen"], reply.headers["X-If"]) == ("yes", "yes")
    reply = server.get("/page.txt")
    assert reply.status == 200
    assert "X-Seen" not in reply.headers and "X-If" not in reply.headers
    server.log.attempt()
    server.log.take_all("AH01630")


@pytest.fixture(scope="module")
def asking(tmp_path_factory):
    """The path of tests/e2e/modules/mod_askguard.c, compiled."""
    folder = tmp_path_factory.mktemp("module")
    source = os.path.join(TOP, "tests", "e2e", "modules", "mod_askguard.c")
    copy = folder / "mod_askguard.c"
    copy.write_bytes(open(source, "rb").read())
    subprocess.run(["apxs", "-c", "-I", TOP, str(copy)], check=True,
                   cwd=folder, stdout=subprocess.DEVNULL)
    os.chmod(folder, 0o755)
    return str(folder / ".libs" / "mod_askguard.so")


def test_another_module_can_ask(httpd_with, asking):
    server = httpd_with("ProxyGuard Observe",
                        before=f"LoadModule askguard_module {asking}\n")
    assert ask(server).headers["X-Relay"] == "absolute"
    # an internal redirect (mod_dir) asks about the request it came from
    assert ask(server, target="http://s.example/").headers["X-Relay"] \
        == "absolute"
    assert server.get("/page.txt").headers["X-Relay"] == "none"
    server.log.attempts(2)


def test_without_the_guard_the_function_is_missing(httpd_with, asking):
    server = httpd_with(guard=False,
                        before=f"LoadModule askguard_module {asking}\n")
    assert server.get("/page.txt").headers["X-Relay"] == "no such function"

# Licensed under the Apache License, Version 2.0; see LICENSE.
"""Reverse proxies that go where the client tells them to: each way works
without the guard, and leads nowhere with it. The proof is what the origin
server remembers."""

import os
import socket

import pytest

import pg_steered
from pg_backend import Backend
from pg_hosts import free_port, host_on, tls_on
from pg_httpd import BASICS, MODULES
from pg_peers import Origin, trusting_client
from pg_steered import rule
from pg_wire import exchange

STRANGER = "127.0.0.3"


class Farm:
    """A server with a virtual host for each way, and the origins that must not
    be reached."""

    def __init__(self, servers, rows, more="", guard=True, override="All"):
        self.origin = Origin(host=STRANGER)
        self.local = Origin(host="127.0.0.1")
        self.rows = rows
        self.override = override
        self.addresses = {name: f"127.28.0.{n}"
                          for n, name in enumerate(rows, 1)}
        conf = "AddOutputFilter INCLUDES .shtml\n" + "".join(
            host_on("@PORT@", self._put(conf) + "\n" + more + self._folder(),
                    name="own.example", address=self.addresses[name])
            for name, (conf, _) in rows.items())
        if not guard:
            conf = "\n".join(line for line in conf.splitlines()
                             if not line.startswith("ProxyGuard"))
        self.server = servers.make(conf, modules=pg_steered.MODULES,
                                   guard=guard)
        for name, text in pg_steered.FILES.items():
            self.server.write("htdocs/" + name, text)
        self.server.start()
        self.server.log.take_all(r"PG0[02]\d\d: |AH00111")

    def _put(self, text):
        for key, value in (("@S@", self.origin.authority),
                           ("@SH@", STRANGER),
                           ("@SP@", str(self.origin.port)),
                           ("@L@", str(self.local.port)),
                           ("@L1@", str(self.local.port)[:2]),
                           ("@L2@", str(self.local.port)[2:]),
                           ("@DIR@", "@ROOT@/htdocs")):
            text = text.replace(key, value)
        return text

    def _folder(self):
        return ("\n<Directory @ROOT@/htdocs>\n"
                f"AllowOverride {self.override}\n"
                "Options +Includes\nRequire all granted\n</Directory>\n")

    def ask(self, name):
        """(whether it was relayed, the reply)"""
        before = len(self.origin.hits) + len(self.local.hits)
        octets = self._put(self.rows[name][1]).replace(
            "@OWN@", f"own.example:{self.server.port}").encode()
        try:
            reply = exchange((self.addresses[name], self.server.port),
                             octets, timeout=10)
        except (OSError, socket.timeout):
            reply = None
        return len(self.origin.hits) + len(self.local.hits) > before, reply

    def close(self):
        self.origin.close()
        self.local.close()
        self.server.log.take_all("AH|unable to include|End of script output")


@pytest.fixture
def farm(httpd_with):
    made = []

    def make(rows, **more):
        made.append(Farm(httpd_with, rows, **more))
        return made[-1]
    yield make
    for one in made:
        one.close()


@pytest.mark.parametrize("rows", [pg_steered.HOSTS, pg_steered.PORTS],
                         ids=["hosts", "ports"])
def test_each_way_works_without_the_guard(farm, rows):
    bare = farm(rows, guard=False)
    assert [name for name in rows if not bare.ask(name)[0]] == []


def test_no_way_leads_anywhere_with_it(farm):
    rows = pg_steered.HOSTS
    guarded = farm(rows)
    seen = {name: guarded.ask(name) for name in rows}
    assert [name for name, (carried, _) in seen.items() if carried] == []
    lines = guarded.server.log.attempts(len(rows))
    assert {x.fields["class"] for x in lines} == {"chosen-backend"}
    assert {x.outcome for x in lines} == {"denied"}
    assert {x.reason for x in lines} == {"backend-host-from-client"}
    counts = guarded.server.status()
    assert counts["by_outcome"]["denied"] == len(rows)
    assert counts["by_family"]["reverse"] == len(rows)
    # a page with a part that was refused is a page all the same, and what
    # was not found stays that
    assert {name: reply.status for name, (_, reply) in seen.items()
            if reply.status != 403} == {"a part of a page": 200,
                                        "an error document": 404}


def test_a_field_that_goes_is_seen_without_htaccess_too(farm):
    rows = {name: row for name, row in pg_steered.HOSTS.items()
            if "RequestHeader" in row[0]}
    assert len(rows) == 4
    guarded = farm(rows, override="None")
    assert [name for name in rows if guarded.ask(name)[0]] == []
    guarded.server.log.attempts(len(rows))


TAKES_AWAY = "RequestHeader unset X-Target\n"
TO_TARGET = rule("^/h$", "http://%{HTTP:X-Target}/") + "\n"
FIELDS = {
    "nothing goes": (TO_TARGET, False),
    "another goes": (
        TO_TARGET + "RequestHeader set X-Forwarded-Proto https\n", False),
    "one that ends alike goes": (
        "RequestHeader unset Z-Target\n" + TO_TARGET, False),
    "none is read": (
        TAKES_AWAY + "ProxyPass /app http://127.0.0.2\n", False),
    "no .htaccess": ("AllowOverride AuthConfig Options\n", False),
    "it goes": (TAKES_AWAY + TO_TARGET, True),
    "by a variable's name": (
        TAKES_AWAY + rule("^/h$", "http://%1/", "%{HTTP_X_TARGET} (.*)"),
        True),
    "by a pattern for fields": (
        TAKES_AWAY + "SetEnvIf ^X-T.*t$ (.*) TO=$1\n", True),
    "Host is set": ("RequestHeader set Host inner.example\n", True),
    "it is edited": (
        TO_TARGET + "RequestHeader edit X-Target ^ inner.\n", True),
    ".htaccess": ("AllowOverride FileInfo\n", True),
    ".htaccess, a list": ("AllowOverrideList RewriteRule\n", True),
    ".htaccess, an empty list": ("AllowOverrideList None\n", False),
    "a condition without a rule": (
        "RewriteCond %{REQUEST_URI} ^/h$\n", False),
}


@pytest.mark.parametrize("name", FIELDS)
def test_only_who_needs_it_pays_for_looking_at_fields_early(httpd_with, name):
    conf, pays = FIELDS[name]
    server = httpd_with(
        "RewriteEngine On\n<Location /server-info>\nSetHandler server-info\n"
        "</Location>\n<Directory @ROOT@/htdocs>\nRequestHeader append X y\n"
        + (conf if conf.startswith("Allow") else "") + "</Directory>\n"
        + (conf if not conf.startswith("Allow") else ""),
        modules=("proxy", "proxy_http", "rewrite", "info"))
    server.log.take_all(r"PG0[02]\d\d: ")
    hooks = server.get("/server-info?hooks").body
    fixups = hooks.partition(b"Fixups")[2].partition(b"<dt>")[0]
    assert b"mod_headers.c" in fixups
    assert (b"mod_proxyguard.c" in fixups) == pays


def test_it_starts_whatever_module_was_loaded_last(httpd_with):
    last = "".join(f"LoadModule {m}_module {MODULES}/mod_{m}.so\n"
                   for m in ("rewrite", "headers"))
    server = httpd_with(last + TAKES_AWAY + TO_TARGET,
                        basics=tuple(m for m in BASICS if m != "headers"),
                        modules=("proxy", "proxy_http"))
    server.log.take_all(r"PG0[02]\d\d: ")
    assert server.get("/page.txt").status == 200


def test_a_socket_can_be_chosen_too(httpd_with):
    server = httpd_with("", modules=("proxy", "proxy_http", "rewrite"))
    path = server.path("third.sock")
    third = Backend("http", path=path)
    os.chmod(path, 0o777)
    server.stop()
    server.conf = rule("^/h$", "unix:%{HTTP:X-Socket}|http://localhost/")
    server.start()
    server.log.take_all(r"PG0[02]\d\d: ")
    reply = server.get("/h", headers=[f"X-Socket: {path}"])
    assert (reply.status, third.hits) == (403, 0)
    assert server.log.attempt().reason == "backend-host-from-client"
    third.close()


def test_the_name_asked_for_in_tls_can_choose_too(httpd_with, certificate):
    """With Host our own: the two need not agree."""
    third, port = Origin(host=STRANGER), free_port()
    for guard in (False, True):
        server = httpd_with(
            tls_on(port, certificate,
                   rule("^/h$", "http://%{SSL:SSL_TLS_SNI}/")
                   + f"\nProxyRemote * http://{third.authority}"),
            modules=pg_steered.MODULES, guard=guard)
        server.log.take_all(r"PG0[02]\d\d: ")
        before = len(third.hits)
        reply = exchange(("127.0.0.1", port), (
            f"GET /h HTTP/1.1\r\nHost: {server.name}\r\n"
            "Connection: close\r\n\r\n").encode(), trusting_client(),
            "stranger.test")
        assert (reply.status, len(third.hits) > before) == (
            (403, False) if guard else (200, True))
        server.stop()
    assert server.log.attempt().host == "stranger.test"
    third.close()


def test_a_port_is_observed_and_can_be_denied(farm):
    rows = pg_steered.PORTS
    seen = farm(rows)
    assert [name for name in rows if not seen.ask(name)[0]] == []
    lines = seen.server.log.attempts(len(rows))
    assert {(x.outcome, x.reason) for x in lines} == {
        ("relayed", "backend-port-from-client")}
    denied = farm(rows, more="ProxyGuardAction chosen-port deny")
    assert [name for name in rows if denied.ask(name)[0]] == []
    lines = denied.server.log.attempts(len(rows))
    assert {(x.outcome, x.reason) for x in lines} == {
        ("denied", "backend-port-from-client")}


def test_it_can_be_dropped_and_observed(farm):
    rows = {"path": pg_steered.HOSTS["path"]}
    dropping = farm(rows, more="ProxyGuardAction chosen-backend drop\n"
                    'CustomLog @ROOT@/notes.log "%{proxyguard-class}n '
                    '%{proxyguard-action}n %{PROXYGUARD}e"')
    carried, reply = dropping.ask("path")
    assert (carried, reply.raw) == (False, b"")
    assert dropping.server.log.attempt().outcome == "dropped"
    assert dropping.server.read("notes.log") == (
        "chosen-backend drop chosen-backend\n")
    for more in ("ProxyGuardAction chosen-backend observe",
                 "ProxyGuard Observe"):
        watching = farm(rows, more=more)
        carried, reply = watching.ask("path")
        assert (carried, reply.status) == (True, 200)
        assert watching.server.log.attempt().outcome == "relayed"
        assert watching.server.status().flat()["relayed"] == 1


def test_the_line_says_the_directive_that_would_allow_it(farm):
    rows = {"path": pg_steered.HOSTS["path"]}
    first = farm(rows)
    assert not first.ask("path")[0]
    said = first.server.log.attempt().allow
    assert said == f"ProxyGuardBackend {first.origin.authority}"
    for declared in ("127.0.0.3", "127.0.0.0/8", f"127.0.0.3:{1}-65535"):
        allowed = farm(rows, more=f"ProxyGuardBackend {declared}")
        assert allowed.ask("path")[0], declared
        assert allowed.server.log.all("PG01") == []
    named = {"path, a name": pg_steered.HOSTS["path, a name"],
             "a dot behind": pg_steered.HOSTS["Host, a name with a dot behind"]}
    told = farm(named)
    for name in named:
        assert not told.ask(name)[0]
        said = told.server.log.attempt().allow
        allowed = farm({name: named[name]}, more=said)
        assert allowed.ask(name)[0], said
        assert allowed.server.log.all("class=chosen-backend") == []
        allowed.server.log.take_all("class=foreign-host")
    other = farm(rows, more="ProxyGuardBackend 127.0.0.3:1")
    assert other.ask("path")[0]
    assert other.server.log.attempt().reason == "backend-port-from-client"

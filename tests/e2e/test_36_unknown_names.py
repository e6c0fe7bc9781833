# Licensed under the Apache License, Version 2.0; see LICENSE.
"""Where the names of a virtual host are not known, a name in Host may be one
of them; an address, or a port that is not served, is not. And one virtual host
that matches every name does not blind the others."""

import os

import pytest

from pg_hosts import host_on
from pg_httpd import StartError
from pg_peers import Origin
from pg_steered import HOST, ask
from pg_wire import exchange

MODULES = ("proxy", "proxy_http", "rewrite", "vhost_alias")
# all that is carried goes to the third party, whatever its name
REMOTE = "\nProxyRemote * http://{}\n"
UNKNOWN = {
    "no ServerName": (None, "{conf}"),
    "an alias matches every name": (
        "www.own.example", "<VirtualHost *:@PORT@>\nServerName a.example\n"
        "ServerAlias *\n{conf}</VirtualHost>\n"),
    "VirtualDocumentRoot serves any name": (
        "www.own.example", "<VirtualHost *:@PORT@>\nServerName a.example\n"
        "VirtualDocumentRoot @ROOT@/sites/%0\n{conf}</VirtualHost>\n"),
}


@pytest.fixture
def third():
    origin = Origin(host="127.0.0.3")
    yield origin
    origin.close()


@pytest.mark.parametrize("why", UNKNOWN)
def test_a_name_by_host_is_observed_and_the_rest_is_denied(httpd_with, third,
                                                           why):
    name, text = UNKNOWN[why]
    server = httpd_with(
        text.format(conf=HOST + REMOTE.format(third.authority)),
        modules=MODULES, name=name)
    assert why in server.log.take("PG0004").message
    server.log.take_all(r"PG0[02]\d\d: |AH00558")
    for host, carried in (("any.test", True),
                          (f"any.test:{server.port}", True),
                          ("any.test:25", False),
                          (third.authority, False), ("127.0.0.1:25", False),
                          ("localhost:25", False)):
        before = len(third.hits)
        reply = server.send(ask("/x", host).encode())
        line = server.log.attempt()
        assert line.reason == "backend-host-from-client", host
        assert (len(third.hits) > before) == carried, host
        assert (reply.status, line.outcome) == (
            (200, "relayed") if carried else (403, "denied")), host


@pytest.mark.parametrize("every", [
    "ServerAlias *", "ProxyGuardOwnHost *",
    "VirtualDocumentRoot @ROOT@/htdocs/%0", "VirtualScriptAlias @ROOT@/%0"])
def test_one_that_takes_every_name_blinds_no_other(httpd_with, every):
    server = httpd_with.make(
        host_on("@PORT@", every, "any.example", "127.0.0.5")
        + host_on("@PORT@", "ProxyGuardAction foreign-host deny\n"
                  "VirtualDocumentRoot @ROOT@/htdocs\n"
                  "LogFormat %h short",
                  "known.example", "127.0.0.6"), modules=("vhost_alias",))
    os.makedirs(server.path("htdocs/stranger.test"))
    server.write("htdocs/stranger.test/page.txt", "own page\n")
    server.start()
    server.log.take("PG0004: the names of virtual host any.example:")
    server.log.take_all("PG0231")
    octets = ask("/page.txt", "stranger.test").encode()
    assert exchange(("127.0.0.5", server.port), octets).status == 200
    assert exchange(("127.0.0.6", server.port), octets).status == 421
    assert server.log.attempt().fields["class"] == "foreign-host"


def test_a_section_is_known_by_its_line_and_its_file(httpd_with):
    """Each is on line 2 of a file, or on another line of the same one."""
    host = ("\n<VirtualHost *:@PORT@>\nServerName {}.example\n{}"
            "</VirtualHost>\n")
    every = "VirtualDocumentRoot {}/%0\n"
    server = httpd_with.make("Include first.conf\nInclude second.conf\n",
                             modules=("vhost_alias",))
    files = {"first": host.format("a", every) + host.format("b", ""),
             "second": host.format("c", "") + host.format("d", every)}
    for name, text in files.items():
        server.write(f"{name}.conf", text.replace("{}", server.root)
                     .replace("@PORT@", "80"))
    server.start()
    unknown = sorted(x.message.split()[6]
                     for x in server.log.take_all("PG0004"))
    assert unknown == ["a.example:80", "d.example:80"]
    server.log.take_all("PG0231")


def test_a_denial_that_cannot_work_is_critical(httpd_with):
    conf = "ProxyGuardAction foreign-host deny\n"
    server = httpd_with(conf, name=None)
    assert server.log.take("PG0244: critical: vhost").level == "crit"
    server.log.take_all(r"PG0[02]\d\d: |AH00558")
    with pytest.raises(StartError) as e:
        httpd_with(conf + "ProxyGuardAudit Strict\n", name=None)
    assert "PG0299: ProxyGuardAudit Strict: refusing to start" in e.value.said
    strict = httpd_with.made[-1]
    strict.log.take_all("PG0|AH")
    httpd_with(conf + "ProxyGuardAudit Strict\n")       # with a name


MASS = ("<VirtualHost *:@PORT@>\nServerName a.example\n"
        "VirtualDocumentRoot @ROOT@/sites/{}\n</VirtualHost>\n"
        "<Directory @ROOT@/sites>\nRequire all granted\n</Directory>\n"
        "ProxyRequests On\n")


def absolute(target, host="a.example"):
    return (f"GET {target} HTTP/1.1\r\nHost: {host}\r\n"
            "Connection: close\r\n\r\n").encode()


@pytest.fixture
def mass(httpd_with):
    def start(pattern, *folders):
        server = httpd_with(MASS.format(pattern), modules=MODULES,
                            name="www.own.example")
        server.log.take_all(r"PG0[02]\d\d: |AH00558")
        for folder in folders:
            os.makedirs(server.path("sites/" + folder))
            server.write(f"sites/{folder}/x", "hosted")
        return server
    return start


@pytest.mark.parametrize("pattern, folder, name", (
    ("%0", "hosted.test", "hosted.test"),
    ("%0", "hosted.test", "HOSTED.test."),
    ("%-1/%-2", "test/hosted", "www.hosted.test"),
    ("%2+", "hosted.test", "www.hosted.test")))
def test_absolute_form_to_a_name_with_a_folder_is_served(mass, pattern,
                                                         folder, name):
    server = mass(pattern, folder)
    for authority in (name, f"{name}:{server.port}", f"{name}:80",
                      f"{name}:443"):
        reply = server.send(absolute(f"http://{authority}/x"))
        assert (reply.status, reply.body) == (200, b"hosted"), authority
    # of another scheme httpd takes the host from the field
    reply = server.send(absolute(f"https://{name}/x", host=name))
    assert (reply.status, reply.body) == (200, b"hosted")
    assert not server.log.all("PG01")


def test_what_no_folder_is_for_stays_an_attempt(mass):
    server = mass("%0", "hosted.test", "_")
    os.symlink("/", server.path("sites/root"))
    for target in ("http://stranger.test/x", "http://hosted.test:25/x",
                   "ftp://hosted.test/x", "http://../x", "http://./x",
                   "http://sites%2fhosted.test/x", "http://_hosted.test/x",
                   "http://..%2fsites%2fhosted.test/x", "http://[::1]/x",
                   "http://hosted.test/../x@stranger.test/",
                   "http://hosted.test@stranger.test/x"):
        assert server.send(absolute(target)).status >= 400, target
    server.send(b"CONNECT hosted.test:443 HTTP/1.1\r\nHost: x\r\n\r\n")
    lines = server.log.take_all("PG01") if server.settled(9) else []
    assert {x.outcome for x in lines} <= {"denied", "refused"}
    server.log.take_all("AH")


def test_a_folder_for_scripts_is_one_too(mass):
    server = mass("%0\nVirtualScriptAlias @ROOT@/cgi/%0", "pages.test",
                  "../cgi/scripts.test")
    assert server.send(absolute("http://pages.test/x")).body == b"hosted"
    assert server.send(absolute("http://scripts.test/x")).status == 404
    assert server.send(absolute("http://stranger.test/x")).status == 421
    assert server.log.attempt().host == "stranger.test"
    server.log.take_all("AH")


@pytest.mark.parametrize("pattern, folder", (
    ("%1", "www"), ("%-1", "test"), ("%p", "80"), ("all", "all"),
    ("%1.1", "w")))
def test_a_folder_for_a_part_of_the_name_makes_it_not_ours(mass, pattern,
                                                           folder):
    server = mass(pattern, folder)
    assert server.send(absolute("http://www.stranger.test/x")).status == 421
    assert server.log.attempt().reason == "absolute-form-to-stranger"

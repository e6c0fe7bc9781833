# Licensed under the Apache License, Version 2.0; see LICENSE.
"""Own names in a real httpd: what its own fields get wrong must neither hide a
foreign name nor make one of ours foreign."""

import os
import socket
import time

import pytest

from pg_hosts import free_ports, host_on
from pg_wire import SLOW, exchange, wait_until

PAGE = b"own page\n"


def get(target, host, version="1.1"):
    return (f"GET {target} HTTP/{version}\r\nHost: {host}\r\n"
            "Connection: close\r\n\r\n").encode()


def verdicts(server, targets, host, address=None):
    """target -> "own", or the reason why it is foreign."""
    out = {}
    for target in targets:
        exchange(address or server.address, get(target, host))
        lines = server.log.take_all(" PG01")
        out[target] = lines[0].reason if lines else "own"
    server.log.take_all("AH")
    return out


STRANGER = "absolute-form-to-stranger"
PORT = "own-name-foreign-port"
SCHEME = "own-name-foreign-scheme"

NAMES = """
    <VirtualHost *:@PORT@>
        ServerName first.own.test
        ServerAlias alias.own.test *.wild.own.test shop?.own.test
    </VirtualHost>
    <VirtualHost *:@PORT@>
        ServerName second.own.test:8443
    </VirtualHost>
    ProxyGuardOwnHost public.own.test:9443 *.cdn.own.test 203.0.113.7 \\
        any.own.test:*
    """

OURS = {
    # names of every virtual host, however written
    "http://first.own.test/": "own",
    "http://FIRST.Own.Test/": "own",
    "http://first.own.test./": "own",
    "http://first.own.test:80/": "own",
    "http://first.own.test:443/": "own",
    "https://first.own.test/": "own",
    "HTTPS://first.own.test/": "own",
    "ws://first.own.test/": "own",
    "http://alias.own.test/": "own",
    "http://a.wild.own.test/": "own",
    "http://a.b.wild.own.test/": "own",
    "http://shop1.own.test/": "own",
    "http://second.own.test/": "own",
    "http://second.own.test:8443/": "own",
    # declared as ours
    "http://public.own.test:9443/": "own",
    "http://x.cdn.own.test/": "own",
    "http://203.0.113.7/": "own",
    "http://any.own.test:12345/": "own",
    # the address the connection came in on, in every spelling
    "http://127.0.0.1/": "own",
    "http://[::ffff:127.0.0.1]/": "own",
    "http://[::FFFF:7f00:1]/": "own",
    # our name with a port or a scheme that is not served here
    "http://first.own.test:25/": PORT,
    "http://127.0.0.1:25/": PORT,
    "http://public.own.test:22/": PORT,
    "http://first.own.test:99999/": PORT,
    "http://first.own.test:0/": PORT,
    "http://first.own.test:+80/": PORT,
    "ftp://first.own.test/": SCHEME,
    "gopher://first.own.test/": SCHEME,
    # foreign names that look like ours
    "http://first.own.test.s.example/": STRANGER,
    "http://xfirst.own.test/": STRANGER,
    "http://own.test/": STRANGER,
    "http://wild.own.test/": STRANGER,
    "http://shop12.own.test/": STRANGER,
    "http://first.own.test@s.example/": STRANGER,
    "http://first.own.test:80@s.example/": STRANGER,
    "http://s.example/?first.own.test": STRANGER,
    "http://s.example#@first.own.test/": STRANGER,
    "http://*/": STRANGER,
    "http://_default_/": STRANGER,
    "http://2130706433/": STRANGER,
    "http://0x7f.1/": STRANGER,
    "http://127.1/": STRANGER,
    "http://[::1]/": STRANGER,
}


@pytest.mark.parametrize("options", ["", "HttpProtocolOptions Unsafe\n"])
def test_ours_and_strangers(httpd_with, options):
    server = httpd_with(options + NAMES)
    assert verdicts(server, OURS, "first.own.test") == OURS
    # each foreign target counted once
    assert server.get("/proxyguard-status").status == 200


def test_a_port_of_ours_is_one_we_listen_on(httpd_with):
    ports = free_ports(3)
    server = httpd_with(host_on(ports[0], "")
                        + f"Listen 127.0.0.1:{ports[1]}\n")
    expected = {f"http://{server.name}:{server.port}/": "own",
                f"http://{server.name}:{ports[0]}/": "own",
                f"http://{server.name}:{ports[1]}/": "own",
                f"http://{server.name}:{ports[2]}/": PORT}
    assert verdicts(server, expected, server.name) == expected


def test_behind_a_tls_terminator(httpd_with):
    """ServerName https://...: httpd then takes the Host field for the
    target's host, and its port."""
    server = httpd_with("ServerName https://www.own.test:443\n"
                        "UseCanonicalName On")
    expected = {"https://www.own.test/": "own",
                "http://www.own.test/": "own",
                "https://www.own.test:443/": "own",
                "https://s.example/": STRANGER,
                "http://s.example/": STRANGER,
                "http://s.example:25/": STRANGER,
                "https://www.own.test:25/": PORT,
                "http://www.own.test@s.example/": STRANGER,
                "http://2130706433/": STRANGER,
                "http://www.own.test%2es.example/": STRANGER}
    assert verdicts(server, expected, "www.own.test") == expected


@pytest.mark.parametrize("canonical", ["On", "Off", "DNS"])
def test_use_canonical_name_changes_nothing(httpd_with, canonical):
    server = httpd_with(f"UseCanonicalName {canonical}")
    expected = {"http://s.example/": STRANGER,
                f"http://{server.name}/page.txt": "own"}
    assert verdicts(server, expected, "s.example") == expected


def test_the_host_field_decides_nothing_about_the_target(httpd):
    for host in (httpd.name, "s.example", "127.0.0.1"):
        expected = {"http://s.example/": STRANGER,
                    f"http://{httpd.name}/": "own",
                    f"https://s.example:{httpd.port}/": STRANGER}
        assert verdicts(httpd, expected, host) == expected


def test_virtual_hosts_by_address_know_each_others_names(httpd_with):
    server = httpd_with("""
        <VirtualHost 127.0.0.1:@PORT@>
            ServerName by-address.own.test
        </VirtualHost>
        <VirtualHost *:@PORT@>
            ServerName by-name.own.test
        </VirtualHost>
        <VirtualHost 127.0.0.6:@PORT@>
            ServerName other.own.test
        </VirtualHost>
        Listen 127.0.0.5:@PORT@
        """)
    expected = {f"http://{n}/": "own" for n in (
        "by-address.own.test", "by-name.own.test", server.name, "127.0.0.1",
        "other.own.test", "127.0.0.5", "127.0.0.6")}
    expected["http://127.0.0.7/"] = STRANGER
    assert verdicts(server, expected, server.name) == expected


# --- a foreign Host -----------------------------------------------------------

HOSTS = {"www.own.example": None, "WWW.OWN.EXAMPLE.": None,
         "www.own.example:80": None, "127.0.0.1": None, "192.0.2.7": None,
         "[::1]": None, "localhost": None, "s.example": "foreign-host",
         "s.example:80": "foreign-host",
         "www.own.example.s.example": "foreign-host",
         "127.0.0.1.s.example": "foreign-host",
         "www.own.exampl": "foreign-host", "xwww.own.example": "foreign-host"}

# on the virtual hosts of NAMES
ALIASES = {"first.own.test": None, "ALIAS.own.test": None,
           "alias.own.test:25": None, "a.wild.own.test": None,
           "a.b.wild.own.test": None, "shop1.own.test": None,
           "second.own.test": None, "x.cdn.own.test": None,
           "wild.own.test": "foreign-host", "xwild.own.test": "foreign-host",
           "xalias.own.test": "foreign-host", "alias.own": "foreign-host",
           "blias.own.test": "foreign-host",
           "zlias.own.test": "foreign-host", "a.zild.own.test": "foreign-host",
           "shop12.own.test": "foreign-host", "own.test": "foreign-host"}


def foreign(server, hosts):
    """Host -> the class that it is counted as, or None."""
    out = {}
    for host in hosts:
        assert server.send(get("/page.txt", host)).body == PAGE
        lines = server.log.take_all(" PG01")
        out[host] = "+".join(x.fields["class"] for x in lines) or None
    return out


def test_a_host_field_may_be_an_alias(httpd_with):
    server = httpd_with(NAMES)
    assert foreign(server, ALIASES) == ALIASES


# the first four are compared before names are looked up
EIGHT = [f"{letter}.our.test" for letter in "abcdefgh"]


@pytest.mark.parametrize("patterns", [[], ["*.wild.our.test", "x.*"],
                                      [f"{x}?.our.test" for x in "qrstuvwx"]])
def test_however_many_names_there_are_each_is_ours(httpd_with, patterns):
    """httpd has room for 4, then 8 of each kind, and for 2, then 4 of what we
    are told."""
    server = httpd_with(f"""
        ProxyGuardOwnHost a.said.test b.said.test c.said.test d.said.test
        <VirtualHost *:@PORT@>
            ServerName own.test
            ServerAlias {' '.join(EIGHT + patterns)}
        </VirtualHost>
        <VirtualHost *:@PORT@>
            ServerName other.test
            ServerAlias {' '.join(patterns[:4] or EIGHT[:4])}
        </VirtualHost>
        """)
    ours = [x.replace("*", "sub").replace("?", "1")
            for x in EIGHT + patterns] + ["a.said.test", "d.said.test"]
    expected = {**dict.fromkeys(ours), **dict.fromkeys(
        ["i.our.test", "b.our.tesu", "aa.our.test", "our.test", "a.our.tes",
         "wild.our.test", "v.our.test", "v12.our.test", "e.said.test"],
        "foreign-host")}
    assert foreign(server, expected) == expected


def test_whose_host_field_is_foreign(httpd):
    assert foreign(httpd, HOSTS) == HOSTS
    assert httpd.send(b"GET /page.txt HTTP/1.0\r\n\r\n").body == PAGE
    # wherever among the fields it is
    assert httpd.send(b"GET /page.txt HTTP/1.1\r\nX: www.own.example\r\n"
                      b"Host: s.example\r\n\r\n").body == PAGE
    assert httpd.log.attempt().reason == "foreign-host-field"
    assert httpd.status()["attempts"] == 7


# a hosts file as Debian makes it, with what people add; @HOST@ is this machine
HOSTS_FILE = """\
127.0.0.1\tlocalhost
127.0.1.1   fqdn.machine.test @HOST@   # its own name
::1 six.machine.test SIX-too.machine.test.
127.0.0.1 dev.machine.test *.wild.test
192.0.2.9 other.machine.test
10.1.2.3.4 broken.test
# 127.0.0.1 comment.test
127.0.0.1
"""

# Host -> is it ours, and is absolute-form to it ours over loopback
OF_THE_MACHINE = {
    "localhost": (True, True), "LOCALHOST.": (True, True),
    "a.b.localhost": (True, True),
    "localhost.localdomain": (True, True), "ip6-localhost": (True, True),
    "@HOST@": (True, True), "fqdn.machine.test": (True, True),
    "six.machine.test": (True, True), "six-TOO.machine.test": (True, True),
    "dev.machine.test": (True, True), "dev.machine.test:9090": (True, None),
    "web.default.svc.cluster.local": (True, False),
    "svc.cluster.local": (False, False),
    "other.machine.test": (False, False), "a.wild.test": (False, False),
    "wild.test": (False, False), "broken.test": (False, False),
    "comment.test": (False, False), "localhost.s.example": (False, False),
    "xlocalhost": (False, False),
}


def of_the_machine(server):
    """{name: (not foreign as Host, ours in absolute-form)} as seen."""
    seen = {}
    for name, (_, absolute) in OF_THE_MACHINE.items():
        host = name.replace("@HOST@", socket.gethostname())
        assert server.send(get("/page.txt", host)).body == PAGE
        known = not server.log.take_all("class=foreign-host")
        if absolute is not None:
            reply = server.send(get(f"http://{host}/page.txt", host))
            absolute = reply.status == 200
            assert absolute == (not server.log.take_all("class=absolute"))
        seen[name] = (known, absolute)
    return seen


def test_the_machines_own_names_are_no_attempts(httpd_with):
    server = httpd_with.make("ProxyGuardHostsFile hosts")
    server.write("hosts", HOSTS_FILE.replace("@HOST@", socket.gethostname()))
    assert of_the_machine(server.start()) == OF_THE_MACHINE


def test_without_a_hosts_file_only_the_usual_names_are_ours(httpd_with):
    server = httpd_with.make("ProxyGuardHostsFile hosts\n"
                             "ProxyGuardHostsFile none")
    server.write("hosts", HOSTS_FILE)
    server.start()
    usual = {"localhost", "LOCALHOST.", "a.b.localhost", "@HOST@",
             "localhost.localdomain", "ip6-localhost",
             "web.default.svc.cluster.local"}
    assert {name for name, (known, _) in of_the_machine(server).items()
            if known} == usual


def test_a_hosts_file_that_cannot_be_used_stops_nothing(httpd_with):
    for text in (b"", b"\0\xff\n\n\r\n127.0.0.1\0x\n", b"x" * 200000):
        server = httpd_with.make("ProxyGuardHostsFile hosts")
        server.write("hosts", text)
        server.start()
        assert server.send(get("/page.txt", "localhost")).body == PAGE
        assert server.log.all("PG01") == []


def test_schemes_that_name_nothing_on_a_network_are_no_attempts(httpd):
    for target in ("android-app://com.example.mail/",
                   "chrome-extension://abcdefgh/page.html", "file:///x",
                   "moz-extension://0a1b/"):
        httpd.send(get(target, httpd.name))
    assert httpd.status()["attempts"] == 0
    for target in ("file://s.example/x", "android-apps://s.example/"):
        assert httpd.send(get(target, httpd.name)).status == 421
    httpd.log.attempts(2)


def test_foreign_host_can_be_denied_or_not_looked_for(httpd_with):
    server = httpd_with("ProxyGuardAction foreign-host deny")
    assert server.send(get("/page.txt", "s.example")).status == 421
    assert server.send(get("/page.txt", server.name)).status == 200
    assert server.log.attempt().outcome == "denied"
    server = httpd_with("ProxyGuardForeignHost Off")
    assert server.send(get("/page.txt", "s.example")).status == 200
    assert server.status()["attempts"] == 0


NAMELESS = {
    "no ServerName": ("#", "no ServerName"),
    "an alias for all": ("""
        <VirtualHost *:@PORT@>
            ServerName www.own.example
            ServerAlias *
        </VirtualHost>""", "an alias matches every name"),
    "mass hosting": ("""
        UseCanonicalName Off
        VirtualDocumentRoot @ROOT@/sites/%0
        <Directory @ROOT@/sites>
            Require all granted
        </Directory>""", "VirtualDocumentRoot serves any name"),
}


@pytest.mark.parametrize("what", NAMELESS)
def test_names_that_cannot_be_known_make_no_host_foreign(httpd_with, what):
    conf, why = NAMELESS[what]
    server = httpd_with.make(conf, modules=("vhost_alias",))
    os.makedirs(server.path("sites", "s.example"))
    server.write("sites/s.example/page.txt", PAGE)
    if what == "no ServerName":
        whole = server._text
        server._text = lambda: whole().replace("ServerName", "# ServerName")
    server.start()
    assert why in server.log.take("PG0004").message
    server.log.take_all("AH00558|PG023[01]")
    assert server.send(get("/page.txt", "s.example")).body == PAGE
    assert server.status()["attempts"] == 0
    assert server.get("/proxyguard-status/metrics").status == 200
    # absolute-form to a name without a folder is an attempt nevertheless
    assert server.send(get("http://t.example/", "t.example")).status == 421
    server.log.attempt()


# --- IPv6 ---------------------------------------------------------------------

def test_connections_over_ipv6(httpd_with):
    server = httpd_with(listen="::1")
    expected = {f"http://[::1]:{server.port}/": "own",
                "http://[0:0:0:0:0:0:0:1]/": "own",
                "http://[::0001]/": "own",
                "http://[::1]:25/": PORT,
                "http://[::2]/": STRANGER,
                "http://[2001:db8::1]/": STRANGER,
                f"http://{server.name}/": "own"}
    assert verdicts(server, expected, server.name) == expected
    server.send(b"CONNECT [2001:db8::25]:25 HTTP/1.0\r\n\r\n")
    line = server.log.attempt()
    assert (line.source, line.fields["class"]) == ("::1", "connect-mail")
    server.send(b"\x05\x01\x00")
    assert server.log.attempt().source == "::1"


# --- many ---------------------------------------------------------------------

def test_ten_thousand_virtual_hosts(httpd_with):
    many = "".join(f"<VirtualHost *:@PORT@>\nServerName h{n}.own.test\n"
                   f"ServerAlias *.h{n}.own.test\n</VirtualHost>\n"
                   for n in range(10000))
    start = time.monotonic()
    server = httpd_with(many)
    assert time.monotonic() - start < 20 * SLOW
    expected = {"http://h0.own.test/": "own", "http://h9999.own.test/": "own",
                "http://a.h5000.own.test/": "own",
                "http://h10000.own.test/": STRANGER}
    assert verdicts(server, expected, "h1.own.test") == expected


# --- what a catch-all address and a clean request leave ----------------------

@pytest.mark.parametrize("address", ["*", "_default_"])
def test_foreign_hosts_on_a_virtual_host_for_every_address(httpd_with,
                                                           address):
    """The "*" and "_default_" of <VirtualHost> are not our names."""
    server = httpd_with(f"<VirtualHost {address}:@PORT@>\n"
                        "ServerName www.own.example\n</VirtualHost>")
    assert server.log.all("PG0004|:warn") == []
    assert server.send(get("/page.txt", "s.example")).body == PAGE
    assert server.log.attempt().fields["class"] == "foreign-host"
    expected = {"http://*/": STRANGER, "http://_default_/": STRANGER,
                "http://www.own.example/": "own"}
    assert verdicts(server, expected, server.name) == expected


def test_the_name_that_a_virtual_host_is_for_is_ours(httpd_with):
    """A resolver takes 127.1 for 127.0.0.1; here it is a name."""
    server = httpd_with("<VirtualHost 127.1:@PORT@>\n"
                        "ServerName www.own.example\n</VirtualHost>")
    expected = {"http://127.1/": "own", "http://127.2/": STRANGER}
    assert verdicts(server, expected, "www.own.example") == expected


def test_our_own_absolute_form_leaves_no_note_and_no_variable(httpd_with):
    server = httpd_with('CustomLog @ROOT@/notes.log "%{proxyguard-class}n '
                        '%{proxyguard-reason}n %{proxyguard-action}n '
                        '%{PROXYGUARD}e"')
    assert server.send(get(f"http://{server.name}/page.txt", server.name)
                       ).body == PAGE
    assert server.send(get("http://s.example/", "s.example")).status == 421
    server.log.attempt()
    # the status page may be asked for by a name of one label
    assert server.get("/proxyguard-status", host="intranet").status == 200
    wait_until(lambda: server.read("notes.log").count("\n") == 3, "3 lines")
    assert server.read("notes.log").splitlines() == [
        "- - - -", "absolute absolute-form-to-stranger deny absolute",
        "- - - -"]

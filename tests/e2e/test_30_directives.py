# Licensed under the Apache License, Version 2.0; see LICENSE.
"""Directives: which values are refused, with which message; how servers and
virtual hosts combine."""

import json
import os

import pytest

REFUSED = {
    "ProxyGuard Maybe": "ProxyGuard: 'Maybe' is not On, Off or Observe",
    'ProxyGuard ""': "ProxyGuard takes one argument",
    "ProxyGuard": "ProxyGuard takes one argument",
    "ProxyGuardOwnHost a..b:x": "ProxyGuardOwnHost: 'a..b:x' ",
    "ProxyGuardOwnHost host:99999": "ProxyGuardOwnHost: 'host:99999' ",
    "ProxyGuardOwnHost [::1": "ProxyGuardOwnHost: '[::1' ",
    "ProxyGuardOwnHost http://x/": "ProxyGuardOwnHost: 'http://x/' ",
    "ProxyGuardHostsFile no/such/file": "ProxyGuardHostsFile: "
        "'no/such/file' is neither a file in the form of /etc/hosts",
    "ProxyGuardHostsFile htdocs": "ProxyGuardHostsFile: 'htdocs' is neither",
    "<VirtualHost *:1>\nProxyGuardHostsFile none\n</VirtualHost>":
        "ProxyGuardHostsFile",
    "ProxyGuardSecret no/such/file": "ProxyGuardSecret: 'no/such/file' is "
        "neither a file with a secret nor 'none': it cannot be opened",
    "ProxyGuardSecret htdocs": "it is not a regular file",
    "ProxyGuardSecret htdocs/page.txt": "a secret must have 16 to 1024 bytes",
    "ProxyGuardCheckpoint x": "ProxyGuardCheckpoint: '' is not a number of "
        "seconds from 10 to 86400, after the path; or give 'none'",
    "ProxyGuardCheckpoint none 60":
        "ProxyGuardCheckpoint: 'none' takes no seconds, '60'",
    "ProxyGuardAction all deny 0403": "ProxyGuardAction: '0403' is not a "
        "status from 400 to 599 that httpd knows",
    "ProxyGuardAction all deny +403": "ProxyGuardAction: '+403' is not",
    "ProxyGuardLedgerSize sources 12": "ProxyGuardLedgerSize: '12' is not a "
        "number from 8 to 8192 in steps of 8",
    "ProxyGuardLedgerSize sources 100000":
        "ProxyGuardLedgerSize: '100000': ",
    "ProxyGuardLedgerSize sources 100008":
        "ProxyGuardLedgerSize: '100008' is not a number of sources",
    "ProxyGuardLedgerSize recent 1": "ProxyGuardLedgerSize: '1': ",
    "ProxyGuardLedgerSize recent 0":
        "ProxyGuardLedgerSize: '0' is not a number of recent",
    "ProxyGuardLedgerSize sources 1x":
        "ProxyGuardLedgerSize: '1x' is not a number of sources",
    "ProxyGuardLedgerSize visitors 99": "ProxyGuardLedgerSize: 'visitors' is "
        "not sources, targets, ports, agents or recent",
    "ProxyGuardStatusProxied Maybe":
        "ProxyGuardStatusProxied: 'Maybe' is not On or Off",
    'ProxyGuardLedger ""': "ProxyGuardLedger takes one argument",
    "<VirtualHost *:1>\nProxyGuardLedger x\n</VirtualHost>":
        "ProxyGuardLedger",
    "<Location />\nProxyGuard Off\n</Location>": "ProxyGuard",
}


@pytest.mark.parametrize("line", REFUSED)
def test_a_bad_value_stops_the_start_and_says_why(httpd_with, line):
    server = httpd_with.make(line)
    code, said = server.check()
    assert code != 0
    assert REFUSED[line] in said
    assert "httpd.conf" in said and "line " in said


# what a number follows -> the least and the most
ENDS = {
    "Checkpoint x": (10, 86400), "LogRate": (1, 10000),
    "LogRate 5": (1, 1000000), "EvidenceRate": (1, 10000),
    "EvidenceSize": (65536, 1 << 50), "LedgerSize recent": (16, 4096),
    **{f"LedgerSize {what}": (8, 8192)
       for what in ("sources", "targets", "ports", "agents")},
    "SinkSpool x": (1, 1048576), "SinkLimit conversations": (1, 64),
    "SinkLimit source": (1, 64), "SinkLimit seconds": (5, 3600),
    "SinkLimit kilobytes": (1, 65536),
}
# every other number of the same directive is one of eight
ODD = "ProxyGuardLedgerSize recent 17\n"


@pytest.mark.parametrize("end, beyond", [(0, -1), (1, 1)])
def test_a_number_may_reach_its_end_and_not_exceed_it(httpd_with, end, beyond):
    fine = ODD + "\n".join(f"ProxyGuard{what} {ENDS[what][end]}"
                           for what in ENDS)
    code, said = httpd_with.make(fine, rate=None).check()
    assert code == 0, said
    for what, ends in ENDS.items():
        line = f"ProxyGuard{what} {ends[end] + beyond}"
        code, said = httpd_with.make(line, rate=None).check()
        assert code != 0 and line.split()[0] + ": " in said, line


LONG = "/" + "x" * 5000
TOO_LONG = {
    "EvidenceLog {}": "it is not a path", "Mask {}": "cannot be read",
    "Secret {}": "is neither a file with a secret",
    "HostsFile {}": "is neither a file in the form of",
    "Checkpoint {} 10": "is not a path",
    "SinkSpool {}": "is neither a path nor 'none'",
}


@pytest.mark.parametrize("what", TOO_LONG)
def test_a_name_that_is_too_long_is_no_path(httpd_with, what):
    code, said = httpd_with.make("ProxyGuard" + what.format(LONG)).check()
    assert code != 0 and TOO_LONG[what] in said


TAKEN_BACK = """
    ProxyGuardCheckpoint copy 10
    ProxyGuardCheckpoint none
    ProxyGuardSinkSpool spool.mbox
    ProxyGuardSinkSpool none
    ProxyGuardLogRate 1 1
    ProxyGuardLogRate Off
    ProxyGuardEvidenceRate 1 1
    ProxyGuardEvidenceRate Off
    ProxyGuardEvidenceSize 64K
    ProxyGuardEvidenceSize Off
    ProxyGuardEvidenceLog first.json
    ProxyGuardEvidenceLog none
    ProxyGuardMask key
    ProxyGuardMask Off
    ProxyGuardSecret secret
    {secret}
"""


def test_a_later_line_takes_back_what_an_earlier_one_says(httpd_with):
    line = '{"@timestamp":"2026","event":{"module":"proxyguard"}}\n'
    masked = []
    for secret, last in (("", "none"), ("ProxyGuardSecret none", "last.json")):
        server = httpd_with.make(TAKEN_BACK.format(secret=secret)
                                 + f"ProxyGuardEvidenceLog {last}\n",
                                 rate=None)
        server.write("key", "0" * 32)
        os.chmod(server.write("secret", "0123456789abcdef"), 0o600)
        server.write("last.json", line * 1500)
        server.start()
        for _ in range(3):
            ask(server, "first.example")
        server.log.attempts(3)
        masked.append(server.get("/proxyguard-status?format=json&mask=1").text)
        server.stop()
        assert {"copy", "spool.mbox", "first.json"}.isdisjoint(
            os.listdir(server.root))
    added = server.read("last.json")[1500 * len(line):].splitlines()
    assert [json.loads(x)["source"]["ip"] for x in added] == ["127.0.0.1"] * 3
    pseudonyms = [json.loads(x)["recent"][0]["source"] for x in masked]
    assert len(set(pseudonyms)) == 2, pseudonyms


@pytest.mark.parametrize("sign", ["0", "+"])
def test_a_number_is_written_in_one_way(httpd_with, sign):
    for what, ends in ENDS.items():
        line = f"ProxyGuard{what} {sign}{ends[1]}"
        code, said = httpd_with.make(line, rate=None).check()
        assert code != 0 and f": '{sign}{ends[1]}' is not" in said, line



@pytest.mark.parametrize("value", ["on", "ON", "On", "off", "observe"])
def test_the_case_of_a_word_does_not_matter(httpd_with, value):
    assert httpd_with.make(f"ProxyGuard {value}").check()[0] == 0


def ask(server, host):
    """A relay attempt at the virtual host of that name."""
    return server.send(f"CONNECT s.example:25 HTTP/1.1\r\nHost: {host}\r\n"
                       f"\r\n".encode())


VHOSTS = """
    <VirtualHost 127.0.0.1:@PORT@>
        ServerName first.example
        {first}
    </VirtualHost>
    """

MERGED = [
    # main server, virtual host, what happens to an attempt
    ("", "", "denied"),
    ("ProxyGuard Observe", "", "observed"),
    ("ProxyGuard Observe", "ProxyGuard On", "denied"),
    ("ProxyGuard On", "ProxyGuard Observe", "observed"),
    ("ProxyGuard Off", "ProxyGuard On", "denied"),
    ("ProxyGuard Off", "", None),
    ("", "ProxyGuard Off", None),
]


@pytest.mark.parametrize("main, first, outcome", MERGED)
def test_a_virtual_host_inherits_or_says_otherwise(httpd_with, main, first,
                                                   outcome):
    server = httpd_with(main + VHOSTS.format(first=first))
    ask(server, "first.example")
    counted = {k: v for k, v in server.status().flat().items() if v}
    if outcome is None:
        assert counted == {}
        return
    assert counted == {"attempts": 1, "connect-mail": 1, outcome: 1}
    assert server.log.attempt().outcome == outcome


def test_observe_lets_httpd_answer_as_it_would_alone(httpd_with):
    server = httpd_with("ProxyGuard Observe")
    reply = server.send(b"GET http://s.example/page.txt HTTP/1.1\r\n"
                        b"Host: s.example\r\nConnection: close\r\n\r\n")
    assert (reply.status, reply.text) == (200, "own page\n")
    line = server.log.attempt()
    assert (line.id, line.outcome, line.status) == ("PG0104", "observed",
                                                    "200")


def test_own_hosts_of_every_virtual_host_are_ours_everywhere(httpd_with):
    server = httpd_with("ProxyGuardOwnHost main.example"
                        + VHOSTS.format(first="ProxyGuardOwnHost v.example"))
    for host in ("main.example", "v.example"):
        reply = server.send(f"GET http://{host}/page.txt HTTP/1.1\r\n"
                            f"Host: {host}\r\nConnection: close\r\n\r\n"
                            .encode())
        assert reply.text == "own page\n"
    assert server.log.all("PG01") == []


def test_a_server_without_a_name_says_that_it_cannot_tell_foreign_hosts(
        httpd_with):
    server = httpd_with(name=None)
    assert server.log.take("PG0004: ").level == "notice"
    assert server.log.take("PG0230: ").level == "warn"
    server.send(b"GET /page.txt HTTP/1.1\r\nHost: s.example\r\n"
                b"Connection: close\r\n\r\n")
    assert server.log.all("PG01") == []

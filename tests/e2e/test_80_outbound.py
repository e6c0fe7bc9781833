# Licensed under the Apache License, Version 2.0; see LICENSE.
"""The guard opens no connection, starts no program and opens no file but its
own: every such system call in the life of a guarded server, compared with
those of the same server without the guard, over the same corpus."""

import re

import pytest

from pg_cases import octets_of, own_names
from pg_corpus import ask_everything, requests
from pg_hosts import free_port, tls_on
from pg_strace import BECOME, OPEN, REACH, Traced, of, path_of

# What httpd itself does, and why. parent: True, False, or None for both.
OF_HTTPD = (
    (True, "execve", r'"[^"]*(apache2|httpd)", ', "how it was started"),
    (True, "clone", r".*flags=CLONE_CHILD_CLEARTID\|CLONE_CHILD_SETTID"
     r"\|SIGCHLD", "fork(): its children"),
    (False, "clone3?", r".*CLONE_THREAD", "their threads"),
    (True, "socket", r"AF_INET6?, SOCK_STREAM", "Listen"),
    (True, "bind", r".*AF_INET6?, sin6?_port=htons\([1-9]", "Listen"),
    (True, "listen", r"", "Listen"),
    (False, "socket", r"AF_INET, SOCK_STREAM\|SOCK_CLOEXEC, IPPROTO_TCP",
     "mod_http2's dummy, which is never connected"),
    (None, "socket", r"AF_UNIX, SOCK_STREAM", "name service: User, Group"),
    (None, "connect", r'.*AF_UNIX, sun_path="(/var)?/run/nscd/socket"',
     "name service: User, Group"),
    (True, "socket", r"AF_NETLINK, .*NETLINK_ROUTE", "getaddrinfo() for "
     "Listen and ServerName: which families has this machine"),
    (True, "bind", r".*AF_NETLINK", "the same"),
    (True, "sendto", r".*RTM_GETADDR.*AF_NETLINK", "the same"),
    (True, "socket", r"AF_INET6?, SOCK_DGRAM", "getaddrinfo(): the order of "
     "the addresses; such a connect() sends nothing"),
    (True, "connect", r".*sin6?_port=htons\(0\)", "the same"),
    (True, "connect", r".*AF_UNSPEC", "the same"),
)

# What the guard opens, by whom and why: SECURITY.md has the same list.
EXCLUSIVE = "O_RDWR|O_CREAT|O_EXCL"
OF_THE_GUARD = (
    (True, "ROOT/run/proxyguard.ledger", "O_RDWR|O_NOFOLLOW", "the ledger"),
    (True, "ROOT/run/proxyguard.ledger.XXXXXX", EXCLUSIVE,
     "the ledger before it has its name"),
    (True, "/sys/devices/system/cpu/online", "O_RDONLY",
     "how many CPUs there are: lanes of the ledger"),
    (True, "ROOT/run/checkpoint", "O_RDONLY|O_NOFOLLOW", "the checkpoint"),
    (True, "ROOT/run/checkpoint.prev", "O_RDONLY|O_NOFOLLOW",
     "the one before"),
    (True, "ROOT/run/checkpoint.XXXXXX", EXCLUSIVE,
     "the checkpoint before it has its name"),
    (True, "ROOT/run", "O_RDONLY|O_DIRECTORY",
     "flushed when the checkpoint has its name"),
    (True, "ROOT", "O_RDONLY|O_DIRECTORY",
     "the folder of the evidence log: who may write to it?"),
    (True, "evidence.json", "O_WRONLY|O_CREAT|O_APPEND|O_NOFOLLOW",
     "the evidence log, in that folder"),
    (True, "ROOT/evidence.json",
     "O_RDONLY|O_NOCTTY|O_NONBLOCK|O_NOFOLLOW|O_CLOEXEC",
     "is its first line evidence?"),
    (True, "ROOT/key", "O_RDONLY", "ProxyGuardMask"),
    (True, "ROOT/hosts", "O_RDONLY", "ProxyGuardHostsFile"),
    (True, "/mod_proxyguard.so", "O_RDONLY", "LoadModule"),
    (True, "/proxyguard.conf", "O_RDONLY", "Include"),
    (False, "/dev/urandom", "O_RDONLY", "jansson's first object in a child "
     "of httpd: a seed for its hashes"),
)
LINKED = re.compile(r"/lib(jansson|m)\.so[.\d]*$")    # see test_02_build.py
NAME_SERVICE = re.compile(r"/etc/(hosts|host\.conf|resolv\.conf|gai\.conf)$")

CONF = """
Protocols h2c http/1.1
<IfModule mod_proxyguard.c>
    ProxyGuardOwnHost %s
    ProxyGuardEvidenceLog @ROOT@/evidence.json
    ProxyGuardCheckpoint @ROOT@/run/checkpoint 10
    ProxyGuardMask @ROOT@/key
    ProxyGuardHostsFile @ROOT@/hosts
</IfModule>
"""


def a_life(httpd_with, certificate, guard):
    """All calls from the start to the stop of a server that is asked
    everything, restarted, and asked again. A proxy would look up the foreign
    names: there is no mod_proxy here that could."""
    tls_port = free_port()
    server = httpd_with.make(
        CONF % own_names()
        + tls_on(tls_port, certificate, "Protocols h2 http/1.1"),
        kind=Traced, guard=guard, name="own.test", modules=("ssl", "http2"))
    server.write("key", "0123456789abcdef0123456789abcdef\n")
    server.write("hosts", "127.0.0.1 localhost\n")
    server.start()
    ask_everything(server, tls_port)
    server.graceful()
    ask_everything(server, tls_port, every=10)
    calls = server.end()
    server.log.take_all(" PG0|AH")
    return calls


@pytest.fixture
def lives(httpd_with, certificate):
    """(calls with the guard, calls without)."""
    return [a_life(httpd_with, certificate, guard) for guard in (True, False)]


def rows_of(call):
    """The rows of OF_HTTPD that give a reason for a call."""
    return {n for n, (parent, name, args, _) in enumerate(OF_HTTPD)
            if parent in (None, call.parent)
            and re.fullmatch(name, call.name) and re.match(args, call.args)}


def without_reason(calls):
    return sorted({c for c in of(calls, REACH + BECOME) if not rows_of(c)})


def reasons(calls):
    return set().union(*map(rows_of, of(calls, REACH + BECOME)))


def opened(calls):
    """{(by the parent, path, flags)}; all names that mkstemp() makes up of
    one are the same."""
    found = set()
    for call in of(calls, OPEN):
        flags = re.search(r"\bO_[A-Z_|]+", call.args)[0]
        path = path_of(call)
        if "O_EXCL" in flags:
            path = path[:-6] + "XXXXXX"
        found.add((call.parent, path, flags))
    return found


def stands_in_the_table(one, row):
    parent, path, flags = one
    return (parent == row[0] and path.endswith(row[1])
            and set(row[2].split("|")) <= set(flags.split("|")))


def assert_none(found):
    assert not found, "\n".join(map(str, found))


def names_looked_up(calls):
    """By the children, which handle the requests."""
    return [c for c in of(calls, OPEN)
            if not c.parent and NAME_SERVICE.search(path_of(c))]


def test_over_the_whole_corpus_it_makes_no_call_of_its_own(lives):
    guarded, bare = lives
    page = [c for c in of(guarded, OPEN) if "htdocs/page.txt" in c.args]
    assert page and not any(c.parent for c in page), "were children traced?"
    assert_none(without_reason(bare))
    assert_none(without_reason(guarded))
    assert reasons(guarded) <= reasons(bare)
    files = {f for f in opened(guarded) - opened(bare)
             if not LINKED.search(f[1])}
    unknown = [f for f in files
               if not any(stands_in_the_table(f, row)
                          for row in OF_THE_GUARD)]
    assert_none(unknown)
    stale = [row for row in OF_THE_GUARD
             if not any(stands_in_the_table(f, row) for f in files)]
    assert_none(stale)
    assert_none(names_looked_up(guarded))


OPEN_PROXY = """
ProxyRequests On
AllowCONNECT 1-65535
ProxyGuardOwnHost own.test
"""


def relayed(httpd_with, origin, what):
    """The calls of a server that mod_proxy makes an open proxy, when it is
    asked for a loopback origin by name and by address."""
    server = httpd_with.make(
        f"{OPEN_PROXY}ProxyGuard {what}", kind=Traced, name="own.test",
        modules=("proxy", "proxy_http", "proxy_connect"))
    server.start()
    for there in f"localhost:{origin.port}", origin.authority:
        for line in (f"GET http://{there}/ HTTP/1.1",
                     f"CONNECT {there} HTTP/1.1"):
            server.send(octets_of(line.encode(), there.encode()))
    calls = server.end()
    server.log.take_all(" PG0")
    return calls


def test_an_open_proxy_reaches_nobody_while_the_guard_is_on(httpd_with,
                                                            origin):
    calls = relayed(httpd_with, origin, "On")
    assert_none(without_reason(calls) + names_looked_up(calls))
    assert origin.hits == []


def test_this_sees_it_when_somebody_is_reached(httpd_with, origin):
    calls = relayed(httpd_with, origin, "Observe")
    assert len(origin.hits) >= 4
    reached = [c for c in of(calls, ["connect"])
               if f"htons({origin.port})" in c.args]
    assert len(reached) >= 4 and set(reached) <= set(without_reason(calls))
    assert names_looked_up(calls)


def test_a_program_for_evidence_is_started_by_httpd_without_a_shell(
        httpd_with):
    server = httpd_with.make('ProxyGuardEvidenceLog "|/usr/bin/tee '
                             '@ROOT@/htdocs/out"', kind=Traced)
    server.write("htdocs/out", "")
    server.start()
    server.send(next(requests("s.invalid")))
    server.graceful()
    server.log.attempt()
    calls = server.end()
    # the program of the old generation; httpd says so of its own logs too
    server.log.take_all("long lost child came home")
    started = [c.args for c in of(calls, BECOME)
               if c.name.startswith("exec") and "apache2" not in c.args]
    assert started and {re.match(r'"([^"]*)"', a)[1] for a in started} \
        == {"/usr/bin/tee"}

# Licensed under the Apache License, Version 2.0; see LICENSE.
"""Where mod_proxy is a forward proxy: by mistake, for some clients, or on
purpose; and what really happened to each request. The proof is what the origin
server remembers."""

import socket
import threading

import pytest

from pg_hosts import free_port, host_on
from pg_wire import Wire, exchange

MODULES = ("proxy", "proxy_http", "proxy_connect")
OPEN = "ProxyRequests On\nAllowCONNECT 1-65535\n"
LOCAL_ONLY = "<Proxy *>\nRequire local\n</Proxy>\n"
NOBODY = "<Proxy *>\nRequire ip 192.0.2.1\n</Proxy>\n"
AUTH = """
<Proxy *>
    AuthType Basic
    AuthName relay
    AuthBasicProvider file
    AuthUserFile @ROOT@/users
    Require valid-user
</Proxy>
"""


@pytest.fixture
def proxy(httpd_with):
    """proxy(conf) -> a forward proxy; start-up's findings are taken."""
    def make(conf, more=(), **kw):
        server = httpd_with(OPEN + conf, modules=MODULES + tuple(more), **kw)
        server.log.take_all(r"PG0[02]\d\d: ")
        return server
    return make


def get(server, authority, *fields, method="GET"):
    return server.send("\r\n".join(
        [f"{method} http://{authority}/x HTTP/1.1", f"Host: {authority}",
         "Connection: close", *fields]).encode() + b"\r\n\r\n")


def tunnel(server, authority):
    """CONNECT, then a request through it: (status, what came back)."""
    with Wire(server.address) as wire:
        wire.send(f"CONNECT {authority} HTTP/1.0\r\n\r\n".encode())
        reply = wire.read_reply("CONNECT")
        if reply.status == 200:
            wire.send(b"GET /t HTTP/1.0\r\n\r\n")
        return reply.status, wire.read_to_end()


def result(server):
    """The numbers of the status that are not zero, including permitted
    requests."""
    status = server.status()
    out = {k: v for k, v in status.flat().items() if v}
    return out | ({"permitted": status["permitted"]}
                  if status.get("permitted") else {})


# ProxyGuardForward, access control -> may the request pass?, outcome
POSTURES = [
    ("Auto", "", False, "denied"),               # open by mistake
    ("Auto", LOCAL_ONLY, True, "permitted"),
    ("Auto", NOBODY, False, "refused"),
    ("Deny", "", False, "denied"),
    ("Deny", LOCAL_ONLY, False, "denied"),
    ("Allow", "", True, "relayed"),
    ("Allow", LOCAL_ONLY, True, "relayed"),
    ("Allow", NOBODY, False, "refused"),
]


@pytest.mark.parametrize("forward, access, passes, outcome", POSTURES)
def test_who_may_relay_and_what_is_counted(proxy, origin, forward, access,
                                           passes, outcome):
    server = proxy(f"ProxyGuardForward {forward}\n{access}")
    reply = get(server, origin.authority)
    status, through = tunnel(server, origin.authority)
    assert (reply.body == b"from the origin\n") == passes
    assert (b"from the origin\n" in through) == passes
    assert len(origin.hits) == (2 if passes else 0)
    if outcome == "permitted":
        server.access_log(2)
        assert result(server) == {"permitted": 2}
        assert server.log.all("PG01") == []
        return
    server.settled(2)
    assert result(server) == {"attempts": 2, "absolute": 1,
                              "connect-other": 1, outcome: 2}
    assert {x.outcome for x in server.log.attempts(2)} == {outcome}
    if outcome == "refused":
        assert (reply.status, status) == (403, 403)
    server.log.take_all("AH01630")


def test_a_password_decides_and_asking_for_one_is_refusing(proxy, origin):
    server = proxy(AUTH, more=("auth_basic", "authn_core", "authn_file",
                               "authz_user"))
    server.write("users", "me:{SHA}2jmj7l5rSw0yVb/vlWAYkK/YBwk=\n")  # ""
    assert get(server, origin.authority).status == 407
    assert get(server, origin.authority,
               "Proxy-Authorization: Basic bWU6eA==").status == 407
    assert origin.hits == []
    assert get(server, origin.authority,
               "Proxy-Authorization: Basic bWU6").body \
        == b"from the origin\n"
    assert result(server) == {"attempts": 2, "absolute": 2, "refused": 2,
                              "permitted": 1}
    server.log.attempts(2)
    server.log.take_all("AH")


@pytest.mark.parametrize("forward", ["Allow", "Auto"])
def test_mod_proxys_own_refusals_are_refusals(proxy, origin, forward):
    server = proxy(f"ProxyGuardForward {forward}\n" + LOCAL_ONLY
                   + "AllowCONNECT 443\nProxyBlock localhost\n")
    assert get(server, f"localhost:{origin.port}").status == 403
    assert tunnel(server, origin.authority)[0] == 403
    assert origin.hits == []
    assert result(server) == {"attempts": 2, "absolute": 1,
                              "connect-other": 1, "refused": 2}
    server.log.attempts(2)
    server.log.take_all("AH")


def silent_server():
    """A third party that accepts whatever it is sent and never answers."""
    sock = socket.create_server(("127.0.0.1", 0))
    heard = []

    def serve():
        peer, _ = sock.accept()
        with peer:
            heard.append(peer.recv(65536))
    threading.Thread(target=serve, daemon=True).start()
    return sock, heard


@pytest.mark.parametrize("forward", ["Allow", "Auto"])
def test_only_what_reached_the_third_party_was_relayed(proxy, forward):
    server = proxy(f"ProxyGuardForward {forward}\n{LOCAL_ONLY}")
    nobody = f"127.0.0.1:{free_port()}"
    assert get(server, nobody).status == 503
    assert tunnel(server, nobody)[0] == 503
    assert get(server, "nowhere.invalid").status in (500, 502)
    sock, heard = silent_server()
    with sock:
        mute = f"127.0.0.1:{sock.getsockname()[1]}"
        assert get(server, mute).status == 502
    assert b"GET /x" in heard[0]
    if forward == "Auto":
        assert result(server) == {"permitted": 4}
    else:
        assert result(server) == {"attempts": 4, "absolute": 3,
                                  "connect-other": 1, "observed": 3,
                                  "relayed": 1}
        assert server.log.attempts(4)[3].outcome == "relayed"
    server.log.take_all("AH")


def test_without_a_module_that_can_carry_it_nothing_is_relayed(httpd_with,
                                                               origin):
    server = httpd_with("ProxyRequests On\nProxyGuardForward Allow\n",
                        modules=("proxy", "proxy_http"))
    server.log.take_all(r"PG0[02]\d\d: ")
    status, _ = tunnel(server, origin.authority)
    assert status >= 400 and origin.hits == []
    assert result(server)["observed"] == 1
    server.log.attempt()
    server.log.take_all("AH")


def test_the_answer_of_a_strangers_server_is_no_refusal(proxy, origin):
    """A 403 from the origin means that the request was relayed."""
    server = proxy("ProxyGuardForward Allow\n")
    other = proxy("", guard=False)
    reply = get(server, f"127.0.0.1:{other.port}", method="DELETE")
    assert reply.status in (403, 405)
    assert result(server)["relayed"] == 1
    server.log.attempts(1)
    other.log.take_all("AH")


def test_two_virtual_hosts_two_postures(httpd_with, origin):
    ports = free_port(), free_port()
    server = httpd_with(
        host_on(ports[0], OPEN + LOCAL_ONLY, "in.example")
        + host_on(ports[1], OPEN + "ProxyGuardForward Allow", "pot.example"),
        modules=MODULES)
    server.log.take_all(r"PG0[02]\d\d: ")
    ask = (f"GET http://{origin.authority}/ HTTP/1.1\r\n"
           f"Host: {origin.authority}\r\nConnection: close\r\n\r\n").encode()
    for port in ports:
        assert exchange(("127.0.0.1", port), ask).body == b"from the origin\n"
    # the main server is not a proxy
    assert server.send(ask).status == 421
    assert result(server) == {"attempts": 2, "absolute": 2, "relayed": 1,
                              "denied": 1, "permitted": 1}
    server.log.attempts(2)


def test_what_is_no_business_of_a_forward_proxy_is_denied_there_too(proxy):
    server = proxy(LOCAL_ONLY)
    with Wire(server.address) as wire:
        wire.send(b"\x05\x01\x00")
        assert wire.read_to_end() == b"\x05\xff"
    assert server.send(b"GET http:/s.example/ HTTP/1.0\r\n\r\n").status == 400
    assert result(server)["denied"] == 2
    server.log.attempts(2)

# Licensed under the Apache License, Version 2.0; see LICENSE.
"""Three virtual hosts of one address with different policies, in every
order: the first one is httpd's default, and gets the requests that name
none of them."""

import pytest

HOSTS = {
    "first": "",
    "second": "ServerAlias *.second.own.test\n"
              "ProxyGuardAction foreign-host deny\n"
              "ProxyGuardAction absolute deny 403",
    "third": "ProxyGuardForeignHost Off\n"
             "ProxyGuardAction connect-mail drop",
}
# the answers to a foreign Host, to absolute-form and to CONNECT, port 25; and
# what is counted of one of the first and three of each of the others
ANSWERS = {"first": ((200, 421, 405), {"observed": 1, "denied": 6}),
           "second": ((421, 403, 405), {"denied": 7}),
           "third": ((200, 421, 0), {"denied": 3, "dropped": 3})}
ORDERS = [("first", "second", "third"), ("second", "third", "first"),
          ("third", "first", "second")]


def name_of(host):
    return f"{host}.own.test"


def get(target, host):
    return (f"GET {target} HTTP/1.1\r\nHost: {host}\r\n"
            "Connection: close\r\n\r\n").encode()


@pytest.fixture(params=ORDERS, ids=lambda order: order[0])
def hosts(request, httpd_with):
    return request.param, httpd_with("".join(
        f"<VirtualHost *:@PORT@>\nServerName {name_of(host)}\n{HOSTS[host]}\n"
        "</VirtualHost>\n" for host in request.param))


def test_each_is_asked_for_by_its_names(hosts):
    _, server = hosts
    for name in [*map(name_of, HOSTS), "a.second.own.test"]:
        for target in ("/page.txt", f"http://{name}/page.txt"):
            for host in (name, name_of("first")):
                assert server.send(get(target, host)).status == 200
    assert server.status()["attempts"] == 0
    assert server.status()["vhosts"] == []


def test_the_default_has_what_names_none_of_them(hosts):
    order, server = hosts
    (foreign, absolute, tunnel), counted = ANSWERS[order[0]]
    assert server.send(get("/page.txt", "s.example")).status == foreign
    for host in map(name_of, order):
        assert server.send(get("http://s.example/", host)).status == absolute
        assert server.send(b"CONNECT s.example:25 HTTP/1.1\r\nHost: "
                           + host.encode() + b"\r\n\r\n").status == tunnel
    vhost, = server.settled(sum(counted.values()))["vhosts"]
    assert vhost["name"] == f"{name_of(order[0])}:{server.port}"
    assert {k: n for k, n in vhost["by_outcome"].items() if n} == counted
    server.log.attempts(sum(counted.values()))

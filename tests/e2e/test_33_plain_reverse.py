# Licensed under the Apache License, Version 2.0; see LICENSE.
"""A reverse proxy that goes where its configuration says does not concern the
guard: nothing is refused or counted, everything arrives."""

import glob
import os

import pg_plain
from pg_backend import Backend
from pg_hosts import host_on
from pg_httpd import MODULES as FOLDER
from pg_wire import exchange

BASE = "127.29.0."
KINDS = {"@B@": "http", "@FCGI@": "fcgi", "@SCGI@": "scgi",
         "@UWSGI@": "uwsgi", "@AJP@": "ajp"}


def modules():
    """The modules that are not compiled in."""
    return [m for m in pg_plain.MODULES
            if glob.glob(os.path.join(FOLDER, f"mod_{m}.so"))]


class Site:
    def __init__(self, servers, guard):
        self.backends = {key: Backend(kind, host="127.0.0.2")
                         for key, kind in KINDS.items()}
        self.server = servers.make("", modules=modules(), guard=guard)
        self.sockets = {"@SOCK@": self._socket("fcgi"),
                        "@HSOCK@": self._socket("http")}
        self.addresses = {name: f"{BASE}{n}" for n, name
                          in enumerate(pg_plain.ORDINARY, 1)}
        self.server.conf = "AddOutputFilter INCLUDES .shtml\n" + "".join(
            self._host(name, conf, guard)
            for name, (conf, _) in pg_plain.ORDINARY.items())
        for name, text in pg_plain.FILES.items():
            self.server.write("htdocs/" + name, self._put(text))
        self.server.write("map.txt", self._put(pg_plain.MAP))
        self.server.start()
        self.server.log.take_all(r"PG0[02]\d\d: |AH00111|AH01180|AH10")

    def _socket(self, kind):
        path = self.server.path(kind + ".sock")
        backend = Backend(kind, path=path)
        os.chmod(path, 0o777)
        self.backends[path] = backend
        return path

    def _host(self, name, conf, guard):
        lines = "\n".join(x for x in self._put(conf).splitlines()
                          if guard or not x.startswith("ProxyGuard"))
        return host_on("@PORT@", lines + "\n<Directory @ROOT@/htdocs>\n"
                       "AllowOverride All\nOptions +Includes\n"
                       "Require all granted\n</Directory>\n",
                       name="own.example", address=self.addresses[name])

    def _put(self, text):
        http = self.backends["@B@"]
        for key, value in {
                **{k: self.backends[k].authority for k in KINDS},
                **self.sockets, "@BH@": "127.0.0.2", "@BP@": str(http.port),
                "@DIR@": "@ROOT@/htdocs", "@MAP@": "@ROOT@/map.txt"}.items():
            text = text.replace(key, value)
        return text

    def hits(self):
        return sum(b.hits for b in self.backends.values())

    def ask_all(self, name):
        """[(status, body, whether it reached a backend)]"""
        out = []
        for request in pg_plain.ORDINARY[name][1]:
            before = self.hits()
            octets = self._put(request).replace(
                "@OWN@", f"own.example:{self.server.port}").replace(
                "@PORT@", str(self.server.port)).encode()
            reply = exchange((self.addresses[name], self.server.port), octets,
                             timeout=10)
            out.append((reply.status, reply.body.strip(),
                        self.hits() > before))
        return out

    def close(self):
        for backend in self.backends.values():
            backend.close()


def test_nothing_is_refused_or_counted_and_all_arrives(httpd_with):
    sites = [Site(httpd_with, guard) for guard in (False, True)]
    bare, guarded = sites
    expected = {name: bare.ask_all(name) for name in pg_plain.ORDINARY}
    assert [name for name, got in expected.items()
            if not all(hit and (body or status == 101)
                       for status, body, hit in got)] == []
    seen = {name: guarded.ask_all(name) for name in pg_plain.ORDINARY}
    assert {n: (seen[n], expected[n]) for n in seen
            if seen[n] != expected[n]} == {}
    assert [x.text for x in guarded.server.log.all("PG01")
            if x.fields["class"] != "foreign-host"] == []
    counted = guarded.server.status()["by_outcome"]
    assert (counted["relayed"], counted["denied"]) == (0, 0)
    for site in sites:
        site.close()
        site.server.log.take_all("AH|PG01|rewrite|proxy|cache")

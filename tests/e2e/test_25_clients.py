# Licensed under the Apache License, Version 2.0; see LICENSE.
"""Real clients and real scanners: each concludes that this is not a proxy, and
each is served our own page as an ordinary client. Their targets are on
loopback or in .invalid (RFC 6761 6.4)."""

import os
import re
import shutil
import socket
import subprocess
import threading

import pytest

from pg_hosts import free_port, host_on, tls_on
from pg_wire import PATIENCE, wait_until

ABLE = ("event",)                # the clients differ, not the servers


def run(*command, given=b"", env=None):
    """(exit code, all of its output)"""
    assert shutil.which(command[0]), f"{command[0]} is missing: make deps"
    done = subprocess.run(command, input=given, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, timeout=6 * PATIENCE,
                          env=dict(os.environ, LC_ALL="C", HOME="/nonexistent",
                                   **(env or {})), check=False)
    return done.returncode, done.stdout.decode("utf-8", "replace")


def taken(server, least=1):
    """The classes of all attempts so far, once there are at least so many."""
    server.settled(least)
    lines = server.log.take_all(" PG01")
    server.log.take_all("AH")
    assert len(lines) == server.status()["attempts"] >= least
    assert {x.outcome for x in lines} <= {"denied", "refused"}
    return [x.fields["class"] for x in lines]


@pytest.fixture
def at(httpd):
    return f"127.0.0.1:{httpd.port}"


# --- curl, wget ---------------------------------------------------------------

CURL = ("curl", "-sS", "--noproxy", "", "--max-time", "10")

CURLS = {
    "-x": (("-f", "-x", "http://@", "http://s.invalid/"), 22, "421",
           "absolute"),
    "-x, ftp": (("-f", "-x", "http://@", "ftp://s.invalid/"), 22, "421",
                "absolute"),
    "-x, https": (("-x", "http://@", "https://s.invalid/"), 56, "405",
                  "connect-tls"),
    "-p": (("-p", "-x", "http://@", "http://s.invalid:25/"), 56, "405",
           "connect-mail"),
    "-p, 1.0": (("-p", "--proxy1.0", "http://@", "http://s.invalid:22/"), 56,
                "405", "connect-other"),
    "--socks4": (("--socks4", "@", "http://127.0.0.2/"), 97, "", "socks"),
    "--socks4a": (("--socks4a", "@", "http://s.invalid/"), 97, "", "socks"),
    "--socks5": (("--socks5", "@", "http://127.0.0.2/"), 97, "", "socks"),
    "--socks5-hostname": (("--socks5-hostname", "@", "http://s.invalid/"),
                          97, "", "socks"),
}


@pytest.mark.parametrize("what", CURLS)
def test_curl_finds_no_proxy(httpd, at, what):
    options, code, words, class_id = CURLS[what]
    got, said = run(*CURL, *(o.replace("@", at) for o in options))
    if got == 7 and "CONNECT tunnel failed" in said:    # as curl 8.23 ends
        got = 56
    assert (got, words in said) == (code, True), said
    assert taken(httpd) == [class_id]


def test_curl_is_served(httpd_with, certificate):
    ports = free_port(), free_port()
    server = httpd_with(
        "Protocols h2 h2c http/1.1\n" + host_on(ports[0], "")
        + tls_on(ports[1], certificate), modules=("ssl", "http2"))
    for options in (("--http1.0",), ("--http1.1",), ("--http2",),
                    ("--http2-prior-knowledge",)):
        assert run(*CURL, *options,
                   f"http://127.0.0.1:{ports[0]}/page.txt") \
            == (0, "own page\n")
    for options in (("--http1.1",), ("--http2",)):
        assert run(*CURL, "-k", *options, "--resolve",
                   f"www.own.example:{ports[1]}:127.0.0.1",
                   f"https://www.own.example:{ports[1]}/page.txt") \
            == (0, "own page\n")
    # ourselves by way of ourselves: absolute-form that a server must take
    assert run(*CURL, "-x", f"http://127.0.0.1:{ports[0]}",
               "http://www.own.example/page.txt") == (0, "own page\n")
    assert server.status()["attempts"] == 0


def test_wget(httpd, at):
    wget = ("wget", "-q", "-O-", "-t1", "-T5", "--no-config",
            "-S", "-e", "use_proxy=yes")
    code, said = run(*wget, "-e", f"http_proxy={at}", "http://s.invalid/")
    assert code != 0 and "421" in said
    code, said = run(*wget, "-e", f"https_proxy={at}", "https://s.invalid/")
    assert code != 0
    assert sorted(taken(httpd, 2)) == ["absolute", "connect-tls"]
    assert run("wget", "-q", "-O-", "--no-proxy",
               f"http://{at}/page.txt") == (0, "own page\n")


# --- tunnels ------------------------------------------------------------------

def test_openssl(httpd, at, httpd_with, certificate):
    code, said = run("openssl", "s_client", "-proxy", at, "-connect",
                     "s.invalid:443")
    assert code != 0 and "405" in said
    assert taken(httpd) == ["connect-tls"]
    port = free_port()
    server = httpd_with(tls_on(port, certificate), modules=("ssl",))
    said = run("openssl", "s_client", "-quiet", "-connect",
               f"127.0.0.1:{port}", "-servername", "www.own.example",
               given=b"GET /page.txt HTTP/1.0\r\n"
                     b"Host: www.own.example\r\n\r\n")[1]
    assert "own page" in said
    assert server.status()["attempts"] == 0


@pytest.mark.parametrize("kind, class_id", [
    ("http", "connect-mail"), ("socks4", "socks"), ("socks5", "socks")])
def test_ncat(httpd, at, kind, class_id):
    target = "127.0.0.2" if kind == "socks4" else "s.invalid"
    code, said = run("ncat", "-w", "5", "--proxy", at, "--proxy-type", kind,
                     "--proxy-dns", "remote", target, "25",
                     given=b"EHLO me\r\n")
    assert code != 0, said
    assert taken(httpd) == [class_id]
    said = run("ncat", "-w", "5", "127.0.0.1", str(httpd.port),
               given=b"GET /page.txt HTTP/1.0\r\n"
                     b"Host: www.own.example\r\n\r\n")[1]
    assert said.endswith("own page\n")


def test_proxytunnel(httpd, at):
    code, said = run("proxytunnel", "-p", at, "-d", "s.invalid:22")
    assert code != 0 and "405" in said
    assert taken(httpd) == ["connect-other"]


@pytest.mark.parametrize("kind, class_id", [
    ("http", "connect-other"), ("socks4", "socks"), ("socks5", "socks")])
def test_proxychains(httpd, kind, class_id):
    conf = httpd.write("chains.conf", "strict_chain\nproxy_dns\n"
                       "tcp_read_time_out 5000\ntcp_connect_time_out 5000\n"
                       f"[ProxyList]\n{kind} 127.0.0.1 {httpd.port}\n")
    code, said = run("proxychains4", "-f", conf, "curl", "-sS", "--max-time",
                     "5", "http://192.0.2.1/")
    assert code != 0 and "denied" in said
    assert set(taken(httpd)) == {class_id}


# --- HTTP/2 -------------------------------------------------------------------

def test_nghttp(httpd_with):
    port = free_port()
    server = httpd_with("Protocols h2c http/1.1\n" + host_on(
        port, "ProxyGuardAction foreign-host deny"), modules=("http2",))
    url = f"http://127.0.0.1:{port}/page.txt"
    assert run("nghttp", url) == (0, "own page\n")
    said = run("nghttp", "-nv", "-H", ":authority: s.invalid", url)[1]
    assert ":status: 421" in re.sub(r"\x1b\[[0-9;]*m", "", said)
    assert taken(server) == ["foreign-host"]


# --- scanners -----------------------------------------------------------------

def nmap(port, url, pattern):
    return run("nmap", "-Pn", "-n", "-p", str(port), "--script",
               "+http-open-proxy,+socks-open-proxy", "--script-args",
               f"proxy.url={url},proxy.pattern={pattern}", "127.0.0.1")[1]


OPEN_SAYS = re.compile("potentially open|status: open", re.I)


def test_nmap(httpd):
    said = nmap(httpd.port, "http://www.s.invalid/", "own")
    assert "/tcp open" in said and not OPEN_SAYS.search(said)
    assert set(taken(httpd, 3)) >= {"absolute"}
    assert httpd.get("/page.txt").status == 200


def methods_by_nmap(port):
    return run("nmap", "-Pn", "-n", "-p", str(port), "--script",
               "+http-methods", "--script-args",
               "http-methods.test-all=true", "127.0.0.1")[1]


def test_nmap_does_not_list_connect_as_supported(httpd_with, httpd):
    assert "CONNECT" not in methods_by_nmap(httpd.port)
    assert httpd.status()["attempts"] == 0
    assert httpd.status()["connect_probes"] >= 1
    httpd.log.take_all("AH")
    bare = httpd_with(guard=False)
    assert "CONNECT" in methods_by_nmap(bare.port)
    bare.log.take_all("AH")


def test_nmap_would_have_found_an_open_one(httpd_with, origin):
    server = httpd_with("ProxyRequests On", guard=False,
                        modules=("proxy", "proxy_http"))
    assert OPEN_SAYS.search(nmap(server.port, f"http://{origin.authority}/",
                                 "origin"))
    server.log.take_all("AH01144")


class Irc:
    """As much of an IRC server as hopm needs: it greets, makes the bot an
    operator, and reports one client to it, 127.0.0.1. The greeting is also
    what hopm wants to see through a proxy. .said is what the bot sent."""

    GREETING = "*** Looking up your hostname"
    ANSWERS = {b"USER": b":irc.invalid 001 bot :hello\r\n",
               b"JOIN": b":bot!bot@x JOIN :#bot\r\n:irc.invalid NOTICE bot "
                        b":*** Notice -- Client connecting: nick "
                        b"(user@127.0.0.1) [127.0.0.1] {users} [x]\r\n"}

    def __init__(self):
        self.said = []
        self.peers = []
        self.sock = socket.create_server(("127.0.0.1", 0))
        self.port = self.sock.getsockname()[1]
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self):
        while True:
            try:
                peer = self.sock.accept()[0]
            except OSError:
                return
            self.peers.append(peer)
            threading.Thread(target=self._talk, args=(peer,),
                             daemon=True).start()

    def close(self):
        self.sock.close()
        for peer in self.peers:
            try:
                peer.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass            # it went first

    def _talk(self, peer):
        try:
            with peer, peer.makefile("rb") as lines:
                peer.sendall(b":irc.invalid NOTICE * :%s\r\n"
                             % self.GREETING.encode())
                for line in lines:
                    self.said.append(line)
                    peer.sendall(self.ANSWERS.get(line.split()[0], b"")
                                 if line.strip() else b"")
        except OSError:
            pass


HOPM = """
options {{ pidfile = "{folder}/pid"; command_queue_size = 0; }};
irc {{
    nick = "bot"; realname = "bot"; username = "bot";
    server = "127.0.0.1"; port = {irc}; tls = no;
    oper = "bot x"; mode = "+c";
    channel {{ name = "#bot"; }};
    connregex = "\\\\*\\\\*\\\\* Notice -- Client connecting: ([^ ]+) \
\\\\(([^@]+)@([^\\\\)]+)\\\\) \\\\[([0-9a-f\\\\.:]+)\\\\].*";
    kline = "KLINE 180 *@%i :open";
}};
scanner {{
    name = "default";
    {protocols}
    fd = 64; max_read = 4 kbytes; timeout = 10 seconds;
    target_ip = "127.0.0.1"; target_port = {irc};
    target_string = "{greeting}";
}};
user {{ mask = "*!*@*"; scanner = "default"; }};
"""
SCANS = ("HTTP", "HTTPPOST", "SOCKS4", "SOCKS5", "WINGATE", "ROUTER")


@pytest.fixture
def hopm(tmp_path):
    """hopm(port) -> (what the scan reports, what the bot told the server)"""
    def scan(port):
        irc = Irc()
        text = HOPM.format(
            folder=tmp_path, irc=irc.port, greeting=irc.GREETING,
            protocols=" ".join(f"protocol = {s}:{port};" for s in SCANS))
        (tmp_path / "hopm.conf").write_text(text)
        # it looks below /etc/hopm, whatever the name is
        bot = subprocess.Popen(
            ["hopm", "-d", "-c", f"../..{tmp_path}/hopm"],
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        heard = []
        reader = threading.Thread(target=lambda: heard.extend(bot.stdout),
                                  daemon=True)
        reader.start()
        try:
            wait_until(lambda: b" complete" in b"".join(heard),
                       f"hopm to end: {heard}", 30)
        finally:
            bot.terminate()
            bot.wait()
            irc.close()
        reader.join()
        return b"".join(heard).decode(), b"".join(irc.said)
    return scan


def test_hopm(httpd, hopm):
    heard, told = hopm(httpd.port)
    assert heard.count("Negotiation failed") == len(SCANS)
    assert "OPEN PROXY" not in heard and b"KLINE" not in told
    assert sorted(taken(httpd, 5)) == ["absolute", "connect-other",
                                       "malformed", "socks", "socks"]
    assert httpd.get("/page.txt").status == 200


# A sink takes in those that only want a greeting, not those that want more.

SINK = ("ProxyGuardSinkSpool @ROOT@/spool.mbox\n"
        "ProxyGuardAction connect-mail sink\n"
        "ProxyGuardSinkLimit source 64\n")
ALL_SUNK = (SINK + "ProxyGuardAction connect-tls sink\n"
            "ProxyGuardAction connect-other sink\n")


def captured(server, least=1):
    """The outcomes by class of all attempts so far."""
    server.log.take("PG0141")
    server.settled(least)
    lines = server.log.take_all(" PG01")
    server.log.take_all("AH")
    return {(x.fields["class"], x.outcome) for x in lines
            if "outcome" in x.fields}


def test_hopm_sees_no_open_proxy_in_a_sink(httpd_with, hopm):
    server = httpd_with(ALL_SUNK)
    heard, told = hopm(server.port)
    assert "OPEN PROXY" not in heard and b"KLINE" not in told
    assert ("connect-other", "sunk") in captured(server, 5)


# nmap looks no further than the answer to CONNECT 80
@pytest.mark.parametrize("conf, found", [(SINK, False), (ALL_SUNK, True)])
def test_nmap_believes_in_a_sink_of_its_port_alone(httpd_with, conf, found):
    server = httpd_with(conf)
    said = nmap(server.port, "http://www.s.invalid/", "own")
    assert "/tcp open" in said and bool(OPEN_SAYS.search(said)) == found
    assert (("connect-other", "sunk") in captured(server, 3)) == found


def test_who_waits_for_a_greeting_alone_takes_a_sink_for_open(httpd_with):
    server = httpd_with(SINK)
    code, said = run("ncat", "--proxy", f"127.0.0.1:{server.port}",
                     "--proxy-type", "http", "--recv-only", "-i", "1",
                     "mx.invalid", "25")
    assert said.startswith("220 mx.invalid ESMTP\r\n"), code
    assert captured(server) == {("connect-mail", "sunk")}


def test_hopm_would_have_found_an_open_one(httpd_with, hopm):
    server = httpd_with("ProxyRequests On\nAllowCONNECT 1-65535",
                        guard=False, modules=("proxy", "proxy_http",
                                              "proxy_connect"))
    heard, told = hopm(server.port)
    assert "OPEN PROXY" in heard and b"KLINE" in told
    server.log.take_all("AH")

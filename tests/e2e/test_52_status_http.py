# Licensed under the Apache License, Version 2.0; see LICENSE.
"""The status page over HTTP: what it understands, what it refuses, and what
mod_status, a browser and a real Prometheus make of it."""

import datetime
import json
import os
import re
import subprocess
import urllib.parse
import urllib.request

import pytest

from pg_browser import SHOTS, chromium, png_size
from pg_cli import COMMAND
from pg_httpd import free_port
from pg_sample import doc
from pg_servers import Servers
from pg_wire import wait_until

PAGE = "/proxyguard-status"
CONNECT = b"CONNECT mx0.a.example:25 HTTP/1.0\r\n\r\n"


# --- protocol ----------------------------------------------------------------

CLASSES = ["absolute", "connect-tls", "connect-mail", "connect-other",
           "socks", "foreign-host", "malformed", "chosen-backend"]
OUTCOMES = ["denied", "refused", "dropped", "observed", "relayed", "sunk"]


@pytest.mark.parametrize("mask", ["0", "1"])
def test_a_link_of_the_targets_finds_a_name_in_capitals(httpd, mask):
    httpd.send(b"CONNECT Mx1.A.Example:25 HTTP/1.0\r\n\r\n")
    httpd.settled(1)
    page = httpd.get(f"{PAGE}?format=html&mask={mask}").body.decode()
    link, = {x for x in re.findall(r'href="\?([^"#]*target=[^"#]*)', page)
             if "class=" not in x}
    view = httpd.get(f"{PAGE}?{link.replace('&amp;', '&')}").body.decode()
    recent = view[view.index('id="recent"'):]
    assert recent[:recent.index("</section>")].count("<tr>") == 2
    httpd.log.attempt()


def test_json_has_the_promised_keys_with_nothing_counted(httpd):
    reply = httpd.get("/proxyguard-status?format=json")
    status = json.loads(reply.body)
    assert reply.status == 200
    assert reply.headers["Content-Type"].startswith("application/json")
    assert isinstance(status["schema"], int)
    assert status["attempts"] == 0
    assert status["by_class"] == dict.fromkeys(CLASSES, 0)
    assert status["by_outcome"] == dict.fromkeys(OUTCOMES, 0)
    since = datetime.datetime.fromisoformat(
        status["since"].replace("Z", "+00:00"))
    age = datetime.datetime.now(datetime.timezone.utc) - since
    assert datetime.timedelta(0) <= age < datetime.timedelta(minutes=5)


def test_the_page_has_the_version_of_the_command(httpd):
    said = subprocess.run([COMMAND, "--version"], capture_output=True,
                          text=True, check=True).stdout.split()
    assert httpd.status()["version"] in said
    assert httpd.status()["version"] in httpd.get(PAGE + "?auto").text


def test_html_is_the_default_and_shows_the_counts(httpd):
    httpd.send(b"CONNECT mx.example:25 HTTP/1.0\r\n\r\n")
    reply = httpd.get("/proxyguard-status")
    assert reply.headers["Content-Type"].startswith("text/html")
    assert "charset=utf-8" in reply.headers["Content-Type"].lower()
    for word in ("connect-mail", "denied"):
        assert word in reply.text
    httpd.log.attempt()


def test_the_page_is_never_stored_sniffed_or_scripted(httpd):
    reply = httpd.get("/proxyguard-status")
    assert reply.headers["Cache-Control"] == "no-store"
    assert reply.headers["X-Content-Type-Options"] == "nosniff"
    assert "default-src 'none'" in reply.headers["Content-Security-Policy"]
    assert "<script" not in reply.text.lower()


def test_other_methods_are_refused_and_told_which_are_allowed(httpd):
    for method in ("POST", "PUT", "DELETE"):
        reply = httpd.send(
            f"{method} /proxyguard-status HTTP/1.1\r\n"
            f"Host: {httpd.authority}\r\nContent-Length: 0\r\n\r\n".encode())
        assert reply.status == 405
        assert set(reply.allow) - {"TRACE"} == {"GET", "HEAD"}
    reply = httpd.send(f"HEAD /proxyguard-status HTTP/1.1\r\n"
                       f"Host: {httpd.authority}\r\n\r\n".encode())
    assert (reply.status, reply.body) == (200, b"")


def test_asking_for_the_status_counts_nothing(httpd):
    for _ in range(3):
        httpd.get("/proxyguard-status")
    assert httpd.status()["attempts"] == 0


def test_to_ask_another_server_for_its_page_is_an_attempt(httpd_with):
    server = httpd_with("ProxyGuard Observe")
    reply = server.send(f"GET http://192.0.2.9{PAGE}?auto HTTP/1.1\r\n"
                        f"Host: {server.authority}\r\n\r\n".encode())
    assert (reply.status, "Attempts" in reply.text) == (200, True)
    assert server.log.attempt().fields["class"] == "absolute"


def test_the_shipped_configuration_serves_local_clients_only(httpd_with):
    # mod_remoteip gives this client a foreign address
    server = httpd_with("RemoteIPHeader X-Client\n"
                        "RemoteIPInternalProxy 127.0.0.1",
                        modules=("remoteip",))
    assert server.get("/proxyguard-status").status == 200
    for path in ("/proxyguard-status", "/proxyguard-status/metrics",
                 "/proxyguard-status?format=json"):
        reply = server.get(path, headers=["X-Client: 192.0.2.7"])
        assert reply.status == 403, path
        assert "attempts" not in reply.text
    server.log.take_all("AH01630")


def test_without_the_shipped_configuration_there_is_no_page(httpd_with):
    server = httpd_with(shipped=False)
    assert server.get("/proxyguard-status").status == 404


def test_the_status_never_shows_a_strangers_octets_as_markup(httpd):
    httpd.send(b"GET http://s.example/<script>alert(1)</script> HTTP/1.1\r\n"
               b"Host: s.example\r\nUser-Agent: <b>\"'&\r\n\r\n")
    text = httpd.get("/proxyguard-status").text
    assert "<script" not in text and "<b>\"" not in text
    httpd.log.attempt()


# --- what it understands -----------------------------------------------------

@pytest.mark.parametrize("query, media", [
    ("", "text/html"), ("?format=html", "text/html"),
    ("?format=json", "application/json"), ("?auto", "text/plain"),
    ("?format=csv", "text/csv"), ("?format=text", "text/plain"),
    ("/metrics", "text/plain; version=0.0.4"),
    ("?format=openmetrics", "application/openmetrics-text"),
    ("?lang=ja&mask&top=3&window=1h&refresh=9", "text/html")])
def test_each_format_has_its_media_type_and_guards(httpd, query, media):
    reply = httpd.get(PAGE + query)
    assert reply.status == 200
    assert reply.headers["Content-Type"].startswith(media)
    assert "charset=utf-8" in reply.headers["Content-Type"].lower()
    assert reply.headers["Cache-Control"] == "no-store"
    assert reply.headers["X-Content-Type-Options"] == "nosniff"
    assert reply.headers["Referrer-Policy"] == "no-referrer"
    policy = reply.headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'; style-src 'sha256-")
    assert "unsafe" not in policy


@pytest.mark.parametrize("query", [
    "format=xml", "format=JSON", "format=", "jsonformat=json", "format=json&"
    "format=json", "top=0", "top=9999999999", "refresh=-1", "window=1y",
    "lang=xx", "noautoplease", "a=<script>alert(1)</script>", "x=%0d%0aX:1",
    "mask=2", "format=%6a%73%6f%6e", "x" * 3000])
def test_nonsense_is_refused_in_one_sentence_of_ours(httpd, query):
    reply = httpd.get(f"{PAGE}?{query}")
    assert reply.status == 400
    assert reply.headers["Content-Type"].startswith("text/plain")
    assert reply.text.count("\n") == 1 and reply.text.endswith(".\n")
    sent = query.split("=", 1)[-1]
    assert len(sent) < 3 or sent not in reply.text
    assert len(reply.text) < 200


def test_accept_and_accept_language_are_honoured(httpd):
    def media(path, *headers):
        return httpd.get(path, headers=headers).headers["Content-Type"]
    assert media(PAGE, "Accept: application/json").startswith(
        "application/json")
    assert media(PAGE, "Accept: text/html,*/*;q=0.8").startswith("text/html")
    assert media(PAGE + "?format=csv", "Accept: application/json"
                 ).startswith("text/csv")
    assert media(PAGE + "/metrics", "Accept: application/openmetrics-text"
                 ).startswith("application/openmetrics-text")
    reply = httpd.get(PAGE, headers=["Accept-Language: ja-JP,en;q=0.5"])
    assert reply.headers["Content-Language"] == "ja"
    assert '<html lang="ja">' in reply.text
    assert "Accept-Language" in reply.headers["Vary"]
    reply = httpd.get(PAGE + "?lang=en", headers=["Accept-Language: ja"])
    assert '<html lang="en">' in reply.text


def test_a_path_below_the_page_that_is_not_metrics_is_not_found(httpd):
    assert httpd.get(PAGE + "/metrics").status == 200
    assert httpd.get(PAGE + "/").status == 200
    assert httpd.get(PAGE + "/metrics2").status == 404
    assert httpd.get(PAGE + "/x/metrics").status == 404


def test_head_has_the_headers_and_nothing_else(httpd):
    reply = httpd.send(f"HEAD {PAGE}?format=json HTTP/1.1\r\n"
                       f"Host: {httpd.authority}\r\n\r\n".encode())
    assert (reply.status, reply.body) == (200, b"")
    assert reply.headers["Content-Type"].startswith("application/json")


# --- what it shows -----------------------------------------------------------

HOSTILE = [b"<script>alert(1)</script>", b"\"'><b>", b"\x1b[31m",
           b"\xe2\x80\xae", b"\xff\xfe", b"a" * 6000]


def test_what_strangers_send_does_no_harm_in_any_format(httpd):
    for octets in HOSTILE:
        httpd.send(b"GET http://s.example/" + octets + b" HTTP/1.1\r\n"
                   b"Host: s.example\r\nUser-Agent: " + octets + b"\r\n"
                   b"X-Forwarded-For: " + octets + b"\r\n\r\n")
    httpd.settled(len(HOSTILE))
    for form in ("html", "json", "prometheus", "csv", "text", "auto"):
        text = httpd.get(f"{PAGE}?format={form}").body.decode("utf-8")
        assert "\x1b" not in text and "\u202e" not in text
        if form == "html":
            assert "<script" not in text and "<b>\"" not in text
            assert "&lt;script&gt;" in text
    httpd.log.attempts(len(HOSTILE))


def test_a_masked_page_names_neither_source_nor_target_nor_ourselves(httpd):
    httpd.send(CONNECT)
    httpd.settled(1)
    for form in ("html", "json", "text", "csv", "prometheus", "auto"):
        plain = httpd.get(f"{PAGE}?format={form}").text
        masked = httpd.get(f"{PAGE}?format={form}&mask=1").text
        for name in ("127.0.0.1", "a.example", "own.example"):
            assert name not in masked, form
        if form in ("html", "json", "text"):
            assert "127.0.0.1" in plain and "mx0.a.example" in plain
    again = json.loads(httpd.get(f"{PAGE}?format=json&mask").text)
    assert again["top"]["sources"]["entries"][0]["key"] in \
        httpd.get(f"{PAGE}?mask=1").text
    httpd.log.attempt()


def test_a_pseudonym_outlives_a_restart(httpd):
    httpd.send(CONNECT)
    httpd.settled(1)

    def key():
        status = json.loads(httpd.get(f"{PAGE}?format=json&mask").text)
        return status["top"]["sources"]["entries"][0]["key"]
    before = key()
    httpd.stop()
    httpd.restart_same_port()
    assert key() == before
    httpd.log.attempt()


SERVER_STATUS = '''<Location "/server-status">
    SetHandler server-status
</Location>'''


def test_without_a_ledger_it_says_that_it_cannot_count(httpd_with):
    server = httpd_with("ProxyGuardLedger none\n" + SERVER_STATUS,
                        modules=("status",))
    for path in (PAGE, "/server-status"):
        assert "cannot count" in server.get(path).text
    status, again = (json.loads(server.get(PAGE + "?format=json&mask").body)
                     for _ in range(2))
    assert status["counting"] is False and "attempts" not in status
    assert status["findings"] == []
    # nothing that is kept, so that pseudonyms cannot be compared
    assert status["sensor"] != again["sensor"]
    assert "proxyguard_counting 0" in server.get(PAGE + "/metrics").text


# --- mod_status --------------------------------------------------------------

def test_mod_status_has_a_block_and_lines(httpd_with):
    server = httpd_with(SERVER_STATUS, modules=("status",))
    server.send(CONNECT)
    server.get("/", host="s.example")
    server.settled(2)
    text = server.get("/server-status").text
    assert "Relay attempts (mod_proxyguard)" in text
    assert "Attempts: 1, in the last hour: 1, relayed: 0" in text
    block = text.partition("<hr />\n<h1>Relay attempts (mod_proxyguard)</h1>")
    assert re.match(r"\n<dl>\n(<dt>[^\n]*</dt>\n)+</dl>\n", block[2])
    assert "<dt>Tunnel to a mail port: 1</dt>" in text
    assert [int(n) for n in re.findall(r"<dt>[^:<]*: (\d+)</dt>", block[2])
            ] == [*server.status()["by_class"].values()]
    text = server.get("/server-status?auto").text
    assert "\nProxyGuardClass-connect-mail: 1\n" in text
    assert "\nProxyGuardOutcome-denied: 1\n" in text
    server.log.attempts(2)


@pytest.fixture
def event_with(request):
    """httpd_with under one MPM: for slow tests that depend on none."""
    servers = Servers("event")
    yield servers
    servers.finish(getattr(request.node, "pg_failed", True))


# --- a browser ---------------------------------------------------------------

def test_a_browser_applies_the_style_that_the_policy_allows(event_with,
                                                            tmp_path):
    httpd = event_with()
    httpd.send(CONNECT)
    httpd.settled(1)
    os.makedirs(SHOTS, exist_ok=True)
    shot = os.path.join(SHOTS, "live.png")
    said = chromium(tmp_path, f"http://{httpd.authority}{PAGE}",
                    "--host-resolver-rules=MAP * 127.0.0.1",
                    f"--screenshot={shot}", "--window-size=1180,1400")
    assert png_size(shot) == (1180, 1400)
    assert b"Refused to" not in said.stderr
    assert b"Content Security Policy" not in said.stderr
    httpd.log.attempt()


# --- Prometheus --------------------------------------------------------------

def query(port, expression):
    url = f"http://127.0.0.1:{port}/api/v1/query?" + urllib.parse.urlencode(
        {"query": expression})
    with urllib.request.urlopen(url, timeout=20) as reply:
        result = json.load(reply)["data"]["result"]
    return {r["metric"]["instance"]: float(r["value"][1]) for r in result}


def until(port, expression, expected):
    def now():
        try:
            return query(port, expression) == expected
        except OSError:
            return False
    wait_until(now, expression, 60)


@pytest.fixture
def prometheus(tmp_path):
    """start(targets) -> port of a real Prometheus that scrapes them."""
    running = []

    def start(targets):
        port = free_port()
        conf = tmp_path / "prometheus.yml"
        conf.write_text(
            "global: {scrape_interval: 300ms, scrape_timeout: 300ms}\n"
            "scrape_configs:\n- job_name: proxyguard\n"
            f"  metrics_path: {PAGE}/metrics\n"
            f"  static_configs: [{{targets: {json.dumps(targets)}}}]\n")
        running.append(subprocess.Popen(
            ["prometheus", f"--config.file={conf}",
             f"--storage.tsdb.path={tmp_path}/tsdb",
             f"--web.listen-address=127.0.0.1:{port}"],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL))
        return port
    yield start
    for process in running:
        process.terminate()
        process.wait(timeout=60)


def test_prometheus_compares_two_servers_month_by_month(event_with,
                                                        prometheus):
    one, two = event_with(), event_with()
    address = ["%s:%d" % s.address for s in (one, two)]
    port = prometheus(address)
    connect = 'proxyguard_family_attempts_total{family="connect"}'
    until(port, connect, {address[0]: 0, address[1]: 0})
    for server, n in ((one, 2), (two, 5)):
        for _ in range(n):
            server.send(CONNECT)
    until(port, 'proxyguard_month_attempts{family="connect"}',
          {address[0]: 2, address[1]: 5})
    until(port, f"round(delta({connect}[30d])) > bool 0",
          {address[0]: 1, address[1]: 1})
    assert query(port, f"topk(1, increase({connect}[30d]))").keys() == {
        address[1]}
    assert query(port, 'sum by (instance) (proxyguard_attempts_total'
                 '{outcome="relayed"})') == {address[0]: 0, address[1]: 0}
    one.log.attempts(2)
    two.log.attempts(5)


# --- the reference -----------------------------------------------------------

def test_the_reference_has_each_parameter_and_no_other(httpd):
    known = re.search(r"it knows: ([\w ]+) \(", httpd.get(
        PAGE + "?x").text).group(1).split()
    rows = re.findall(r"^\| `(\w+)` \|", doc("status-page.md"), re.M)
    assert rows == known


# --- foreign Hosts -----------------------------------------------------------

def ask_for(httpd, host, times):
    for _ in range(times):
        assert httpd.send(f"GET / HTTP/1.1\r\nHost: {host}\r\n"
                          "Connection: close\r\n\r\n".encode()).status == 200


def test_foreign_hosts_have_a_sentence_of_their_own(httpd):
    ask_for(httpd, "shop.s.example:8080", 12)
    status = httpd.settled(12)
    assert (status["last_hour"], status["trend"]["month_so_far"]) == (0, 0)
    assert status["trend"]["foreign_hosts_last_day"] == 12
    for form in ("html", "text"):
        page = httpd.get(f"{PAGE}?format={form}").text
        assert "There were no attempts." in page
        assert "12 of them only ask in Host for a name that is not ours " \
            "(12 in the last 24 hours)" in page
        assert "12 visitors a day ask for shop.s.example, which no virtual " \
            "host names. If it is yours: ProxyGuardOwnHost "\
            "shop.s.example" in page
        assert "shop.s.example" not in httpd.get(
            f"{PAGE}?format={form}&mask=1").text
    assert "\nNo relay attempts.\n" in page
    httpd.send(CONNECT)
    httpd.settled(13)
    page = httpd.get(f"{PAGE}?format=text").text
    assert "The only attempt was not relayed." in page
    assert "1 attempt in the last hour." in page
    assert "\n1 attempt to use this server as a relay" in page
    httpd.log.attempts(13)


def test_a_few_who_ask_for_a_name_are_no_reason_to_think_it_ours(httpd):
    ask_for(httpd, "s.example", 9)
    httpd.settled(9)
    page = httpd.get(f"{PAGE}?format=text").text
    assert "9 of them only ask in Host" in page
    assert "visitors a day" not in page
    httpd.log.attempts(9)


# --- it guards itself --------------------------------------------------------

FORWARDED = ["X-Forwarded-For: 192.0.2.7", "x-forwarded-for: 127.0.0.1",
             "Forwarded: for=192.0.2.7", "Via: 1.1 varnish",
             "X-Real-IP: 192.0.2.7", "X-Forwarded-Proto: https",
             "CF-Connecting-IP: 192.0.2.7", "X-Client-IP: 192.0.2.7"]


@pytest.mark.parametrize("field", FORWARDED)
def test_whom_a_proxy_on_this_host_stands_for_is_not_local(httpd, field):
    for path in (PAGE, PAGE + "/metrics", PAGE + "?format=json"):
        reply = httpd.get(path, headers=[field])
        assert reply.status == 403, path
        assert reply.headers["Content-Type"].startswith("text/plain")
        assert reply.text.count("\n") == 1
        assert "mod_remoteip" in reply.text
        assert "ProxyGuardStatusProxied On" in reply.text
    assert len(httpd.log.all("(?i)^[^()]* PG0120: .*with "
                             + field.split(":")[0])) == 3
    assert httpd.get(PAGE).status == 200


def test_a_directive_lets_proxied_requests_see_the_page(httpd_with):
    server = httpd_with("ProxyGuardStatusProxied On")
    for field in FORWARDED:
        assert server.get(PAGE, headers=[field]).status == 200
    assert server.log.all("PG0120") == []
    assert "PG0270" in server.run("-t", "-D", "DUMP_PROXYGUARD")[1]


def test_what_mod_remoteip_took_is_judged_by_require(httpd_with):
    server = httpd_with("RemoteIPHeader X-Forwarded-For\n"
                        "RemoteIPInternalProxy 127.0.0.1\n",
                        modules=("remoteip",))
    both = ["Via: 1.1 nginx", "X-Real-IP: 127.0.0.1"]
    assert server.get(PAGE, headers=["X-Forwarded-For: 127.0.0.1", *both]
                      ).status == 200
    assert server.get(PAGE, headers=["X-Forwarded-For: 192.0.2.7", *both]
                      ).status == 403
    server.log.take("AH01630")
    assert server.log.all("PG0120") == []
    # it took nothing here
    assert server.get(PAGE, headers=both).status == 403
    server.log.take("PG0120")


def page_as(server, host, path=PAGE):
    return server.send(f"GET {path} HTTP/1.1\r\nHost: {host}\r\n"
                       "Connection: close\r\n\r\n".encode())


def test_a_name_that_is_not_ours_does_not_get_the_page(httpd):
    for host in ("rebound.s.example", f"s.example:{httpd.port}",
                 "www.own.example.s.example"):
        reply = page_as(httpd, host)
        assert reply.status == 421
        assert "ProxyGuardOwnHost" in reply.text and host not in reply.text
    for host in (httpd.name, "WWW.OWN.EXAMPLE.", "localhost", "127.0.0.1",
                 "[::1]:80", "web", "web:80",
                 "web.default.svc.cluster.local"):
        assert page_as(httpd, host).status == 200, host
    assert httpd.send(f"GET {PAGE} HTTP/1.0\r\n\r\n".encode()).status == 200
    # only what was refused is counted
    assert httpd.settled(3)["by_class"]["foreign-host"] == 3
    httpd.log.attempts(3)


def test_scrapes_by_whatever_name_are_no_attempts(httpd_with):
    server = httpd_with('CustomLog @ROOT@/class.log '
                        '"%{proxyguard-class}n %{PROXYGUARD}e"')
    for _ in range(20):
        assert page_as(server, "web:80", PAGE + "/metrics").status == 200
    assert page_as(server, "web:80").status == 200
    assert page_as(server, "web:80", "/page.txt").status == 200
    assert server.settled(1)["attempts"] == 1
    assert server.log.attempt().fields["target"] == "/page.txt"
    lines = server.read("class.log").splitlines()
    assert lines[:22] == ["- -"] * 21 + ["foreign-host foreign-host"]


def test_without_names_no_host_is_refused(httpd_with):
    server = httpd_with(name=None)
    assert page_as(server, "s.example").status == 200
    server.log.take_all("PG0004|PG023|AH00558")


WORDPRESS = """
RewriteEngine On
RewriteBase /
RewriteRule ^index\\.php$ - [L]
RewriteCond %{REQUEST_FILENAME} !-f
RewriteCond %{REQUEST_FILENAME} !-d
RewriteRule . /index.html?q=1 [L]
"""


@pytest.mark.parametrize("folders", [
    "sites/%0", "sites/%-1/%-2", "sites/%-1/%-2/%-1.1/x", "none/%-1/%-2/",
    "htdocs/index.html/%1"])
def test_mass_hosting_serves_the_page_whatever_folders_there_are(
        httpd_with, folders):
    server = httpd_with(f"VirtualDocumentRoot @ROOT@/{folders}",
                        modules=("vhost_alias",))
    server.log.take_all("PG0004")
    os.makedirs(server.path("sites/example/own"))
    for host in ("own.example", "a.b.example", "127.0.0.1", "x"):
        assert b"<html" in page_as(server, host).body
        assert b"<html" in page_as(server, host, PAGE + "/").body
        assert b'"attempts"' in page_as(server, host,
                                        PAGE + "?format=json").body
        assert b"# HELP" in page_as(server, host, PAGE + "/metrics").body


def test_a_front_controller_does_not_swallow_the_page(httpd_with):
    server = httpd_with.make(
        "<Directory @ROOT@/htdocs>\nAllowOverride All\n</Directory>",
        modules=("rewrite",))
    server.write("htdocs/.htaccess", WORDPRESS)
    server.start()
    # it is at work
    assert server.get("/no/such/page").body == b"own front page\n"
    assert server.get("/page.txt").body == b"own page\n"
    page = server.get(PAGE)
    assert page.status == 200 and "<h1" in page.text
    assert page.headers["Content-Type"].startswith("text/html")
    assert json.loads(server.get(PAGE + "?format=json").text)["attempts"] == 0
    assert "# TYPE proxyguard_" in server.get(PAGE + "/metrics").text
    assert "# EOF" in server.get(PAGE + "/metrics?format=openmetrics").text
    assert server.get(PAGE + "?format=xml").status == 400
    assert server.get(PAGE, headers=["Via: 1.1 nginx"]).status == 403


def test_a_front_controller_that_proxies_does_not_either(httpd_with, origin):
    server = httpd_with.make(
        "<Directory @ROOT@/htdocs>\nAllowOverride All\n</Directory>",
        modules=("rewrite", "proxy", "proxy_http"))
    server.write("htdocs/.htaccess", "RewriteEngine On\nRewriteRule ^(.*)$ "
                 f"http://{origin.authority}/$1 [P]\n")
    server.start()
    assert server.get("/page.txt").text == "from the origin\n"
    assert server.get(PAGE + "?format=json").status == 200
    assert "# TYPE proxyguard_" in server.get(PAGE + "/metrics").text
    assert len(origin.hits) == 1

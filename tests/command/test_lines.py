# Licensed under the Apache License, Version 2.0; see LICENSE.
"""One reader for all logs: formats found in practice, each with the same four
requests, two of which are attempts."""

import base64
import itertools
import json
import os
import pathlib
import re
import tempfile

import pytest

from pg_cli import run, write
from pg_httpd import TOP
from pg_sample import status_schema

LINES = os.path.join(TOP, "tests", "cases", "lines")
REQUESTS = [                      # client, method, target, version, status
    ("198.51.100.77", "GET", "/", "HTTP/1.1", "200", "4711"),
    ("203.0.113.21", "GET", "http://check.example.com/ip.php", "HTTP/1.1",
     "403", "199"),
    ("203.0.113.22", "CONNECT", "smtp.example.net:587", "HTTP/1.1", "405",
     "226"),
    ("198.51.100.78", "GET", "/index.html?q=1", "HTTP/1.1", "200", "812"),
]


def _rows(name):
    with open(os.path.join(LINES, name), encoding="utf-8") as rows:
        return [row.rstrip("\n").split("\t", 3 if name == "expected.tsv" else 1)
                for row in rows if row[0] != "#"]


def _expand(template, request, i=0):
    client, method, target, version, status, length = request
    values = {"C": client, "R": f"{method} {target} {version}", "M": method,
              "T": target, "V": version, "S": status, "B": length,
              "H": f"11:02:0{i}"}
    text = re.sub(r"@([CRMTVSBH])", lambda at: values[at[1]], template)
    return text.replace("\\t", "\t").replace("\\e", "\x1b") + "\n"


def _templates(table, requests):
    logs = {}
    for name, template in _rows(table):
        head, lines = logs.setdefault(name, ([], []))
        if template.startswith("@0"):
            head.append(template[2:].replace("\\t", "\t") + "\n")
        else:
            lines.extend(_expand(template, request, i)
                         for i, request in enumerate(requests))
    return {name: "".join(head + lines)
            for name, (head, lines) in logs.items()}


TEMPLATE = '@C - - [19/Mar/2025:@H +0000] "@R" @S @B "-" "ua"'
TEMPLATES = _templates("templates.tsv", REQUESTS)
# Lines that do not say when, what was answered, or who asked.
TIMELESS = {"uvicorn", "morgan-short", "phoenix", "fluentbit-stdout", "leef",
            "fiber", "tcpdump", "nikto-proxy", "tornado", "fortiweb"}
NO_STATUS = {"nginx-error", "rails", "nginx-upstreamlog", "ssl-request",
             "rails-info", "phoenix", "glastopf", "cef", "netscaler",
             "tcpdump", "ngrep", "imperva", "paloalto", "vault", "nextcloud",
             "galah", "nikto-proxy", "rocket", "tshark-arrow", "bigip-irule"}
NO_CLIENT = {"django"}


def _scan(*args):
    done = run("scan", "-q", "-O", "json", *args)
    return done, json.loads(done.stdout)


def _rows_of_filter(*args):
    return len(run("classify", *args).stdout.splitlines())


def _sources(found):
    return {row["key"]: row["count"] for row in found["top"]["sources"]
            ["entries"] if row["key"]}


@pytest.mark.parametrize("name, attempts, clients, _", _rows("expected.tsv"))
def test_a_log_is_read_whatever_its_format(name, attempts, clients, _):
    done, found = _scan(os.path.join(LINES, name))
    if attempts == "cannot tell":
        assert found["scan"]["verdict"] == "unknown"
        assert done.returncode == 3
        return
    assert found["attempts"] == int(attempts)
    assert _rows_of_filter(os.path.join(LINES, name)) == int(attempts)
    assert found["scan"]["verdict"] == "attempts"
    assert set(_sources(found)) == set(clients.split()) - {"-"}


@pytest.mark.parametrize("name", TEMPLATES)
def test_a_made_up_log_is_read_whatever_its_format(tmp_path, name):
    log = write(tmp_path / "log", TEMPLATES[name])
    done, found = _scan(log)
    assert done.returncode == 1
    assert found["attempts"] == _rows_of_filter(log) == 2
    assert _sources(found) == ({} if name in NO_CLIENT else
                               {"203.0.113.21": 1, "203.0.113.22": 1})
    assert found["scan"]["lines"]["untimed"] == (2 if name in TIMELESS else 0)
    assert found["scan"]["lines"]["unparsed"] == 0
    assert found["by_outcome"]["refused"] == (0 if name in NO_STATUS else 2)


@pytest.mark.parametrize("name", TEMPLATES)
def test_explain_says_of_each_line_what_scan_counts(name):
    if "@0" in "".join(t for n, t in _rows("templates.tsv") if n == name):
        return                    # its first line says what the others mean
    for text in TEMPLATES[name].splitlines():
        if any(r[0] in text and r[2] in text for r in REQUESTS[1:3]):
            done = run("explain", "--", text)
            assert done.returncode == 1, text
            assert done.stdout.startswith(b"An attempt to use this server"), \
                text


PORTS = {
    "haproxy": '2001:db8::bad:4711 [19/Mar/2025:11:02:00.201] fe~ web/<NOSRV> '
               '-1/-1/-1/-1/0 400 187 - - PR-- 3/3/0/0/3 0/0 "{}"\n',
    "uvicorn": 'INFO:     2001:db8::bad:4711 - "{}" 400\n',
    "httpd": "[Wed Mar 19 11:02:00.1 2025] [core:error] [pid 7:tid 9] [client "
             "2001:db8::bad:4711] AH00126: Invalid URI in request {}\n",
    "more than a group": '2001:db8::bad:51422 - - [19/Mar/2025:11:02:00 '
                         '+0000] "{}" 400 187\n',
}


@pytest.mark.parametrize("name", PORTS)
def test_the_port_behind_an_address_without_brackets_is_no_group(tmp_path,
                                                                 name):
    log = write(tmp_path / "log",
                PORTS[name].format("CONNECT relay.example:443 HTTP/1.1"))
    assert _sources(_scan(log)[1]) == {"2001:db8::bad": 1}


def test_envoy_has_no_path_for_a_tunnel(tmp_path):
    log = write(tmp_path / "log", json.dumps({
        "authority": "relay.example:443", "method": "CONNECT", "path": None,
        "protocol": "HTTP/1.1", "response_code": 404,
        "downstream_remote_address": "203.0.113.21:4711",
        "start_time": "2025-03-19T11:02:00.1Z"}) + "\n")
    assert _sources(_scan(log)[1]) == {"203.0.113.21": 1}


def test_squid_writes_every_target_in_full_in_its_combined_log(tmp_path):
    line = ('198.51.100.77 - - [19/Mar/2025:11:02:00 +0000] "GET '
            'http://shop.example.org/ HTTP/1.1" 200 5 "-" "ua" '
            'TCP_MISS:HIER_DIRECT\n')
    done, found = _scan(write(tmp_path / "log", line))
    assert done.returncode == 3
    assert found["scan"]["lines"]["questioned"] == 1


def test_the_error_of_an_unknown_method_holds_what_was_sent():
    for method, attempt in (("\\x05\\x01\\x00", 1), ("\\x16\\x03\\x01", 0)):
        done = run("explain", "--", "[Wed Mar 19 11:02:00.1 2025] [core:error] "
                   "[pid 7] [client 203.0.113.21:4711] AH00135: Invalid "
                   "method in request " + method)
        assert done.returncode == attempt, method


def test_gunicorn_quotes_what_it_could_not_read(tmp_path):
    for sent, attempt in (("\\x05\\x01\\x00", 1), ("\\x16\\x03\\x01", 0)):
        log = write(tmp_path / "log", "[2025-03-19 11:02:00 +0000] [7] "
                    "[WARNING] Invalid request from ip=203.0.113.21: Invalid "
                    f"HTTP request line: '{sent}'\n")
        assert _sources(_scan(log)[1]) == (
            {"203.0.113.21": 1} if attempt else {})
        assert run("explain", log).returncode == attempt, sent


def test_a_journal_lists_the_octets_of_what_is_no_utf8(tmp_path):
    line = _expand(TEMPLATE, REQUESTS[2]).rstrip("\n").replace("ua", "\xe9")
    log = write(tmp_path / "log", *(json.dumps({
        "__REALTIME_TIMESTAMP": "1742382120000000", "MESSAGE": message})
        + "\n" for message in (list(line.encode("latin-1")), [], [300],
                               [1, "x"])))
    _, found = _scan(log)
    assert _sources(found) == {"203.0.113.22": 1}
    assert found["scan"]["lines"]["unparsed"] == 3


@pytest.mark.parametrize("event", [
    '{"event_type":"flow","src_ip":"203.0.113.9","proto":"TCP"}',
    '{"_path":"dns","id.orig_h":"203.0.113.9","query":"relay.example"}',
    '1742382123.123 0 203.0.113.9 NONE/400 3899 GET error:invalid-request - '
    "HIER_NONE/- text/html"])
def test_what_is_known_to_be_no_request_is_not_called_unread(tmp_path, event):
    visit = _expand(TEMPLATE, REQUESTS[0])
    _, found = _scan(write(tmp_path / "log", visit, event + "\n"))
    assert found["scan"]["verdict"] == "none"
    assert found["scan"]["lines"]["other"] == 1


def test_a_honeypot_keeps_a_greeting(tmp_path):
    log = write(tmp_path / "log", json.dumps({
        "timestamp": "2025-03-19T11:02:00Z", "src_ip": "203.0.113.21",
        "data": "\u0005\u0001\u0000"}) + "\n")
    _, found = _scan(log)
    assert _sources(found) == {"203.0.113.21": 1}
    assert found["by_class"]["socks"] == 1


def _rows_of_json():
    return [{"time": "2025-03-19T11:02:00Z", "remote_addr": r[0],
             "request": " ".join(r[1:4]), "status": int(r[4])}
            for r in REQUESTS]


LISTS = {
    "array": lambda rows: rows,
    "firehose": lambda rows: None,
    "azure": lambda rows: {"records": rows},
    "cloudwatch": lambda rows: {"messageType": "DATA_MESSAGE", "logEvents": [
        {"id": "1", "message": _expand(TEMPLATE, r)} for r in REQUESTS]},
    "elasticsearch": lambda rows: {"took": 1, "hits": {"total": 4,
                                                       "hits": rows}},
}


@pytest.mark.parametrize("separators", [None, (",", ":")])
@pytest.mark.parametrize("name", LISTS)
def test_a_list_of_objects_in_one_line_is_as_many_lines(tmp_path, name,
                                                        separators):
    line = json.dumps(LISTS[name](_rows_of_json()), separators=separators)
    if name == "firehose":
        line = "".join(json.dumps(row, separators=separators)
                       for row in _rows_of_json()[:3])
    log = write(tmp_path / "log", line + "\n", line)
    _, found = _scan(log)
    assert found["attempts"] == 4
    assert _sources(found) == {"203.0.113.21": 2, "203.0.113.22": 2}
    assert found["scan"]["lines"]["lines"] == (6 if name == "firehose" else 8)
    assert found["scan"]["lines"]["unparsed"] == 0
    for said in (run("explain", log), run("explain", "--", line)):
        assert said.returncode == 1
        assert b"Class: connect-mail" in said.stdout


@pytest.mark.parametrize("end", ["", "]", "}]", "]}", '"]', "{]", ",]", "[]"])
@pytest.mark.parametrize("begin", ["[", "[{", ",{", '{"records":[',
                                   '{"hits":{', '{"hits":', "{}", '[{"a"'])
def test_what_only_begins_or_ends_like_a_list_is_a_line(tmp_path, begin, end):
    visit = _expand(TEMPLATE, REQUESTS[0])
    attempt = _expand(TEMPLATE, REQUESTS[1])
    _, found = _scan(write(tmp_path / "log", visit, begin + end + "\n",
                           attempt, visit))
    assert found["attempts"] == 1
    assert found["scan"]["lines"]["lines"] == 4


GREETINGS = ["\\x05\\x01\\x00", "\\u0005\\u0001\\u0000", "\\005\\001\\000"]


@pytest.mark.parametrize("around", ["{}", '"{}"', "'{}'", "b'{}'", "`{}`"])
@pytest.mark.parametrize("greeting", GREETINGS)
def test_explain_takes_a_greeting_with_its_quotes(greeting, around):
    done = run("explain", "--", around.format(greeting))
    assert done.returncode == 1
    assert b"Class: socks" in done.stdout


@pytest.mark.parametrize("greeting", [
    "\\x05\\x0a" + "\\x00" * 10,
    "\\x04\\x01\\x00\\x0a\\xcb\\x00\\x71\\x09\\x00"])
def test_a_line_feed_in_a_greeting_is_one_of_its_bytes(greeting):
    """Ten methods; port 10."""
    done = run("explain", "--", greeting)
    assert done.returncode == 1
    assert b"Class: socks" in done.stdout
    if greeting.startswith("\\x04"):
        assert b"Host: 203.0.113.9\nPort: 10\n" in done.stdout


HINTS = ["a;CONNECT;relay.example;25", '??? "CONNECT relay.exam',
         "cannot connect to x, connect relay.example:25", "x \x05\x01\x00 400",
         'lb1 "#05#01#00"', 'lb1 "#005#001#000"', '"^E^A^@"', "{", '"a": {\n{',
         '{"meth":"CONNECT","dst":"relay.example","dport":25}',
         "meth=CONNECT dst=relay.example", "x|CONNECT|y",
         _expand(TEMPLATE, REQUESTS[0]).rstrip()
         + _expand(TEMPLATE, REQUESTS[2]).rstrip(),
         _expand(TEMPLATE, REQUESTS[0]).rstrip() + "\r"
         + _expand(TEMPLATE, ("203.0.113.9", "\\x05\\x01", "", "", "400", "0")
                   ).rstrip(),
         '{"who":"x","as":"\\u0005\\u0001"}', "raw='\\x04\\x01\\x00P'"]


@pytest.mark.parametrize("hint", HINTS)
def test_one_unread_line_that_may_be_an_attempt_is_no_all_clear(tmp_path,
                                                                hint):
    visit = _expand(TEMPLATE, REQUESTS[0])
    log = write(tmp_path / "log", visit * 200 + hint + "\n")
    _, found = _scan(log)
    assert found["scan"]["lines"]["suspect"] == 1
    assert found["scan"]["verdict"] == "unknown"


@pytest.mark.parametrize("line", [
    _expand(TEMPLATE, REQUESTS[0]).rstrip() * 2, '"CONNECT failed"', "[", "]",
    "could not connect to db.example", "CONNECT failed.", "Disconnect a.b",
    "1.05 01", "\x16\x03\x01\x05\x01"])
def test_an_unread_line_of_something_else_is_no_suspect(tmp_path, line):
    visit = _expand(TEMPLATE, REQUESTS[0])
    log = write(tmp_path / "log", visit * 200 + line + "\n")
    assert _scan(log)[1]["scan"]["verdict"] == "none"


def test_a_server_address_is_the_same_in_all_lines(tmp_path):
    lines = [f'192.0.2.{i} {r[0]} - - [19/Mar/2025:11:02:00 +0000] '
             f'"{" ".join(r[1:4])}" {r[4]} {r[5]}\n'
             for i, r in enumerate(REQUESTS)]
    _, found = _scan(write(tmp_path / "log", *lines))
    assert found["attempts"] == 2
    assert not _sources(found)    # either may be whose client it is
    assert found["scan"]["lines"]["no_client"] == 2
    assert b"Client:" not in run("explain", "--", lines[2]).stdout


def test_a_line_that_was_cut_off_names_no_client_of_another(tmp_path):
    log = write(tmp_path / "log", "198.51.100.9 - - [19/Mar/20"
                + _expand(TEMPLATE, REQUESTS[2]))
    _, found = _scan(log)
    assert found["attempts"] == 1
    assert "198.51.100.9" not in _sources(found)


def test_what_names_no_virtual_host_is_listed_among_those_that_do(tmp_path):
    """By how much there is of it; what was relayed is counted where it was."""
    def asked(*status, at="", request="CONNECT a.example:25 HTTP/1.0"):
        return "".join(at + _expand(TEMPLATE, (
            "203.0.113.21", *request.split(" "), *x.split(" ")))
            for x in status)

    a, b, c = (f"www.{x}.test:80 " for x in "abc")
    log = write(tmp_path / "log",
                asked("200 100", at=a, request="GET / HTTP/1.1"),
                asked("405 20", "405 20", "405 20", at=a),
                asked("200 -", "405 20", at=b), asked("405 20", "200 -"),
                asked("403 9", at=c), asked(
                    "200 77", at=c, request="GET http://x.example/ HTTP/1.1"))
    for more, names in (("", "a b c -"), (asked("405 20"), "a - b c"),
                        (asked("405 20", "405 20"), "- a b c")):
        with open(log, "a", encoding="utf-8") as out:
            out.write(more)
        _, found = _scan(log)
        assert [(x["name"] or " - ").split(".")[-2 if x["name"] else 0].strip()
                for x in found["vhosts"]] == names.split()
        rows = {x["name"]: x for x in found["vhosts"]}
        for x in rows.values():
            assert x["attempts"] == sum(x["by_outcome"].values())
            assert x["by_outcome"]["relayed"] == (
                0 if x["name"] == "www.a.test:80" else 1)
            assert x["by_outcome"]["observed"] == 0
        assert sum(x["attempts"] for x in rows.values()) == found["attempts"]


def test_what_was_too_long_or_not_understood_is_not_read(tmp_path):
    log = write(tmp_path / "log", "what is this\n" * 2, "x" * 2_000_000 + "\n",
                TEMPLATES["akamai"])
    _, found = _scan(log)
    lines, one = found["scan"]["lines"], found["scan"]["read"][0]
    assert (lines["unparsed"], lines["oversize"], one["unread"]) == (2, 1, 3)
    assert (found["attempts"], lines["lines"], one["doubt"]) == (2, 7, "unread")


@pytest.mark.parametrize("status, judged", [
    (100, 0), (199, 0), (200, 1), (201, 1), (299, 1), (300, 0), (304, 0),
    (404, 0), (500, 0)])
def test_only_an_answer_that_says_yes_is_judged(tmp_path, status, judged):
    log = write(tmp_path / "log", _expand(TEMPLATE, (
        "203.0.113.21", "GET", "http://check.example.com/ip.php", "HTTP/1.1",
        str(status), "199")))
    _, found = _scan(log)
    assert found["attempts"] == 1
    assert sum(found["scan"]["judged"].values()) == judged
    assert len(found["scan"]["answers"]) == judged


def test_explain_explains_forty_kinds_and_counts_the_others():
    """As many as the files have that are explained one by one."""
    logs = sorted(str(path) for path in pathlib.Path(LINES).parent.rglob("*")
                  if path.suffix in (".log", ".tsv"))
    told = run("explain", *logs)
    kinds = set()
    for text in [run("explain", log).stdout.decode() for log in logs]:
        for one in re.split("^> .*\n", text, flags=re.M)[1:]:
            kinds.add((re.sub(r"\d+", "", one.partition("\n")[0]),
                       *re.findall("^(?:Class|Recognised by): .*", one,
                                   re.M)))
    assert len(re.findall("^> ", told.stdout.decode(), re.M)) == 40
    left = re.fullmatch(r"proxyguard explain: (\d+) more kinds are not shown\n",
                        told.stderr.decode())
    # several read alike
    assert len(kinds) <= 40 + int(left[1]) < len(kinds) + 20


@pytest.mark.parametrize("between", ["\n", ",", ",\n", "\n,\n", " ", ""])
def test_objects_over_several_lines_are_told_apart(tmp_path, between):
    rows = [json.dumps({"request": f"{method} {target} HTTP/1.1"}, indent=1)
            for _, method, target, *_ in REQUESTS[:3]]
    log = write(tmp_path / "log", between.join(rows), "\n")
    text = run("explain", log).stdout.decode()
    assert re.findall("^Class: (.*)", text, re.M) == [
        "clean", "absolute", "connect-mail"]


@pytest.mark.parametrize("around, times", [
    ("{}", 2500), ("[\n{}\n]", 2500), ('{{\n"records": [\n{}\n]}}', 100)])
@pytest.mark.parametrize("before, indent", [(0, 2), (300, "\t")])
def test_an_object_over_several_lines_is_one_line(tmp_path, around, times,
                                                  before, indent):
    rows = [json.dumps({**row, "nested": {"a": [1, {"b": "}"}]}},
                       indent=indent) for row in _rows_of_json()] * times
    if indent == "\t":
        rows = ["\t" + row for row in rows]
    text = around.format(",\n".join(rows) if "[" in around
                         else "\n".join(rows)) + "\n"
    log = write(tmp_path / "log", _expand(TEMPLATE, REQUESTS[0]) * before,
                text)
    for done in (run("scan", "-q", "-O", "json", log),
                 run("scan", "-q", "-O", "json", "-", stdin=log.read_bytes())):
        found = json.loads(done.stdout)
        assert found["attempts"] == 2 * times
        assert _sources(found) == {"203.0.113.21": times,
                                   "203.0.113.22": times}
        assert found["scan"]["lines"]["unparsed"] == 0
    for done in (run("classify", log),
                 run("classify", stdin=log.read_bytes())):
        assert done.stdout.count(b"\n") == 2 * times
    said = run("explain", log)
    assert said.returncode == 1
    assert b"Class: connect-mail" in said.stdout
    if "records" not in around:
        assert b"Cannot tell" not in said.stdout


@pytest.mark.parametrize("rows", [[2], [0, 1, 2], [0, 1, 2] * 2500])
def test_nor_need_the_last_of_them_have_a_line_end(tmp_path, rows):
    text = "\n".join(json.dumps(_rows_of_json()[i], indent=2) for i in rows)
    log = write(tmp_path / "log", text)
    for args in ([log], ["-"]):
        done = run("scan", "-q", "-O", "json", *args, stdin=text.encode())
        found = json.loads(done.stdout)
        assert found["scan"]["lines"]["lines"] == len(rows)
        assert found["scan"]["lines"]["unparsed"] == 0
        assert _sources(found)["203.0.113.22"] == rows.count(2)


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_utf_16_is_read_where_the_file_begins_otherwise(tmp_path, encoding):
    visit = _expand(TEMPLATE, REQUESTS[0]).encode()
    attempt = _expand(TEMPLATE, REQUESTS[2]).encode(encoding)
    for text in (visit * 200 + attempt, attempt):
        log = tmp_path / "log"
        log.write_bytes(text)
        _, found = _scan(log)
        assert _sources(found) == {"203.0.113.22": 1}
        assert found["scan"]["lines"]["unparsed"] == 0


PROXIED = {
    "AH01144: No protocol handler was valid for the URL {} (scheme '{}'). If "
    "you are using a DSO version of mod_proxy, make sure": "proxy:warn",
    "AH01630: client denied by server configuration: proxy:{}": "authz_core:"
                                                               "error",
}


@pytest.mark.parametrize("message", PROXIED)
@pytest.mark.parametrize("url, scheme", [
    ("http://check.example.com/ip.php", "http"),
    ("smtp.example.net:587", "CONNECT")])
def test_messages_of_mod_proxy_name_the_url(tmp_path, message, url, scheme):
    line = (f"[Wed Mar 19 11:02:00.1 2025] [{PROXIED[message]}] [pid 7:tid 9] "
            "[client 203.0.113.21:4711] " + message.format(url, scheme))
    visit = _expand(TEMPLATE, REQUESTS[0])
    _, found = _scan(write(tmp_path / "log", visit * 200, line + "\n"))
    assert _sources(found) == {"203.0.113.21": 1}
    assert run("explain", "--", line).returncode == 1


@pytest.mark.parametrize("text", [
    "CONN ECT relay.example:25 HTTP/1.1", "GET http&#58;//relay.example/ "
    "HTTP/1.1", "GET http&#x3a;//relay.example/ HTTP/1.1"])
def test_explain_does_not_call_clean_what_was_torn(text):
    assert run("explain", "--", text).returncode == 3


REFERENCES = {
    "&quot;": '"', "&amp;": "&", "&lt;": "<", "&gt;": ">", "&apos;": "'",
    "&#33;": "!", "&#126;": "~", "&#x7e;": "~", "&#x7E;": "~", "&#065;": "A",
    "&#0065;": "A", "&#x041;": "A",
    # not those of a byte, or not references
    "&#127;": None, "&#31;": None, "&#321;": None, "&#x141;": None,
    "&#00065;": None, "&#x0041;": None, "&#65": None, "&#6a;": None,
    "&#x4g;": None, "&65;": None, "&;": None, "&#;": None, "&#x;": None,
    "&": None, "&#": None, "&quot": None, "&gt": None, "&nbsp;": None,
}


@pytest.mark.parametrize("text", REFERENCES)
def test_each_reference_of_a_page_is_undone(text):
    done = run("explain", "--", "GET&#32;http://relay.example/" + text)
    target = "http://relay.example/" + (REFERENCES[text] or text)
    assert f"\nTarget: {target}\n" in done.stdout.decode()
    assert done.returncode == 1


def test_explain_undoes_what_a_page_escapes():
    line = _expand(TEMPLATE, REQUESTS[2]).rstrip().replace('"', "&quot;")
    done = run("explain", "--", line)
    assert done.returncode == 1
    assert b"Client: 203.0.113.22" in done.stdout
    assert run("explain", "--", "GET /?a=1&amp;b=2 HTTP/1.1").returncode == 0


def test_a_pipe_of_full_urls_is_known_by_its_beginning():
    text = _templates("full-url.tsv", _full_urls("404"))["varnish"]
    found = json.loads(run("scan", "-q", "-O", "json", "-",
                           stdin=text.encode()).stdout)
    assert found["attempts"] == 1
    assert found["scan"]["lines"]["questioned"] == 4


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-be", "utf-8-sig"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_windows_encodings_are_read(tmp_path, encoding, end):
    log = tmp_path / "log"
    text = TEMPLATES["akamai"].replace("ua", "Ü\U0001f600").replace("\n", end)
    mark = b"\xfe\xff" if encoding == "utf-16-be" else b""
    log.write_bytes(mark + text.encode(encoding))
    _, found = _scan(log)
    assert found["attempts"] == 2
    assert found["top"]["user_agents"]["entries"][0]["key"] \
        == "Ü\U0001f600"


def test_what_targets_are_asked_for_is_counted_alike_everywhere(tmp_path):
    log = write(tmp_path / "log", TEMPLATES["akamai"], _expand(
        TEMPLATE, ("203.0.113.23", "GET", "http://azenv.net/", "HTTP/1.1",
                   "404", "199")))
    ledger = tmp_path / "ledger"
    run("scan", "--into", ledger, log)
    shown = json.loads(run("show", "-O", "json", ledger).stdout)
    for found in (_scan(log)[1], shown):
        known = {k: n for k, n in found["by_intent"].items() if n}
        assert known == {"unknown": 1, "proxy-check": 1, "mail": 1}
        assert {row["key"]: row["intent"]
                for row in found["top"]["targets"]["entries"]} == {
            "azenv.net:80": "proxy-check", "smtp.example.net:587": "mail",
            "check.example.com:80": "unknown"}
    for command in (["scan", "-q", "-O", "prometheus", log],
                    ["show", "-O", "prometheus", ledger]):
        assert b'proxyguard_intent_attempts_total{intent="mail"} 1\n' in run(
            *command).stdout


BASE64 = base64.b64encode(b"GET http://check.example.com/ip.php HTTP/1.1\n"
                          b"Host: check.example.com\nUser-Agent: scanner\n"
                          ).decode()
ENCODED = {                       # around it; is the client there
    "wowhoneypot": ('[2025-03-19 11:02:01+0900] 203.0.113.21 shop.example.org:'
                    '80 "GET http://check.example.com/ip.php HTTP/1.1" 200 '
                    'False {}', True),
    "no request line": ('[2025-03-19 11:02:01+0900] 203.0.113.21 '
                        'shop.example.org:80 "-" 200 False {}', True),
    "another request line": ('[2025-03-19 11:02:01+0900] 203.0.113.21 '
                             'shop.example.org:80 "GET / HTTP/1.1" 200 False '
                             '{}', True),
    "nothing else": ("{}", False),
    "json": ('{{"src_ip":"203.0.113.21","payload":"{}"}}', True),
    "another name": ('{{"src_ip":"203.0.113.21","req_b64":"{}"}}', True),
    "a value": ("src=203.0.113.21 sent:{} x=y", True),
}


@pytest.mark.parametrize("name", ENCODED)
def test_a_request_in_base64_is_decoded(tmp_path, name):
    line, client = ENCODED[name]
    line = line.format(BASE64)
    done, found = _scan(write(tmp_path / "log", line + "\n"))
    assert done.returncode == 1
    assert _sources(found) == ({"203.0.113.21": 1} if client else {})
    assert [row["key"] for row in found["top"]["user_agents"]["entries"]
            ] == ["scanner"]
    said = run("explain", "--", line)
    assert said.returncode == 1
    assert b"Host field: check.example.com" in said.stdout
    assert b"Target: http://check.example.com/ip.php" in said.stdout


def test_base64_makes_no_attempt_of_a_visitor(tmp_path):
    visit = base64.b64encode(b"GET /a HTTP/1.1\r\nHost: shop.example.org\r\n"
                             b"\r\nGET http://a.example/ HTTP/1.1\r\n")
    log = write(tmp_path / "log", '[2025-03-19 11:02:01+0900] 203.0.113.21 '
                'shop.example.org:80 "GET /a HTTP/1.1" 200 False '
                + visit.decode() + "\n")
    assert run("scan", log).returncode == 0
    assert run("explain", "--", log.read_text().rstrip()).returncode == 0


# --- what cannot be told -----------------------------------------------------

UNKNOWN = {
    "empty": "",
    "no log": "hello\n" * 3,
    "prose with an address": "see http://relay.example/ for more\n",
    "an attempt in an unread line":
        TEMPLATES["akamai"].splitlines()[0] + "\n"
        "??? connect relay.example:25 ???\n",
    "over one per cent unread":
        (TEMPLATES["akamai"].splitlines()[0] + "\n") * 50 + "what\n",
    "an error log":
        '[Mon Nov 18 11:02:04.1 2024] [core:error] [pid 1:tid 2] [client '
        '203.0.113.7:40312] AH00126: Invalid URI in request GET /x HTTP/1.0\n',
    "messages only":
        "[Mon Nov 18 11:02:00.1 2024] [mpm_event:notice] [pid 1:tid 1] "
        "AH00489: Apache configured -- resuming normal operations\n",
}


@pytest.mark.parametrize("language, first", [
    ("en", "Cannot tell"), ("ja", "判断できません")])
@pytest.mark.parametrize("what", UNKNOWN)
def test_a_log_that_was_not_read_is_never_an_all_clear(tmp_path, what,
                                                       language, first):
    log = write(tmp_path / "log", UNKNOWN[what])
    done = run("scan", "--lang", language, log)
    assert done.returncode == 3
    assert done.stdout.decode().startswith(first)
    assert b"No relay attempts" not in done.stdout
    _, found = _scan(log)
    assert found["scan"]["verdict"] == "unknown"
    page = run("scan", "-O", "html", "--lang", language, log).stdout.decode()
    assert first in page


def test_a_missing_file_and_a_folder_are_no_all_clear(tmp_path):
    clean = write(tmp_path / "log", TEMPLATES["akamai"].splitlines()[0])
    assert run("scan", clean).returncode == 0
    for name in (tmp_path / "missing", tmp_path):
        done = run("scan", clean, name)
        assert done.returncode == 66
        assert done.stdout.startswith(b"Cannot tell")


def test_a_ledger_is_named_with_the_command_that_reads_it(tmp_path):
    log = write(tmp_path / "log", TEMPLATES["akamai"])
    ledger = tmp_path / "ledger"
    assert run("scan", "--into", ledger, log).returncode == 1
    done = run("scan", ledger)
    assert done.returncode == 66
    assert b"proxyguard show" in done.stderr


def test_a_log_of_full_urls_asks_for_the_own_names(tmp_path):
    log = write(tmp_path / "log",
                "1731927700.123 53 198.51.100.1 TCP_MISS/200 5120 GET "
                "http://shop.example.org/ - HIER_DIRECT/192.0.2.1 text/html\n")
    done = run("scan", log)
    assert done.returncode == 3
    assert b"--own-host" in done.stdout
    assert run("scan", "-o", "shop.example.org", log).returncode == 0
    assert run("scan", "-o", "other.example.org", log).returncode != 0


def _full_urls(status, port=""):
    """Visitors of a site, one of whom was refused, and two attempts."""
    site = "http://shop.example.org" + port
    return [
        ("198.51.100.77", "GET", site + "/", "HTTP/1.1", "200", "4711"),
        ("203.0.113.21", "GET", f"http://check.example.com{port}/ip.php",
         "HTTP/1.1", status, "199"),
        REQUESTS[2],
        ("198.51.100.78", "GET", site + "/a?q=1", "HTTP/1.1", "200", "812"),
        ("198.51.100.79", "GET", site + "/admin", "HTTP/1.1", "403", "99"),
    ]


FULL_URLS = [name for name, t in _rows("full-url.tsv") if t[:2] != "@0"]


@pytest.mark.parametrize("status, told", [
    ("403", 2), ("421", 2), ("200", 1), ("404", 1)])
@pytest.mark.parametrize("name", FULL_URLS)
def test_where_every_url_is_full_visitors_are_no_attempts(tmp_path, name,
                                                          status, told):
    port = ":80" if name in ("alb", "elb-classic") else ""
    log = write(tmp_path / "log", _templates(
        "full-url.tsv", _full_urls(status, port))[name])
    _, found = _scan(log)
    assert found["attempts"] == told
    assert found["scan"]["lines"]["questioned"] == 5 - told
    assert _rows_of_filter(log) == told
    assert found["scan"]["read"][0]["doubt"] == "questioned"
    _, found = _scan("-o", "shop.example.org", log)
    assert found["attempts"] == _rows_of_filter("-o", "shop.example.org",
                                                log) == 2
    assert found["scan"]["lines"]["questioned"] == 0
    ledger = tmp_path / "ledger"
    assert run("scan", "--into", ledger, log).returncode == 1
    assert json.loads(run("show", "-O", "json", ledger).stdout)[
        "attempts"] == told


@pytest.mark.parametrize("name", FULL_URLS)
def test_explain_says_of_a_full_url_that_it_cannot_tell(tmp_path, name):
    requests = _full_urls("403")
    log = write(tmp_path / "log",
                _templates("full-url.tsv", requests)[name])
    done = run("explain", log)
    assert done.returncode == 1
    assert b"Cannot tell: this log writes all targets alike" in done.stdout
    if name in ("varnish", "cdn-csv"):        # their lines look like others'
        return
    for i, own in ((0, 0), (1, 1), (4, 0)):
        line = _templates("full-url.tsv", [requests[i]])[name].rstrip("\n")
        assert run("explain", "--", line).returncode == 3
        assert run("explain", "-o", "shop.example.org", "--",
                   line).returncode == own


def test_where_only_paths_are_kept_the_host_tells(tmp_path):
    lines = [json.dumps({
        "ClientAddr": "203.0.113.21:4711", "DownstreamStatus": 404,
        "RequestHost": host, "RequestMethod": "GET", "RequestPath": "/ip.php",
        "RequestProtocol": "HTTP/1.1", "StartUTC": "2025-03-19T11:02:00.1Z"})
        for host in ("shop.example.org", "check.example.com")]
    own, foreign = (write(tmp_path / f"log{i}", line + "\n")
                    for i, line in enumerate(lines))
    for args, status in (([own], 3), ([foreign], 3), (["-o",
                         "shop.example.org", own], 0),
                         (["-o", "shop.example.org", foreign], 3)):
        assert run("scan", *args).returncode == status
    for line in lines:
        assert run("explain", "--", line).returncode == 3
    assert run("explain", "-o", "shop.example.org", "--",
               lines[0]).returncode == 0
    assert run("explain", "-o", "shop.example.org", "--",
               lines[1]).returncode != 0


def test_attempts_alone_are_no_log_of_full_urls(tmp_path):
    log = write(tmp_path / "log", *(
        _expand(TEMPLATE, ("203.0.113.21", "GET", f"http://{host}/",
                           "HTTP/1.1", "404", "199"))
        for host in ("a.example", "b.example", "c.example", "a.example")))
    assert _scan(log)[1]["attempts"] == 4


AUDIT = """--8f3a21bc-A--
[19/Mar/2025:11:02:0{i} +0000] Z9qk-{i} {client} 51422 192.0.2.1 80
--8f3a21bc-B--
{method} {target} {version}
Host: shop.example.org
User-Agent: GET http://forged.example/ HTTP/1.1

--8f3a21bc-C--
--00000000-B--
GET http://forged.example/ HTTP/1.1
--8f3a21bc-F--
HTTP/1.1 {status} Text

--8f3a21bc-Z--

"""


@pytest.mark.parametrize("begin, end", [("--", "-"), ("---", "---")])
def test_an_audit_log_of_modsecurity_is_read_by_its_sections(tmp_path, begin,
                                                             end):
    text = re.sub("^--(8f3a21bc)-", f"{begin}\\1{end}", AUDIT, flags=re.M)
    log = write(tmp_path / "log", *(
        text.format(i=i, client=r[0], method=r[1], target=r[2],
                    version=r[3], status=r[4])
        for i, r in enumerate(REQUESTS)))
    done, found = _scan(log)
    assert done.returncode == 1
    assert found["attempts"] == 2
    assert _sources(found) == {"203.0.113.21": 1, "203.0.113.22": 1}
    assert found["scan"]["read"][0]["format"] == "modsecurity-audit"
    assert found["scan"]["lines"]["unparsed"] == 0
    assert found["scan"]["lines"]["untimed"] == 0


def test_an_audit_log_that_was_cut_off_hides_nothing(tmp_path):
    begun = AUDIT.format(i=0, client="192.0.2.1", method="GET", target="/",
                         version="HTTP/1.1", status=200)
    for at in (14, 90, 250):
        log = write(tmp_path / "log", begun[:at], "\n", TEMPLATES["akamai"])
        assert _scan(log)[1]["attempts"] == 2, begun[:at]


def test_json_has_the_same_bytes_however_many_threads_read(tmp_path):
    logs = [write(tmp_path / f"log{i}",
                  *(TEMPLATES[name] * 40 for name in list(TEMPLATES)[i::4]))
            for i in range(4)]
    said = [re.sub(rb'"now": *"[^"]+"', b"", run(
        "scan", "-q", "-O", "json", f"-j{n}", *logs).stdout)
        for n in (1, 2, 4)]
    assert json.loads(run("scan", "-q", "-O", "json", *logs).stdout)[
        "attempts"] > 5000
    assert said[0] == said[1] == said[2]


def test_what_scan_adds_is_in_the_schema(tmp_path):
    validator = status_schema()
    logs = [os.path.join(LINES, name) for name, *_ in _rows("expected.tsv")]
    answered = write(tmp_path / "answered", *(
        f'203.0.113.21 - - [19/Mar/2025:11:02:0{i} +0000] "{line}" 200 {size} '
        '"-" "ua"\n' for i, (line, size) in enumerate((
            ("GET / HTTP/1.1", 5), ("GET http://a.example/ HTTP/1.1", 77),
            ("CONNECT a.example:443 HTTP/1.1", "-")))))
    for names in ([answered], logs, [write(tmp_path / "empty", "")]):
        found = _scan(*names)[1]
        assert not [e.message for e in validator.iter_errors(found)]
        assert set(found) <= set(validator.schema["properties"])
    found = _scan(answered)[1]
    assert found["scan"]["answers"]
    for change in ({"verdict": "clean"}, {"octets": -1}, {"read": [{}]},
                   {"answers": [{}]}, {"surprise": 1}):
        wrong = {**found, "scan": {**found["scan"], **change}}
        assert not validator.is_valid(wrong), change


def test_the_format_is_said_once(tmp_path):
    logs = [write(tmp_path / f"log{i}", TEMPLATES["cri-json"])
            for i in range(3)]
    text = run("scan", *logs).stdout.decode()
    assert text.count("read as json inside cri") == 1


def test_a_format_may_change_within_a_file(tmp_path):
    log = write(tmp_path / "log", TEMPLATES["akamai"], TEMPLATES["zeek-json"],
                TEMPLATES["istio"])
    assert _scan(log)[1]["attempts"] == 6


def test_the_format_that_was_given_wins(tmp_path):
    log = write(tmp_path / "log", TEMPLATES["zeek-json"])
    assert run("scan", "-f", "combined", log).returncode == 3


def test_times_without_a_zone_are_in_the_one_given(tmp_path):
    log = write(tmp_path / "log", TEMPLATES["go"])
    utc, there = (_scan("--tz", tz, log)[1]["recent"][0]["time"]
                  for tz in ("UTC", "+0900"))
    assert utc == "2025-03-19T11:02:02Z"
    assert there == "2025-03-19T02:02:02Z"
    assert _scan("--tz", "-05:30", log)[1]["recent"][0]["time"] \
        == "2025-03-19T16:32:02Z"
    for wrong in ("JST", "", "+", "+9", "+0960", "+1500", "0900", "+09:0",
                  "+09000", "+-900", "++900"):
        done = run("scan", "--tz", wrong, log)
        assert done.returncode == 64, wrong
        assert b"is not UTC, +HHMM or -HH:MM" in done.stderr


@pytest.mark.parametrize("date, month", [("%m/%d", "04"), ("%d/%m", "11")])
def test_the_format_tells_which_number_is_the_month(tmp_path, date, month):
    log = write(tmp_path / "log", '192.0.2.1 [04/11/2025 11:02:03.5 +0000] '
                '"CONNECT mx.example.net:25 HTTP/1.0" 405 5\n')
    _, found = _scan("-f", f'%h [%{{{date}/%Y %T}}t.%{{msec_frac}}t %{{%z}}t] '
                     '"%r" %>s %b', log)
    assert found["first"][:7] == f"2025-{month}"


# --- lines that ran together -------------------------------------------------

@pytest.mark.parametrize("gap", ["", "\0\0\0"])
@pytest.mark.parametrize("name", [
    "nginx-json", "docker-file", "waf-full", "apisix", "haproxy-plain", "s3",
    "actix", "cri-json", "syslog-json", "fluentd", "fluentbit-stdout",
    "azure-app-json", "caddy-console", "python-repr"])
def test_a_line_that_ran_into_another_hides_no_attempt(tmp_path, name, gap):
    *_, attempt, clean = TEMPLATES[name].splitlines(keepends=True)
    lines = [clean[:n] + gap + attempt for n in range(len(clean))]
    _, found = _scan(write(tmp_path / "log", *lines))
    suspect = found["scan"]["lines"]["suspect"]
    assert found["attempts"] + suspect >= len(lines)
    if clean[0] == "{":            # objects are read one by one
        assert suspect < len(lines) / 10
        assert _sources(found) == {"203.0.113.22": found["attempts"]}


@pytest.mark.parametrize("name", [
    "flask", "morgan-colour", "rocket", "axum", "tengine", "datadog-csv",
    "graylog-csv", "splunk-csv"])
def test_nor_does_one_that_is_whole(tmp_path, name):
    *_, attempt, clean = TEMPLATES[name].splitlines(keepends=True)
    _, found = _scan(write(tmp_path / "log", clean.rstrip("\n"), attempt))
    assert found["attempts"] + found["scan"]["lines"]["suspect"] == 1


@pytest.mark.parametrize("how", [
    "combined", "common", '%h %l %u %t \\"%r\\" %>s %b',
    '%h %t - "%r" %>s "%{User-Agent}i"'])
def test_so_it_does_in_a_format_that_was_named(tmp_path, how):
    line = how
    for name, value in {
            "\\": "", "combined": '%h - - %t "%r" %>s %b "-" "\\\\x"',
            "common": '%h - - %t "%r" %>s %b', "%h": "192.0.2.1",
            "%l": "-", "%u": "-", "%t": "[19/Mar/2025:11:02:02 +0000]",
            "%>s": "200", "%b": "5", "%{User-Agent}i": "\\\\x"}.items():
        line = line.replace(name, value)
    clean, attempt = (line.replace("%r", r) + "\n" for r in
                      ("GET /x HTTP/1.1", "CONNECT mx.example.net:25 HTTP/1.1"))
    for cut in (" HTTP", "200"):
        log = write(tmp_path / "log", clean, clean.split(cut)[0], attempt)
        _, found = _scan("-f", how, log)
        assert found["scan"]["verdict"] == "unknown"
        assert found["scan"]["lines"]["lines"] == 3
    assert _scan("-f", how, write(tmp_path / "log", clean))[0].returncode == 0


def test_what_an_object_holds_did_not_run_into_it(tmp_path):
    name, attempt = "GET / HTTP/1.1", "CONNECT mx.example.net:25 HTTP/1.1"
    rows = [{"name": name, "a": {"name": attempt}},
            {"name": name, "a": [{"name": name}, {"name": attempt}]}]
    for row in rows:
        text = json.dumps(row)
        _, found = _scan(write(tmp_path / "log", text, "\n"))
        assert found["scan"]["lines"]["lines"] == 1
        _, found = _scan(write(tmp_path / "log", text, "\0", text, "\n"))
        assert found["scan"]["lines"]["lines"] == 2


# --- every field -------------------------------------------------------------

READ, ODD, TORN = (os.path.join(LINES, name + ".tsv")
                   for name in ("read", "odd", "torn"))
FIELDS = {                        # of a row of classify
    "time": "@timestamp", "class": "proxyguard.class",
    "client": "source.address", "method": "http.request.method",
    "target": "url.original", "status": "http.response.status_code",
    "size": "http.response.body.bytes", "agent": "user_agent.original",
    "vhost": "server.address",
}
ESCAPES = [("\\", "\\\\"), ("\t", "\\t"), ("\x1b", "\\e"),
           ("\ufeff", "\\f")]


def _rows_read(*paths):
    return [json.loads(row) for row in run(
        "classify", "--all", "--no-learn", *paths).stdout.splitlines()]


def _is_request(row):
    return row["proxyguard"]["class"] not in (
        "other", "blank", "silent", "unread", "suspect")


def _fields(row):
    for name, path in FIELDS.items():
        value = row
        for key in path.split("."):
            value = value.get(key) if value else None
        yield name, value


def _apart(row, usual, form="{}={}"):
    """What is unusual in a row of classify."""
    if not _is_request(row):
        return row["proxyguard"]["class"]
    return " ".join(form.format(name, value) for name, value in _fields(row)
                    if value != usual.get(name)) or "all"


def _runs(told, between):
    return between.join(f"{len(list(same))} {text}"
                        for text, same in itertools.groupby(told))


def _read_as(path):
    """How each line of a log is read, except for what all logs have in common:
    those four requests."""
    told, i = [], 0
    for row in _rows_read(path):
        client, method, target, _, status, size = REQUESTS[i % 4]
        text = _apart(row, {
            "time": f"2025-03-19T11:02:0{i % 4}.000Z", "client": client,
            "class": ("clean", "absolute", "connect-mail", "clean")[i % 4],
            "method": method, "target": target, "status": int(status),
            "size": int(size)})
        # syslog has no year, so that of the last such day is taken
        text = re.sub(r"time=(?!2024|2025)\d{4}", "time=@Y", text)
        told.append(text.replace(f"11:02:0{i % 4}", "@H"))
        i += _is_request(row)
    return _runs(told, "; ")


def _odd(folder):
    """The table of odd lines, with how they are read."""
    with open(ODD, encoding="utf-8") as table:
        head, *rows = table.read().splitlines()
    texts = [row.rsplit("\t", 1)[0] for row in rows]
    log = write(folder / "log", *(re.sub(
        r"\\.", lambda m: {b: a for a, b in ESCAPES}[m[0]], text) + "\n"
        for text in texts))
    usual = {"time": "2014-01-02T03:04:05.000Z", "class": "connect-mail",
             "client": "203.0.113.9", "method": "CONNECT",
             "target": "a.example:25", "status": 405, "size": 7}
    read = _rows_read(log)
    assert len(read) == len(texts)
    return "\n".join([head, *(f"{text}\t{_escaped(_apart(row, usual))}"
                              for text, row in zip(texts, read))]) + "\n"


def _escaped(text):
    for octets, shown in ESCAPES[1:]:
        text = text.replace(octets, shown)
    return re.sub(r"time=(?!2014)\d{4}", "time=@Y", text)


def _read(folder):
    """name, envelope and format, and how the lines are read, of every log."""
    logs = {name: text.encode() for name, text in TEMPLATES.items()}
    for name, *_ in _rows("expected.tsv"):
        with open(os.path.join(LINES, name), "rb") as log:
            logs[name] = log.read()
    for name, text in logs.items():
        (folder / name).write_bytes(text)
    found = _scan(*(folder / name for name in logs))[1]["scan"]["read"]
    shape = {os.path.basename(row["path"]): f"{row['envelope']} "
             f"{row['format']} {row['requests']} {row['unread']} "
             f"{row['doubt']}" for row in found}
    return "".join(f"{name}\t{shape[name]}\t{_read_as(folder / name)}\n"
                   for name in logs)


def _torn(folder):
    """How a line of each format is read, by how much it lacks: of its
    beginning, of its end, and one octet in each place."""
    ways = []
    for name, log in TEMPLATES.items():
        lines = log.splitlines(keepends=True)
        line = next(x for x in reversed(lines)
                    if REQUESTS[2][2] in x or REQUESTS[2][0] in x)
        cuts = range(1, len(line) - 1)
        torn = {"whole": [*lines[:len(lines) % 4], line],
                "begins later": [line[n:] for n in cuts],
                "ends earlier": [line[:n] + "\n" for n in cuts],
                "lacks one": [line[:n] + line[n + 1:] for n in cuts]}
        write(folder / name,
              *(x for texts in torn.values() for x in (*texts, "\n")))
        ways += [(name, way) for way in torn]
    rows = _rows_read(*(folder / name for name in TEMPLATES))
    parts = [list(part) for between, part in itertools.groupby(
        rows, lambda row: row["proxyguard"]["class"] == "blank")
        if not between]
    assert len(parts) == len(ways)
    out = []
    for (name, way), part in zip(ways, parts):
        if way == "whole":
            assert _is_request(part[-1]), name
            usual = dict(_fields(part[-1]))
        else:
            out.append(f"{name}\t{way}\t" + _runs(
                (_apart(row, usual, "{}") for row in part), ", ") + "\n")
    return "".join(out)


@pytest.mark.parametrize("table, now", [(READ, _read), (ODD, _odd),
                                        (TORN, _torn)],
                         ids=["formats", "odd", "torn"])
def test_every_field_of_every_line_is_read_as_it_was(tmp_path, table, now):
    """`make golden` writes the tables anew."""
    with open(table, encoding="utf-8") as kept:
        assert now(tmp_path) == kept.read()


if __name__ == "__main__":
    for name, said in (READ, _read), (ODD, _odd), (TORN, _torn):
        with tempfile.TemporaryDirectory() as scratch:
            text = said(pathlib.Path(scratch))
        with open(name, "w", encoding="utf-8") as to:
            to.write(text)

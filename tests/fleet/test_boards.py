# Licensed under the Apache License, Version 2.0; see LICENSE.
"""The files for Elasticsearch, OpenSearch, Kibana and Loki agree with each
other and with the contents of a real evidence log."""

import ipaddress
import json
import os
import re

import pytest
import yaml

from pg_fleet import sensor
from pg_httpd import TOP
from pg_sink import Mailer, hello_of, sink_with, tunnel
from pg_streams import shipped

MAIL = ("From: a@b.example\r\nTo: c@d.example\r\nCc: e@f.example\r\n"
        "Reply-To: g@h.example\r\nSubject: hello\r\nMessage-ID: <1@b>\r\n"
        "X-Mailer: m\r\nContent-Type: multipart/mixed; boundary=x\r\n\r\n"
        "--x\r\nContent-Type: text/plain; name=a.txt\r\n"
        "Content-Disposition: attachment; filename=a.txt\r\n\r\none\r\n"
        "--x--\r\n")
PACKAGING = os.path.join(TOP, "packaging")
OF_TYPE = {"keyword": str, "wildcard": str, "date": str, "ip": str,
           "long": int, "boolean": bool}


def load(*parts):
    with open(os.path.join(PACKAGING, *parts), encoding="utf-8") as f:
        return json.load(f)


def mapped(properties, before=""):
    """{name with dots: type} of a mapping."""
    found = {}
    for name, what in properties.items():
        if "properties" in what:
            found.update(mapped(what["properties"], f"{before}{name}."))
        else:
            found[before + name] = what["type"]
    return found


def flat(line, before=""):
    for name, value in line.items():
        inner = value if isinstance(value, list) else [value]
        if inner and isinstance(inner[0], dict):
            for one in inner:
                yield from flat(one, f"{before}{name}.")
        else:
            yield before + name, value


TEMPLATE = load("elastic", "index-template.json")
FIELDS = mapped(TEMPLATE["template"]["mappings"]["properties"])


@pytest.fixture
def evidence(httpd_with, tmp_path):
    path = tmp_path / "evidence.json"
    sensor(httpd_with, "north", path, 3)
    return [json.loads(x) for x in path.read_bytes().splitlines()]


@pytest.fixture
def captures(httpd_with):
    server = sink_with(httpd_with, "ProxyGuardAction connect-tls sink\n"
                       "ProxyGuardEvidenceLog @ROOT@/evidence.json\n")
    with Mailer(server.address) as client:
        client.ehlo("pc")
        client.docmd("AUTH PLAIN", "AGEAYg==")
        client.deliver(MAIL)
    with tunnel(server.address, "s.invalid:443") as wire:
        wire.send(hello_of("s.invalid", ["h2"]))
        wire.read_to_end()
    with tunnel(server.address, "s.invalid:443") as wire:
        wire.send(b"SSH-2.0-x\r\n")
        wire.read_to_end()
    server.log.attempts(3)
    server.log.take_all(r" PG0144: ")
    lines = map(json.loads, server.read("evidence.json").splitlines())
    return [x for x in lines if x["event"]["dataset"] == "proxyguard.sink"]


def unmapped(lines):
    """The fields that no line has; each member of a line has a mapping."""
    seen = set()
    for line in lines:
        for name, value in flat(line):
            seen.add(name)
            for one in value if isinstance(value, list) else [value]:
                assert type(one) is OF_TYPE[FIELDS[name]], (name, one)
        if "ip" in line["source"]:
            ipaddress.ip_address(line["source"]["ip"])
    return set(FIELDS) - seen


def of_the_sink(name):
    return name.startswith(("email.", "tls.", "proxyguard.sink."))


def test_each_member_of_a_line_has_a_mapping_of_its_type(evidence):
    # not sent here; of `classify`, which the same index may take
    assert {n for n in unmapped(evidence) if not of_the_sink(n)} == {
        "user_agent.original", "proxyguard.judged", "event.original",
        "http.response.body.bytes"}


def test_each_member_of_a_capture_has_a_mapping_of_its_type(captures):
    assert len(captures) == 3
    assert [n for n in unmapped(captures) if of_the_sink(n)] == []


def test_filebeat_s_index_is_one_of_the_template_s():
    beat = yaml.safe_load(shipped("filebeat.yml", {}))
    pattern, = TEMPLATE["index_patterns"]
    assert pattern.endswith("*")
    assert beat["output.elasticsearch"]["index"].startswith(pattern[:-1])
    assert "data_stream" in TEMPLATE


def test_the_saved_objects_refer_to_each_other_and_to_fields():
    with open(os.path.join(PACKAGING, "elastic", "dashboard.ndjson"),
              encoding="utf-8") as f:
        objects = [json.loads(line) for line in f]
    there = {(o["type"], o["id"]) for o in objects}
    assert len(there) == len(objects)
    for o in objects:
        for r in o["references"]:
            assert (r["type"], r["id"]) in there, r
        attributes = o["attributes"]
        if o["type"] == "visualization":
            for agg in json.loads(attributes["visState"])["aggs"]:
                assert agg["params"].get("field", "@timestamp") in FIELDS
            # what the sink captured, in the same log, is not an attempt
            source = json.loads(attributes["kibanaSavedObjectMeta"][
                "searchSourceJSON"])
            assert source["query"]["query"] in (
                "proxyguard.family : *", 'proxyguard.outcome : "relayed"')
        elif o["type"] == "dashboard":
            panels = json.loads(attributes["panelsJSON"])
            assert [p["panelRefName"] for p in panels] == [
                r["name"] for r in o["references"]]
    index, = (o for o in objects if o["type"] == "index-pattern")
    assert index["attributes"]["title"] == TEMPLATE["index_patterns"][0]
    assert index["attributes"]["timeFieldName"] == "@timestamp"


def test_the_loki_board_asks_for_members_of_a_line():
    """Loki's json parser joins names with an underscore."""
    known = {re.sub(r"\W", "_", name) for name in FIELDS}
    panels = load("grafana", "proxyguard-loki.json")["panels"]
    assert len({p["id"] for p in panels}) == len(panels)
    asked = set()
    for panel in panels:
        for target in panel["targets"]:
            expr = target["expr"]
            asked.update(re.findall(r"\b([a-z]+_[a-z]+) ?[=!]", expr))
            for labels in re.findall(r"by \(([^)]*)\)", expr):
                asked.update(labels.split(", "))
            assert expr.count("(") == expr.count(")")
    assert asked <= known and len(asked) >= 6, asked - known


@pytest.mark.parametrize("name", ["proxyguard.json", "proxyguard-loki.json"])
def test_a_board_without_data_shows_no_zero(name):
    queries = [t["expr"] for p in load("grafana", name)["panels"]
               for t in p["targets"]]
    assert len(queries) >= 7
    assert not [q for q in queries if "vector(" in q]


@pytest.mark.parametrize("name", ["vector.yaml", "fluent-bit.conf"])
def test_the_other_samples_name_the_table(name):
    text = shipped(name, {"/var/log/apache2/relay-evidence.json": "x"})
    assert re.search(r"table: lines|INTO%20proxyguard\.lines", text)
    if name.endswith(".yaml"):
        vector = yaml.safe_load(text)
        sink, = vector["sinks"].values()
        transform, = sink["inputs"]
        assert '{"line": .message}' in vector["transforms"][transform][
            "source"]
        assert vector["transforms"][transform]["inputs"][0] \
            in vector["sources"]

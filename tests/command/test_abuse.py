# Licensed under the Apache License, Version 2.0; see LICENSE.
"""Abuse reports from evidence: valid by the schemas of those who read them,
and without the names of those who send them."""

import base64
import csv
import datetime
import hashlib
import io
import json
import os
import random
import re
import time
import uuid

import jsonschema
import pytest

try:
    import referencing
except ImportError:
    referencing = None

from pg_cli import run, write
from pg_httpd import TOP

SCHEMAS = os.path.join(TOP, "tests", "schemas")
WHO = ("--org", "Example Org", "--contact", "abuse@reporter.example")
FORMATS = ("xarf", "abuseipdb", "stix", "misp")
STIX_SPACE = uuid.UUID("00abedb4-aa42-466c-9c01-fed23315a9b7")


def schemas(folder):
    out = {}
    for name in os.listdir(os.path.join(SCHEMAS, folder)):
        if name.endswith(".json"):
            path = os.path.join(SCHEMAS, folder, name)
            with open(path, encoding="utf-8") as f:
                out[name[:-5]] = json.load(f)
    return out


def found_in(by_id, schema):
    """What finds the schemas that one refers to, only in this folder: a
    resolver until jsonschema 4.18, then a registry."""
    if referencing:
        return {"registry": referencing.Registry().with_contents(
            by_id.items())}

    class Offline(jsonschema.RefResolver):
        def resolve_remote(self, uri):
            raise LookupError(f"{uri} is not in tests/schemas")

    resolver = Offline("", {}, store=by_id)
    resolver.push_scope(schema.get("$id") or schema["id"])
    return {"resolver": resolver}


def validate(folder, name, document):
    all_ = schemas(folder)
    schema = all_[name]
    kind = jsonschema.validators.validator_for(schema)
    kind.check_schema(schema)
    by_id = {x.get("$id") or x["id"]: x for x in all_.values()}
    kind(schema, format_checker=jsonschema.FormatChecker(),
         **found_in(by_id, schema)).validate(document)


def attempt(source, target="mx0.hinet.com.tw:25", class_="connect-mail",
            ago=3600, method="CONNECT", headers=(), **proxyguard):
    when = datetime.datetime.fromtimestamp(int(time.time()) - ago,
                                           datetime.timezone.utc)
    http = {"request": {"headers": list(headers)}, "version": "1.0"}
    if method:
        http["request"]["method"] = method
    return json.dumps({
        "@timestamp": when.strftime("%Y-%m-%dT%H:%M:%S.123Z"),
        "source": {"address": source, "ip": source, "port": 4711},
        "url": {"original": target}, "http": http,
        "server": {"address": "www.own-site.co.jp:80"},
        "observer": {"name": "sensor-north"},
        "proxyguard": {"class": class_, "outcome": "denied", **proxyguard},
    }) + "\n"


@pytest.fixture
def log(tmp_path):
    return write(
        tmp_path / "evidence.json",
        attempt("203.0.113.9", ago=60, headers=[
            "Host: mx0.hinet.com.tw:25", "User-Agent: \"quoted\" \\x",
            "X-Odd.Name: 1", "Via: 1.1 proxy.OWN-SITE.co.jp (sensor-north)",
            "Referer: http://www.own-site.co.jp/own-site.co.jp"]),
        attempt("203.0.113.9", "http://own-site.co.jp:25/", "absolute",
                method="GET"),
        attempt("2001:db8::7", "SOCKS5 a.example:1080", "socks", method=None),
        attempt("198.51.100.1", "http://169.254.169.254/latest",
                "chosen-backend", method="GET"),
        attempt("192.0.2.77", "/", "foreign-host", method="GET"))


def reports(form, *args):
    done = run("abuse", "-O", form, *WHO, *args)
    assert done.returncode == 0, done.stderr
    return done.stdout.decode()


def test_xarf_is_valid_a_report_for_each_source(log):
    documents = [json.loads(x) for x in reports("xarf", log).splitlines()]
    assert [x["source_identifier"] for x in documents] == [
        "203.0.113.9", "198.51.100.1", "2001:db8::7"]
    for one in documents:
        validate("xarf", "connection-vulnerability-scan", one)
        assert uuid.UUID(one["report_id"]).version == 4
        for item in one["evidence"]:
            raw = base64.b64decode(item["payload"], validate=True)
            assert len(raw) == item["size"]
            assert item["hash"] == "sha256:" + hashlib.sha256(raw).hexdigest()
    first = documents[0]
    assert (first["total_requests"], len(first["evidence"])) == (2, 2)
    assert first["timestamp"] == first["first_seen"] < first["last_seen"]
    text = base64.b64decode(first["evidence"][1]["payload"]).decode()
    assert "\nCONNECT mx0.hinet.com.tw:25 HTTP/1.0\n" in text
    assert documents[1]["vulnerabilities_probed"] == ["CWE-918"]
    broken = {**first, "first_seen": None}
    with pytest.raises(jsonschema.ValidationError):
        validate("xarf", "connection-vulnerability-scan", broken)


def test_abuseipdb_takes_the_file(log):
    text = reports("abuseipdb", log)
    assert "\\\"" not in text
    rows = list(csv.DictReader(io.StringIO(text), strict=True))
    assert text.startswith("IP,Categories,ReportDate,Comment\n")
    assert [(x["IP"], x["Categories"]) for x in rows] == [
        ("203.0.113.9", "14"), ("198.51.100.1", "21"), ("2001:db8::7", "14")]
    for row in rows:
        assert None not in row and None not in row.values()
        assert datetime.datetime.fromisoformat(
            row["ReportDate"].replace("Z", "+00:00"))
        assert 0 < len(row["Comment"].encode()) <= 1024
    long = attempt("203.0.113.9", "http://a.example/" + "あ\"" * 2000)
    text = reports("abuseipdb", write(log.parent / "long", long))
    row = list(csv.DictReader(io.StringIO(text), strict=True))[0]
    assert 900 < len(row["Comment"].encode()) <= 1024


def test_stix_is_valid_and_its_observables_are_named_as_others_name_them(log):
    bundle = json.loads(reports("stix", log))
    assert bundle["type"] == "bundle"
    validate("stix", "identifier", bundle["id"])
    seen = {}
    for one in bundle["objects"]:
        validate("stix", one["type"], one)
        assert one["id"] not in seen
        seen[one["id"]] = one
        own = {"id", "type", "spec_version"}
        if one["type"] in ("ipv4-addr", "ipv6-addr", "network-traffic"):
            name = json.dumps({k: v for k, v in one.items() if k not in own},
                              sort_keys=True, separators=(",", ":"),
                              ensure_ascii=False)
            assert one["id"].endswith(str(uuid.uuid5(STIX_SPACE, name)))
    observed = [x for x in seen.values() if x["type"] == "observed-data"]
    assert [x["number_observed"] for x in observed] == [2, 1, 1]
    for one in observed:
        assert one["first_observed"] <= one["last_observed"]
        assert set(one["object_refs"]) <= set(seen)
        assert one["created_by_ref"] in seen
    requests = [x["extensions"]["http-request-ext"] for x in seen.values()
                if "extensions" in x]
    assert requests[1]["request_method"] == "connect"
    assert "X-Odd.Name" not in requests[1]["request_header"]
    assert requests[1]["request_header"]["Host"] == ["mx0.hinet.com.tw:25"]
    del observed[0]["number_observed"]
    with pytest.raises(jsonschema.ValidationError):
        validate("stix", "observed-data", observed[0])


def test_misp_takes_the_event(log):
    document = json.loads(reports("misp", log))
    validate("misp", "schema", document)
    event = document["Event"]
    assert event["distribution"] == "0" and event["published"] is False
    assert [x["value"] for x in event["Attribute"]] == [
        "203.0.113.9", "198.51.100.1", "2001:db8::7"]
    assert len({x["uuid"] for x in event["Attribute"]}) == 3
    event["Attribute"][0]["unknown"] = 1
    with pytest.raises(jsonschema.ValidationError):
        validate("misp", "schema", document)


@pytest.mark.parametrize("form", FORMATS)
def test_own_names_are_masked_unless_somebody_insists(log, form):
    def text(*args):
        out = reports(form, *args, log)
        if form != "xarf":
            return out
        return out + "".join(
            base64.b64decode(item["payload"]).decode()
            for one in out.splitlines() for item in json.loads(one)["evidence"])
    shown = text().lower()
    assert "own-site" not in shown and "sensor-north" not in shown
    assert "hinet" in shown or form in ("abuseipdb", "misp")
    assert "own-site" in text("--plain").lower()
    assert "169.254.169.254" not in text("-o", "169.254.169.254")
    key = write(log.parent / "key", "k" * 32)
    assert text("--key", key) == text("--key", key)


def test_whom_nobody_should_report_is_left_out_aloud(tmp_path):
    masked = json.loads(attempt("203.0.113.1"))
    del masked["source"]["ip"]
    log = write(tmp_path / "log", attempt("10.1.2.3"), attempt("::1"),
                attempt("203.0.113.2", source_is_peer=True),
                json.dumps(masked) + "\n",
                attempt("203.0.113.3", ago=61 * 86400))
    done = run("abuse", "-O", "abuseipdb", log)
    assert (done.returncode, done.stdout) == (0, b"")
    for words in (b"from private addresses: 2", b"may be a load balancer: 1",
                  b"is a pseudonym: 1", b"older than the platform accepts: 1"):
        assert words in done.stderr
    assert b"203.0.113.3" in run("abuse", "-O", "misp", log).stdout
    foreign = write(tmp_path / "foreign", attempt(
        "203.0.113.5", "/", "foreign-host", method="GET"))
    assert run("abuse", "-O", "misp", foreign).stdout == b""
    assert b"203.0.113.5" in run("abuse", "-O", "misp", "--class",
                                 "foreign-host", foreign).stdout


def test_what_is_reported_can_be_bounded(log):
    def sources(*args):
        return [json.loads(x)["source_identifier"]
                for x in reports("xarf", *args, log).splitlines()]
    assert sources("--least", "2") == ["203.0.113.9"]
    assert sources("--class", "socks") == ["2001:db8::7"]
    assert sources("--until", "2014") == []
    assert len(sources("--since", "2014")) == 3
    for bad in (["-O", "pdf"], ["-O", "xarf"], [], ["-O", "stix", "--org", "x"],
                ["-O", "stix", *WHO[:3], "no address"],
                ["-O", "stix", "--since", "noon"],
                ["-O", "stix", "--class", "none"]):
        assert run("abuse", *bad, log).returncode == 64


def test_files_are_named_by_what_they_hold(log):
    folder = log.parent / "out"
    folder.mkdir()
    for _ in range(2):
        assert run("abuse", "-O", "xarf", *WHO, "--folder", folder,
                   log).stdout == b""
        names = sorted(os.listdir(folder))
        assert len(names) == 3
    for name in names:
        document = json.loads((folder / name).read_text(encoding="utf-8"))
        assert name == document["report_id"] + ".json"
    done = run("abuse", "-O", "misp", "--folder", folder / "none", log)
    assert done.returncode == 74 and b"cannot be created" in done.stderr


def test_more_sources_than_one_file_takes_are_split(tmp_path):
    log = write(tmp_path / "log", *(
        attempt(f"203.0.{n // 250}.{n % 250 + 1}") for n in range(10000)))
    done = run("abuse", "-O", "abuseipdb", log)
    assert done.returncode == 64 and b"--folder" in done.stderr
    assert run("abuse", "-O", "abuseipdb", "--folder", tmp_path,
               log).returncode == 0
    files = sorted(tmp_path.glob("*.csv"), key=lambda x: x.stat().st_size)
    assert [len(x.read_text().splitlines()) for x in files] == [2, 10000]


def test_an_attempt_of_sixty_days_is_too_old_for_abuseipdb(tmp_path):
    day = 86400
    log = write(tmp_path / "evidence.json",
                attempt("203.0.113.7", ago=60 * day - 7200),
                attempt("203.0.113.8", ago=60 * day + 7200))
    text = reports("abuseipdb", log)
    assert "203.0.113.7" in text and "203.0.113.8" not in text


@pytest.mark.parametrize("seed", range(12))
def test_a_report_has_the_very_first_request_and_some_others(tmp_path, seed):
    """In whatever order the lines are, and of two logs at once."""
    rng = random.Random(seed)
    n = 1 + seed
    ago = rng.sample(range(100, 9000), n)
    kinds = rng.choices(["absolute", "socks", "connect-tls"], k=n)
    lines = [attempt("203.0.113.9", f"http://a.example/{i}", kinds[i], ago[i],
                     "GET") for i in range(n)]
    cut = rng.randrange(n + 1)
    logs = [write(tmp_path / "a", *lines[:cut]),
            write(tmp_path / "b", *lines[cut:])]
    one, = (json.loads(x) for x in reports("xarf", "--plain",
                                           *logs).splitlines())
    when = [json.loads(x)["@timestamp"] for x in lines]
    assert one["total_requests"] == n
    assert (one["first_seen"], one["last_seen"]) == (min(when), max(when))
    shown = [int(re.search(r"example/(\d+) HTTP", base64.b64decode(
        x["payload"]).decode())[1]) for x in one["evidence"]]
    assert len(shown) == len(set(shown)) == min(n, 4)
    assert shown[0] == when.index(min(when))
    # the others are those that came first
    assert set(shown[1:]) <= set(range(4)) | {
        i for i in range(n) if when[i] == min(when[:i + 1])}
    said = ", ".join(f"{kind} {kinds.count(kind)}" for kind in (
        "absolute", "connect-tls", "socks") if kind in kinds)
    assert one["description"] == (
        f"{n} attempt{'s' * (n > 1)} to use a web server as an open proxy "
        f"({said}), {min(when)} to {max(when)}, such as: GET "
        f"http://a.example/{shown[0]} HTTP/1.0")


PLACES = {"127.0.0.1": "from private", "10.1.2.3": "from private",
          "192.168.0.1": "from private", "169.254.1.1": "from private",
          "::1": "from private", "fe80::1": "from private",
          "fd00::1": "from private", "11.0.0.1": None, "2001:db8::1": None,
          "192.0.2.1": None, "ip-abc": "whose source is a pseudonym",
          "": "whose source is a pseudonym"}


@pytest.mark.parametrize("source", PLACES)
def test_only_addresses_that_others_can_act_upon_are_reported(tmp_path,
                                                             source):
    log = write(tmp_path / "log", attempt(source), attempt("192.0.2.77"))
    done = run("abuse", "-O", "misp", log)
    found = [x["value"] for x in
             json.loads(done.stdout)["Event"]["Attribute"]]
    if PLACES[source]:
        assert f"attempts left out, {PLACES[source]}".encode() in done.stderr
        assert found == ["192.0.2.77"]
    else:
        assert done.stderr == b"" and sorted(found) == sorted([source,
                                                               "192.0.2.77"])


@pytest.mark.parametrize("seed", range(4))
def test_the_busiest_come_first_and_equals_by_address(tmp_path, seed):
    rng = random.Random(seed)
    sources = {f"198.51.100.{i}": 1 + i % 3 * (seed > 1) for i in range(20)}
    lines = [attempt(source) for source, n in sources.items()
             for _ in range(n)]
    rng.shuffle(lines)
    event = json.loads(reports("misp", write(tmp_path / "log",
                                             *lines)))["Event"]
    assert [x["value"] for x in event["Attribute"]] == sorted(
        sources, key=lambda x: (-sources[x], x))


@pytest.mark.parametrize("n", range(1, 6))
def test_of_each_class_the_first_requests_are_examples(tmp_path, n):
    kinds = ["absolute", "socks", "foreign-host", "connect-tls"]
    log = write(tmp_path / "log", *(
        attempt("203.0.113.9", f"http://a.example/{kind}{i}", kind)
        for i in range(4) for kind in kinds))
    def shown(*args):
        text = run("sample", "--plain", "-n", n, *args, log).stdout.decode()
        return re.findall(r"a.example/([\w-]+) HTTP", text)
    assert shown() == [kind + str(i) for i in range(min(n, 4))
                       for kind in kinds]
    for kind in kinds:
        assert shown("--class", kind) == [kind + str(i)
                                          for i in range(min(n, 4))]
    for wrong in ("clean", "x", ""):
        done = run("sample", "--class", wrong, log)
        assert done.returncode == 64
        assert f"'{wrong}' is not a class".encode() in done.stderr


def test_an_own_name_is_the_same_in_capitals(tmp_path, log):
    key = write(tmp_path / "key", "k" * 32)
    small, large, none = (reports("xarf", "--key", key, *own, log) for own in (
        ("-o", "hinet.com.tw"), ("-o", "HiNet.COM.tw"), ()))
    assert small == large != none

# Licensed under the Apache License, Version 2.0; see LICENSE.
"""Country and network of sources, from a database that the reader names."""

import json

import pytest

import pg_mmdb
from pg_cli import line, run, write

COUNTRIES = {
    "203.0.113.0/24": {"country": {"iso_code": "JP"}},
    "192.0.2.0/25": {"registered_country": {"iso_code": "US"}},
    "2001:db8::/32": {"country": "TW"},
    "198.51.100.0/24": {"country": {"iso_code": "<b>"}},
}
NETWORKS = {
    "203.0.113.0/24": {"autonomous_system_number": 64496,
                       "autonomous_system_organization": "Ex<b>\x1b[1m"},
    "2001:db8::/32": {"asn": "AS64511", "as_name": "Another"},
}


@pytest.fixture(name="geo")
def databases(tmp_path):
    return ("--geo", pg_mmdb.write(tmp_path / "country.mmdb", COUNTRIES),
            "--geo", pg_mmdb.write(tmp_path / "asn.mmdb", NETWORKS))


@pytest.fixture
def log(tmp_path):
    clients = ["203.0.113.9"] * 3 + ["192.0.2.1"] * 2 + [
        "2001:db8::7", "192.0.2.200", "198.51.100.1"]
    return write(tmp_path / "log", *(
        line("CONNECT mx.example:25 HTTP/1.0", 405, client=c)
        for c in clients))


def test_each_source_has_its_country_and_network(log, geo, tmp_path):
    data = json.loads(run("scan", "-q", "-O", "json", *geo, log).stdout)
    found = {x["key"]: (x["country"], x["network"])
             for x in data["top"]["sources"]["entries"]}
    assert found == {
        "203.0.113.9": ("JP", "AS64496 Ex<b>\\x1b[1m"),
        "192.0.2.1": ("US", ""), "2001:db8::7": ("TW", "AS64511 Another"),
        "192.0.2.200": ("", ""), "198.51.100.1": ("", "")}
    plain = json.loads(run("scan", "-q", "-O", "json", log).stdout)
    assert "country" not in plain["top"]["sources"]["entries"][0]
    ledger = tmp_path / "ledger"
    text = run("scan", "-q", "--into", ledger, *geo, log).stdout
    assert b"203.0.113.9      JP  AS64496 Ex<b>\\x1b[1m\n" in text
    assert b"2001:db8::7      TW  AS64511 Another\n" in run(
        "show", *geo, ledger).stdout
    page = run("show", "-O", "html", *geo, ledger).stdout
    assert b"<td>JP</td><td>AS64496 Ex&lt;b&gt;" in page
    assert b"<td>JP</td>" not in run("show", "-O", "html", ledger).stdout
    masked = run("show", "--mask", *geo, ledger).stdout
    assert b"      JP  \n" in masked and b"AS64496" not in masked


def test_sensors_are_compared_and_reported_by_country(log, geo, tmp_path):
    run("scan", "-q", "--into", tmp_path / "ledger", log)
    data = tmp_path / "south.json"
    data.write_bytes(run("scan", "-q", "-O", "json", log).stdout)
    sensors = [f"north={tmp_path / 'ledger'}", f"south={data}"]
    text = run("compare", *geo, *sensors).stdout.decode()
    rows = [x.split() for x in text.split("in all\n\n")[1].splitlines()]
    assert rows[:5] == [["north", "south"], ["JP", "3", "3"], ["?", "2", "2"],
                        ["US", "2", "2"], ["TW", "1", "1"]]
    page = run("compare", "-O", "html", *geo, *sensors).stdout
    assert b'<th scope="row">JP</th><td>3</td><td>3</td>' in page
    report = run("report", *geo, *sensors).stdout.decode()
    assert report.count("  JP                           3            38 %") \
        == 2
    assert "| JP | 3 | 38 % |" in run("report", "-O", "markdown", *geo,
                                      *sensors).stdout.decode()


def test_a_database_that_is_none_is_named(log, tmp_path):
    bad = write(tmp_path / "bad.mmdb", "not a database")
    for path, status in ((bad, 65), (tmp_path / "none", 66)):
        for command in ("scan", "show", "compare", "report"):
            done = run(command, "--geo", path, log)
            assert done.returncode == status, done.stderr
            assert str(path).encode() in done.stderr
    good = pg_mmdb.write(tmp_path / "good.mmdb", COUNTRIES)
    done = run("scan", *["--geo", good] * 5, log)
    assert done.returncode == 64 and b"4 databases" in done.stderr
    whole = good.read_bytes()
    for cut in range(0, len(whole), 97):      # a broken one does no harm
        bad.write_bytes(whole[:cut] + whole[cut + 50:])
        assert run("scan", "-q", "--geo", bad, log).returncode in (1, 65, 66)


@pytest.mark.parametrize("number", [64496, None])
@pytest.mark.parametrize("before", range(4))
def test_a_long_name_of_a_network_is_cut_between_letters(tmp_path, number,
                                                        before):
    name = "x" * before + "\u65e5" * 60
    entry = {"autonomous_system_organization": name}
    if number:
        entry["autonomous_system_number"] = number
    path = pg_mmdb.write(tmp_path / "asn.mmdb", {"203.0.113.0/24": entry})
    log = write(tmp_path / "log", line("CONNECT mx.example:25 HTTP/1.0", 405,
                                       client="203.0.113.9"))
    data = json.loads(run("scan", "-q", "-O", "json", "--geo", path,
                          log).stdout)
    network = data["top"]["sources"]["entries"][0]["network"]
    whole = f"AS{number} {name}" if number else name
    assert whole.startswith(network)
    assert 76 < len(network.encode()) < 80


LONG = "AS" + "1234567890" * 2
# An entry of a database; the country, the network that it makes known.
ENTRIES = [
    ({"country": {"iso_code": "JP"}, "registered_country":
      {"iso_code": "US"}, "country_code": "DE"}, "JP", ""),
    ({"registered_country": {"iso_code": "US"}, "country_code": "DE"}, "US",
     ""),
    ({"country_code": "DE", "country": "FR"}, "DE", ""),
    ({"country": "fr"}, "fr", ""),
    ({"country": ""}, "", ""), ({"country": "F"}, "", ""),
    ({"country": "FRA"}, "", ""), ({"country": "F1"}, "", ""),
    ({"country": "1F"}, "", ""), ({"country": 7}, "", ""),
    ({"country": {"iso_code": 7}}, "", ""), ({}, "", ""),
    ({"autonomous_system_number": 7}, "", "AS7"),
    ({"autonomous_system_number": 4294967295, "asn": "AS8",
      "organization": "C"}, "", "AS4294967295 C"),
    ({"asn": "AS8", "as_name": "B", "organization": "C"}, "", "AS8 B"),
    ({"asn": 9, "autonomous_system_organization": "A", "as_name": "B"}, "",
     "AS9 A"),
    ({"asn": "AS8", "as_name": ""}, "", "AS8"),
    ({"asn": "", "as_name": "B"}, "", "B"), ({"asn": {}, "as_name": "B"}, "",
                                             "B"),
    ({"as_name": 7}, "", ""), ({"asn": "AS8", "as_name": 7}, "", "AS8"),
    ({"asn": LONG, "as_name": "B"}, "", LONG[:15] + " B"),
    ({"asn": LONG[:15]}, "", LONG[:15]), ({"asn": LONG[:16]}, "", LONG[:15]),
    ({"asn": 0}, "", "AS0"),
]


@pytest.mark.parametrize("first", [None, 0, 1])
def test_what_a_database_has_of_an_address(tmp_path, first):
    """Alone, or after one that has the country or the network already."""
    before = [{"country": "ZZ"}, {"asn": "AS1", "as_name": "One"}]
    networks = {f"198.51.100.{i}/32": e for i, (e, *_) in enumerate(ENTRIES)}
    given = ["--geo", pg_mmdb.write(tmp_path / "geo.mmdb", networks)]
    if first is not None:
        given = ["--geo", pg_mmdb.write(tmp_path / "first.mmdb", {
            "198.51.100.0/24": before[first]}), *given]
    log = write(tmp_path / "log", *(
        line("CONNECT mx.example:25 HTTP/1.0", 405, client=f"198.51.100.{i}")
        for i in range(len(ENTRIES))))
    data = json.loads(run("scan", "-q", "-O", "json", "--top", "100", *given,
                          log).stdout)
    assert {x["key"]: (x["country"], x["network"])
            for x in data["top"]["sources"]["entries"]} == {
        f"198.51.100.{i}": ("ZZ" if first == 0 else country,
                            "AS1 One" if first == 1 else network)
        for i, (_, country, network) in enumerate(ENTRIES)}


def test_four_databases_are_asked_in_turn(tmp_path):
    given = [x for i in range(4) for x in ("--geo", pg_mmdb.write(
        tmp_path / f"{i}.mmdb", {f"198.51.100.{i}/32": {"country": "A" + "BCDE"
                                                        [i]}}))]
    log = write(tmp_path / "log", *(
        line("CONNECT mx.example:25 HTTP/1.0", 405, client=f"198.51.100.{i}")
        for i in range(5)))
    data = json.loads(run("scan", "-q", "-O", "json", *given, log).stdout)
    assert {x["key"]: x["country"]
            for x in data["top"]["sources"]["entries"]} == {
        **{f"198.51.100.{i}": "A" + "BCDE"[i] for i in range(4)},
        "198.51.100.4": ""}

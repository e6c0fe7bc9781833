# Licensed under the Apache License, Version 2.0; see LICENSE.
"""proxyguard explain: what several lines, texts and files together show."""

import itertools

import pytest

from pg_cli import line, run, write

CLEAN, ATTEMPT, RELAYED, UNKNOWN = range(4)
TEXTS = {
    CLEAN: "GET / HTTP/1.1",
    ATTEMPT: "CONNECT mx.a.example:25 HTTP/1.0",
    RELAYED: line("CONNECT mx.a.example:25 HTTP/1.0", 200, "-").rstrip(),
    UNKNOWN: "what is this",
}
RANK = [CLEAN, UNKNOWN, ATTEMPT, RELAYED]


@pytest.mark.parametrize("given", [*itertools.product(TEXTS, repeat=2),
                                   (0, 3, 1), (1, 3, 0), (2, 1, 3), (3, 0, 2)])
def test_the_worst_of_all_is_the_exit_status(given, tmp_path):
    worst = max(given, key=RANK.index)
    texts = [TEXTS[i] for i in given]
    files = [write(tmp_path / str(n), text + "\n")
             for n, text in enumerate(texts)]
    assert run("explain", "--", *texts).returncode == worst
    assert run("explain", *files).returncode == worst
    assert run("explain", "--", *texts[:1], *files[1:]).returncode == worst
    assert run("explain", write(tmp_path / "all", "\n".join(texts))
               ).returncode == worst


# a proxy's, whose clients ask for several pages of a site
COMPOSED = "".join(line(f"GET http://shop.example.org/{path} HTTP/1.1", 200, 5)
                   for path in ("", "a", "b", "c"))
ABSOLUTE = [line("GET http://a.example/ HTTP/1.1", 404),
            line("GET / HTTP/1.1", 200), line("GET /b HTTP/1.1", 200)]
QUESTION = b"Cannot tell: this log writes all targets alike"
PLAIN = b"An attempt to use this server as a relay"


def said_of(done, text):
    """The first sentence about a line."""
    return done.stdout.split(b"> " + text.rstrip().encode() + b"\n")[1]


@pytest.mark.parametrize("as_file", itertools.product([False, True], repeat=2))
def test_what_one_log_does_is_not_held_against_another(as_file, tmp_path):
    given = []
    for n, text in enumerate((COMPOSED, "".join(ABSOLUTE))):
        path = write(tmp_path / str(n), text)
        given.append(path if as_file[n] else text)
    done = run("explain", "--", *given)
    assert done.stdout.startswith(b"> " + COMPOSED.split("\n")[0].encode()
                                  + b"\n" + QUESTION)
    assert said_of(done, ABSOLUTE[0]).startswith(PLAIN)
    done = run("explain", "--", *reversed(given))
    assert said_of(done, ABSOLUTE[0]).startswith(PLAIN)
    assert said_of(done, COMPOSED.split("\n")[0]).startswith(QUESTION)
    assert run("explain", "-", stdin=COMPOSED.encode()).stdout.startswith(
        b"> " + COMPOSED.split("\n")[0].encode() + b"\n" + QUESTION)


def pair(first, second, request):
    return (f'{first} {second} - - [19/Mar/2025:11:02:00 +0000] "{request}" '
            '405 235\n')


@pytest.mark.parametrize("as_file", itertools.product([False, True], repeat=2))
@pytest.mark.parametrize("server_first", [True, False])
def test_the_address_that_all_lines_share_is_the_servers(server_first, as_file,
                                                         tmp_path):
    asked = ["CONNECT mx.a.example:25 HTTP/1.0", "GET http://a.example/ "
             "HTTP/1.1", "\\x05\\x01\\x00"]
    given, clients = [], []
    for n, swapped in enumerate((server_first, not server_first)):
        rows = []
        for i, request in enumerate(asked[n:n + 2]):
            client = f"203.0.113.{10 * n + i}"
            both = ("192.0.2.1", client) if swapped else (client, "192.0.2.1")
            rows.append(pair(*both, request))
            clients.append(client)
        path = write(tmp_path / str(n), *rows)
        given.append(path if as_file[n] else "".join(rows))
    del clients[2]                       # a kind that was explained already
    done = run("explain", "--", *given)
    assert [x.split()[1] for x in done.stdout.decode().splitlines()
            if x.startswith("Client: ")] == clients


@pytest.mark.parametrize("n, fits", [(65535, True), (65536, True),
                                     (65537, False)])
def test_a_request_has_at_most_65536_octets(n, fits):
    text = "GET http://a.example/" + "x" * (n - 30) + " HTTP/1.1"
    assert len(text) == n
    done = run("explain", "-", stdin=text.encode())
    assert done.returncode == (1 if fits else 65)
    assert (b"at most 65536 bytes" in done.stderr) != fits


# Of a request and the line after it, or of two lines: is it one request?
SECOND = {
    "Host: a": True, "": True, " ": True, "X-A_b: ": True, ":": True,
    "Host : a": False, "Host\t: a": False, '"Host": a': False, "Host": False,
    "GET / HTTP/1.1": False, "a b: c": False,
}


@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("second", SECOND)
def test_a_request_with_its_fields_is_one(second, end):
    text = "CONNECT a.example:25 HTTP/1.1" + end + second + end + "x y" + end
    done = run("explain", "-", stdin=text.encode())
    assert done.stdout.startswith(b"> ") != SECOND[second]
    other = "hello" + end + second + end + "x y" + end
    assert run("explain", "-", stdin=other.encode()
               ).stdout.startswith(b"> ")


@pytest.mark.parametrize("n", [298, 299, 300, 301, 302])
def test_of_a_long_line_300_octets_are_shown(n):
    text = "GET http://a.example/" + "x" * (n - 30) + " HTTP/1.1"
    done = run("explain", "-", stdin=(text + "\nGET / HTTP/1.1\nx\n").encode())
    assert done.stdout.split(b"\n")[0] == b"> " + text[:300].encode()


@pytest.mark.parametrize("name, ours", [
    ("a.example", "80"), ("a.example:81", "80 81"), ("a.example:80", "80"),
    ("a.example:*", "80 81")])
def test_an_own_name_is_one_of_the_usual_ports_or_of_its_own(name, ours):
    for port in ("80", "81"):
        done = run("explain", "-o", name,
                   f"GET http://a.example:{port}/ HTTP/1.1")
        assert done.returncode == (port not in ours.split())


def test_an_object_without_its_end_is_explained_line_by_line(tmp_path):
    text = 'GET / HTTP/1.1\n{\n"request": "CONNECT a.example:25 HTTP/1.0",\n'
    for done in (run("explain", "--", text),
                 run("explain", "-", stdin=text.encode()),
                 run("explain", write(tmp_path / "log", text))):
        assert done.returncode == 1
        assert [x for x in done.stdout.decode().splitlines()
                if x[:1] == ">"] == [f"> {x}" for x in text.splitlines()]

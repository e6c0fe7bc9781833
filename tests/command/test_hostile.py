# Licensed under the Apache License, Version 2.0; see LICENSE.
"""The command with files that are not logs, logs that change while it reads,
and people who want it to be wrong."""

import bz2
import gzip
import lzma
import os
import resource
import signal
import subprocess

import pytest

from pg_cli import CLEAN, COMMAND, CONNECT, GET, line, run, scan_json, write
from pg_wire import wait_until


# --- what a file may be ------------------------------------------------------

def test_a_fifo_that_nobody_writes_to_can_be_interrupted(tmp_path):
    os.mkfifo(tmp_path / "fifo")
    with subprocess.Popen([COMMAND, "scan", tmp_path / "fifo"],
                          stdout=subprocess.PIPE) as child:
        wait_until(lambda: opened(child.pid, tmp_path / "fifo"),
                   "it to open the FIFO", 60)
        child.send_signal(signal.SIGINT)
        text = answer(child)[0]
    assert b"INTERRUPTED" in text
    assert child.returncode == 74        # not: "0 no attempts"


def test_an_interrupt_while_names_are_learnt_leaves_nothing_to_report(
        tmp_path):
    """What was wrong with a file is known again only when it is counted."""
    damaged, endless = tmp_path / "damaged", tmp_path / "endless"
    damaged.write_bytes(gzip.compress(CONNECT.encode())[:-9])
    with open(endless, "wb") as out:
        out.truncate(1 << 30)
    with subprocess.Popen([COMMAND, "scan", "-j1", damaged, endless],
                          stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE) as child:
        wait_until(lambda: position(child.pid, endless) > 1 << 20,
                   "it to learn names", 60)
        child.send_signal(signal.SIGINT)
        text, errors = answer(child)
    assert b"INTERRUPTED" in text
    assert (child.returncode, errors) == (74, b"")


def test_what_an_interrupted_scan_has_not_compared_does_not_differ(tmp_path):
    log, endless = tmp_path / "log", tmp_path / "endless"
    log.write_text("".join(
        f'192.0.2.1 - - [10/Oct/2024:13:55:36 +0000] "{line}\n' for line in (
            'GET / HTTP/1.1" 200 99', 'GET /x HTTP/1.1" 200 777',
            'GET http://a.example/x HTTP/1.1" 200 777')), encoding="ascii")
    with open(endless, "wb") as out:
        out.truncate(1 << 34)
    with subprocess.Popen([COMMAND, "scan", "-j1", "-o", "own.example", log,
                           endless], stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE) as child:
        wait_until(lambda: position(child.pid, endless) > 1 << 20,
                   "it to read on", 60)
        child.send_signal(signal.SIGINT)
        text, _ = answer(child)
    assert b"INTERRUPTED" in text and b"1 attempt" in text
    assert b"a second time, and could not be" in text
    assert b"differs from everything" not in text


def answer(child):
    """Its output and errors; killed if it does not end."""
    try:
        return child.communicate(timeout=60)
    except subprocess.TimeoutExpired:
        child.kill()
        raise


def position(pid, path):
    """How far the process has read it; 0: it is not open."""
    for fd in os.listdir(f"/proc/{pid}/fd"):
        try:
            if os.readlink(f"/proc/{pid}/fd/{fd}") == str(path):
                with open(f"/proc/{pid}/fdinfo/{fd}", encoding="ascii") as f:
                    return int(f.readline().split()[1])
        except FileNotFoundError:
            pass
    return 0


def opened(pid, path):
    """Has the process opened it, or tried to and been stuck?"""
    names = []
    for fd in os.listdir(f"/proc/{pid}/fd"):
        try:
            names.append(os.readlink(f"/proc/{pid}/fd/{fd}"))
        except FileNotFoundError:
            pass
    waits = []
    for task in os.listdir(f"/proc/{pid}/task"):
        with open(f"/proc/{pid}/task/{task}/wchan", encoding="ascii") as f:
            waits.append(f.read())
    return str(path) in names or "wait_for_partner" in waits


@pytest.mark.parametrize("pack, word", [
    (bz2.compress, b"bzcat"), (lambda d: b"PK\x03\x04" + d, b"unzip"),
    (lambda d: b"\x1f\x9d" + d, b"zcat"),
    (lambda d: b"\x04\x22\x4d\x18" + d, b"lz4cat")])
def test_an_unknown_packer_is_named_with_the_way_round(tmp_path, pack,
                                                       word):
    (tmp_path / "log").write_bytes(pack(CONNECT.encode()))
    done = run("scan", tmp_path / "log")
    assert done.returncode == 66
    assert word in done.stderr


def test_streams_behind_padding_are_read(tmp_path):
    packed = lzma.compress(CONNECT.encode())
    (tmp_path / "log").write_bytes(packed + bytes(4) + packed + bytes(400000)
                                   + packed + bytes(8))
    assert scan_json(tmp_path / "log")["attempts"] == 3


@pytest.mark.parametrize("packed", [gzip.compress, lzma.compress])
@pytest.mark.parametrize("more", [b"x", b"\0" * 8 + b"more", gzip.compress,
                                  lzma.compress])
def test_what_follows_packed_data_is_read_or_reported(tmp_path, packed, more):
    (tmp_path / "log").write_bytes(packed(CONNECT.encode()) + (
        more if isinstance(more, bytes) else more(CONNECT.encode())))
    done = run("scan", tmp_path / "log")
    if more == packed:
        assert b"2 attempts " in done.stdout
        assert not done.stderr
    else:
        assert b"1 attempt " in done.stdout
        assert (b"log: has something after its packed data, which was not read"
                in done.stderr)


def test_a_member_may_begin_anywhere_in_what_is_read_at_once(tmp_path):
    """The magic of the second one lies across the end of the reader's 128
    KiB."""
    log = tmp_path / "log"
    tail = gzip.compress(CONNECT.encode())
    for beyond in range(1, 3):
        head = stored(131072 - beyond)
        log.write_bytes(head + tail)
        assert scan_json(log)["attempts"] == 1, beyond


def stored(size):
    """A gzip member of that size, of empty lines."""
    n = size - 100
    while len(gzip.compress(b"\n" * n, 0)) < size:
        n += size - len(gzip.compress(b"\n" * n, 0))
    packed = gzip.compress(b"\n" * n, 0)
    assert len(packed) == size
    return packed


def test_zstd_frames_to_skip_are_skipped(tmp_path):
    packed = subprocess.run(["zstd", "-qc"], input=CONNECT.encode(),
                            capture_output=True, check=True).stdout
    skip = b"\x50\x2a\x4d\x18" + b"\x04\0\0\0" + b"1234"
    index = b"\x5e\x2a\x4d\x18" + b"\x04\0\0\0" + b"1234"
    (tmp_path / "log").write_bytes(skip + packed + packed + index)
    assert scan_json(tmp_path / "log")["attempts"] == 2


def test_a_damaged_zstd_file_is_named(tmp_path):
    packed = subprocess.run(["zstd", "-qc"], input=CONNECT.encode(),
                            capture_output=True, check=True).stdout
    (tmp_path / "log").write_bytes(packed + packed[:4] + b"\xff" * 40)
    done = run("scan", tmp_path / "log")
    assert b"log: is damaged: unpacking stopped there" in done.stderr
    assert b"1 attempt " in done.stdout


def test_the_same_file_is_read_once_whatever_it_is_called(tmp_path):
    log = write(tmp_path / "log", CONNECT)
    os.link(log, tmp_path / "hard")
    os.symlink(log, tmp_path / "soft")
    done = run("scan", log, tmp_path / "hard", tmp_path / "soft", log)
    assert done.returncode == 1
    assert b"1 attempt " in done.stdout
    assert done.stderr.count(b"is the same file as") == 3


def test_a_line_too_long_to_look_at_is_not_called_clean(tmp_path):
    log = tmp_path / "log"
    log.write_bytes(b"A" * 3_000_000)
    done = run("scan", log)
    assert done.returncode == 3
    assert done.stdout.startswith(b"Cannot tell")
    assert b"(3,000,000 bytes)" in done.stdout


@pytest.mark.parametrize("agent", [b"\xff\xfe", b"\\v", b"\\x0b",
                                   "\u00e9\xff".encode("latin-1")])
def test_what_makes_a_line_no_json_does_not_hide_it(tmp_path, agent):
    """nginx writes some bytes unescaped, httpd writes escapes of its own."""
    log = tmp_path / "log"
    log.write_bytes(b'{"time":"2014-01-02T03:04:05Z","status":405,"http_user_'
                    b'agent":"%s","request":"CONNECT \xc3\xa9.example:25 '
                    b'HTTP/1.0"}\n' % agent)
    found = scan_json(log)
    assert found["by_class"]["connect-mail"] == 1
    assert found["top"]["targets"]["entries"][0]["key"] == "\u00e9.example:25"


# --- logs that change while they are read ------------------------------------

@pytest.fixture
def held(tmp_path):
    """A scan that waits, with a log still to be read behind the FIFO that it
    waits for: (log, finish); finish() lets it go on."""
    log = write(tmp_path / "log", CONNECT * 10)
    os.mkfifo(tmp_path / "fifo")
    with subprocess.Popen([COMMAND, "scan", "-j1", tmp_path / "fifo", log],
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE
                          ) as child:
        with open(tmp_path / "fifo", "wb") as out:
            out.write(CLEAN.encode())
            out.flush()

            def finish():
                out.close()
                text, errors = answer(child)
                return child.returncode, text, errors
            yield log, finish


def test_a_log_renamed_before_its_turn_is_missed_aloud(held):
    log, finish = held
    log.rename(f"{log}.1")
    write(log, CONNECT)
    status, _, errors = finish()
    assert status == 66
    assert b"rotated" in errors


def test_a_log_cut_off_before_its_turn_is_missed_aloud(held):
    log, finish = held
    os.truncate(log, 3 * len(CONNECT))
    status, text, errors = finish()
    assert status == 74
    assert b"3 attempts" in text and b"rotated" in errors


def test_a_log_that_grows_is_read_as_far_as_it_went(held):
    log, finish = held
    with open(log, "a", encoding="ascii") as out:
        out.write(CONNECT)
    status, text, errors = finish()
    assert (status, errors) == (1, b"")
    assert b"10 attempts" in text


# --- when there is nothing left ----------------------------------------------

def test_without_threads_to_be_had_it_does_the_work_itself(tmp_path):
    """A thread's stack is as large as its limit, which no address space has
    room for here."""
    log = write(tmp_path / "log", CONNECT)
    done = subprocess.run(
        [COMMAND, "scan", "-j4", log, "/dev/null"], capture_output=True,
        check=False, preexec_fn=lambda: resource.setrlimit(
            resource.RLIMIT_STACK, (1 << 47, resource.RLIM_INFINITY)))
    assert done.returncode == 1, done.stderr
    assert b"1 attempt " in done.stdout


# --- ledgers -----------------------------------------------------------------

def test_into_leaves_a_file_that_is_no_ledger_alone(tmp_path):
    log = write(tmp_path / "log", CONNECT)
    other = write(tmp_path / "access.log", GET)
    done = run("scan", "--into", other, log)
    assert done.returncode == 74
    assert b"access.log: it is not a ledger" in done.stderr
    assert other.read_text(encoding="ascii") == GET
    assert sorted(os.listdir(tmp_path)) == ["access.log", "log"]


def test_into_adds_before_a_reader_of_the_report_hangs_up(tmp_path):
    log = write(tmp_path / "log", CONNECT)
    ours, theirs = os.pipe()
    os.close(ours)
    subprocess.run([COMMAND, "scan", "-O", "json", "--into",
                    tmp_path / "ledger", log], stdout=theirs, check=False)
    os.close(theirs)
    assert b"1 attempt " in run("show", tmp_path / "ledger").stdout


def test_into_says_when_nothing_was_added(tmp_path):
    log = write(tmp_path / "log", CONNECT)
    done = run("scan", "--into", tmp_path / "ledger", log, tmp_path / "none")
    assert done.returncode == 66
    assert b"nothing was added" in done.stderr
    assert not (tmp_path / "ledger").exists()


# --- what it says when it is called wrongly ----------------------------------

@pytest.mark.parametrize("args, status, words", [
    (["scan"], 64, ["no log named"]),
    (["scan", "--nonsense", "x"], 64, ["proxyguard scan: ", "--nonsense"]),
    (["scan", "-O", "foo", "x"], 64, ["'foo'", "text", "json", "svg"]),
    (["show", "-O", "svg", "x"], 64, ["'svg'", "text", "json"]),
    (["scan", "-o", "a b", "x"], 64, ["--own-host: 'a b' is not"]),
    (["scan", "-o", "", "x"], 64, ["--own-host: '' is not"]),
    (["scan", "-j", "0", "x"], 64, ["--jobs: '0'", "1 to 256"]),
    (["scan", "--max-keys", "x", "x"], 64, ["--max-keys: 'x'", "1 to "]),
    (["scan", "--lang", "fr", "x"], 64, ["--lang: 'fr'", "'en' or 'ja'"]),
    (["scan", "--into", "x", "-"], 64, ["--into", "standard input"]),
    (["show", "-w0", "x"], 64, ["--watch: '0'", "1 to 86400"]),
    (["show", "a", "b"], 64, ["one ledger"]),
    (["compare"], 64, ["at least one NAME=FILE"]),
    (["compare", "x"], 64, ["'x' is not NAME=FILE"]),
    (["compare", "--family", "x", "a=b"], 64, ["'x'", "get, connect, socks"]),
    (["compare", "a=/none"], 66, ["/none", "No such file"]),
    (["explain"], 64, ["name a file, or give a request"]),
    (["explain", "x" * 70000], 65, ["at most 65536 bytes"]),
    (["scn"], 64, ["'scn'", "did you mean 'scan'?"]),
    (["scan", "-o", "http://www.example.com", "x"], 64,
     ["'http://www.example.com'", "a host name", "'www.example.com'"]),
    (["audit", "x"], 64, ["'x'", "-f"]),
    (["audit", "--httpd", "nowhere"], 66, ["--httpd: 'nowhere'", "PATH"]),
    (["audit", "--httpd", "/"], 66, ["/ cannot be run"]),
    (["audit", "-f", "/none"], 66, ["/none", "No such file"]),
    (["nonsense"], 64, ["'nonsense' is not a command"]),
])
def test_a_message_names_the_thing_the_value_and_what_is_accepted(
        args, status, words):
    done = run(*args)
    said = done.stderr.decode()
    assert done.returncode == status
    for word in words:
        assert word in said
    assert done.stdout == b""


@pytest.mark.parametrize("args", [
    ["--help"], ["--version"], ["scan", "--help"], ["audit", "-h"],
    ["explain", "GET / HTTP/1.1"]])
def test_a_full_disk_is_noticed_whatever_is_printed(args):
    with open("/dev/full", "wb") as full:
        done = subprocess.run([COMMAND, *args], stdout=full, check=False,
                              stderr=subprocess.PIPE)
    assert done.returncode == 74
    assert done.stderr.startswith(b"proxyguard")
    assert b"could not be written" in done.stderr


# --- explain and compare, from wherever it comes -----------------------------

@pytest.mark.parametrize("given, name", [
    (CONNECT, b"connect-mail"),
    ('{"request": "CONNECT a.example:25 HTTP/1.0"}', b"connect-mail"),
    ('{"request": "\\x05\\x01"}', b"socks"),
    ('{"request": {"method": "GET", "uri": "http://a.example/"}}',
     b"absolute"),
])
def test_explain_knows_the_lines_that_scan_knows(given, name):
    assert b"\nClass: " + name + b"\n" in run("explain", given).stdout
    assert b"\nClass: " + name + b"\n" in run("explain", "-",
                                              stdin=given.encode()).stdout


def test_explain_refuses_what_it_would_have_to_cut():
    for n, status in ((65536, 0), (65537, 65)):
        request = b"GET /".ljust(n, b"x")
        given = [run("explain", "-", stdin=request),
                 run("explain", request.decode())]
        for done in given:
            assert done.returncode == status
            assert (done.stderr == b"") == (status == 0)
            assert (b"at most 65536 bytes" in done.stderr) == (status == 65)


def test_compare_reads_pipes(tmp_path):
    """Such as <(curl -s http://.../proxyguard-status?format=json)."""
    log = write(tmp_path / "log", CONNECT)
    report = run("scan", "-O", "json", log).stdout
    os.mkfifo(tmp_path / "fifo")
    with subprocess.Popen([COMMAND, "compare", "-O", "csv",
                           f"here={tmp_path / 'fifo'}"],
                          stdout=subprocess.PIPE) as child:
        (tmp_path / "fifo").write_bytes(report)
        text = answer(child)[0]
    assert b'2014-01,connect,"here",1' in text


# --- the page that is a file -------------------------------------------------

def tidy(page):
    done = subprocess.run(["tidy", "-q", "-e", "-utf8"], input=page,
                          capture_output=True, check=False)
    return done.returncode, done.stderr


@pytest.mark.parametrize("lang, probably, reason", [
    ("en", "PROBABLY RELAYED", "a 2xx to CONNECT without a page"),
    ("ja", "中継された疑い", "CONNECT への 2xx")])
def test_the_page_says_what_succeeded_and_why(tmp_path, lang, probably,
                                              reason):
    evil = "<script>\x1b[2J\"'&"
    log = write(tmp_path / "log", CLEAN, GET,
                line("CONNECT a.example:443 HTTP/1.1", 200, "-"),
                line(f"GET http://b.example/{evil} HTTP/1.1", 200, "-"))
    page = run("scan", "--lang", lang, "-O", "html", log).stdout
    text = page.decode()
    assert probably in text and reason in text
    assert "<script" not in text and "\x1b" not in text
    assert tidy(page) == (0, b"")


def test_a_page_in_a_file_claims_and_links_nothing_it_cannot_keep(tmp_path):
    log = write(tmp_path / "log", CLEAN, CONNECT)
    run("scan", "--into", tmp_path / "ledger", log)
    for args in (("scan", "-O", "html", log),
                 ("show", "-O", "html", tmp_path / "ledger")):
        text = run(*args).stdout.decode()
        assert 'href="?' not in text
        assert 'id="findings"' not in text, "no configuration was looked at"

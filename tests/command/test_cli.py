# Licensed under the Apache License, Version 2.0; see LICENSE.
"""The command: logs in, words and numbers out, whatever the logs look like."""

import gzip
import itertools
import json
import lzma
import os
import pty
import random
import re
import shutil
import signal
import struct
import subprocess
import sys
import time
import zlib

import pytest

from pg_cli import (CLEAN, COMMAND, CONNECT, GET, HOME, SYNTH, audit, line,
                    made_up_sensors, run, scan_json, write)
from pg_httpd import PLAIN, SANITIZED, TOP


# --- the answer --------------------------------------------------------------

def test_a_log_without_attempts_is_clean(tmp_path):
    done = run("scan", write(tmp_path / "log", CLEAN * 3))
    assert done.returncode == 0
    assert b"No relay attempts." in done.stdout


def test_attempts_answered_with_the_own_home_page_are_harmless(tmp_path):
    log = write(tmp_path / "log", CLEAN, GET, CONNECT)
    done = run("scan", log)
    assert done.returncode == 1
    assert b"2 attempts" in done.stdout
    assert b"its own home page" in done.stdout
    assert b"RELAYED" not in done.stdout


@pytest.mark.parametrize("request_line, size", [
    ("CONNECT www.example.com:443 HTTP/1.1", "-"),
    ("GET http://www.example.com/ HTTP/1.1", "777"),
])
def test_a_2xx_that_is_not_our_own_answer_is_called_out(tmp_path,
                                                         request_line, size):
    log = write(tmp_path / "log", CLEAN, line(request_line, 200, size))
    done = run("scan", log)
    assert done.returncode == 2
    assert b"PROBABLY RELAYED" in done.stdout
    assert scan_json(log)["by_outcome"]["relayed"] == 1


def test_an_own_page_for_the_same_path_is_harmless(tmp_path):
    log = write(tmp_path / "log", CLEAN,
                line("GET /favicon.ico HTTP/1.1", 200, 1150),
                line("GET http://www.example.com/favicon.ico HTTP/1.1", 200,
                     1150))
    assert run("scan", log).returncode == 1


def test_japanese_is_spoken_on_request_and_by_locale(tmp_path):
    log = write(tmp_path / "log", CONNECT)
    asked = run("scan", "--lang", "ja", log).stdout.decode()
    assert "このサーバーを中継に" in asked
    assert run("scan", log, env={"LANG": "ja_JP.UTF-8"}).stdout.decode() \
        == asked
    assert "attempt" in run("scan", log).stdout.decode()


def test_lines_that_are_not_understood_are_counted_and_shown(tmp_path):
    log = write(tmp_path / "log", CONNECT, "no log line\n", "\n")
    text = run("scan", log).stdout
    assert b"no log line" in text
    assert b"1 line was not understood" in text


def test_a_file_without_one_log_line_cannot_be_told(tmp_path):
    done = run("scan", write(tmp_path / "log", "hello\n" * 3))
    assert done.returncode == 3
    assert b"--log-format" in done.stderr


# --- own names ---------------------------------------------------------------

def test_own_names_are_not_strangers(tmp_path):
    log = write(tmp_path / "log",
                line("GET http://www.own.example/ HTTP/1.1", 200, 5),
                line("GET http://WWW.OWN.EXAMPLE.:80/ HTTP/1.1", 200, 5),
                line("GET http://other.example/ HTTP/1.1", 404, 5))
    assert scan_json("-o", "www.own.example", log)["attempts"] == 1
    assert scan_json(log)["attempts"] == 3


def test_an_own_name_without_a_port_is_ours_on_every_port(tmp_path):
    log = write(tmp_path / "log",
                line("GET http://www.own.example:8080/ HTTP/1.1", 200, 5),
                line("GET http://[2001:db8::1]:8080/ HTTP/1.1", 200, 5))
    for given, attempts in (("www.own.example", 1), ("2001:db8::1", 1),
                            ("www.own.example:8080", 1),
                            ("[2001:db8::1]:8080", 1), ("[2001:db8::1]", 1),
                            ("www.own.example:81", 2)):
        assert scan_json("-o", given, log)["attempts"] == attempts, given


def test_a_pipe_is_not_said_to_differ_from_pages_it_was_not_compared_with(
        tmp_path):
    text = "".join(line(*request) for request in (
        ("GET / HTTP/1.1", 200, 99), ("GET /x HTTP/1.1", 200, 777),
        ("GET http://a.example/x HTTP/1.1", 200, 777)))
    assert run("scan", write(tmp_path / "log", text)).returncode == 1
    done = run("scan", "-", stdin=text.encode())
    assert done.returncode == 1
    assert b"logs must be read a second time" in done.stdout


def test_virtual_hosts_that_the_log_names_are_own_names(tmp_path):
    def vhost(name, request):
        return f"{name}:80 " + line(request)
    log = write(tmp_path / "log",
                vhost("a.example", "GET http://b.example/ HTTP/1.1"),
                vhost("b.example", "GET http://c.example/ HTTP/1.1"))
    assert scan_json(log)["attempts"] == 1
    assert scan_json("--no-learn", log)["attempts"] == 2
    assert b"2 virtual hosts" in run("scan", log).stdout


# --- formats -----------------------------------------------------------------

def test_formats_are_recognised_line_by_line(tmp_path):
    log = write(
        tmp_path / "log", CONNECT,
        '192.0.2.1 - - [02/Jan/2014:03:04:05 +0000] "CONNECT a:25" 405 1\n',
        'v.example:80 ' + CONNECT,
        json.dumps({"time": "2014-01-02T03:04:05Z", "remote_addr": "::1",
                    "request": "CONNECT a.example:443 HTTP/1.1",
                    "status": 405}) + "\n",
        json.dumps({"ts": 1388631845.5, "status": 405, "request": {
            "remote_ip": "192.0.2.1", "method": "GET",
            "uri": "http://b.example/", "proto": "HTTP/1.1"}}) + "\n",
        '{"request": "\\x05\\x01", "status": 400, "time": '
        '"2014-01-02T03:04:05Z"}\n')
    found = scan_json("--no-learn", log)
    assert found["by_class"]["connect-mail"] == 3
    assert found["by_class"]["connect-tls"] == 1
    assert found["by_class"]["absolute"] == 1
    assert found["by_class"]["socks"] == 1


def test_a_log_format_as_in_httpd_conf_is_followed(tmp_path):
    log = write(tmp_path / "log",
                '[02/Jan/2014:03:04:05 +0000]|405|CONNECT a.example:25|\n')
    assert scan_json("-f", "%t|%>s|%r|", log)["attempts"] == 1
    bad = run("scan", "-f", "%h %t", log)
    assert bad.returncode == 64
    assert b"'%h %t' does not log the request line" in bad.stderr


def test_escapes_of_the_log_are_undone(tmp_path):
    log = write(tmp_path / "log", line(r"\x05\x01", 400),
                line(r"GET http://a.example/\"x HTTP/1.1"))
    found = scan_json(log)
    assert found["by_class"]["socks"] == 1
    assert found["by_class"]["absolute"] == 1


def test_rotated_and_packed_logs_in_any_order_are_one(tmp_path):
    old = line("CONNECT a.example:25 HTTP/1.0", 405,
               when="01/Oct/2013:00:00:00 +0000")
    files = [write(tmp_path / "log", CONNECT)]
    for name, pack in (("log.1.gz", gzip.compress), ("log.2.xz",
                                                     lzma.compress)):
        files.append(tmp_path / name)
        files[-1].write_bytes(pack(old.encode()))
    subprocess.run(["zstd", "-q", str(write(tmp_path / "log.3", old))],
                   check=True)
    files.append(tmp_path / "log.3.zst")
    files.append(tmp_path / "log.4.gz")      # members one after the other
    files[-1].write_bytes(gzip.compress(old.encode()) * 3)
    one = run("scan", "-O", "json", *files).stdout
    assert json.loads(one)["attempts"] == 7
    assert one == run("scan", "-O", "json", *files[::-1]).stdout
    assert one == run("scan", "-O", "json", "-j", "1", *files).stdout


def test_standard_input_is_read_packed_or_not(tmp_path):
    for data in (CONNECT.encode(), gzip.compress(CONNECT.encode())):
        assert scan_json("-", stdin=data)["attempts"] == 1


@pytest.mark.parametrize("jobs", ["1", "3"])
def test_parts_of_a_large_log_are_counted_once(tmp_path, jobs):
    log = tmp_path / "log"
    block = (CLEAN * 500 + GET + CONNECT).encode()
    with open(log, "wb") as out:
        for _ in range(2100):            # 100 MB: several parts
            out.write(block)
    found = scan_json("-j", jobs, log)
    assert found["attempts"] == 4200
    assert found["scan"]["octets"] == log.stat().st_size


def test_whether_a_part_names_hosts_does_not_depend_on_the_jobs(tmp_path):
    """The second part begins with more lines without a virtual host than are
    read of a log that has none."""
    clean = line("GET /" + "x" * 900 + " HTTP/1.1", 200)
    log = tmp_path / "log"
    with open(log, "w", encoding="utf-8") as out:
        named = "".join(f"{name}.own.example:80 {clean}" for name in "ab")
        out.write(named * ((4 << 20) // len(named) + 1))    # the first part
        out.write(clean * 2000 + f"late.example:80 {clean}" * 9
                  + clean * 4000)
        out.write(line("GET http://late.example/ HTTP/1.1", 200))
    one, *others = (run("scan", "-q", "-O", "json", "-j", jobs, log).stdout
                    for jobs in "1234")
    assert others == [one] * 3


# --- hostile logs ------------------------------------------------------------

def test_terminal_escapes_never_reach_the_terminal(tmp_path):
    evil = "\x1b[2J\x1b]0;owned\x07\u202e\x9b31m"
    log = write(tmp_path / "log",
                line(f"GET http://{evil}/ HTTP/1.1", 200, 5, agent=evil,
                     client=evil), evil + "\n")
    for language in ("en", "ja"):
        text = run("scan", "--lang", language, log).stdout.decode()
        assert "\x1b" not in text and "\x07" not in text
        assert "\u202e" not in text and "\x9b" not in text
        assert "\\x1b[2J" in text
    for args in (("explain", f"GET http://{evil}/ HTTP/1.1"),
                 ("scan", f"--output={evil}", log), ("scan", evil), (evil,)):
        done = run(*args)
        assert b"\x1b" not in done.stdout + done.stderr


def test_nul_and_invalid_utf8_and_endless_lines_do_no_harm(tmp_path):
    log = tmp_path / "log"
    noise = random.Random(7).randbytes(1 << 20)
    with open(log, "wb") as out:
        out.write(CONNECT.encode())
        out.write(b"\0" * 4096 + b"\n" + noise + b"\n")
        out.write(b'192.0.2.1 - - [t] "GET http://a\xff\xfe\0/ ')
        for _ in range(100):                          # a line of 100 MB
            out.write(b"A" * (1 << 20))
        out.write(b"\n" + CONNECT.encode())
    done = run("scan", "-O", "json", log)
    assert done.returncode == 1
    assert json.loads(done.stdout)["by_class"]["connect-mail"] == 2
    assert b"longer than 1 MiB" in run("scan", log).stdout


def test_a_truncated_archive_gives_what_it_holds_and_an_error(tmp_path):
    packed = gzip.compress((CONNECT * 1000 + os.urandom(99999).hex()).encode())
    log = tmp_path / "log.gz"
    log.write_bytes(packed[:-2000])
    done = run("scan", log)
    assert done.returncode == 74
    assert b"1,000 attempts" in done.stdout
    assert b"cut off" in done.stderr
    log.write_bytes(packed[:5000] + b"\0" * 500 + packed[5500:])
    done = run("scan", log)
    assert done.returncode == 74
    assert b"damaged" in done.stderr


def test_what_packs_well_but_is_small_is_no_bomb(tmp_path):
    text = (CONNECT + "\n" * 8_000_000 + CONNECT).encode()
    packed = gzip.compress(text)
    assert len(packed) * 500 < len(text)
    log = tmp_path / "log.gz"
    log.write_bytes(packed)
    done = run("scan", "-q", "-O", "json", log)
    assert (done.returncode, done.stderr) == (1, b"")
    assert json.loads(done.stdout)["attempts"] == 2


def test_a_header_of_an_archive_may_be_longer_than_what_is_read_at_once(
        tmp_path):
    """It has the name of the file: nothing is unpacked for a while."""
    text = CONNECT.encode()
    packer = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    log = tmp_path / "log.gz"
    log.write_bytes(b"\x1f\x8b\x08\x08\0\0\0\0\0\xff" + b"n" * 400_000 + b"\0"
                    + packer.compress(text) + packer.flush()
                    + struct.pack("<II", zlib.crc32(text), len(text)))
    assert gzip.decompress(log.read_bytes()) == text
    done = run("scan", "-q", "-O", "json", log)
    assert (done.returncode, done.stderr) == (1, b"")
    assert json.loads(done.stdout)["attempts"] == 1


def test_a_bomb_is_stopped(tmp_path):
    bomb = gzip.compress((b"\0" * 65535 + b"\n") * 256, 9)
    log = tmp_path / "bomb.gz"
    log.write_bytes(bomb * 64)           # a gibibyte
    done = run("scan", log)
    assert done.returncode == 74
    assert b"250 times" in done.stderr


@pytest.mark.parametrize("command, text", [
    ("scan", "{\n" * 100_000),           # objects that nothing ends
    ("scan", '{"a":' * 200_000),
    ("scan", '"' * 200_000),             # quotes that nobody escaped
    ("scan", "[" * 200_000),             # brackets that nothing closes
    ("mask", "x" * 100_000),             # a word that nothing ends
], ids=["braces", "objects", "quotes", "brackets", "word"])
def test_what_never_ends_is_looked_through_once(tmp_path, command, text):
    """Not once from each position, which took minutes."""
    name = write(tmp_path / "odd", text)
    before = os.times()
    run(command, name)
    spent = os.times()
    assert (spent.children_user + spent.children_system
            - before.children_user - before.children_system) < 10


PEAK = """import os, sys
pid = os.fork()
if pid == 0:
    os.execv(sys.argv[1], sys.argv[1:])
_, status, usage = os.wait4(pid, 0)
print(os.waitstatus_to_exitcode(status), usage.ru_maxrss, file=sys.stderr)
"""


def test_memory_does_not_grow_with_the_log_or_the_attack(tmp_path):
    """A million different names for lists of a thousand."""
    log = tmp_path / "log"
    with open(log, "w", encoding="ascii") as out:
        for i in range(1_000_000):
            out.write(line(f"GET http://h{i}.example/ HTTP/1.1", 404, 9,
                           client=f"10.{i >> 16 & 255}.{i >> 8 & 255}"
                                  f".{i & 255}"))
    # forked from a small process: a child's peak begins with its parent's
    done = subprocess.run(
        [sys.executable, "-S", "-c", PEAK, COMMAND, "scan", "-j1",
         "--max-keys=1000", str(log)],
        stdout=(tmp_path / "out").open("wb"), stderr=subprocess.PIPE,
        check=False)
    exit_code, peak = map(int, done.stderr.split()[-2:])
    assert exit_code == 1
    assert peak < (64 if PLAIN else 256) * 1024     # a sanitiser's own memory
    text = (tmp_path / "out").read_text(encoding="utf-8")
    assert "1,000,000 attempts" in text
    assert "outgrew --max-keys" in text


def test_what_cannot_be_read_is_named(tmp_path):
    done = run("scan", tmp_path / "nothing", write(tmp_path / "log", CONNECT))
    assert done.returncode == 66
    assert b"No such file" in done.stderr
    assert b"1 attempt " in done.stdout
    assert run("scan", tmp_path).returncode == 66
    assert run("scan").returncode == 64
    assert run("scan", "-j", "0", "x").returncode == 64
    assert run("scan", "-j", "many", "x").returncode == 64
    assert run().returncode == 64


def test_a_full_disk_under_the_output_is_noticed(tmp_path):
    log = write(tmp_path / "log", CONNECT)
    with open("/dev/full", "wb") as full:
        done = subprocess.run([COMMAND, "scan", log], stdout=full,
                              stderr=subprocess.PIPE, check=False)
    assert done.returncode == 74


@pytest.fixture(name="thirty", scope="module")
def thirty_of_each(tmp_path_factory):
    """Logs, evidence logs, ledgers, and sensors as JSON."""
    folder = tmp_path_factory.mktemp("thirty")
    kinds = {kind: [folder / f"{kind}-{i}" for i in range(30)]
             for kind in ("log", "evidence", "ledger", "sensor")}
    for i, (log, evidence, ledger, sensor) in enumerate(zip(*kinds.values())):
        write(log, line(f"CONNECT mx{i}.example:25 HTTP/1.0", 405))
        evidence.write_bytes(run("classify", log).stdout)
        run("scan", "-q", "--into", ledger, log)
        sensor.write_bytes(run("show", "-O", "json", ledger).stdout)
    return kinds


@pytest.mark.parametrize("kind, args", [
    ("log", ["scan"]), ("log", ["scan", "--into", "@"]), ("log", ["classify"]),
    ("log", ["explain"]), ("evidence", ["sample"]),
    ("evidence", ["abuse", "-O", "abuseipdb"]),
    ("ledger", ["merge", "-o", "@"]), ("ledger", ["compare"]),
    ("sensor", ["compare"])])
def test_a_file_that_was_read_is_closed(tmp_path, thirty, kind, args):
    files = thirty[kind]
    if args == ["compare"]:
        files = [f"n{i}={path}" for i, path in enumerate(files)]
    out = str(tmp_path / "out")
    done = subprocess.run(
        ["prlimit", "--nofile=16", COMMAND,
         *(out if x == "@" else x for x in args), *map(str, files)],
        capture_output=True, check=False, timeout=120)
    assert done.returncode in (0, 1), done.stderr
    assert b"open files" not in done.stderr


def test_a_command_that_cannot_start_another_reports_it():
    done = subprocess.run(["prlimit", "--nofile=4", COMMAND, "audit",
                           "--httpd", COMMAND, "--module", COMMAND],
                          capture_output=True, check=False, timeout=120)
    assert done.returncode == 70
    assert b"Too many open files" in done.stderr


@pytest.mark.parametrize("form, text", [
    ("auto", CONNECT), ("combined", CONNECT),
    ('%h %l %u %t "%r" %>s %b "%{Referer}i" "%{User-Agent}i"', CONNECT),
    ("json", json.dumps({"remote_addr": "192.0.2.7", "status": 405,
                         "request": CONNECT.split('"')[1]}) + "\n")])
def test_a_format_may_be_named_that_would_have_been_found(tmp_path, form,
                                                          text):
    log = write(tmp_path / "log", text)
    assert scan_json("-f", form, log)["attempts"] == 1
    assert scan_json("-f", "json", "-f", form, log)["attempts"] == 1


def test_a_ledger_without_a_log_is_not_made(tmp_path):
    missing, ledger = tmp_path / "none", tmp_path / "ledger"
    assert run("scan", "--into", ledger, missing).returncode == 66
    assert not ledger.exists()
    log = write(tmp_path / "log", CONNECT)
    done = run("scan", "-q", "--into", tmp_path / "no" / "ledger", log)
    assert done.returncode == 74
    assert b"No such file or directory" in done.stderr


@pytest.mark.parametrize("sent", [b"\x05\x0a" + bytes(10), b"\x05\x01\x00\nx",
                                  b"\x04\x01\x00\x0a\xcb\x00\x71\x09\x00"])
def test_explain_takes_a_greeting_as_it_was_sent(sent):
    done = run("explain", "-", stdin=sent)
    assert done.returncode == 1
    assert done.stdout.count(b"Class: socks") == 1
    assert not done.stdout.startswith(b"> ")


# --- signals and terminals ---------------------------------------------------

def test_an_interrupt_prints_what_was_found(tmp_path):
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    with subprocess.Popen([COMMAND, "scan", str(fifo)],
                          stdout=subprocess.PIPE) as child:
        with open(fifo, "wb") as out:
            out.write(CONNECT.encode() * 3)
            out.flush()
            deadline = time.monotonic() + 20
            while _unread(out.fileno()) and time.monotonic() < deadline:
                time.sleep(0.01)
            child.send_signal(signal.SIGINT)
            text = child.communicate(timeout=60)[0]
    assert b"INTERRUPTED" in text
    assert b"3 attempts" in text


def _unread(fd):
    import array
    import fcntl
    import termios
    size = array.array("i", [0])
    fcntl.ioctl(fd, termios.FIONREAD, size)
    return size[0]


def _stderr_on_terminal(*args):
    """What the command writes to a terminal that is its standard error."""
    ours, theirs = pty.openpty()
    with subprocess.Popen([COMMAND, *map(str, args)], stderr=theirs,
                          stdin=subprocess.PIPE, stdout=subprocess.DEVNULL,
                          ) as child:
        os.close(theirs)
        seen = b""
        child.stdin.write(CONNECT.encode())
        child.stdin.flush()
        deadline = time.monotonic() + 20
        os.set_blocking(ours, False)
        while b"/s" not in seen and time.monotonic() < deadline:
            try:
                seen += os.read(ours, 4096)
            except BlockingIOError:
                time.sleep(0.05)
            if "-q" in args and time.monotonic() > deadline - 18:
                break
        child.stdin.close()
    os.close(ours)
    return seen


def test_progress_is_shown_on_a_terminal_and_can_be_silenced():
    assert b"/s" in _stderr_on_terminal("scan", "-")
    assert _stderr_on_terminal("scan", "-q", "-") == b""


def test_nothing_is_written_to_standard_error_without_need(tmp_path):
    assert run("scan", write(tmp_path / "log", CONNECT)).stderr == b""


# --- the same as the core ----------------------------------------------------

def as_logged(octets):
    """Text as httpd's ap_escape_logitem() writes it."""
    out = ""
    for octet in octets:
        char = chr(octet)
        if char in '"\\':
            out += "\\" + char
        elif 32 <= octet < 127:
            out += char
        else:
            out += f"\\x{octet:02x}"
    return out


def test_explain_and_scan_agree_about_every_line(tmp_path):
    requests = [b"GET / HTTP/1.1", b"GET http://a.example/ HTTP/1.1",
                b"CONNECT a.example:443 HTTP/1.1", b"connect a.example:25",
                b"GET http:/a.example HTTP/1.1", b"\x05\x01", b"OPTIONS *",
                b"GET //a.example/ HTTP/1.1", b"a.example:25",
                b"GET ftp://a.example/ HTTP/1.0"]
    for request in requests:
        logged = as_logged(request)
        log = write(tmp_path / "log", CLEAN, line(logged, 400))
        said = run("explain", "-e", logged).stdout.decode()
        name = said.split("\nClass: ")[1].split("\n")[0]
        found = {k for k, v in scan_json(log)["by_class"].items() if v}
        assert found == ({name} - {"clean"}), request


# --- explain -----------------------------------------------------------------

def test_explain_takes_a_line_a_request_or_a_log_line():
    for given in ("CONNECT mx0.example.com:25 HTTP/1.0", CONNECT.strip(),
                  "CONNECT mx0.example.com:25 HTTP/1.0\r\nHost: x\r\n\r\n"):
        done = run("explain", given)
        assert done.returncode == 1
        assert b"Class: connect-mail" in done.stdout
        assert b"answers 405" in done.stdout
    done = run("explain", "-", stdin=b"\x05\x01\x00")
    assert b"Class: socks" in done.stdout
    assert run("explain", "GET / HTTP/1.1").returncode == 0
    assert run("explain").returncode == 64
    own = run("explain", "-o", "a.example", "GET http://a.example/ HTTP/1.1")
    assert own.returncode == 0


# --- audit -------------------------------------------------------------------

def test_audit_names_an_open_proxy_and_leaves_a_closed_server_alone(tmp_path):
    done = audit(tmp_path, "ProxyRequests On\n")
    assert done.returncode == 2, done.stdout + done.stderr
    assert b": open: " in done.stdout
    done = audit(tmp_path, "")
    assert done.returncode == 0, done.stdout + done.stderr


def test_audit_says_when_a_configuration_is_broken(tmp_path):
    done = audit(tmp_path, "Nonsense\n")
    assert done.returncode == 65
    assert b"Nonsense" in done.stderr
    assert b"did not accept the configuration" in done.stderr
    assert run("audit", "-f", tmp_path / "none").returncode == 66
    for program in ("/none", "no-such-httpd"):
        done = run("audit", "--httpd", program)
        assert done.returncode == 66 and program.encode() in done.stderr
    done = run("audit", "--httpd", "/bin/true", "--module", tmp_path)
    assert done.returncode == 65 and b"printed no report" in done.stderr


@pytest.mark.parametrize("path, name", [
    ("@/bin", None), ("@/none:@/bin", None), (":@/bin:", None),
    ("@/bin:@/none", "my-httpd"), ("@/none::@/bin", "my-httpd")])
def test_audit_finds_the_program_on_the_path(tmp_path, path, name):
    (tmp_path / "bin").mkdir()
    for one in ("apache2", "my-httpd"):       # which accepts everything
        (tmp_path / "bin" / one).symlink_to("/bin/true")
    done = run("audit", *(["--httpd", name] if name else []), "--module",
               tmp_path, env={"PATH": path.replace("@", str(tmp_path))})
    assert done.returncode == 65 and b"printed no report" in done.stderr
    if name:
        for nowhere in "", str(tmp_path), str(tmp_path / "bin" / "none"):
            done = run("audit", "--httpd", name, env={"PATH": nowhere})
            assert done.returncode == 66 and b"on the PATH" in done.stderr


def test_audit_speaks_japanese(tmp_path):
    done = audit(tmp_path, "ProxyRequests On\n", "--lang", "ja")
    assert done.returncode == 2, done.stdout + done.stderr
    assert "第三者が中継できます (GET, POST etc.)" in done.stdout.decode()
    assert b"meaning:" not in done.stdout


# --- ledgers -----------------------------------------------------------------

@pytest.fixture
def shared(tmp_path):
    """A log in a ledger."""
    log = write(tmp_path / "log", CLEAN, GET, CONNECT * 2)
    ledger = tmp_path / "ledger"
    assert run("scan", "--into", ledger, log).returncode == 1
    return log, ledger


def attempts_in(ledger):
    done = run("show", "-O", "json", ledger)
    assert done.returncode < 64, done.stderr
    return json.loads(done.stdout)["attempts"]


def test_a_log_is_added_to_a_ledger_once_whatever_it_is_called(shared):
    log, ledger = shared
    assert attempts_in(ledger) == 3
    packed = log.with_name("other.gz")
    packed.write_bytes(gzip.compress(log.read_bytes()))
    for again in (log, packed):
        done = run("scan", "--into", ledger, again)
        assert done.returncode == 1
        assert b"3 attempts" in done.stdout
        assert b"already" in done.stderr
    assert attempts_in(ledger) == 3


def test_a_log_that_has_grown_is_not_counted_twice(shared):
    log, ledger = shared
    with open(log, "a", encoding="ascii") as out:
        out.write(CONNECT)
    done = run("scan", "--into", ledger, log)
    assert b"when they are complete" in done.stderr
    assert attempts_in(ledger) == 3


def test_what_was_judged_goes_into_the_ledger(tmp_path):
    log = write(tmp_path / "log", CLEAN,
                line("GET http://a.example/ HTTP/1.1", 200, 1),
                line("GET http://b.example/ HTTP/1.1", 200, HOME))
    run("scan", "--into", tmp_path / "ledger", log)
    done = run("show", "-O", "json", tmp_path / "ledger")
    assert done.returncode == 2
    outcomes = json.loads(done.stdout)["by_outcome"]
    assert (outcomes["relayed"], outcomes["observed"]) == (1, 1)


def test_a_ledger_is_no_surer_than_the_log_that_it_was_read_from(tmp_path):
    log = write(tmp_path / "log", CLEAN,
                line("CONNECT mx0.example.com:25 HTTP/1.1", 200, "-"),
                line("GET http://a.example/ HTTP/1.1", 200, "-"))
    run("scan", "--into", tmp_path / "ledger", log)
    run("merge", "-o", tmp_path / "merged", tmp_path / "ledger")
    for ledger in tmp_path / "ledger", tmp_path / "merged":
        text = run("show", ledger).stdout.decode()
        assert "Probably: 1. 1 of 2 attempts is recorded as relayed" in text
        assert ("For up to 1 attempt read from logs, there is no way to tell."
                in text)
        assert "relayed to a third party" not in text
        page = run("show", "-O", "html", ledger).stdout.decode()
        assert "let through, not known to be relayed" in page
        assert "let through, not relayed" not in page
        assert json.loads(run("show", "-O", "json", ledger).stdout)["from_logs"]


# What a scan and the ledger that it went into may say differently.
AS_OF = {"now", "window", "trend", "last_hour", "usual_hour",
         "history",      # a ledger keeps no minutes of years ago
         "sources"}      # a scan counts them, a ledger estimates
ONLY_SCANS = {"scan"}    # files, lines, answers: a ledger cannot hold them


def agreed(report):
    """All keys except these. Equal entries of a list may be in any order, and
    of those for which a list of ten has no room, any may be in it."""
    same = {k: v for k, v in report.items() if k not in AS_OF | ONLY_SCANS}
    for top in same["top"].values():
        counts = [e["count"] for e in top["entries"]]
        top["entries"] = counts, sorted(
            (e["key"] or "", e["count"], e["error"]) for e in top["entries"]
            if len(counts) < 10 or e["count"] > counts[-1])
    same["vhosts"].sort(key=lambda v: v["name"] or "")
    same["months"] = [m for m in report["history"]["months"] if m["attempts"]]
    return same


def test_a_scan_and_its_ledger_agree_key_by_key(tmp_path):
    log = tmp_path / "log"
    subprocess.run([sys.executable, SYNTH, "bench", log, "2"], check=True)
    with open(log, "a", encoding="ascii") as out:
        out.writelines(line(f"GET http://h{i}.example/ HTTP/1.1", 200, i,
                            when=f"{i + 1:02}/Mar/2013:04:05:06 +0000",
                            client=f"2001:db8::{i}",
                            agent=("-", "x" * 300)[i % 2]) for i in range(20))
        out.write(line("CONNECT a.example:443 HTTP/1.1", 200, "-"))
        out.write(line("\\x05\\x01\\x00", 400, "-"))
        out.write(line("GET ://x HTTP/1.1", 400, "-", client="[::1]"))
    old = write(tmp_path / "old", *(
        f"www{i}.example:80 " + line("CONNECT b.example:25 HTTP/1.0", 405)
        for i in range(9)), line("CONNECT c.example:25 HTTP/1.0", 405,
                                 when="99/Xxx/2014:03:04:05 +0000"))
    done = run("scan", "-q", "-O", "json", "--into", tmp_path / "l", log, old)
    scan = json.loads(done.stdout)
    show = json.loads(run("show", "-O", "json", tmp_path / "l").stdout)
    assert agreed(scan) == agreed(show)
    assert show["sources"] == pytest.approx(scan["sources"], rel=0.03)
    assert set(scan) - set(show) == ONLY_SCANS and set(show) <= set(scan)
    assert scan["by_outcome"]["relayed"] > 1 and len(scan["vhosts"]) == 10


def test_logs_that_are_in_the_ledger_and_others_are_one_scan(tmp_path):
    old = write(tmp_path / "old", CLEAN, CONNECT, line(
        "GET http://a.example/ HTTP/1.1", 200, 1))
    new = write(tmp_path / "new", GET, line("CONNECT x.example:443 HTTP/1.1",
                                            200, "-"), line(
        "GET http://b.example/ HTTP/1.1", 200, 1))
    ledger = tmp_path / "ledger"
    run("scan", "--into", ledger, old)
    both = [json.loads(run("scan", "-O", "json", *into, old, new).stdout)
            for into in ([], ["--into", ledger])]
    assert both[0] == both[1]
    assert agreed(both[1]) == agreed(json.loads(
        run("show", "-O", "json", ledger).stdout))


def test_into_refuses_what_cannot_be_read_twice(tmp_path):
    assert run("scan", "--into", tmp_path / "l", "-").returncode == 64
    log = write(tmp_path / "log", CONNECT)
    assert run("scan", "--into", tmp_path, log).returncode == 74


def test_show_reads_a_ledger_in_every_format(shared):
    _, ledger = shared
    for name in ("text", "html", "json", "csv", "prometheus"):
        done = run("show", "-O", name, ledger)
        assert done.returncode == 1 and done.stdout, name
    assert run("show", "-O", "nonsense", ledger).returncode == 64
    assert run("show", ledger.with_name("none")).returncode == 66
    junk = write(ledger.with_name("junk"), "no ledger\n" * 1000)
    assert run("show", junk).returncode == 66
    assert junk.read_text() == "no ledger\n" * 1000


REFUSING = """
#include <errno.h>
#include <sys/types.h>
int posix_fallocate(int fd, off_t at, off_t size) { return EINVAL; }
int posix_fallocate64(int fd, off_t at, off_t size) { return EINVAL; }
"""


def test_a_file_system_that_reserves_nothing_is_written_to(tmp_path):
    """As ZFS on FreeBSD; without a hole that could not be filled later."""
    (tmp_path / "refusing.c").write_text(REFUSING)
    subprocess.run(["gcc", "-shared", "-fPIC", "-o", "refusing.so",
                    "refusing.c"], cwd=tmp_path, check=True)
    ledger = tmp_path / "ledger"
    done = run("scan", "--into", ledger, write(tmp_path / "log", CONNECT),
               env={"LD_PRELOAD": SANITIZED.get("LD_PRELOAD", "") + " "
                    + str(tmp_path / "refusing.so")})
    assert done.returncode == 1, done.stderr
    assert attempts_in(ledger) == 1
    file = ledger.stat()
    assert file.st_blocks * 512 >= file.st_size > 1 << 19


# root has no need of it, and is refused it below a chroot
AS_ROOT = ["--map-root-user"] if os.geteuid() else []
INSTANCES = """
mount -t tmpfs none /run
for name in "$@"; do mkdir "/run/$name"; cp "$LEDGER" "/run/$name/"; done
exec "$COMMAND" show
"""


@pytest.mark.parametrize("there", [
    ["apache2"], ["apache2-shop"], ["httpd"], ["apache2", "apache2-shop"]])
def test_show_knows_debian_s_instances(shared, tmp_path, there):
    """In a /run of its own."""
    ledger = tmp_path / "proxyguard.ledger"
    shutil.copy(shared[1], ledger)
    done = subprocess.run(
        ["unshare", *AS_ROOT, "--mount", "sh", "-euc", INSTANCES, "sh",
         *there], capture_output=True, text=True, timeout=60,
        env={**os.environ, "LEDGER": str(ledger), "COMMAND": COMMAND})
    if len(there) == 1:
        assert done.returncode in (0, 1), done.stderr
        assert "attempts" in done.stdout
    else:
        assert done.returncode == 64 and done.stdout == ""
        for name in there:
            assert (f"/run/{name}/proxyguard.ledger is one of several; "
                    "name it") in done.stderr


def test_watch_shows_it_again_and_again(shared):
    _, ledger = shared
    with subprocess.Popen([COMMAND, "show", "-O", "json", "-w1",
                           str(ledger)], stdout=subprocess.PIPE) as child:
        seen = b""
        while seen.count(b'"schema"') < 2:
            part = os.read(child.stdout.fileno(), 65536)
            assert part
            seen += part
        child.terminate()


# --- compare -----------------------------------------------------------------

@pytest.fixture(scope="module")
def sensors(tmp_path_factory):
    return made_up_sensors(tmp_path_factory.mktemp("sensors"))


def test_compare_gives_every_month_of_every_family_and_sensor(sensors):
    lines = run("compare", "-O", "csv", *sensors).stdout.decode().split()
    wanted = ["month,family,sensor,attempts"]
    shapes = synth().SENSORS
    for family in ("get", "connect"):
        for number, (year, month) in enumerate(synth().MONTHS):
            wanted += [f'{year}-{month:02},{family},"{name}",'
                       f'{shapes[name][family][number]}' for name in shapes]
    assert lines == wanted


def test_compare_draws_one_chart_a_family_and_one_series_a_sensor(sensors):
    from xml.etree import ElementTree
    root = ElementTree.fromstring(run("compare", "-O", "svg",
                                      *sensors).stdout)
    charts = root.findall("{http://www.w3.org/2000/svg}svg")
    assert [chart.get("id") for chart in charts] == ["get", "connect"]
    for chart in charts:
        bars = chart.findall(".//{http://www.w3.org/2000/svg}rect")
        bars = [bar for bar in bars if bar.get("class") != "gap"]
        assert {bar.get("class") for bar in bars} == {"s0", "s1"}
        assert len(bars) == 28
    page = run("compare", "-O", "html", *sensors).stdout
    assert page.count(b"<table>") == 2
    one = run("compare", "-O", "svg", "--family", "get", *sensors).stdout
    assert b'id="connect"' not in one


def test_compare_takes_ledgers_and_names_what_it_cannot_read(shared, sensors):
    log, ledger = shared
    done = run("compare", f"here={ledger}", sensors[0])
    assert done.returncode == 0
    assert b"here" in done.stdout and b"north" in done.stdout
    saved = log.with_name("show.json")          # its records end in a month
    saved.write_bytes(run("show", "-O", "json", ledger).stdout)
    assert run("compare", f"here={saved}", sensors[0]).stdout == done.stdout
    assert run("compare", f"x={log}").returncode == 66
    junk = write(log.with_name("junk.json"), '{"a": 1}')
    assert run("compare", f"x={junk}").returncode == 65
    assert run("compare", str(ledger)).returncode == 64
    evil = run("compare", f"\x1b[2J<b>={ledger}", "-O", "html").stdout
    assert b"<b>" not in evil and b"\x1b" not in evil


# --- demonstration data ------------------------------------------------------

def synth():
    sys.path.insert(0, os.path.dirname(SYNTH))
    import synth_log
    return synth_log


def test_help_names_every_option_and_command():
    assert run("--help").returncode == 0
    for command in ("scan", "show", "compare", "report", "sample", "mask",
                    "explain", "audit"):
        assert command in run("--help").stdout.decode()
        done = run(command, "--help")
        assert done.returncode == 0 and done.stdout.startswith(b"Usage: ")
        assert run(command, "--nonsense").returncode == 64


def long_options(command):
    text = run(command, "--help").stdout.decode()
    return set(re.findall(r"(?<!\S)--([a-z-]+)", text))


@pytest.mark.parametrize("command", ["scan", "show", "compare", "report",
                                     "sample", "mask", "explain", "audit"])
def test_manual_and_completion_know_every_option(command):
    with open(os.path.join(TOP, "docs", "proxyguard.1"),
              encoding="utf-8") as f:
        manual = f.read().replace("\\-", "-")
    with open(os.path.join(TOP, "packaging", "completion", "proxyguard"),
              encoding="utf-8") as f:
        completion = f.read()
    section = manual.split(f".SS proxyguard {command}")[1].split("\n.S")[0]
    for option in long_options(command):
        assert f"--{option}" in section, option
        assert f"--{option}" in completion, option


def test_completion_completes_commands_options_and_formats():
    script = os.path.join(TOP, "packaging", "completion", "proxyguard")

    def complete(*words):
        done = subprocess.run(
            ["bash", "-c", 'source "$1"; shift; COMP_WORDS=("$@"); '
             'COMP_CWORD=$(($# - 1)); _proxyguard; '
             'printf "%s\\n" "${COMPREPLY[@]}"', "bash", script, *words],
            capture_output=True, check=True)
        return done.stdout.decode().split()

    assert complete("proxyguard", "sc") == ["scan"]
    assert "--own-host" in complete("proxyguard", "scan", "--o")
    assert complete("proxyguard", "scan", "--output", "pro") == ["prometheus"]
    assert complete("proxyguard", "explain", "--lang", "j") == ["ja"]


# --- audit -------------------------------------------------------------------

WITHOUT_HTTPD = """
for folder in /usr/sbin /usr/local/sbin /sbin; do
    mount -t tmpfs none "$folder"
done
PATH=/nonexistent exec "$COMMAND" audit
"""


def test_where_there_is_no_httpd_it_is_asked_for():
    """In a view of the files in which nobody has installed one."""
    done = subprocess.run(
        ["unshare", *AS_ROOT, "--mount", "sh", "-euc", WITHOUT_HTTPD],
        capture_output=True, text=True, timeout=60,
        env={**os.environ, "COMMAND": COMMAND})
    assert done.returncode == 66
    assert done.stderr == ("proxyguard audit: httpd was not found; name it "
                           "with --httpd\n")


# --- a word that is no command -----------------------------------------------

def edits(a, b):
    """Octets more, less or other, and neighbours that changed places, none
    of them twice: the restricted distance of Damerau."""
    d = {(i, j): i or j for i in range(len(a) + 1) for j in range(len(b) + 1)
         if not i or not j}
    for i, j in itertools.product(range(1, len(a) + 1), range(1, len(b) + 1)):
        d[i, j] = min(d[i - 1, j] + 1, d[i, j - 1] + 1,
                      d[i - 1, j - 1] + (a[i - 1] != b[j - 1]))
        if a[i - 2:i] == b[j - 2:j][::-1] and min(i, j) > 1:
            d[i, j] = min(d[i, j], d[i - 2, j - 2] + 1)
    return d[len(a), len(b)]


def edited(word, rng):
    """The word after an edit."""
    at = rng.randrange(len(word) + 1)
    return rng.choice([
        word[:at] + rng.choice("aceinrsz") + word[at:],
        word[:at] + word[at + 1:],
        word[:at] + rng.choice("aceinrsz") + word[at + 1:],
        word[:at] + word[at:at + 2][::-1] + word[at + 2:]])


@pytest.mark.parametrize("seed", range(20))
def test_the_nearest_command_is_suggested(seed):
    rng = random.Random(seed)
    names = re.findall(r"^  (\w+) +\w", run("--help").stdout.decode(), re.M)
    assert len(names) == 12
    for name in names:
        for times in range(1, 4):
            for _ in range(times):
                name = edited(name, rng)
            word = name or "x"
            if word in names:
                continue
            far = {known: edits(word, known) for known in names}
            nearest = min(far, key=far.get)
            said = run(word).stderr.decode().split("\n")[0]
            assert said == (f"proxyguard: '{word}' is not a command" + (
                f"; did you mean '{nearest}'?" if far[nearest] < 3 else "")), \
                far


@pytest.mark.parametrize("word", ["classifyxxxxxxxx", "classifyxxxxxxxxx",
                                  "x" * 17, "x" * 99])
def test_a_long_word_is_like_no_command(word):
    assert run(word).stderr.decode().split("\n")[0] == (
        f"proxyguard: '{word}' is not a command")


# --- several logs ------------------------------------------------------------

@pytest.mark.parametrize("given", [
    x for n in (1, 2, 3) for x in itertools.permutations(
        ("fine", "twice", "cut", "missing", "clean"), n)], ids=" ".join)
def test_what_was_not_read_outranks_what_was_found(tmp_path, given):
    whole = gzip.compress((CLEAN * 3000 + GET).encode(), 0)
    (tmp_path / "cut").write_bytes(whole[:-9000])
    write(tmp_path / "fine", GET)
    write(tmp_path / "clean", CLEAN)
    paths = [tmp_path / name for x in given
             for name in (["fine", "fine"] if x == "twice" else [x])]
    status = (66 if "missing" in given else 74 if "cut" in given
              else 1 if {"fine", "twice"} & set(given) else 0)
    done = run("scan", "-q", *paths)
    assert done.returncode == status, done.stderr
    done = run("scan", "-q", "--into", tmp_path / "ledger", *paths)
    assert done.returncode == status
    assert (b"nothing was added, because something could not be read"
            in done.stderr) == (status > 63)
    assert (tmp_path / "ledger").exists() == (status < 64)

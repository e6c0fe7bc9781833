# Licensed under the Apache License, Version 2.0; see LICENSE.
"""The checkpoint: counts outlive the loss of the ledger's memory."""

import os
import shutil

import pytest

ATTEMPT = b"CONNECT s.example:25 HTTP/1.0\r\n\r\n"
LEDGER = "run/proxyguard.ledger"
CONF = "ProxyGuardCheckpoint @ROOT@/saved/checkpoint 10\n"


@pytest.fixture
def server(httpd_with):
    made = httpd_with.make(CONF)
    os.mkdir(made.path("saved"))
    return made.start()


def attempt(server):
    assert server.send(ATTEMPT).status == 405
    server.log.attempt()


def lose_the_ledger(server):
    """What a reboot does to a tmpfs."""
    server.stop()
    os.unlink(server.path(LEDGER))


def test_counts_go_on_from_the_checkpoint_of_the_last_stop(server):
    attempt(server)
    since = server.status()["since"]
    lose_the_ledger(server)
    server.restart_same_port()
    attempt(server)
    now = server.status()
    assert (now["attempts"], now["since"]) == (2, since)
    assert server.log.all("PG0001: .*restored from its checkpoint")


def test_a_graceful_restart_writes_it_too(server):
    attempt(server)
    server.graceful()
    assert os.path.getsize(server.path("saved/checkpoint")) > 0


@pytest.mark.parametrize("octets", [b"", b"no checkpoint at all\n" * 50])
def test_what_is_no_checkpoint_is_never_touched(server, octets):
    attempt(server)
    lose_the_ledger(server)
    shutil.rmtree(server.path("saved"))
    server.write("saved/checkpoint", octets)
    server.restart_same_port()
    assert "saved/checkpoint" in server.log.take("PG0005: ").text
    assert server.status()["attempts"] == 0
    attempt(server)
    server.stop()
    server.log.take("PG0006: .*the existing file is not a checkpoint")
    assert os.listdir(server.path("saved")) == ["checkpoint"]
    with open(server.path("saved/checkpoint"), "rb") as f:
        assert f.read() == octets


def test_a_damaged_checkpoint_is_logged_and_kept(server):
    attempt(server)
    lose_the_ledger(server)
    with open(server.path("saved/checkpoint"), "r+b") as f:
        f.seek(5000)
        f.write(b"scribble")
        f.seek(0)
        damaged = f.read()
    server.restart_same_port()
    assert "checksum" in server.log.take("PG0005: ").text
    with open(server.path("saved/checkpoint.bad-1"), "rb") as f:
        assert f.read() == damaged


def test_without_a_ledger_nothing_is_counted_and_start_says_so(httpd_with):
    server = httpd_with("ProxyGuardLedger none")
    assert server.log.take("PG0008: ").level == "notice"


def test_a_checkpoint_that_cannot_be_written_is_said_once_until_it_can(
        event_with):
    server = event_with(CONF)       # the parent looks about every 10 s
    attempt(server)
    failed = server.log.take("PG0006: ", seconds=40)
    assert "saved/checkpoint" in failed.text and failed.level == "error"
    os.mkdir(server.path("saved"))
    assert server.log.take("PG0007: ", seconds=40).level == "notice"
    assert os.path.getsize(server.path("saved/checkpoint")) > 0


@pytest.mark.parametrize("folder", ["saved", "s" * 250])
def test_an_outage_over_restarts_begins_once_and_ends_once(event_with,
                                                           folder):
    server = event_with(CONF.replace("saved", folder))
    attempt(server)
    server.graceful()               # the folder is missing: it says so
    server.log.take("PG0006: ")
    server.graceful()
    os.mkdir(server.path(folder))
    server.graceful()
    assert server.log.take("PG0007: ", seconds=40).level == "notice"
    assert server.log.untaken("PG000[67]: ") == []

# Licensed under the Apache License, Version 2.0; see LICENSE.
"""Fixtures. MPM=event|worker|prefork|all chooses the server (event). A file
whose subject does not work with all of them, or is the same on all, lists
those that it runs on in ABLE; a test of what only one of them does is marked
with pytest.mark.also("prefork"), and runs on that one whatever is chosen."""

import os
import sys

import pytest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "lib"))

from pg_httpd import MPMS                             # noqa: E402
from pg_peers import Origin, make_certificate         # noqa: E402
from pg_servers import Servers                        # noqa: E402


def wanted_mpms():
    said = os.environ.get("MPM", "event").replace(",", " ").split()
    chosen = MPMS if said == ["all"] else said
    unknown = [m for m in chosen if m not in MPMS]
    if unknown or not chosen:
        raise pytest.UsageError(f"MPM={said}: it is one or more of "
                                f"{', '.join(MPMS)}, or all")
    return chosen


def pytest_configure(config):
    config.addinivalue_line("markers", "also(*mpms): run on these as well")


def pytest_generate_tests(metafunc):
    if "mpm" in metafunc.fixturenames:
        able = getattr(metafunc.module, "ABLE", MPMS)
        chosen = [m for m in wanted_mpms() if m in able] or list(able[:1])
        for marker in metafunc.definition.iter_markers("also"):
            chosen += [m for m in marker.args
                       if m in MPMS and m not in chosen]
        metafunc.parametrize("mpm", chosen)


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    outcome = yield
    if call.when == "call":
        item.pg_failed = outcome.get_result().failed


@pytest.fixture
def httpd_with(request, mpm):
    """httpd_with("directives", modules=[...]) -> a started server.
    httpd_with.make(...) -> one that is not started yet."""
    servers = Servers(mpm)
    yield servers
    servers.finish(getattr(request.node, "pg_failed", True))


@pytest.fixture
def event_with(request):
    """The same for what the parent process does, where the MPM does not
    matter."""
    servers = Servers("event")
    yield servers
    servers.finish(getattr(request.node, "pg_failed", True))


@pytest.fixture
def httpd(httpd_with):
    """A server with the shipped proxyguard.conf and nothing else."""
    return httpd_with()


@pytest.fixture
def origin():
    """A loopback origin server; .hits is what it was asked."""
    server = Origin()
    yield server
    server.close()


@pytest.fixture(scope="session")
def certificate(tmp_path_factory):
    """(certificate file, key file) for www.own.example."""
    folder = tmp_path_factory.mktemp("tls")
    return make_certificate(str(folder), ["www.own.example", "own.example"])

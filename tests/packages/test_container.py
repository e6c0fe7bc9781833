# Licensed under the Apache License, Version 2.0; see LICENSE.
"""packaging/container: the image as podman builds it, run as a user that exists
nowhere, with a read-only root. Run by `make check-packages`, as root."""

import json
import os
import shlex
import subprocess
import tempfile
import urllib.error
import urllib.request

import pytest
import yaml

from pg_httpd import TOP, free_port
from pg_wire import wait_until

FOLDER = os.path.join(TOP, "packaging", "container")
MIRROR = os.environ.get("PG_MIRROR", "http://deb.debian.org/debian")
BASE = "docker.io/library/debian:12-slim"
USER = 54321


def instructions():
    """[(word, rest)] of the Containerfile."""
    with open(os.path.join(FOLDER, "Containerfile"), encoding="utf-8") as f:
        lines = [x.rstrip() for x in f if x.strip() and x[0] != "#"]
    return [tuple(x.split(" ", 1)) for x in lines]


class Podman:
    """With images and containers of its own, and what it needs to run inside
    another container or on an old kernel: one copy of each file, and control
    groups of version 1."""

    def __init__(self, folder, runtime):
        self.options = ["--root", str(folder / "images"), "--runroot",
                        runtime, "--storage-driver", "vfs",
                        "--cgroup-manager", "cgroupfs", "--runtime", "runc"]

    def __call__(self, *args):
        done = subprocess.run(["podman", *self.options, *map(str, args)],
                              stdout=subprocess.PIPE, text=True,
                              stderr=subprocess.STDOUT, timeout=1800)
        assert done.returncode == 0, done.stdout[-3000:]
        return done.stdout


@pytest.fixture(scope="module")
def podman(tmp_path_factory):
    """It has the image "proxyguard". No registry is asked: the image that it
    begins with is made from the packages."""
    folder = tmp_path_factory.mktemp("podman")
    subprocess.run(["mmdebstrap", "--quiet", "--variant=minbase", "bookworm",
                    str(folder / "base.tar"), MIRROR], check=True,
                   timeout=900)
    # podman takes no longer path than 50 characters for it
    with tempfile.TemporaryDirectory(prefix="pg-podman-") as runtime:
        yield from image_in(Podman(folder, runtime), folder)


def image_in(command, folder):
    command("import", folder / "base.tar", BASE)
    command("build", "--pull=never", "--isolation=chroot", "--network=host",
            "-f", os.path.join(FOLDER, "Containerfile"), "-t", "proxyguard",
            TOP)
    yield command
    command("rm", "--all", "--force")
    command("rmi", "--all", "--force")


class Container:
    """As compose.yaml has it, but at a free port: 8080 may be another's."""

    def __init__(self, podman, folder, user=USER):
        self.podman, self.port = podman, free_port()
        with open(os.path.join(FOLDER, "httpd.conf"), encoding="utf-8") as f:
            text = f.read()
        assert "\nListen 8080\n" in text
        config = folder / "httpd.conf"
        config.write_text(text.replace(
            "\nListen 8080\n", f"\nListen 127.0.0.1:{self.port}\n"))
        httpd = load("compose.yaml")["services"]["httpd"]
        tmpfs, = httpd["tmpfs"]
        self.id = podman(
            "run", "-d", "--read-only", "--tmpfs", tmpfs, "--cap-drop",
            *httpd["cap_drop"], "--security-opt", "no-new-privileges",
            "--user", f"{user}:0", "--network=host", "--volume",
            f"{config}:/etc/proxyguard/httpd.conf:ro", "--volume",
            "counts:/var/lib/proxyguard", "--ulimit=nofile=1024:1024",
            "--ulimit=nproc=1024:1024", "proxyguard").split()[-1]
        wait_until(lambda: get(self.port, "/")[0] == 200, self.said, 60)

    def said(self):
        return self.podman("logs", self.id)

    def attempts(self):
        return json.loads(get(
            self.port, "/proxyguard-status?format=json")[1])["attempts"]

    def stop(self):
        """Its exit status."""
        self.podman("stop", "-t", 60, self.id)
        return int(self.podman("inspect", self.id, "--format",
                               "{{.State.ExitCode}}"))


def get(port, path, proxied=False):
    """(status, body); proxied: asked of it as of a proxy."""
    handler = urllib.request.ProxyHandler(
        {"http": f"http://127.0.0.1:{port}"} if proxied else {})
    url = path if proxied else f"http://127.0.0.1:{port}{path}"
    try:
        with urllib.request.build_opener(handler).open(url, timeout=20) as r:
            return r.status, r.read().decode()
    except urllib.error.HTTPError as e:
        return e.code, e.read().decode()
    except OSError:
        return None, ""


def test_any_user_and_a_read_only_root(podman, tmp_path):
    container = Container(podman, tmp_path)
    port = container.port
    assert get(port, "/") == (200, "It works.\n")
    assert get(port, "http://www.stranger.test/", True)[0] == 421
    assert container.attempts() == 1
    assert "proxyguard_attempts_total" in get(
        port, "/proxyguard-status/metrics")[1]
    wait_until(lambda: '{"@timestamp"' in container.said(), "evidence")
    assert container.stop() == 0
    text = container.said()
    assert "PG0003" not in text and "PG0101: relay attempt denied" in text
    assert '"GET http://www.stranger.test/ HTTP/1.1" 421' in text
    evidence, = (json.loads(x) for x in text.splitlines() if x[:1] == "{")
    assert evidence["destination"]["address"] == "www.stranger.test"
    # what was counted outlives the container, whose ledger is gone
    again = Container(podman, tmp_path)
    assert again.attempts() == 1
    assert again.stop() == 0
    # another user neither trusts the checkpoint nor replaces it
    other = Container(podman, tmp_path, USER + 1)
    assert other.attempts() == 0
    other.stop()
    assert f"it belongs to user {USER}, not to user {USER + 1}" in other.said()


# --- compose.yaml ------------------------------------------------------------

def load(*parts):
    with open(os.path.join(FOLDER, *parts), encoding="utf-8") as f:
        return yaml.safe_load(f)


def test_the_compose_file_mounts_what_there_is():
    compose = load("compose.yaml")
    for service in compose["services"].values():
        for volume in service["volumes"]:
            source = volume.split(":")[0]
            if source.startswith("."):
                assert os.path.exists(os.path.join(FOLDER, source)), source
            else:
                assert source in compose["volumes"]
    httpd = compose["services"]["httpd"]
    context = os.path.normpath(os.path.join(FOLDER,
                                            httpd["build"]["context"]))
    assert os.path.samefile(context, TOP)
    assert os.path.exists(os.path.join(context, httpd["build"]["dockerfile"]))
    assert httpd["read_only"] and httpd["cap_drop"] == ["ALL"]


def test_its_parts_find_each_other():
    compose = load("compose.yaml")["services"]
    scrape, = load("prometheus.yml")["scrape_configs"]
    target, = scrape["static_configs"][0]["targets"]
    assert target.split(":")[0] in compose
    source, = load("grafana", "datasources", "prometheus.yaml")["datasources"]
    assert source["url"].split("/")[2].split(":")[0] in compose
    with open(os.path.join(FOLDER, "httpd.conf"), encoding="utf-8") as f:
        assert f"ProxyGuardOwnHost {target.split(':')[0]}\n" in f.read()


def test_the_command_is_what_httpd_expects():
    words = dict(instructions())
    assert words["STOPSIGNAL"] == "SIGWINCH"
    assert shlex.split(words["USER"]) == ["12345:0"]

# Licensed under the Apache License, Version 2.0; see LICENSE.
"""packaging/container: its image as podman builds it, and the steps of the
Containerfile in Debian roots, which need no builder; then its command, as a
user that exists nowhere, with a read-only root. Run by `make check-packages`,
as root."""

import json
import os
import re
import shlex
import shutil
import signal
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
LIMIT = 3600            # seconds: packages are installed, on a busy machine


def instructions():
    """[(word, rest)] of the Containerfile."""
    with open(os.path.join(FOLDER, "Containerfile"), encoding="utf-8") as f:
        lines = [x.rstrip() for x in f if x.strip() and x[0] != "#"]
    return [tuple(x.split(" ", 1)) for x in lines]


def service():
    """httpd's part of compose.yaml."""
    return load("compose.yaml")["services"]["httpd"]


# --- podman ------------------------------------------------------------------

class Podman:
    """With images and containers of its own, and what it needs to run inside
    another container or on an old kernel: one copy of each file, and control
    groups of version 1."""

    def __init__(self, folder, runtime):
        self.options = ["--root", str(folder / "images"), "--runroot",
                        runtime, "--storage-driver", "vfs",
                        "--cgroup-manager", "cgroupfs", "--runtime", "runc"]

    def __call__(self, *args):
        """(status, what it printed)"""
        done = subprocess.run(["podman", *self.options, *map(str, args)],
                              stdout=subprocess.PIPE, text=True,
                              stderr=subprocess.STDOUT, timeout=LIMIT)
        return done.returncode, done.stdout

    def run(self, *args):
        status, said = self(*args)
        assert status == 0, said[-3000:]
        return said

    def build(self):
        self.run("build", "--pull=never", "--isolation=chroot",
                 "--layers=false", "--network=host", "-f",
                 os.path.join(FOLDER, "Containerfile"), "-t", "proxyguard",
                 TOP)

    LIMITS = ("--network=host", "--ulimit=nofile=1024:1024",
              "--ulimit=nproc=1024:1024")

    def start(self, config, _, user):
        httpd = service()
        tmpfs, = httpd["tmpfs"]
        return Started(self, self.run(
            "run", "-d", "--read-only", "--tmpfs", tmpfs, "--cap-drop",
            *httpd["cap_drop"], "--security-opt", "no-new-privileges",
            "--user", f"{user}:0", *self.LIMITS, "--volume",
            f"{config}:/etc/proxyguard/httpd.conf:ro", "--volume",
            "counts:/var/lib/proxyguard", "proxyguard").split()[-1])

    def remove(self):
        self("rm", "--all", "--force")
        self("rmi", "--all", "--force")


class Started:
    """A container of podman's."""

    def __init__(self, podman, name):
        self.podman, self.name = podman, name

    def said(self):
        return self.podman.run("logs", self.name)

    def stop(self):
        """Its exit status."""
        self.podman.run("stop", "-t", 60, self.name)
        return int(self.podman.run("inspect", self.name, "--format",
                                   "{{.State.ExitCode}}"))


# --- without a builder -------------------------------------------------------

PATH = {"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"}
STEP = 'mount -t proc proc "$0/proc"; exec chroot "$0" sh -c "$1"'
COMMAND = """
    root=$1 config=$2 at=$3 options=$4 user=$5; shift 5
    mount --bind "$root" "$root"
    mount -t proc proc "$root/proc"
    mount --rbind /dev "$root/dev"
    mount -t tmpfs -o "$options" tmpfs "$root$at"
    mount --bind "$root/var/lib/proxyguard" "$root/var/lib/proxyguard"
    mount --bind "$config" "$root/etc/proxyguard/httpd.conf"
    mount -o remount,bind,ro "$root"
    exec chroot "$root" setpriv --reuid "$user" --regid 0 --clear-groups \\
        --no-new-privs --bounding-set=-all --inh-caps=-all "$@"
"""


class Roots:
    """A root for each stage; the last one's command runs in it."""

    def __init__(self, folder, base):
        self.folder, self.base, self.stages = folder, base, {}
        self.words, self.started = {}, []

    def build(self):
        for word, rest in instructions():
            act = getattr(self, f"_{word.lower()}", None)
            if act:
                act(rest)
            else:
                assert word in ("USER", "EXPOSE", "VOLUME", "STOPSIGNAL",
                                "CMD"), word
                self.words[word] = rest

    def _from(self, rest):
        image, _, name = rest.partition(" AS ")
        assert image == BASE
        self.root = self.stages[name] = self.folder / (name or "last")
        self.root.mkdir(mode=0o755)
        subprocess.run(["tar", "-xpf", self.base, "-C", self.root],
                       check=True, timeout=LIMIT)

    def _run(self, rest):
        done = subprocess.run(
            ["unshare", "--mount", "--pid", "--fork", "--kill-child", "sh",
             "-euc", STEP, str(self.root), rest], env=PATH, text=True,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, timeout=LIMIT)
        assert done.returncode == 0, f"RUN {rest}\n{done.stdout[-3000:]}"

    def _copy(self, rest):
        *options, source, to = rest.split()
        stage = re.fullmatch(r"--from=(\w+)", "".join(options))
        source = os.path.join(
            self.stages[stage[1]] if stage else TOP, source.lstrip("/"))
        to = os.path.join(self.root, to.lstrip("/"))
        if os.path.isdir(source):
            shutil.copytree(source, to, dirs_exist_ok=True, symlinks=True,
                            ignore=ignored)
        else:
            os.makedirs(os.path.dirname(to), exist_ok=True)
            shutil.copy(source, to)

    def start(self, config, said, user):
        tmpfs, = service()["tmpfs"]
        at, _, options = tmpfs.partition(":")
        assert self.words["VOLUME"] == "/var/lib/proxyguard"
        with open(said, "ab") as out:
            os.fchown(out.fileno(), user, 0)
            process = subprocess.Popen(
                ["unshare", "--mount", "sh", "-euc", COMMAND, "sh",
                 str(self.root), config, at, options, str(user),
                 *json.loads(self.words["CMD"])], env=PATH, stdout=out,
                stderr=out, stdin=subprocess.DEVNULL)
        self.started.append(process)
        return Process(process, said,
                       getattr(signal, self.words["STOPSIGNAL"]))

    def remove(self):
        for process in self.started:
            process.terminate()         # what a failed test left
            process.wait(timeout=60)
        for root in self.stages.values():
            shutil.rmtree(root)


def ignored(folder, _):
    """What .dockerignore names, for a copy of the tree."""
    if not os.path.samefile(folder, TOP):
        return ()
    with open(os.path.join(TOP, ".dockerignore"), encoding="utf-8") as f:
        return [x.strip() for x in f if x[0] != "#"]


class Process:
    def __init__(self, process, said, signal_to_stop):
        self.process, self.path, self.signal = process, said, signal_to_stop

    def said(self):
        return self.path.read_text()

    def stop(self):
        """Its exit status."""
        self.process.send_signal(self.signal)
        return self.process.wait(timeout=60)


# --- the image ---------------------------------------------------------------

@pytest.fixture(scope="module")
def base(tmp_path_factory):
    """No image registry is used: the base image is made from Debian's
    packages."""
    path = tmp_path_factory.mktemp("base") / "base.tar"
    subprocess.run(["mmdebstrap", "--quiet", "--variant=minbase", "bookworm",
                    str(path), MIRROR], check=True, timeout=LIMIT)
    return path


@pytest.fixture(scope="module")
def roots(base, tmp_path_factory):
    yield from built(Roots(tmp_path_factory.mktemp("roots"), base))


@pytest.fixture(scope="module")
def podman(base, tmp_path_factory):
    """Where it works at all: machines without it use the roots."""
    for program in ("podman", "runc"):
        if not shutil.which(program):
            pytest.skip(f"NOT BUILT BY PODMAN: {program} is not installed")
    # podman takes no longer path than 50 characters for it
    with tempfile.TemporaryDirectory(prefix="pg-podman-") as runtime:
        command = Podman(tmp_path_factory.mktemp("podman"), runtime)
        for probe in (["import", base, BASE],
                      ["run", "--rm", *Podman.LIMITS, BASE, "true"]):
            status, said = command(*probe)
            if status:
                pytest.skip(f"NOT BUILT BY PODMAN: podman {probe[0]}: "
                            + " ".join(said.split())[-300:])
        yield from built(command)


def built(image):
    try:
        image.build()
        yield image
    finally:
        image.remove()


@pytest.fixture(params=["roots", "podman"])
def image(request):
    return request.getfixturevalue(request.param)


class Container:
    """As compose.yaml has it, but at a free port: 8080 may be another's."""

    def __init__(self, image, folder, user=USER):
        self.port = free_port()
        with open(os.path.join(FOLDER, "httpd.conf"), encoding="utf-8") as f:
            text = f.read()
        assert "\nListen 8080\n" in text
        config = folder / f"{self.port}.conf"
        config.write_text(text.replace(
            "\nListen 8080\n", f"\nListen 127.0.0.1:{self.port}\n"))
        self.it = image.start(config, folder / f"{self.port}.said", user)
        self.said, self.stop = self.it.said, self.it.stop
        try:
            wait_until(lambda: get(self.port, "/")[0] == 200, "httpd", 60)
        except AssertionError as e:
            raise AssertionError(self.said()) from e

    def attempts(self):
        return json.loads(get(
            self.port, "/proxyguard-status?format=json")[1])["attempts"]


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


def test_any_user_and_a_read_only_root(image, tmp_path):
    container = Container(image, tmp_path)
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
    again = Container(image, tmp_path)
    assert again.attempts() == 1
    assert again.stop() == 0
    # another user neither trusts the checkpoint nor replaces it
    other = Container(image, tmp_path, USER + 1)
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

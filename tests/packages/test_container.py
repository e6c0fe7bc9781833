# Licensed under the Apache License, Version 2.0; see LICENSE.
"""The steps of packaging/container/Containerfile, in Debian roots instead of
an image builder; then its command as a user that exists nowhere, with a
read-only root. Run by `make check-packages`, as root."""

import json
import os
import re
import shlex
import shutil
import signal
import subprocess
import urllib.error
import urllib.request

import pytest
import yaml

from pg_httpd import TOP, free_port
from pg_wire import wait_until

FOLDER = os.path.join(TOP, "packaging", "container")
MIRROR = os.environ.get("PG_MIRROR", "http://deb.debian.org/debian")
USER = 54321


def instructions():
    """[(word, rest)] of the Containerfile."""
    with open(os.path.join(FOLDER, "Containerfile"), encoding="utf-8") as f:
        lines = [x.rstrip() for x in f if x.strip() and x[0] != "#"]
    return [tuple(x.split(" ", 1)) for x in lines]


class Stage:
    """What FROM begins."""

    def __init__(self, root, base):
        self.root = str(root)
        subprocess.run(["cp", "-a", str(base), self.root], check=True)
        self.user = self.command = None

    def inside(self, *command):
        subprocess.run(["unshare", "--mount", "--pid", "--fork", "sh", "-euc",
                        'mount -t proc proc "$0/proc"; exec chroot "$0" "$@"',
                        self.root, "env", "-i", "PATH=/usr/sbin:/usr/bin:"
                        "/sbin:/bin", "DEBIAN_FRONTEND=noninteractive",
                        *command], check=True, stdout=subprocess.DEVNULL,
                       timeout=900)

    def copy(self, source, to):
        to = self.root + to
        if os.path.isdir(source):
            shutil.copytree(source, to, dirs_exist_ok=True, symlinks=True,
                            ignore=shutil.ignore_patterns(
                                "build", ".git", "__pycache__"))
        else:
            os.makedirs(os.path.dirname(to), exist_ok=True)
            shutil.copy(source, to)


@pytest.fixture(scope="module")
def image(tmp_path_factory):
    """The last stage."""
    folder = tmp_path_factory.mktemp("container")
    folder.chmod(0o755)
    base = folder / "base"
    subprocess.run(["mmdebstrap", "--quiet", "--variant=apt",
                    "bookworm", str(base), MIRROR], check=True, timeout=900)
    stages = {}
    for word, rest in instructions():
        if word == "FROM":
            name = rest.partition(" AS ")[2] or "last"
            stage = stages[name] = Stage(folder / name, base)
        elif word == "RUN":
            stage.inside("sh", "-c", rest)
        elif word == "COPY":
            source, to = rest.split()[-2:]
            other = re.match(r"--from=(\w+)", rest)
            stage.copy(stages[other[1]].root + source if other
                       else os.path.join(TOP, source), to)
        elif word == "CMD":
            stage.command = json.loads(rest)
        elif word == "USER":
            stage.user = rest
    yield stages["last"]
    shutil.rmtree(folder)


class Container:
    """The image's command; the root can be read only, but for the volume and
    the tmpfs of compose.yaml."""

    SCRIPT = """
        root=$1 user=$2; shift 2
        mount --bind "$root" "$root"
        mount -t proc proc "$root/proc"
        mount -t tmpfs -o mode=0770 tmpfs "$root/run/proxyguard"
        mount --bind "$root/var/lib/proxyguard" "$root/var/lib/proxyguard"
        mount --bind /dev "$root/dev"
        mount -o remount,bind,ro "$root"
        exec chroot "$root" setpriv --reuid "$user" --regid 0 \\
            --clear-groups --no-new-privs --bounding-set=-all \\
            --inh-caps=-all "$@"
    """

    def __init__(self, image, port, said):
        out = open(said, "ab")
        os.fchown(out.fileno(), USER, 0)
        self.process = subprocess.Popen(
            ["unshare", "--mount", "sh", "-euc", self.SCRIPT, "sh",
             image.root, str(USER), *image.command, "-c",
             f"Listen 127.0.0.1:{port}"],
            stdout=out, stderr=out, stdin=subprocess.DEVNULL,
            env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin"})
        out.close()

    def stop(self):
        self.process.send_signal(signal.SIGWINCH)
        self.process.wait(timeout=60)


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


def attempts(port):
    return json.loads(get(port, "/proxyguard-status?format=json")[1])[
        "attempts"]


def test_any_user_and_a_read_only_root(image, tmp_path):
    # 8080 may be another's here
    config = os.path.join(image.root, "etc/proxyguard/httpd.conf")
    with open(config, encoding="utf-8") as f:
        text = f.read()
    with open(config, "w", encoding="utf-8") as f:
        f.write(text.replace("\nListen 8080\n", "\n"))
    said, port = tmp_path / "said", free_port()
    container = Container(image, port, said)
    try:
        wait_until(lambda: get(port, "/")[0] == 200, said.read_text(), 60)
        assert get(port, "/") == (200, "It works.\n")
        assert get(port, "http://www.stranger.test/", True)[0] == 421
        assert attempts(port) == 1
        assert "proxyguard_attempts_total" in get(
            port, "/proxyguard-status/metrics")[1]
        wait_until(lambda: '{"@timestamp"' in said.read_text(), "evidence")
    finally:
        container.stop()
    text = said.read_text()
    assert "PG0101: relay attempt denied" in text
    assert '"GET http://www.stranger.test/ HTTP/1.1" 421' in text
    evidence, = (json.loads(x) for x in text.splitlines() if x[:1] == "{")
    assert evidence["destination"]["address"] == "www.stranger.test"
    # what was counted outlives the container, whose /run is gone
    again = Container(image, port, said)
    try:
        wait_until(lambda: get(port, "/")[0] == 200, "httpd", 60)
        assert attempts(port) == 1
    finally:
        again.stop()


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

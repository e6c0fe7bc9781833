# Licensed under the Apache License, Version 2.0; see LICENSE.
"""Private ClickHouse servers on loopback that make up one cluster, with the
tables and views of packaging/clickhouse."""

import copy
import json
import os
import signal
import subprocess
from xml.etree import ElementTree

from pg_httpd import TOP, free_port
from pg_wire import PATIENCE, wait_until

SHIPPED = os.path.join(TOP, "packaging", "clickhouse")
DELIMITER = "--format_csv_delimiter=\001"

USERS = """<yandex><profiles><default/></profiles><quotas><default/></quotas>
<users><default><password></password><networks><ip>127.0.0.1</ip></networks>
<profile>default</profile><quota>default</quota></default></users></yandex>
"""
CONFIG = """<yandex>
<logger><level>warning</level><console>1</console></logger>
<tcp_port>{port}</tcp_port><listen_host>127.0.0.1</listen_host>
<http_port>{web}</http_port>
<interserver_http_port>{peer}</interserver_http_port>
<path>{folder}/data/</path><tmp_path>{folder}/tmp/</tmp_path>
<mark_cache_size>5368709</mark_cache_size>
<users_config>{folder}/users.xml</users_config>
<default_profile>default</default_profile>
<default_database>default</default_database>
{cluster}</yandex>
"""


def cluster_of(ports):
    """The shipped sample, with a shard for each server."""
    root = ElementTree.parse(os.path.join(SHIPPED, "cluster.xml")).getroot()
    cluster = root.find("remote_servers/proxyguard")
    sample, = cluster
    cluster.remove(sample)
    for port in ports:
        shard = copy.deepcopy(sample)
        shard.find("replica/host").text = "127.0.0.1"
        shard.find("replica/port").text = str(port)
        cluster.append(shard)
    return ElementTree.tostring(root[0], encoding="unicode")


class ClickHouse:
    def __init__(self, folder, port, ports):
        self.port = port
        self.web = free_port()
        folder.mkdir()
        (folder / "users.xml").write_text(USERS)
        (folder / "config.xml").write_text(CONFIG.format(
            port=port, web=self.web, peer=free_port(), folder=folder,
            cluster=cluster_of(ports)))
        with open(folder / "said", "wb") as said:
            self.process = subprocess.Popen(
                ["clickhouse-server", f"--config-file={folder}/config.xml"],
                cwd=folder, stdin=subprocess.DEVNULL, stdout=said,
                stderr=said)

    def client(self, *args):
        return ["clickhouse-client", "--host=127.0.0.1",
                f"--port={self.port}", *args]

    def answers(self):
        try:
            return subprocess.run(self.client("--query", "SELECT 1"),
                                  capture_output=True,
                                  timeout=PATIENCE).returncode == 0
        except subprocess.TimeoutExpired:
            return False

    def run_file(self, name):
        with open(os.path.join(SHIPPED, name), "rb") as sql:
            subprocess.run(self.client("-n"), stdin=sql, check=True,
                           timeout=6 * PATIENCE)

    def ask(self, view):
        """The rows of a view, as dicts."""
        done = subprocess.run(self.client(
            "--query", f"SELECT * FROM proxyguard.{view} FORMAT JSONEachRow"),
            capture_output=True, timeout=6 * PATIENCE)
        assert done.returncode == 0, done.stderr.decode()
        return [json.loads(line) for line in done.stdout.splitlines()]

    def load(self, lines, sensor=None):
        """Lines of JSON, as tables.sql shows it."""
        if sensor:
            lines = b"".join(line + b"\001" + sensor.encode() + b"\n"
                             for line in lines.splitlines())
        subprocess.run(self.client(
            DELIMITER, "--query", "INSERT INTO proxyguard.lines "
            + ("" if sensor else "(line) ") + "FORMAT CSV"),
            input=lines, check=True, timeout=6 * PATIENCE)

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(timeout=6 * PATIENCE)


def start_cluster(folder, count):
    ports = []
    while len(ports) < count:
        ports = list({*ports, free_port()})
    servers = [ClickHouse(folder / f"clickhouse{n}", port, ports)
               for n, port in enumerate(ports)]
    try:
        for server in servers:
            wait_until(server.answers, "ClickHouse", 6 * PATIENCE)
        for server in servers:
            server.run_file("tables.sql")
            server.run_file("views.sql")
    except BaseException:
        stop_cluster(servers)
        raise
    return servers


def stop_cluster(servers):
    for server in servers:
        server.stop()

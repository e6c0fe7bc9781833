# Licensed under the Apache License, Version 2.0; see LICENSE.
"""A private CrowdSec from Debian's package, unpacked but not installed, with
the parser and the scenario of packaging/crowdsec; it talks only to itself."""

import json
import os
import shutil
import subprocess

from pg_httpd import TOP, free_port
from pg_streams import Daemon, environment, unpacked
from pg_wire import PATIENCE, wait_until

SHIPPED = os.path.join(TOP, "packaging", "crowdsec")
# what packaging/crowdsec/collections names of the hub
OF_THE_HUB = ("parsers/s00-raw/crowdsecurity/syslog-logs.yaml",
              "parsers/s02-enrich/crowdsecurity/dateparse-enrich.yaml")

CONFIG = """
common: {{daemonize: false, log_media: stdout, log_level: info}}
config_paths:
  config_dir: {0}/
  data_dir: {0}/
  simulation_path: {0}/simulation.yaml
  hub_dir: {0}/hub/
  index_path: {0}/hub/.index.json
  notification_dir: {0}/notifications/
  plugin_dir: {0}/plugins/
crowdsec_service: {{acquisition_path: {0}/acquis.yaml, parser_routines: 1}}
cscli: {{output: json, color: "no"}}
db_config: {{type: sqlite, db_path: {0}/crowdsec.db, use_wal: false}}
prometheus: {{enabled: false}}
api:
  client: {{credentials_path: {0}/credentials.yaml}}
  server:
    listen_uri: 127.0.0.1:{1}
    profiles_path: {0}/profiles.yaml
"""


# The test tool has the path of the patterns compiled in: a folder over /etc,
# for it alone.
OWN_ETC = 'mount --bind "$0" /etc && exec "$@"'


def hub_test(folder, name):
    """What CrowdSec's own test tool reports about
    packaging/crowdsec/tests/NAME, in a copy of the hub."""
    hub, etc = folder / "hub", folder / "etc"
    shutil.copytree(unpacked("usr/share/crowdsec/hub"), hub)
    shutil.copytree(unpacked("etc/crowdsec/patterns"),
                    etc / "crowdsec" / "patterns")
    for part in ("parsers/s01-parse", "scenarios"):
        shutil.copytree(os.path.join(SHIPPED, part), hub / part / "proxyguard")
    shutil.copytree(os.path.join(SHIPPED, "tests"), hub / ".tests")
    runtime = hub / ".tests" / name / "runtime"
    text = CONFIG.format(runtime, free_port())
    (hub / ".tests" / "template_config.yaml").write_text(
        text.replace(f"acquisition_path: {runtime}/acquis.yaml, ", ""))
    for part in ("profiles.yaml", "simulation.yaml"):
        shutil.copy(unpacked("etc/crowdsec", part),
                    hub / ".tests" / f"template_{part}")
    config = folder / "cscli.yaml"
    config.write_text(CONFIG.format(folder, free_port()))
    tools = [unpacked("usr/bin", x) for x in ("cscli", "crowdsec")]
    done = subprocess.run(
        ["unshare", "--mount", "sh", "-c", OWN_ETC, str(etc), tools[0], "-c",
         str(config), "hubtest", "run", name, "--clean", "--hub", str(hub),
         "--cscli", tools[0], "--crowdsec", tools[1]], cwd=hub, text=True,
        env=environment(), capture_output=True, stdin=subprocess.DEVNULL,
        timeout=60 * PATIENCE)
    assert done.stdout, done.stderr
    return json.loads(done.stdout)


class CrowdSec:
    def __init__(self, folder, logs):
        """logs: the acquisition as shipped, for these."""
        self.folder = folder / "crowdsec"
        self.config = self.folder / "config.yaml"
        self._fill(logs)
        self.tool("machines", "add", "-a", "--file",
                  self.folder / "credentials.yaml", "-u",
                  f"http://127.0.0.1:{self.port}")
        self.daemon = Daemon(folder, unpacked("usr/bin/crowdsec"), "-c",
                             str(self.config))
        wait_until(self._is_ready, "CrowdSec", 60 * PATIENCE)

    def _fill(self, logs):
        self.port = free_port()
        for name in ("notifications", "plugins", "hub"):
            (self.folder / name).mkdir(parents=True)
        shutil.copytree(unpacked("etc/crowdsec/patterns"),
                        self.folder / "patterns")
        shutil.copy(unpacked("usr/share/crowdsec/hub/.index.json"),
                    self.folder / "hub")
        for name in ("simulation.yaml", "profiles.yaml"):
            shutil.copy(unpacked("etc/crowdsec", name), self.folder)
        for name in OF_THE_HUB:
            self._add(unpacked("usr/share/crowdsec/hub", name),
                      os.path.dirname(os.path.dirname(name)))
        for name in ("parsers/s01-parse/proxyguard-logs.yaml",
                     "scenarios/proxyguard-relay-attempts.yaml"):
            self._add(os.path.join(SHIPPED, name), os.path.dirname(name))
        with open(os.path.join(SHIPPED, "acquis.yaml"),
                  encoding="utf-8") as f:
            sample = f.read()
        log = "/var/log/apache2/error.log"
        assert log in sample
        (self.folder / "acquis.yaml").write_text("---\n".join(
            sample.replace(log, str(x)) for x in logs))
        self.config.write_text(CONFIG.format(self.folder, self.port))

    def _add(self, path, folder):
        os.makedirs(self.folder / folder, exist_ok=True)
        shutil.copy(path, self.folder / folder)

    def _is_ready(self):
        said = self.daemon.said.read_text()
        assert "level=fatal" not in said, said[-2000:]
        return "Starting processing data" in said

    def tool(self, *args):
        done = subprocess.run(
            [unpacked("usr/bin/cscli"), "-c", str(self.config),
             *map(str, args)],
            env={**environment(), "PATH": unpacked("usr/bin") + ":"
                 + os.environ["PATH"]},
            capture_output=True, text=True, timeout=60 * PATIENCE)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def banned(self):
        alerts = json.loads(self.tool("decisions", "list", "-o", "json"))
        return {d["value"]: d["scenario"] for a in alerts or []
                for d in a["decisions"]}

    def stop(self):
        self.daemon.stop()

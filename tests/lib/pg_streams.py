# Licensed under the Apache License, Version 2.0; see LICENSE.
"""Programs of Debian packages that were unpacked, not installed
(mk/fleet.mk): with files, ports and processes of their own."""

import os
import signal
import subprocess

from pg_httpd import TOP
from pg_wire import PATIENCE

BUILD = os.path.abspath(os.environ.get("BUILD", os.path.join(TOP, "build")))
UNPACKED = os.path.join(BUILD, "fleet", "unpacked")
LIBRARIES = [os.path.join(UNPACKED, "usr", "lib", x) for x in
             ("x86_64-linux-gnu", "aarch64-linux-gnu", "syslog-ng")]


def unpacked(*parts):
    return os.path.join(UNPACKED, *parts)


def shipped(name, replaced):
    """A file of packaging/streams with each of these texts replaced."""
    with open(os.path.join(TOP, "packaging", "streams", name),
              encoding="utf-8") as f:
        text = f.read()
    for old, new in replaced.items():
        assert old in text, old
        text = text.replace(old, str(new))
    return text


def environment():
    return {**os.environ, "LD_LIBRARY_PATH": ":".join(LIBRARIES)}


class Daemon:
    def __init__(self, folder, *command):
        self.said = folder / (os.path.basename(command[0]) + ".said")
        with open(self.said, "wb") as said:
            self.process = subprocess.Popen(
                command, cwd=folder, env=environment(), stdout=said,
                stderr=said, stdin=subprocess.DEVNULL)

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(timeout=6 * PATIENCE)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise


def rsyslog(folder, text):
    modules, = (p for p in (os.path.join(x, "rsyslog") for x in LIBRARIES)
                if os.path.isdir(p))
    config = folder / "rsyslog.conf"
    config.write_text(f'global(workDirectory="{folder}")\n{text}')
    check(unpacked("usr/sbin/rsyslogd"), "-N1", "-M", modules, "-f", config)
    return Daemon(folder, unpacked("usr/sbin/rsyslogd"), "-n", "-M", modules,
                  "-f", str(config), "-i", str(folder / "rsyslog.pid"))


def syslog_ng(folder, text):
    modules = unpacked("usr/lib/syslog-ng/3.38")
    config = folder / "syslog-ng.conf"
    config.write_text(f"@version: 3.38\n{text}")
    command = [unpacked("usr/sbin/syslog-ng"), "--no-caps",
               f"--module-path={modules}", f"--cfgfile={config}",
               f"--persist-file={folder}/syslog-ng.persist",
               f"--pidfile={folder}/syslog-ng.pid",
               f"--control={folder}/syslog-ng.ctl"]
    check(*command, "--syntax-only")
    return Daemon(folder, *command, "--foreground")


def check(*command):
    done = subprocess.run([str(c) for c in command], env=environment(),
                          capture_output=True, text=True, timeout=30 * PATIENCE)
    assert done.returncode == 0, done.stdout + done.stderr

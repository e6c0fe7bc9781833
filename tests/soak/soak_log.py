# Licensed under the Apache License, Version 2.0; see LICENSE.
"""Every line of the error log must be explained, or the soak fails."""

import glob
import os
import re
import subprocess
from collections import Counter

from pg_httpd import HTTPD, TOP

# What an httpd of this configuration says at any time.
ALWAYS = re.compile("|".join((
    # its life: configured, resuming, asked to restart or to stop, a log
    # writer of the generation before has ended
    r"AH00489: |AH00094: |AH00292: |AH00163: |AH00491: |AH00493: |AH00494: "
    r"|AH00298: |AH00297: |AH00296: |AH00295: |AH00495: |AH00169: |AH00173: "
    r"|AH00492: |AH00170: |AH00488: |AH00167: |AH00171: ",
    # a server this small: all workers busy, no slot free just now
    r"AH00484: |AH00286: |AH00161: |AH10159: |AH03490: |AH00288: ",
    # mod_ssl without a session cache, or with another OpenSSL build
    r"AH01873: |AH01882: ",
    # mod_http2: says its version
    r"AH03090: |AH10034: ",
    # what clients sent is no request: method, path
    r"AH00135: |AH10244: ",
    # the guard: its start, attempts, the log budget
    r"PG0001: |PG0200: |PG0201: |PG0202: |PG0205: |PG0241: "
    r"|PG010[124]: |PG0106: ",
    # the sink: it is on, a conversation begins, and ends
    r"PG014[0134]: ",
)))
# A process that ends removes the semaphore that its clock's library shares
# with others (libfaketime 0.9.10); a log writer that starts at this moment
# fails.
NO_CLOCK = r"^libfaketime: .*sem_"
LOST_WRITER = rf"{NO_CLOCK}|AH00106: "
SIGNAL = re.compile(r"AH0005[12]: child pid (\d+) exit signal ([^(]*) "
                    r"\((\d+)\)")
KILL = "9"
MOST = 2                        # lines of a kind that are shown
SIGNALLED = "<signal handler called>"
# what a trace holds, and whose the crash is (2.4.71, mod_http2 2.0.42)
KNOWN = (
    # its pool is gone while it waits for work, see soak_http2.py
    (r"pthread_.*cond.*mod_http2", "crash of mod_http2's waiting thread"),
    # it frees lingering connections while its workers still do
    ("mod_mpm_event", "crash of the event MPM"),
)


class Explained:
    """Which lines are explained, over all acts of one server."""

    def __init__(self, server, findings):
        self.server = server
        self.findings = findings    # Counter of what is httpd's own
        self._before = None

    def problems(self, announced):
        """The lines since the last time that nobody announced. What the
        previous act explains is still explained: some lines come late."""
        lines = self.server.log.take_new()
        if any(re.search(NO_CLOCK, line.text) for line in lines):
            announced = "|".join(filter(None, (announced, LOST_WRITER)))
        patterns = [p for p in (announced, self._before) if p]
        self._before = announced
        late = re.compile("|".join(patterns)) if patterns else None
        odd = Counter()
        for line in lines:
            signal = SIGNAL.search(line.text)
            if signal:
                yield from self._signal(line, signal)
            elif not (ALWAYS.search(line.text) or line.taken or line.cut
                      or (late and late.search(line.text))):
                odd[line.id] += 1
                if odd[line.id] <= MOST:
                    yield "unexplained log line: " + line.text[:300]
        for name, count in odd.items():
            if count > MOST:
                yield f"{count} unexplained log lines in all like {name}"

    def _signal(self, line, signal):
        pid, name, number = signal.groups()
        if number == KILL and int(pid) in self.server.killed:
            return
        trace = backtrace(self.server, pid)
        known = name.startswith("Segmentation fault") and self._known(trace)
        if known:
            self.findings[known] += 1
        else:
            yield f"a child ended by {name}: {line.text}\n{trace}"

    @staticmethod
    def _known(trace):
        """Whose a crash is that httpd has without the guard too: none where
        the guard is in the trace, or could have been: it is called while a
        connection is processed."""
        if re.search(r"proxyguard|\bpg_|ap_run_process_connection", trace):
            return None
        return next((whose for pattern, whose in KNOWN
                     if re.search(pattern, trace, re.S)), None)


def cores(folder, pid):
    """The core of a process: below the folder that httpd was told, unless the
    kernel's pattern names another one."""
    with open("/proc/sys/kernel/core_pattern", encoding="ascii") as f:
        pattern = f.read().strip()
    name = re.sub("%(.)", lambda m: {"p": pid, "%": "%"}.get(m[1], "*"),
                  pattern)
    return glob.glob(os.path.join(folder, name if "%p" in pattern
                                  else name + f".{pid}"))


def backtrace(server, pid):
    """Of the thread that crashed; empty when there is no core, which is
    removed. Those of all threads go to a file, which is named."""
    found = cores(server.path("cores"), pid)
    if not found:
        return ""
    crashed, path = traces(server, pid, found[0])
    os.unlink(found[0])
    return "\n".join([*crashed, f"all threads: {path}"])


def traces(server, pid, *core):
    """Of a core, or of a child that lives: frames of the thread that crashed,
    or of the first one; and the file with those of all threads. httpd's handler
    sends the signal again, to the process, and any thread may take it: the
    core's own thread is not the one that crashed."""
    done = subprocess.run(
        ["gdb", "-q", "-batch", *(() if core else ("-p", str(pid))),
         "-ex", "bt 40", "-ex", "echo \\n=== all\\n",
         "-ex", "thread apply all bt 40", "-ex", "info sharedlibrary",
         *((HTTPD, *core) if core else ())],
        capture_output=True, text=True, timeout=120, check=False)
    path = os.path.join(TOP, "build", f"soak-{server.mpm}-{pid}.trace")
    with open(path, "w", encoding="utf-8") as f:
        f.write(done.stdout + done.stderr)
    first, *threads = re.split(r"=== all|^Thread ", done.stdout, flags=re.M)
    crashed = next((t for t in threads if SIGNALLED in t), first)
    return [x for x in crashed.splitlines() if x.startswith("#")], path

# Licensed under the Apache License, Version 2.0; see LICENSE.
"""The error log, read while the server writes it.

Silence is asserted: a line that a test did not take, at level warn or above
or from a sanitiser, fails that test."""

import re

from pg_wire import wait_until

LINE = re.compile(
    r"^\[(?P<time>[A-Z][a-z]{2} [A-Z][a-z]{2} [^\]]*)\] "
    r"\[(?P<module>[^:\]]*):(?P<level>[a-z]+\d?)\] \[pid (?P<pid>\d+)[^\]]*\] "
    r"(?:\([^)]*\)[^:]*: )?"
    r"(?:\[client (?P<client>[^\]]*)\] )?(?P<message>.*)$")
LOUD = ("warn", "error", "crit", "alert", "emerg")
ALARM = re.compile(r"exit signal|AddressSanitizer|runtime error:|"
                   r"LeakSanitizer|ThreadSanitizer|UndefinedBehavior|"
                   r"stack smashing|Segmentation fault|double free|"
                   r"Assertion .* failed")
PAIR = re.compile(r'(?:^| )([a-z][a-z0-9_]*)=("(?:[^"\\]|\\.)*"|[^ ]*)')
# what a server says because the test made it so small: all workers busy,
# a child that had to be asked twice to stop, a connection that lingered
# while the event MPM stopped; mod_ssl without a cache, or with another build
# of OpenSSL than it was made for; mod_http2 on prefork
HARMLESS = re.compile(r"AH00484|AH00286|AH00161|AH10159|AH00485|AH03490|"
                      r"AH00045|AH01873|AH01882|AH10034|"
                      r"\(9\)Bad file descriptor: AH03092")


class Line:
    """One line: .level .module .pid .client .message, .id, .sentence, and
    its key=value pairs in .fields (quotes removed, escapes kept)."""

    def __init__(self, text):
        self.text = text
        self.taken = False
        m = LINE.match(text)
        self.level = m["level"] if m else None
        self.module = m["module"] if m else None
        self.pid = int(m["pid"]) if m else None
        self.client = m["client"] if m else None
        self.message = m["message"] if m else text
        m = re.match(r"(PG\d{4}|AH\d{5}): (.*)", self.message, re.S)
        self.id = m[1] if m else None
        rest = m[2] if m else self.message
        first = PAIR.search(rest)
        self.sentence = rest[:first.start()].rstrip(" :") if first else rest
        self.fields = {k: v[1:-1] if v.startswith('"') and len(v) > 1 else v
                       for k, v in PAIR.findall(rest)}

    def __getattr__(self, name):
        if name.startswith("__") or name == "fields":
            raise AttributeError(name)
        try:
            return self.fields[name]
        except KeyError:
            raise AttributeError(f"no {name}= in: {self.text}") from None

    @property
    def alarming(self):
        if ALARM.search(self.text):
            return True
        return self.level in LOUD and not HARMLESS.search(self.text)

    def __repr__(self):
        return f"<{self.text}>"


class ErrorLog:
    """Lines from where the last look ended; take() marks what is expected."""

    def __init__(self, path):
        self.path = path
        self.lines = []
        self._at = 0

    def _read(self):
        try:
            with open(self.path, "rb") as f:
                f.seek(self._at)
                data = f.read()
        except FileNotFoundError:
            return
        whole = data.rfind(b"\n") + 1
        self._at += whole
        text = data[:whole].decode("utf-8", "backslashreplace")
        self.lines += [Line(t) for t in text.split("\n")[:-1]]

    def all(self, pattern="", level=None):
        """Every line so far that matches, taken or not."""
        self._read()
        return [x for x in self.lines if re.search(pattern, x.text)
                and (level is None or x.level == level)]

    def untaken(self, pattern=""):
        return [x for x in self.all(pattern) if not x.taken]

    def take(self, pattern, seconds=None):
        """The first untaken line that matches, waiting for it; now taken."""
        found = wait_until(lambda: self.untaken(pattern),
                           f"a log line like {pattern!r}; there is:\n"
                           + self.tail(), seconds)[0]
        found.taken = True
        return found

    def take_all(self, pattern):
        """All untaken lines so far that match; now taken."""
        found = self.untaken(pattern)
        for line in found:
            line.taken = True
        return found

    def attempts(self, count):
        """Exactly `count` detection lines: wait for them, take them."""
        pattern = r" PG01(0[1-5]|40): "
        wait_until(lambda: len(self.untaken(pattern)) >= count,
                   f"{count} attempts logged; there is:\n" + self.tail())
        found = self.take_all(pattern)
        assert len(found) == count, found
        return found

    def attempt(self):
        return self.attempts(1)[0]

    def alarms(self):
        """Lines that the test did not take."""
        self._read()
        return [x for x in self.lines if x.alarming and not x.taken]

    def tail(self, n=15):
        self._read()
        return "\n".join(x.text for x in self.lines[-n:])

# Licensed under the Apache License, Version 2.0; see LICENSE.
"""The servers of one test: made, started, and asked for silence at its end."""

from pg_httpd import Httpd


class Limited(Httpd):
    """limits are arguments of prlimit, and hold for all its processes."""

    def __init__(self, *args, limits=(), **more):
        super().__init__(*args, **more)
        self.limits = limits

    def _command(self, *more):
        return ["prlimit", *self.limits, *super()._command(*more)]


class Servers:
    def __init__(self, mpm):
        self.mpm = mpm
        self.made = []

    def make(self, conf="", **more):
        """A server that is configured but not started. kind: its class."""
        kind = more.pop("kind", Httpd)
        server = kind(conf, mpm=more.pop("mpm", self.mpm), **more)
        self.made.append(server)
        return server

    def __call__(self, conf="", **more):
        return self.make(conf, **more).start()

    def finish(self, failed):
        alarms = []
        for server in self.made:
            server.stop()
            alarms += [x.text for x in server.log.alarms()]
            if failed:
                print(f"--- error log of {server.root}:")
                print(server.log.tail(40))
            server.remove()
        if not failed:
            assert not alarms, "log lines nobody explained:\n" \
                + "\n".join(alarms)

# Licensed under the Apache License, Version 2.0; see LICENSE.
"""A server whose wall clock can be set while it runs; CLOCK_MONOTONIC, which
nobody sets, is left alone."""

import glob
import os

from pg_httpd import Httpd

# Debian: libfaketime
LIBRARY = sorted(x for where in ("/usr/lib/*/faketime", "/usr/lib*/faketime")
                 for x in glob.glob(where + "/libfaketimeMT.so.1"))


def preloaded(env, **more):
    """The environment with the library ahead of what is preloaded already."""
    return {**env, "NO_FAKE_STAT": "1", "FAKETIME_DONT_FAKE_MONOTONIC": "1",
            "LD_PRELOAD": " ".join([LIBRARY[0],
                                    *env.get("LD_PRELOAD", "").split()]),
            **more}


class Clocked(Httpd):
    def _environment(self):
        return preloaded(super()._environment(), FAKETIME_CACHE_DURATION="1",
                         FAKETIME_TIMESTAMP_FILE=self.path("clock"))

    def set_clock(self, seconds):
        """Set how far httpd's clock is ahead; it notices within a second."""
        self.write("clock.new", f"{seconds:+d}\n")
        os.replace(self.path("clock.new"), self.path("clock"))

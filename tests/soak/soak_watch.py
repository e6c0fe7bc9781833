# Licensed under the Apache License, Version 2.0; see LICENSE.
"""What the server's processes hold: memory, descriptors, shared mappings."""

import os
import re
from collections import namedtuple

# rss, anon: KiB; fds: open descriptors; shared: shared mappings
Held = namedtuple("Held", "rss anon fds shared")

# KiB, and octets a request of the act. A child that only serves may have grown
# by so much in the last quarter of the calm act over the second quarter: httpd
# without the guard takes a minute to warm up, and up to 1 MiB for it. The
# parent's peak in the second half of the acts over that in the first half: it
# takes 1.4 MiB to copy the ledger for a checkpoint, and gives them back.
CHILD_MOST = 1024
CHILD_EACH = 16
PARENT_MOST = 1024


def _read(path):
    with open(path, encoding="utf-8", errors="replace") as f:
        return f.read()


def held(pid):
    status = _read(f"/proc/{pid}/status")
    maps = _read(f"/proc/{pid}/maps").splitlines()
    return Held(int(re.search(r"VmRSS:\s+(\d+)", status)[1]),
                int(re.search(r"RssAnon:\s+(\d+)", status)[1]),
                len(os.listdir(f"/proc/{pid}/fd")),
                sum(" " in m and m.split()[1].endswith("s") for m in maps))


def octets_of_address_space(pid):
    return 1024 * int(re.search(r"VmSize:\s+(\d+)",
                                _read(f"/proc/{pid}/status"))[1])


class Watch:
    """Samples of one server, and what is wrong with them."""

    def __init__(self, server):
        self.server = server
        self.parent = []            # one after each act
        self.children = {}          # pid -> samples, while it is calm
        self.calm = 0               # requests sent while it was
        self.ledger = set()         # its sizes: octets, blocks

    def look_at_parent(self):
        self.parent.append(held(self.server.process.pid))
        if self.server.guard:
            st = os.stat(os.path.join(self.server.state, "ledger"))
            self.ledger.add((st.st_size, st.st_blocks))

    def look_at_children(self):
        for pid in self.server.workers():
            try:
                self.children.setdefault(pid, []).append(held(pid))
            except (OSError, TypeError):
                pass                # gone meanwhile

    def child_growth(self):
        def growth(samples):
            n = len(samples) // 4
            return (max(s.anon for s in samples[-n:])
                    - max(s.anon for s in samples[n:2 * n]))
        return max((growth(s) for s in self.children.values()
                    if len(s) >= 8), default=0)

    def parent_growth(self):
        half = len(self.parent) // 2
        if not half:
            return 0
        return (max(s.rss for s in self.parent[half:])
                - max(s.rss for s in self.parent[:half]))

    def problems(self):
        most = CHILD_MOST + self.calm * CHILD_EACH // 1024
        if self.child_growth() > most:
            yield (f"a child grew by {self.child_growth()} KiB while it was "
                   f"calm; at most {most}")
        if self.parent_growth() > PARENT_MOST:
            yield (f"the parent grew by {self.parent_growth()} KiB; at most "
                   f"{PARENT_MOST}: "
                   + " ".join(str(s.rss) for s in self.parent))
        for name in ("fds", "shared"):
            seen = [getattr(s, name) for s in self.parent]
            if len(set(seen)) > 1:
                yield f"the parent's {name} are not constant: {seen}"
        if len(self.ledger) > 1:
            yield f"the ledger's file changed its size: {self.ledger}"

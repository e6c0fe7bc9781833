# Licensed under the Apache License, Version 2.0; see LICENSE.
"""What one client sent and what became of it; tallies add up."""

from collections import Counter, namedtuple

# One attempt while processes may be killed: seconds of the monotonic clock
Span = namedtuple("Span", "class_id begin end answered")

MOST_COMPLAINTS = 2         # in words, of one client and of all


class Tally:
    """sent, answered      requests by kind
    attempts, replies      attempts by class, and how many were answered
    statuses               (way, kind, status) of each answer
    unanswered             by "fresh" or "kept" connection: a server may end
                           a kept one at any time (RFC 9112 9.5), an HTTP/2
                           one with GOAWAY also a fresh one (RFC 9113 6.8)
    unreachable            connections that were refused: nothing was sent
    spans                  each attempt, where the act may kill
    mails                  ids of those that the sink answered with 250
    longest                seconds of the longest exchange, and what it was
    complaints             what must not happen, the first few in words
    wrong                  how often, by complaint"""

    def __init__(self):
        self.sent = Counter()
        self.answered = Counter()
        self.attempts = Counter()
        self.replies = Counter()
        self.statuses = Counter()
        self.unanswered = Counter()
        self.unreachable = 0
        self.spans = []
        self.mails = []
        self.longest = (0.0, "")
        self.wrong = Counter()
        self.complaints = []

    def complain(self, what, detail):
        self.wrong[what] += 1
        if self.wrong[what] <= MOST_COMPLAINTS:
            self.complaints.append(f"{what}: {detail}")

    def add(self, other):
        for name in ("sent", "answered", "attempts", "replies", "statuses",
                     "unanswered", "wrong"):
            getattr(self, name).update(getattr(other, name))
        self.unreachable += other.unreachable
        self.spans += other.spans
        self.mails += other.mails
        self.longest = max(self.longest, other.longest)
        for complaint in other.complaints:
            what = complaint.split(":")[0]
            if sum(x.startswith(what) for x in self.complaints) \
                    < MOST_COMPLAINTS:
                self.complaints.append(complaint)
        return self

    def bounds(self, windows):
        """class -> (least, most) that the server must have counted.

        Least: those that were answered, except while a process was killed
        (windows: begin and end of each time): then the answer may have left
        a process that died before it had counted. Most: all that were sent."""
        least, most = Counter(self.replies), Counter(self.attempts)
        for span in self.spans:
            if span.answered and any(span.begin < end and begin < span.end
                                     for begin, end in windows):
                least[span.class_id] -= 1
        return {c: (least[c], most[c]) for c in most}

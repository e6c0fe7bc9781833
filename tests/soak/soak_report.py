# Licensed under the Apache License, Version 2.0; see LICENSE.
"""The section of docs/measurements.md."""

from soak_acts import ACTS
from soak_watch import CHILD_EACH, CHILD_MOST, PARENT_MOST

ASSERTED = f"""What is asserted; anything else fails the run:

- each act by itself ({", ".join(a.name for a in ACTS)}):
  every attempt that was answered is counted exactly once, by class. An attempt
  that had no answer, or was in progress while a process was killed (which may
  have answered before it counted), may be counted once or not at all; nothing
  else may differ.
- a clean request gets the status that the same httpd gives without the guard.
  While descriptors or memory are short or the clock jumps, httpd may answer
  with errors of its own, never with the guard's.
- no attempt is answered with 2xx or 3xx (foreign Hosts are only observed), and
  none is relayed, although one port would be an open proxy without the guard.
- a new connection is answered in every act that kills no process (except over
  HTTP/2 when a generation ends, and over TLS when the clock jumps: httpd then
  hangs up on some, also without the guard), and every exchange ends within its
  deadline.
- each line of the error log (notice and above) is expected; no child ends by a
  signal other than the soak's own SIGKILL, or its backtrace is shown.
- memory: in the calm act no child's private memory is more than {CHILD_MOST}
  KiB plus {CHILD_EACH} bytes per request higher in the last quarter than in
  the second; the parent's peak in the second half of the acts is at most
  {PARENT_MOST} KiB higher than in the first half. The parent's descriptors
  and shared mappings, sampled after each act, and the ledger's file size
  are constant.
- each mail that the sink answered with 250 is in its spool, which takes one
  more after all acts. A request that a rule would send to a host of the
  client's choice is stopped and counted once; one to a host that the rule
  itself names is forwarded.
- when no ledger can be created on a full disk, PG0003 says why, and attempts
  are still denied; once there is room, they are counted.
- after the stop, `proxyguard show` finds in ledger and checkpoint what the
  status page showed last."""


def thousands(number):
    return f"{number:,}"


def table(rows):
    """Rows of cells as Markdown; the first row is the head."""
    head, *rest = rows
    lines = [head, ["---"] + ["---:"] * (len(head) - 1), *rest]
    return "\n".join("| " + " | ".join(str(c) for c in row) + " |"
                     for row in lines)


def _numbers(run):
    total = run.total
    replies = sum(total.replies.values())
    parent = run.watch.parent if run.watch else []
    rss = f"{parent[0].rss} / {parent[-1].rss}" if parent else "-"
    seconds, what = total.longest
    return {
        "seconds under load": f"{run.loaded:.0f}",
        "requests sent": thousands(sum(total.sent.values())),
        "answered": thousands(sum(total.answered.values())),
        "attempts sent": thousands(sum(total.attempts.values())),
        "attempts answered": thousands(replies),
        "attempts counted": thousands(run.counted),
        "counted less answered": f"{run.counted - replies:+d}",
        "sent without an answer": thousands(sum(total.unanswered.values())),
        "may be counted or not": thousands(run.uncertain),
        "parent, RSS first / last (KiB)": rss,
        "child, growth (KiB)": run.watch.child_growth() if run.watch else "-",
        "longest exchange (s)": f"{seconds:.1f}",
        "(which was)": what.split(":")[0],
        "mails, answered with 250": thousands(len(total.mails)),
    }


def _by(runs, title, counters):
    names = sorted(set().union(*counters))
    return table([[title, *(r.mpm for r in runs)]]
                 + [[n, *(thousands(c[n]) for c in counters)]
                    for n in names])


def report(runs, seed, seconds):
    numbers = [_numbers(run) for run in runs]
    parts = [
        f"SOAK_SEED={seed}, {seconds:.0f} s in all. Clients in ten threads "
        "of four processes keep their own tallies; HTTP/2 (h2c, and h2 over "
        "TLS) only under event and worker, as mod_http2 requires.",
        table([["", *(r.mpm for r in runs)]]
              + [[name, *(n[name] for n in numbers)] for name in numbers[0]]),
        _by(runs, "sent, by kind", [r.total.sent for r in runs]),
        _by(runs, "done to the server", [r.done for r in runs]),
    ]
    findings = [f"- {run.mpm}: {count} x {what}" for run in runs
                for what, count in run.findings.items()]
    parts.append("httpd's own, announced:\n\n" + "\n".join(findings)
                 if findings else "Nothing of httpd's own was found.")
    problems = [f"- {p}" for run in runs for p in run.problems]
    parts.append(f"**{len(problems)} problems:**\n\n" + "\n".join(problems)
                 if problems else "No problems.")
    return "\n\n".join([*parts, ASSERTED])

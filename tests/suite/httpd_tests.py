# Licensed under the Apache License, Version 2.0; see LICENSE.
"""httpd's own test suite, three times: by the stock server, with the guard
observing and with the guard denying. The first two must give the same result
for every assertion; the third may differ only as explained.tsv says.

    httpd_tests.py /path/to/perl-framework [t/apache/limits.t ...]

The suite's servers listen on every address, and one of them is an open proxy.
So each run has a network of its own, in which there is only a loopback, and
a /tmp of its own (unshare); what it leaves running ends with it. Nothing is
written to the folder of the suite."""

import argparse
import concurrent.futures
import glob
import os
import pwd
import re
import shutil
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.dirname(os.path.dirname(HERE))
sys.path.insert(0, os.path.join(TOP, "tests", "bench"))
sys.path.insert(0, HERE)

import measurements                                         # noqa: E402
import tap                                                  # noqa: E402

WORK = os.path.join(TOP, "build", "suite")
PLACE = "/mnt"                  # where a run finds its folder
LIMIT = 3600                    # seconds for a run
MODES = {
    "stock": None,
    "observe": "Observe",
    "deny": "On",
}
# these before all others, which need them
FIRST = ("authn_core", "authz_core", "proxy", "dav", "cache", "session",
         "ldap", "dbd", "slotmem_shm", "socache_shmcb")
# no part of httpd, or one that the suite does not know
OTHERS = ("security2", "perl", "qos", "evasive", "evasive20", "proxyguard",
          "md")


class Trouble(Exception):
    """What cannot be run, and why."""


# --- one run ---------------------------------------------------------------

def queried(what):
    run = subprocess.run(["apxs", "-q", what], capture_output=True,
                         text=True, check=True)
    return run.stdout.strip()


def modules(mpm):
    """LoadModule lines for all modules that httpd has."""
    folder = queried("LIBEXECDIR")
    there = [os.path.basename(p)[4:-3]
             for p in sorted(glob.glob(os.path.join(folder, "mod_*.so")))]
    no_cgi = "cgid" if mpm == "prefork" else "cgi"
    names = ["mpm_" + mpm, *(n for n in FIRST if n in there)]
    names += [n for n in there if n not in FIRST + OTHERS
              and not n.startswith("mpm_") and n != no_cgi]
    return "".join(f"LoadModule {n}_module {folder}/mod_{n}.so\n"
                   for n in names)


def user():
    """The user that runs the suite, which refuses root."""
    return pwd.getpwnam("nobody") if os.geteuid() == 0 \
        else pwd.getpwuid(os.geteuid())


def hand_over(folder):
    if os.geteuid() != 0:
        return
    who = user()
    for path, folders, files in os.walk(folder):
        for name in [".", *folders, *files]:
            os.chown(os.path.join(path, name), who.pw_uid, who.pw_gid,
                     follow_symlinks=False)


def prepare(mode, framework, module, mpm):
    """A folder with a copy of the suite and what the mode adds to it."""
    run = os.path.join(WORK, mode)
    shutil.rmtree(run, ignore_errors=True)
    shutil.copytree(framework, run, symlinks=True)
    for name in ("tap", "tmp"):
        os.mkdir(os.path.join(run, name))
    text = modules(mpm)
    if MODES[mode]:
        shutil.copy(module, os.path.join(run, "mod_proxyguard.so"))
        text += f"LoadModule proxyguard_module {PLACE}/mod_proxyguard.so\n"
        with open(os.path.join(run, "t", "conf", "guard.conf.in"), "w",
                  encoding="utf-8") as f:
            f.write(f"ProxyGuard {MODES[mode]}\n"
                    "ProxyGuardLedger @t_logs@/proxyguard.ledger\n")
    with open(os.path.join(run, "modules.conf"), "w", encoding="utf-8") as f:
        f.write(text)
    hand_over(run)
    return run


def apart(run, script):
    """The command that runs a script with a network, a /tmp and process ids of
    its own: nothing outlives it."""
    inside = (f"ip link set lo up && mount --bind '{run}' {PLACE} && "
              f"mount --bind {PLACE}/tmp /tmp && cd {PLACE} && exec setpriv ")
    if os.geteuid() == 0:
        who = user()
        space = []
        inside += (f"--reuid {who.pw_uid} --regid {who.pw_gid} "
                   "--clear-groups ")
    else:
        space = ["--user", "--map-current-user", "--keep-caps"]
        inside += "--inh-caps=-all --ambient-caps=-all "
    # the shell stays (true), to collect what ends
    return ["nice", "unshare", "--net", "--mount", "--pid", "--fork",
            "--kill-child", "--mount-proc", *space, "sh", "-c",
            inside + f"sh -c '{script}; true'"]


def perform(mode, run, tests):
    script = (f"perl Makefile.PL -apxs {shutil.which('apxs')} "
              f"-httpd_conf {PLACE}/modules.conf && t/TEST {' '.join(tests)}")
    env = {"PATH": os.environ["PATH"], "HOME": PLACE,
           "USER": user().pw_name, "LC_ALL": "C.UTF-8",
           "PERL_TEST_HARNESS_DUMP_TAP": f"{PLACE}/tap", "HARNESS_TIMER": "1"}
    with open(os.path.join(WORK, mode + ".log"), "wb") as log:
        subprocess.run(apart(run, script), env=env, stdout=log, stderr=log,
                       stdin=subprocess.DEVNULL, timeout=LIMIT, check=False)


def crashes(run):
    """Lines in the error log about children that crashed."""
    with open(os.path.join(run, "t", "logs", "error_log"), "rb") as f:
        return sum(b" exit signal " in line for line in f)


def run_all(args):
    """mode -> its folder, once all three have been through the suite."""
    runs = {m: prepare(m, args.framework, args.module, args.mpm)
            for m in MODES}
    with concurrent.futures.ThreadPoolExecutor(len(runs)) as pool:
        for done in [pool.submit(perform, m, run, args.tests)
                     for m, run in runs.items()]:
            done.result()
    for mode, run in runs.items():
        if not os.listdir(os.path.join(run, "tap")):
            raise Trouble(f"no test ran in mode {mode}: "
                          f"see {WORK}/{mode}.log")
    return runs


# --- what it shows ---------------------------------------------------------

def counts(results):
    states = [r.state for file in results.values() for r in file.values()]
    return {s: states.count(s)
            for s in ("ok", "not ok", "skip", "todo", "missing")}


def attempts(run):
    """What the guard counted, as `proxyguard show` has it."""
    ledger = os.path.join(run, "t", "logs", "proxyguard.ledger")
    if not os.path.exists(ledger):
        return ""
    said = subprocess.run(
        [os.path.join(TOP, "build", "proxyguard"), "show", "-O", "json",
         ledger], capture_output=True, text=True, check=False).stdout
    found = re.search(r'"by_outcome": \{(.*?)\}', said)
    return ", ".join(re.findall(r'"(\w+": [1-9]\d*)', found[1])) \
        .replace('"', "") if found else "no ledger"


def table(runs, results):
    yield ("| httpd | files | assertions | ok | not ok | skipped or to do | "
           "missing | children that crashed | attempts |")
    yield "|---|--:|--:|--:|--:|--:|--:|--:|---|"
    for mode, found in results.items():
        n = counts(found)
        yield (f"| {mode} | {len(found)} | {sum(n.values())} | {n['ok']} | "
               f"{n['not ok']} | {n['skip'] + n['todo']} | {n['missing']} | "
               f"{crashes(runs[mode])} | {attempts(runs[mode])} |")


def failing(stock):
    """The assertions that the stock server itself fails, by file."""
    bad = {name: sum(r.state in ("not ok", "missing") for r in file.values())
           for name, file in stock.items()}
    return ", ".join(f"{name} ({n})" for name, n in sorted(bad.items()) if n)


def explained_text(explained):
    """Every explained difference, by file and request."""
    for reason in dict.fromkeys(r for _, r in explained if r):
        mine = [d for d, r in explained if r is reason]
        sent = dict.fromkeys(
            re.sub(r"(\\r|\\n)+", " · ", d.now.sent).strip(" ·")
            for d in mine)
        yield (f"\n{reason.file}, assertions "
               + tap.ranges(d.number for d in mine)
               + f": {reason.text}. Sent: "
               + "; ".join(f"`{s}`" for s in sent) + ".")


def broken_by(runs, results):
    """(explained differences, differences that must not be)."""
    stock = results["stock"]
    explained = tap.explain(tap.differences(stock, results["deny"]),
                            tap.reasons(os.path.join(HERE, "explained.tsv")))
    bad = [("observe", d) for d in tap.differences(stock, results["observe"])]
    bad += [("deny", d) for d, reason in explained if reason is None]
    lines = [f"{mode}: {d.file} {d.number}: {d.was.state}, now {d.now.state}"
             for mode, d in bad]
    lines += [f"{mode}: {crashes(run)} children crashed, stock "
              f"{crashes(runs['stock'])}" for mode, run in runs.items()
              if crashes(run) > crashes(runs["stock"])]
    return explained, lines


def text_of(runs, results, seconds, mpm):
    explained, broken = broken_by(runs, results)
    lines = [f"The suite with all of httpd's modules, MPM {mpm}: without the "
             "guard, with `ProxyGuard Observe`, and with `ProxyGuard On`, "
             "each run in a network namespace of its own.\n",
             *table(runs, results)]
    n = sum(1 for _, reason in explained if reason)
    lines.append("\nObserving gives "
                 + ("the same result for every assertion"
                    if not any(x.startswith("observe:") for x in broken)
                    else "**other results**")
                 + f"; denying changes the results of {n} assertions that are "
                 "explained below, and of "
                 f"{len([x for x in broken if x[:5] == 'deny:'])} others.")
    lines += explained_text(explained)
    lines += ["\nWithout the guard, these fail too: "
              f"{failing(results['stock'])}."] \
        if failing(results["stock"]) else []
    lines += ["\n**Not explained:**\n", *(f"- {x}" for x in broken)] \
        if broken else []
    lines += [f"\nThe run took {seconds:.0f} s."] if seconds else []
    return "\n".join(lines), broken


def check(args):
    if not os.path.exists(os.path.join(args.framework, "t", "conf",
                                       "extra.conf.in")):
        raise Trouble(f"{args.framework}: no perl-framework of httpd there "
                      "(it has t/conf/extra.conf.in); docs/httpd-tests.md "
                      "says where to get it")
    for command in ("apxs", "perl", "unshare", "setpriv", "ip", "openssl"):
        if shutil.which(command) is None:
            raise Trouble(f"{command} is missing: make deps-suite")
    if subprocess.run(["perl", "-MApache::Test", "-e", "1"], check=False,
                      capture_output=True).returncode:
        raise Trouble("perl has no Apache::Test: make deps-suite")


def main():
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--print", action="store_true",
                         help="write nothing to docs/measurements.md")
    options.add_argument("--again", action="store_true",
                         help="compare what the last run left")
    options.add_argument("--mpm", default="event",
                         choices=("event", "worker", "prefork"))
    options.add_argument("--module", default=os.path.join(
        TOP, "build", "mod_proxyguard.so"))
    options.add_argument("framework")
    options.add_argument("tests", nargs="*")
    args = options.parse_args()
    begin = time.monotonic()
    try:
        check(args)
        runs = {m: os.path.join(WORK, m) for m in MODES} if args.again \
            else run_all(args)
    except (Trouble, subprocess.TimeoutExpired) as e:
        print(f"httpd_tests.py: {e}", file=sys.stderr)
        return 2
    results = {m: tap.read(os.path.join(run, "tap"))
               for m, run in runs.items()}
    seconds = 0 if args.again else time.monotonic() - begin
    text, broken = text_of(runs, results, seconds, args.mpm)
    print(text)
    if not args.print:
        measurements.write("suite", text)
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())

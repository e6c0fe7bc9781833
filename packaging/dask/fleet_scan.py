#!/usr/bin/env python3
# Licensed under the Apache License, Version 2.0; see LICENSE.
"""Scan more access logs than one machine can, with Dask: each worker scans
its share into ledgers, which are merged in pairs until one is left.

    fleet_scan.py --scheduler tcp://HOST:8786 --secret fleet.secret \\
        --own-host www.example.org --own-host '*.example.net' \\
        --out fleet.ledger LOG...

The logs, the secret and the folder of --out must have the same paths on each
worker, and the command proxyguard must be installed there. `proxyguard show
fleet.ledger` then answers what one scan of all logs would have."""

import argparse
import os
import subprocess
import sys
import tempfile


CANNOT_TELL = 3


def call(*command):
    """Its exit status; what the command says when it fails is the error."""
    done = subprocess.run(command, capture_output=True, text=True,
                          check=False)
    if done.returncode >= 64:
        raise RuntimeError(f"{' '.join(command)}: {done.stderr.strip()}")
    return done.returncode


# A part is (ledger, logs that could not be read well enough to say that they
# contain no attempts). When Dask repeats work because a worker was lost, what
# is done already is found and not counted twice.

def scan(log, ledger, options):
    # One thread: Dask gives this worker a log for each of its threads. Without
    # learning: a name that only one log reveals would be ours in that log and
    # a third party's in the others.
    status = call("proxyguard", "scan", "-q", "-j1", "--no-learn", "-Ocsv",
                  *options, "--into", ledger, "--", log)
    return ledger, [log] if status == CANNOT_TELL else []


def merge(one, other, out):
    if not os.path.exists(out):
        call("proxyguard", "merge", "-o", out, one[0], other[0])
    return out, one[1] + other[1]


def reduce_pairs(client, parts, folder):
    """A tree, so that merging runs on all workers, too."""
    level = 0
    while len(parts) > 1:
        level += 1
        pairs = zip(parts[::2], parts[1::2])
        merged = [client.submit(merge, one, other,
                                f"{folder}/{level}.{n}.ledger", pure=False)
                  for n, (one, other) in enumerate(pairs)]
        parts = merged + (parts[-1:] if len(parts) % 2 else [])
    return parts[0]


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--scheduler", required=True)
    parser.add_argument("--secret", required=True,
                        help="file with the ProxyGuardSecret of the fleet")
    parser.add_argument("--own-host", action="append", required=True)
    parser.add_argument("--out", required=True)
    parser.add_argument("logs", nargs="+", metavar="LOG")
    return parser.parse_args()


def main():
    from dask.distributed import Client

    args = arguments()
    if os.path.exists(args.out):
        sys.exit(f"{args.out}: is there already")
    options = ["--secret", args.secret]
    for name in args.own_host:
        options += ["--own-host", name]
    with Client(args.scheduler) as client, tempfile.TemporaryDirectory(
            dir=os.path.dirname(os.path.abspath(args.out))) as folder:
        parts = [client.submit(scan, log, f"{folder}/0.{n}.ledger", options,
                               pure=False)
                 for n, log in enumerate(args.logs)]
        ledger, unread = reduce_pairs(client, parts, folder).result()
        os.rename(ledger, args.out)
    for log in unread:
        print(f"{log}: cannot tell: too little of it could be read",
              file=sys.stderr)
    sys.exit(CANNOT_TELL if unread else 0)


if __name__ == "__main__":
    main()

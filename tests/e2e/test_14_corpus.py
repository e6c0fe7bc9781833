# Licensed under the Apache License, Version 2.0; see LICENSE.
"""Every row of tests/cases/classify.tsv, sent to a real httpd, which must
reach the same verdict as the unit test."""

import json

import pytest

from pg_attempts import OTHERWISE, ROWS, can_be_sent
from pg_cases import octets_of, own_names

EVIDENCE = """
ProxyGuardEvidenceLog @ROOT@/evidence.json
ProxyGuardEvidenceRate Off
"""


def found(server):
    """(class, reason) that the last exchange left in the log."""
    lines = server.log.take_all(" PG01")
    server.log.take_all("AH")
    if not lines:
        return ("clean", None)
    assert len(lines) == 1, lines
    return (lines[0].fields["class"], lines[0].reason)


def test_httpd_comes_to_the_same_answer_for_every_row(httpd_with):
    # 127.0.0.1 is not ours in the rows
    server = httpd_with("ProxyGuardOwnHost " + own_names() + EVIDENCE,
                        name="own.test", listen="127.0.0.2")
    wrong, families = [], []
    for number, (line, host, class_id, family, reason, *_) in ROWS:
        if not can_be_sent(line):
            continue
        server.send(octets_of(line, host), timeout=3)
        want = (class_id.decode(), family and family.decode(),
                reason.decode())
        class_id, family, reason = OTHERWISE.get(line, want)
        got = found(server)
        if class_id == "clean":
            reason = None
        else:
            families.append((number, family))
        if got != (class_id, reason):
            wrong.append(f"classify.tsv:{number}: {line!r}: {got}, not "
                         f"{(class_id, reason)}")
    assert not wrong, "\n" + "\n".join(wrong)
    with open(server.path("evidence.json"), encoding="utf-8") as f:
        logged = [json.loads(x)["proxyguard"]["family"] for x in f]
    assert list(zip((number for number, _ in families), logged,
                    strict=True)) == families


def test_most_rows_can_be_sent():
    sent = [r for r in ROWS if can_be_sent(r[1][0])]
    assert len(sent) >= 0.8 * len(ROWS)


@pytest.mark.parametrize("line", [b"GET http://s.test/\0x HTTP/1.1",
                                  b"CONNECT s.test:25\0 HTTP/1.1"])
def test_a_line_that_httpd_cuts_at_a_nul_is_still_an_attempt(httpd, line):
    httpd.send(octets_of(line, b"s.test"))
    assert found(httpd)[0] in ("absolute", "connect-mail", "malformed",
                               "connect-other")

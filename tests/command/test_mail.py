# Licensed under the Apache License, Version 2.0; see LICENSE.
"""proxyguard mail, on spools that no server wrote."""

import base64
import email
import json
import os
import random
import re
import subprocess

import pytest

from pg_cli import COMMAND, run

# made up; each block is a campaign, the first is what all of them say, too
PHRASES = [block.split() for block in """
親愛的客戶您好 敬請把握機會 詳情請點選連結 數量有限售完為止
線上立即訂購 全省免費宅配 客服專線為您服務 如不願收到此信請回覆
最後倒數計時 滿意保證可退貨 祝您事事順心 本公司保留修改權利

名牌手錶特價優惠 瑞士機芯精準耐用 經典款式任您挑選 情人節最佳獻禮
限時三折起 藍寶石水晶鏡面 真皮錶帶質感出眾 附原廠保證書
收藏家首選 男女對錶 夜光指針清晰 防水五十米

低利信用貸款 免保人免擔保 快速核貸當日撥款 整合負債降低月付
軍公教優先 房屋二胎 信用瑕疵可辦 額度最高三百萬
專人到府收件 手續簡便 利率最低百分之二 不限用途

減肥瘦身新療程 天然草本配方 一個月見效 無需節食運動
醫師推薦 燃燒脂肪 告別小腹 回購率第一
明星都在用 不復胖秘訣 真人見證分享 健康美麗

在家工作兼職賺錢 時間自由彈性 無經驗可 每日只需兩小時
月入十萬不是夢 免費創業說明會 財富自由 團隊帶領
開拓網路事業 學生主婦皆宜 被動收入 名額只剩十位
""".strip().split("\n\n")]
WHO = ["王小明", "李大華", "陳美麗", "林先生", "張太太"]


def letter(campaign, rng):
    """A variant: other names, numbers and links, some phrases left out."""
    words = [p for p in PHRASES[0][:8] + PHRASES[campaign]
             if rng.random() < 0.9]
    text = (f"{rng.choice(WHO)}，" + "，".join(words)
            + f"。電話 {rng.randrange(10**8)}\r\n"
            f"http://www{rng.randrange(99)}.shop{campaign}.example/"
            f"{rng.randrange(10**6)}\r\n")
    return (f"Subject: campaign {campaign}\r\n"
            "Content-Type: text/plain; charset=Big5\r\n"
            "Content-Transfer-Encoding: base64\r\n\r\n"
            + base64.encodebytes(text.encode("big5")).decode()
            .replace("\n", "\r\n"))


def entry(number, message):
    return (f"From a@b.example Wed Nov 25 22:51:34 2026\n"
            "Return-Path: <a@b.example>\nDelivered-To: c@d.example\n"
            "Delivered-To: e@f.example\n"
            "Received: from pc ([192.0.2.7])\n\tby mx.example (proxyguard "
            f"sink) with ESMTP id 0a-{number};\n"
            "\tWed, 25 Nov 2026 22:51:34 +0000\n"
            f"X-ProxyGuard-Id: 0a-{number}\nX-ProxyGuard-Conversation: 0a\n"
            "X-ProxyGuard-Source: 192.0.2.7\n"
            "X-ProxyGuard-Target: mx.example:25\n"
            "X-ProxyGuard-Auth: LOGIN\nX-ProxyGuard-Kept: message\n"
            f"X-ProxyGuard-Size: {len(message)}\n" + message + "\n")


def spool(tmp_path, *messages, coding="ascii"):
    path = tmp_path / "spool.mbox"
    path.write_text("".join(entry(i + 1, m) for i, m in enumerate(messages)),
                    encoding=coding, newline="")
    return path


def test_sixty_big5_mails_are_the_campaigns_that_they_are(tmp_path):
    rng = random.Random(1)
    messages = [letter(1 + i % 4, rng) for i in range(60)]
    done = run("mail", "campaigns", spool(tmp_path, *messages))
    assert done.returncode == 0, done.stderr
    rows = [line.split() for line in done.stdout.decode().splitlines()]
    assert sorted(row[-1] for row in rows) == ["1", "2", "3", "4"]
    assert {row[1] for row in rows} == {"big5"}
    # at most one of them is taken for one of another campaign
    assert {int(row[0]) for row in rows} <= {14, 15, 16}


@pytest.mark.parametrize("charset, text", [
    ("Big5", "親愛的客戶您好"), ("GB2312", "亲爱的客户"), ("GB18030", "亲爱的㐀"),
    ("ISO-2022-JP", "お客様各位"), ("Shift_JIS", "お客様各位"),
    ("utf-8", "Grüße"), ("x-unknown", "abc")])
def test_mail_is_shown_in_each_charset(tmp_path, charset, text):
    octets = text.encode("ascii" if charset == "x-unknown" else charset)
    word = base64.b64encode(octets).decode()
    path = spool(tmp_path, f"Subject: =?{charset}?B?{word}?=\r\n"
                 f"Content-Type: text/html; charset={charset}\r\n"
                 "Content-Transfer-Encoding: base64\r\n\r\n"
                 + base64.b64encode(b"<p>" + octets + b"</p>").decode()
                 + "\r\n")
    shown = run("mail", "show", path, "0a-1").stdout.decode()
    assert shown.endswith(f"\n\n{text}\n")
    assert charset == "x-unknown" or f"Subject: {text}\n" in shown


def test_a_forged_id_names_no_file(tmp_path):
    path = spool(tmp_path, "Subject: x\r\n\r\nx\r\n")
    for name in ("../../x", str(tmp_path / "x"), "a\x1b[2J", "x" * 300, ".",
                 ""):
        with open(path, "a", encoding="ascii") as f:
            f.write(entry(2, "Subject: x\r\n\r\nx\r\n").replace(
                "X-ProxyGuard-Id: 0a-2", f"X-ProxyGuard-Id: {name}"))
    for form in ("--eml", "--maildir", "--json"):
        out = tmp_path / form
        assert run("mail", "export", form, path, out).returncode == 0
        assert len([f for *_, files in os.walk(out) for f in files]) == 1
    assert not list(tmp_path.rglob("x*")) + list(tmp_path.parent.glob("x*"))
    assert b"\x1b" not in run("mail", "list", path).stdout


def test_a_mail_is_exported_as_json(tmp_path):
    path = spool(tmp_path, "From: Joe <joe@a.example>\r\n"
                 "Subject: =?big5?B?pKSk5Q==?=\r\n\r\nhello\x1b\r\n",
                 letter(1, random.Random(2)))
    out = tmp_path / "out"
    assert run("mail", "export", "--json", path, out).returncode == 0
    first, second = (json.loads((out / f"0a-{n}.json").read_bytes())
                     for n in (1, 2))
    assert first["@timestamp"] == "2026-11-25T22:51:34.000Z"
    assert first["source"]["ip"] == "192.0.2.7"
    assert first["destination"] == {"address": "mx.example", "port": 25}
    assert first["email"]["from"]["address"] == ["joe@a.example"]
    assert first["email"]["subject"] == "中文"
    sink = first["proxyguard"]["sink"]
    assert sink["recipients"] == ["c@d.example", "e@f.example"]
    assert (sink["sender"], sink["helo"], sink["auth"]) == ("a@b.example",
                                                            "pc", "LOGIN")
    assert sink["text"] == "hello\\x1b\n"
    assert "瑞士機芯精準耐用" in second["proxyguard"]["sink"]["text"]


@pytest.mark.parametrize("sender, known", [
    ("a@b.example Wed", True), ("Wed", True), ("MAILER-DAEMON-Wed", True),
    ("ed", False)])
def test_the_time_of_a_mail_is_the_end_of_its_first_line(tmp_path, sender,
                                                         known):
    path = spool(tmp_path, "Subject: x\r\n\r\nhello\r\n")
    path.write_text(path.read_text().replace("a@b.example Wed", sender, 1))
    assert run("mail", "export", "--json", path, tmp_path / "out"
               ).returncode == 0
    found = json.loads((tmp_path / "out" / "0a-1.json").read_bytes())
    assert (found["@timestamp"] == "2026-11-25T22:51:34.000Z") == known


@pytest.mark.parametrize("form, name", [("--eml", "{}.eml"),
                                        ("--maildir", "new/{}"),
                                        ("--json", "{}.json")])
def test_an_export_again_adds_only_what_is_new(tmp_path, form, name):
    letters = [f"Subject: {n}\r\n\r\n{n}\r\n" for n in (1, 2, 3)]
    out = tmp_path / "out"
    first, second, third = (out / name.format(f"0a-{n}") for n in (1, 2, 3))
    done = run("mail", "export", form, spool(tmp_path, *letters[:2]), out)
    assert (done.returncode, done.stderr) == (0, b"")
    if form == "--maildir":             # it has been read since
        first.rename(out / "cur" / "0a-1:2,S")
    else:
        before = first.stat().st_ino
    done = run("mail", "export", form, spool(tmp_path, *letters), out)
    assert done.returncode == 0 and third.exists()
    assert f"1 written to '{out}', 2 already there" in \
        done.stderr.decode()
    assert first.exists() == (form != "--maildir")
    assert form == "--maildir" or first.stat().st_ino == before
    second.write_bytes(b"somebody's own")
    third.unlink()
    done = run("mail", "export", form, spool(tmp_path, *letters), out)
    assert done.returncode == 74 and third.exists()
    assert f"'{second}' exists with other content" in \
        done.stderr.decode()
    assert second.read_bytes() == b"somebody's own"


def test_an_export_that_cannot_be_written_leaves_no_part(tmp_path):
    path = spool(tmp_path, "Subject: x\r\n\r\n" + "x" * 9000)
    out = tmp_path / "out"
    done = subprocess.run(["prlimit", "--fsize=8192", COMMAND, "mail",
                           "export", path, out], check=False,
                          stderr=subprocess.PIPE, timeout=20)
    assert done.returncode == 74 and b"cannot be written" in done.stderr
    assert list(out.iterdir()) == []


def test_empty_lines_after_a_torn_mail_are_not_its_own(tmp_path):
    letters = ["Subject: 1\r\n\r\none\r\n", "Subject: 2\r\n\r\ntwo\r\n"]
    path = spool(tmp_path, *letters)
    path.write_bytes(path.read_bytes().replace(b"\n\nFrom ", b"\n\n\n\nFrom "))
    assert run("mail", "export", path, tmp_path / "out").returncode == 0
    for n, sent in enumerate(letters):
        assert (tmp_path / "out" / f"0a-{n + 1}.eml").read_bytes() \
            == sent.encode()


@pytest.mark.parametrize("subject", [
    "=?utf-8?B?aGVsbG8=?=\r\n =?utf-8?Q?x?=", "x" * 5000, "é" * 900,
    "c@d.example " * 90])
def test_a_report_has_its_fields_on_lines_that_are_not_too_long(tmp_path,
                                                                subject):
    path = spool(tmp_path, f"Subject: {subject}\r\n\r\nx\r\n", coding="utf-8")
    done = run("mail", "report", "--arf", path, "0a-1")
    assert done.returncode == 0 and b"\\x0d" not in done.stdout
    assert b"\nDate:" not in done.stdout and b"c@d.example" not in done.stdout
    assert max(map(len, done.stdout.splitlines())) <= 998
    part = email.message_from_bytes(done.stdout).get_payload()[2]
    assert part.get_payload().startswith("Subject: ")


def test_a_report_is_one_that_others_can_read(tmp_path):
    path = spool(tmp_path, "Subject: c@d.example, your mailbox is full\r\n"
                 "Date: today\r\n\r\nsecret\r\n")
    done = run("mail", "report", "--arf", path, "0a-1")
    text = done.stdout.decode()
    assert "Feedback-Type: abuse\n" in text and "\nVersion: 1\n" in text
    assert "\nArrival-Date: Wed, 25 Nov 2026 22:51:34 +0000\n" in text
    assert "\nOriginal-Rcpt-To: <xxx@d.example>\n" in text
    assert "\nSubject: xxx@d.example, your mailbox is full\n" in text
    assert "c@d.example" not in text and "secret" not in text
    assert run("mail", "report", path, "0a-1").returncode == 64


@pytest.mark.parametrize("subject, shown", [
    ("c@d.example x", " x"), ("a b c@d.example y z", "a b * y z"),
    ("=?utf-8?Q?c=40d.example?= y", "* y"), ("c@d.example", "*")])
def test_a_recipient_in_a_subject_is_masked_and_the_rest_is_kept(
        tmp_path, subject, shown):
    path = spool(tmp_path, f"Subject: {subject}\r\n\r\nx\r\n")
    done = run("mail", "report", "--arf", path, "0a-1")
    part = email.message_from_bytes(done.stdout).get_payload()[2]
    text = part.get_payload().splitlines()[0].removeprefix("Subject: ")
    words = ["*" if "@" in x else x for x in text.split(" ")]
    assert " ".join(words).endswith(shown)
    assert "c@d" not in text


@pytest.mark.parametrize("octets, status", [
    (b"", 0), (b"x", 65), (b"From", 65), (b"From x", 0), (b"\n", 65)])
def test_a_spool_is_a_mailbox(tmp_path, octets, status):
    (tmp_path / "spool").write_bytes(octets)
    done = run("mail", "list", tmp_path / "spool")
    assert done.returncode == status, done.stderr
    assert (b"is not a mailbox" in done.stderr) == (status == 65)


def test_the_fields_of_a_mail_are_shown_in_one_order(tmp_path):
    names = ["From", "To", "Cc", "Reply-To", "Date", "Subject"]
    fields = "".join(f"{x}: of {x}\r\n" for x in reversed(names))
    path = spool(tmp_path, f"X: y\r\n{fields}Bcc: z\r\n\r\nx\r\n")
    text = run("mail", "show", path, "0a-1").stdout.decode()
    assert "".join(f"{x}: of {x}\n" for x in names) in text
    assert "Bcc" not in text and "X: y" not in text


@pytest.mark.parametrize("field", ["Subject", "Date"])
@pytest.mark.parametrize("n", [239, 240, 241])
def test_a_report_shows_240_octets_of_a_field(tmp_path, field, n):
    value = "0123456789" * 24 + "x"
    path = spool(tmp_path, f"{field}: {value[:n]}\r\nTo: c@d.example\r\n\r\n"
                 "x\r\n")
    said = run("mail", "report", "--arf", path, "0a-1").stdout.decode()
    assert f"\n{field}: {value[:min(n, 240)]}\n" in said


SUBJECTS = {
    "one": "one", "one\r\n two": "one two", "one\r\n\ttwo": r"one\x09two",
    "=?utf-8?Q?a?=": "=?utf-8?Q?a?=", "=?utf-8?Q?c=40d?= x": "xxx@d x",
    "a@b": "xxx@b", "@": "xxx@", "a@b@c d": "xxx@c d", "  a  b@c ": "a  xxx@c",
    "x " * 119 + "y@z.example": "x " * 119 + "xxx@",
    "x " * 119 + "yy@z.example": "x " * 119 + "yy"
}


@pytest.mark.parametrize("subject", SUBJECTS)
def test_a_report_names_no_recipient_in_the_subject(tmp_path, subject):
    path = spool(tmp_path, f"Subject: {subject}\r\n\r\nx\r\n")
    said = run("mail", "report", "--arf", path, "0a-1").stdout.decode()
    assert re.search("Content-Type: text/rfc822-headers\n\nSubject: (.*)\n\n--",
                     said, re.S)[1] == SUBJECTS[subject]


def words(first, n):
    """Some that have hardly anything in common."""
    rng = random.Random(first)
    return " ".join("".join(rng.choices("abcdefghijklmnopqrstuvwxyz", k=9))
                    for _ in range(n))


def plain(number, body):
    return (f"Subject: mail {number}\r\nContent-Type: text/plain; "
            f"charset=us-ascii\r\n\r\n{body}\r\n")


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_a_mail_belongs_to_the_campaign_most_like_it(tmp_path, order):
    """It quotes all of both, and more of one."""
    near = [words(0, 60), words(1, 45)]
    rows = [x.split() for x in run("mail", "campaigns", spool(
        tmp_path, *(plain(i, near[i]) for i in order),
        plain(2, " ".join(near)))).stdout.decode().splitlines()]
    assert [(row[-1], row[0]) for row in rows] == [
        (str(i), "12"[i == 0]) for i in order]
    rows = [x.split() for x in run("mail", "campaigns", spool(
        tmp_path, plain(1, near[1]), plain(2, " ".join(near)))
    ).stdout.decode().splitlines()]
    assert [(row[-1], row[0]) for row in rows] == [("1", "2")]


@pytest.mark.parametrize("form, name", [
    ("--eml", "0a-{}.eml"), ("--maildir", "new/0a-{}"),
    ("--json", "0a-{}.json")])
def test_a_second_export_adds_what_is_new_and_says_what_is_there(
        tmp_path, form, name):
    first = "Subject: one\r\n\r\nx\r\n"
    out = tmp_path / "out"
    done = run("mail", "export", form, spool(tmp_path, first), out)
    assert (done.returncode, done.stderr) == (0, b"")
    path = spool(tmp_path, first, "Subject: two\r\n\r\n",
                 "Subject: three\r\n\r\ny\r\n")
    done = run("mail", "export", form, path, out)
    assert done.returncode == 0
    assert done.stderr.decode() == (f"proxyguard mail: 2 written to '{out}', "
                                    "1 already there\n")
    done = run("mail", "export", form, path, out)
    assert done.stderr.decode() == (f"proxyguard mail: 0 written to '{out}', "
                                    "3 already there\n")
    two = out / name.format(2)
    two.write_bytes(two.read_bytes() + b"x")
    done = run("mail", "export", form, path, out)
    assert done.returncode == 74
    assert done.stderr.decode() == (
        f"proxyguard mail: '{two}' exists with other content and is left as it "
        f"is\nproxyguard mail: 0 written to '{out}', 2 already there\n")


WRONG = {
    (): "'' is not list, show, campaigns, export or report",
    ("lists",): "'lists' is not list, show, campaigns, export or report",
    ("list",): "'list' takes SPOOL", ("list", "a", "b"): "'list' takes SPOOL",
    ("campaigns",): "'campaigns' takes SPOOL",
    ("show", "a"): "'show' takes SPOOL and ID",
    ("show", "a", "b", "c"): "'show' takes SPOOL and ID",
    ("export", "a"): "'export' takes SPOOL and FOLDER",
    ("export", "a", "b", "c"): "'export' takes SPOOL and FOLDER",
    ("report", "--arf", "a"): "'report' takes SPOOL and ID",
    ("report", "a", "b"): "'report' needs --arf",
    ("report", "--json", "a", "b"): "'report' needs --arf",
}


@pytest.mark.parametrize("args", WRONG, ids=" ".join)
def test_what_is_missing_is_named(args):
    done = run("mail", *args)
    assert done.returncode == 64
    assert done.stderr.decode().split("\n")[0] == (
        f"proxyguard mail: {WRONG[args]}")

# Licensed under the Apache License, Version 2.0; see LICENSE.
"""What is shipped: one version everywhere, the same octets from any folder,
install and uninstall, and documents in step."""

import fnmatch
import hashlib
import os
import re
import shutil
import subprocess
import tarfile

import pytest

from pg_httpd import MODULE, TOP


def read(*parts):
    with open(os.path.join(TOP, *parts), encoding="utf-8") as f:
        return f.read()


VERSION = re.search(r'PROXYGUARD_VERSION "(.*)"', read("mod_proxyguard.h"))[1]


def make(folder, *words):
    env = {k: v for k, v in os.environ.items()
           if not k.startswith(("MAKE", "MFLAGS"))}
    subprocess.run(["make", "-s", *words], cwd=folder, check=True, env=env,
                   timeout=1800, stdout=subprocess.PIPE)


def digest(path):
    with open(path, "rb") as f:
        return hashlib.sha256(f.read()).hexdigest()


# --- version ---------------------------------------------------------------

def test_the_version_is_one():
    assert f"## {VERSION}" in read("CHANGELOG.md")
    spec = read("packaging", "rpm", "mod_proxyguard.spec")
    assert f"%global version_of_header {VERSION}\n" in spec
    assert f"> - {VERSION}-1\n" in spec
    assert f"\npkgver={VERSION}\n" in read("packaging", "alpine", "APKBUILD")
    command = os.path.join(os.path.dirname(MODULE), "proxyguard")
    said = subprocess.run([command, "--version"], check=True,
                          stdout=subprocess.PIPE, text=True).stdout
    assert VERSION in said


@pytest.mark.parametrize("path, written", [
    ("debian/control", "apache2-dev (>= {})"),
    ("debian/control", "apache2-bin (>= {})"),
    ("rpm/mod_proxyguard.spec", "BuildRequires:  httpd-devel >= {}"),
    ("rpm/mod_proxyguard.spec", "Requires:       httpd >= {}"),
    ("alpine/APKBUILD", 'depends="apache2>={}"')])
def test_packages_need_the_oldest_httpd_that_works(path, written):
    oldest = re.search(r"#error .* httpd ([\d.]+) or later",
                       read("mod_proxyguard.c"))[1]
    assert f"{written.format(oldest)}" in read("packaging", path)


def test_the_running_module_and_its_page_say_the_version(httpd):
    assert f"mod_proxyguard {VERSION}: " in httpd.log.take("PG0001").text
    assert httpd.status()["version"] == VERSION


# --- build and install -----------------------------------------------------

def test_two_builds_in_two_folders_are_the_same_octets(tmp_path):
    made = []
    for name in ("one", "a-longer-name/two"):
        folder = tmp_path / name
        shutil.copytree(TOP, folder, ignore=shutil.ignore_patterns(
            "build", ".git", "__pycache__"))
        make(folder, "-j2", "all", "CFLAGS=-O0 -g")
        made.append([digest(folder / "build" / "mod_proxyguard.so"),
                     digest(folder / "build" / "proxyguard")])
        shutil.rmtree(folder / "build")
    assert made[0] == made[1]


def files_below(folder):
    return sorted(os.path.relpath(os.path.join(at, f), folder)
                  for at, _, files in os.walk(folder) for f in files)


def test_uninstall_takes_back_what_install_put_in_place(tmp_path):
    where = [f"DESTDIR={tmp_path}", f"BUILD={os.path.dirname(MODULE)}"]
    make(TOP, "install", *where)
    there = files_below(tmp_path)
    assert any(f.endswith("/mod_proxyguard.so") for f in there)
    assert any(f.endswith("/bin/proxyguard") for f in there)
    make(TOP, "uninstall", *where)
    assert files_below(tmp_path) == []


# What a release may hold, beside the folders below: anything else is a file
# that somebody left lying about.
TOP_FILES = {
    ".clang-format", ".clang-tidy", ".dockerignore", ".gitignore",
    "ARCHITECTURE.md",
    "CHANGELOG.md", "CONTRIBUTING.md", "LICENSE", "Makefile", "README.ja.md",
    "README.md", "SECURITY.md", "exports.map", "mod_proxyguard.c",
    "mod_proxyguard.h", "proxyguard.conf",
}
FOLDERS = {
    ".ci": ["run"],
    "audit": ["pg_*.[ch]"], "cli": ["pg_*.[ch]", "proxyguard.c"],
    "core": ["pg_*.[ch]"], "httpd": ["pg_*.[ch]"], "ledger": ["pg_*.[ch]"],
    "report": ["pg_*.[ch]"], "scan": ["pg_*.[ch]"],
    "docs": ["*.md", "*.json", "*.1", "*.svg", "*.png", "*.html", "*.txt",
             "*.eml"],
    "mk": ["*.mk"], "packaging": ["*"], "tests": ["*"],
    "tools": ["*.py", "*.sh", "*.c"],
}
# in any folder
NEVER = ["*.o", "*.so", "*.orig", "*.rej", "*~", "*.swp", "*.pyc", "NOTE*",
         "TODO*", "*scratch*", "*.log.*", "core.[0-9]*", "__pycache__"]


def is_meant(path):
    folder, _, rest = path.partition("/")
    name = os.path.basename(path)
    if any(fnmatch.fnmatch(part, p) for part in path.split("/")
           for p in NEVER):
        return False
    if not rest:
        return path in TOP_FILES
    return any(fnmatch.fnmatch(name, p) for p in FOLDERS.get(folder, []))


def released(folder):
    """The files of a release: of `make dist`, or this very tree when it is
    an unpacked one."""
    if not os.path.exists(os.path.join(TOP, ".git")):
        return [n for n in files_below(TOP)
                if not n.startswith("build/") and "__pycache__" not in n]
    make(TOP, "dist", f"BUILD={folder}")
    [archive] = [x for x in os.listdir(folder) if x.endswith(".tar.gz")]
    with tarfile.open(folder / archive) as tar:
        return [m.name.split("/", 1)[1] for m in tar if m.isfile()]


def test_a_release_holds_nothing_that_was_left_lying_about(tmp_path):
    names = released(tmp_path)
    assert len(names) > 300
    assert [n for n in names if not is_meant(n)] == []
    assert TOP_FILES <= set(names)


def test_a_stray_file_would_be_seen():
    for path in ("NOTE-to-self.txt", "core/pg_span.c.orig", "httpd/x.o",
                 "docs/NOTES.md", "tools/deb-test.sh~", "notes/a.md"):
        assert not is_meant(path), path


# --- documents -------------------------------------------------------------

def outline(text):
    """Levels of the headings, and the code blocks without their comments."""
    blocks = re.findall(r"^```(\w*)\n(.*?)^```", text, re.S | re.M)
    bare = re.sub(r"^```.*?^```", "", text, flags=re.S | re.M)
    levels = re.findall(r"^(#+) ", bare, re.M)
    return levels, [(kind, re.sub(r" *#.*", "", code))
                    for kind, code in blocks]


def test_the_japanese_readme_is_in_step():
    levels, blocks = outline(read("README.md"))
    levels_ja, blocks_ja = outline(read("README.ja.md"))
    assert levels == levels_ja
    assert blocks == blocks_ja
    assert set(re.findall(r"ProxyGuard\w+", read("README.md"))) \
        == set(re.findall(r"ProxyGuard\w+", read("README.ja.md")))


def test_every_link_between_documents_leads_somewhere():
    pages = ["README.md", "README.ja.md", "SECURITY.md", "ARCHITECTURE.md",
             "CONTRIBUTING.md"]
    pages += ["docs/" + n for n in os.listdir(os.path.join(TOP, "docs"))
              if n.endswith(".md")]
    missing = []
    for page in pages:
        text = re.sub(r"`[^`]*`", lambda m: m[0].replace("](", "] ("),
                      read(page))
        for link in re.findall(r"\]\(([^)#\s]+)(?:#[\w-]*)?\)", text):
            target = os.path.join(TOP, os.path.dirname(page), link)
            if "://" not in link and not os.path.exists(target):
                missing.append(f"{page}: {link}")
    assert missing == []


def test_every_threat_names_tests_that_exist():
    text = read("SECURITY.md")
    section = text[text.index("### Threats"):text.index("### What is out")]
    threats = re.findall(r"^\| (?!threat)[^-].*$", section, re.M)
    assert len(threats) > 15
    for threat in threats:
        assert "`tests/" in threat.rsplit("|", 2)[1], threat
    named = re.findall(r"`(tests/[^`]*)`", text)
    assert [p for p in named if not os.path.isfile(os.path.join(TOP, p))] \
        == []


def test_every_package_has_the_threat_model():
    for path in ("debian/libapache2-mod-proxyguard.docs",
                 "rpm/mod_proxyguard.spec", "alpine/APKBUILD"):
        assert "SECURITY.md" in read("packaging", path), path


def test_every_directive_has_its_reference_and_its_line_in_the_readme():
    names = set(re.findall(r'AP_INIT_\w+\(\s*"(\w+)"',
                           read("httpd", "pg_config.c")))
    reference = set(re.findall(r"^### (\w+)$", read("docs", "directives.md"),
                               re.M))
    assert names == reference
    rows = set(re.findall(r"^\| \[`(ProxyGuard\w*)", read("README.md"), re.M))
    assert names == rows

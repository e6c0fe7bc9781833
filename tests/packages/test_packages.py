# Licensed under the Apache License, Version 2.0; see LICENSE.
"""The RPM, built by rpmbuild with Fedora's flags, and Alpine's APKBUILD, its
functions run as abuild runs them. Run by `make check-packages`."""

import os
import re
import subprocess

import pytest

from pg_elf import HARDENED, Elf, faults
from pg_httpd import Httpd, TOP

# redhat-rpm-config of Fedora 41, without its -specs= and its plugin
FEDORA = {
    "optflags": "-O2 -flto=auto -ffat-lto-objects -fexceptions -g "
    "-grecord-gcc-switches -pipe -Wall -Werror=format-security "
    "-Wp,-U_FORTIFY_SOURCE,-D_FORTIFY_SOURCE=3 -Wp,-D_GLIBCXX_ASSERTIONS "
    "-fstack-protector-strong -fasynchronous-unwind-tables "
    "-fstack-clash-protection -fcf-protection -fno-omit-frame-pointer",
    "build_ldflags": "-Wl,-z,relro -Wl,--as-needed -Wl,-z,now "
    "-Wl,--build-id=sha1",
    "dist": ".fc41",
    "_httpd_mmn": "20120211x8664",
}


def run(*command, cwd=TOP, env=None):
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True,
                          timeout=900, env={**os.environ, **(env or {})})
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    return done.stdout


def tarball(folder):
    """make dist; the version."""
    plain = {k: v for k, v in os.environ.items()
             if not k.startswith(("MAKE", "MFLAGS"))}
    subprocess.run(["make", "-s", "dist", f"BUILD={folder}"], cwd=TOP,
                   check=True, env=plain, stdout=subprocess.DEVNULL)
    name, = (x for x in os.listdir(folder) if x.endswith(".tar.gz"))
    return re.fullmatch(r"mod_proxyguard-(.*)\.tar\.gz", name)[1]


@pytest.fixture(scope="module")
def rpm(tmp_path_factory):
    """(the package, what is in it, unpacked)"""
    folder = tmp_path_factory.mktemp("rpm")
    tarball(folder)
    defines = [x for k, v in FEDORA.items() for x in ("--define", f"{k} {v}")]
    # the names of what it needs to be built are Fedora's
    run("rpmbuild", "-bb", "--nodeps", "--define", f"_topdir {folder}/top",
        "--define", f"_sourcedir {folder}", *defines,
        os.path.join(TOP, "packaging", "rpm", "mod_proxyguard.spec"))
    package, = (os.path.join(at, f) for at, _, fs in os.walk(folder / "top")
                for f in fs if f.endswith(".rpm") and "debug" not in f)
    root = folder / "root"
    root.mkdir()
    run("sh", "-c", 'rpm2cpio "$0" | cpio -id --quiet', package, cwd=root)
    return package, root


def test_the_rpm_has_what_belongs_in_it(rpm):
    package, _ = rpm
    files = run("rpm", "-qlp", package).split()
    for path in ("/usr/lib64/httpd/modules/mod_proxyguard.so",
                 "/usr/bin/proxyguard",
                 "/etc/httpd/conf.modules.d/10-proxyguard.conf",
                 "/etc/httpd/conf.d/proxyguard.conf",
                 "/usr/share/bash-completion/completions/proxyguard"):
        assert path in files, path
    # Fedora's rpmbuild packs it, Debian's does not
    assert re.search(r"^/usr/share/man/man1/proxyguard\.1(\.gz)?$",
                     "\n".join(files), re.M)
    needed = run("rpm", "-qRp", package)
    assert "httpd >= 2.4.49" in needed
    assert "httpd-mmn = 20120211x8664" in needed
    assert sorted(run("rpm", "-qcp", package).split()) == [
        "/etc/httpd/conf.d/proxyguard.conf",
        "/etc/httpd/conf.modules.d/10-proxyguard.conf"]


def test_the_rpm_s_module_and_command_work(rpm):
    _, root = rpm
    module = root / "usr/lib64/httpd/modules/mod_proxyguard.so"
    command = root / "usr/bin/proxyguard"
    for path in (module, command):
        assert faults(Elf(str(path)), HARDENED) == []
    assert "proxyguard" in run(str(command), "--version")
    server = Httpd(guard=False, before=f"LoadModule proxyguard_module "
                                       f"{module}\n")
    try:
        code, said = server.check()
        assert (code, said) == (0, "Syntax OK\n")
    finally:
        server.remove()


def test_alpine_s_package_is_built_from_the_tarball(tmp_path):
    version = tarball(tmp_path)
    script = """
        set -eu
        srcdir=$PWD/src pkgdir=$PWD/pkg CFLAGS=-O1 LDFLAGS=
        . ./APKBUILD
        mkdir -p "$srcdir" "$pkgdir"
        echo "$sha512sums" | sed '/^$/d' | sha512sum -c
        tar xzf "$source" -C "$srcdir"
        cd "$builddir"
        build
        package
    """
    said = run("sh", "-c", script, cwd=tmp_path,
               env={"MAKEFLAGS": "-s", "CC": "gcc"})
    assert f"mod_proxyguard-{version}.tar.gz: OK" in said
    made = sorted(os.path.relpath(os.path.join(at, f), tmp_path / "pkg")
                  for at, _, fs in os.walk(tmp_path / "pkg") for f in fs)
    for path in ("usr/lib/apache2/mod_proxyguard.so", "usr/bin/proxyguard",
                 "etc/apache2/conf.d/proxyguard.conf",
                 "usr/share/bash-completion/completions/proxyguard"):
        assert path in made, path
    with open(os.path.join(TOP, "packaging", "alpine", "APKBUILD"),
              encoding="utf-8") as f:
        depends = re.search(r'^depends="(.*)"', f.read(), re.M)[1]
    assert depends == "apache2>=2.4.49"

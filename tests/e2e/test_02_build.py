# Licensed under the Apache License, Version 2.0; see LICENSE.
"""What the compiler and the linker must have done."""

import subprocess

from pg_httpd import MODULE, Httpd


def nm(*options):
    return subprocess.run(["nm", *options, MODULE], check=True,
                          stdout=subprocess.PIPE, text=True).stdout


def test_the_module_exports_one_symbol():
    lines = nm("-D", "--defined-only").splitlines()
    assert [x.split()[-1] for x in lines] == ["proxyguard_module"]


def test_the_module_links_without_mod_proxy():
    assert "proxy_" not in nm("-D", "--undefined-only").replace(
        "proxyguard_", "")


def test_httpd_loads_it_with_no_other_directive():
    server = Httpd(shipped=False)
    try:
        code, said = server.check()
        assert (code, said) == (0, "Syntax OK\n")
    finally:
        server.remove()

# Licensed under the Apache License, Version 2.0; see LICENSE.
"""The stock httpd with the guard under valgrind's memcheck, one process
(-X), over the corpus: no error and no lost memory with a frame of the
module. What httpd and its libraries do to themselves does not count. A
module with two errors in it proves that the same look finds them."""

import os
import subprocess
import sys
import xml.etree.ElementTree as xml

TOP = os.path.dirname(os.path.dirname(os.path.dirname(
    os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(TOP, "tests", "lib"))
os.environ.setdefault("PG_SLOW", "20")

from pg_cases import own_names                              # noqa: E402
from pg_corpus import ask_everything, ask_for_pages         # noqa: E402
from pg_hosts import free_port, tls_on                      # noqa: E402
from pg_httpd import MODULE, Httpd                          # noqa: E402
from pg_peers import make_certificate                       # noqa: E402

HERE = os.path.dirname(os.path.abspath(__file__))
BUILD = os.path.dirname(MODULE)
SEEDED = os.path.join(BUILD, "mod_seeded.so")
KEY = "0123456789abcdef0123456789abcdef\n"
CONF = f"""
Protocols h2c http/1.1
ProxyGuardOwnHost {own_names()}
ProxyGuardEvidenceLog @ROOT@/evidence.json
ProxyGuardCheckpoint @ROOT@/run/checkpoint 10
ProxyGuardMask @ROOT@/key
"""


class Checked(Httpd):
    """One process under memcheck. The modules are unloaded before valgrind
    looks for lost memory, hence --keep-debuginfo."""

    def _command(self, *more):
        command = [x for x in super()._command(*more) if x != "-DFOREGROUND"]
        return ["valgrind", "--leak-check=full", "--keep-debuginfo=yes",
                "--num-callers=40", "--error-limit=no", "--xml=yes",
                f"--xml-file={self.path('memcheck.xml')}", *command, "-X"]

    def errors(self):
        """[(kind, the stack's objects, text)], complete or not at all."""
        found = []
        for error in xml.parse(self.path("memcheck.xml")).iter("error"):
            frames = list(error.iter("frame"))
            text = "\n".join(
                f"    {f.findtext('fn', '?')} "
                f"({f.findtext('file', '?')}:{f.findtext('line', '?')}) "
                f"{f.findtext('obj', '?')}" for f in frames)
            found.append((error.findtext("kind"),
                          {os.path.basename(f.findtext("obj", ""))
                           for f in frames}, text))
        return found


def run(conf, ask, **more):
    """One life. prefork, stopped in its signal handler, can hang; then the
    report is incomplete, and it is tried again."""
    for _ in range(3):
        server = Checked(conf, mpm="event", **more)
        server.write("key", KEY)
        try:
            server.start()
            ask(server)
            server.stop()
            return server.errors()
        except xml.ParseError as e:
            print(f"no whole report ({e}); again", flush=True)
        finally:
            server.remove()
    sys.exit("valgrind gave no whole report in three tries")


def of_module(errors, name):
    """The errors that count: wrong accesses and definite losses with a frame
    of the module."""
    return [(kind, text) for kind, objects, text in errors if name in objects
            and kind not in ("Leak_StillReachable", "Leak_PossiblyLost",
                             "Leak_IndirectlyLost")]


def the_check_can_fail():
    subprocess.run([os.environ.get("CC", "gcc"), "-g", "-O0", "-w", "-shared",
                    "-fPIC", "-isystem", "/usr/include/apache2", *subprocess
                    .run(["pkg-config", "--cflags", "apr-1", "apr-util-1"],
                         check=True, stdout=subprocess.PIPE, text=True)
                    .stdout.split(), "-o", SEEDED,
                    os.path.join(HERE, "mod_seeded.c")], check=True)
    errors = run(f"LoadModule seeded_module {SEEDED}", ask_for_pages,
                 guard=False)
    kinds = {kind for kind, _ in of_module(errors, "mod_seeded.so")}
    if not {"UninitCondition", "Leak_DefinitelyLost"} <= kinds:
        sys.exit(f"the errors of mod_seeded.c were not seen, only {kinds}")
    print("mod_seeded.so: both of its errors are seen", flush=True)


def main():
    the_check_can_fail()
    tls_port = free_port()
    folder = os.path.join(BUILD, "memcheck")
    os.makedirs(folder, exist_ok=True)
    certificate = make_certificate(folder, ["www.own.example"])

    def ask(server):
        ask_everything(server, tls_port)
        attempts = server.status()["attempts"]
        print(f"{attempts} attempts were counted", flush=True)
        assert attempts > 300

    errors = run(CONF + tls_on(tls_port, certificate,
                               "Protocols h2 http/1.1"),
                 ask, name="own.test", modules=("ssl", "http2"))
    bad = of_module(errors, os.path.basename(MODULE))
    for kind, text in bad:
        print(f"{kind}\n{text}")
    print(f"{os.path.basename(MODULE)}: {len(bad)} errors; without a frame "
          f"of it: {len(errors) - len(bad)}")
    sys.exit(bool(bad))


if __name__ == "__main__":
    main()

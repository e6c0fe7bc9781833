# Licensed under the Apache License, Version 2.0; see LICENSE.
"""What the compiler and the linker must have done, and which functions the
module and the command may import."""

import os
import re
import shutil
import subprocess

import pytest

import pg_elf
from pg_cases import rows
from pg_elf import ALWAYS, HARDENED, Elf
from pg_httpd import MODULE, PLAIN, TOP, Httpd

BUILD = os.path.dirname(MODULE)
COMMAND = os.path.join(BUILD, "proxyguard")
# Sanitisers and coverage are built without HARDEN, and import what is theirs.
THEIRS = re.compile(r"__(asan|ubsan|tsan|gcov|sanitizer|llvm)_")
THEIR_LIBRARIES = re.compile(r"lib(asan|ubsan|tsan|gcov|gcc_s)\.so")
CHECKS = dict(ALWAYS, **HARDENED) if PLAIN else ALWAYS


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


def test_an_older_httpd_is_refused_with_a_sentence(tmp_path):
    """This machine's headers, with the version number of 2.4.48."""
    apxs = subprocess.run(["apxs", "-q", "INCLUDEDIR"], check=True,
                          capture_output=True, text=True).stdout.strip()
    flags = subprocess.run(["pkg-config", "--cflags", "apr-1", "apr-util-1"],
                           check=True, capture_output=True, text=True).stdout
    headers = shutil.copytree(apxs, tmp_path / "include")
    number = headers / "ap_mmn.h"
    number.write_text(re.sub(r"(#define MODULE_MAGIC_NUMBER_MINOR) \d+",
                             r"\1 105", number.read_text()))
    layers = [f"-I{TOP}/{x}" for x in ("", "core", "ledger", "audit",
                                       "report", "httpd")]
    done = subprocess.run(
        ["gcc", "-std=c11", "-D_GNU_SOURCE", "-fsyntax-only", *flags.split(),
         f"-I{headers}", *layers,
         os.path.join(TOP, "mod_proxyguard.c")],
        capture_output=True, text=True, timeout=120)
    assert done.returncode == 1
    assert "needs the headers of httpd 2.4.49 or later" in done.stderr


# --- hardening ---------------------------------------------------------------

@pytest.mark.parametrize("path", [MODULE, COMMAND])
def test_it_is_hardened(path):
    assert pg_elf.faults(Elf(path), CHECKS) == []


def test_the_command_is_a_position_independent_program():
    assert "PIE" in Elf(COMMAND).said("FLAGS_1")


def test_branches_are_protected_where_the_machine_can():
    assert not PLAIN or pg_elf.unprotected_objects(BUILD + "/obj") == []


SOUND = ["-O2", "-fPIE", "-pie", "-fstack-protector-strong",
         "-D_FORTIFY_SOURCE=2", "-Wl,-z,relro,-z,now,-z,noexecstack"]
# fault -> the options that make it
FAULTY = {
    "position independent": ["-no-pie"],
    "relocations read-only": ["-Wl,-z,norelro"],
    "bound at start": ["-Wl,-z,lazy"],
    "stack not executable": ["-Wl,-z,execstack"],
    "nothing writable and executable": ["-DBOTH"],
    "text without relocations": ["-shared", "-DTEXTREL", "-Wl,-z,notext"],
    "no search path": ["-Wl,-rpath,/tmp"],
    "stack protector": ["-fno-stack-protector"],
    "checked functions": ["-U_FORTIFY_SOURCE"],
}
PROGRAM = r"""
#include <stdio.h>
#include <unistd.h>
#ifdef BOTH
__asm__(".pushsection .both,\"awx\"\n.byte 0\n.popsection");
#endif
#ifdef TEXTREL
__asm__(".pushsection .text\n.quad environ\n.popsection");
#endif
int main(int argc, char **argv)
{
    char text[20];
    return snprintf(text, (size_t)argc, "%s", argv[0])
           + (int)read(0, text, (size_t)argc);
}
"""


def compiled(tmp_path, options):
    source, made = tmp_path / "x.c", str(tmp_path / "x")
    source.write_text(PROGRAM)
    subprocess.run(["gcc", "-w", *SOUND, *options, "-o", made, str(source)],
                   check=True)
    return Elf(made)


def test_a_sound_program_has_no_fault(tmp_path):
    checks = dict(ALWAYS, **HARDENED)
    assert pg_elf.faults(compiled(tmp_path, []), checks) == []
    assert set(FAULTY) == set(checks)


@pytest.mark.parametrize("fault", FAULTY)
def test_each_fault_is_seen(tmp_path, fault):
    made = compiled(tmp_path, FAULTY[fault])
    assert fault in pg_elf.faults(made, dict(ALWAYS, **HARDENED))


# --- what is asked of others --------------------------------------------------

LIBRARIES = {
    MODULE: {"libjansson.so.4", "libm.so.6", "libc.so.6"},
    COMMAND: {"libapr-1.so.0", "libaprutil-1.so.0", "libjansson.so.4",
              "liblzma.so.5", "libmaxminddb.so.0", "libzstd.so.1",
              "libz.so.1", "libm.so.6", "libc.so.6"},
}

# Never, and why; the second half is the module's alone: the command has a
# child for `audit`, threads for `scan`, and a terminal.
NEVER = {
    r"system|popen|wordexp|posix_spawnp?": "runs a shell or a program",
    r"socket\w*|connect|bind|listen|accept4?|send(to|m?msg)?|recv\w*|"
    r"apr_socket\w*": "talks to somebody",
    r"getaddrinfo|getnameinfo|gethost\w+|getserv\w+|res_\w+|"
    r"apr_sockaddr_info_get|apr_getnameinfo|apr_gethostname|"
    r"ap_get_useragent_host|ap_get_remote_(host|logname)":
        "asks a name service",
    r"dlopen|dlmopen|dlsym|apr_dso_\w+": "loads code",
    r"mprotect|pkey_mprotect|memfd_create|process_vm_\w+|ptrace":
        "makes or changes code",
    r"gets|strcpy|stpcpy|strcat|v?sprintf|v?f?scanf|v?sscanf|strtok|alloca|"
    r"strncpy|strncat|atoi|atol|atoll|atof": "has no bound or no error",
    r"tmpnam|tempnam|mktemp|tmpfile": "makes a name that others can take",
    r"rand|random|s?rand(om)?_r?|[delmn]rand48": "is no randomness",
    r"localtime|gmtime|asctime|ctime|strsignal|getpw\w+|getgr\w+|inet_ntoa":
        "shares its answer between threads",
    r"set(res|re|e)?[ug]id|setgroups|cap(set|_\w+)|chroot|umask|mknod\w*|"
    r"chmod|chown|lchown": "changes who may do what, by a name",
}
NEVER_IN_A_SERVER = {
    r"exec\w+|v?fork|clone3?|daemon|apr_proc_\w+|"
    r"ap_os_create_privileged_process": "starts something",
    r"_?exit|_Exit|quick_exit|abort|raise|kill|__assert_fail|"
    r"ap_log_assert|\w*longjmp|signal|alarm|setitimer":
        "ends or interrupts httpd",
    r"(?!nano)\w*sleep|select|pselect|p?poll|epoll_\w+|apr_poll\w*|lockf|"
    r"sem_\w+|pthread_(mutex|rwlock|cond|spin)_\w+|apr_\w*mutex\w*|"
    r"apr_file_(un)?lock|apr_thread_\w+|pthread_create": "waits, or may",
    r"getenv|secure_getenv|setenv|putenv|unsetenv": "is httpd's environment",
    r"v?printf|v?fprintf|puts|putchar|perror|syslog|std(out|err|in)":
        "is httpd's terminal",
    r"readdir\w*|opendir|scandir|glob|realpath|readlink|chdir":
        "looks around on the disk",
    r"ap_sub_req_\w+|ap_internal_\w+|ap_proxy_\w+|ap_pass_brigade_fchk|"
    r"ap_get_server_name": "serves other requests, or trusts the client",
}


# What a conversation of the sink needs, in a server that opted in, and which
# objects may ask for it: a connection that the client opened is shut, and a
# thread of its own ends those that are over time, or whose process is to stop.
FOR_THE_SINK = {
    "apr_socket_shutdown": ["pg_deadline"],
    "apr_socket_timeout_get": ["pg_conversation"],
    "apr_socket_timeout_set": ["pg_conversation"],
    "apr_wait_for_io_or_timeout": ["pg_conversation"],
    "clock_gettime": ["pg_deadline"],
    "pthread_create": ["pg_deadline"],
    "pthread_cond_init": ["pg_deadline"],
    "pthread_cond_signal": ["pg_deadline"],
    "pthread_cond_timedwait": ["pg_deadline"],
    "pthread_condattr_destroy": ["pg_deadline"],
    "pthread_condattr_init": ["pg_deadline"],
    "pthread_condattr_setclock": ["pg_deadline"],
    "pthread_mutex_destroy": ["pg_conversation"],
    "pthread_mutex_init": ["pg_deadline"],
    "pthread_mutex_lock": ["pg_conversation", "pg_deadline"],
    "pthread_mutex_trylock": ["pg_conversation"],
    "pthread_mutex_unlock": ["pg_conversation", "pg_deadline"],
    "pthread_sigmask": ["pg_deadline", "pg_sinkhole"],
    "pthread_mutexattr_destroy": ["pg_deadline"],
    "pthread_mutexattr_init": ["pg_deadline"],
    "pthread_mutexattr_settype": ["pg_deadline"],
}


def forbidden(functions, *tables):
    return [f"{name}: it {why}" for name in sorted(functions)
            for table in tables for pattern, why in table.items()
            if re.fullmatch(pattern, name)]


def test_neither_imports_what_it_must_never_do():
    assert forbidden(Elf(COMMAND).functions, NEVER) == []
    assert forbidden(Elf(MODULE).functions - set(FOR_THE_SINK), NEVER,
                     NEVER_IN_A_SERVER) == []


def asks_for(path):
    said = subprocess.run(["nm", "--undefined-only", "-j", path], check=True,
                          stdout=subprocess.PIPE, text=True).stdout
    return {name.split("@")[0] for name in said.split()}


def test_what_the_sink_needs_only_the_sink_asks_for():
    asked = {name: [] for name in FOR_THE_SINK}
    for folder in ("core", "ledger", "audit", "report", "httpd"):
        objects = os.path.join(BUILD, "obj", folder)
        for file in sorted(os.listdir(objects)):
            if file.endswith(".o"):
                for name in asks_for(os.path.join(objects, file)):
                    if name in asked:
                        asked[name].append(file[:-2])
    assert asked == FOR_THE_SINK


@pytest.mark.parametrize("name", [
    "system", "connect", "sendmsg", "getaddrinfo", "gethostbyname", "gets",
    "strcpy", "sprintf", "sscanf", "dlopen", "execve", "fork", "popen", "exit",
    "usleep", "apr_socket_connect", "apr_proc_create", "pthread_mutex_lock",
    "ap_get_useragent_host", "apr_sleep", "rand", "localtime", "chmod"])
def test_forbidden_names_are_seen(name):
    assert len(forbidden({name}, NEVER, NEVER_IN_A_SERVER)) == 1


def test_every_import_of_the_module_was_looked_at():
    table = {fields[0].decode(): len(fields) == 1
             for _, fields in rows("imports.tsv")}
    there = {n for n in Elf(MODULE).functions if not THEIRS.match(n)}
    assert sorted(there - set(table)) == []
    if PLAIN:
        needed = {name for name, always in table.items() if always}
        assert sorted(needed - there) == []
    assert forbidden(set(table) - set(FOR_THE_SINK), NEVER,
                     NEVER_IN_A_SERVER) == []


@pytest.mark.parametrize("path", LIBRARIES)
def test_it_is_linked_with_these_libraries_and_no_other(path):
    linked = {name for name in Elf(path).libraries
              if not THEIR_LIBRARIES.match(name)}
    assert linked == LIBRARIES[path]

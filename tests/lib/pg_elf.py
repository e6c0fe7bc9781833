# Licensed under the Apache License, Version 2.0; see LICENSE.
"""What readelf and nm show about a binary, and what they must show."""

import os
import platform
import re
import subprocess

CHECKED = re.compile(r"__(?:(\w+)_chk|(open|openat)_2)$")


def output(*command):
    return subprocess.run(command, check=True, stdout=subprocess.PIPE,
                          stderr=subprocess.DEVNULL, text=True).stdout


class Elf:
    """segments: [(type, flags)]; dynamic: {tag: [values]}; imports: symbols
    without their versions."""

    def __init__(self, path):
        self.path = path
        self.header = output("readelf", "-hW", path)
        self.segments = re.findall(
            r"^ +([A-Z_]+) +(?:0x[0-9a-f]+ +){5}([RWE ]{3}) ",
            output("readelf", "-lW", path), re.M)
        self.dynamic = {}
        for tag, value in re.findall(r"^ 0x\w+ \(([^)]*)\) +(.*)$",
                                     output("readelf", "-dW", path), re.M):
            self.dynamic.setdefault(tag, []).append(value)
        self.imports = {line.split()[0].split("@")[0] for line in output(
            "nm", "-D", "--undefined-only", "-fposix", path).splitlines()}

    def said(self, tag):
        return " ".join(self.dynamic.get(tag, []))

    def flags(self, kind):
        return [f.strip() for k, f in self.segments if k == kind]

    @property
    def libraries(self):
        return {re.search(r"\[(.*)\]", v)[1]
                for v in self.dynamic.get("NEEDED", [])}

    @property
    def functions(self):
        """Imports under the names of the source: memcpy, not __memcpy_chk."""
        return {CHECKED.sub(r"\1\2", re.sub(r"^__isoc\d+_", "", n))
                for n in self.imports}


# name -> what must be true, of every build
ALWAYS = {
    "position independent": lambda e: "Type: " in e.header and re.search(
        r"Type: +DYN", e.header),
    "relocations read-only": lambda e: e.flags("GNU_RELRO"),
    "bound at start": lambda e: "BIND_NOW" in e.dynamic
    or "BIND_NOW" in e.said("FLAGS") or "NOW" in e.said("FLAGS_1"),
    "stack not executable": lambda e: e.flags("GNU_STACK") == ["RW"],
    "nothing writable and executable": lambda e: e.flags("LOAD")
    and not any("W" in f and "E" in f for f in e.flags("LOAD")),
    "text without relocations": lambda e: "TEXTREL" not in e.dynamic
    and "TEXTREL" not in e.said("FLAGS"),
    "no search path": lambda e: not {"RPATH", "RUNPATH"} & set(e.dynamic),
}

# of a build with the Makefile's HARDEN: sanitisers and coverage are without
HARDENED = {
    "stack protector": lambda e: "__stack_chk_fail" in e.imports,
    "checked functions": lambda e: any(CHECKED.match(n) for n in e.imports),
}

# machine -> (flag of the compiler, what each object says then)
BRANCHES = {
    "x86_64": ("-fcf-protection", "IBT, SHSTK"),
    "aarch64": ("-mbranch-protection=standard", "BTI, PAC"),
}


def faults(elf, checks):
    return [name for name, check in checks.items() if not check(elf)]


def unprotected_objects(folder):
    """Objects without the marks of protected branches, on machines and with
    compilers that have them."""
    flag, marks = BRANCHES.get(platform.machine(), (None, None))
    if flag is None or subprocess.run(
            [os.environ.get("CC", "gcc"), "-Werror", flag, "-c", "-x", "c",
             "/dev/null", "-o", "/dev/null"], check=False,
            stderr=subprocess.DEVNULL).returncode:
        return []
    return [os.path.join(at, f) for at, _, files in os.walk(folder)
            for f in files if f.endswith(".o")
            and marks not in output("readelf", "-nW", os.path.join(at, f))]

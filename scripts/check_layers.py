#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Enforces rules that the compiler does not: which folder may include which, and clean text.

docs/architecture.md explains the layers. Ends with "N passed, N failed", counted in files.
"""
import pathlib
import re
import subprocess
import sys

import kconfiglib

# Folder: the folders from which it may include, and whether it may use <asm/...>.
LAYERS = {
    "lib": ({"lib"}, False),
    "core": ({"lib", "core"}, True),
    "arch": ({"lib", "core", "arch"}, True),
    "drivers": ({"lib", "core", "drivers"}, True),
    "fs": ({"lib", "core", "fs"}, False),
    "loaders": ({"lib", "core", "loaders"}, False),
    "efi": ({"lib", "core", "loaders", "efi"}, False),
    "boot": ({"lib", "core", "arch", "drivers", "fs", "loaders", "efi", "boot"}, True),
}
# Headers that a compiler provides without a C library.
FREESTANDING = {"stdarg.h", "stddef.h", "stdint.h", "stdbool.h", "stdalign.h", "limits.h"}
LINES_MAX = 500
# C is clang-format's.
COLUMNS_MAX = {".S": 100, ".py": 120, ".sh": 120}

SPDX = "SPDX-License-Identifier: Apache-2.0"
# README.md names them.
OTHER_LICENCES = {"drivers/display/font.c": "SPDX-License-Identifier: BSD-2-Clause"}
NO_SPDX = re.compile(r"^LICENSE$|^VERSION$|\.(json|svg)$|^tests/.*/recorded/|^packaging/debian/(changelog$|source/)")
INCLUDE = re.compile(r'^\s*#\s*include\s*(["<])([^">]+)')
CONDITIONAL = re.compile(r"^\s*#\s*(if|ifdef|ifndef|elif)\b.*(CONFIG_|IS_ENABLED)")
SYMBOL = re.compile(r"\bCONFIG_([A-Z0-9_]{2,})\b")
ASKED = re.compile(r"(?:\bI[SF]_ENABLED\(|\$\()CONFIG_([A-Z0-9_]{2,})\b")
PASTED = re.compile(r"\bCONFIG_\w*\s*##|##\s*CONFIG_")
# Assembled here so that this file does not contain them.
UNFINISHED = re.compile(r"\b(TO" + r"DO|FIX" + r"ME|XX" + r"X)\b")


def tracked():
    listed = subprocess.run(["git", "ls-files", "-z", "--cached", "--others",
                             "--exclude-standard"], stdout=subprocess.PIPE, check=True)
    paths = [pathlib.Path(name) for name in listed.stdout.decode().split("\0") if name]
    return [path for path in paths if path.is_file()]


def check_includes(path, lines):
    folder = path.parts[0]
    allowed, asm = LAYERS[folder]
    asm = asm or path.parts[:2] == ("efi", "runtime")  # a separate program
    for number, line in enumerate(lines, 1):
        if not (match := INCLUDE.match(line)):
            continue
        kind, name = match.groups()
        first = name.split("/")[0]
        if kind == "<":
            if name in FREESTANDING or (first == "asm" and asm) or \
                    (name == "generated/autoconf.h" and str(path) == "lib/config.h"):
                continue
            yield number, f"{folder}/ may not include <{name}>"
        elif first not in allowed:
            yield number, f'{folder}/ may not include "{name}"; it may use {sorted(allowed)}'
        elif first == "arch" and folder == "arch" and name.split("/")[1] != path.parts[1]:
            yield number, f'arch/{path.parts[1]}/ may not include "{name}"'
        elif not pathlib.Path(name).exists():
            yield number, f'there is no "{name}"; paths start at the root of the tree'


def check_source(path, lines):
    """Rules for the firmware's own C and assembly."""
    if path.suffix == ".c":
        for number, line in enumerate(lines, 1):
            if CONDITIONAL.match(line):
                yield number, "configuration by preprocessor; use IS_ENABLED or a whole file"
    for number, line in enumerate(lines, 1):
        if PASTED.search(line):
            yield number, "a symbol put together by ##; scripts/kconfig.py finds symbols by their whole names"
    if path.suffix == ".h" and "#pragma once" not in lines:
        yield 1, "no #pragma once"
    if len(lines) > LINES_MAX:
        yield LINES_MAX, f"{len(lines)} lines, more than {LINES_MAX}"


def check_text(path, content, lines):
    if path.is_relative_to("tests/fuzz/corpus"):
        return
    spdx = OTHER_LICENCES.get(str(path), SPDX)
    if not NO_SPDX.search(str(path)) and not any(spdx in line for line in lines[:3]):
        yield 1, f"no '{spdx}' in the first lines"
    if content and not content.endswith("\n"):
        yield len(lines), "no newline at the end"
    if content.endswith("\n\n"):
        yield len(lines), "empty line at the end"
    for number, line in enumerate(lines, 1):
        if line != line.rstrip():
            yield number, "white space at the end of the line"
        if UNFINISHED.search(line):
            yield number, "unfinished work belongs into an issue"
        columns, columns_max = len(line.expandtabs(8)), COLUMNS_MAX.get(path.suffix)
        if columns_max and columns > columns_max:
            yield number, f"{columns} columns, more than {columns_max}"


def check_symbols(lines, kconf):
    """A misspelt symbol is silently off in C and in make."""
    for number, line in enumerate(lines, 1):
        for name in ASKED.findall(line):
            if name not in kconf.syms or not kconf.syms[name].nodes:
                yield number, f"there is no symbol CONFIG_{name}"


def check_kconfig(kconf, used):
    """Every symbol must have a help text and be used."""
    for symbol in kconf.unique_defined_syms:
        node = symbol.nodes[0]
        where = f"{node.filename}:{node.linenr}"
        if not node.help:
            yield where, f"{symbol.name} has no help text"
        asked = symbol.name in used or symbol.choice or \
            any(symbol in kconfiglib.expr_items(other.direct_dep)
                for other in kconf.unique_defined_syms)
        if not asked:
            yield where, f"nothing depends on {symbol.name}"


def check_object_lists(paths):
    """Every source must be in its folder's objects.mk, and every entry there must be a source."""
    listed = {}
    for folder in LAYERS:
        makefile = pathlib.Path(folder, "objects.mk")
        for number, line in enumerate(makefile.read_text(encoding="utf-8").splitlines(), 1):
            for name in re.findall(r"[\w/-]+\.o\b", line.split("#")[0]):
                listed[name] = f"{makefile}:{number}"
    sources = {str(path.with_suffix(".o")): path for path in paths
               if path.parts[0] in LAYERS and
               (path.suffix == ".c" or path.suffix == ".S" and not path.name.endswith(".ld.S"))}
    for name, where in listed.items():
        if name not in sources:
            yield where, f"no source for {name}"
    for name, path in sources.items():
        if name not in listed:
            yield f"{path}:1", "in no objects.mk"


def main():
    kconf = kconfiglib.Kconfig("Kconfig", warn_to_stderr=False)
    paths = tracked()
    used, bad = set(), set()

    def report(where, text):
        print(f"{where}: {text}")
        bad.add(str(where).split(":", maxsplit=1)[0])

    for path in paths:
        try:
            content = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            if not str(path).startswith("tests/"):
                report(path, "not text")
            continue
        lines = content.splitlines()
        problems = list(check_text(path, content, lines))
        if path.parts[0] in LAYERS and path.suffix in (".c", ".h", ".S"):
            problems += check_includes(path, lines)
            problems += check_source(path, lines)
        if path.parts[0] in LAYERS or path.name in ("Makefile", "host.mk"):
            problems += check_symbols(lines, kconf)
            used.update(name for line in lines for name in SYMBOL.findall(line))
        for number, text in problems:
            report(f"{path}:{number}", text)
    for where, text in [*check_kconfig(kconf, used), *check_object_lists(paths)]:
        report(where, text)
    print(f"{len(paths) - len(bad)} passed, {len(bad)} failed")
    return bool(bad)


if __name__ == "__main__":
    sys.exit(main())

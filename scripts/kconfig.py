#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Kconfig with kconfiglib, in which an unknown symbol or an assignment without effect is an error.

kconfig.py TARGET --config FILE [--defconfig FILE] [--output FILE]

The plain kconfiglib tools accept both with exit status 0, and the image then lacks what the user requested.
"""
import argparse
import functools
import os
import pathlib
import random
import re
import sys

import kconfiglib

SYMBOL = re.compile(r"\bCONFIG_\w+")
LINE = re.compile(r"(CONFIG_\w+=.*|# CONFIG_\w+ is not set|#.*|\s*)$")


def fail(*lines):
    sys.exit("\n".join(f"kconfig: {line}" for line in lines))


def reason_for(symbol, wanted):
    """Explains why a symbol did not get the value in a file."""
    if not symbol.nodes:
        return "no Kconfig file defines it"
    if all(node.prompt is None for node in symbol.nodes):
        return "it has no prompt: other symbols decide its value"
    if symbol.visibility == 0:
        return "it depends on " + kconfiglib.expr_str(symbol.direct_dep).replace(" && <choice>", "")
    if symbol.choice:
        return f"{symbol.choice.selection.name} is on, of which it is an alternative"
    if wanted == "n" and symbol.rev_dep is not symbol.kconfig.n:
        return f"it is selected by {kconfiglib.expr_str(symbol.rev_dep)}"
    for low, high, condition in symbol.ranges:
        if kconfiglib.expr_value(condition):
            return f"it must be in the range {low.str_value} to {high.str_value}"
    return "the value is not of its type"


def refusal(symbol, value):
    name = {"y": "on", "n": "off"}.get(value, value) if symbol.orig_type == kconfiglib.BOOL else value
    return f"CONFIG_{symbol.name} cannot be {name}: {reason_for(symbol, value)}"


def assignments(path):
    """Yields (line number, name, value) of a configuration file; None where a line is malformed."""
    with open(path, encoding="utf-8") as file:
        for number, line in enumerate(file, 1):
            line = line.rstrip("\n")
            if not LINE.match(line):
                yield number, None, line
            elif match := re.match(r"CONFIG_(\w+)=(.*)$", line):
                yield number, match[1], match[2].strip('"')
            elif match := re.match(r"# CONFIG_(\w+) is not set$", line):
                yield number, match[1], "n"


def load_strictly(kconf, path, derived_too=True):
    """Loads a file; any assignment in it that has no effect is an error.

    derived_too: also check values that other symbols determine. A .config lists those, but somebody
    who edits one by hand need not know them.
    """
    if not os.path.exists(path):
        fail(f"there is no {path}; configs/ holds " + " ".join(sorted(os.listdir("configs"))))
    kconf.load_config(path)
    errors = []
    seen = set()
    for number, name, value in assignments(path):
        where = f"{path}:{number}:"
        if name is None:
            errors.append(f"{where} cannot read '{value}'; "
                          "write CONFIG_NAME=value or # CONFIG_NAME is not set")
            continue
        symbol = kconf.syms.get(name)
        if name in seen:
            errors.append(f"{where} CONFIG_{name} is assigned twice")
        elif symbol is None or not symbol.nodes:
            errors.append(f"{where} there is no symbol CONFIG_{name}")
        elif symbol.str_value != value and (
                derived_too or any(node.prompt for node in symbol.nodes)):
            errors.append(f"{where} {refusal(symbol, value)}")
        seen.add(name)
    if errors:
        fail(*errors, *(() if derived_too else (
            "make olddefconfig drops what has no effect, and lists unknown symbols",)))


def load_leniently(kconf, path):
    """Loads a configuration of an older tree and reports what it drops, as olddefconfig should."""
    if os.path.exists(path):
        kconf.load_config(path)
        for number, name, _ in assignments(path):
            symbol = kconf.syms.get(name)
            if name and (symbol is None or not symbol.nodes):
                print(f"{path}:{number}: CONFIG_{name} no longer exists and was dropped", file=sys.stderr)


def set_symbols(kconf, words):
    """Applies words such as CONFIG_EFI=n. One that has no effect is an error with an explanation."""
    if not words:
        fail("nothing to set. For example: make config CONFIG_LOG_DEFAULT_INFO=y")
    errors, wanted = [], []
    for word in words:
        name, _, value = word.removeprefix("CONFIG_").partition("=")
        symbol = kconf.syms.get(name)
        if symbol is None or not symbol.nodes:
            errors.append(f"there is no symbol CONFIG_{name}")
        elif not symbol.set_value(value.strip('"')):
            errors.append(f"CONFIG_{name} cannot be {value}: the value is not of its type")
        else:
            wanted.append((symbol, value.strip('"')))
    errors += [refusal(symbol, value) for symbol, value in wanted if symbol.str_value != value]
    if errors:
        fail(*errors)


def set_all(kconf, value):
    kconf.warn = False
    for symbol in kconf.unique_defined_syms:
        if symbol.orig_type == kconfiglib.BOOL and not symbol.choice:
            symbol.set_value(value)


def set_randomly(kconf, seed):
    """Like set_all, but with random values for symbols and choices; the same seed gives the same result."""
    dice = random.Random(seed)
    kconf.warn = False
    for symbol in kconf.unique_defined_syms:
        if symbol.orig_type == kconfiglib.BOOL and not symbol.choice:
            symbol.set_value(dice.choice((0, 2)))
    for choice in kconf.unique_choices:
        visible = [symbol for symbol in choice.syms if symbol.visibility]
        if visible:
            dice.choice(visible).set_value(2)


@functools.cache
def mentioned_in(path):
    """The symbols in the text of a file. check_layers.py forbids names that are put together by the preprocessor."""
    try:
        return frozenset(SYMBOL.findall(pathlib.Path(path).read_text(encoding="utf-8")))
    except FileNotFoundError:  # a header that is gone, and will not be included again
        return frozenset()


def remove_objects(folders, changed):
    """Removes the objects, and the linker scripts, whose sources or headers mention one of these symbols."""
    for folder in folders:
        for rules in pathlib.Path(folder).rglob("*.d"):
            sources = {word.rstrip(":") for word in rules.read_text(encoding="utf-8").split()}
            if any(changed & mentioned_in(source) for source in sources if source.endswith((".c", ".h", ".S"))):
                for suffix in (".o", ".ld"):
                    rules.with_suffix(suffix).unlink(missing_ok=True)


def write(kconf, path):
    os.makedirs(os.path.dirname(path) or ".", exist_ok=True)
    print(kconf.write_config(path, save_old=False))


def sync(kconf, arguments):
    """Writes the configuration for make and for C, after removing the objects that a change to it concerns."""
    output = pathlib.Path(arguments.output)
    before = set(output.read_text(encoding="utf-8").splitlines()) if output.exists() else set()
    new = output.with_suffix(".new")
    kconf.write_config(new, "# SPDX-License-Identifier: Apache-2.0\n", save_old=False)
    changed = before ^ set(new.read_text(encoding="utf-8").splitlines())
    remove_objects(arguments.objects, {name for line in changed for name in SYMBOL.findall(line)})
    os.makedirs(os.path.dirname(arguments.header), exist_ok=True)
    kconf.write_autoconf(arguments.header, "/* SPDX-License-Identifier: Apache-2.0 */\n")
    new.replace(output)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("target")
    parser.add_argument("--config", default="build/.config")
    parser.add_argument("--defconfig")
    parser.add_argument("--output", help="savedefconfig, sync: where to write")
    parser.add_argument("--header", help="sync: the C header")
    parser.add_argument("--objects", nargs="*", default=[], metavar="FOLDER",
                        help="sync: where to remove objects that a change concerns")
    parser.add_argument("assignments", nargs="*", metavar="CONFIG_NAME=VALUE", help="config: what to set")
    arguments = parser.parse_intermixed_args()

    try:
        kconf = kconfiglib.Kconfig("Kconfig", warn_to_stderr=False)
    except kconfiglib.KconfigError as error:
        fail(str(error).strip())
    if kconf.warnings:
        fail(*kconf.warnings)
    # load_strictly reports kconfiglib's warnings, with better explanations.
    kconf.warn = False

    if arguments.target == "defconfig":
        load_strictly(kconf, arguments.defconfig)
        write(kconf, arguments.config)
    elif arguments.target == "sync":
        load_strictly(kconf, arguments.config, derived_too=False)
        sync(kconf, arguments)
    elif arguments.target in ("menuconfig", "guiconfig"):
        if arguments.target == "menuconfig" and not (sys.stdin.isatty() and sys.stdout.isatty()):
            fail("menuconfig needs a terminal; without one, use make config or edit a defconfig")
        os.environ["KCONFIG_CONFIG"] = arguments.config
        os.makedirs(os.path.dirname(arguments.config) or ".", exist_ok=True)
        try:
            __import__(arguments.target).menuconfig(kconf)
        except Exception as error:  # whatever the toolkit raises if it cannot draw
            fail(f"{error}",
                 "guiconfig needs python3-tk and a display, menuconfig a terminal that is large enough")
    elif arguments.target == "olddefconfig":
        load_leniently(kconf, arguments.config)
        write(kconf, arguments.config)
    elif arguments.target == "config":
        load_leniently(kconf, arguments.config)
        set_symbols(kconf, arguments.assignments)
        write(kconf, arguments.config)
    elif arguments.target == "savedefconfig":
        load_strictly(kconf, arguments.config, derived_too=False)
        output = arguments.output or "defconfig"
        print(kconf.write_min_config(output, "# SPDX-License-Identifier: Apache-2.0\n"))
    elif arguments.target == "listnewconfig":
        load_leniently(kconf, arguments.config)
        for symbol in kconf.unique_defined_syms:
            if symbol.visibility and symbol.user_value is None and not symbol.choice:
                print(symbol.config_string.rstrip())
        for choice in kconf.unique_choices:
            if choice.visibility and choice.user_selection is None:
                print(choice.selection.config_string.rstrip())
    elif arguments.target in ("allyesconfig", "allnoconfig", "alldefconfig", "randconfig"):
        if arguments.target == "randconfig":
            seed = os.environ.get("KCONFIG_SEED") or str(random.randrange(1 << 32))
            print(f"KCONFIG_SEED={seed}")
            set_randomly(kconf, seed)
        elif arguments.target != "alldefconfig":
            set_all(kconf, 2 if arguments.target == "allyesconfig" else 0)
        if arguments.target == "allnoconfig":
            print("kconfig: allnoconfig is for testing the build. Without drivers, the image cannot boot anything.",
                  file=sys.stderr)
        write(kconf, arguments.config)
    else:
        fail(f"there is no target {arguments.target}")


if __name__ == "__main__":
    main()

# SPDX-License-Identifier: Apache-2.0
"""The catalogue of malformations, which the other modules of this folder fill when they are imported."""

import dataclasses

KERNEL = "/linux/vmlinuz"
INITRD = "/linux/initrd0.img"
CONF = "/loader/entries/test.conf"


@dataclasses.dataclass
class Evil:
    name: str
    text: str
    damage: object  # a function of the Image; None: only the set of files differs
    base: str  # the good disk, one of BASES in evil.py
    boots: object
    files: object  # replaces the base's files: a function of them, or None


CATALOGUE = {}


def add(name, text, damage=None, base="gpt-fat12", boots=False, files=None):
    assert name not in CATALOGUE, name
    CATALOGUE[name] = Evil(name, text, damage, base, boots, files)


def evil(base="gpt-fat12", boots=False, files=None):
    """Registers a function that damages an Image of that base; its docstring describes the fault."""
    def register(function):
        add(function.__name__, " ".join(function.__doc__.split()), function, base, boots, files)
        return function
    return register


def add_files(name, text, files, boots=False):
    """Adds a malformation that only changes which files exist."""
    add(name, text, None, boots=boots, files=files)


def with_file(path, data):
    return lambda files: {**files, path: data}

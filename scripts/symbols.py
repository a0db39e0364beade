#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Prints the table of core/symbols.h as assembly, from the functions of a linked image.

symbols.py [IMAGE]: without an image the table is empty, for the first of the links that are needed until the size of
the table and the addresses of the functions are final.
"""
import os
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

import elf


def functions_of(path):
    """Returns {address: name}; of several names for an address, the alphabetically first."""
    found = {}
    for address, name in elf.functions(elf.read(path)):
        found[address] = min(name, found.get(address, name))
    return found


def main():
    image = sys.argv[1] if len(sys.argv) > 1 else None
    functions = sorted(functions_of(image).items()) if image and os.path.exists(image) else []
    print("/* SPDX-License-Identifier: Apache-2.0 */")
    print('\t.section .rodata.symbols, "a"\n\t.balign 4\n\t.globl symbols, symbol_count, symbol_names')
    print("symbols:")
    position = 0
    for address, name in functions:
        print(f"\t.long {address:#x}, {position}")
        position += len(name) + 1
    print("\t.size symbols, . - symbols")
    print(f"symbol_count:\n\t.long {len(functions)}")
    print("symbol_names:")
    for _, name in functions:
        print(f'\t.asciz "{name}"')
    print("\t.size symbol_names, . - symbol_names")
    print('\t.section .note.GNU-stack, "", @progbits')


if __name__ == "__main__":
    main()

#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Shows where the bytes of an image go: size.py IMAGE [--symbols N]

IMAGE is a fatwood.debug.elf. The bytes of a folder are those of its functions and variables; string
literals, which the linker merges, and padding have no owner and are shown as "(shared)".

size.py --check builds the configurations that have a limit, compares them with it, and counts like a test.
"""
import argparse
import collections
import pathlib
import sys

from elftools.elf.elffile import ELFFile

ROOT = pathlib.Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from scripts import firmware

# Limits for the bytes that a VMM loads (PT_LOAD segments), by configuration.
LIMITS = {"tiny": 32 << 10, "cloudhv": 144 << 10}


def loaded(elf):
    """Returns (bytes in the file, bytes in memory) of the loaded segments."""
    segments = [segment for segment in elf.iter_segments() if segment["p_type"] == "PT_LOAD"]
    return (sum(segment["p_filesz"] for segment in segments),
            sum(segment["p_memsz"] for segment in segments))


def sources_by_address(elf):
    """Returns {address: source file} for functions and variables, from the debug information."""
    found = {}
    for unit in elf.get_dwarf_info().iter_CUs():
        top = unit.get_top_DIE()
        name = top.attributes["DW_AT_name"].value.decode()
        for entry in unit.iter_DIEs():
            attributes = entry.attributes
            if entry.tag == "DW_TAG_subprogram" and "DW_AT_low_pc" in attributes:
                found[attributes["DW_AT_low_pc"].value] = name
            elif entry.tag == "DW_TAG_variable" and "DW_AT_location" in attributes:
                location = attributes["DW_AT_location"].value
                if isinstance(location, list) and location[:1] == [3]:  # DW_OP_addr
                    found[int.from_bytes(bytes(location[1:9]), "little")] = name
    return found


def parts(elf):
    """Yields (symbol, size, source, in the file) for every symbol that occupies loaded bytes."""
    sources = sources_by_address(elf)
    sections = list(elf.iter_sections())
    seen = set()
    for symbol in elf.get_section_by_name(".symtab").iter_symbols():
        index = symbol["st_shndx"]
        if not symbol["st_size"] or not isinstance(index, int) or symbol["st_value"] in seen:
            continue
        seen.add(symbol["st_value"])
        in_file = sections[index]["sh_type"] != "SHT_NOBITS"
        yield symbol.name, symbol["st_size"], sources.get(symbol["st_value"], "(assembly)"), in_file


def show(path, count):
    with open(path, "rb") as file:
        elf = ELFFile(file)
        in_file, in_memory = loaded(elf)
        found = list(parts(elf))
    folders, zeroed = collections.Counter(), collections.Counter()
    for _, size, source, stored in found:
        folder = source.split("/", maxsplit=1)[0]
        (folders if stored else zeroed)[folder] += size
    folders["(shared)"] = in_file - folders.total()
    print(f"{'folder':24} {'loaded':>8} {'zeroed':>8}")
    for folder, size in folders.most_common():
        print(f"{folder:24} {size:8} {zeroed[folder]:8}")
    print(f"{'all':24} {in_file:8} {in_memory - in_file:8}\n")
    print(f"{'largest symbols':40} {'bytes':>8}  source")
    for name, size, source, stored in sorted(found, key=lambda part: -part[1])[:count]:
        print(f"{name:40} {size:8}  {source}{'' if stored else ' (zeroed)'}")


def check_limits():
    failed = 0
    for name, limit in LIMITS.items():
        with open(firmware.build(name).with_name("fatwood.debug.elf"), "rb") as file:
            in_file, in_memory = loaded(ELFFile(file))
        good = 0 < in_file <= limit
        print(f"  {'ok' if good else 'FAILED':7} {name}: {in_file} bytes loaded of {limit}, {in_memory} in memory")
        failed += not good
    print(f"{len(LIMITS) - failed} passed, {failed} failed")
    return failed != 0


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("image", nargs="?", help="a fatwood.debug.elf")
    parser.add_argument("--symbols", type=int, default=30, metavar="N", help="show the N largest")
    parser.add_argument("--check", action="store_true", help="compare the configurations that have a limit with it")
    arguments = parser.parse_args()
    if arguments.check:
        return check_limits()
    show(arguments.image, arguments.symbols)
    return 0


if __name__ == "__main__":
    sys.exit(main())

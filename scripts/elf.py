#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Reads the data that a build needs from a 64-bit ELF file, without depending on a package.

elf.py IMAGE prints one line about its size; elf.py --flat FILE IMAGE writes FILE with the bytes as in memory, from
the first loaded one.
"""
import os
import struct
import sys

PT_LOAD, SHT_SYMTAB = 1, 2
SHF_EXECINSTR = 4
STT_NOTYPE, STT_FUNC = 0, 2


def table(data, header, offset_at, size_at, count_at):
    """Yields the entries of the program headers or of the section headers."""
    offset = struct.unpack_from("<Q", header, offset_at)[0]
    size, = struct.unpack_from("<H", header, size_at)
    count, = struct.unpack_from("<H", header, count_at)
    for i in range(count):
        yield data[offset + i * size:offset + (i + 1) * size]


def read(path):
    with open(path, "rb") as file:
        data = file.read()
    if data[:6] != b"\x7fELF\x02\x01":
        sys.exit(f"{path}: not a little-endian 64-bit ELF file")
    return data


def segments(data):
    """Yields (bytes in the file, bytes in memory) for each loaded segment."""
    for entry in table(data, data[:64], 32, 54, 56):
        if struct.unpack_from("<I", entry)[0] == PT_LOAD:
            yield struct.unpack_from("<QQ", entry, 32)


def flat(data):
    """Returns the loaded bytes as in memory."""
    base, out = None, b""
    for entry in table(data, data[:64], 32, 54, 56):
        kind, _, offset, _, address, size = struct.unpack_from("<IIQQQQ", entry)
        if kind == PT_LOAD and size:
            base = address if base is None else base
            out = out.ljust(address - base, b"\0") + data[offset:offset + size]
    return out


def functions(data):
    """Yields (address, name) of the functions and labels in executable sections."""
    sections = [struct.unpack_from("<IIQQQQI", entry) for entry in table(data, data[:64], 40, 58, 60)]
    for _, kind, _, _, offset, size, link in sections:
        if kind != SHT_SYMTAB:
            continue
        names = sections[link][4]
        for at in range(offset, offset + size, 24):
            name, info, _, index, value, _ = struct.unpack_from("<IBBHQQ", data, at)
            text = data[names + name:data.index(b"\0", names + name)].decode()
            if text and info & 0xf in (STT_NOTYPE, STT_FUNC) and index < len(sections) and \
                    sections[index][2] & SHF_EXECINSTR:
                yield value, text


def main():
    if sys.argv[1] == "--flat":
        with open(sys.argv[2], "wb") as file:
            file.write(flat(read(sys.argv[3])))
        return
    data = read(sys.argv[1])
    in_file, in_memory = (sum(sizes) for sizes in zip(*segments(data)))
    print(f"  SIZE    {sys.argv[1]}: {in_file} bytes loaded, {in_memory} in memory, "
          f"{os.path.getsize(sys.argv[1])} in the file")


if __name__ == "__main__":
    main()

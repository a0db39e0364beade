# SPDX-License-Identifier: Apache-2.0
"""Malformed UEFI programs at the removable path. The undamaged one returns its own error code, which does not count
as refused. tests/unit/test_pe_fields.c tests each field with each value."""

import struct

from tests.images import efi, efi_program
from tests.images.damage.catalogue import add_files


def program(name, text, change):
    """Adds a disk that contains only a program that is replaced as a whole."""
    def files(_):
        data = bytearray(efi_program.program("returns", STATUS=21))
        return {efi.REMOVABLE: bytes(change(data, struct.unpack_from("<I", data, 0x3C)[0]))}
    add_files(f"program_{name}", text, files)


def field(name, text, offset, layout, value):
    """Adds a program with one changed field in its headers: an offset from "PE" on."""
    def change(data, start):
        struct.pack_into(layout, data, start + offset, value)
        return data
    program(name, text, change)


def section(name, text, offset, value):
    """Adds a program with a changed field of its first section."""
    def change(data, start):
        table = start + 24 + struct.unpack_from("<H", data, start + 20)[0]
        struct.pack_into("<I", data, table + offset, value)
        return data
    program(name, text, change)


program("empty", "The boot loader is an empty file.", lambda data, start: b"")
program("cut_off", "The boot loader's second half is missing.", lambda data, start: data[:len(data) // 2])
field("arm64", "The boot loader is for another processor.", 4, "<H", 0xAA64)
field("65535_sections", "The boot loader has 65,535 sections.", 6, "<H", 0xFFFF)
field("entry_outside", "The boot loader's entry lies outside its image.", 40, "<I", 0xFFFFFFF0)
field("image_huge", "The boot loader needs 900 MiB, more than there is.", 80, "<I", 900 << 20)
field("headers_huge", "The boot loader's headers are larger than its file.", 84, "<I", 1 << 30)
field("relocations_outside", "The boot loader's relocations lie outside its image.", 176, "<I", 0x7FFFF000)
section("section_outside", "A section of the boot loader lies outside its image.", 12, 0xFFFFF000)
section("section_not_in_the_file", "A section of the boot loader begins after its file's end.", 20, 0x40000000)

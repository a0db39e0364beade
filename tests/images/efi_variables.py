# SPDX-License-Identifier: Apache-2.0
"""UEFI variables in their on-disk format (docs/uefi-variables.md), and boot options (UEFI 2.11, 3.1.3)."""

import struct
import uuid
import zlib

GLOBAL = uuid.UUID("8be4df61-93ca-11d2-aa0d-00e098032b8c").bytes_le
LOADER = uuid.UUID("4a67b082-0a4c-41cf-b6c7-440b29bb8c4f").bytes_le  # systemd's
TEST = uuid.UUID("cfc8fc79-be2e-4ddc-97f0-9f98bfe298a0").bytes_le  # of guest_efi.sh
FILE = "/EFI/fatwood/variables0.bin"


def option(guid, file, options=""):
    """A boot option for a file on a disk's first partition, which has that GUID."""
    path = struct.pack("<BBHIQQ16sBB", 4, 1, 42, 1, 2048, 0, uuid.UUID(guid).bytes_le, 2, 2)
    name = (file + "\0").encode("utf-16-le")
    path += struct.pack("<BBH", 4, 4, 4 + len(name)) + name + bytes([0x7F, 0xFF, 4, 0])
    words = (options + "\0").encode("utf-16-le") if options else b""
    return struct.pack("<IH", 1, len(path)) + "T\0".encode("utf-16-le") + path + words


def store(variables, vendor=GLOBAL):
    """A file with variables of that vendor, given as a dictionary of name to bytes."""
    records = b""
    for name, data in variables.items():
        record = struct.pack("<IIQ", len(data), 7, 0) + vendor + (name + "\0").encode("utf-16-le") + data
        records += record + bytes(-len(record) % 8)
    return struct.pack("<Q8sII", 0, b"UbEfiVa\x01", 24 + len(records), zlib.crc32(records)) + records

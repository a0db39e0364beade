#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes an empty store of UEFI variables for a flash: fatwood_vars.fd (efi/runtime/flash.h has the format)."""
import pathlib
import struct
import sys
import uuid
import zlib

SIZE = 528 * 1024  # the size of current OVMF stores
BLOCK = 4096
VOLUME_HEADER = 0x48


def volume_header():
    kind = uuid.UUID("fff12b8d-7696-4c8b-a985-2747075b4f50").bytes_le
    fields = struct.pack("<16s16sQ4sIHHHBBIIII", bytes(16), kind, SIZE, b"_FVH", 0x4FEFF, VOLUME_HEADER, 0, 0, 0, 2,
                         SIZE // BLOCK, BLOCK, 0, 0)
    checksum = -sum(struct.unpack(f"<{VOLUME_HEADER // 2}H", fields)) & 0xFFFF
    return fields[:50] + struct.pack("<H", checksum) + fields[52:]


def store_header(end):
    kind = uuid.UUID("aaf32c78-947b-439a-a180-2e144ec37792").bytes_le
    return struct.pack("<16sIBBHI", kind, end - VOLUME_HEADER, 0x5A, 0xFE, 0, 0)


def journal_header():
    kind = uuid.UUID("9e58292b-7c68-497d-a0ce-6500fd9f1b95").bytes_le
    length = BLOCK - 32
    checksum = zlib.crc32(struct.pack("<16sIIQ", kind, 0xFFFFFFFF, 0xFFFFFFFF, length))
    return struct.pack("<16sIIQ", kind, checksum, 0xFFFFFFFE, length)


def empty_store():
    end = SIZE // 2 - 2 * BLOCK
    parts = {0: volume_header() + store_header(end), end + BLOCK: journal_header()}
    image = bytearray(b"\xff" * SIZE)
    for offset, part in parts.items():
        image[offset:offset + len(part)] = part
    return bytes(image)


if __name__ == "__main__":
    pathlib.Path(sys.argv[1]).write_bytes(empty_store())

# SPDX-License-Identifier: Apache-2.0
"""The flash template for UEFI variables equals OVMF's empty one."""
import pathlib
import struct
import sys
import zlib

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "scripts")]
import flash_store

from tests.images import kernels, packages

SIZE = 528 * 1024
HEADERS = {0: 72, 72: 28, 260 * 1024: 32}  # offset: size; between them the flash is erased


def test_the_template_is_that_of_ovmf():
    try:
        theirs = packages.ovmf().variables.read_bytes()
    except kernels.Unavailable as problem:
        pytest.skip(str(problem))
    if len(theirs) != SIZE:
        pytest.skip(f"this machine's OVMF has a flash of {len(theirs)} bytes")
    assert flash_store.empty_store() == theirs


def test_the_volume_header_is_valid():
    """PI 1.8, volume 3, 3.2.1."""
    image = flash_store.empty_store()
    size, signature, header_size = struct.unpack_from("<Q4s4xH", image, 32)
    assert size == len(image) == SIZE
    assert signature == b"_FVH" and header_size == 72
    assert sum(struct.unpack_from("<36H", image)) & 0xFFFF == 0
    count, block, *end = struct.unpack_from("<4I", image, 56)
    assert count * block == size and end == [0, 0]


def test_the_sizes_and_the_checksum_of_what_follows():
    image = flash_store.empty_store()
    (store_size,) = struct.unpack_from("<I", image, 72 + 16)
    assert 72 + store_size == 256 * 1024
    kind, checksum, journal_size = struct.unpack_from("<16sI4xQ", image, 260 * 1024)
    assert 32 + journal_size == 4096
    assert checksum == zlib.crc32(kind + b"\xff" * 8 + struct.pack("<Q", journal_size))


def test_the_rest_is_erased():
    image = bytearray(flash_store.empty_store())
    for offset, size in HEADERS.items():
        image[offset:offset + size] = b"\xff" * size
    assert image == b"\xff" * SIZE

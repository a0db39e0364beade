# SPDX-License-Identifier: Apache-2.0
"""Malformed MBR partition tables, and the chains of logical partitions (EBRs) that follow them."""

import struct

from tests.images.damage.catalogue import add, evil
from tests.images.damage.image import BLOCK, FIRST_LBA

TABLE = 446
FIRST_EBR_LBA = FIRST_LBA - 1
SIGNATURE = b"\x55\xaa"


def entry(name, text, offset, layout, *values, base="mbr-fat12", boots=False):
    """Adds wrong fields in the first entry."""
    add(name, text, lambda image: image.patch(TABLE + offset, layout, *values), base, boots)


def link(lba, count):
    """An EBR's entries: no partition, only the next EBR, @lba blocks from the first one."""
    return struct.pack("<16x4xB3xII", 5, lba, count) + bytes(32)


@evil("mbr-fat12")
def mbr_signature(image):
    """No 0x55AA: not a table."""
    image.write(510, bytes(2))


@evil("mbr-fat12")
def mbr_partition_past_end(image):
    """The partition is beyond the end of the disk."""
    image.patch(TABLE + 8, "<II", image.size // BLOCK + 10, 1000)


entry("mbr_partition_wraps", "Start plus size is more than 2^32.", 8, "<II", 0xFFFFFFF0, 0xFFFFFFFF)
entry("mbr_partition_too_long", "The partition starts where it should and ends behind the disk.",
      12, "<I", 0xFFFFFFFF - FIRST_LBA, boots=None)
entry("mbr_partition_empty", "The partition has no blocks.", 12, "<I", 0)
entry("mbr_partition_at_0", "The partition is the MBR itself, which is no file system.", 8, "<I", 0)
entry("mbr_protective_alone", "A protective MBR in front of no GPT.", 4, "<B", 0xEE)
entry("ebr_link_past_end", "The extended partition's first table lies beyond the end of the disk.",
      8, "<II", 0xFFFFFF00, 0xFF, base="logical-fat12")


@evil("logical-fat12")
def ebr_points_to_itself(image):
    """The extended partition's table has only a link to itself."""
    image.write(FIRST_EBR_LBA * BLOCK + TABLE, link(0, 100))


@evil("logical-fat12")
def ebr_circle(image):
    """Two tables of logical partitions point at each other."""
    for here, there in ((0, 1), (1, 0)):
        image.write((FIRST_EBR_LBA + here) * BLOCK, bytes(TABLE) + link(there, 100) + SIGNATURE)


@evil("logical-fat12", boots=True)
def ebr_next_past_end(image):
    """The logical partition is good; the link to the next one leads beyond the end of the disk."""
    image.write(FIRST_EBR_LBA * BLOCK + TABLE + 16, struct.pack("<4xB3xII", 5, 0xFFFFFF00, 100))


@evil("logical-fat12")
def ebr_signature(image):
    """The extended partition's table has no 0x55AA."""
    image.write(FIRST_EBR_LBA * BLOCK + 510, bytes(2))


@evil("logical-fat12")
def ebr_long_chain(image):
    """Two thousand links, each to the next block, and no partition."""
    for index in range(2000):
        image.write((FIRST_EBR_LBA + index) * BLOCK, bytes(TABLE) + link(index + 1, 1) + SIGNATURE)

# SPDX-License-Identifier: Apache-2.0
"""Malformed GUID partition tables."""

import binascii
import random
import struct

from tests.images.damage.catalogue import add, evil
from tests.images.damage.image import BLOCK, FIRST_LBA

LAST_LBA = (1 << 64) - 1
CRC_OF_NOTHING = binascii.crc32(b"")


def header(name, text, offset, layout, *values, boots=False):
    """Adds wrong fields in both headers, with correct CRCs."""
    add(name, text, lambda image: image.gpt_header(offset, layout, *values), boots=boots)


def partition(name, text, first, last, boots=False):
    """Adds wrong bounds of the partition in both arrays, with correct CRCs."""
    add(name, text, lambda image: image.gpt_entry(0, 32, "<QQ", first, last), boots=boots)


@evil()
def gpt_signature(image):
    """Neither header has its signature, so only the protective MBR is left."""
    for offset in image.headers:
        image.write(offset, bytes(8))


@evil(boots=True)
def gpt_primary_erased(image):
    """The first header is zeros; the backup is good."""
    image.write(image.headers[0], bytes(BLOCK))


@evil(boots=True)
def gpt_primary_crc(image):
    """The first header's CRC is wrong; the backup is good."""
    image.patch(image.headers[0] + 16, "<I", 0xBAD0BAD0)


@evil(boots=True)
def gpt_backup_crc(image):
    """The backup header's CRC is wrong; the backup is not needed."""
    image.patch(image.headers[1] + 16, "<I", 0xBAD0BAD0)


@evil()
def gpt_both_crcs(image):
    """Both headers' CRCs are wrong."""
    for offset in image.headers:
        image.patch(offset + 16, "<I", 0xBAD0BAD0)


@evil(boots=True)
def gpt_primary_entries_crc(image):
    """The first entry array does not match its CRC; the backup does."""
    image.write(image.entries(image.headers[0]) + 56, b"damage")


@evil()
def gpt_both_entries_crcs(image):
    """Neither entry array matches its CRC."""
    for offset in image.headers:
        image.write(image.entries(offset) + 56, b"damage")


header("gpt_header_size_0", "Headers of 0 bytes: their CRC covers nothing.", 12, "<I", 0)
header("gpt_header_size_91", "Headers one byte shorter than the smallest there can be.", 12, "<I", 91)
header("gpt_header_size_huge", "Headers of almost 4 GiB.", 12, "<I", 0xFFFFFFFF)
header("gpt_header_size_over_block", "Headers larger than a block.", 12, "<I", BLOCK + 1)
header("gpt_entry_size_0", "Entries of 0 bytes: every entry is the first one.", 84, "<I", 0)
header("gpt_entry_size_64", "Entries too small for what they hold.", 84, "<I", 64)
header("gpt_entry_size_129", "An entry size that is not 128 times a power of two.", 84, "<I", 129)
header("gpt_entry_size_huge", "Entries of 2 GiB each.", 84, "<I", 0x80000000)
header("gpt_entry_count_0", "A table without entries.", 80, "<III", 0, 128, CRC_OF_NOTHING)
header("gpt_entry_count_huge", "Four billion entries.", 80, "<I", 0xFFFFFFFF)
header("gpt_entries_wrap", "Count times size is 0 modulo 2^32, and the CRC is that of no bytes.",
       80, "<III", 0x02000000, 128, CRC_OF_NOTHING)
header("gpt_entries_at_0", "The entries are said to lie over the MBR.", 72, "<Q", 0)
header("gpt_entries_at_end_of_space", "The entries' last block would be behind block 2^64 - 1.",
       72, "<Q", LAST_LBA)
header("gpt_not_at_my_lba", "Both headers say they are elsewhere.", 24, "<Q", 77)
header("gpt_usable_reversed", "The first usable block is behind the last.", 40, "<QQ", 1000, 100,
       boots=None)


@evil()
def gpt_entries_past_end(image):
    """The headers place the entries beyond the end of the disk."""
    image.gpt_header(72, "<Q", image.size // BLOCK + 1000)


@evil(boots=True)
def gpt_alternate_past_end(image):
    """The first header is good, but the backup it names is beyond the end of the disk."""
    image.gpt_header(32, "<Q", LAST_LBA, which=(0,))


@evil()
def gpt_backup_nowhere(image):
    """The first header has a wrong CRC and a backup address of 2^64 - 1, and the last block is zeros."""
    image.patch(image.headers[0] + 32, "<Q", LAST_LBA)
    image.write(image.headers[1], bytes(BLOCK))


partition("gpt_partition_reversed", "The partition ends before it starts.", FIRST_LBA, FIRST_LBA - 1)
partition("gpt_partition_too_long",
          "The partition starts where it should and ends far beyond the end of the disk.", FIRST_LBA, 1 << 40,
          boots=None)
partition("gpt_partition_at_end_of_space", "The partition is block 2^64 - 1.", LAST_LBA, LAST_LBA)
partition("gpt_partition_everything", "The partition has 2^64 blocks, a count that does not fit.",
          0, LAST_LBA)
partition("gpt_partition_over_table", "The partition starts at the table itself: no file system there.",
          1, 100)


@evil()
def gpt_partition_past_end(image):
    """The partition lies beyond the end of the disk."""
    blocks = image.size // BLOCK
    image.gpt_entry(0, 32, "<QQ", blocks + 10, blocks + 1000)


@evil(boots=True)
def gpt_all_entries_used(image):
    """127 more overlapping partitions of other types."""
    image.set_gpt_entries(1, b"".join(
        struct.pack("<16s16sQQQ72x", b"other data type!", b"unique" + b"%010d" % index,
                    100 + index, 101 + index, 0)
        for index in range(1, 128)))


@evil(boots=True)
def gpt_same_esp_128_times(image):
    """All entries name the same partition."""
    image.set_gpt_entries(0, image.read(image.entries(image.headers[0]), 128) * 128)


@evil()
def gpt_128_empty_esps(image):
    """All entries are system partitions of garbage."""
    image.write(image.start, random.Random(128).randbytes(64 * BLOCK))
    one = bytearray(image.read(image.entries(image.headers[0]), 128))
    many = bytearray()
    for index in range(128):
        struct.pack_into("<QQ", one, 32, FIRST_LBA + index % 32, FIRST_LBA + index % 32 + 16)
        many += one
    image.set_gpt_entries(0, many)


@evil(boots=True)
def gpt_name_of_noise(image):
    """The partition's name is invalid UTF-16: unpaired surrogates, no terminator."""
    image.gpt_entry(0, 56, "<72s", b"\x00\xd8" * 18 + b"\x1b[" * 18)

#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Disks that lie: one function per malformation, each damages a small good disk.

    evil.py --list              the names, and what is wrong with each
    evil.py --write DIR [NAME]  writes the images: sparse, the same bytes each time

An evil disk is refused (BOOTS false: the next disk must boot, and alone it must end in the last action),
or its damage is of a kind that must not matter (BOOTS true: it boots itself). Where both answers are
right it is None, and only a hang or a crash is wrong. The undamaged disk boots the stub kernel.
"""

import argparse
import binascii
import dataclasses
import functools
import hashlib
import pathlib
import random
import shutil
import struct
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2]))

from tests.images import kernels, stub  # noqa: E402
from tests.images.disk import bls_files, entry, esp_disk  # noqa: E402
from tests.images.fat import MIB, Volume  # noqa: E402

KERNEL = "/linux/vmlinuz"
INITRD = "/linux/initrd0.img"
CONF = "/loader/entries/test.conf"
FIRST_LBA = 64  # where disk.py puts the first partition
BLOCK = 512


@dataclasses.dataclass
class Evil:
    name: str
    text: str
    damage: object
    base: str
    boots: object
    files: object  # replaces the base's files: a function of them, or None


CATALOGUE = {}


def evil(base="gpt-fat12", boots=False, files=None):
    """Registers a function that damages an Image of that base; its docstring says what is wrong."""
    def register(function):
        CATALOGUE[function.__name__] = Evil(
            function.__name__, " ".join(function.__doc__.split()), function, base, boots, files)
        return function
    return register


class Image:
    """A disk opened for damage: offsets in bytes of the disk, `fat` is the volume on it."""

    def __init__(self, path, whole=False):
        self.path = path
        self.start = 0 if whole else FIRST_LBA * BLOCK
        self.file = open(path, "r+b")
        self.size = self.file.seek(0, 2)
        self.fat = Volume(path, self.start)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.file.close()
        self.fat.file.close()

    def flush(self):
        """Volume has a file of its own: what one writes, the other must see."""
        self.file.flush()
        self.fat.file.flush()

    def read(self, offset, size):
        self.flush()
        self.file.seek(offset)
        return self.file.read(size)

    def write(self, offset, data):
        self.file.seek(offset)
        self.file.write(data)
        self.flush()

    def patch(self, offset, layout, *values):
        self.write(offset, struct.pack(layout, *values))

    # GPT

    @property
    def headers(self):
        """Byte offsets of the primary and the backup header."""
        return BLOCK, self.size - BLOCK

    def entries(self, header):
        """Byte offset of the entry array that a header names."""
        return struct.unpack("<Q", self.read(header + 72, 8))[0] * BLOCK

    def seal(self, header):
        """Makes the header's own CRC right."""
        size = min(struct.unpack("<I", self.read(header + 12, 4))[0], BLOCK)
        data = bytearray(self.read(header, size))
        data[16:20] = bytes(4)
        self.patch(header + 16, "<I", binascii.crc32(data))

    def gpt(self, offset, layout, *values, which=(0, 1)):
        """Changes a field of the headers, with right CRCs."""
        for number in which:
            self.patch(self.headers[number] + offset, layout, *values)
            self.seal(self.headers[number])

    def gpt_entry(self, index, offset, layout, *values):
        """Changes a field of an entry in both arrays, with right CRCs."""
        for header in self.headers:
            entries = self.entries(header)
            self.patch(entries + index * 128 + offset, layout, *values)
            self.patch(header + 88, "<I", binascii.crc32(self.read(entries, 128 * 128)))
            self.seal(header)

    # files

    def chain(self, path):
        self.flush()
        return self.fat.chain(self.fat.first_cluster(self.fat.find(path)))

    def bpb(self, offset, layout, *values):
        """Changes a field of the boot sector, and of its backup on FAT32."""
        self.patch(self.start + offset, layout, *values)
        if self.fat.bits == 32:
            self.patch(self.start + 6 * BLOCK + offset, layout, *values)

    def header(self, offset, layout, *values):
        """Changes a field of the kernel's setup header."""
        cluster = self.chain(KERNEL)[offset // self.fat.cluster_size]
        self.fat.patch(self.fat.cluster_offset(cluster) + offset % self.fat.cluster_size,
                       layout, *values)
        self.flush()

    def long_name_slots(self, path):
        """Offsets of the long name entries before the file's own, nearest first."""
        offset = self.fat.find(path)
        found = []
        while self.fat.read(offset - 32, 12)[11] == 0x0F:
            offset -= 32
            found.append(offset)
        return found


@functools.cache
def stub_kernel():
    return stub.Stub().data()


def good_files():
    return bls_files(stub_kernel(), [b"an initrd" * 100], "from=evil", version="1")


BASES = {
    "gpt-fat12": {"bits": 12, "size": MIB},
    "gpt-fat16": {"bits": 16, "size": 2 * MIB + 300 * 1024},
    "gpt-fat32": {"bits": 32, "size": 34 * MIB},
    "mbr-fat12": {"bits": 12, "size": MIB, "scheme": "mbr"},
    "logical-fat12": {"bits": 12, "size": MIB, "scheme": "mbr-logical"},
    "plain-fat12": {"bits": 12, "size": MIB, "scheme": "none"},
}


def with_entry(data):
    """Replaces the boot entry's text."""
    return lambda files: {**files, CONF: data}


def with_keys(**keys):
    keys.setdefault("linux", KERNEL)
    return with_entry(entry(**keys))


def with_file(path, data):
    return lambda files: {**files, path: data}


def with_stub(**fields):
    return lambda files: {**files, KERNEL: stub.Stub(**fields).data()}


def nothing(image):
    """For malformations that are files: there is nothing to damage afterwards."""


def evil_files(name, text, change, boots=False, base="gpt-fat12"):
    """Registers a malformation that is only a matter of which files are there."""
    CATALOGUE[name] = Evil(name, text, nothing, base, boots, change)


# --- GPT ------------------------------------------------------------------------------------------


@evil()
def gpt_signature(image):
    """Neither header has its signature: only the protective MBR is left."""
    for header in image.headers:
        image.write(header, bytes(8))


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
    """The backup header's CRC is wrong; nobody needs it."""
    image.patch(image.headers[1] + 16, "<I", 0xBAD0BAD0)


@evil()
def gpt_both_crcs(image):
    """Both headers' CRCs are wrong."""
    for header in image.headers:
        image.patch(header + 16, "<I", 0xBAD0BAD0)


@evil(boots=True)
def gpt_primary_entries_crc(image):
    """The first entry array does not match its CRC; the backup does."""
    image.write(image.entries(image.headers[0]) + 56, b"damage")


@evil()
def gpt_both_entries_crcs(image):
    """Neither entry array matches its CRC."""
    for header in image.headers:
        image.write(image.entries(header) + 56, b"damage")


@evil()
def gpt_header_size_0(image):
    """Headers of 0 bytes: their CRC covers nothing."""
    image.gpt(12, "<I", 0)


@evil()
def gpt_header_size_91(image):
    """Headers one byte shorter than the smallest there can be."""
    image.gpt(12, "<I", 91)


@evil()
def gpt_header_size_huge(image):
    """Headers of almost 4 GiB."""
    image.gpt(12, "<I", 0xFFFFFFFF)


@evil()
def gpt_header_size_over_block(image):
    """Headers larger than a block."""
    image.gpt(12, "<I", BLOCK + 1)


@evil()
def gpt_entry_size_0(image):
    """Entries of 0 bytes: every entry is the first one."""
    image.gpt(84, "<I", 0)


@evil()
def gpt_entry_size_64(image):
    """Entries too small for what they hold."""
    image.gpt(84, "<I", 64)


@evil()
def gpt_entry_size_129(image):
    """An entry size that is not 128 times a power of two."""
    image.gpt(84, "<I", 129)


@evil()
def gpt_entry_size_huge(image):
    """Entries of 2 GiB each."""
    image.gpt(84, "<I", 0x80000000)


@evil()
def gpt_entry_count_0(image):
    """A table without entries."""
    image.gpt(80, "<II", 0, 128)
    image.gpt(88, "<I", binascii.crc32(b""))


@evil()
def gpt_entry_count_huge(image):
    """Four billion entries."""
    image.gpt(80, "<I", 0xFFFFFFFF)


@evil()
def gpt_entries_wrap(image):
    """Count times size is 0 modulo 2^32, and the CRC is that of no bytes."""
    image.gpt(80, "<III", 0x02000000, 128, binascii.crc32(b""))


@evil()
def gpt_entries_at_0(image):
    """The entries are said to lie over the MBR."""
    image.gpt(72, "<Q", 0)


@evil()
def gpt_entries_past_end(image):
    """The entries are said to lie behind the disk's end."""
    image.gpt(72, "<Q", image.size // BLOCK + 1000)


@evil()
def gpt_entries_at_end_of_space(image):
    """The entries' last block would be behind block 2^64 - 1."""
    image.gpt(72, "<Q", (1 << 64) - 1)


@evil()
def gpt_not_at_my_lba(image):
    """Both headers say they are elsewhere."""
    image.gpt(24, "<Q", 77)


@evil(boots=True)
def gpt_alternate_past_end(image):
    """The first header is good, but the backup it names is behind the disk's end."""
    image.gpt(32, "<Q", (1 << 64) - 1, which=(0,))


@evil()
def gpt_backup_nowhere(image):
    """The first header is broken in its CRC, names a backup at 2^64 - 1, and the last block is zeros."""
    image.patch(image.headers[0] + 32, "<Q", (1 << 64) - 1)
    image.write(image.headers[1], bytes(BLOCK))


@evil(boots=None)
def gpt_usable_reversed(image):
    """The first usable block is behind the last."""
    image.gpt(40, "<QQ", 1000, 100)


@evil()
def gpt_partition_reversed(image):
    """The partition ends before it starts."""
    image.gpt_entry(0, 32, "<QQ", FIRST_LBA, FIRST_LBA - 1)


@evil()
def gpt_partition_past_end(image):
    """The partition lies behind the disk's end."""
    blocks = image.size // BLOCK
    image.gpt_entry(0, 32, "<QQ", blocks + 10, blocks + 1000)


@evil(boots=None)
def gpt_partition_too_long(image):
    """The partition starts where it should and ends far behind the disk."""
    image.gpt_entry(0, 32, "<QQ", FIRST_LBA, (1 << 40))


@evil()
def gpt_partition_at_end_of_space(image):
    """The partition is block 2^64 - 1."""
    image.gpt_entry(0, 32, "<QQ", (1 << 64) - 1, (1 << 64) - 1)


@evil()
def gpt_partition_everything(image):
    """The partition has 2^64 blocks, a count that does not fit."""
    image.gpt_entry(0, 32, "<QQ", 0, (1 << 64) - 1)


@evil()
def gpt_partition_over_table(image):
    """The partition starts at the table itself: no file system there."""
    image.gpt_entry(0, 32, "<QQ", 1, 100)


@evil(boots=True)
def gpt_all_entries_used(image):
    """127 more partitions, of other types, over one another."""
    for header in image.headers:
        entries = image.entries(header)
        for index in range(1, 128):
            image.write(entries + index * 128, struct.pack(
                "<16s16sQQQ", b"other data type!", b"unique" + b"%010d" % index, 100 + index, 101 + index, 0))
        image.patch(header + 88, "<I", binascii.crc32(image.read(entries, 128 * 128)))
        image.seal(header)


@evil(boots=True)
def gpt_same_esp_128_times(image):
    """All entries name the same partition."""
    for header in image.headers:
        entries = image.entries(header)
        image.write(entries, image.read(entries, 128) * 128)
        image.patch(header + 88, "<I", binascii.crc32(image.read(entries, 128 * 128)))
        image.seal(header)


@evil()
def gpt_128_empty_esps(image):
    """All entries are system partitions of garbage."""
    noise = random.Random(128).randbytes(64 * BLOCK)
    image.write(image.start, noise)
    for header in image.headers:
        entries = image.entries(header)
        one = bytearray(image.read(entries, 128))
        many = bytearray()
        for index in range(128):
            struct.pack_into("<QQ", one, 32, FIRST_LBA + index % 32, FIRST_LBA + index % 32 + 16)
            many += one
        image.write(entries, many)
        image.patch(header + 88, "<I", binascii.crc32(many))
        image.seal(header)


@evil(boots=True)
def gpt_name_of_noise(image):
    """The partition's name is no UTF-16: lone surrogates, no end."""
    image.gpt_entry(0, 56, "<72s", b"\x00\xd8" * 18 + b"\x1b[" * 18)


# --- MBR ------------------------------------------------------------------------------------------


@evil("mbr-fat12")
def mbr_signature(image):
    """No 0x55AA: not a table."""
    image.write(510, bytes(2))


@evil("mbr-fat12")
def mbr_partition_past_end(image):
    """The partition lies behind the disk's end."""
    image.patch(446 + 8, "<II", image.size // BLOCK + 10, 1000)


@evil("mbr-fat12")
def mbr_partition_wraps(image):
    """Start plus size is more than 2^32."""
    image.patch(446 + 8, "<II", 0xFFFFFFF0, 0xFFFFFFFF)


@evil("mbr-fat12", boots=None)
def mbr_partition_too_long(image):
    """The partition starts where it should and ends behind the disk."""
    image.patch(446 + 12, "<I", 0xFFFFFFFF - FIRST_LBA)


@evil("mbr-fat12")
def mbr_partition_empty(image):
    """The partition has no blocks."""
    image.patch(446 + 12, "<I", 0)


@evil("mbr-fat12")
def mbr_partition_at_0(image):
    """The partition is the MBR itself, which is no file system."""
    image.patch(446 + 8, "<I", 0)


@evil("mbr-fat12")
def mbr_protective_alone(image):
    """A protective MBR in front of no GPT."""
    image.patch(446 + 4, "<B", 0xEE)


@evil("logical-fat12")
def ebr_points_to_itself(image):
    """The extended partition's table has only a link, to itself."""
    image.write(63 * BLOCK + 446, struct.pack("<16x4xB3xII", 5, 0, 100) + bytes(32))


@evil("logical-fat12")
def ebr_circle(image):
    """Two tables of logical partitions point at each other."""
    for here, there in ((63, 1), (64, 0)):
        image.write(here * BLOCK, bytes(446) + struct.pack("<16x4xB3xII", 5, there, 100)
                    + bytes(32) + b"\x55\xaa")


@evil("logical-fat12")
def ebr_link_past_end(image):
    """The extended partition's first table lies behind the disk's end."""
    image.patch(446 + 8, "<II", 0xFFFFFF00, 0xFF)


@evil("logical-fat12", boots=True)
def ebr_next_past_end(image):
    """The logical partition is good; the link to the next one leads behind the disk's end."""
    image.write(63 * BLOCK + 446 + 16, struct.pack("<4xB3xII", 5, 0xFFFFFF00, 100))


@evil("logical-fat12")
def ebr_signature(image):
    """The extended partition's table has no 0x55AA."""
    image.write(63 * BLOCK + 510, bytes(2))


@evil("logical-fat12")
def ebr_long_chain(image):
    """Two thousand links, each to the next block, and no partition."""
    for link in range(2000):
        image.write((63 + link) * BLOCK, bytes(446) + struct.pack("<16x4xB3xII", 5, link + 1, 1)
                    + bytes(32) + b"\x55\xaa")


# --- FAT: boot sector -----------------------------------------------------------------------------


def boot_sector(name, text, offset, layout, *values, base="gpt-fat12", boots=False):
    """Registers one wrong field of the BIOS parameter block."""
    CATALOGUE[name] = Evil(name, text, lambda image: image.bpb(offset, layout, *values), base,
                           boots, None)


for size in (0, 1, 511, 513, 8192, 32768, 65535):
    boot_sector(f"fat_sector_size_{size}", f"Sectors of {size} bytes.", 11, "<H", size)
for count in (0, 3, 255):
    boot_sector(f"fat_cluster_of_{count}_sectors", f"Clusters of {count} sectors.", 13, "<B", count)
boot_sector("fat_sector_size_4096", "Sectors of 4096 bytes where they have 512.", 11, "<H", 4096)
boot_sector("fat_cluster_of_128_sectors", "Clusters larger than they are.", 13, "<B", 128)
boot_sector("fat_reserved_0", "No reserved sectors: the first FAT is the boot sector.", 14, "<H", 0)
boot_sector("fat_reserved_too_many", "More reserved sectors than the volume has.", 14, "<H", 65535)
boot_sector("fat_no_fats", "No FAT at all.", 16, "<B", 0)
boot_sector("fat_255_fats", "255 FATs, more than fit.", 16, "<B", 255)
boot_sector("fat_no_root", "A FAT12 root directory without entries.", 17, "<H", 0)
boot_sector("fat_root_too_large", "A root directory larger than the volume.", 17, "<H", 65535)
boot_sector("fat_no_sectors", "A volume of no sectors.", 19, "<H13xI", 0, 0)
boot_sector("fat_too_few_sectors", "A volume that ends before its data starts.", 19, "<H", 3)
boot_sector("fat_longer_than_partition", "More sectors than the partition has.", 19, "<H13xI", 0,
            0x0FFFFFFF)
boot_sector("fat_size_0", "FATs of no sectors.", 22, "<H", 0)
boot_sector("fat_size_too_small", "FATs too small for the number of clusters.", 22, "<H", 1)
boot_sector("fat_size_too_large", "FATs larger than the volume.", 22, "<H", 65535)
boot_sector("fat_media_byte", "A media byte that there is not.", 21, "<B", 0x12, boots=None)
boot_sector("fat_boot_signature", "A boot sector without 0x55AA.", 510, "<H", 0, boots=None)
boot_sector("fat_jump", "A boot sector without the jump in front.", 0, "<3s", b"\0\0\0", boots=None)
boot_sector("fat32_root_0", "The root directory is cluster 0.", 44, "<I", 0, base="gpt-fat32")
boot_sector("fat32_root_1", "The root directory is cluster 1.", 44, "<I", 1, base="gpt-fat32")
boot_sector("fat32_root_past_end", "The root directory is behind the last cluster.", 44, "<I",
            0x0FFFFFF0, base="gpt-fat32")
boot_sector("fat32_size_huge", "FATs of four billion sectors.", 36, "<I", 0xFFFFFFFF,
            base="gpt-fat32")
boot_sector("fat32_sectors_huge", "Four billion sectors.", 32, "<I", 0xFFFFFFFF, base="gpt-fat32")
boot_sector("fat32_active_fat", "The one FAT in use is number 15 of two.", 40, "<H", 0x8F,
            base="gpt-fat32", boots=None)
boot_sector("fat32_version", "A version of FAT32 from the future.", 42, "<H", 0x0100,
            base="gpt-fat32", boots=None)
boot_sector("fat32_information", "The information sector is said to be sector 60000.", 48, "<H",
            60000, base="gpt-fat32", boots=True)


@evil("gpt-fat32", boots=True)
def fat32_information_noise(image):
    """The free cluster count and the signatures of the information sector are noise."""
    image.write(image.start + BLOCK, random.Random(1).randbytes(BLOCK))


@evil("gpt-fat32", boots=True)
def fat32_backup_boot_noise(image):
    """The backup boot sector is noise."""
    image.write(image.start + 6 * BLOCK, random.Random(2).randbytes(BLOCK))


@evil(boots=True)
def fat_second_copy_noise(image):
    """The second FAT is noise; the first is good."""
    size = image.fat.fat_blocks * BLOCK
    image.fat.write(image.fat.fat_offset(0, 1), random.Random(3).randbytes(size))


@evil()
def fat_first_copy_noise(image):
    """Both FATs are noise."""
    size = image.fat.fat_blocks * BLOCK
    for copy in range(2):
        image.fat.write(image.fat.fat_offset(0, copy), random.Random(4).randbytes(size))


@evil()
def fat_volume_noise(image):
    """The partition is noise from end to end."""
    image.write(image.start, random.Random(5).randbytes(MIB))


@evil("plain-fat12")
def fat_plain_no_sectors(image):
    """A disk that is one FAT volume of no sectors."""
    image.bpb(19, "<H13xI", 0, 0)


@evil("plain-fat12")
def fat_plain_sector_size(image):
    """A disk that is one FAT volume, with sectors of 0 bytes."""
    image.bpb(11, "<H", 0)


# --- FAT: cluster chains --------------------------------------------------------------------------


def kernel_link(value):
    """Damage: the link after the kernel's fourth cluster."""
    def damage(image):
        end = image.fat.end_of_chain
        image.fat.set_link(image.chain(KERNEL)[3], value(image) & end)
    return damage


CHAINS = {
    "free": ("leads to a free cluster", lambda image: 0),
    "reserved": ("leads to cluster 1, which there is not", lambda image: 1),
    "bad": ("leads to a cluster marked bad", lambda image: 0x0FFFFFF7),
    "past_end": ("leads behind the last cluster", lambda image: image.fat.cluster_count + 2),
    "far_past_end": ("leads far behind the last cluster", lambda image: 0x0FFFFFE0),
    "short": ("ends before the file does", lambda image: 0x0FFFFFFF),
    "loop": ("leads back to its own start", lambda image: image.chain(KERNEL)[0]),
    "itself": ("leads to itself", lambda image: image.chain(KERNEL)[3]),
}
for bits in (12, 16, 32):
    for suffix, (text, value) in CHAINS.items():
        name = f"fat{bits}_chain_{suffix}"
        CATALOGUE[name] = Evil(name, f"FAT{bits}: the kernel's chain {text}.", kernel_link(value),
                               f"gpt-fat{bits}", False, None)


def first_cluster(path, cluster, text, name, boots=False):
    def damage(image):
        image.fat.set_first_cluster(image.fat.find(path), cluster)
    CATALOGUE[name] = Evil(name, text, damage, "gpt-fat12", boots, None)


first_cluster(KERNEL, 0, "The kernel has a size but no first cluster.", "fat_kernel_at_0")
first_cluster(KERNEL, 1, "The kernel starts at cluster 1, which there is not.", "fat_kernel_at_1")
first_cluster(KERNEL, 0xFFF0, "The kernel starts behind the last cluster.", "fat_kernel_past_end")
first_cluster(CONF, 0, "The boot entry has a size but no first cluster.", "fat_entry_at_0")
first_cluster("/loader/entries", 0, "A folder's first cluster is 0, as if it were the root.",
              "fat_folder_is_root")
first_cluster("/loader/entries", 0xFFF0, "A folder starts behind the last cluster.",
              "fat_folder_past_end")


@evil()
def fat_kernel_size_huge(image):
    """The kernel is said to have 4 GiB less one byte."""
    image.fat.set_size(image.fat.find(KERNEL), 0xFFFFFFFF)


@evil()
def fat_kernel_size_0(image):
    """The kernel is empty, though it has clusters."""
    image.fat.set_size(image.fat.find(KERNEL), 0)


@evil()
def fat_kernel_is_folder(image):
    """The kernel is a folder."""
    image.fat.patch(image.fat.find(KERNEL) + 11, "<B", 0x10)


@evil()
def fat_folder_is_file(image):
    """/loader is a file."""
    image.fat.patch(image.fat.find("/loader") + 11, "<B", 0x20)


@evil()
def fat_initrd_size_huge(image):
    """The initrd is said to have 4 GiB less one byte."""
    image.fat.set_size(image.fat.find(INITRD), 0xFFFFFFFF)


@evil()
def fat_entry_size_huge(image):
    """The boot entry is said to have 4 GiB less one byte."""
    image.fat.set_size(image.fat.find(CONF), 0xFFFFFFFF)


def fill_folder(image, cluster, byte=0xE5):
    """All of a folder's unused entries become deleted ones: it has no end but its chain's."""
    for offset in image.fat.slots(cluster):
        if image.fat.read(offset, 1) == b"\0":
            image.fat.write(offset, bytes([byte]) + bytes(31))


def folder_loop(image, path):
    folder = image.fat.first_cluster(image.fat.find(path))
    fill_folder(image, folder)
    chain = image.fat.chain(folder)
    # What was in it must not be found, or the loop would not be walked.
    for offset in image.fat.slots(folder)[2:]:
        image.fat.write(offset, b"\xe5")
    image.fat.set_link(chain[-1], chain[0])


@evil()
def fat_folder_loop(image):
    """A folder without an end whose chain leads back to its start."""
    folder_loop(image, "/loader/entries")


@evil("gpt-fat32")
def fat32_root_loop(image):
    """The root directory has no end and its chain leads back to its start."""
    fill_folder(image, 0)
    for offset in image.fat.slots(0):
        image.fat.write(offset, b"\xe5")
    image.fat.set_link(image.fat.root_cluster, image.fat.root_cluster)


@evil(boots=True)
def fat_folder_without_end(image):
    """All entries of a folder are used: it ends with its chain."""
    fill_folder(image, image.fat.first_cluster(image.fat.find("/loader/entries")))


@evil(boots=True)
def fat_root_without_end(image):
    """All entries of the root directory are used, and behind it lies data."""
    fill_folder(image, 0)


@evil()
def fat_folder_chain_free(image):
    """A folder without an end leads to a free cluster."""
    folder = image.fat.first_cluster(image.fat.find("/loader/entries"))
    fill_folder(image, folder)
    for offset in image.fat.slots(folder)[2:]:
        image.fat.write(offset, b"\xe5")
    image.fat.set_link(folder, 0)


@evil(boots=True)
def fat_parent_noise(image):
    """The `.` and `..` of a folder lead nowhere."""
    slots = image.fat.slots(image.fat.first_cluster(image.fat.find("/loader/entries")))
    for offset in slots[:2]:
        image.fat.patch(offset + 26, "<H", 0xFFF0)


# --- FAT: names -----------------------------------------------------------------------------------


def long_name_damage(name, text, offset, layout, *values, boots=False):
    """Registers a change of the long name of the boot entry, whose short name is not *.conf."""
    def damage(image):
        image.fat.patch(image.long_name_slots(CONF)[0] + offset, layout, *values)
    CATALOGUE[name] = Evil(name, text, damage, "gpt-fat12", boots, None)


long_name_damage("fat_name_sequence_0", "A long name's part has number 0.", 0, "<B", 0x40)
long_name_damage("fat_name_sequence_63", "A long name's part has number 63.", 0, "<B", 0x7F)
long_name_damage("fat_name_sequence_21", "A long name of more than 260 units.", 0, "<B", 0x55)
long_name_damage("fat_name_sequence_2", "A long name whose first part is missing.", 0, "<B", 0x42)
long_name_damage("fat_name_checksum", "A long name that belongs to another short name.", 13, "<B",
                 0x5A)
long_name_damage("fat_name_surrogates", "A long name of lone surrogates.", 1, "<10s",
                 b"\x00\xd8\x00\xdc\x00\xdc\x00\xd8\x00\xd8")
long_name_damage("fat_name_escape", "A long name with a terminal's escape sequence.", 1, "<10s",
                 "\x1b[31m".encode("utf-16-le"))
long_name_damage("fat_name_slash", "A long name with a slash in it.", 1, "<10s",
                 "/../x".encode("utf-16-le"))


@evil(boots=None)
def fat_name_short_noise(image):
    """The entry's short name is noise of another code page, so its long name's checksum is wrong."""
    image.fat.write(image.fat.find(CONF), b"\x05\xff\x80\xa0 \x90\xfe\xfd\xfc\xfb\xfa")


@evil(boots=True, files=lambda files: {**files, "/loader/entries/first.txt": b"", "/another": b""})
def fat_name_noise_before(image):
    """Files whose short names are noise stand in the root and beside the entry."""
    for path in ("/loader/entries/first.txt", "/another"):
        offset = image.fat.find(path)
        image.fat.write(offset, b"\xff\x80\xa0\x90\xfe\xfd\xfc\xfb\xfa\xf9\xf8")


@evil(boots=True)
def fat_label_is_loader(image):
    """The volume's label is LOADER, and stands before the folder."""
    for offset in image.fat.slots(0):
        if image.fat.read(offset, 12)[11] == 0x08:
            image.fat.write(offset, b"LOADER     ")
            return
    raise AssertionError("no label")


@evil(boots=True, files=lambda files: {**files, f"/loader/entries/{'x' * 240}.txt": b""})
def fat_name_longest(image):
    """A file with a name of 244 letters lies beside the entry."""


# --- Boot Loader Specification --------------------------------------------------------------------

evil_files("bls_empty", "The boot entry is an empty file.", with_entry(b""))
evil_files("bls_zeros", "The boot entry is 4096 zeros.", with_entry(bytes(4096)))
evil_files("bls_noise", "The boot entry is noise.", with_entry(random.Random(6).randbytes(3000)))
evil_files("bls_one_long_line", "The boot entry is one line of 100,000 letters.",
           with_entry(b"options " + b"x" * 100_000))
evil_files("bls_huge", "The boot entry has 400,000 lines.", with_entry(b"a\n" * 200_000),
           base="gpt-fat12")
evil_files("bls_no_linux", "The boot entry names no kernel.",
           with_entry(b"title nothing\noptions quiet\n"))
evil_files("bls_linux_empty", "The kernel's path is empty.", with_keys(linux=""))
evil_files("bls_linux_root", "The kernel's path is the root directory.", with_keys(linux="/"))
evil_files("bls_linux_folder", "The kernel's path is a folder.", with_keys(linux="/loader"))
evil_files("bls_linux_missing", "The kernel is not there.", with_keys(linux="/linux/missing"))
evil_files("bls_linux_parents", "The kernel's path leads above the root.",
           with_keys(linux="/../../../linux/missing"))
evil_files("bls_linux_below_file", "The kernel's path goes through a file.",
           with_keys(linux=f"{KERNEL}/vmlinuz"))
evil_files("bls_linux_long_path", "The kernel's path has 5000 letters.",
           with_keys(linux="/" + "p" * 5000))
evil_files("bls_linux_deep_path", "The kernel's path has 1000 folders.",
           with_keys(linux="/p" * 1000))
evil_files("bls_linux_noise", "The kernel's path is not UTF-8.",
           with_entry(b"linux /linux/\xff\xfe\x80vmlinuz\n"))
evil_files("bls_linux_zero", "The kernel's path has a zero byte in it.",
           with_entry(b"linux /linux/vm\0linuz\n"), boots=None)
evil_files("bls_initrd_missing", "One of two initrds is not there.",
           with_keys(initrd=[INITRD, "/linux/missing"]))
evil_files("bls_initrd_folder", "The initrd is a folder.", with_keys(initrd="/linux"))
evil_files("bls_initrds_many", "A thousand initrd lines.", with_keys(initrd=[INITRD] * 1000),
           boots=None)
evil_files("bls_options_too_long", "More options than the kernel takes.",
           with_keys(options=["o" * 100] * 40))
evil_files("bls_options_line_too_long", "One line of options, longer than the kernel takes.",
           with_keys(options="o" * 5000))
evil_files("bls_architecture_other", "For another architecture.", with_keys(architecture="aa64"))
evil_files("bls_efi", "An EFI program, which this build cannot start.",
           with_entry(b"title efi\nefi /linux/vmlinuz\n"))
evil_files("bls_no_last_newline", "The last line has no end.",
           with_entry(b"title t\noptions from=evil\nlinux /linux/vmlinuz"), boots=True)
evil_files("bls_carriage_returns", "Lines end as on DOS.",
           with_entry(b"title t\r\nlinux /linux/vmlinuz\r\noptions from=evil\r\n"), boots=None)
evil_files("bls_tabs_and_comments", "Tabs, spaces, comments and empty lines.",
           with_entry(b"# comment\n\n\ttitle\t t\n   linux \t /linux/vmlinuz \t\n \n#linux /x\n"
                      b"options\tfrom=evil\n"), boots=True)
evil_files("bls_unknown_keys", "Keys that nobody knows.",
           with_keys(grub_users="$grub_users", linuxefi="/x", Linux="/y", options="from=evil"),
           boots=True)
evil_files("bls_title_escape", "A title with a terminal's escape sequences.",
           with_entry(b"title \x1b[2J\x1b]0;x\x07\xff\nlinux /linux/vmlinuz\noptions from=evil\n"),
           boots=True)
evil_files("bls_title_long", "A title of 3000 letters.",
           with_entry(b"title " + b"t" * 3000 + b"\nlinux /linux/vmlinuz\noptions from=evil\n"),
           boots=True)
evil_files("bls_version_huge", "Versions of thousands of digits.",
           lambda files: {**files,
                          "/loader/entries/a.conf": entry(linux="/linux/missing", version="9" * 3000),
                          "/loader/entries/b.conf": entry(linux="/linux/missing", version="1" * 3000)},
           boots=True)
evil_files("bls_many_broken_entries", "Two hundred broken entries, one good one.",
           lambda files: {**files, **{f"/loader/entries/broken{number}.conf":
                                      entry(linux="/linux/missing", version=str(1000 + number))
                                      for number in range(200)}}, boots=True)
evil_files("bls_counter_noise", "Boot counters that are none.",
           lambda files: {**files, **{f"/loader/entries/test+{counter}.conf":
                                      entry(linux="/linux/missing", version="0")
                                      for counter in ("", "x", "99999999999999999999", "1-", "-1",
                                                      "1-99999999999999999999", "0-0")}},
           boots=True)
evil_files("bls_entries_is_file", "/loader/entries is a file.",
           lambda files: {KERNEL: files[KERNEL], "/loader/entries": b"linux /linux/vmlinuz\n"})
evil_files("bls_entry_is_folder", "The boot entry is a folder.",
           lambda files: {KERNEL: files[KERNEL], CONF: None})
evil_files("loader_conf_noise", "loader.conf is noise.",
           with_file("/loader/loader.conf", random.Random(7).randbytes(3000)), boots=True)
evil_files("loader_conf_huge", "loader.conf has 400,000 letters.",
           with_file("/loader/loader.conf", b"default x\n" * 40_000), boots=True)
evil_files("loader_conf_stars", "The default is a pattern of 200 stars.",
           with_file("/loader/loader.conf", b"default " + b"*a" * 200 + b"\n"), boots=True)
evil_files("loader_conf_bracket", "The default is a pattern with an open bracket.",
           with_file("/loader/loader.conf", b"default [a-\n"), boots=True)
evil_files("loader_conf_backslash", "The default is a pattern that ends in a backslash.",
           with_file("/loader/loader.conf", b"default test\\\n"), boots=True)
evil_files("loader_conf_timeout", "A timeout of 10^30 seconds, and a negative one.",
           with_file("/loader/loader.conf", b"timeout -1\n"), boots=True)
evil_files("loader_conf_folder", "loader.conf is a folder.",
           with_file("/loader/loader.conf", None), boots=True)

# --- bzImage --------------------------------------------------------------------------------------


def kernel_bytes(name, text, change, boots=False):
    evil_files(name, text, lambda files: {**files, KERNEL: change(files[KERNEL])}, boots)


def kernel_fields(name, text, boots=False, **fields):
    evil_files(name, text, with_stub(**fields), boots)


kernel_bytes("kernel_empty", "The kernel is an empty file.", lambda data: b"")
kernel_bytes("kernel_100_bytes", "The kernel has 100 bytes.", lambda data: data[:100])
kernel_bytes("kernel_ends_in_header", "The kernel ends inside its header.", lambda data: data[:0x210])
kernel_bytes("kernel_ends_after_setup", "The kernel ends where its protected-mode part starts.",
             lambda data: data[:1024])
kernel_bytes("kernel_truncated", "The kernel's second half is missing.",
             lambda data: data[:len(data) // 2])
kernel_bytes("kernel_noise", "The kernel is noise.",
             lambda data: random.Random(8).randbytes(len(data)))
kernel_bytes("kernel_text", "The kernel is a text.", lambda data: b"#!/bin/sh\necho kernel\n" * 100)
kernel_bytes("kernel_elf", "The kernel is an ELF file.", lambda data: b"\x7fELF\x02\x01\x01" + bytes(len(data) - 7))
kernel_fields("kernel_setup_sects_255", "The setup part is larger than the file.", False)
CATALOGUE["kernel_setup_sects_255"].files = None
CATALOGUE["kernel_setup_sects_255"].damage = lambda image: image.header(0x1F1, "<B", 255)
kernel_fields("kernel_boot_flag", "The boot flag is not 0xAA55.", False, boot_flag=0x1234)
kernel_fields("kernel_magic", "The magic is not HdrS.", magic=b"HdrX")
kernel_fields("kernel_version_1", "A protocol from before it had a version.", version=0x0100)
kernel_fields("kernel_version_2_04", "A protocol without a 64-bit entry.", version=0x0204)
kernel_fields("kernel_version_future", "A protocol of the future.", True, version=0x0FFF)
kernel_fields("kernel_not_64_bit", "A kernel without a 64-bit entry.", xloadflags=0)
kernel_fields("kernel_low", "A zImage, loaded low.", False, loadflags=0)
kernel_fields("kernel_fixed", "A kernel that is not relocatable, at an address that is free.", True,
              relocatable_kernel=0)
kernel_fields("kernel_fixed_past_ram", "A kernel that is not relocatable and wants to lie behind RAM.",
              relocatable_kernel=0, pref_address=1 << 40)
kernel_fields("kernel_fixed_at_0", "A kernel that is not relocatable and wants address 0.",
              relocatable_kernel=0, pref_address=0)
kernel_fields("kernel_fixed_end_of_space",
              "A kernel that is not relocatable and wants the end of the address space.",
              relocatable_kernel=0, pref_address=(1 << 64) - 0x1000)
kernel_fields("kernel_prefers_past_ram", "A relocatable kernel that moves itself to an address behind RAM.",
              pref_address=1 << 40)
kernel_fields("kernel_prefers_end_of_space", "A relocatable kernel that moves itself to address 2^64 - 1.",
              pref_address=(1 << 64) - 1)
kernel_fields("kernel_prefers_0", "A relocatable kernel that prefers address 0.", True,
              pref_address=0)
kernel_fields("kernel_alignment_0", "An alignment of 0.", False, kernel_alignment=0)
kernel_fields("kernel_alignment_3", "An alignment that is no power of two.", False,
              kernel_alignment=3)
kernel_fields("kernel_alignment_huge", "An alignment of 2 GiB.", True, kernel_alignment=1 << 31)
kernel_fields("kernel_init_size_small", "A kernel that says it needs less than its file has.", True,
              init_size=16)
kernel_fields("kernel_init_size_huge", "A kernel that needs 4 GiB to start.",
              init_size=0xFFFFF000)
kernel_fields("kernel_cmdline_size_0", "A kernel that takes no command line.", False, cmdline_size=0)
kernel_fields("kernel_cmdline_size_huge", "A kernel that takes 4 GiB of command line.", True,
              cmdline_size=0xFFFFFFFF)
kernel_fields("kernel_initrd_max_0", "No initrd can lie where the kernel wants it.", True,
              initrd_addr_max=0)
kernel_fields("kernel_syssize_huge", "A kernel that says it is larger than its file.", False,
              syssize=0x0FFFFFFF)
kernel_fields("kernel_syssize_1", "A kernel that says it has 16 bytes.", False, syssize=1)
kernel_fields("kernel_jump_far", "A header that is said to end behind the setup part.", False,
              jump=0xFF)
kernel_fields("kernel_jump_short", "A header that is said to end inside its version.", False, jump=2)


def base_image(folder, name, files):
    """The good disk of that base, made once per folder and set of files."""
    content = repr(sorted((path, data) for path, data in files.items())).encode()
    path = folder / f".{name}-{hashlib.sha256(content).hexdigest()[:12]}.raw"
    if not path.exists():
        esp_disk(path, files, **BASES[name])
    return path


def write(name, path, scratch):
    """Writes the evil disk of that name to path; scratch is a folder for what several have in common."""
    item = CATALOGUE[name]
    files = good_files()
    if item.files:
        files = item.files(files)
    good = base_image(pathlib.Path(scratch), item.base, files)
    kernels.run(["cp", "--sparse=always", good, path])
    with Image(path, whole=item.base.startswith("plain")) as image:
        item.damage(image)
    return path


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    group = parser.add_mutually_exclusive_group(required=True)
    group.add_argument("--list", action="store_true", help="names, whether they boot, what is wrong")
    group.add_argument("--write", type=pathlib.Path, metavar="DIR", help="write NAME.raw for each")
    parser.add_argument("names", nargs="*", metavar="NAME", help="only these")
    arguments = parser.parse_args()
    names = arguments.names or list(CATALOGUE)
    if unknown := [name for name in names if name not in CATALOGUE]:
        parser.error(f"no such malformation: {' '.join(unknown)}; --list shows what there is")
    if arguments.list:
        for name in names:
            answer = {True: "boots", False: "refused", None: "either"}[CATALOGUE[name].boots]
            print(f"{name:32} {answer:8} {CATALOGUE[name].text}")
        return
    arguments.write.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=arguments.write) as scratch:
        for name in names:
            write(name, arguments.write / f"{name}.raw", scratch)
    print(f"{len(names)} images in {arguments.write}")


if __name__ == "__main__":
    main()

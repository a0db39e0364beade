# SPDX-License-Identifier: Apache-2.0
"""A disk image opened for damage."""

import binascii
import struct

from tests.images.damage.catalogue import KERNEL
from tests.images.fat import Volume

FIRST_LBA = 64  # where disk.py puts the first partition
BLOCK = 512


class Image:
    """Offsets are in bytes of the disk; the volume starts at `start`, and is `fat` if it is FAT."""

    def __init__(self, path, whole=False, is_fat=True):
        self.path = path
        self.start = 0 if whole else FIRST_LBA * BLOCK
        self.file = open(path, "r+b")
        self.size = self.file.seek(0, 2)
        self.fat = Volume(path, self.start) if is_fat else None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.file.close()
        if self.fat:
            self.fat.file.close()

    def flush(self):
        """Volume has its own file object, so writes must be flushed to be visible there."""
        self.file.flush()
        if self.fat:
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
        """Corrects the header's CRC."""
        size = min(struct.unpack("<I", self.read(header + 12, 4))[0], BLOCK)
        data = bytearray(self.read(header, size))
        data[16:20] = bytes(4)
        self.patch(header + 16, "<I", binascii.crc32(data))

    def gpt_header(self, offset, layout, *values, which=(0, 1)):
        """Changes a field of the headers and corrects the CRCs."""
        for number in which:
            self.patch(self.headers[number] + offset, layout, *values)
            self.seal(self.headers[number])

    def set_gpt_entries(self, first, data):
        """Replaces entries in both arrays from that index on and corrects the CRCs."""
        for header in self.headers:
            entries = self.entries(header)
            self.write(entries + first * 128, data)
            self.patch(header + 88, "<I", binascii.crc32(self.read(entries, 128 * 128)))
            self.seal(header)

    def gpt_entry(self, index, offset, layout, *values):
        """Changes a field of an entry in both arrays and corrects the CRCs."""
        entry = bytearray(self.read(self.entries(self.headers[0]) + index * 128, 128))
        struct.pack_into(layout, entry, offset, *values)
        self.set_gpt_entries(index, entry)

    # files

    def chain(self, path):
        self.flush()
        return self.fat.chain(self.fat.first_cluster(self.fat.find(path)))

    def bpb(self, offset, layout, *values):
        """Changes a field of the boot sector, and of its backup on FAT32."""
        self.patch(self.start + offset, layout, *values)
        if self.fat.bits == 32:
            self.patch(self.start + 6 * BLOCK + offset, layout, *values)

    def setup_header(self, offset, layout, *values):
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

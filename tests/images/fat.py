# SPDX-License-Identifier: Apache-2.0
"""FAT volumes, made by mkfs.vfat and mtools, and then edited byte by byte if a test needs a layout that these tools
never produce (fragmented files, huge directories, damage).

Layout as in the Microsoft FAT specification (fatgen103): BPB, FATs, root directory, clusters.
"""

import dataclasses
import os
import pathlib
import shutil
import struct
import tempfile

from tests.images import kernels

MIB = 1 << 20
FIXED_TIME = 1_600_000_000

ENVIRONMENT = {
    **os.environ,
    "MTOOLS_SKIP_CHECK": "1",
    "MTOOLSRC": "/dev/null",
    "TZ": "UTC",
    "LC_ALL": "C.UTF-8",
    "SOURCE_DATE_EPOCH": str(FIXED_TIME),
    "PATH": os.environ.get("PATH", "") + ":/usr/sbin:/sbin",
}

# Fewer clusters than this make it FAT12, then FAT16 (fatgen103, "FAT type determination").
FAT16_MINIMUM_CLUSTERS = 4085
FAT32_MINIMUM_CLUSTERS = 65525


def tool(*command, **options):
    if not shutil.which(str(command[0]), path=ENVIRONMENT["PATH"]):
        raise kernels.Unavailable(f"{command[0]} is not installed")
    return kernels.run(command, env=ENVIRONMENT, **options)


@dataclasses.dataclass
class Fat:
    """A volume to make. files maps paths to bytes, a pathlib.Path to copy, or None for an empty folder."""

    files: dict
    size: int = 64 * MIB
    bits: int = 32
    block: int = 512
    cluster_blocks: int = 1
    label: str = "ESP"
    clusters: int = 0  # exactly that many clusters, to test the boundary between the types
    scattered: bool = False  # no two consecutive clusters of a file are adjacent on disk
    extra_entries: dict = dataclasses.field(default_factory=dict)  # folder: number of empty files

    def format(self, path, size):
        path.unlink(missing_ok=True)
        with open(path, "wb") as file:
            file.truncate(size)
        tool("mkfs.vfat", "--invariant", "-i", "0fa7300d", "-F", self.bits, "-S", self.block,
             "-s", self.cluster_blocks, "-n", self.label, path)

    def format_exactly(self, path):
        """Formats with the exact number of clusters, or more for FAT32 if mtools would treat the volume as FAT16.
        mkfs.vfat avoids numbers near each type's limits, so it makes the largest volume that it accepts, and then the
        size in the volume is changed."""
        clusters = max(self.clusters, FAT32_MINIMUM_CLUSTERS) if self.bits == 32 else self.clusters
        for spare in range(2048, 0, -8):
            try:
                self.format(path, clusters * self.cluster_blocks * self.block + spare * self.block)
                break
            except RuntimeError:  # too many clusters for the type
                continue
        with Volume(path) as volume:
            volume.set_cluster_count(clusters)

    def write(self, path):
        """Makes the volume as a sparse file of its own."""
        path = pathlib.Path(path)
        if self.clusters:
            self.format_exactly(path)
        else:
            self.format(path, self.size)
        copy_files(path, self.files)
        if self.clusters and self.bits == 32:
            with Volume(path) as volume:
                volume.set_cluster_count(self.clusters)
                volume.forget_free_count()
        if self.scattered or self.extra_entries:
            with Volume(path) as volume:
                for folder, count in self.extra_entries.items():
                    volume.add_empty_files(folder, count)
                if self.scattered:
                    volume.scatter([name for name, data in self.files.items() if data is not None])
            tool("fsck.vfat", "-n", path)


def copy_files_to(stage, files, place=shutil.copyfile):
    """Puts the files below the folder stage; place(source, target) copies or links those that are paths."""
    for name, data in files.items():
        target = stage / name.lstrip("/")
        if data is None:
            target.mkdir(parents=True, exist_ok=True)
            continue
        target.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(data, pathlib.Path):
            place(data.resolve(), target)
        else:
            target.write_bytes(data)


def copy_files(path, files):
    if not files:
        return
    with tempfile.TemporaryDirectory() as folder:
        stage = pathlib.Path(folder)
        copy_files_to(stage, files, os.symlink)
        for item in sorted(stage.rglob("*"), reverse=True):
            os.utime(item, (FIXED_TIME, FIXED_TIME), follow_symlinks=item.is_symlink() is False)
        tool("mcopy", "-s", "-m", "-Q", "-o", "-i", path, *sorted(stage.iterdir()), "::")


class Volume:
    """A FAT volume opened for editing: a file, or part of one from offset on."""

    def __init__(self, path, offset=0):
        self.file = open(path, "r+b")
        self.offset = offset
        boot = self.read(0, 512)
        (self.block, self.cluster_blocks, self.reserved, self.fats, self.root_entries, blocks16,
         _, fat16) = struct.unpack_from("<HBHBHHBH", boot, 11)
        blocks32, fat32 = struct.unpack_from("<II", boot, 32)
        self.blocks = blocks16 or blocks32
        self.fat_blocks = fat16 or fat32
        self.root_start = (self.reserved + self.fats * self.fat_blocks) * self.block
        root_size = -(-self.root_entries * 32 // self.block) * self.block
        self.data_start = self.root_start + root_size
        self.cluster_size = self.block * self.cluster_blocks
        self.cluster_count = (self.blocks * self.block - self.data_start) // self.cluster_size
        if self.cluster_count < FAT16_MINIMUM_CLUSTERS:
            self.bits = 12
        elif self.cluster_count < FAT32_MINIMUM_CLUSTERS:
            self.bits = 16
        else:
            self.bits = 32
        self.root_cluster = struct.unpack_from("<I", boot, 44)[0] if self.bits == 32 else 0
        self.end_of_chain = {12: 0xFFF, 16: 0xFFFF, 32: 0x0FFFFFFF}[self.bits]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.file.close()

    def read(self, offset, size):
        self.file.seek(self.offset + offset)
        return self.file.read(size)

    def write(self, offset, data):
        self.file.seek(self.offset + offset)
        self.file.write(data)

    def patch(self, offset, layout, *values):
        """Packs the values at a byte offset of the volume."""
        self.write(offset, struct.pack(layout, *values))

    def set_cluster_count(self, count):
        """Changes the size stored in the volume (the size of the FATs stays the same)."""
        assert (count + 2) * self.bits <= self.fat_blocks * self.block * 8, "the FATs are too small"
        blocks = self.data_start // self.block + count * self.cluster_blocks
        self.file.truncate(max(self.file.seek(0, 2), self.offset + blocks * self.block))
        if blocks < 0x10000 and self.bits != 32:
            self.patch(19, "<H", blocks)
            self.patch(32, "<I", 0)
        else:
            self.patch(19, "<H", 0)
            self.patch(32, "<I", blocks)
        if self.bits == 32:
            backup = struct.unpack("<H", self.read(50, 2))[0]
            if backup:
                self.write(backup * self.block, self.read(0, self.block))
            information = struct.unpack("<H", self.read(48, 2))[0]
            self.patch(information * self.block + 488, "<I", count - 1)
        self.blocks = blocks
        self.cluster_count = count

    def fat_offset(self, cluster, copy=0):
        start = (self.reserved + copy * self.fat_blocks) * self.block
        return start + cluster * self.bits // 8

    def link(self, cluster):
        """The FAT entry of the cluster."""
        raw = self.read(self.fat_offset(cluster), 4)
        if self.bits == 12:
            value = struct.unpack_from("<H", raw)[0]
            return value >> 4 if cluster & 1 else value & 0xFFF
        if self.bits == 16:
            return struct.unpack_from("<H", raw)[0]
        return struct.unpack("<I", raw)[0] & 0x0FFFFFFF

    def set_link(self, cluster, value):
        for copy in range(self.fats):
            offset = self.fat_offset(cluster, copy)
            if self.bits == 12:
                old = struct.unpack("<H", self.read(offset, 2))[0]
                new = (old & 0xF) | value << 4 if cluster & 1 else (old & 0xF000) | value
                self.patch(offset, "<H", new)
            else:
                self.patch(offset, "<H" if self.bits == 16 else "<I", value)

    def chain(self, cluster):
        """The clusters from this one to the end."""
        clusters = []
        while 2 <= cluster < self.cluster_count + 2:
            clusters.append(cluster)
            cluster = self.link(cluster)
        return clusters

    def set_chain(self, clusters):
        for cluster, following in zip(clusters, [*clusters[1:], self.end_of_chain]):
            self.set_link(cluster, following)

    def cluster_offset(self, cluster):
        return self.data_start + (cluster - 2) * self.cluster_size

    def folder_pieces(self, cluster):
        """[(offset, size)] of a folder's bytes; cluster 0 is the root."""
        if cluster == 0 and self.bits != 32:
            return [(self.root_start, self.root_entries * 32)]
        clusters = self.chain(cluster or self.root_cluster)
        return [(self.cluster_offset(number), self.cluster_size) for number in clusters]

    def slots(self, cluster):
        """Offsets of all 32-byte entries of a folder."""
        return [
            offset
            for start, size in self.folder_pieces(cluster)
            for offset in range(start, start + size, 32)
        ]

    def find(self, path):
        """Offset of the short entry of a file or folder, by its long or short name."""
        cluster = 0
        found = None
        for part in path.strip("/").split("/"):
            found = self.find_in(cluster, part)
            cluster = self.first_cluster(found)
        return found

    def find_in(self, cluster, name):
        long_name = ""
        for offset in self.slots(cluster):
            entry = self.read(offset, 32)
            if entry[0] == 0:
                break
            if entry[0] == 0xE5 or (entry[11] & 0x08 and entry[11] != 0x0F):
                long_name = ""
                continue
            if entry[11] == 0x0F:
                units = (entry[1:11] + entry[14:26] + entry[28:32]).decode("utf-16-le")
                long_name = units.split("\0")[0].rstrip("\uffff") + long_name
                continue
            base, extension = entry[:8].rstrip(), entry[8:11].rstrip()
            short = (base + (b"." + extension if extension else b"")).decode("latin-1")
            if name.lower() in (long_name.lower(), short.lower()):
                return offset
            long_name = ""
        raise FileNotFoundError(name)

    def first_cluster(self, entry_offset):
        entry = self.read(entry_offset, 32)
        high, low = struct.unpack_from("<H", entry, 20)[0], struct.unpack_from("<H", entry, 26)[0]
        return low | (high << 16 if self.bits == 32 else 0)

    def set_first_cluster(self, entry_offset, cluster):
        self.patch(entry_offset + 26, "<H", cluster & 0xFFFF)
        if self.bits == 32:
            self.patch(entry_offset + 20, "<H", cluster >> 16)

    def set_size(self, entry_offset, size):
        self.patch(entry_offset + 28, "<I", size)

    def free_clusters(self, count, step=1):
        """Returns that many free clusters, ascending; step 2 leaves a hole after each."""
        found = []
        cluster = 2
        while len(found) < count:
            assert cluster < self.cluster_count + 2, "the volume is full"
            if self.link(cluster) == 0:
                found.append(cluster)
                cluster += step - 1
            cluster += 1
        return found

    def scatter(self, paths):
        """Moves the files so that consecutive clusters of a file are never adjacent on disk."""
        for path in paths:
            entry = self.find(path)
            old = self.chain(self.first_cluster(entry))
            if not old:
                continue
            new = self.free_clusters(len(old), step=2)
            for source, target in zip(old, new):
                self.write(self.cluster_offset(target),
                           self.read(self.cluster_offset(source), self.cluster_size))
            for cluster in old:
                self.set_link(cluster, 0)
            self.set_chain(new)
            self.set_first_cluster(entry, new[0])
        self.forget_free_count()

    def forget_free_count(self):
        """FSInfo's counters are hints; all ones means unknown (fatgen103)."""
        if self.bits == 32:
            information = struct.unpack("<H", self.read(48, 2))[0]
            self.patch(information * self.block + 488, "<II", 0xFFFFFFFF, 0xFFFFFFFF)

    def add_empty_files(self, folder, count):
        """Appends empty files N0000000.TXT, N0000001.TXT, ... to a folder, growing it as needed."""
        cluster = self.first_cluster(self.find(folder))
        slots = self.slots(cluster)
        used = next((index for index, offset in enumerate(slots) if self.read(offset, 1) == b"\0"),
                    len(slots))
        missing = used + count - len(slots)
        if missing > 0:
            added = self.free_clusters(-(-missing * 32 // self.cluster_size))
            for new in added:
                self.write(self.cluster_offset(new), bytes(self.cluster_size))
            self.set_chain([*self.chain(cluster), *added])
            slots = self.slots(cluster)
        date, time = 0x5141, 0x6000
        for index, offset in enumerate(slots[used:used + count]):
            entry = struct.pack("<11sBBBHHHHHHHI", b"N%07dTXT" % index, 0x20, 0, 0, time, date,
                                date, 0, time, date, 0, 0)
            self.write(offset, entry)
        self.forget_free_count()

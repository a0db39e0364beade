# SPDX-License-Identifier: Apache-2.0
"""FAT volumes with malformed boot sectors, tables or information sectors."""

import random

from tests.images.damage.catalogue import add, evil
from tests.images.damage.image import BLOCK
from tests.images.fat import MIB


def boot_sector(name, text, offset, layout, *values, base="gpt-fat12", boots=False):
    """Adds one wrong field of the BIOS parameter block."""
    add(name, text, lambda image: image.bpb(offset, layout, *values), base, boots)


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
boot_sector("fat_boot_signature", "A boot sector without 0x55AA.", 510, "<H", 0, boots=True)
boot_sector("fat_jump", "A boot sector without the jump in front.", 0, "<3s", b"\0\0\0", boots=None)
boot_sector("fat32_root_0", "The root directory is cluster 0.", 44, "<I", 0, base="gpt-fat32")
boot_sector("fat32_root_1", "The root directory is cluster 1.", 44, "<I", 1, base="gpt-fat32")
boot_sector("fat32_root_past_end", "The root directory is behind the last cluster.", 44, "<I",
            0x0FFFFFF0, base="gpt-fat32")
boot_sector("fat32_size_huge", "FATs of four billion sectors.", 36, "<I", 0xFFFFFFFF,
            base="gpt-fat32")
boot_sector("fat32_sectors_huge", "Four billion sectors: all but the first lie behind the partition.",
            32, "<I", 0xFFFFFFFF, base="gpt-fat32", boots=True)
boot_sector("fat32_active_fat", "The one FAT in use is number 15 of two.", 40, "<H", 0x8F,
            base="gpt-fat32", boots=None)
boot_sector("fat32_version", "A version of FAT32 from the future.", 42, "<H", 0x0100,
            base="gpt-fat32", boots=None)
boot_sector("fat32_information", "The information sector is said to be sector 60000.", 48, "<H",
            60000, base="gpt-fat32", boots=True)
boot_sector("fat_plain_no_sectors", "A disk that is one FAT volume of no sectors.", 19, "<H13xI", 0, 0,
            base="plain-fat12")
boot_sector("fat_plain_sector_size", "A disk that is one FAT volume, with sectors of 0 bytes.",
            11, "<H", 0, base="plain-fat12")


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
    """The whole partition is noise."""
    image.write(image.start, random.Random(5).randbytes(MIB))

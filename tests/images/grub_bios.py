# SPDX-License-Identifier: Apache-2.0
"""A disk that a BIOS boots: Debian's GRUB for i386-pc in its own partition, and an ESP with grub.cfg and the files
that it loads. grub-install needs a device and root permissions; this writes the same sectors into a file."""

import os
import struct
import tempfile

from tests.images import kernels
from tests.images.disk import Partition, write_disk
from tests.images.fat import MIB, Fat

MODULES = ("biosdisk", "part_gpt", "fat", "normal", "configfile", "multiboot2", "echo", "test")
SECTOR = 512
CORE_SECTOR = 64  # where write_disk() puts the first partition
BOOT_CODE_SIZE = 440
BOOT_KERNEL_SECTOR = 0x5C  # of boot.img
FIRST_BLOCKLIST = SECTOR - 12  # of the first sector of core.img: where the others are


def core(folder):
    """(boot.img, core.img) for a disk with the core at CORE_SECTOR and the ESP as partition 2."""
    modules = folder / "usr/lib/grub/i386-pc"
    with tempfile.NamedTemporaryFile() as output:
        kernels.run([folder / "usr/bin/grub-mkimage", "-O", "i386-pc", "-d", modules, "-p", "(,gpt2)/grub",
                     "-o", output.name, *MODULES])
        image = bytearray(open(output.name, "rb").read())
    struct.pack_into("<Q", image, FIRST_BLOCKLIST, CORE_SECTOR + 1)
    boot = bytearray((modules / "boot.img").read_bytes())
    struct.pack_into("<Q", boot, BOOT_KERNEL_SECTOR, CORE_SECTOR)
    return bytes(boot), bytes(image)


def disk(path, firmware, config, files):
    """config: the text of grub.cfg; files: further files of the ESP, as in Fat."""
    def fill(apt, work):
        for package in ("grub-pc-bin", "grub-common"):
            apt.unpack(package, work)

    folder = kernels.unpacked(kernels.CACHE / "boot-loaders" / "bookworm-bios", "Debian", "bookworm", "main", fill)
    boot, image = core(folder)
    esp = Fat({"/grub/grub.cfg": config.encode(), "/fatwood.elf": firmware, **files}, 96 * MIB)
    write_disk(path, [Partition(image + bytes(MIB - len(image)), "bios", "bios"), Partition(esp, "esp", "ESP")])
    with open(path, "r+b") as file:
        os.pwrite(file.fileno(), boot[:BOOT_CODE_SIZE], 0)

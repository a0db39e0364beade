# SPDX-License-Identifier: Apache-2.0
"""SATA disks and CD-ROM drives (docs/vmm/qemu.md, docs/multiboot2.md)."""

import pytest

from tests.boot.vmm import Disk, Vmm
from tests.images.disk import Partition, bls_files, write_mbr
from tests.images.fat import MIB, Fat

CONTROLLER = "ahci,id=ahci"
DEBUG = "fatwood.log=debug"


@pytest.mark.parametrize("machine, bridges, disk", [
    ("q35", (), {"behind": "bus=ide.2"}),
    ("pc", (CONTROLLER,), {"behind": "bus=ahci.0"}),
], ids=["q35", "pc"])
def test_an_entry_on_a_disk_boots(firmware, stub_disk, machine, bridges, disk):
    with Vmm(firmware("qemu"), machine, disks=[Disk(stub_disk, "sata", **disk)], bridges=bridges,
             command_line=DEBUG) as vmm:
        assert "from=stub" in vmm.guest().words
        assert "ahci" in vmm.log


def test_a_disk_that_held_an_iso_image(firmware, disc, stub_kernel, tmp_path):
    """The new partition is booted, not the image, whose start still exists."""
    volume = tmp_path / "volume"
    Fat(bls_files(stub_kernel, options="from=partition"), 40 * MIB).write(volume)
    with open(disc, "r+b") as file:
        file.truncate(48 * MIB)
    write_mbr(disc, [(Partition(volume, "data"), 2048, 40 * MIB // 512)], 48 * MIB // 512, 512, False)
    with open(disc, "r+b") as file:
        file.seek(MIB)
        file.write(volume.read_bytes())
    with Vmm(firmware("qemu"), disks=[Disk(disc)]) as vmm:
        assert "from=partition" in vmm.guest().words


def test_a_cd_boots(firmware, disc, tmp_path):
    """Boots the El Torito image of a drive after an empty drive and a disk without anything to boot."""
    image = tmp_path / "efi.img"
    image.write_bytes(bytes(MIB))
    with Vmm(firmware("qemu_rom").with_suffix(".rom"), disks=[
            Disk(image, "sata", behind="bus=ide.0"),
            Disk(disc, "sata-cd", behind="bus=ide.4", read_only=True),
    ], extra=["-device", "ide-cd,bus=ide.1"]) as vmm:
        assert "from=cd" in vmm.guest().words

# SPDX-License-Identifier: Apache-2.0
"""SATA disks and CD-ROM drives (docs/vmm/qemu.md, docs/multiboot2.md)."""

import subprocess

import pytest

from tests.boot.vmm import Disk, Vmm
from tests.images.disk import bls_files
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


def test_a_cd_boots(firmware, stub_kernel, tmp_path):
    """By its El Torito image, from a drive behind an empty one; the disk in front has nothing to boot."""
    image, folder, path = tmp_path / "efi.img", tmp_path / "tree", tmp_path / "disc.iso"
    folder.mkdir()
    Fat(bls_files(stub_kernel, options="from=cd"), 16 * MIB, 16).write(folder / "efi.img")
    subprocess.run(["xorriso", "-as", "mkisofs", "-quiet", "-o", path, "-e", "efi.img", "-no-emul-boot", folder],
                   check=True)
    image.write_bytes(bytes(MIB))
    with Vmm(firmware("qemu_rom").with_suffix(".rom"), disks=[
            Disk(image, "sata", behind="bus=ide.0"),
            Disk(path, "sata-cd", behind="bus=ide.4", read_only=True),
    ], extra=["-device", "ide-cd,bus=ide.1"]) as vmm:
        assert "from=cd" in vmm.guest().words

# SPDX-License-Identifier: Apache-2.0
"""IDE disks and CD-ROM drives (docs/vmm/qemu.md)."""

import pytest

from tests.boot.efi import on
from tests.boot.test_boot_count import KERNEL, names
from tests.boot.test_efi_loaders import assert_uefi
from tests.boot.vmm import Disk, Vmm
from tests.images.disk import MIB, entry, esp_disk

DEBUG = "fatwood.log=debug"


def test_an_entry_boots_and_boot_counting_writes(firmware, stub_kernel, tmp_path):
    """From the second drive of the second channel, where the first channel has an empty CD-ROM drive."""
    files = {KERNEL: stub_kernel, "/loader/entries/new-2+2.conf": entry(title="new", linux=KERNEL, options="from=new")}
    disk = esp_disk(tmp_path / "disk.raw", files)
    with Vmm(firmware("qemu"), "pc", disks=[Disk(disk, "sata", behind="bus=ide.1,unit=1", kept=True)],
             extra=["-device", "ide-cd,bus=ide.0"], command_line=DEBUG) as vmm:
        assert "from=new" in vmm.guest().words
        assert "ide 00:01.1 drive 1:1" in vmm.log
    assert names(disk) == ["new-2+1-1.conf"]


def test_what_users_type_first(firmware, stub_disk):
    """A disk image without an option."""
    with Vmm(firmware("qemu"), "pc", extra=["-drive", f"if=ide,format=raw,snapshot=on,file={stub_disk}"]) as vmm:
        assert "from=stub" in vmm.guest().words


def test_a_cd_boots(firmware, disc, tmp_path):
    """After a disk without anything to boot."""
    image = tmp_path / "efi.img"
    image.write_bytes(bytes(MIB))
    with Vmm(firmware("qemu"), "pc", disks=[Disk(image, "sata", behind="bus=ide.0")],
             extra=["-cdrom", str(disc)]) as vmm:
        assert "from=cd" in vmm.guest().words


@pytest.mark.extended
@on("pc")
def test_shim_and_grub(place, efi_image):
    with place.boot(Disk(efi_image("shim-grub-trixie"), "sata", behind="bus=ide.0")) as vmm:
        assert_uefi(vmm.guest(), "shim-grub-trixie")

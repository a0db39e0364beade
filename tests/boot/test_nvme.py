# SPDX-License-Identifier: Apache-2.0
"""NVMe disks (docs/vmm/qemu.md)."""

import pytest

from tests.boot.efi import on
from tests.boot.test_boot_count import KERNEL, names
from tests.boot.test_efi_loaders import assert_uefi
from tests.boot.vmm import Disk, Vmm
from tests.images.disk import MIB, bls_files, entry, esp_disk

DEBUG = "fatwood.log=debug"


@pytest.mark.parametrize("machine, bridges, behind, is_rom", [
    ("q35", ("pcie-root-port,id=root0,chassis=1",), "bus=root0", False), ("pc", (), "", True),
])
def test_an_entry_boots(firmware, stub_disk, machine, bridges, behind, is_rom):
    image = firmware("qemu_rom").with_suffix(".rom") if is_rom else firmware("qemu")
    words = {"extra": ["-fw_cfg", f"name=opt/fatwood/command-line,string={DEBUG}"]} if is_rom else \
        {"command_line": DEBUG}
    with Vmm(image, machine, disks=[Disk(stub_disk, "nvme", behind=behind)], bridges=bridges, **words) as vmm:
        assert "from=stub" in vmm.guest().words
        assert "nvme 0" in vmm.log


def test_one_of_two_namespaces(firmware, images, stub_kernel):
    """The first namespace has nothing to boot; the second has blocks of 4096 bytes and the number 5."""
    blank = images("blank", lambda path: path.write_bytes(bytes(MIB)))
    disk = images("nvme-4096", lambda path: esp_disk(path, bls_files(stub_kernel, options="from=second"), 16,
                                                     block=4096, size=256 * MIB))
    with Vmm(firmware("qemu"), command_line=DEBUG, extra=[
            "-drive", f"if=none,id=first,format=raw,snapshot=on,file={blank}",
            "-drive", f"if=none,id=second,format=raw,snapshot=on,file={disk}",
            "-device", "nvme,id=nvme,serial=1", "-device", "nvme-ns,drive=first,bus=nvme,nsid=1",
            "-device", "nvme-ns,drive=second,bus=nvme,nsid=5,logical_block_size=4096,physical_block_size=4096"]) as vmm:
        assert "from=second" in vmm.guest().words
        assert "disk1: 256 MiB in blocks of 4096" in vmm.log


def test_boot_counting_writes(firmware, stub_kernel, tmp_path):
    files = {KERNEL: stub_kernel, "/loader/entries/new-2+2.conf": entry(title="new", linux=KERNEL, options="from=new")}
    disk = esp_disk(tmp_path / "disk.raw", files)
    with Vmm(firmware("qemu"), disks=[Disk(disk, "nvme", kept=True)]) as vmm:
        assert "from=new" in vmm.guest().words
    assert names(disk) == ["new-2+1-1.conf"]


@pytest.mark.extended
@on("q35", "pc")
def test_shim_and_grub(place, efi_image):
    with place.boot(Disk(efi_image("shim-grub-trixie"), "nvme")) as vmm:
        assert_uefi(vmm.guest(), "shim-grub-trixie")

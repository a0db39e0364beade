# SPDX-License-Identifier: Apache-2.0
"""Disks and CD-ROM drives behind virtio-scsi (docs/vmm/qemu.md)."""

import pytest

from tests.boot.vmm import Disk, Vmm
from tests.images.disk import MIB, bls_files, esp_disk

PCI = "virtio-scsi-pci,id=scsi"


def test_the_disk_with_a_bootindex_boots(firmware, images, stub_disk, stub_kernel):
    """Behind a LUN; the controller takes few sectors in one request."""
    other = images("other", lambda path: esp_disk(path, bls_files(stub_kernel, options="from=other")))
    disks = [Disk(stub_disk, "scsi", options="scsi-id=0"), Disk(stub_disk, "scsi", options="scsi-id=255,lun=1"),
             Disk(other, "scsi", options="scsi-id=255,lun=16383,bootindex=1")]
    with Vmm(firmware("qemu"), disks=disks, bridges=(f"{PCI},max_sectors=7",), command_line="fatwood.log=info",
             extra=["-boot", "strict=on"]) as vmm:
        assert "from=other" in vmm.guest().words
        assert "no such disk was found" not in vmm.log


@pytest.mark.parametrize("build, machine, controller", [
    ("qemu", "pc", PCI),
    ("qemu_microvm", "microvm", "virtio-scsi-device,id=scsi"),
], ids=["pc", "microvm"])
def test_blocks_of_4096_bytes(firmware, images, stub_kernel, build, machine, controller):
    files = bls_files(stub_kernel, options="from=large")
    disk = images("large-blocks", lambda path: esp_disk(path, files, 16, 4096, size=64 * MIB))
    with Vmm(firmware(build), machine, disks=[Disk(disk, "scsi", 4096, options="lun=1")],
             bridges=(controller,)) as vmm:
        assert "from=large" in vmm.guest().words


def test_a_cd_boots(firmware, disc, tmp_path):
    """By its El Torito image, from a drive after an empty one; the disk before them has nothing to boot."""
    blank = tmp_path / "blank"
    blank.write_bytes(bytes(MIB))
    with Vmm(firmware("qemu_rom").with_suffix(".rom"), bridges=(PCI, "scsi-cd,scsi-id=2"), disks=[
            Disk(blank, "scsi", options="scsi-id=1"),
            Disk(disc, "scsi-cd", read_only=True, options="scsi-id=3"),
    ]) as vmm:
        assert "from=cd" in vmm.guest().words


@pytest.mark.extended
@pytest.mark.parametrize("machine", ["q35", "pc"])
@pytest.mark.parametrize("suite", ["bookworm", "trixie"])
def test_shim_and_grub(firmware, efi_image, machine, suite):
    name = f"shim-grub-{suite}"
    with Vmm(firmware("qemu"), machine, memory=512, disks=[Disk(efi_image(name), "scsi", options="lun=3")],
             bridges=(PCI,)) as vmm:
        report = vmm.guest()
        assert f"from={name}" in report.words
        assert report.get("efi") == "yes"

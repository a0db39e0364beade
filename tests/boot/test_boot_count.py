# SPDX-License-Identifier: Apache-2.0
"""Boot counting: entries whose names have counters are renamed on the disk before they are started."""
import subprocess

import pytest

from tests.boot.vmm import Disk, Vmm
from tests.images.disk import MIB, entry, esp_disk
from tests.images.fat import ENVIRONMENT

KERNEL = "/linux/vmlinuz"
PARTITION = 64 * 512  # where write_disk() puts the first one


def names(path):
    """The content of loader/entries on the disk, according to mtools; fsck.vfat must find no errors."""
    volume = path.with_suffix(".fat")
    with open(path, "rb") as disk:
        disk.seek(PARTITION)
        volume.write_bytes(disk.read(64 * MIB))
    subprocess.run(["fsck.vfat", "-n", volume], check=True, env=ENVIRONMENT, capture_output=True)
    listed = subprocess.run(["mdir", "-b", "-i", volume, "::/loader/entries"], check=True, text=True,
                            env=ENVIRONMENT, capture_output=True)
    return sorted(line.rsplit("/", 1)[1] for line in listed.stdout.split())


@pytest.fixture
def disk(tmp_path, stub_kernel):
    def conf(source):
        return entry(title=source, linux=KERNEL, options=f"from={source}")
    files = {KERNEL: stub_kernel, "/loader/entries/debian-2+2.conf": conf("new"),
             "/loader/entries/debian-1.conf": conf("old")}
    return esp_disk(tmp_path / "disk.raw", files)


def boot(firmware, disk, build="qemu", **options):
    with Vmm(firmware(build), disks=[disk], **options) as vmm:
        return next(word for word in vmm.guest().words if word.startswith("from="))


def test_tries_are_counted_down(firmware, disk):
    """The new entry has two tries and is never marked as good, so the third boot uses the old one."""
    expected = [("from=new", ["debian-1.conf", "debian-2+1-1.conf"]),
                ("from=new", ["debian-1.conf", "debian-2+0-2.conf"]),
                ("from=old", ["debian-1.conf", "debian-2+0-2.conf"])]
    for source, after in expected:
        assert boot(firmware, Disk(disk, kept=True)) == source
        assert names(disk) == after


def test_tries_on_a_scsi_disk(firmware, disk):
    controller = "virtio-scsi-pci,id=scsi"
    assert boot(firmware, Disk(disk, "scsi", kept=True), bridges=(controller,)) == "from=new"
    assert names(disk) == ["debian-1.conf", "debian-2+1-1.conf"]


def test_read_only_disk_boots_uncounted(firmware, disk):
    before = disk.read_bytes()
    assert boot(firmware, Disk(disk, read_only=True)) == "from=new"
    assert boot(firmware, Disk(disk, kept=True), "tiny") == "from=new"
    assert disk.read_bytes() == before


def test_a_boot_without_counters_writes_nothing(firmware, tmp_path, stub_kernel):
    path = esp_disk(tmp_path / "plain.raw", {
        KERNEL: stub_kernel,
        "/loader/entries/a.conf": entry(title="a", linux=KERNEL, options="from=a")})
    before = path.read_bytes()
    assert boot(firmware, Disk(path, kept=True)) == "from=a"
    assert path.read_bytes() == before

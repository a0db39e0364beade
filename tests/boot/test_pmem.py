# SPDX-License-Identifier: Apache-2.0
"""A disk in the guest's memory (virtio-pmem), in QEMU."""

import shutil

from tests.boot.vmm import Vmm

MIB = 1 << 20


def test_boots_from_pmem(firmware, stub_disk, tmp_path):
    disk = shutil.copyfile(stub_disk, tmp_path / "disk.raw")
    with open(disk, "r+b") as file:
        file.truncate(128 * MIB)  # QEMU maps whole pages of 2 MiB
    with Vmm(firmware("x86_64"), "q35", memory="512,maxmem=2G,slots=1", command_line="fatwood.log=debug", extra=[
            "-object", f"memory-backend-file,id=disk,share=on,mem-path={disk},size={128 * MIB}",
            "-device", "virtio-pmem-pci,memdev=disk,id=pmem"]) as vmm:
        assert "from=stub" in vmm.guest().words
        assert "virtio-pmem" in vmm.log

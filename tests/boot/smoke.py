#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Boots the stub kernel from a plain disk with the given image: smoke.py IMAGE

The status is 0 if the kernel reports its command line. For any build with PCI,
virtio-blk, GPT, FAT32, Boot Loader Specification entries and bzImage (scripts/check_configs.py).
"""
import pathlib
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from tests.boot.vmm import Vmm
from tests.images import stub
from tests.images.disk import bls_files, esp_disk


def main():
    with tempfile.TemporaryDirectory(prefix="fatwood-") as folder:
        disk = pathlib.Path(folder, "disk.raw")
        esp_disk(disk, bls_files(stub.Stub().data(), options="from=smoke"))
        with Vmm(pathlib.Path(sys.argv[1]), disks=[disk]) as vmm:
            try:
                words = vmm.guest().words
            except AssertionError as error:
                sys.exit(str(error))
    if "from=smoke" not in words:
        sys.exit(f"the kernel came up with the command line {words}")


if __name__ == "__main__":
    main()

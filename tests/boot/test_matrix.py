# SPDX-License-Identifier: Apache-2.0
"""Every defconfig on the machines for which it is built, with the stub kernel.

The axes are build, machine, FAT type, block size, partition table, number of disks, RAM and processor.
All combinations would be several thousand boots, so the rows are chosen by hand: every possible pair of values
appears in some row, and the rare values (5 GiB, 17 disks, 128 MiB) appear with different builds. qemu64 is QEMU's
default processor without 1 GiB pages; max has them, RDRAND and everything else.
"""

import pytest

from tests.boot.checks import assert_started_well, concatenated
from tests.boot.vmm import MMIO_V2, Disk, Vmm
from tests.images.disk import bls_files, esp_disk

MIB = 1 << 20
INITRD = b"0123456789" * 33333


# (FAT type, block size): (volume size, blocks per cluster)
VOLUMES = {
    (12, 512): (15 * MIB, 8), (16, 512): (32 * MIB, 4), (32, 512): (64 * MIB, 1),
    (12, 4096): (120 * MIB, 8), (16, 4096): (256 * MIB, 1), (32, 4096): (512 * MIB, 1),
}

ROWS = [
    # build, machine, FAT, block, table, disks, RAM, cpu, transport
    ("qemu", "q35", 32, 512, "gpt", 1, 256, "qemu64", "pci"),
    ("qemu", "q35", 12, 4096, "mbr", 17, 1024, "max", "pci-modern"),
    ("qemu", "pc", 16, 512, "none", 17, 5120, "qemu64", "pci"),
    ("qemu", "pc", 32, 4096, "mbr-logical", 1, 128, "max", "pci"),
    ("qemu_microvm", "microvm", 32, 512, "gpt", 1, 128, "qemu64", "mmio"),
    ("qemu_microvm", "microvm,acpi=off", 16, 4096, "mbr", 1, 5120, "max", "mmio"),
    ("qemu_microvm", "microvm", 12, 512, "mbr-logical", 17, 1024, "max", "mmio-2"),
    ("qemu_microvm", "microvm,pcie=on", 32, 4096, "none", 17, 256, "max", "pci-modern"),
    ("qemu_microvm", "microvm,pcie=on", 16, 512, "gpt", 1, 5120, "qemu64", "pci"),
    ("cloudhv", "q35", 16, 4096, "gpt", 17, 128, "max", "pci-modern"),
    ("cloudhv", "pc", 12, 512, "none", 1, 1024, "qemu64", "pci"),
    # The oldest machine types that start a PVH kernel.
    ("qemu", "pc-q35-4.0", 16, 512, "gpt", 1, 256, "max", "pci"),
    ("qemu", "pc-i440fx-4.0", 32, 512, "mbr", 1, 256, "qemu64", "pci-modern"),
    ("cloudhv", "q35", 32, 512, "mbr", 1, 5120, "max", "pci-modern"),
    ("tiny", "q35", 32, 512, "gpt", 17, 5120, "qemu64", "pci-modern"),
    ("tiny", "pc", 16, 4096, "gpt", 1, 128, "qemu64", "pci"),
    ("tiny", "q35", 16, 512, "gpt", 1, 1024, "max", "pci"),
    ("firecracker", "microvm", 32, 512, "gpt", 1, 128, "max", "mmio-2"),
    ("firecracker", "microvm,acpi=off", 16, 4096, "none", 1, 1024, "qemu64", "mmio-2"),
    ("firecracker", "q35", 12, 512, "mbr-logical", 17, 5120, "max", "pci-modern"),
    ("alioth", "q35", 32, 4096, "gpt", 1, 1024, "max", "pci-modern"),
    ("alioth", "pc", 16, 512, "mbr", 17, 128, "qemu64", "pci"),
    ("x86_64", "q35", 16, 4096, "mbr-logical", 17, 128, "qemu64", "pci"),
    ("x86_64", "pc", 32, 512, "gpt", 17, 1024, "max", "pci-modern"),
    ("x86_64", "microvm", 12, 4096, "none", 1, 5120, "qemu64", "mmio"),
    ("x86_64", "microvm,acpi=off", 32, 512, "mbr", 1, 256, "max", "mmio-2"),
    ("x86_64", "microvm,pcie=on", 12, 512, "gpt", 17, 128, "qemu64", "pci-modern"),
]


def row_name(row):
    build, machine, bits, block, table, disks, memory, cpu, transport = row
    return f"{build}-{machine}-fat{bits}-{block}-{table}-{disks}disks-{memory}M-{cpu}-{transport}"


@pytest.fixture(scope="module")
def bootable(images, stub_kernel):
    def disk(bits, block, table):
        size, cluster = VOLUMES[bits, block]
        files = bls_files(stub_kernel, [INITRD], "from=matrix")
        return images(f"fat{bits}-{block}-{table}", lambda path: esp_disk(
            path, files, bits, block, table, cluster, size))
    return disk


@pytest.fixture(scope="module")
def blank(images):
    def make(path):
        with open(path, "wb") as file:
            file.truncate(8 * MIB)
    return images("blank", make)


@pytest.mark.parametrize("row", ROWS, ids=row_name)
def test_boot(firmware, bootable, blank, row):
    build, machine, bits, block, table, count, memory, cpu, transport = row
    kind = transport.removesuffix("-2")
    disks = [Disk(blank, kind, block)] * (count - 1) + [Disk(bootable(bits, block, table), kind, block)]
    with Vmm(firmware(build), machine, memory, disks, cpu=cpu,
             globals=MMIO_V2 if transport == "mmio-2" else ()) as vmm:
        report = vmm.guest()
        assert report.words[0] == "from=matrix"
        assert_started_well(report, memory, concatenated(INITRD))
        assert ("rsdp" in report and report["rsdp"] == "good") == ("acpi=off" not in machine)


@pytest.mark.parametrize("machine, transport, build", [
    ("q35", "pci", "qemu"), ("pc", "pci-modern", "cloudhv"), ("microvm", "mmio", "qemu_microvm"),
    ("microvm,acpi=off", "mmio", "x86_64"), ("microvm,pcie=on", "pci", "qemu_microvm"),
])
def test_first_disk_of_the_command_line_boots(firmware, images, stub_kernel, machine, transport, build):
    disks = [images(f"order{number}", lambda path: esp_disk(
        path, bls_files(stub_kernel, options=f"from=disk{number}"))) for number in range(3)]
    with Vmm(firmware(build), machine, disks=[Disk(path, transport) for path in disks]) as vmm:
        assert "from=disk0" in vmm.guest().words

# SPDX-License-Identifier: Apache-2.0
"""The placement of kernel, initrd, command line and boot parameters for kernels with various requirements. Each test
sets fields of the stub kernel's header."""

import pytest

from tests.boot.checks import MIB, assert_started_well
from tests.boot.vmm import Vmm
from tests.images.disk import bls_files, esp_disk
from tests.images.stub import XLF_ABOVE_4G, XLF_KERNEL_64, Stub


def boot(firmware, tmp_path, kernel, initrd=b"", memory=256, size=64 * MIB, **options):
    path = esp_disk(tmp_path / "disk", bls_files(kernel.data(), [initrd] if initrd else [], "x=y"),
                    size=size)
    with Vmm(firmware("qemu"), memory=memory, disks=[path], **options) as vmm:
        report = vmm.guest()
    assert_started_well(report, memory, initrd)
    return report


@pytest.mark.parametrize("alignment", [0x1000, 0x200000, 0x1000000, 0x4000000])
def test_alignment(firmware, tmp_path, alignment):
    report = boot(firmware, tmp_path, Stub(kernel_alignment=alignment, pref_address=0x3456000))
    assert report.number("image_address") % alignment == 0
    assert report.number("image_address") >= 0x3456000, "below it would move itself"


def test_preferred_address(firmware, tmp_path):
    assert boot(firmware, tmp_path, Stub(pref_address=0x6000000)).number("image_address") == 0x6000000


def test_not_relocatable(firmware, tmp_path):
    report = boot(firmware, tmp_path, Stub(relocatable_kernel=0, pref_address=0x4000000))
    assert report.number("image_address") == 0x4000000


def test_relocatable_at_the_firmwares_address(firmware, tmp_path):
    boot(firmware, tmp_path, Stub(pref_address=0x200000, init_size=8 * MIB))


def test_not_relocatable_at_the_firmwares_address(firmware, tmp_path):
    """Impossible: a message says so, and the last action follows."""
    path = esp_disk(tmp_path / "disk", bls_files(Stub(relocatable_kernel=0,
                                                      pref_address=0x200000).data()))
    with Vmm(firmware("qemu"), disks=[path]) as vmm:
        vmm.expect("^error: nothing to boot")
        assert "no room for a kernel" in vmm.log


def test_much_memory_to_start(firmware, tmp_path):
    boot(firmware, tmp_path, Stub(init_size=200 * MIB), b"i" * MIB)


def test_initrd_below_its_limit(firmware, tmp_path):
    limit = 0x5FFFFFF
    report = boot(firmware, tmp_path, Stub(initrd_addr_max=limit, xloadflags=XLF_KERNEL_64),
                  b"initrd" * 100_000)
    assert report.number("initrd_address") + report.number("initrd_size") - 1 <= limit


def test_initrd_above_4_gib_if_there_is_no_other_room(firmware, tmp_path):
    """q35 has 2 GiB below 4 GiB; the kernel requires nearly all of it."""
    report = boot(firmware, tmp_path, Stub(init_size=0x7A000000, initrd_addr_max=0x37FFFFFF),
                  b"0123456789abcdef" * (8 * MIB), memory=5120, size=256 * MIB)
    assert report.number("initrd_address") >= 1 << 32


def test_no_initrd_above_4_gib_for_a_kernel_without_support(firmware, tmp_path):
    kernel = Stub(init_size=0x7A000000, initrd_addr_max=0x37FFFFFF, xloadflags=XLF_KERNEL_64)
    path = esp_disk(tmp_path / "disk", bls_files(kernel.data(), [bytes(128 * MIB)]), size=256 * MIB)
    with Vmm(firmware("qemu"), memory=5120, disks=[path]) as vmm:
        vmm.expect("^error: nothing to boot")
        assert "no room for initrds" in vmm.log


def test_whole_memory_filled(firmware, tmp_path):
    """Kernel and initrd use most of 128 MiB: nothing overlaps, nothing is truncated."""
    boot(firmware, tmp_path, Stub(size=30 * MIB), b"0123456789abcdef" * (4 * MIB), memory=128,
         size=128 * MIB)


def test_initrd_larger_than_memory(firmware, tmp_path, stub_disk):
    path = esp_disk(tmp_path / "disk", bls_files(Stub().data(), [bytes(150 * MIB)]), size=200 * MIB)
    with Vmm(firmware("qemu"), memory=128, disks=[path, stub_disk]) as vmm:
        assert "from=stub" in vmm.guest().words
        assert "no room for initrds" in vmm.log


def test_first_setup_sectors_default_to_four(firmware, tmp_path):
    boot(firmware, tmp_path, Stub(setup_sects=0))


def test_many_setup_sectors(firmware, tmp_path):
    boot(firmware, tmp_path, Stub(setup_sects=64))


def test_longest_command_line(firmware, tmp_path):
    path = esp_disk(tmp_path / "disk", bls_files(Stub(cmdline_size=100).data(), options="o" * 96))
    with Vmm(firmware("qemu"), disks=[path], command_line="vmm") as vmm:
        assert len(vmm.guest()["cmdline"]) == 100


def test_command_line_one_too_long(firmware, tmp_path, stub_disk):
    path = esp_disk(tmp_path / "disk", bls_files(Stub(cmdline_size=100).data(), options="o" * 97))
    with Vmm(firmware("qemu"), disks=[path, stub_disk], command_line="vmm") as vmm:
        assert "from=stub" in vmm.guest().words
        assert "command line of 101 bytes, the kernel takes 100" in vmm.log


@pytest.mark.parametrize("cpu", ["qemu64", "max", "Skylake-Server", "EPYC", "max,-x2apic", "max,la57=on"])
def test_processors(firmware, tmp_path, cpu):
    boot(firmware, tmp_path, Stub(xloadflags=XLF_KERNEL_64 | XLF_ABOVE_4G), cpu=cpu, cpus=3)

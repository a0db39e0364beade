# SPDX-License-Identifier: Apache-2.0
"""The Linux 64-bit boot protocol, which QEMU's own loader does not use for us, with our own loader."""

import pytest

from tests.boot.vmm import Vmm
from tests.images import efi, efi_program, payload
from tests.images.disk import esp_disk


@pytest.fixture(scope="session")
def linux64_loader():
    return payload.program("linux64_loader", "loader.ld", "head.S", "loader.c", flags=("-fno-pic",))


def test_linux_boot_protocol(firmware, linux64_loader, stub_disk):
    with Vmm(linux64_loader, "q35", initrd=firmware("x86_64"), disks=[stub_disk],
             command_line="from=vmm fatwood.log=debug") as vmm:
        assert vmm.guest().words == ["from=stub", "from=vmm"]
        assert "entered by the Linux boot protocol" in vmm.log


def test_timer_left_running_by_an_earlier_guest(firmware, linux64_loader, images):
    """Alioth's reset leaves the timer running. Its interrupts do no harm, and the next system does not get any."""
    disk = images("program-exit_boot", lambda path: esp_disk(path, {
        efi.REMOVABLE: efi_program.program("exit_boot")}))
    with Vmm(linux64_loader, "q35", initrd=firmware("x86_64"), disks=[disk]) as vmm:
        vmm.expect("EFI-PROGRAM: the timer ticks")
        vmm.expect("EFI-PROGRAM: exit SUCCESS")
        vmm.expect("EFI-PROGRAM: no interrupt is pending")
        vmm.wait_for_end()

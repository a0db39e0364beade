# SPDX-License-Identifier: Apache-2.0
"""The entry points that QEMU's own loader does not use: the Linux 64-bit boot protocol, with our own loader, and
Multiboot2, with GRUB on a BIOS machine."""

import re

import pytest
from elftools.elf.elffile import ELFFile

from tests.boot.conftest import ROOT
from tests.boot.vmm import Disk, Vmm
from tests.images import efi, efi_program, grub_bios, payload
from tests.images.disk import esp_disk

HEADER_MAGIC = 0xE85250D6


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


def test_multiboot2_header(firmware):
    """It is in the first 32 KiB and names the 32-bit entry point."""
    path = firmware("x86_64")
    head = path.read_bytes()[:32768]
    at = head.find(HEADER_MAGIC.to_bytes(4, "little"))
    assert at > 0 and at % 8 == 0
    words = [int.from_bytes(head[at + 4 * i:at + 4 * i + 4], "little") for i in range(7)]
    assert sum(words[:4]) % (1 << 32) == 0
    assert words[4:6] == [3, 12], "the entry address comes first"
    with open(path, "rb") as file:
        image = ELFFile(file)
        assert words[6] != image.header["e_entry"]
        assert any(load["p_paddr"] <= words[6] < load["p_paddr"] + load["p_filesz"] and load["p_flags"] & 1
                   for load in image.iter_segments("PT_LOAD"))


def documented_entry():
    """The grub.cfg of docs/multiboot2.md."""
    (text,) = re.findall(r"^```grub\n(.*?)^```$", (ROOT / "docs/multiboot2.md").read_text(), re.MULTILINE | re.DOTALL)
    return text


@pytest.fixture(scope="session")
def grub_disk(images, firmware):
    """grub_disk(files) boots GRUB from a BIOS; its ESP has Fatwood and these files."""
    def disk(name, files):
        return images(name, lambda path: grub_bios.disk(path, firmware("x86_64"), documented_entry(), files))
    return disk


@pytest.mark.parametrize("machine, transport", [("pc", "pci"), ("q35", "sata")])
def test_grub_starts_fatwood_on_its_own_disk(grub_disk, machine, transport):
    disk = grub_disk("grub-bios-uefi", {**efi.systemd_boot("bookworm", "timeout 0\n"),
                                        **efi.debian_entry("bookworm", "grub-bios")})
    with Vmm(None, machine, memory=512, disks=[Disk(disk, transport)]) as vmm:
        report = vmm.guest()
        assert "entered by Multiboot2" in vmm.log
        assert "from=grub-bios" in report.words and report.get("efi") == "yes"
        vmm.wait_for_end()


def test_grub_on_another_disk_starts_fatwood(grub_disk, stub_disk):
    """Fatwood searches all disks; GRUB's disk has nothing else on it."""
    disk = grub_disk("grub-bios-only", {})
    with Vmm(None, "q35", disks=[Disk(disk, "sata", options="bootindex=0"), Disk(stub_disk)]) as vmm:
        assert "from=stub" in vmm.guest().words
        assert "entered by Multiboot2" in vmm.log

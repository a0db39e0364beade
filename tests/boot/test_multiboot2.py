# SPDX-License-Identifier: Apache-2.0
"""Multiboot2: GRUB on a BIOS machine starts Fatwood, and the machine then has UEFI (docs/multiboot2.md)."""

import re

import pytest
from elftools.elf.elffile import ELFFile

from tests.boot.conftest import ROOT
from tests.boot.test_efi_loaders import assert_uefi
from tests.boot.test_efi_matrix import LOADERS
from tests.boot.vmm import Disk, Vmm
from tests.images import efi, efi_root, grub_bios

HEADER_MAGIC = 0xE85250D6
MACHINES = (("pc", "pci"), ("q35", "sata"))


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
    def disk(name, files, symbols=()):
        return images(name, lambda path: grub_bios.disk(path, firmware("x86_64", *symbols), documented_entry(), files))
    return disk


@pytest.mark.parametrize("machine, transport", MACHINES)
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


def disks_of(bios, other, transport):
    """GRUB's disk, which the BIOS boots, and another one; on q35, each port has a bus of its own."""
    return [Disk(bios, transport, options="bootindex=0"),
            Disk(other, transport, behind="bus=ide.1" if transport == "sata" else "")]


@pytest.mark.extended
@pytest.mark.parametrize("kind, symbols", [pytest.param(*loader, id=loader[0]) for loader in LOADERS])
@pytest.mark.parametrize("suite", efi.SUITES)
@pytest.mark.parametrize("machine, transport", MACHINES)
def test_loaders(grub_disk, efi_image, machine, transport, suite, kind, symbols):
    """Each boot loader and kernel image of each Debian, on a disk beside GRUB's."""
    bios = grub_disk("-".join(("grub-bios-only", *symbols)), {}, symbols)
    disks = disks_of(bios, efi_image(f"{kind}-{suite}"), transport)
    with Vmm(None, machine, memory=512, disks=disks) as vmm:
        assert_uefi(vmm.guest(), f"{kind}-{suite}")
        assert "entered by Multiboot2" in vmm.log
        vmm.wait_for_end()


@pytest.mark.slow
@pytest.mark.extended
@pytest.mark.parametrize("machine, transport, suite, loader", [
    ("pc", "pci", "bookworm", "grub"), ("q35", "sata", "trixie", "grub"), ("q35", "pci", "bookworm", "systemd-boot"),
])
def test_login(grub_disk, machine, transport, suite, loader):
    """A whole Debian, on a disk beside GRUB's."""
    disks = disks_of(grub_disk("grub-bios-only", {}), efi_root.disk(suite, loader), transport)
    with Vmm(None, machine, 1024, disks, cpu="max") as vmm:
        vmm.expect(rf"^{efi_root.host_name(suite)} login: ", seconds=900)
        assert "entered by Multiboot2" in vmm.log
        assert efi_root.TITLES[suite] in vmm.log

# SPDX-License-Identifier: Apache-2.0
"""Each boot loader on each machine, and a quick image on many kinds of machines: memory, processors, page table
levels, SMBIOS, disk orders."""

import dataclasses

import pytest

from tests.boot.efi import LOADER_FIRST, PLACES, on, on_suites
from tests.boot.test_efi_loaders import assert_uefi
from tests.images import efi, initrd

pytestmark = pytest.mark.extended


LOADERS = (("shim-grub", ()), ("cloud", ()), ("shim-grub-fallback", ()), ("systemd-boot", LOADER_FIRST),
           ("systemd-boot-uki", LOADER_FIRST), ("uki", ()), ("uki-bls", ()), ("uki-grub", ()), ("stub", ()),
           ("bls", ()), ("boot-option", ()))
MACHINES = ("q35", "pc", "microvm", "rom", "rom-pc")


@pytest.mark.parametrize("place, name", [
    pytest.param(dataclasses.replace(PLACES[machine], symbols=symbols), f"{kind}-{suite}",
                 id=f"{machine}-{kind}-{suite}")
    for machine in MACHINES for kind, symbols in LOADERS for suite in efi.SUITES
], indirect=["place"])
def test_loaders(place, efi_image, name):
    """Each boot loader and kernel image of each Debian on each machine."""
    with place.boot(efi_image(name)) as vmm:
        assert_uefi(vmm.guest(), name)
        vmm.wait_for_end()


@on("pc", "microvm", "rom", "rom-pc", ovmf=False)
def test_boot_on_second_disk(place, efi_image):
    """shim and GRUB on one disk, and /boot on the other."""
    with place.boot(efi_image("esp-only-trixie"), efi_image("boot-only-trixie")) as vmm:
        assert_uefi(vmm.guest(), "boot-only-trixie")
        vmm.wait_for_end()


@pytest.mark.parametrize("suite, cpu, cpus, memory", [
    ("trixie", "qemu64", 1, 128), ("bookworm", "max", 2, 1024), ("trixie", "max,la57=off", 1, 5120),
    ("bookworm", "qemu64", 2, 5120), ("trixie", "max", 2, 1024),
])
@on("q35", "pc", "microvm", "rom", ovmf=False)
def test_uki_on(place, efi_image, suite, cpu, cpus, memory):
    """4- and 5-level paging (the latter on max), one and two processors, little and much memory."""
    with place.boot(efi_image(f"uki-{suite}"), memory=memory, cpu=cpu, cpus=cpus) as vmm:
        report = vmm.guest()
        assert_uefi(report, f"uki-{suite}")
        assert report.number("memory_kib") > memory * 1024 * 0.55


@on_suites("q35", ovmf=False)
def test_grub_in_little_memory(place, efi_image, suite):
    """GRUB takes its heap from the largest block, so there must be a large one. 128 MiB are not enough: GRUB 2.06
    runs out of memory, and Linux 6.12, started by GRUB 2.12, has no room to decompress itself."""
    with place.boot(efi_image(f"shim-grub-{suite}"), memory=256) as vmm:
        assert_uefi(vmm.guest(), f"shim-grub-{suite}")


@pytest.mark.slow
@pytest.mark.parametrize("size, memory", [(250, 1024), (800, 3072)])
@on("q35", ovmf=False)
def test_large_initrd(place, tmp_path, size, memory):
    """A kernel with an initrd of that many MiB through shim and GRUB."""
    disk = tmp_path / "disk.raw"
    efi.make_large_initrd(disk, "large", "trixie", size)
    with place.boot(disk, memory=memory) as vmm:
        assert_uefi(vmm.guest(), "large")


@on("q35", "pc", "rom", "rom-pc")
def test_smbios(place, efi_image):
    """The machine's SMBIOS is a configuration table that Linux finds. QEMU's microvm has none."""
    extra = ["-smbios", "type=1,manufacturer=OpenStack Foundation"]
    with place.boot(efi_image("uki-trixie"), extra=extra) as vmm:
        report = vmm.guest()
        assert report.get("smbios") == "yes"
        assert report.get("smbios_manufacturer") == "OpenStack Foundation"


@on("q35", "microvm", ovmf=False)
def test_first_disk_boots(place, efi_image):
    """Of two bootable disks, the one attached first boots."""
    with place.boot(efi_image("uki-bookworm"), efi_image("uki-trixie")) as vmm:
        assert "from=uki-bookworm" in vmm.guest().words


@on("q35", "microvm")
def test_variable_survives(place, tmp_path):
    """A variable written in one boot exists in the next; a deleted one does not."""
    disk, store = tmp_path / "disk.raw", tmp_path / "variables"
    if place.is_ovmf:
        store.write_bytes(place.firmware.variables.read_bytes())
    more = {"variables": store} if place.is_ovmf else {}
    boots = [("set:Kept=yes,set:Gone=yes,delete:Gone,store", "efi_set", ["Kept good", "Gone good"]),
             ("get:Kept,get:Gone", "efi_get", ["Kept yes", "Gone"]),
             ("delete:Kept,store", "efi_delete", ["Kept good"]),
             ("get:Kept", "efi_get", ["Kept"])]
    efi.make_words(disk, "variables", "trixie", "report")
    for words, key, wanted in boots:
        efi.change_words(disk, "variables", words)
        with place.boot(place.disk(disk, kept=True), **more) as vmm:
            assert vmm.guest()[key] == wanted
            vmm.wait_for_end()


@on("q35", "microvm", ovmf=False, symbols=("EFI_VARIABLES_RUNTIME_REFUSED=y",))
def test_refused_variables(place, tmp_path):
    """Without a program in the guest, no change is accepted that would be lost."""
    disk = tmp_path / "disk.raw"
    efi.make_words(disk, "refused", "trixie", "report,set:Kept=yes,get:Kept")
    with place.boot(place.disk(disk, kept=True)) as vmm:
        report = vmm.guest()
        assert_uefi(report, "refused")
        assert (report["efi_set"], report["efi_get"]) == (["Kept bad"], ["Kept"])


def test_guest_words_are_supported():
    """guest_efi.sh supports the words that these tests use."""
    script = initrd.GUEST_EFI.read_text()
    for word in ("report", "list", "get:", "set:", "delete:", "rewrite:", "store"):
        assert f"\t{word}" in script

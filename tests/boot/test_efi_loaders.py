# SPDX-License-Identifier: Apache-2.0
"""Real boot loaders and kernels booted through UEFI to the user space of the quick guest (tests/images/efi.py)."""

import re
import shutil

import pytest

from tests.boot.efi import LOADER_FIRST, on, on_suites
from tests.images import efi
from tests.images.disk import ESP_GUID
from tests.images.fat import Volume, tool

DOWN, ENTER = "\x1b[B", "\r"
LEFT, HOME, END, DELETE, BACKSPACE = "\x1b[D", "\x1b[H", "\x1b[F", "\x1b[3~", "\x7f"
# GPT: p1 starts after the table, at block 64.
FIRST_PARTITION = 64 * 512
SIMPLE_FILE_SYSTEM_GUID = "964e5b22-6459-11d2-8e39-00a0c969723b"

# Kernel messages that are caused by the machine or by the quick guest itself.
HARMLESS = re.compile(r"initrd|TSC|unchecked|RETBleed|Spectre|MDS|MMIO Stale|clocksource", re.IGNORECASE)
BAD = re.compile(r"firmware bug|warning|error|fail|unable|cannot|invalid", re.IGNORECASE)


def assert_uefi(report, name):
    """Checks that the guest was booted through that image, with working UEFI and no kernel warnings."""
    assert f"from={name}" in report.words
    assert report.get("efi") == "yes"
    assert report["efi_bits"] == "64"
    assert report.number("efi_runtime_map") >= 2, "runtime code and data are not both mapped"
    assert report.number("efi_variables") >= 3
    bad = [line for line in report["efi_log"] if BAD.search(line) and not HARMLESS.search(line)]
    assert not bad


@on_suites("q35", "pc", "microvm")
def test_shim_and_grub(place, efi_image, suite):
    with place.boot(efi_image(f"shim-grub-{suite}")) as vmm:
        assert_uefi(vmm.guest(), f"shim-grub-{suite}")
        vmm.wait_for_end()


@on_suites("q35", "microvm")
def test_cloud_layout(place, efi_image, suite):
    with place.boot(efi_image(f"cloud-{suite}")) as vmm:
        assert_uefi(vmm.guest(), f"cloud-{suite}")


@on_suites("q35")
def test_boot_on_second_disk(place, efi_image, suite):
    with place.boot(efi_image(f"esp-only-{suite}"), efi_image(f"boot-only-{suite}")) as vmm:
        assert_uefi(vmm.guest(), f"boot-only-{suite}")


@on_suites("q35")
def test_grub_menu_by_keys(place, efi_image, suite):
    with place.boot(efi_image(f"shim-grub-menu-{suite}")) as vmm:
        vmm.expect("Entry third")
        vmm.send(DOWN)
        vmm.send(ENTER)
        assert_uefi(vmm.guest(), "second")


@on("q35")
def test_grub_menu_by_keyboard(place, efi_image):
    """Uses the window's keyboard; Linux finds the framebuffer."""
    with place.boot(efi_image("shim-grub-menu-trixie"), extra=["-device", "VGA"]) as vmm:
        vmm.expect("Entry third")
        vmm.press("down")
        vmm.press("ret")
        report = vmm.guest()
        assert_uefi(report, "second")
        assert report["keyboards"] == "1"


@on("q35")
def test_grub_command_line(place, efi_image):
    """GRUB finds the disk and its partition by device path, and reads files."""
    with place.boot(efi_image("shim-grub-menu-trixie")) as vmm:
        vmm.expect("Entry third")
        vmm.send("c")
        vmm.expect("grub> ")
        vmm.send("ls\r")
        vmm.expect(r"\(hd0\) *\(hd0,gpt1\)")
        position = len(vmm.log)
        vmm.send("ls -l ($root)/initrd.img\r")
        vmm.expect(r"^\d+ +(\d+ +)?initrd\.img", position)
        vmm.send("halt\r")
        vmm.wait_for_end()


@on_suites("q35", "pc", "microvm", symbols=LOADER_FIRST)
def test_systemd_boot(place, efi_image, suite):
    with place.boot(efi_image(f"systemd-boot-{suite}")) as vmm:
        report = vmm.guest()
        assert_uefi(report, f"systemd-boot-{suite}")
        assert report["LoaderDevicePartUUID"].lower() == ESP_GUID
        assert report["LoaderEntrySelected"] == "debian.conf"
        assert report["LoaderInfo"].startswith("systemd-boot")
        assert report["LoaderFirmwareInfo"]


@on_suites("q35", symbols=LOADER_FIRST)
def test_systemd_boot_menu_by_keys(place, efi_image, suite):
    with place.boot(efi_image(f"systemd-boot-menu-{suite}")) as vmm:
        vmm.expect("Entry third")
        vmm.send(DOWN)
        vmm.send(DOWN)
        vmm.send(ENTER)
        assert_uefi(vmm.guest(), "third")


@on_suites("q35", "microvm", symbols=LOADER_FIRST)
def test_systemd_boot_with_uki(place, efi_image, suite):
    with place.boot(efi_image(f"systemd-boot-uki-{suite}")) as vmm:
        report = vmm.guest()
        assert_uefi(report, f"systemd-boot-uki-{suite}")
        assert report["StubInfo"].startswith("systemd-stub")
        assert report["LoaderDevicePartUUID"].lower() == ESP_GUID


@on_suites("q35", symbols=LOADER_FIRST)
def test_systemd_boot_counts(place, efi_image, tmp_path, suite):
    disk = copied(efi_image(f"systemd-boot-counted-{suite}"), tmp_path)
    with place.boot(place.disk(disk, kept=True)) as vmm:
        assert_uefi(vmm.guest(), f"systemd-boot-counted-{suite}")
        vmm.wait_for_end()
    assert_file(disk, "/loader/entries/debian+2-1.conf")


def copied(image, folder):
    target = folder / "disk.raw"
    target.write_bytes(image.read_bytes())
    return target


def assert_file(disk, name):
    with Volume(disk, FIRST_PARTITION) as volume:
        volume.find(name)


@on_suites("q35", "pc", "microvm", "microvm-pcie")
def test_uki(place, efi_image, suite):
    """A UKI at the removable path uses its own command line, because no options are passed."""
    with place.boot(efi_image(f"uki-{suite}")) as vmm:
        report = vmm.guest()
        assert_uefi(report, f"uki-{suite}")
        assert report["StubInfo"].startswith("systemd-stub")
        vmm.wait_for_end()


@on_suites("q35", "microvm", ovmf=False)
def test_uki_by_fatwood(place, efi_image, suite):
    """The firmware boots a UKI in EFI/Linux as an entry."""
    with place.boot(efi_image(f"uki-bls-{suite}")) as vmm:
        report = vmm.guest()
        assert_uefi(report, f"uki-bls-{suite}")
        assert report["LoaderDevicePartUUID"].lower() == ESP_GUID


@on("q35", ovmf=False)
def test_options_of_a_uki_are_edited(place, efi_image):
    """The kernel gets the options typed in the menu instead of the image's own."""
    name = "uki-bls-trixie"
    with place.boot(efi_image(name), command_line="fatwood.timeout=menu-force") as vmm:
        vmm.expect("e edits its options")
        vmm.send("e")
        vmm.expect("For this boot: Enter boots")
        vmm.send(HOME + "typed=1 " + END + " typed=3" + LEFT + BACKSPACE + "=" + DELETE + "2")
        vmm.type_enter("typed=2")
        report = vmm.guest()
        assert_uefi(report, name)
        assert report.words[0] == "typed=1"
        assert "typed=2" in report.words and "typed=3" not in report.words


@on_suites("q35", "microvm", ovmf=False)
def test_entry_through_stub(place, efi_image, suite):
    """A Boot Loader Specification entry starts its kernel through the EFI stub."""
    with place.boot(efi_image(f"bls-{suite}")) as vmm:
        report = vmm.guest()
        assert_uefi(report, f"bls-{suite}")
        assert report["LoaderDevicePartUUID"].lower() == ESP_GUID
        assert any("INITRD=" in line for line in report["efi_log"]), "the initrd did not come through LoadFile2"


@on("q35", ovmf=False)
def test_fatwood_counts(place, efi_image, tmp_path):
    """The firmware counts the tries of an entry if it is the boot loader."""
    disk = copied(efi_image("systemd-boot-counted-trixie"), tmp_path)
    with place.boot(place.disk(disk, kept=True)) as vmm:
        assert_uefi(vmm.guest(), "systemd-boot-counted-trixie")
        vmm.wait_for_end()
    assert_file(disk, "/loader/entries/debian+2-1.conf")


@on_suites("q35")
def test_uki_by_grub(place, efi_image, suite):
    with place.boot(efi_image(f"uki-grub-{suite}")) as vmm:
        assert_uefi(vmm.guest(), f"uki-grub-{suite}")


@on_suites("q35", "pc", "microvm")
def test_stub_with_options(place, efi_image, suite):
    """A program starts the kernel with load options and initrd=."""
    with place.boot(efi_image(f"stub-{suite}")) as vmm:
        assert_uefi(vmm.guest(), f"stub-{suite}")


@on("q35", ovmf=False)
def test_stub_with_stored_options(place, efi_image):
    """Boot0001 names a kernel, its initrd and its options, which the menu edits for one boot."""
    for words in ("", "fatwood.menu=menu-force"):
        with place.boot(efi_image("boot-option-trixie"), command_line=words) as vmm:
            if words:
                vmm.expect("Enter boots 1 of .*e edits its options")
                vmm.send("e")
                vmm.expect("For this boot: Enter boots")
                vmm.send(" typed=1")
                vmm.type_enter("typed=1")
            report = vmm.guest()
            assert_uefi(report, "boot-option-trixie")
            assert report["efi_boot_current"] == "0001"
            assert (report.words[-1] == "typed=1") == bool(words)


@on_suites("q35", ovmf=False)
def test_vendor_folder(place, efi_image, suite):
    """Without \\EFI\\BOOT, the loader is found through BOOTX64.CSV and known paths, which OVMF does not support."""
    with place.boot(efi_image(f"shim-grub-vendor-{suite}")) as vmm:
        assert_uefi(vmm.guest(), f"shim-grub-vendor-{suite}")


@on_suites("q35")
def test_shim_fallback(place, efi_image, tmp_path, suite):
    """shim's fallback creates Boot0000 from BOOTX64.CSV and continues; the next boot follows BootOrder."""
    disk = copied(efi_image(f"shim-grub-fallback-{suite}"), tmp_path)
    store = tmp_path / "variables"
    if place.is_ovmf:
        store.write_bytes(place.firmware.variables.read_bytes())
    for _ in range(2):
        with place.boot(place.disk(disk, kept=True), variables=store if place.is_ovmf else None) as vmm:
            report = vmm.guest()
            vmm.wait_for_end()
            assert_uefi(report, f"shim-grub-fallback-{suite}")
    assert report["efi_boot_option"].startswith("debian")


@on("q35")
def test_partition_type_that_is_a_protocol(place, efi_image, tmp_path):
    """A partition type is installed as a protocol on the partition's handle, but the handle already has this one."""
    disk = tmp_path / "disk.raw"
    shutil.copy(efi_image("uki-trixie"), disk)
    tool("sfdisk", "-q", "--part-type", disk, "1", SIMPLE_FILE_SYSTEM_GUID)
    with place.boot(disk) as vmm:
        assert_uefi(vmm.guest(), "uki-trixie")


@pytest.mark.parametrize("boots", [2, pytest.param(30, marks=pytest.mark.extended)])
@on("q35", ovmf=False)
def test_boot_changes_nothing(place, tmp_path, boots):
    """The first boot may create the store; each later one leaves the disk unchanged, byte for byte. All boots must
    produce the same memory map and tables, as a guest that resumes from hibernation expects. KASLR is off."""
    disk = tmp_path / "disk.raw"
    efi.make_words(disk, "maps", "trixie", "maps", more="efi=debug nokaslr")
    seen = []
    for _ in range(boots):
        with place.boot(place.disk(disk, kept=True)) as vmm:
            report = vmm.guest()
            vmm.wait_for_end()
        seen.append((disk.read_bytes(), report["memmap"], report["efi_runtime"], report["efi_map"]))
        assert len(report["efi_runtime"]) >= 2 and len(report["efi_map"]) > 10
        assert seen[-1][1:] == seen[0][1:], "the addresses have changed"
        assert seen[-1][0] == seen[0][0], "the disk has changed"

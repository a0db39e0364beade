# SPDX-License-Identifier: Apache-2.0
"""The menu of all disks: its choices, and what its keys boot."""

import pytest

from tests.boot import screen
from tests.boot.vmm import Disk, Vmm
from tests.images import efi
from tests.images.disk import bls_files, entry, esp_disk

DOWN, ENTER = "\x1b[B", "\r"
MENU = "fatwood.menu=menu-force"


@pytest.fixture
def start(firmware, images, stub_kernel):
    """Boots with two disks: the first has an entry whose kernel is missing, and one that boots."""
    first = images("menu-first", lambda path: esp_disk(path, {
        **bls_files(stub_kernel, options="from=first", name="b", title="Boots", sort_key="b"),
        "/loader/entries/a.conf": entry("Broken", linux="/missing", sort_key="a")}))
    second = images("menu-second", lambda path: esp_disk(
        path, {**bls_files(stub_kernel, options="from=second", title="Second"), efi.REMOVABLE: b"no program"}))
    with Vmm(firmware("qemu"), disks=[Disk(first), Disk(second)], command_line=MENU) as vmm:
        vmm.expect("Enter boots 1 of 4")
        yield vmm


def test_entry_of_the_second_disk(start):
    for title in ("disk0p1: Broken", "disk0p1: Boots", "disk1p1: Second", r"disk1p1: \EFI\BOOT\BOOTX64.EFI"):
        assert title in start.log
    start.send(DOWN + DOWN + ENTER)
    assert start.guest().words[0] == "from=second"


def test_options_are_edited_for_one_boot(start):
    start.send(DOWN + "e")
    start.expect("For this boot: Enter boots, Esc goes back$")
    start.send(" typed=1")
    start.type_enter("from=first typed=1")
    assert start.guest().words == ["from=first", "typed=1"]


@pytest.mark.parametrize("keys, name", [
    (ENTER, "disk0p1: Broken"), (3 * DOWN + ENTER, r"disk1p1: \EFI\BOOT\BOOTX64.EFI"),
])
def test_choice_that_fails(start, keys, name):
    """A message says so, and the menu appears again without the choice."""
    start.send(keys)
    start.expect("Enter boots 1 of 3")
    assert f"{name}: did not boot: " in start.log
    start.send(DOWN + ENTER)
    assert start.guest().words[0] == ("from=second" if keys == ENTER else "from=first")


@pytest.mark.parametrize("build, machine", [("qemu", "q35"), ("qemu_rom", "pc")])
def test_screen_and_keyboard(firmware, images, stub_kernel, build, machine):
    """The menu is on the screen, and it and its editor can be used with the window's keyboard."""
    image, words, command_line = firmware(build), [], MENU
    if build == "qemu_rom":
        image, command_line = image.with_suffix(".rom"), ""
        words = ["-fw_cfg", f"name=opt/fatwood/command-line,string={MENU}"]
    disk = images("menu-keyboard", lambda path: esp_disk(path, {
        **bls_files(stub_kernel, options="from=first", name="b", title="First", sort_key="a"),
        "/loader/entries/c.conf": entry("Second", linux="/linux/vmlinuz", options="from=second", sort_key="b")}))
    with Vmm(image, machine, disks=[Disk(disk, "pci-modern")], command_line=command_line,
             extra=["-device", "VGA", *words]) as vmm:
        vmm.expect("Enter boots 1 of 2")
        assert any("Second" in line for line in screen.shown(vmm, "Enter boots 1 of 2"))
        for key in ("down", "e"):
            vmm.press(key)
        vmm.expect("For this boot")
        for key in ("spc", "x", "y", "left", "delete", "home", "z", "spc"):
            vmm.press(key)
        vmm.pause_after("z from=second x")
        vmm.press("ret")
        assert vmm.guest().words == ["z", "from=second", "x"]

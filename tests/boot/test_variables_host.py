# SPDX-License-Identifier: Apache-2.0
"""UEFI variables in a file on the host, with QEMU 10's device uefi-vars-x64 (docs/vmm/qemu.md)."""

import json
import re

import pytest

from tests.boot import documents
from tests.boot.vmm import Disk, Vmm
from tests.images import efi, efi_program, packages
from tests.images.disk import esp_disk

pytestmark = pytest.mark.extended  # QEMU 10 and its libraries are 37 MB


def device(store):
    """The page's options, with that file."""
    command = documents.blocks("qemu", "test")["uefi-vars"]
    option = re.search(r"-device (uefi-vars-x64,jsonfile=)vars\.json ", command)[1]
    return ["-device", f"{option}{store}"]


def stored(store):
    """{name: (attributes, data)} from the host's file."""
    variables = json.loads(store.read_text())["variables"]
    return {one["name"]: (one["attr"], bytes.fromhex(one["data"])) for one in variables}


@pytest.mark.parametrize("options", ["", ",use-pio=on"], ids=["dma", "pio"])
def test_variable_of_a_boot_loader(firmware, images, tmp_path, options):
    """Each start reads the previous value and extends it: as a kernel on q35, as a ROM on pc, where the flash for
    variables is unchanged."""
    rom, store, flash = firmware("qemu_rom").with_suffix(".rom"), tmp_path / "vars.json", tmp_path / "vars.fd"
    blank = rom.with_name("fatwood_vars.fd").read_bytes()
    flash.write_bytes(blank)
    disk = images("program-journey", lambda path: esp_disk(path, {efi.REMOVABLE: efi_program.program("journey")}))
    for code, machine, found in ((firmware("qemu"), "q35", "'', attributes 0, NOT_FOUND"),
                                 (rom, "pc", "'1', attributes 7, SUCCESS"),
                                 (firmware("qemu"), "q35", "'12', attributes 7, SUCCESS")):
        with Vmm(code, machine, 512, [Disk(disk, "pci-modern")], extra=device(f"{store}{options}"),
                 variables=flash if code == rom else None, program=packages.qemu()) as vmm:
            vmm.wait_for_end()
            assert f"EFI-PROGRAM: found {found}\n" in vmm.log
            assert "EFI-PROGRAM: longer, SUCCESS\n" in vmm.log
    assert (7, b"123") in stored(store).values()
    assert flash.read_bytes() == blank


def test_variable_of_linux(firmware, tmp_path):
    """The variable is in the host's file at once, and in the guest after a restart of the machine and of QEMU."""
    disk, store = tmp_path / "disk.raw", tmp_path / "vars.json"
    efi.make_words(disk, "host", "trixie", "get:Kept,set:Kept=yes,set:Gone=yes,delete:Gone", action="reboot")
    with Vmm(firmware("qemu"), "q35", 512, [Disk(disk)], extra=device(store), reboot=True,
             program=packages.qemu()) as vmm:
        report = vmm.guest()
        assert report["efi_get"] == ["Kept"]
        assert report["efi_set"] == ["Kept good", "Gone good"] and report["efi_delete"] == ["Gone good"]
        assert stored(store)["Kept"] == (7, b"yes") and "Gone" not in stored(store)
        assert vmm.guest(2)["efi_get"] == ["Kept yes"]
    efi.change_words(disk, "host", "get:Kept,delete:Kept", action="poweroff")
    with Vmm(firmware("qemu"), "q35", 512, [Disk(disk)], extra=device(store), program=packages.qemu()) as vmm:
        assert vmm.guest()["efi_get"] == ["Kept yes"]
        vmm.wait_for_end()
    assert "Kept" not in stored(store)

# SPDX-License-Identifier: Apache-2.0
"""Data memory is not executable (EFI_NX): boot loaders and kernels still start."""

import dataclasses

import pytest

from tests.boot.efi import LOADER_FIRST, PLACES, on
from tests.boot.test_efi_consumers import run_ipxe_shell
from tests.boot.test_efi_loaders import assert_uefi
from tests.boot.test_efi_selftest import results
from tests.boot.test_efi_shell import run_script
from tests.images import efi, efi_consumers, efi_program
from tests.images.disk import esp_disk

NX = ("EFI_NX=y",)

# image, machine, further symbols; rows that are only run by test-extended come last
LOADERS = [
    ("shim-grub-trixie", "q35", ()),
    ("uki-trixie", "q35", ()),
    ("systemd-boot-uki-trixie", "q35", LOADER_FIRST),
    ("shim-grub-bookworm", "pc", ()),
    ("systemd-boot-uki-bookworm", "q35", LOADER_FIRST),
    ("systemd-boot-trixie", "microvm", LOADER_FIRST),
    ("uki-bookworm", "microvm", ()),
    ("uki-bls-bookworm", "q35", ()),
    ("stub-trixie", "q35", ()),
    ("stub-bookworm", "q35", ()),
    ("bls-trixie", "microvm", ()),
]
IN_CHECK = 1

ROWS = [pytest.param(dataclasses.replace(PLACES[machine], symbols=NX + symbols), name, id=f"{machine}-{name}",
                     marks=[pytest.mark.extended] if number >= IN_CHECK else [])
        for number, (name, machine, symbols) in enumerate(LOADERS)]


@pytest.mark.parametrize("place, name", ROWS, indirect=["place"])
def test_loaders(place, efi_image, name):
    with place.boot(efi_image(name)) as vmm:
        assert_uefi(vmm.guest(), name)
        vmm.wait_for_end()


@pytest.mark.extended
@on("q35", ovmf=False, symbols=NX)
def test_shell(place, efi_image):
    run_script(place, efi_image("shell"))


@pytest.mark.extended
@on("q35", ovmf=False, symbols=NX)
def test_ipxe(place, images):
    run_ipxe_shell(place, images("consumer-ipxe", efi_consumers.IMAGES["ipxe"]))


@on("q35", ovmf=False, symbols=NX)
def test_data_is_not_executed(place, images):
    """The dump names the program that caused the fault."""
    data = efi_program.program("run_data")
    with place.boot(images("program-run_data", lambda path: esp_disk(path, {efi.REMOVABLE: data}))) as vmm:
        vmm.expect("EFI-PROGRAM: code SUCCESS")
        vmm.expect(r"\(page fault\), error code 0x11")
        vmm.expect(r"(?i)while .*BOOTX64\.EFI runs")
        vmm.wait_for_halt()
        assert "EFI-PROGRAM: data" not in vmm.log


@on("q35", ovmf=False)
def test_data_is_executed_by_default(place, images):
    data = efi_program.program("run_data")
    with place.boot(images("program-run_data", lambda path: esp_disk(path, {efi.REMOVABLE: data}))) as vmm:
        vmm.expect("EFI-PROGRAM: data SUCCESS")
        vmm.wait_for_end()


@on("q35", ovmf=False, symbols=NX)
def test_protocol(place, images):
    """The topic of the self-test for this protocol; test_efi_selftest.py skips it without the symbol."""
    disk = images("selftest-protection", lambda path: esp_disk(path, {
        efi.REMOVABLE: efi_program.selftest(), "/selftest.txt": b"protection\nmemory\n"}))
    with place.boot(disk) as vmm:
        vmm.wait_for_end()
        failed, skipped, count, plan = results(vmm.log)
    assert count == plan > 40
    assert not skipped and not failed

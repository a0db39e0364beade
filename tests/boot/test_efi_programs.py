# SPDX-License-Identifier: Apache-2.0
"""Our own programs (tests/payload/efi_programs), each of which tests one thing."""

import re

import pytest

from tests.boot.efi import on
from tests.images import efi, efi_program
from tests.images.disk import esp_disk

MIB = 1 << 20


def program(images, name, more=None, size=64 * MIB, cluster_blocks=1, **defines):
    data = efi_program.program(name, **defines)
    return images(f"program-{name}", lambda path: esp_disk(
        path, {efi.REMOVABLE: data, **(more or {})}, size=size, cluster_blocks=cluster_blocks))


@on("q35", "microvm")
def test_exit_boot_services(place, images):
    """A stale key is refused a thousand times and changes nothing, while a timer allocates."""
    with place.boot(program(images, "exit_boot")) as vmm:
        vmm.expect("EFI-PROGRAM: the timer ticks")
        vmm.expect("EFI-PROGRAM: 1000 refused")
        vmm.expect("EFI-PROGRAM: 1000 readable")
        vmm.expect("EFI-PROGRAM: exit SUCCESS")
        vmm.expect("EFI-PROGRAM: no interrupt is pending")
        if not place.is_ovmf:  # OVMF leaves its own timer running
            vmm.expect("EFI-PROGRAM: the APIC's timer is off")
        vmm.wait_for_end()


@on("q35", ovmf=False)
def test_no_low_memory(place, images):
    """Without free memory below 4 GiB, the firmware still reads files, starts programs and stores variables. OVMF
    finds no files then, because its bounce buffers are below 4 GiB."""
    more = {"/returns.efi": efi_program.program("returns", STATUS=21)}
    with place.boot(program(images, "no_low_memory", more), memory=5120) as vmm:
        vmm.wait_for_end()
        for line in ("low OUT_OF_RESOURCES", "file SUCCESS", "image SUCCESS", "returns ABORTED", "start ABORTED",
                     "variable SUCCESS"):
            assert f"EFI-PROGRAM: {line}" in vmm.log


@on("q35", ovmf=False)
def test_damaged_images(place, images):
    """Sets each field of a program's headers to several values and calls LoadImage on the buffer.
    tests/unit/test_efi_image_fields.c checks the results; here memory and page tables are real."""
    more = {"/good.efi": efi_program.program("returns", STATUS=21)}
    with place.boot(program(images, "damaged_images", more)) as vmm:
        vmm.wait_for_end()
        counts = re.search(r"EFI-PROGRAM: (\d+) loaded, (\d+) refused, 0 others, 0 pages less", vmm.log)
        assert counts, "there was another status, or memory is left"
        assert min(map(int, counts.groups())) > 60


@pytest.mark.slow
@on("q35")
def test_large_file(place, images, tmp_path):
    """A single Read may have any size; memory below 4 GiB is contiguous."""
    size = 600 * MIB
    large = tmp_path / "large"
    with open(large, "wb") as file:
        file.truncate(size - 1)
        file.seek(size - 1)
        file.write(b"\xa5")
    disk = program(images, "large", {"/large": large}, 700 * MIB, 8)
    with place.boot(disk, memory=2048) as vmm:
        vmm.wait_for_end()
        assert f"EFI-PROGRAM: read SUCCESS, {size} bytes, the last is a5" in vmm.log
        assert "EFI-PROGRAM: take it SUCCESS" in vmm.log
        block, total = map(int, re.search(r"largest (\d+) of (\d+) MiB", vmm.log).groups())
        assert block >= total * 0.95 or place.is_ovmf

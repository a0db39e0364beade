# SPDX-License-Identifier: Apache-2.0
"""Programs that return, fault or hang, and files that are not programs: the log says why, and the next candidate is
tried."""

import struct

import pytest

from tests.boot.efi import on
from tests.images import efi, efi_program
from tests.images.disk import esp_disk

@pytest.fixture(scope="module")
def program_disk(images):
    """program_disk(name, data) has these bytes as the file at the removable path."""
    def make(name, data):
        return images(name, lambda path: esp_disk(path, {efi.REMOVABLE: data}))
    return make


def returning(status):
    return efi_program.program("returns", STATUS=status)


@pytest.mark.parametrize("status, name", [(0, "SUCCESS"), (1, "LOAD_ERROR"), (3, "UNSUPPORTED"), (21, "ABORTED")])
@on("q35", ovmf=False)
def test_program_returns(place, program_disk, efi_image, status, name):
    """Whatever a program returns, one line shows it, and the next disk is tried."""
    with place.boot(program_disk(f"returns{status}", returning(status)), efi_image("uki-trixie")) as vmm:
        vmm.expect(f"EFI-PROGRAM: returns {name}")
        assert "from=uki-trixie" in vmm.guest().words


@on("q35", ovmf=False)
def test_program_leaves_a_timer(place, program_disk, efi_image):
    """The firmware must not call into an image that was unloaded. OVMF does, and hangs."""
    disk = program_disk("timer-left", efi_program.program("timer_left"))
    with place.boot(disk, efi_image("uki-trixie")) as vmm:
        vmm.expect("EFI-PROGRAM: leaves a timer, which ticks")
        assert "from=uki-trixie" in vmm.guest().words


@on("q35", ovmf=False)
def test_fault_dump_names_the_image(place, program_disk):
    with place.boot(program_disk("fault", efi_program.program("fault"))) as vmm:
        vmm.expect("EFI-PROGRAM: faults at")
        vmm.expect(r"(?i)BOOTX64\.EFI")


@pytest.mark.parametrize("device", ["pvpanic", "pvpanic-pci"])
@on("q35", ovmf=False)
def test_crash_is_reported(place, program_disk, device):
    disk = program_disk("fault", efi_program.program("fault"))
    with place.boot(disk, extra=("-device", device, "-action", "panic=none")) as vmm:
        vmm.event("GUEST_PANICKED")
        vmm.expect(r"(?i)BOOTX64\.EFI")
        vmm.wait_for_halt()


@on("q35", "microvm")
def test_watchdog_resets(place, program_disk):
    with place.boot(program_disk("hang", efi_program.program("hang", SECONDS=2)), reboot=True) as vmm:
        vmm.expect("EFI-PROGRAM: hangs")
        vmm.event("RESET")


# Removable-path files that are not programs for this machine.
def evil_programs():
    good = returning(3)
    offset = struct.unpack_from("<I", good, 0x3C)[0]

    def patched(at, layout, value):
        data = bytearray(good)
        struct.pack_into(layout, data, at, value)
        return bytes(data)

    return {
        "empty": b"",
        "one-byte": b"M",
        "no-magic": patched(0, "<H", 0),
        "no-signature": patched(offset, "<I", 0),
        "header-far-away": patched(0x3C, "<I", 0xFFFFFFF0),
        "aarch64": patched(offset + 4, "<H", 0xAA64),
        "i386": patched(offset + 4, "<H", 0x14C),
        "no-sections": patched(offset + 6, "<H", 0),
        "many-sections": patched(offset + 6, "<H", 0xFFFF),
        "optional-header-small": patched(offset + 20, "<H", 0),
        "entry-outside": patched(offset + 24 + 16, "<I", 0xFFFFFF00),
        "larger-than-memory": patched(offset + 24 + 56, "<I", 0xF0000000),
        "no-size": patched(offset + 24 + 56, "<I", 0),
        "alignment-0": patched(offset + 24 + 32, "<I", 0),
        "headers-large": patched(offset + 24 + 60, "<I", 0xFFFFFFFF),
        "subsystem-windows": patched(offset + 24 + 68, "<H", 3),
        "text": b"This is no program.\n" * 100,
        "truncated": good[:len(good) // 2],
    }


@on("q35", ovmf=False)
def test_no_program(place, program_disk, efi_image):
    """Each is refused, and the disk after them boots. OVMF starts one of them and stops."""
    disks = [program_disk(f"evil-{name}", data) for name, data in evil_programs().items()]
    with place.boot(*disks, efi_image("uki-trixie")) as vmm:
        assert "from=uki-trixie" in vmm.guest().words

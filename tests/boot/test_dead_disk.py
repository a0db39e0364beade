# SPDX-License-Identifier: Apache-2.0
"""A first disk that answers and then no longer does: its controller waits for it once, and the second disk boots.

QEMU's throttle passes the first bytes at once and then one a second, for hours of the host's clock. The guest's clock
counts instructions, so the firmware's deadlines cost no time on the host: they end as early on a busy machine.
"""

import re

import pytest

from tests.boot.vmm import Disk, Vmm
from tests.images import efi, efi_program
from tests.images.disk import bls_files, esp_disk

# The polls of half a minute are few enough, and programs need less than the five minutes of UEFI's watchdog. A microvm
# has no clock with which to measure the TSC; the firmware assumes that it runs five times as fast.
SHIFTS = {"q35": 7, "pc": 7, "microvm": 9}
GIVEN_UP = r"no answer in time; (no longer used|it is reset)$"
SUITE = "trixie"
# GRUB searches all disks.
GRUB_CFG = f"{efi.GRUB_HEAD}search --no-floppy --file --set=found /no-such-file\nls\necho SEARCHED-ALL\n"

# An IDE disk is the cheapest, because its driver sleeps.
CONTROLLERS = [
    pytest.param("qemu", "pc", ["ide-hd,drive=dead"], id="ide"),
    *(pytest.param(*row, marks=pytest.mark.extended, id=name) for name, row in {
        "virtio": ("qemu", "q35", ["virtio-blk-pci,drive=dead"]),
        "mmio": ("qemu_microvm", "microvm", ["virtio-blk-device,drive=dead"]),
        "scsi": ("qemu", "q35", ["virtio-scsi-pci", "scsi-hd,drive=dead"]),
        # On q35 the port is found after the first PCI slots, so the controller is one of its own before the good disk.
        "ahci": ("qemu", "q35", ["ahci,id=first", "ide-hd,bus=first.0,drive=dead"]),
        "nvme": ("qemu", "q35", ["nvme,serial=1,drive=dead"]),
    }.items()),
]
on_each = pytest.mark.parametrize("build, machine, devices", CONTROLLERS)
# How many bytes it sends: one request's, as QEMU itself has read the first block; or what it takes to find its entry.
that_sends = pytest.mark.parametrize("size", [pytest.param(1000, marks=pytest.mark.extended), 150000])


def boot(image, machine, devices, dead, size, good):
    """Returns a Vmm that is not started yet."""
    throttle = f"throttling.bps-read=1,throttling.bps-read-max={size}"
    extra = ["-icount", f"shift={SHIFTS[machine]},sleep=off",
             "-drive", f"if=none,id=dead,format=raw,snapshot=on,file={dead},{throttle}"]
    for device in devices:
        extra += ["-device", device]
    transport = "mmio" if machine == "microvm" else "pci-modern"
    return Vmm(image, machine, 512, extra=extra + Disk(good, transport).arguments(0))


def assert_given_up_once(vmm):
    assert len(re.findall(GIVEN_UP, vmm.log, re.MULTILINE)) == 1


@pytest.mark.extended
@that_sends
@on_each
def test_entry_of_the_second_disk(firmware, images, stub_kernel, stub_disk, build, machine, devices, size):
    """Without UEFI. The first disk has an entry, too, with a large initrd."""
    dead = images("dead-entry", lambda path: esp_disk(path, bls_files(stub_kernel, [bytes(16 << 20)], "from=dead")))
    with boot(firmware(build, "EFI=n"), machine, devices, dead, size, stub_disk) as vmm:
        assert "from=stub" in vmm.guest().words
        assert_given_up_once(vmm)


@that_sends
@on_each
def test_grub_of_the_second_disk(firmware, images, build, machine, devices, size):
    """The program of the first disk returns."""
    program = efi_program.program("returns", STATUS=21)
    dead = images("dead-program", lambda path: esp_disk(path, {efi.REMOVABLE: program}))
    good = images("grub-search", lambda path: esp_disk(path, {
        **efi.shim_grub(SUITE), "/EFI/debian/grub.cfg": GRUB_CFG.encode()}))
    with boot(firmware(build), machine, devices, dead, size, good) as vmm:
        vmm.expect("SEARCHED-ALL")
        assert_given_up_once(vmm)

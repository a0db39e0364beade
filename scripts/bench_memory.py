# SPDX-License-Identifier: Apache-2.0
"""How much RAM a running Linux loses to the resident part of the firmware: runtime services, tables and their data.
Compared with the same kernel started by QEMU itself."""

import pathlib
import tempfile

from tests.boot.vmm import Disk, Vmm
from tests.images import efi, initrd, packages

MEMORY_MIB = 512
LIMIT_KIB = 512
SUITE = "bookworm"
DISKS = {"BLS entry, EFI stub": "bls", "UKI": "uki", "shim and GRUB": "shim-grub"}


def ram_kib(report):
    """The RAM in the firmware's memory map, as passed to the kernel."""
    ranges = [line.split(" ", 2) for line in report["memmap"]]
    return sum(int(last, 0) + 1 - int(first, 0) for first, last, kind in ranges if kind == "System RAM") // 1024


def ram_of_boot(firmware, disks=(), **options):
    with Vmm(firmware, "q35", MEMORY_MIB, disks, **options) as vmm:
        return ram_kib(vmm.guest())


def rows(image):
    """A row for each way to boot. Raises Unavailable if Debian's packages cannot be downloaded."""
    kernel = packages.kernel(SUITE)
    direct = ram_of_boot(kernel.image, initrd=initrd.guest_file(kernel), command_line=efi.options("direct", efi=""))
    yield {"boot": "QEMU -kernel (no disk)", "ram_kib": direct, "lost_kib": 0}
    for name, disk in DISKS.items():
        with tempfile.NamedTemporaryFile(prefix="fatwood-bench-", suffix=".img") as file:
            efi.make(f"{disk}-{SUITE}", file.name)
            ram = ram_of_boot(image, [Disk(pathlib.Path(file.name))])
        yield {"boot": name, "ram_kib": ram, "lost_kib": direct - ram}

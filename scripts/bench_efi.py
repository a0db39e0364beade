# SPDX-License-Identifier: Apache-2.0
"""The boots through UEFI that `make bench` counts: Debian's boot loaders and kernels, up to the end of
ExitBootServices."""

import dataclasses
import tempfile

from scripts import bench_count
from tests.images import efi

CONSOLE = "serial"


@dataclasses.dataclass(frozen=True)
class EfiCase:
    """ovmf: what OVMF needs for the same work, measured separately."""

    name: str
    disk: str
    budget: dict
    ovmf: str
    symbols: tuple = ()
    clock: tuple = bench_count.CLOCK_OF_INSTRUCTIONS


def budget(instructions, accesses):
    return {"instructions": instructions, "accesses": accesses}


CASES = [
    EfiCase("BLS entry, EFI stub", "bls-bookworm", budget(4_000_000, 300), "–"),
    EfiCase("UKI", "uki-trixie", budget(8_000_000, 400), "2,690 M, 885,085"),
    EfiCase("systemd-boot", "systemd-boot-bookworm", budget(10_000_000, 800), "2,779 M",
            ("EFI_LOADER_FIRST=y",)),
    EfiCase("shim and GRUB", "shim-grub-trixie", budget(25_000_000, 3_000), "3,820 M, 949,528",
            clock=bench_count.CLOCK_OF_HOST),  # GRUB polls a timer for 55 ms
]


def row(case, section):
    """by_others: accesses that the boot loader or the kernel made itself."""
    own = section.by_device - section.by_others
    return {"case": case.name, "instructions": section.instructions,
            "accesses": own.total() - own[CONSOLE], "by_others": section.by_others.total(),
            "requests": section.requests, "ovmf": case.ovmf}


def count(case, machine, image):
    """Counts the boot of that case. Raises Unavailable if Debian's packages cannot be downloaded."""
    with tempfile.NamedTemporaryFile(prefix="fatwood-bench-", suffix=".img") as file:
        efi.make(case.disk, file.name)
        return bench_count.count_efi(dataclasses.replace(machine, name=case.name), image, file.name,
                                     case.clock)

# SPDX-License-Identifier: Apache-2.0
"""Boots through UEFI, with this firmware or with OVMF, which checks the tests.

A test with the fixture `place` runs once for each place with which it is marked:

    @on("q35", "pc", "microvm")
    def test_x(place, efi_image):
        with place.boot(efi_image("cloud-trixie")) as vmm:
            report = vmm.guest()

Tests under OVMF run only with --ovmf. By hand: python -m tests.boot.efi IMAGE [FATWOOD.ELF [MACHINE]]
"""

import dataclasses
import itertools
import os
import pathlib
import sys

import pytest
from elftools.elf.elffile import ELFFile

from tests.boot.vmm import Disk, Vmm
from tests.images import kernels, packages
from tests.images.efi import SUITES


@dataclasses.dataclass(frozen=True)
class Place:
    """A machine with a firmware. build: the defconfig, or "" for OVMF."""

    machine: str
    build: str
    transport: str
    symbols: tuple = ()  # set on top of the defconfig
    firmware: object = None  # what conftest.py built, or OVMF

    @property
    def name(self):
        return f"{self.build or 'ovmf'}-{self.machine}"

    @property
    def is_ovmf(self):
        return not self.build

    @property
    def is_rom(self):
        return self.build == "qemu_rom"

    def disk(self, path, **options):
        return path if isinstance(path, Disk) else Disk(path, self.transport, **options)

    def boot(self, *disks, memory=512, machine_options="", **options):
        """Returns a Vmm that is not started yet; `with` starts it."""
        disks = [self.disk(path) for path in disks]
        if clock := kernels.clock_options(self.machine):
            options["command_line"] = f"{options.get('command_line', '')} {clock}".strip()
        return Vmm(self.firmware, self.machine + machine_options, memory, disks, **options)


PLACES = {
    "q35": Place("q35", "qemu", "pci"),
    "pc": Place("pc", "qemu", "pci-modern"),
    "microvm": Place("microvm", "qemu_microvm", "mmio"),
    "microvm-pcie": Place("microvm,pcie=on", "x86_64", "pci-modern"),
    "rom": Place("q35", "qemu_rom", "pci-modern"),
    "rom-pc": Place("pc", "qemu_rom", "pci"),
}
OVMF = Place("q35", "", "pci-modern")


# Fatwood boots the entries of a disk itself, unless it is told to leave that to the disk's loader.
LOADER_FIRST = ("EFI_LOADER_FIRST=y",)


# The long tests of make check. One process makes the root of a suite (efi_root.py) and runs its tests, while another
# one does so for the other suite. And groups start before single tests, which then fill up the processors at the end.
DEBIANS = {suite: pytest.mark.xdist_group(f"debian-{suite}") for suite in SUITES}


def on(*machines, ovmf=True, symbols=()):
    """Where a test runs: on these machines, with these symbols set, and under OVMF."""
    rows = [pytest.param(dataclasses.replace(PLACES[machine], symbols=symbols), id=machine) for machine in machines]
    if ovmf:
        rows.append(pytest.param(OVMF, id="ovmf", marks=pytest.mark.ovmf))
    return pytest.mark.parametrize("place", rows, indirect=True)


def on_suites(*machines, ovmf=True, symbols=(), every=False, in_check=None):
    """The same for a test that also takes a Debian suite: each machine and each suite appears in at least one row.
    every: each suite on each machine. in_check: the ids of the rows that are not left to test-extended."""
    pairs = zip(machines * len(SUITES), SUITES * len(machines))
    pairs = itertools.product(machines, SUITES) if every else itertools.islice(pairs, max(len(machines), len(SUITES)))
    rows = []
    for machine, suite in pairs:
        place, name = dataclasses.replace(PLACES[machine], symbols=symbols), f"{machine}-{suite}"
        marks = []
        if in_check is not None:
            marks = [DEBIANS[suite] if name in in_check else pytest.mark.extended]
        rows.append(pytest.param(place, suite, id=name, marks=marks))
    if ovmf:
        rows += [pytest.param(OVMF, suite, id=f"ovmf-{suite}", marks=pytest.mark.ovmf) for suite in SUITES]
    return pytest.mark.parametrize("place, suite", rows, indirect=["place"])


def has_uefi(image):
    """Whether that image has UEFI: it was configured, and the code exists."""
    configuration = image.with_name(".config").read_text()
    if "CONFIG_EFI=y" not in configuration:
        return False
    with open(image.with_name("fatwood.debug.elf"), "rb") as file:
        table = ELFFile(file).get_section_by_name(".symtab")
        return bool(table and table.get_symbol_by_name("efi_start"))


def main():
    image, *rest = sys.argv[1:]
    firmware = pathlib.Path(rest[0]) if rest else packages.ovmf()
    machine = rest[1] if len(rest) > 1 else "q35"
    transport = "mmio" if machine == "microvm" else "pci"
    vmm = Vmm(firmware, machine, 1024, [Disk(pathlib.Path(image), transport)],
              command_line=kernels.clock_options(machine))
    os.execvp(vmm.command_to_show[0], vmm.command_to_show)


if __name__ == "__main__":
    main()

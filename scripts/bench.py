#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Counts what a boot costs, from our entry to the kernel's: `make bench`.

Everything is counted under QEMU's TCG. No figure is a time, so a busy machine gives the same results:
- instructions: those that our image executes, without the loop that waits for a disk, whose iterations depend
  on how fast the host reads ("with waiting": with it);
- accesses to device registers, including doorbells: each is a VM exit;
- requests: virtio-blk reads.
It also checks the budget of a usual boot, linear growth, that a second run gives the same results, and that a running
guest loses little RAM.
"""

import argparse
import concurrent.futures
import dataclasses
import functools
import os
import pathlib
import re
import shutil
import sys

ROOT = pathlib.Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from scripts import bench_count, bench_efi, bench_images, bench_memory, bench_report, firmware
from tests.images import kernels
from tests.images.fat import MIB


@dataclasses.dataclass
class Case:
    """One boot to count. The budget, if any, is the limit for its figures."""

    name: str
    config: str = "qemu"
    symbols: tuple = ()  # set on top of the configuration
    machine: str = "q35"
    memory: str = "1G"
    disks: int = 1
    initrd_size: int = MIB
    directory_entries: int = 0  # in front of kernel and initrd
    boot_entries: int = 1
    rom: bool = False  # counted from reset
    efi_stub: bool = False  # without one the kernel is entered by the Linux boot protocol
    budget: dict = dataclasses.field(default_factory=dict)


BUDGET = {"instructions": 3_000_000, "accesses": 500, "requests": 64}
# The machine is in its state after reset.
ROM_BUDGET = {"instructions": 20_000_000, "accesses": 3_000, "requests": 64}
# Through the kernel's EFI stub, for which the UEFI environment is built first.
EFI_BUDGET = {"instructions": 4_000_000, "accesses": 300, "requests": 64}
REPEAT_TOLERANCE = 0.01
# The cost per unit may increase by this factor from one step to the next, so nothing is quadratic.
GROWTH_TOLERANCE = 1.5

BASE = Case("qemu", budget=BUDGET)
CASES = [
    BASE,
    Case("qemu without UEFI", symbols=("EFI=n",), budget=BUDGET),
    Case("cloudhv", config="cloudhv", budget=BUDGET),
    Case("tiny", config="tiny", budget=BUDGET),
    Case("x86_64", config="x86_64", budget=BUDGET),
    Case("qemu on pc", machine="pc", budget=BUDGET),
    Case("qemu_microvm", config="qemu_microvm", machine="microvm", budget=BUDGET),
    Case("qemu, 5 GiB of RAM", memory="5G", budget=BUDGET),
    Case("qemu_rom", config="qemu_rom", rom=True, budget=ROM_BUDGET),
    Case("qemu_rom on pc", config="qemu_rom", machine="pc", rom=True, budget=ROM_BUDGET),
    Case("qemu, EFI stub", efi_stub=True, budget=EFI_BUDGET),
    Case("qemu_microvm, EFI stub", config="qemu_microvm", machine="microvm", efi_stub=True, budget=EFI_BUDGET),
]

# What grows: its unit, the field of the case, how many of that make one unit, and sizes in units.
GROWTH = [
    ("disks", "disks", 1, (1, 4, 17)),
    ("directory entries", "directory_entries", 1, (0, 1000, 10000)),
    ("boot entries", "boot_entries", 1, (1, 100, 1000)),
    ("MiB of initrd", "initrd_size", MIB, (1, 50, 200)),
]

PEERS = [
    ("OVMF + systemd-boot", bench_images.ovmf_systemd_boot),
    ("OVMF + GRUB", bench_images.ovmf_grub),
    ("SeaBIOS + GRUB", bench_images.seabios_grub),
    ("QEMU -kernel (no disk)", bench_images.qemu_kernel),
]


@functools.cache
def image(config, *symbols):
    """Copies of the build's image and its symbol files, so that a concurrent build changes nothing."""
    built = firmware.build(config, *symbols)
    folder = ROOT / "build" / "bench" / built.parent.name
    folder.mkdir(parents=True, exist_ok=True)
    for path in (built, built.with_name("fatwood.debug.elf"), built.with_suffix(".rom"),
                 built.parent / "runtime" / "runtime.elf"):
        if path.exists():
            shutil.copyfile(path, folder / path.name)
    return folder / built.name


def progress(text):
    print(f"  {text} ...", file=sys.stderr, flush=True)


def own_part(boot):
    return sum(boot.sections[1:], bench_count.Section())


def figures(section):
    return {"instructions": section.instructions, "with_waiting": section.total,
            "accesses": section.accesses, "requests": section.requests}


def steady(section):
    """The figures that a second run must repeat: the clock is only read when the disk is slow."""
    return {**figures(section), "accesses": section.accesses - section.polls}


class Bench:
    """Runs boots, collects rows for the report, and counts checks."""

    def __init__(self, details):
        self.details = details
        self.report = {"cases": [], "efi": [], "phases": [], "growth": [], "peers": [], "memory": []}
        self.base = None  # the first case's section
        self.passed, self.failed, self.skipped = 0, 0, 0

    def check(self, good, complaint):
        if good:
            self.passed += 1
        else:
            self.failed += 1
            print(f"FAILED: {complaint}", flush=True)

    def count(self, case, **options):
        """The figures of one boot with our firmware; None if it failed, which is counted."""
        progress(case.name)
        try:
            return bench_count.count(case, image(case.config, *case.symbols), **options)
        except bench_count.NotReached as error:
            self.check(False, str(error))
            return None

    def run_cases(self, cases):
        """Boots a case for each processor at a time, because no figure depends on what else runs."""
        with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
            for case, boot in zip(cases, pool.map(self.count, cases)):
                if boot:
                    self.add_case(case, boot)

    def add_case(self, case, boot):
        own = boot.all if case.rom else own_part(boot)
        if case is BASE:
            self.base = own
        row = {"case": case.name, **figures(own),
               "image_bytes": image(case.config, *case.symbols).stat().st_size}
        self.report["cases"].append(row)
        print(bench_report.CASES.line(row), flush=True)
        if self.details:
            for counter in (own.by_device, own.by_function):
                for name, number in counter.most_common(20):
                    print(f"    {number:10,} {name}")
        self.check_budget(case, row)

    def check_budget(self, case, row):
        over = [f"{row[key]:,} {key}, more than {limit:,}" for key, limit in case.budget.items()
                if row[key] > limit]
        self.check(not over, f"{case.name}: {', '.join(over)}")

    def count_efi(self, case):
        progress(case.name)
        try:
            return bench_efi.count(case, BASE, image(BASE.config, *case.symbols))
        except kernels.Unavailable as reason:
            self.skipped += 1
            print(f"SKIPPED [1] {case.name}: {reason}", flush=True)
        except bench_count.NotReached as error:
            self.check(False, str(error))
        return None

    def run_efi(self, cases):
        with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
            for case, boot in zip(cases, pool.map(self.count_efi, cases)):
                if boot:
                    self.add_efi(case, boot)

    def add_efi(self, case, boot):
        own = own_part(boot)
        row = bench_efi.row(case, own)
        self.report["efi"].append(row)
        print(bench_report.EFI.line(row), flush=True)
        if self.details:
            for counter in (own.by_device - own.by_others, own.by_others, own.by_function):
                for name, number in counter.most_common(20):
                    print(f"    {number:10,} {name}")
        self.check_budget(case, row)

    def run_phases(self):
        """Runs the base case again, split at the marks of fatwood.log=timing, which also names them."""
        told = self.count(dataclasses.replace(BASE, name="names of the phases"),
                          append="fatwood.log=timing")
        boot = self.count(dataclasses.replace(BASE, name="phases"), marks=["timing_mark"])
        if None in (self.base, told, boot):
            return
        names = [*re.findall(r"^timing: .* us  (.*)$", told.serial.replace("\r", ""), re.M), "kernel entered"]
        self.check(len(names) == len(boot.sections) - 1, "fatwood.log=timing names other phases")
        for name, section in zip(names, boot.sections[1:]):
            row = {"phase": name, **figures(section)}
            self.report["phases"].append(row)
            print(bench_report.PHASES.line(row), flush=True)
        first, second = steady(self.base), steady(own_part(boot))
        for key in BUDGET:
            self.check(abs(second[key] - first[key]) <= REPEAT_TOLERANCE * first[key],
                       f"{key}: {first[key]:,}, and {second[key]:,} in a second run")

    def run_growth(self, unit, field, factor, sizes):
        rows = []
        for size in sizes:
            boot = self.count(dataclasses.replace(BASE, name=f"{size} {unit}", **{field: size * factor}))
            if boot is None:
                return
            row = {"unit": unit, "size": size, **figures(own_part(boot))}
            row["per_unit"] = per_unit(rows[-1], row, "instructions") if rows else None
            rows.append(row)
            print(bench_report.GROWTH.line(row), flush=True)
        self.report["growth"] += rows
        for key in BUDGET:
            self.check(is_linear(rows, key), f"{unit}: {key} grow faster than they should")

    def run_peers(self):
        boot = self.count(dataclasses.replace(BASE, name="Fatwood among its peers"),
                          clock=bench_count.CLOCK_OF_HOST)
        if boot is None:
            return
        self.add_peer("Fatwood: our part", own_part(boot), "64-bit")
        self.add_peer("Fatwood: from reset", boot.all, boot.entry)
        for name, make in PEERS:
            progress(name)
            try:
                boot = bench_count.count_peer(dataclasses.replace(BASE, name=name, efi_stub=True), make)
            except kernels.Unavailable as reason:
                self.skipped += 1
                print(f"SKIPPED [1] {name}: {reason}", flush=True)
            except bench_count.NotReached as error:
                self.check(False, str(error))
            else:
                self.add_peer(name, boot.all, boot.entry)

    def add_peer(self, name, section, entry):
        row = {"peer": name, "instructions": section.total, "accesses": section.accesses - section.polls,
               "polls": section.polls, "requests": section.requests, "bytes_read": section.bytes_read,
               "entry": entry}
        self.report["peers"].append(row)
        print(bench_report.PEERS.line(row), flush=True)

    def run_memory(self):
        progress("RAM that is lost")
        try:
            for row in bench_memory.rows(image(BASE.config)):
                self.report["memory"].append(row)
                print(bench_report.MEMORY.line(row), flush=True)
                self.check(row["lost_kib"] <= bench_memory.LIMIT_KIB,
                           f"{row['boot']}: {row['lost_kib']} KiB of RAM lost, more than {bench_memory.LIMIT_KIB}")
        except kernels.Unavailable as reason:
            self.skipped += 1
            print(f"SKIPPED [1] RAM that is lost: {reason}", flush=True)


def per_unit(before, after, key):
    return (after[key] - before[key]) / (after["size"] - before["size"])


def is_linear(rows, key):
    """Does each further unit cost about the same as before? A difference of one request is ignored."""
    first, middle, last = rows
    expected = GROWTH_TOLERANCE * per_unit(first, middle, key) * (last["size"] - middle["size"]) + 2
    if key == "accesses":  # a few requests share a doorbell, many have one each
        expected += last["requests"] - middle["requests"]
    return last[key] - middle[key] <= expected


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--output", type=pathlib.Path, default=ROOT / "build" / "bench",
                        help="folder for bench.json and the pictures")
    parser.add_argument("--quick", action="store_true", help="the budgets and the second run only")
    parser.add_argument("--case", help="only the cases whose name contains this")
    parser.add_argument("--details", action="store_true",
                        help="show the accesses by device and the instructions by function")
    parser.add_argument("--markdown", type=pathlib.Path, metavar="FILE",
                        help="put the tables into this file, between its marks")
    arguments = parser.parse_args()
    cases, efi_cases = ([case for case in all_cases if (arguments.case or "") in case.name]
                        for all_cases in (CASES, bench_efi.CASES))
    if not cases and not efi_cases:
        names = ", ".join(case.name for case in [*CASES, *bench_efi.CASES])
        parser.error(f"no case has {arguments.case} in its name: {names}")
    bench = Bench(arguments.details)
    for build in sorted({(case.config, case.symbols) for case in cases} |
                        {(BASE.config, case.symbols) for case in efi_cases}):
        progress(f"building {' with '.join([build[0], *build[1]])}")
        image(build[0], *build[1])
    bench_count.plugin()

    print(bench_report.CASES.head())
    bench.run_cases(cases)
    print("\n" + bench_report.EFI.head())
    bench.run_efi(efi_cases)
    if not arguments.case:
        print("\n" + bench_report.PHASES.head())
        bench.run_phases()
    if not arguments.case and not arguments.quick:
        print("\n" + bench_report.GROWTH.head())
        for series in GROWTH:
            bench.run_growth(*series)
        print("\n" + bench_report.PEERS.head())
        bench.run_peers()
        print("\n" + bench_report.MEMORY.head())
        bench.run_memory()
        bench_report.write(bench.report, arguments.output, arguments.markdown)
    counted = f"{bench.passed} passed, {bench.failed} failed"
    print(counted + (f", {bench.skipped} skipped" if bench.skipped else ""))
    return bench.failed != 0


if __name__ == "__main__":
    sys.exit(main())

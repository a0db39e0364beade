# SPDX-License-Identifier: Apache-2.0
"""Counts one boot under QEMU's TCG: instructions with the plugin in bench_plugin/, accesses to device registers and
disk requests from QEMU's trace, which the plugin splits into the same sections.

ioeventfd=off makes each doorbell an access like any other.
"""

import bisect
import collections
import dataclasses
import functools
import os
import pathlib
import subprocess
import sys
import tempfile
import threading

from elftools.elf.elffile import ELFFile

ROOT = pathlib.Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "scripts"))  # for scripts that builds run without another path

from scripts import bench_images, firmware  # noqa: E402
from scripts.symbols import functions_of  # noqa: E402

DEADLINE_S = 600
TRACES = ("memory_region_ops_read", "memory_region_ops_write", "virtio_blk_handle_read")

# The guest's clocks count instructions, so that waits do not depend on the speed of this machine.
CLOCK_OF_INSTRUCTIONS = ("-icount", "shift=0")
CLOCK_OF_HOST = ()

# Wait loops, whose iterations depend on the speed of the disk. In a long wait, the clock is read, and its rate
# measured for a millisecond.
WAITING = ("virtqueue_idle", "arch_relax", "virtqueue_wait", "virtqueue_take", "deadline_passed",
           "arch_ticks", "arch_ticks_per_second", "rate_from_pm_timer",
           # The APIC timer is measured and tested for a fixed time; its other costs are small.
           "timer_is_usable")

# A read is a poll if it reads a clock, or if one of the last few accesses was the same with the same result. With the
# access cost of KVM there are fewer of these.
CLOCKS = ("acpi-tmr", "hpet", "pit")
POLL_DISTANCE = 16

RUNTIME = "runtime services"  # the runtime program, as one function
STOPPED = 125  # the plugin's exit status for QEMU


@functools.cache
def plugin():
    source = ROOT / "scripts" / "bench_plugin" / "count.c"
    path = ROOT / "build" / "bench" / "count.so"
    with firmware.lock(path.parent):
        subprocess.run([os.environ.get("HOSTCC", "cc"), "-O2", "-Wall", "-Wextra", "-Werror", "-shared",
                        "-fPIC", "-o", path, source], check=True)
    return path


class Symbols:
    """The functions of an image, from the ELF file with symbols next to it."""

    def __init__(self, image):
        path = image.with_name("fatwood.debug.elf")
        self.addresses, self.names = zip(*sorted(functions_of(path).items()))
        with open(path, "rb") as file:
            table = ELFFile(file).get_section_by_name(".symtab")
            self.by_name = {symbol.name: symbol["st_value"] for symbol in table.iter_symbols()}
        self.low, self.high = self.by_name["image_start"], self.by_name["data_start"]

    def function(self, address):
        if address >= self.high:
            return RUNTIME
        return self.names[bisect.bisect_right(self.addresses, address) - 1]


@dataclasses.dataclass
class Section:
    """The counts between two marks. by_function covers only our image and excludes waiting."""

    total: int = 0
    by_function: collections.Counter = dataclasses.field(default_factory=collections.Counter)
    by_device: collections.Counter = dataclasses.field(default_factory=collections.Counter)
    by_others: collections.Counter = dataclasses.field(default_factory=collections.Counter)  # of by_device
    polls: int = 0  # of the accesses
    requests: int = 0
    bytes_read: int = 0

    @property
    def instructions(self):
        return self.by_function.total()

    @property
    def accesses(self):
        return self.by_device.total()

    def __add__(self, other):
        return Section(self.total + other.total, self.by_function + other.by_function,
                       self.by_device + other.by_device, self.by_others + other.by_others, self.polls + other.polls,
                       self.requests + other.requests, self.bytes_read + other.bytes_read)


def add_counts(sections, lines, symbols):
    """Adds the plugin's figures to the sections of the trace."""
    rest, before = iter(sections), 0
    section = next(rest)
    for line in lines:
        word, number = line.split()
        if word == "total":
            section.total = int(number) - before
            before = int(number)
            section = next(rest, None)
        elif (name := symbols.function(int(word, 16))) not in WAITING:
            section.by_function[name] += int(number)
    assert section is None, "the trace has more sections than the plugin has counted"


def sections_of(trace):
    """Parses QEMU's trace, which may have ten million lines or more."""
    section = Section()
    sections = [section]
    recent = collections.deque(maxlen=POLL_DISTANCE)
    is_ours = True
    for line in trace:
        if line.startswith("memory_region_ops_"):
            # memory_region_ops_read cpu 0 mr 0x5581 addr 0x61 value 0x20 size 1 name 'pcspk'
            access, name = line.rstrip("'\n").split(" name '")
            section.by_device[name] += 1
            if not is_ours:
                section.by_others[name] += 1
            if line.startswith("memory_region_ops_read") and (name in CLOCKS or access in recent):
                section.polls += 1
            recent.append(access)
        elif line.startswith("virtio_blk_handle_read "):
            section.requests += 1
            section.bytes_read += int(line.split()[-1]) * 512
        elif line in ("ours\n", "others\n"):
            is_ours = line == "ours\n"
        elif line == "mark\n":
            section = Section()
            sections.append(section)
    del section.by_device["isa-debug-exit"]
    return sections


class NotReached(Exception):
    """The text ends with the machine's output."""


@dataclasses.dataclass
class Boot:
    sections: list
    entry: str  # the kernel's entry point
    serial: str

    @property
    def all(self):
        return sum(self.sections, Section())


def command(case, folder, options, disks, plugin_options, clock):
    devices = []
    for number, path in enumerate(disks):
        bus = "device" if case.machine == "microvm" else "pci,ioeventfd=off"
        devices += ["-drive", f"file={path},format=raw,if=none,id=d{number},snapshot=on",
                    "-device", f"virtio-blk-{bus},drive=d{number}"]
    return ["qemu-system-x86_64", "-accel", "tcg", *clock, "-cpu", "max",
            "-machine", case.machine, "-m", case.memory, "-display", "none", "-no-reboot", "-nodefaults",
            "-serial", f"file:{folder}/serial", *options, *devices,
            "-device", f"isa-debug-exit,iobase={bench_images.EXIT_PORT:#x},iosize=1",
            "-plugin", f"{plugin()},counts={folder}/counts{plugin_options}", "-d", "plugin",
            *(word for event in TRACES for word in ("-trace", event))]


def traced(qemu_command):
    """Runs QEMU. Returns the sections of its trace, which is never stored, and its status."""
    reading, writing = os.pipe()
    with subprocess.Popen([*qemu_command, "-D", f"/dev/fd/{writing}"], stdin=subprocess.DEVNULL,
                          pass_fds=[writing]) as qemu:
        os.close(writing)
        watchdog = threading.Timer(DEADLINE_S, qemu.kill)
        watchdog.start()
        try:
            with open(reading, encoding="latin-1") as trace:
                return sections_of(trace), qemu.wait()
        finally:
            watchdog.cancel()
            qemu.kill()


def run(case, folder, options, disks, symbols=None, marks=(), clock=(), plugin_options=""):
    plugin_options += "".join(f",mark={mark:#x}" for mark in marks)
    if symbols:
        plugin_options += f",low={symbols.low:#x},high={symbols.high:#x}"
    sections, status = traced(command(case, folder, options, disks, plugin_options, clock))
    serial = (folder / "serial").read_text(errors="replace") if (folder / "serial").exists() else ""
    # isa-debug-exit: twice the number, and one more.
    entry = bench_images.ENTRIES.get(status >> 1) if status & 1 else None
    if status == STOPPED:
        entry = "EFI"
    if not entry:
        raise NotReached(f"{case.name}: the kernel was not reached:\n{serial}")
    with open(folder / "counts", encoding="ascii") as counts:
        add_counts(sections, counts, symbols)
    return Boot(sections, entry, serial)


def count(case, image, append="", marks=(), clock=CLOCK_OF_INSTRUCTIONS):
    """A boot with our image. The first section ends at its entry; the functions named in @marks end further
    sections."""
    symbols = Symbols(image)
    with tempfile.TemporaryDirectory(prefix="fatwood-bench-") as name:
        folder = pathlib.Path(name)
        disks = ([bench_images.empty_disk(folder)] * (case.disks - 1)
                 + [bench_images.boot_disk(case, folder)])
        options = ["-bios", str(image.with_suffix(".rom"))] if case.rom else ["-kernel", str(image)]
        options += ["-append", append] if append else []
        entry = "long_mode_start" if case.rom else "pvh_entry"
        addresses = [symbols.by_name[mark] for mark in (entry, *marks)]
        return run(case, folder, options, disks, symbols, addresses, clock)


def runtime_options(image):
    """Plugin options with the location of the runtime services that are copied out of the image."""
    path = image.with_name("runtime.elf")
    functions = {name: address for address, name in functions_of(path).items()}
    with open(path, "rb") as file:
        program = [segment for segment in ELFFile(file).iter_segments() if segment["p_type"] == "PT_LOAD"]
    base = min(segment["p_vaddr"] for segment in program)
    size = max(segment["p_vaddr"] + segment["p_memsz"] for segment in program) - base
    return f",copy_size={size:#x},copy_entry={functions['runtime_get_time'] - base:#x}"


def count_efi(case, image, path, clock):
    """A boot through UEFI from the disk at that path, up to the end of ExitBootServices."""
    symbols = Symbols(image)
    stop, copied = symbols.by_name["efi_runtime_enter"], symbols.by_name["runtime_program_place"]
    options = f",stop={stop:#x},copied={copied:#x}{runtime_options(image)}"
    with tempfile.TemporaryDirectory(prefix="fatwood-bench-") as name:
        return run(case, pathlib.Path(name), ["-kernel", str(image)], [path], symbols,
                   [symbols.by_name["pvh_entry"]], clock, options)


def count_peer(case, make):
    """Other firmware waits for fixed times while it probes devices: with a clock that counts instructions, its
    figures would include work that a real machine does not do."""
    with tempfile.TemporaryDirectory(prefix="fatwood-bench-") as name:
        folder = pathlib.Path(name)
        peer = make(case, folder)
        return run(case, folder, peer.options, [peer.disk])

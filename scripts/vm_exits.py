#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Counts the cost of a boot under KVM: VM exits by reason, and device accesses, from the firmware's first exit to the
kernel's first output on the serial port.

    scripts/vm_exits.py --firmware build/fatwood.elf --word "Linux version" --file disk.raw -- \\
        cloud-hypervisor --kernel fatwood.elf --disk path=disk.raw --serial tty --console off

The command runs in the lab (scripts/lab.py), where the firmware has the same name. The kernel needs early output
(earlyprintk=ttyS0). The counts come from KVM's tracepoints (Documentation/trace/events.rst). Exits caused by the host
(interrupts, and memory that it allocates on first use) depend on the time and on the host: they are listed but not
added up. Accesses to the console's registers are not counted, because output differs between programs, and neither
are those to the local APIC, which KVM emulates and whose timer runs throughout the boot.
"""

import argparse
import collections
import dataclasses
import pathlib
import re
import sys

from elftools.elf.elffile import ELFFile

ROOT = pathlib.Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from scripts import lab
from tests.images import kernels

TRACING = "/sys/kernel/tracing"
BUFFER_KIB = 16384
EVENTS = ("kvm_exit", "kvm_pio", "kvm_mmio")
# The oldest events are kept, because only the boot before the kernel matters.
TRACE_START = f"""
cd {TRACING} && echo 0 >tracing_on && echo nop >current_tracer && echo {BUFFER_KIB} >buffer_size_kb
echo 0 >options/overwrite && echo >trace
for event in {' '.join(EVENTS)}; do echo 1 >events/kvm/$event/enable; done
echo 1 >tracing_on"""
TRACE_STOP = f"""
cd {TRACING} && echo 0 >tracing_on && echo 0 >events/kvm/enable"""
TRACE_SAVE = f"cp {TRACING}/trace trace.txt && echo >{TRACING}/trace"

EXIT = re.compile(r": kvm_exit: vcpu (\d+) reason (\S+) rip (0x[0-9a-f]+)")
PORT = re.compile(r": kvm_pio: pio_(read|write) at (0x[0-9a-f]+) size (\d+) count (\d+) val (0x[0-9a-f]+)")
CONSOLE = range(0x3F8, 0x400)
LOCAL_APIC = range(0xFEE00000, 0xFEE01000)
# Exit reasons caused by the host, on AMD and Intel. Accesses to memory-mapped registers, which are also such faults,
# are counted separately.
OF_THE_HOST = {"interrupt", "npf", "EXTERNAL_INTERRUPT", "EPT_VIOLATION", "EPT_MISCONFIG"}
MEMORY = re.compile(r": kvm_mmio: mmio (read|write) len (\d+) gpa (0x[0-9a-f]+)")

WINDOW = 1 << 20  # memory accesses are shown in windows of this size
PORTS = {
    range(0x20, 0x22): "8259",
    range(0xA0, 0xA2): "8259",
    range(0x40, 0x44): "PIT",
    range(0x60, 0x65): "i8042",
    range(0x70, 0x72): "CMOS",
    range(0x80, 0x81): "POST code",
    range(0xE9, 0xEA): "debug port",
    range(0x3F8, 0x400): "16550",
    range(0x402, 0x403): "debug port",
    range(0x510, 0x51C): "fw_cfg",
    range(0x600, 0x610): "power management",
    range(0xCF8, 0xD00): "PCI configuration",
}


@dataclasses.dataclass
class Counts:
    """Exits by reason; accesses by (kind, place, read or write)."""

    exits: collections.Counter
    accesses: collections.Counter
    of_console: int = 0

    @property
    def access_count(self):
        return sum(self.accesses.values())

    @property
    def exit_count(self):
        """Without those of the host and of the console."""
        of_memory = sum(number for (kind, *_), number in self.accesses.items() if kind == "memory")
        own = sum(number for reason, number in self.exits.items() if reason not in OF_THE_HOST)
        return own + of_memory - self.of_console


def image_ranges(firmware):
    """(start, end) of each loaded part of the firmware."""
    with open(firmware, "rb") as file:
        return [(segment["p_paddr"], segment["p_paddr"] + segment["p_memsz"])
                for segment in ELFFile(file).iter_segments() if segment["p_type"] == "PT_LOAD"]


def count(lines, word, ranges=()):
    """Counts up to the word on the console. If the firmware's ranges are given, code that runs before it (a BIOS, as
    on QEMU's pc and q35) is not counted."""
    counts = Counts(collections.Counter(), collections.Counter())
    is_started = not ranges
    said = ""
    for line in lines:
        if match := EXIT.search(line):
            address = int(match[3], 16)
            is_started |= any(start <= address < end for start, end in ranges)
            if is_started:
                counts.exits[match[2]] += 1
        elif is_started and (match := PORT.search(line)):
            port = int(match[2], 16)
            if port not in CONSOLE:
                counts.accesses["port", port, match[1]] += int(match[4])
                continue
            counts.of_console += 1
            if port == CONSOLE.start and match[1] == "write":
                said = (said + chr(int(match[5], 16) & 0x7F))[-len(word):]
                if said == word:
                    return counts
        elif is_started and (match := MEMORY.search(line)) and int(match[3], 16) not in LOCAL_APIC:
            counts.accesses["memory", int(match[3], 16) // WINDOW * WINDOW, match[1]] += 1
    raise lab.LabError(
        f"the trace ends before the kernel said {word!r}: "
        + (f"{sum(counts.exits.values())} exits, {counts.access_count} accesses" if counts.exits
           else "the firmware did not run"))


def measure(lab_in_use, word, command, seconds, firmware=None):
    """Counts for a command that boots a kernel; it may run until its time is over."""
    lab_in_use.check(TRACE_START)
    try:
        result = lab_in_use.run(command, seconds)
    finally:
        lab_in_use.check(TRACE_STOP)
    lab_in_use.check(TRACE_SAVE)
    lines = lab_in_use.get("trace.txt").decode(errors="replace").splitlines()
    try:
        return count(lines, word, image_ranges(firmware) if firmware else ())
    except lab.LabError as error:
        raise lab.LabError(f"{error}; the command ended with status {result.status}:\n"
                           f"{result.output[-2000:]}") from error


def place_name(kind, place):
    if kind == "memory":
        return f"memory {place:#x} and the MiB from there"
    name = next((name for ports, name in PORTS.items() if place in ports), "")
    return f"port {place:#x} {name}".rstrip()


def table(counts):
    """The counts as lines of text."""
    lines = [f"{counts.exit_count:8}  VM exits, but for those of the host and the console"]
    lines += [f"{number:8}    {reason}" for reason, number in counts.exits.most_common()]
    lines += [f"{counts.access_count:8}  device accesses", f"{'reads':>12} {'writes':>8}"]
    places = collections.defaultdict(lambda: {"read": 0, "write": 0})
    for (kind, place, direction), number in counts.accesses.items():
        places[place_name(kind, place)][direction] += number
    for name, each in sorted(places.items(), key=lambda item: -sum(item[1].values())):
        lines.append(f"{each['read']:12} {each['write']:8}  {name}")
    return "\n".join(lines)


def main():
    parser = argparse.ArgumentParser(description="Count a firmware's VM exits and device accesses.")
    parser.add_argument("--firmware", type=pathlib.Path, required=True, metavar="FATWOOD.ELF",
                        help="the image that the command boots, under its name")
    parser.add_argument("--word", default="Linux version", help="what the kernel says first (%(default)s)")
    lab.add_lab_arguments(parser)
    lab.add_command_argument(parser, "the VMM and its arguments")
    arguments = parser.parse_args()
    if not arguments.command:
        parser.error("a command is needed")
    try:
        with lab.prepared_lab(arguments) as lab_in_use:
            lab_in_use.put(arguments.firmware)
            command = lab.command_line(arguments)
            print(table(measure(lab_in_use, arguments.word, command, arguments.seconds, arguments.firmware)))
    except (lab.LabError, kernels.Unavailable, OSError) as error:
        print(f"vm_exits: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())

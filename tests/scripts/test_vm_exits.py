# SPDX-License-Identifier: Apache-2.0
"""scripts/vm_exits.py: what it counts in a KVM trace, and where it starts and stops."""
import pathlib
import sys

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from scripts import lab, vm_exits

WORD = "Linux"
HEAD = " vcpu0-123 [001] d..1. 12.345678: "
FIRMWARE = range(0x100000, 0x140000)


def exit_of(reason, address=FIRMWARE.start):
    return f"{HEAD}kvm_exit: vcpu 0 reason {reason} rip {address:#x} info1 0x0 info2 0x0"


def port(direction, number, value=0, count=1):
    return f"{HEAD}kvm_pio: pio_{direction} at {number:#x} size 1 count {count} val {value:#x} "


def memory(direction, address):
    return f"{HEAD}kvm_mmio: mmio {direction} len 4 gpa {address:#x} val 0x0"


def said(text):
    """The kernel on the console: an exit for each byte."""
    return [line for character in text
            for line in (exit_of("io"), port("write", 0x3F8, ord(character)))]


def count(*lines, ranges=()):
    return vm_exits.count([*lines, *said(WORD)], WORD, ranges)


def test_exits_and_accesses():
    counts = count(exit_of("io"), port("read", 0x608), exit_of("io"), port("write", 0x510, count=3),
                   exit_of("hlt"), exit_of("npf"), memory("write", 0xC0001000))
    assert counts.accesses == {("port", 0x608, "read"): 1, ("port", 0x510, "write"): 3,
                               ("memory", 0xC0000000, "write"): 1}
    assert counts.access_count == 5
    assert counts.exits == {"io": 2 + len(WORD), "hlt": 1, "npf": 1}
    # Two for io, one for hlt, and one for the memory access.
    assert counts.exit_count == 4


def test_the_console_is_left_out():
    counts = count(exit_of("io"), port("read", 0x3FD, 0x60), exit_of("io"), port("write", 0x3FC, 3))
    assert counts.of_console == 2 + len(WORD)
    assert counts.access_count == counts.exit_count == 0


def test_the_local_apic_is_left_out():
    counts = count(exit_of("EPT_MISCONFIG"), memory("write", 0xFEE000B0), exit_of("npf"), memory("read", 0xFEE00FF0))
    assert counts.access_count == counts.exit_count == 0
    assert count(memory("read", 0xFEE01000)).exit_count == 1


@pytest.mark.parametrize("reason", sorted(vm_exits.OF_THE_HOST))
def test_exits_for_the_host_are_listed(reason):
    counts = count(exit_of(reason))
    assert counts.exits[reason] == 1 and counts.exit_count == 0


def test_the_word_ends_the_count():
    """Other accesses may come between its letters: reads, and writes to other places, are not output."""
    first, rest = said("Lin"), said("ux")
    lines = [*said("Lin "), *first, port("read", 0x3F8, ord("x")), port("write", 0x3F9, ord("x")),
             exit_of("io"), port("write", 0x80), *rest, exit_of("hlt")]
    counts = vm_exits.count(lines, WORD)
    assert counts.exits == {"io": 4 + len(WORD) + 1} and counts.access_count == 1


def test_begins_with_the_firmware():
    bios = [exit_of("hlt", 0xFFFF0), port("write", 0x70), memory("read", 0xC0000000), port("write", 0x3F8, ord("L"))]
    counts = count(*bios, exit_of("cpuid"), exit_of("msr", 0xFFFF0), ranges=[(FIRMWARE.start, FIRMWARE.stop)])
    assert counts.exits == {"cpuid": 1, "msr": 1, "io": len(WORD)}
    assert counts.exit_count == 2 and counts.access_count == 0


def test_no_word():
    with pytest.raises(lab.LabError, match="before the kernel said 'Linux': 5 exits, 1 accesses"):
        vm_exits.count([*said("Linu"), exit_of("io"), port("read", 0x608)], WORD)
    with pytest.raises(lab.LabError, match="the firmware did not run"):
        vm_exits.count([exit_of("hlt", FIRMWARE.stop)], WORD, [(FIRMWARE.start, FIRMWARE.stop)])


def test_table():
    lines = vm_exits.table(count(exit_of("io"), port("read", 0x511), exit_of("hlt"))).splitlines()
    assert lines[0].split()[0] == "2"
    assert lines[-1].split() == ["1", "0", "port", "0x511", "fw_cfg"]

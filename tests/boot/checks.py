# SPDX-License-Identifier: Apache-2.0
"""Checks for every kernel that is started, based on the guest's report."""

import zlib

MIB = 1 << 20
RAM = 1
LEGACY_HOLE = (0xA0000, 0x100000)


def concatenated(*initrds):
    """Several initrds as the kernel sees them, each padded to 4 bytes."""
    return b"".join(data + bytes(-len(data) % 4) for data in initrds)


def assert_memory_map(report, memory_mib):
    """The memory map in the zero page is sorted, has no overlaps, and contains the machine's RAM."""
    ranges = report.e820
    end = 0
    for address, size, kind in sorted(ranges):
        assert size and address >= end, f"overlap at {address:#x} in {ranges}"
        end = address + size
        if kind == RAM:
            assert end <= LEGACY_HOLE[0] or address >= LEGACY_HOLE[1], f"RAM in the legacy hole: {ranges}"
    total = sum(size for _, size, kind in ranges if kind == RAM)
    assert memory_mib * MIB - 4 * MIB <= total <= memory_mib * MIB, f"{total} bytes of RAM: {ranges}"


def assert_in_ram(report, pieces):
    """pieces: {name: (address, size)}. Each must be in RAM, and none may overlap another."""
    ram = []
    for address, size, kind in sorted(report.e820):
        if kind != RAM:
            continue
        if ram and ram[-1][1] == address:
            ram[-1] = (ram[-1][0], address + size)
        else:
            ram.append((address, address + size))
    end, last = 0, ""
    for address, size, name in sorted((address, size, name) for name, (address, size) in pieces.items()):
        assert address >= end, f"{name} at {address:#x} overlaps {last}"
        assert any(start <= address and address + size <= stop for start, stop in ram), \
            f"{name} at {address:#x} is not in RAM {ram}"
        end, last = address + size, name


def assert_started_well(report, memory_mib, initrd=b"", init_size=0):
    """For the stub kernel: it and everything that was passed to it is intact."""
    assert report["image"] == "good"
    assert report.number("cs") == 0x10 and report.number("ds") == 0x18, "selectors of the boot protocol"
    assert report["rsdp"] != "bad"
    assert report.number("initrd_size") == len(initrd)
    if initrd:
        assert report.number("initrd_crc") == zlib.crc32(initrd)
    assert report.boot_params[0x1EF] == 0, "the sentinel says that the zero page was not cleared"
    assert report.boot_params[0x210] == 0xFF, "type_of_loader"
    assert_memory_map(report, memory_mib)
    kernel_size = max(report.field(0x1F4) * 16, report.field(0x260), init_size)
    pieces = {
        "kernel": (report.number("image_address"), kernel_size),
        "boot_params": (report.number("boot_params_address"), 4096),
        "command line": (report.field(0x228) | report.field(0xC8) << 32, len(report["cmdline"]) + 1),
    }
    if initrd:
        pieces["initrd"] = (report.number("initrd_address"), len(initrd))
    assert_in_ram(report, pieces)

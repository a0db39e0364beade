#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Determines whether KVM really works here. The existence of /dev/kvm is not enough: sometimes it never returns from
the guest, or runs it a thousand times slower than an emulator.

A guest of about 100 bytes starts at the reset vector, switches to protected and then to long mode, counts to 20
million (a few milliseconds on a processor), and ends QEMU through isa-debug-exit. KVM counts as working only if this
takes less than two seconds.
"""

import functools
import json
import os
import pathlib
import shutil
import struct
import subprocess
import sys
import tempfile

# The result is valid until the next boot of this machine.
ROOT = pathlib.Path(__file__).resolve().parents[1]
ANSWER = ROOT / "build" / "cache" / "kvm_probe.json"
PROBE_SECONDS = 2
ROM_SIZE = 64 * 1024
ROM_BASE = (1 << 32) - ROM_SIZE
EXIT_PORT = 0xF4
EXIT_VALUE = 0x2A
ROUNDS = 20_000_000

GDT = 0x80
GDT_POINTER = GDT + 4 * 8
PROTECTED = 0x18
LONG = 0x6A


def probe_rom():
    """The ROM: code from 0 on, then the GDT, and the reset vector 16 bytes before the end."""
    code = b"".join((
        b"\xfa",  # cli
        b"\x2e\x66\x0f\x01\x16" + struct.pack("<H", GDT_POINTER),  # lgdt cs:[GDT_POINTER]
        b"\x0f\x20\xc0\x0c\x01\x0f\x22\xc0",  # cr0 |= PE
        b"\x66\xea" + struct.pack("<IH", ROM_BASE + PROTECTED, 0x08),  # jmp to 32-bit code
        b"\x66\xb8\x10\x00\x8e\xd8",  # ds = 0x10
        b"\xc7\x05" + struct.pack("<II", 0x1000, 0x2003),  # one page table of each level maps the
        b"\xc7\x05" + struct.pack("<II", 0x2018, 0x3003),  # last 2 MiB below 4 GiB, where we are
        b"\xc7\x05" + struct.pack("<II", 0x3FF8, 0xFFE00083),
        b"\xb8\x20\x00\x00\x00\x0f\x22\xe0",  # cr4 = PAE
        b"\xb8\x00\x10\x00\x00\x0f\x22\xd8",  # cr3 = 0x1000
        b"\xb9\x80\x00\x00\xc0\x0f\x32\x80\xcc\x01\x0f\x30",  # EFER |= LME
        b"\x0f\x20\xc0\x0d\x00\x00\x00\x80\x0f\x22\xc0",  # cr0 |= PG
        b"\xea" + struct.pack("<IH", ROM_BASE + LONG, 0x18),  # jmp to 64-bit code
        b"\xb9" + struct.pack("<I", ROUNDS) + b"\xff\xc9\x75\xfc",  # count down from ROUNDS
        b"\xb0" + bytes([EXIT_VALUE]) + b"\xe6" + bytes([EXIT_PORT]),  # out EXIT_PORT, EXIT_VALUE
        b"\xf4\xeb\xfd",  # hlt, forever
    ))
    table = struct.pack("<4Q", 0, 0x00CF9B000000FFFF, 0x00CF93000000FFFF, 0x00AF9B000000FFFF)
    rom = bytearray(ROM_SIZE)
    rom[: len(code)] = code
    rom[GDT : GDT + len(table)] = table
    struct.pack_into("<HI", rom, GDT_POINTER, len(table) - 1, ROM_BASE + GDT)
    rom[-16:-13] = b"\xe9\x0d\x00"  # jmp to 0
    return bytes(rom)


def probe(accelerator):
    """Runs the guest; returns None if it answered, otherwise why it did not."""
    with tempfile.NamedTemporaryFile(suffix=".rom") as rom:
        rom.write(probe_rom())
        rom.flush()
        command = ["qemu-system-x86_64", "-accel", accelerator, "-machine", "pc", "-m", "16", "-nodefaults",
                   "-display", "none", "-bios", rom.name, "-no-reboot",
                   "-device", f"isa-debug-exit,iobase={EXIT_PORT:#x},iosize=4"]
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                   stderr=subprocess.PIPE, start_new_session=True)
        try:
            _, errors = process.communicate(timeout=PROBE_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()  # not waited for: a task stuck in KVM may never end
            return f"the probe guest did not answer within {PROBE_SECONDS} seconds"
    if process.returncode == EXIT_VALUE << 1 | 1:
        return None
    return errors.decode(errors="replace").strip() or f"QEMU ended with {process.returncode}"


@functools.cache
def kvm_problem():
    """None if KVM works, otherwise one line that says why it is not used."""
    if not os.path.exists("/dev/kvm"):
        return "there is no /dev/kvm"
    if not os.access("/dev/kvm", os.R_OK | os.W_OK):
        return "no permission to use /dev/kvm (on most systems: sudo adduser $USER kvm, then log in again)"
    if not shutil.which("qemu-system-x86_64"):
        return "qemu-system-x86_64 is not installed"
    boot_id = pathlib.Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    try:
        answer = json.loads(ANSWER.read_text())
        if answer["boot_id"] == boot_id:
            problem = answer["problem"]
            return problem and f"{problem} (remembered in {ANSWER.relative_to(ROOT)})"
    except (OSError, ValueError, KeyError):
        pass  # not probed yet
    problem = probe("kvm")
    ANSWER.parent.mkdir(parents=True, exist_ok=True)
    temporary = ANSWER.with_suffix(f".{os.getpid()}")
    temporary.write_text(json.dumps({"boot_id": boot_id, "problem": problem}))
    temporary.rename(ANSWER)
    return problem


def kvm_works():
    return kvm_problem() is None


if __name__ == "__main__":
    problem = kvm_problem()
    print(f"KVM is not used: {problem}" if problem else "KVM works")
    sys.exit(problem is not None)

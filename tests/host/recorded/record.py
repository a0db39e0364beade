#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Records the data that a VMM passes to a guest, for tests/unit/test_recorded.c: start information, memory map, ACPI
tables and PCI configuration space, printed by a guest (tests/payload/vmm_dump).

    FATWOOD_VMM_DIR=... build/venv/bin/python tests/host/recorded/record.py cloud-hypervisor

The VMM runs in the lab with the command from docs/vmm. Each line of NAME.txt is an address and up to 32 bytes from
there; bytes without a line are zero, and a PCI function without a line does not exist.
"""

import pathlib
import re
import struct
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[3]
sys.path.insert(0, str(ROOT))

from elftools.elf.elffile import ELFFile  # noqa: E402

from scripts import lab as lab_module  # noqa: E402
from tests.boot.documents import MIB, boot  # noqa: E402

SOURCE = ROOT / "tests" / "payload" / "vmm_dump"
FLAGS = ("--target=i386-unknown-elf", "-std=gnu2x", "-ffreestanding", "-fno-stack-protector",
         "-fno-pic", "-mno-sse", "-O2", "-Wall", "-Wextra", "-nostdlib", "-static", "-fuse-ld=lld",
         "-Wl,--build-id=none")
STACK_SIZE = 0x2000
NOTE_SIZE = 20
LINE = re.compile(r"^DUMP: ([0-9a-f]{8} [0-9a-f]+)$", re.MULTILINE)

# name: (page of docs/vmm, command there, replacements: (old, new))
RECORDS = {
    "cloud-hypervisor": ("cloud-hypervisor", "kernel", [
        ("size=1G", "size=5G"),
        ("--console off", "--console null --cmdline fatwood.log=debug"),
    ]),
    "firecracker-mmio": ("firecracker", "mmio", []),
    "firecracker-pci": ("firecracker", "pci", [('"mem_size_mib": 1024', '"mem_size_mib": 5120')]),
}


def write_elf(path):
    """Writes the guest as a 64-bit ELF file, which VMMs require, although it runs in 32-bit mode."""
    linked = path.with_suffix(".elf32")
    subprocess.run(["clang", *FLAGS, "-T", SOURCE / "dump.ld", SOURCE / "head.S",
                    SOURCE / "dump.c", "-o", linked], check=True)
    with open(linked, "rb") as file:
        (segment,) = (part for part in ELFFile(file).iter_segments() if part["p_filesz"])
        address, data = segment["p_paddr"], segment.data()
    offset = 4096
    header = struct.pack("<16sHHIQQQIHHHHHH", b"\x7fELF\2\1\1", 2, 62, 1, address + NOTE_SIZE,
                         64, 0, 0, 64, 56, 2, 64, 0, 0)
    load = struct.pack("<IIQQQQQQ", 1, 7, offset, address, address, len(data),
                       len(data) + STACK_SIZE, 4096)
    note = struct.pack("<IIQQQQQQ", 4, 4, offset, address, address, NOTE_SIZE, NOTE_SIZE, 4)
    path.write_bytes((header + load + note).ljust(offset, b"\0") + data)


def record(lab, name):
    page, command, replace = RECORDS[name]
    lab.put_program(lab_module.installed_vmms()[page])
    version = lab.check(f"{page} --version").split("\n")[0].strip()
    with tempfile.TemporaryDirectory() as folder:
        guest, disk = pathlib.Path(folder, "dump.elf"), pathlib.Path(folder, "disk.raw")
        write_elf(guest)
        disk.write_bytes(bytes(MIB))
        result = boot(lab, page, command, guest, disk, replace, is_stopped=True)
    lines = LINE.findall(result.log)
    if not lines or "FATWOOD-GUEST: done" not in result.log:
        sys.exit(f"{name}: the guest did not run\n{result.log[-3000:]}")
    title = f"# SPDX-License-Identifier: Apache-2.0\n# {version}, recorded by record.py {name}\n"
    pathlib.Path(__file__).with_name(f"{name}.txt").write_text(title + "\n".join(lines) + "\n")


def main():
    names = sys.argv[1:] or RECORDS
    with lab_module.open_lab() as lab:
        for name in names:
            record(lab, name)


if __name__ == "__main__":
    main()

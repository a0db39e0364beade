# SPDX-License-Identifier: Apache-2.0
"""Memory protection and the fault dump: the first instructions of pci_probe() are replaced by ones that must fault.
The dump must name the fault and the function; then the last action follows."""

import struct

import pytest
from elftools.elf.elffile import ELFFile

from tests.boot.vmm import Disk, Vmm

PATCHED = "pci_probe"


def symbol(debug_image, name):
    with open(debug_image, "rb") as file:
        found = ELFFile(file).get_section_by_name(".symtab").get_symbol_by_name(name)
    return found[0]["st_value"]


def patch(image, address, code):
    """The bytes of the image with code at that address."""
    data = bytearray(image.read_bytes())
    with open(image, "rb") as file:
        for segment in ELFFile(file).iter_segments("PT_LOAD"):
            offset = address - segment["p_vaddr"]
            if 0 <= offset < segment["p_filesz"]:
                start = segment["p_offset"] + offset
                data[start:start + len(code)] = code
                return bytes(data)
    raise ValueError(f"{address:#x} is not in the image")


def write_byte(address):
    return b"\x48\xb8" + struct.pack("<Q", address) + b"\xc6\x00\x00"


def jump(address):
    return b"\xb8" + struct.pack("<I", address) + b"\xff\xe0"


# name: (code, as a function of the image's symbols, expected output)
FAULTS = {
    "invalid-opcode": (lambda at: b"\x0f\x0b", r"fault 6 \(invalid opcode\)"),
    "breakpoint": (lambda at: b"\xcc", r"fault 3 \(breakpoint\)"),
    "divide": (lambda at: b"\x31\xc9\xf7\xf1", r"fault 0 \(divide error\)"),
    "no-such-selector": (lambda at: b"\xb8\x00\x08\x00\x00\x8e\xd8",
                         r"fault 13 \(general protection\), error code 0x800"),
    "read-null": (lambda at: b"\x31\xc0\x8a\x00", r"accessed 0x0$"),
    "write-text": (lambda at: write_byte(at("text_start")), r"\(page fault\), error code 0x3"),
    "write-constants": (lambda at: write_byte(at("image_start")), r"\(page fault\), error code 0x3"),
    "run-data": (lambda at: jump(at("data_start")), r"\(page fault\), error code 0x11"),
    "run-free-memory": (lambda at: jump(0x800000), r"\(page fault\), error code 0x11"),
    # Below 4 GiB, EFI programs may access what is not memory.
    "beyond-memory": (lambda at: write_byte(0x170000000), r"accessed 0x170000000$"),
    "endless-recursion": (lambda at: b"\xe8\xfb\xff\xff\xff", r"stack overflow"),
}


@pytest.fixture(scope="module")
def named(firmware):
    """An image with function names, and a function that returns the addresses of its symbols."""
    image = firmware("qemu", "FAULT_SYMBOLS=y")
    return image, lambda name: symbol(image.with_name("fatwood.debug.elf"), name)


@pytest.mark.parametrize("name", FAULTS)
def test_fault(name, named, tmp_path):
    image, at = named
    code, printed = FAULTS[name]
    patched = tmp_path / "fatwood.elf"
    patched.write_bytes(patch(image, at(PATCHED), code(at)))
    with Vmm(patched, cpu="max") as vmm:
        vmm.expect(r"error: processor fault")
        vmm.expect(printed)
        vmm.expect(r"rax [0-9a-f]{16}")
        vmm.expect(r"called from 0x[0-9a-f]+ boot_main\+" if name != "endless-recursion" else
                   rf"called from 0x[0-9a-f]+ {PATCHED}\+")
        vmm.wait_for_halt()


def test_null_stays_unmapped_after_a_search_for_acpi(firmware, tmp_path):
    """If the address of the tables is unknown, page 0 is read to find the EBDA."""
    image = firmware("x86_64")
    patched = tmp_path / "fatwood.elf"
    patched.write_bytes(patch(image, symbol(image.with_name("fatwood.debug.elf"), PATCHED),
                              b"\x31\xc0\x8a\x00"))
    with Vmm(patched, "microvm,acpi=off", command_line="fatwood.log=info") as vmm:
        vmm.expect(rf"at 0x[0-9a-f]+ {PATCHED}\+0x2$")
        vmm.expect(r"accessed 0x0$")
        assert "ACPI: no tables" in vmm.log


def test_fault_while_a_line_is_written(named, tmp_path):
    """utf8_next() faults in its first call, for the first line, and later returns bytes unchanged."""
    image, at = named
    flag = struct.pack("<I", at("stack_guard_page") + 4096)  # the deep end of the stack
    code = (b"\x48\x8b\x07\x0f\xb6\x00\x48\xff\x07\x48\xff\x4f\x08"  # a byte past the span
            b"\x80\x3c\x25" + flag + b"\x00\x75\x0a"  # the flag is set: skip
            b"\xc6\x04\x25" + flag + b"\x01\x0f\x0b"  # set it, ud2
            b"\xc3")
    patched = tmp_path / "fatwood.elf"
    patched.write_bytes(patch(image, at("utf8_next"), code))
    with Vmm(patched) as vmm:
        vmm.expect(r"fault 6 \(invalid opcode\)")
        vmm.expect(r"at 0x[0-9a-f]+ utf8_next\+")
        vmm.expect(r"called from 0x[0-9a-f]+ boot_main\+")
        vmm.wait_for_halt()


def test_last_action_follows(firmware, tmp_path):
    image = firmware("qemu", "LAST_ACTION_POWER_OFF=y")
    patched = tmp_path / "fatwood.elf"
    patched.write_bytes(patch(image, symbol(image.with_name("fatwood.debug.elf"), PATCHED),
                              b"\x0f\x0b"))
    with Vmm(patched) as vmm:
        vmm.wait_for_end()
        assert "invalid opcode" in vmm.log


def test_no_protection_without_nx(named, tmp_path):
    """On a processor without NX, everything else works as usual."""
    image, at = named
    patched = tmp_path / "fatwood.elf"
    patched.write_bytes(patch(image, at(PATCHED), write_byte(at("text_start"))))
    with Vmm(patched, cpu="qemu64,-nx") as vmm:
        vmm.expect(r"\(page fault\), error code 0x3")


def test_a_machine_without_a_description(named, tmp_path):
    """The firmware is entered with a wrong pointer (cli, cld become xor %ebx, %ebx): it prints a reason although
    nothing is known about the machine."""
    image, at = named
    patched = tmp_path / "fatwood.elf"
    patched.write_bytes(patch(image, at("long_mode_start"), b"\x31\xdb"))
    with Vmm(patched) as vmm:
        vmm.expect(r"^error: no supported machine description")
        assert "PVH: no start information at 0x0" in vmm.log
        vmm.wait_for_halt()


def test_memory_beyond_the_processors_addresses(firmware, stub_disk):
    """RAM at 4 GiB, and a processor with 32-bit physical addresses: that RAM is not used."""
    with Vmm(firmware("x86_64"), "microvm", memory=4096, cpu="max,phys-bits=32",
             disks=[Disk(stub_disk, "mmio")]) as vmm:
        assert "from=stub" in vmm.guest().words

# SPDX-License-Identifier: Apache-2.0
"""The images that `make bench` boots: a kernel that ends QEMU at its first instruction, and disks with it, for our
firmware and for other firmware and boot loaders, which are unpacked from Debian packages.

PE: Microsoft PE Format. Boot protocol: Documentation/arch/x86/boot.rst. GRUB's first sectors: boot.S and
diskboot.S of GRUB 2.06, whose block lists grub-bios-setup fills in.
"""

import dataclasses
import pathlib
import shutil
import struct

from tests.images import disk, kernels, stub
from tests.images.fat import MIB, Fat, Volume

KERNEL_SIZE = 14 * MIB
VOLUME_SPACE = 64 * MIB  # besides the initrd: room for the kernel, and enough clusters for FAT32
EXIT_PORT = 0xF4

# The kernel's entry points, identified by the value written to the exit port.
ENTRIES = {0x08: "16-bit", 0x10: "32-bit", 0x20: "64-bit", 0x30: "EFI handover", 0x38: "EFI"}

REAL_MODE_ENTRY = 0x26C  # in the setup part, where stub.Stub's jump leads
ENTRY_64 = 0x200  # this and all below: in the protected-mode part
HANDOVER_ENTRY = 0x300
PE_ENTRY = 0x380
XLF_EFI_HANDOVER_64 = 8


def exit_code(entry):
    """mov al, number; out port, al: the same bytes in all modes of the processor."""
    (number,) = (number for number, name in ENTRIES.items() if name == entry)
    return bytes((0xB0, number, 0xE6, EXIT_PORT))


def pe_header(image_size, code, entry):
    """MZ and PE headers with one section, from @code to the end of the file, loaded at the same offset."""
    dos = b"MZ".ljust(0x3C, b"\0") + struct.pack("<I", 0x40)
    file_header = struct.pack("<4sHHIIIHH", b"PE\0\0", 0x8664, 1, 0, 0, 0, 112 + 6 * 8, 0x206)
    optional = struct.pack("<HBBIIIII", 0x20B, 0, 0, image_size - code, 0, 0, entry, code)
    optional += struct.pack("<QIIHHHHHHIIIIHHQQQQII", 0, 0x20, 0x20, 0, 0, 0, 0, 0, 0, 0, image_size,
                            code, 0, 10, 0, 0, 0, 0, 0, 0, 6)
    section = struct.pack("<8sIIIIIIHHI", b".text", image_size - code, code, image_size - code, code,
                          0, 0, 0, 0, 0xE0000020)
    return dos + file_header + optional + bytes(6 * 8) + section


def kernel(efi_stub=True):
    """A bzImage in which each entry point ends QEMU with its own exit code."""
    data = bytearray(stub.Stub(size=KERNEL_SIZE, xloadflags=stub.XLF_KERNEL_64 | stub.XLF_ABOVE_4G
                               | XLF_EFI_HANDOVER_64).data())
    code = (data[0x1F1] + 1) * 512
    for entry, offset in (("16-bit", REAL_MODE_ENTRY), ("32-bit", code), ("64-bit", code + ENTRY_64),
                          ("EFI handover", code + HANDOVER_ENTRY), ("EFI", code + PE_ENTRY)):
        data[offset:offset + 4] = exit_code(entry)
    struct.pack_into("<I", data, 0x264, HANDOVER_ENTRY - 0x200)  # handover_offset, of the 32-bit entry
    if efi_stub:
        header = pe_header(len(data), code, code + PE_ENTRY)
        data[:len(header)] = header
    return bytes(data)


def files(case):
    """The ESP with the case's entries, of which the first in sort order is the kernel's."""
    content = disk.bls_files(kernel(case.efi_stub), [bytes(case.initrd_size)])
    for number in range(case.boot_entries - 1):
        content[f"/loader/entries/other-{number:04}.conf"] = disk.entry(
            title=f"Test {number}", version="0", linux="/linux/vmlinuz")
    return content


def put_last(volume, folder, extra_count):
    """Moves the files that were in the folder after the @extra_count added ones."""
    slots = volume.slots(volume.first_cluster(volume.find(folder)))
    entries = [volume.read(offset, 32) for offset in slots]
    used = next((index for index, entry in enumerate(entries) if entry[0] == 0), len(entries))
    first = used - extra_count
    for offset, entry in zip(slots[2:], entries[first:used] + entries[2:first]):
        volume.write(offset, entry)


def boot_disk(case, folder, extra_files=(), extra_partitions=()):
    path = folder / "disk.raw"
    extra = {"/linux": case.directory_entries} if case.directory_entries else {}
    size = VOLUME_SPACE + case.initrd_size + 64 * case.directory_entries + 1024 * case.boot_entries
    fat = Fat({**files(case), **dict(extra_files)}, size // MIB * MIB, bits=32, extra_entries=extra)
    volume = folder / "volume"
    fat.write(volume)
    if case.directory_entries:
        with Volume(volume) as opened:
            put_last(opened, "/linux", case.directory_entries)
    disk.write_disk(path, [disk.Partition(volume, "esp", "ESP"), *extra_partitions])
    volume.unlink()
    return path


def empty_disk(folder):
    path = folder / "empty.raw"
    with open(path, "wb") as file:
        file.truncate(8 * MIB)
    return path


@dataclasses.dataclass
class Peer:
    """Another way to boot the same kernel: QEMU's options, and a disk."""

    options: list
    disk: pathlib.Path
    packages: list


def debian(package):
    return kernels.unpacked_package("Debian", "bookworm", "main", package)


def grub_image(package, platform, prefix, modules, output):
    if not shutil.which("grub-mkimage"):
        raise kernels.Unavailable("grub-mkimage is not installed (package grub-common)")
    kernels.run(["grub-mkimage", "-d", debian(package) / "usr/lib/grub" / platform, "-O", platform,
                 "-p", prefix, "-o", output, "fat", "part_gpt", "normal", "linux", *modules])


GRUB_CONFIG = b"set timeout=0\nlinux /linux/vmlinuz\ninitrd /linux/initrd0.img\nboot\n"


def seabios_grub(case, folder):
    """GRUB's boot sector in the MBR, and the rest in a separate partition."""
    core = folder / "core.img"
    grub_image("grub-pc-bin", "i386-pc", "(hd0,gpt1)/grub", ["biosdisk"], core)
    content = bytearray(core.read_bytes())
    path = boot_disk(case, folder, {"/grub/grub.cfg": GRUB_CONFIG},
                     [disk.Partition(bytes(content), "data", "GRUB")])
    with open(path, "r+b") as file:
        file.seek(2 * 512 + 128 + 32)  # the second partition's first sector
        first, = struct.unpack("<Q", file.read(8))
        boot = (debian("grub-pc-bin") / "usr/lib/grub/i386-pc/boot.img").read_bytes()
        file.seek(0)
        file.write(boot[:0x5C] + struct.pack("<Q", first) + boot[0x64:440])
        struct.pack_into("<Q", content, 0x1F4, first + 1)
        file.seek(first * 512)
        file.write(content)
    return Peer([], path, ["grub-pc-bin"])


def ovmf(folder):
    firmware = debian("ovmf") / "usr/share/OVMF"
    variables = folder / "variables.fd"
    shutil.copyfile(firmware / "OVMF_VARS_4M.fd", variables)
    return [word for options, path in (("readonly=on,", firmware / "OVMF_CODE_4M.fd"), ("", variables))
            for word in ("-drive", f"if=pflash,format=raw,{options}file={path}")]


def ovmf_grub(case, folder):
    loader = folder / "grubx64.efi"
    grub_image("grub-efi-amd64-bin", "x86_64-efi", "(hd0,gpt1)/grub", [], loader)
    path = boot_disk(case, folder, {"/EFI/BOOT/BOOTX64.EFI": loader, "/grub/grub.cfg": GRUB_CONFIG})
    return Peer(ovmf(folder), path, ["ovmf", "grub-efi-amd64-bin"])


def ovmf_systemd_boot(case, folder):
    loader = debian("systemd-boot-efi") / "usr/lib/systemd/boot/efi/systemd-bootx64.efi"
    path = boot_disk(case, folder, {"/EFI/BOOT/BOOTX64.EFI": loader})
    return Peer(ovmf(folder), path, ["ovmf", "systemd-boot-efi"])


def qemu_kernel(case, folder):
    """No disk is read: QEMU passes the kernel to its own option ROM."""
    for name, data in (("kernel", kernel()), ("initrd", bytes(case.initrd_size))):
        (folder / name).write_bytes(data)
    return Peer(["-kernel", str(folder / "kernel"), "-initrd", str(folder / "initrd")],
                empty_disk(folder), [])

# SPDX-License-Identifier: Apache-2.0
"""Kernels with malformed setup headers, and files that are not kernels."""

import random

from tests.images.damage.catalogue import KERNEL, add_files, evil
from tests.images.stub import Stub


def kernel_bytes(name, text, change):
    """Adds a kernel file that is replaced as a whole."""
    add_files(name, text, lambda files: {**files, KERNEL: change(files[KERNEL])})


def kernel_fields(name, text, boots=False, **fields):
    """Adds a kernel with changed fields in its setup header."""
    add_files(name, text, lambda files: {**files, KERNEL: Stub(**fields).data()}, boots)


kernel_bytes("kernel_empty", "The kernel is an empty file.", lambda data: b"")
kernel_bytes("kernel_100_bytes", "The kernel has 100 bytes.", lambda data: data[:100])
kernel_bytes("kernel_ends_in_header", "The kernel ends inside its header.", lambda data: data[:0x210])
kernel_bytes("kernel_ends_after_setup", "The kernel ends where its protected-mode part starts.",
             lambda data: data[:1024])
kernel_bytes("kernel_truncated", "The kernel's second half is missing.",
             lambda data: data[:len(data) // 2])
kernel_bytes("kernel_noise", "The kernel is noise.",
             lambda data: random.Random(8).randbytes(len(data)))
kernel_bytes("kernel_text", "The kernel is a text.", lambda data: b"#!/bin/sh\necho kernel\n" * 100)
kernel_bytes("kernel_elf", "The kernel is an ELF file.",
             lambda data: b"\x7fELF\x02\x01\x01" + bytes(len(data) - 7))
kernel_fields("kernel_boot_flag", "The boot flag is not 0xAA55.", boot_flag=0x1234)
kernel_fields("kernel_magic", "The magic is not HdrS.", magic=b"HdrX")
kernel_fields("kernel_version_1", "A protocol from before it had a version.", version=0x0100)
kernel_fields("kernel_version_2_04", "A protocol without a 64-bit entry.", version=0x0204)
kernel_fields("kernel_version_future", "A protocol of the future.", True, version=0x0FFF)
kernel_fields("kernel_not_64_bit", "A kernel without a 64-bit entry.", xloadflags=0)
kernel_fields("kernel_low", "A zImage, loaded low.", loadflags=0)
kernel_fields("kernel_fixed", "A kernel that is not relocatable, at an address that is free.", True,
              relocatable_kernel=0)
kernel_fields("kernel_fixed_past_ram", "A kernel that is not relocatable and wants to lie behind RAM.",
              relocatable_kernel=0, pref_address=1 << 40)
kernel_fields("kernel_fixed_at_0", "A kernel that is not relocatable and wants address 0.",
              relocatable_kernel=0, pref_address=0)
kernel_fields("kernel_fixed_end_of_space",
              "A kernel that is not relocatable and wants the end of the address space.",
              relocatable_kernel=0, pref_address=(1 << 64) - 0x1000)
kernel_fields("kernel_prefers_past_ram", "A relocatable kernel that moves itself to an address behind RAM.",
              pref_address=1 << 40)
kernel_fields("kernel_prefers_end_of_space", "A relocatable kernel that moves itself to address 2^64 - 1.",
              pref_address=(1 << 64) - 1)
kernel_fields("kernel_prefers_0", "A relocatable kernel that prefers address 0.", True,
              pref_address=0)
kernel_fields("kernel_alignment_0", "An alignment of 0.", kernel_alignment=0)
kernel_fields("kernel_alignment_3", "An alignment that is no power of two.",
              kernel_alignment=3)
kernel_fields("kernel_alignment_huge", "An alignment of 2 GiB.", True, kernel_alignment=1 << 31)
kernel_fields("kernel_init_size_small", "A kernel that says it needs less than its file has.", True,
              init_size=16)
kernel_fields("kernel_init_size_huge", "A kernel that needs 4 GiB to start.",
              init_size=0xFFFFF000)
kernel_fields("kernel_cmdline_size_0", "A kernel that takes no command line.", cmdline_size=0)
kernel_fields("kernel_cmdline_size_huge", "A kernel that takes 4 GiB of command line.", True,
              cmdline_size=0xFFFFFFFF)
kernel_fields("kernel_initrd_max_0", "No initrd can lie where the kernel wants it.", True,
              initrd_addr_max=0)
kernel_fields("kernel_syssize_huge", "A kernel that says it is larger than its file.",
              syssize=0x0FFFFFFF)
kernel_fields("kernel_syssize_1", "A kernel that says it has 16 bytes.", syssize=1)
kernel_fields("kernel_jump_far", "A header that is said to end behind the setup part.",
              jump=0xFF)
kernel_fields("kernel_jump_short", "A header that is said to end inside its version.", jump=2)


@evil()
def kernel_setup_sects_255(image):
    """The setup part is larger than the file."""
    image.setup_header(0x1F1, "<B", 255)

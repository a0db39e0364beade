# SPDX-License-Identifier: Apache-2.0
"""The stub kernel: tests/payload/linux_stub compiled and wrapped in a Linux boot protocol header.

Every field of the header can be set, so tests can request any placement, and evil.py any malformation.
Offsets: Documentation/arch/x86/boot.rst, "The Real-Mode Kernel Header".
"""

import dataclasses
import functools
import pathlib
import random
import struct
import sys
import zlib

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2]))

from tests.images import payload

CODE = 0x1400
XLF_KERNEL_64 = 1
XLF_ABOVE_4G = 2


@functools.cache
def program():
    """The flat protected-mode part."""
    return payload.program("linux_stub", "stub.ld", "head.S", "stub.c", flags=("-fPIE",), flat=True).read_bytes()


@dataclasses.dataclass
class Stub:
    """Header fields by their names in the boot protocol; data() is the whole image."""

    size: int = 0  # of the protected-mode part, padded with incompressible bytes
    setup_sects: int = 1
    boot_flag: int = 0xAA55
    magic: bytes = b"HdrS"
    version: int = 0x020F
    jump: int = 0x6A
    loadflags: int = 1
    code32_start: int = 0x100000
    initrd_addr_max: int = 0x7FFFFFFF
    kernel_alignment: int = 0x200000
    relocatable_kernel: int = 1
    min_alignment: int = 21
    xloadflags: int = XLF_KERNEL_64 | XLF_ABOVE_4G
    cmdline_size: int = 2047
    pref_address: int = 0x1000000
    init_size: int = 0  # 0: what the image needs
    syssize: int = 0  # 0: the correct value, in 16-byte units

    def data(self):
        body = bytearray(program())
        wanted = max(self.size, len(body))
        body += random.Random(wanted).randbytes(wanted - len(body))
        body += bytes(-len(body) % 16)
        struct.pack_into("<I", body, 0x208, zlib.crc32(body[CODE:]))
        setup = bytearray(((self.setup_sects or 4) + 1) * 512)
        struct.pack_into("<BHIHHHH", setup, 0x1F1, self.setup_sects, 1,
                         self.syssize or len(body) // 16, 0, 0xFFFF, 0, self.boot_flag)
        struct.pack_into("<BB4sH", setup, 0x200, 0xEB, self.jump, self.magic, self.version)
        struct.pack_into("<BBHI", setup, 0x210, 0, self.loadflags, 0x8000, self.code32_start)
        struct.pack_into("<IIBBHI", setup, 0x22C, self.initrd_addr_max, self.kernel_alignment,
                         self.relocatable_kernel, self.min_alignment, self.xloadflags,
                         self.cmdline_size)
        struct.pack_into("<QI", setup, 0x258, self.pref_address,
                         self.init_size or -(-len(body) // 0x1000) * 0x1000)
        return bytes(setup + body)

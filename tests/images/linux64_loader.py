# SPDX-License-Identifier: Apache-2.0
"""A loader that enters the firmware by the Linux 64-bit boot protocol (tests/payload/linux64_loader): QEMU's
-kernel, with the firmware as -initrd."""

import functools
import hashlib
import os
import pathlib

from tests.images import kernels

SOURCE = pathlib.Path(__file__).resolve().parents[1] / "payload" / "linux64_loader"
FLAGS = ("--target=x86_64-unknown-linux-gnu", "-std=gnu2x", "-ffreestanding", "-fno-stack-protector", "-fno-pic",
         "-mno-red-zone", "-mgeneral-regs-only", "-O2", "-Wall", "-Wextra", "-nostdlib", "-static", "-no-pie",
         "-fuse-ld=lld", "-Wl,--build-id=none", "-fcf-protection=none")


@functools.cache
def loader():
    """The ELF file."""
    sources = [SOURCE / name for name in ("head.S", "loader.c", "loader.ld")]
    digest = hashlib.sha256(b"".join(path.read_bytes() for path in sources) + repr(FLAGS).encode())
    path = kernels.CACHE / "linux64-loader" / f"{digest.hexdigest()[:12]}.elf"
    with kernels.lock("linux64-loader"):
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            temporary = path.with_suffix(".tmp")
            kernels.run(["clang", *FLAGS, "-T", sources[2], *sources[:2], "-o", temporary])
            os.replace(temporary, path)
    return path

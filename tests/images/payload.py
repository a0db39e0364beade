# SPDX-License-Identifier: Apache-2.0
"""Programs of tests/payload that a VMM or a boot loader starts without an operating system, compiled once for each
state of their sources."""

import hashlib
import os
import pathlib
import shutil

from tests.images import kernels

FOLDER = pathlib.Path(__file__).resolve().parents[1] / "payload"
FLAGS = ("-std=gnu2x", "-ffreestanding", "-fno-stack-protector", "-mno-red-zone", "-mgeneral-regs-only", "-O2",
         "-Wall", "-Wextra", "-nostdlib", "-static", "-no-pie", "-fno-asynchronous-unwind-tables",
         "-fcf-protection=none", "-Wl,--build-id=none")


def program(name, script, *sources, flags=(), flat=False):
    """Builds the program in the folder of that name with that linker script. Returns the path of its ELF file or, if
    flat, of its loaded bytes."""
    clang = shutil.which("clang")
    compiler = ("clang", "--target=x86_64-unknown-linux-gnu", "-fuse-ld=lld") if clang else ("gcc",)
    command = [*compiler, *FLAGS, *flags]
    files = [FOLDER / name / source for source in (script, *sources)]
    digest = hashlib.sha256(b"".join(path.read_bytes() for path in files) + repr(command).encode())
    elf = kernels.CACHE / "payload" / f"{name}-{digest.hexdigest()[:12]}.elf"
    result = elf.with_suffix(".bin") if flat else elf
    with kernels.lock("payload"):
        if not result.exists():
            elf.parent.mkdir(parents=True, exist_ok=True)
            temporary = elf.with_suffix(".tmp")
            kernels.run([*command, "-T", *files, "-o", temporary])
            if flat:
                kernels.run(["llvm-objcopy" if clang else "objcopy", "-O", "binary", temporary])
            os.replace(temporary, result)
    return result

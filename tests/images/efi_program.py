# SPDX-License-Identifier: Apache-2.0
"""EFI programs: our own, compiled by clang and lld-link from tests/payload, and unified kernel images made by Debian
13's ukify.

    efi_program.program("returns", STATUS=3)      # the bytes of tests/payload/efi_programs/returns.c
    efi_program.selftest()
    efi_program.uki("trixie", kernel, initrd, "console=ttyS0", "uki.efi")
"""

import hashlib
import os
import pathlib
import shutil
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2]))

from tests.images import kernels, packages  # noqa: E402

PAYLOAD = kernels.ROOT / "tests" / "payload"
PROGRAMS = PAYLOAD / "efi_programs"
SELFTEST = PAYLOAD / "efi_selftest"
COMMON = [PROGRAMS / "support" / "support.c"]
HEADERS = [*PROGRAMS.glob("support/*.h"), *SELFTEST.glob("*.h"), *(kernels.ROOT / "efi" / "spec").glob("*.h"),
           kernels.ROOT / "lib" / "types.h", kernels.ROOT / "lib" / "guid.h"]
FLAGS = ("--target=x86_64-unknown-windows", "-std=gnu2x", "-ffreestanding", "-fshort-wchar", "-mno-red-zone",
         "-mno-stack-arg-probe", "-fno-stack-protector", "-O1", "-Wall", "-Wextra", "-Werror",
         "-Wno-microsoft-enum-forward-reference", "-I", str(kernels.ROOT), "-I", str(PROGRAMS / "support"))
SUBSYSTEMS = ("efi_application", "efi_boot_service_driver", "efi_runtime_driver")


def build(name, sources, subsystem="efi_application", defines=(), link=()):
    """Returns the program as bytes, compiled once for each state of its sources."""
    flags = (*FLAGS, *(f"-D{key}={value}" for key, value in defines))
    state = hashlib.sha256(repr((flags, subsystem, link)).encode())
    for path in (*sources, *COMMON, *HEADERS):
        state.update(path.read_bytes())
    target = kernels.CACHE / "efi-programs" / f"{name}-{state.hexdigest()[:12]}.efi"
    with kernels.lock("efi-programs"):
        if target.exists():
            return target.read_bytes()
        for tool in ("clang", "lld-link"):
            if not shutil.which(tool):
                raise kernels.Unavailable(f"{tool} is not installed: no EFI programs")
        with kernels.new_folder(target.with_suffix(".work")) as work:
            objects = []
            for number, source in enumerate((*sources, *COMMON)):
                objects.append(work / f"{number}.obj")
                kernels.run(["clang", *flags, "-c", source, "-o", objects[-1]])
            kernels.run(["lld-link", f"/subsystem:{subsystem}", "/nodefaultlib", "/entry:efi_main", "/Brepro", *link,
                         f"/out:{work / 'program'}", *objects])
            os.replace(work / "program", target)
        shutil.rmtree(target.with_suffix(".work"), ignore_errors=True)
    return target.read_bytes()


def program(name, subsystem="efi_application", link=(), **defines):
    """tests/payload/efi_programs/<name>.c; defines are its macros."""
    return build(name, [PROGRAMS / f"{name}.c"], subsystem, sorted(defines.items()), tuple(link))


def selftest():
    return build("selftest", sorted(SELFTEST.glob("*.c")))


def uki(suite, kernel, initrd, options, name="debian", more=(), stub=None):
    """A unified kernel image with that suite's stub: bookworm's has image base 0, trixie's a high one. Made once for
    each set of inputs; returns its path. more: further words for ukify, including paths. stub: another stub."""
    ukify = packages.boot_loaders("trixie") / packages.UKIFY
    stub = stub or packages.boot_loaders(suite) / packages.STUB
    words = ["build", "--stub", stub, "--linux", kernel, *(["--initrd", initrd] if initrd else []),
             *(["--cmdline", options] if options else []), "--uname", "1.0",
             "--os-release", f"ID=debian\nNAME=Debian\nPRETTY_NAME={name}\nVERSION_ID=1\n", *more]
    state = hashlib.sha256(repr(words).encode())
    for path in words:
        if isinstance(path, pathlib.Path):
            state.update(repr(path.stat()[6:9:2]).encode())
    target = kernels.CACHE / "ukis" / f"{state.hexdigest()[:16]}.efi"
    with kernels.lock("ukis"):
        if not target.exists():
            target.parent.mkdir(parents=True, exist_ok=True)
            temporary = target.with_suffix(".tmp")
            kernels.run([sys.executable, ukify, *words, "--output", temporary])
            os.replace(temporary, target)
    return target

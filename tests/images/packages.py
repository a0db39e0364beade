# SPDX-License-Identifier: Apache-2.0
"""UEFI programs from Debian: shim, GRUB, systemd-boot and its stub, the Shell, downloaded as described in kernels.py.

    packages.boot_loaders("trixie") / packages.GRUB

    build/venv/bin/python -m tests.images.packages          # fetches all of them
"""

import dataclasses
import functools
import json
import os
import pathlib
import shutil
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2]))

from tests.images import kernels  # noqa: E402

# Suite: the packages that are unpacked together into one folder.
BOOT_LOADERS = {
    "bookworm": ("shim-signed", "shim-helpers-amd64-signed", "grub-efi-amd64-signed", "systemd-boot-efi"),
    "trixie": ("shim-signed", "shim-helpers-amd64-signed", "grub-efi-amd64-signed", "systemd-boot-efi",
               "systemd-ukify", "efi-shell-x64"),
}
KERNELS = {"bookworm": "debian12-cloud", "trixie": "debian13-cloud"}

SHIM = "usr/lib/shim/shimx64.efi.signed"
SHIM_FALLBACK = "usr/lib/shim/fbx64.efi.signed"
SHIM_MOK_MANAGER = "usr/lib/shim/mmx64.efi.signed"
GRUB = "usr/lib/grub/x86_64-efi-signed/grubx64.efi.signed"
GRUB_CD = "usr/lib/grub/x86_64-efi-signed/gcdx64.efi.signed"
SYSTEMD_BOOT = "usr/lib/systemd/boot/efi/systemd-bootx64.efi"
STUB = "usr/lib/systemd/boot/efi/linuxx64.efi.stub"
SHELL = "usr/share/efi-shell-x64/shellx64.efi"
UKIFY = "usr/lib/systemd/ukify"

# BOOTX64.CSV as grub-install writes it: loader, title, options, comment.
SHIM_CSV = "shimx64.efi,debian,,This is the boot entry for debian\n".encode("utf-16")


def boot_loaders(suite):
    """The folder of that suite's boot loaders, downloaded on first use."""
    def fill(apt, work):
        for package in BOOT_LOADERS[suite]:
            apt.unpack(package, work)

    return kernels.unpacked(kernels.CACHE / "boot-loaders" / suite, "Debian", suite, "main", fill)


def kernel(suite):
    """The kernel of that suite for virtual machines."""
    return kernels.fetch(KERNELS[suite])


def qemu():
    """QEMU 10 from trixie: the command that starts it with its own libraries, modules and ROMs."""
    root = kernels.unpacked(kernels.CACHE / "packages/trixie-qemu", "Debian", "trixie", "main",
                            lambda apt, work: apt.unpack_with_dependencies(["qemu-system-x86"], work))
    libraries = root / "usr/lib/x86_64-linux-gnu"
    return ["env", f"QEMU_MODULE_DIR={libraries}/qemu", f"{root}/usr/lib64/ld-linux-x86-64.so.2",
            "--library-path", str(libraries), f"{root}/usr/bin/qemu-system-x86_64",
            "-L", f"{root}/usr/share/qemu", "-L", f"{root}/usr/share/seabios"]


# What a user of libvirt has, and what a root needs for commands in it.
LIBVIRT = ("libvirt-daemon", "libvirt-daemon-driver-qemu", "libvirt-clients", "qemu-system-x86", "ovmf", "base-files",
           "coreutils", "dash", "util-linux")


def libvirt(suite):
    """A folder to change the root to, with libvirt and QEMU of that suite."""
    def fill(apt, work):
        apt.unpack_with_dependencies(LIBVIRT, work)
        for name in ("passwd", "group"):  # installing would make them
            shutil.copy(f"/etc/{name}", work / "etc")

    return kernels.unpacked(kernels.CACHE / f"packages/{suite}-libvirt", "Debian", suite, "main", fill)


@dataclasses.dataclass(frozen=True)
class Firmware:
    """OVMF: the code, and the initial variable store of each machine."""

    code: pathlib.Path
    variables: pathlib.Path


@functools.cache
def ovmf():
    """OVMF without Secure Boot: this machine's, otherwise the one from bookworm's package."""
    for root in (pathlib.Path("/"), None):
        if root is None:
            root = kernels.unpacked_package("Debian", "bookworm", "main", "ovmf")
        folder = root / "usr/share/OVMF"
        for suffix in ("_4M", ""):
            found = Firmware(folder / f"OVMF_CODE{suffix}.fd", folder / f"OVMF_VARS{suffix}.fd")
            if found.code.exists() and found.variables.exists():
                return found
    raise kernels.Unavailable("no OVMF: install the package ovmf")


def versions(folder):
    """The files in the folder of a suite, for reports: file name to size."""
    return json.dumps({str(path.relative_to(folder)): os.stat(path).st_size
                       for path in sorted(folder.glob("usr/**/*.efi*")) if path.is_file()}, indent=1)


if __name__ == "__main__":
    for name in sys.argv[1:] or BOOT_LOADERS:
        print(versions(boot_loaders(name)))
        print(kernel(name))
    print(ovmf())

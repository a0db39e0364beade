# SPDX-License-Identifier: Apache-2.0
"""Initramfs archives: busybox, the modules a virtio disk needs, and /init (guest_init.sh).

Archives are deterministic: the "newc" cpio format of the Linux kernel
(Documentation/driver-api/early-userspace/buffer-format.rst), written here with fixed times and owners.
"""

import gzip
import hashlib
import lzma
import os
import pathlib
import random
import shutil
import stat
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2]))

from tests.images import kernels

GUEST_INIT = pathlib.Path(__file__).with_name("guest_init.sh")
GUEST_EFI = pathlib.Path(__file__).with_name("guest_efi.sh")
EFI_VARIABLES = kernels.ROOT / "contrib" / "efi-variables" / "fatwood-efi-variables"

# Names without which the guest can do its work (built in, or absent from that kernel) are skipped.
MODULES = (
    "virtio_pci", "virtio_mmio", "virtio_blk", "virtio_console", "virtio_rng",
    "crc32c_generic", "ext4", "vfat", "nls_cp437", "nls_ascii", "nls_iso8859-1",
    "efivarfs",
)

RANDOM_PIECE = 1 << 20  # randbytes() takes less than 256 MiB at once


class Archive:
    """A cpio archive in memory; folders are added as their files need them."""

    def __init__(self):
        self.parts = []
        self.names = set()

    def entry(self, name, mode, data=b"", device=(0, 0)):
        if name in self.names:
            return
        parent = str(pathlib.PurePosixPath(name).parent)
        if parent != ".":
            self.entry(parent, stat.S_IFDIR | 0o755)
        self.names.add(name)
        path = name.encode() + b"\0"
        fields = (len(self.names), mode, 0, 0, 2 if stat.S_ISDIR(mode) else 1, 0, len(data),
                  0, 0, *device, len(path), 0)
        header = b"070701" + b"".join(b"%08X" % field for field in fields)
        for part in (header + path, data):
            self.parts.append(part)
            self.parts.append(bytes(-len(part) % 4))

    def file(self, name, data, mode=0o644):
        self.entry(name, stat.S_IFREG | mode, data)

    def link(self, name, target):
        self.entry(name, stat.S_IFLNK | 0o777, target.encode())

    def data(self):
        trailer = Archive()
        trailer.entry("TRAILER!!!", 0)
        data = b"".join(self.parts + trailer.parts)
        return data + bytes(-len(data) % 512)


def compress(data):
    return gzip.compress(data, compresslevel=6, mtime=0)


def module_name(path):
    return path.name.split(".ko")[0].replace("-", "_")


def module_bytes(path):
    data = path.read_bytes()
    if path.suffix == ".xz":
        return lzma.decompress(data)
    if path.suffix == ".gz":
        return gzip.decompress(data)
    if path.suffix == ".zst":
        if not shutil.which("zstd"):
            raise kernels.Unavailable("zstd is not installed: needed to unpack this kernel's modules")
        return subprocess.run(["zstd", "-dcq"], input=data, capture_output=True, check=True).stdout
    return data


def module_depends(data):
    start = data.find(b"\0depends=")
    if start < 0:
        return []
    names = data[start + len(b"\0depends="):].split(b"\0", 1)[0].decode()
    return [name.replace("-", "_") for name in names.split(",") if name]


def module_order(kernel, wanted):
    """[(name, bytes)] of the wanted modules and what they depend on, dependencies first."""
    files = {module_name(path): path for path in sorted(kernel.modules.glob("kernel/**/*.ko*"))}
    order = {}

    def visit(name):
        if name in order or name not in files:
            return
        data = module_bytes(files[name])
        for dependency in module_depends(data):
            visit(dependency)
        order[name] = data

    for name in wanted:
        visit(name.replace("-", "_"))
    return list(order.items())


def busybox():
    """A static busybox: the system's, or the one of the distribution's package."""
    found = shutil.which("busybox")
    if found:
        data = pathlib.Path(found).read_bytes()
        if b"/ld-linux-x86-64.so" not in data[:4096]:
            return data
    for origin, suite, components in (("Debian", "bookworm", "main"), ("Ubuntu", "noble", "main universe")):
        try:
            folder = kernels.unpacked_package(origin, suite, components, "busybox-static")
        except kernels.Unavailable:
            continue
        for path in ("bin/busybox", "usr/bin/busybox"):
            if (folder / path).exists():
                return (folder / path).read_bytes()
    raise kernels.Unavailable("no static busybox: install the package busybox-static")


def guest(kernel, marker="first"):
    """The initramfs that reports (guest_init.sh) and then obeys guest.action= of the command line."""
    archive = Archive()
    for name in ("dev", "proc", "sys", "tmp", "mnt"):
        archive.entry(name, stat.S_IFDIR | 0o755)
    archive.entry("dev/console", stat.S_IFCHR | 0o600, device=(5, 1))
    archive.file("init", GUEST_INIT.read_bytes(), 0o755)
    archive.file("efi.sh", GUEST_EFI.read_bytes())
    archive.file("efi-variables", EFI_VARIABLES.read_bytes())
    archive.file("bin/busybox", busybox(), 0o755)
    archive.link("bin/sh", "busybox")
    modules = module_order(kernel, MODULES)
    for name, data in modules:
        archive.file(f"modules/{name}.ko", data)
    archive.file("modules/order", "".join(f"{name}\n" for name, _ in modules).encode())
    archive.file(f"markers/{marker}", b"")
    return compress(archive.data())


def marker(name):
    """A small further initrd: one empty file that the guest reports by its name."""
    archive = Archive()
    archive.file(f"markers/{name}", b"")
    return archive.data()


def ballast(size):
    """An initrd of that many incompressible bytes; the guest compares their MD5 with the one inside."""
    archive = Archive()
    source = random.Random(size)
    data = b"".join(source.randbytes(min(RANDOM_PIECE, size - at)) for at in range(0, size, RANDOM_PIECE))
    archive.file("ballast/data", data)
    archive.file("ballast/md5", hashlib.md5(data).hexdigest().encode() + b"\n")
    return archive.data()


def cached(name, make):
    """The file build/cache/initrds/<name>, made on first use and whenever this code changes."""
    sources = hashlib.sha256()
    for source in (GUEST_INIT, GUEST_EFI, EFI_VARIABLES, pathlib.Path(__file__)):
        sources.update(source.read_bytes())
    path = kernels.CACHE / "initrds" / f"{name}-{sources.hexdigest()[:12]}.img"
    with kernels.lock(f"initrd-{name}"):
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            for old in path.parent.glob(f"{name}-????????????.img"):
                old.unlink()
            temporary = path.with_suffix(".tmp")
            temporary.write_bytes(make())
            os.replace(temporary, path)
    return path


def guest_file(kernel):
    """The cached guest initramfs for that kernel."""
    return cached(f"guest-{kernel.release}", lambda: guest(kernel))


def ballast_file(size):
    return cached(f"ballast-{size}", lambda: ballast(size))


if __name__ == "__main__":
    for wanted in sys.argv[1:]:
        print(guest_file(kernels.fetch(wanted)))

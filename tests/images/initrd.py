# SPDX-License-Identifier: Apache-2.0
"""Initramfs archives: busybox, the modules a virtio disk needs, and /init (guest_init.sh).

Archives are deterministic. They have no /dev/console, which only root can create: each kernel has one built in
(usr/default_cpio_list).
"""

import gzip
import hashlib
import lzma
import os
import pathlib
import random
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2]))

from tests.images import kernels
from tests.images.fat import FIXED_TIME, copy_files_to

GUEST_INIT = pathlib.Path(__file__).with_name("guest_init.sh")
GUEST_EFI = pathlib.Path(__file__).with_name("guest_efi.sh")
EFI_VARIABLES = kernels.ROOT / "contrib" / "efi-variables" / "fatwood-efi-variables"

# Modules that are built into a kernel, or that it does not have, are skipped.
MODULES = (
    "virtio_pci", "virtio_mmio", "virtio_blk", "virtio_console", "virtio_rng",
    "crc32c_generic", "ext4", "vfat", "nls_cp437", "nls_ascii", "nls_iso8859-1",
    "efivarfs",
)

RANDOM_PIECE = 1 << 20  # randbytes() takes less than 256 MiB at once


def archive(files):
    """A reproducible cpio archive; files as in Fat. All of them are executable in the guest."""
    with tempfile.TemporaryDirectory() as folder:
        stage = pathlib.Path(folder)
        copy_files_to(stage, files)
        paths = sorted(stage.rglob("*"))
        for path in reversed(paths):
            path.chmod(0o755)
            os.utime(path, (FIXED_TIME, FIXED_TIME))
        names = "".join(f"{path.relative_to(stage)}\0" for path in paths)
        return subprocess.run(["cpio", "-o", "--null", "--format=newc", "--reproducible", "--owner=0:0", "--quiet"],
                              cwd=stage, input=names.encode(), stdout=subprocess.PIPE, check=True).stdout


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
    """A static busybox: the system's, or the one from the distribution's package."""
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


def module_files(kernel, names):
    """Files for an archive: the modules, and the order in which to load them."""
    modules = module_order(kernel, names)
    return {**{f"/modules/{name}.ko": data for name, data in modules},
            "/modules/order": "".join(f"{name}\n" for name, _ in modules).encode()}


def guest(kernel, marker="first"):
    """The initramfs that prints a report (guest_init.sh) and then performs guest.action= from the command line."""
    return compress(archive({
        **dict.fromkeys(("/dev", "/proc", "/sys", "/tmp", "/mnt")),
        "/init": GUEST_INIT,
        "/efi.sh": GUEST_EFI,
        "/efi-variables": EFI_VARIABLES,
        "/bin/busybox": busybox(),
        f"/markers/{marker}": b"",
        **module_files(kernel, MODULES),
    }))


def marker(name):
    """A small additional initrd: an empty file whose name the guest reports."""
    return archive({f"/markers/{name}": b""})


def ballast(size):
    """An initrd with that many incompressible bytes; the guest compares their MD5 with the one inside."""
    source = random.Random(size)
    data = b"".join(source.randbytes(min(RANDOM_PIECE, size - at)) for at in range(0, size, RANDOM_PIECE))
    return archive({"/ballast/data": data, "/ballast/md5": hashlib.md5(data).hexdigest().encode() + b"\n"})


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

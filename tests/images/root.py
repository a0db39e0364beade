# SPDX-License-Identifier: Apache-2.0
"""A disk with a whole Debian on it: systemd, a kernel with the initrd that Debian itself makes, an ext4
root found by its label, an ESP with a boot entry. Built once, in a minute or two, by debootstrap; it and
mke2fs -d need root for the owners of files, either as root or through sudo without a password."""

import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2]))

from tests.images import kernels  # noqa: E402
from tests.images.disk import Partition, bls_files, write_disk  # noqa: E402
from tests.images.fat import ENVIRONMENT, MIB, Fat, tool  # noqa: E402

SUITE = "bookworm"
PACKAGES = "systemd-sysv,udev,initramfs-tools,zstd,linux-image-cloud-amd64"
ROOT_LABEL = "fatwood-root"
ROOT_SIZE = 1500 * MIB
HOST_NAME = "fatwood-debian"


def as_root(*command, **options):
    prefix = [] if os.geteuid() == 0 else ["sudo", "-n"]
    return tool(*prefix, *command, **options)


def check_means():
    """Says why it cannot be done here, before anything is started."""
    for name in ("debootstrap", "mke2fs"):
        if not shutil.which(name, path=ENVIRONMENT["PATH"]):
            raise kernels.Unavailable(f"{name} is not installed")
    if os.geteuid() and subprocess.run(["sudo", "-n", "true"], capture_output=True).returncode:
        raise kernels.Unavailable("debootstrap needs root, or sudo without a password")


def bootstrap(folder):
    """Installs Debian into the folder, as root, and sets it up for a serial console."""
    uri = kernels.mirror("Debian")
    command = ["debootstrap", "--variant=minbase", f"--include={PACKAGES}",
               f"--keyring={kernels.KEYRINGS['Debian']}"]
    kernels.progress("installing a Debian root, once: some minutes")
    kernels.retried(lambda: as_root(*command, "--download-only", SUITE, folder, uri, error=kernels.Unavailable))
    as_root(*command, SUITE, folder, uri)
    script = f"""
        echo {HOST_NAME} >etc/hostname
        echo 'LABEL={ROOT_LABEL} / ext4 defaults 0 1' >etc/fstab
        rm -rf var/cache/apt/archives/*.deb var/lib/apt/lists/* usr/share/doc usr/share/locale
        chmod a+r boot/vmlinuz-* boot/initrd.img-*
    """
    as_root("sh", "-ec", script, cwd=folder)


def disk():
    """The image; made on first use."""
    path = kernels.CACHE / "root" / f"debian-{SUITE}.raw"
    with kernels.lock("root"):
        if path.exists():
            return path
        check_means()
        path.parent.mkdir(parents=True, exist_ok=True)
        work = pathlib.Path(tempfile.mkdtemp(prefix=".root-", dir=path.parent))
        try:
            folder = work / "debian"
            bootstrap(folder)
            (kernel,) = folder.glob("boot/vmlinuz-*")
            (initrd,) = folder.glob("boot/initrd.img-*")
            version = kernel.name.removeprefix("vmlinuz-")
            files = bls_files(kernel, [initrd], f"root=LABEL={ROOT_LABEL} rw console=ttyS0 quiet",
                              name=f"debian-{version}", title="Debian GNU/Linux 12 (bookworm)",
                              version=version, sort_key="debian", machine_id="0" * 31 + "1")
            root = work / "root.ext4"
            kernels.progress("writing the root file system")
            as_root("mke2fs", "-q", "-t", "ext4", "-L", ROOT_LABEL, "-d", folder, root,
                    f"{ROOT_SIZE // MIB}M")
            as_root("chmod", "a+rw", root)
            write_disk(work / "disk", [Partition(Fat(files, 160 * MIB), "esp", "ESP"),
                                       Partition(root, "linux", "root")])
            os.replace(work / "disk", path)
        finally:
            as_root("rm", "-rf", work)
    return path


if __name__ == "__main__":
    print(disk())

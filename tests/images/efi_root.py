# SPDX-License-Identifier: Apache-2.0
"""Disks with a full Debian system, with the layout of Debian's cloud images: p1 an ext4 root with the kernel, p14 for
a BIOS, p15 the ESP. debootstrap makes a root once for each suite, in a minute or two; it and mke2fs -d need root
permissions for file ownership, either directly or through sudo without a password.

    efi_root.disk("trixie", "grub")          # shim, GRUB, grub.cfg on the root
    efi_root.disk("trixie", "systemd-boot")  # systemd-boot with one entry, kernel on the ESP
    efi_root.disk("trixie", "gpt-auto")      # one entry without root=, whose initrd has systemd

    build/venv/bin/python -m tests.images.efi_root trixie grub
"""

import hashlib
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2]))

from tests.images import kernels, packages  # noqa: E402
from tests.images.disk import Partition, bls_files, write_disk  # noqa: E402
from tests.images.fat import ENVIRONMENT, MIB, Fat, tool  # noqa: E402

COMMON = ("systemd-sysv", "udev", "dbus", "initramfs-tools", "zstd", "linux-image-cloud-amd64", "efibootmgr",
          "kexec-tools", "grub-efi-amd64-signed", "grub2-common", "shim-signed", "dosfstools", "e2fsprogs", "dmidecode")
BOOTCTL = {"bookworm": "systemd-boot", "trixie": "systemd-boot-tools"}
TITLES = {"bookworm": "Debian GNU/Linux 12", "trixie": "Debian GNU/Linux 13"}
ROOT_SIZE = 1600 * MIB
ROOT_UUID = "0fa7300d-0000-4000-8000-000000000001"
ESP_ID = "0FA7-300D"
CONTRIB = kernels.ROOT / "contrib" / "efi-variables"
MACHINE_ID = "0" * 31 + "1"
# dracut's has systemd, which the one of initramfs-tools does not have. Only this loader's root has the package.
WITH_DRACUT = "gpt-auto"
DRACUT_INITRD = "initrd-dracut.img"

DPKG_WITHOUT_SYNC = "etc/dpkg/dpkg.cfg.d/without-sync"

# Packages whose scripts run grub-install, so that a guest without network can install them again.
KEPT_PACKAGES = ("shim-signed_", "grub-efi-amd64-signed_")

# The files that grub-install writes to the ESP for a signed GRUB.
ESP_GRUB_CFG = f"""search.fs_uuid {ROOT_UUID} root
set prefix=($root)'/boot/grub'
configfile $prefix/grub.cfg
"""

# On a busy host a device may take minutes to appear. The TSC frequency is for microvm, as in efi.options().
FSTAB = f"""UUID={ROOT_UUID} / ext4 defaults,errors=remount-ro 0 1
UUID={ESP_ID} /boot/efi vfat umask=0077,x-systemd.device-timeout=900s 0 1
"""
PATIENCE = ("no_timer_check systemd.default_timeout_start_sec=900 systemd.default_device_timeout_sec=900 "
            + kernels.tsc_option())

# Units that have nothing to do with the firmware, the boot loader or devices. Under TCG they take a tenth of the
# processor time until the login prompt.
MASKED = (
    "apt-daily-upgrade.timer", "apt-daily.timer", "dev-hugepages.mount", "dev-mqueue.mount", "dpkg-db-backup.timer",
    "e2scrub_all.timer", "e2scrub_reap.service", "fstrim.timer", "getty@tty1.service",
    "kmod-static-nodes.service", "ldconfig.service", "modprobe@configfs.service", "modprobe@dm_mod.service",
    "modprobe@drm.service", "modprobe@fuse.service", "modprobe@loop.service", "sys-fs-fuse-connections.mount",
    "sys-kernel-config.mount", "sys-kernel-debug.mount", "sys-kernel-tracing.mount",
    "systemd-journal-catalog-update.service", "systemd-journal-flush.service", "systemd-networkd-wait-online.service",
    "systemd-random-seed.service", "systemd-sysctl.service", "systemd-sysusers.service",
    "systemd-tmpfiles-clean.timer", "systemd-udev-load-credentials.service", "systemd-update-done.service",
    "systemd-update-utmp.service",
)

GRUB_CFG = """set timeout=1
set default=0
if [ -s $prefix/grubenv ]; then
  load_env
fi
insmod part_gpt
insmod ext2
terminal_input console
terminal_output console
menuentry 'Debian GNU/Linux' --class debian --class os {{
  insmod gzio
  search --no-floppy --fs-uuid --set=root {uuid}
  echo 'Loading Linux {version} ...'
  linux /boot/vmlinuz-{version} root=UUID={uuid} ro console=ttyS0 quiet {patience}
  echo 'Loading initial ramdisk ...'
  initrd /boot/initrd.img-{version}
}}
"""


def as_root(*command, **options):
    prefix = [] if os.geteuid() == 0 else ["sudo", "-n"]
    return tool(*prefix, *command, **options)


def check_means():
    """Reports why it cannot be done on this machine, before anything is started."""
    for name in ("debootstrap", "mke2fs"):
        if not shutil.which(name, path=ENVIRONMENT["PATH"]):
            raise kernels.Unavailable(f"{name} is not installed")
    if os.geteuid() and subprocess.run(["sudo", "-n", "true"], capture_output=True).returncode:
        raise kernels.Unavailable("debootstrap needs root, or sudo without a password")


def host_name(suite):
    return f"fatwood-{suite}"


def package_names(suite, loader):
    return (*COMMON, BOOTCTL[suite], *(["dracut-core"] if loader == WITH_DRACUT else []))


def bootstrap(suite, loader, folder):
    """Installs that Debian suite into the folder, with a root user without a password, and a serial console."""
    uri = kernels.mirror("Debian")
    chosen = ",".join(package_names(suite, loader))
    command = ["debootstrap", "--variant=minbase", f"--include={chosen}",
               f"--keyring={kernels.KEYRINGS['Debian']}"]
    kernels.progress(f"installing {suite}, once: some minutes")
    kernels.retried(lambda: as_root(*command, "--download-only", suite, folder, uri, error=kernels.Unavailable))
    kept = [path.name for path in (folder / "var/cache/apt/archives").glob("*.deb")
            if path.name.startswith(KEPT_PACKAGES)]
    script = f"""
        mkdir -p root/packages boot/efi boot/grub
        cd var/cache/apt/archives; cp {' '.join(kept)} ../../../../root/packages; cd ../../../..
        mkdir -p etc/dpkg/dpkg.cfg.d
        echo force-unsafe-io >{DPKG_WITHOUT_SYNC}
    """
    as_root("sh", "-ec", script, cwd=folder)
    as_root(*command, suite, folder, uri)
    script = f"""
        echo {host_name(suite)} >etc/hostname
        rm -f etc/fstab {DPKG_WITHOUT_SYNC}
        echo {MACHINE_ID} >etc/machine-id
        sed -i 's/^root:[^:]*:/root::/' etc/shadow
        rm -rf var/cache/apt/archives/*.deb var/lib/apt/lists/* usr/share/doc usr/share/locale usr/share/man
        chmod a+r boot/vmlinuz-* boot/initrd.img-*
    """
    as_root("sh", "-ec", script, cwd=folder)
    if loader == WITH_DRACUT:
        as_root("chroot", folder, "dracut", "--no-hostonly", "--add-drivers", "efivarfs", "--kver",
                version_of(folder), f"/boot/{DRACUT_INITRD}")
        as_root("chmod", "a+r", folder / "boot" / DRACUT_INITRD)


def version_of(folder):
    (kernel,) = (folder / "boot").glob("vmlinuz-*")
    return kernel.name.removeprefix("vmlinuz-")


def make_root(suite, loader, target):
    """Makes the ext4 file system and, next to it, the files from /boot that boot loaders need."""
    with tempfile.TemporaryDirectory(prefix=".root-", dir=target.parent, ignore_cleanup_errors=True) as work:
        folder = pathlib.Path(work) / "debian"
        try:
            bootstrap(suite, loader, folder)
            version = version_of(folder)
            kernels.progress("writing the root file system")
            as_root("mke2fs", "-q", "-t", "ext4", "-U", ROOT_UUID, "-L", "root", "-d", folder, target / "root.ext4",
                    f"{ROOT_SIZE // MIB}M")
            as_root("chmod", "a+rw", target / "root.ext4")
            for name in ("vmlinuz", "initrd.img"):
                as_root("cp", folder / "boot" / f"{name}-{version}", target / name)
            if loader == WITH_DRACUT:
                as_root("mv", folder / "boot" / DRACUT_INITRD, target / DRACUT_INITRD)
            as_root("chmod", "-R", "a+rX", target)
            (target / "version").write_text(version)
        finally:
            as_root("rm", "-rf", folder)


def root(suite, loader):
    """The folder with root.ext4, vmlinuz, initrd.img and version; made on first use, and when the packages change."""
    state = hashlib.sha256(" ".join(package_names(suite, loader)).encode())
    folder = kernels.CACHE / "efi-root" / f"{suite}-{state.hexdigest()[:8]}"
    with kernels.lock(f"efi-root-{suite}"):
        if not folder.exists():
            check_means()
            with kernels.new_folder(folder) as work:
                make_root(suite, loader, work)
    return folder


def grub_files(suite):
    """shim and GRUB as in Debian's cloud images, at the removable path and in \\EFI\\debian."""
    files = packages.boot_loaders(suite)
    return {
        "/EFI/BOOT/BOOTX64.EFI": files / packages.SHIM,
        "/EFI/BOOT/grubx64.efi": files / packages.GRUB,
        "/EFI/BOOT/mmx64.efi": files / packages.SHIM_MOK_MANAGER,
        "/EFI/debian/shimx64.efi": files / packages.SHIM,
        "/EFI/debian/grubx64.efi": files / packages.GRUB,
        "/EFI/debian/mmx64.efi": files / packages.SHIM_MOK_MANAGER,
        "/EFI/debian/fbx64.efi": files / packages.SHIM_FALLBACK,
        "/EFI/debian/BOOTX64.CSV": packages.SHIM_CSV,
        "/EFI/debian/grub.cfg": ESP_GRUB_CFG.encode(),
    }


def systemd_boot_files(suite, folder):
    version = (folder / "version").read_text()
    options = f"root=UUID={ROOT_UUID} ro console=ttyS0 quiet {PATIENCE}"
    return {
        "/EFI/BOOT/BOOTX64.EFI": packages.boot_loaders(suite) / packages.SYSTEMD_BOOT,
        "/EFI/systemd/systemd-bootx64.efi": packages.boot_loaders(suite) / packages.SYSTEMD_BOOT,
        "/loader/loader.conf": b"timeout 0\n",
        **bls_files(folder / "vmlinuz", [folder / "initrd.img"], options, name=f"debian-{version}",
                    title=TITLES[suite], version=version, sort_key="debian", machine_id=MACHINE_ID),
    }


def gpt_auto_files(folder):
    options = f"rw console=ttyS0 {PATIENCE}"
    return bls_files(folder / "vmlinuz", [folder / DRACUT_INITRD], options, name="auto", title="No root",
                     machine_id=MACHINE_ID)


def finish_root(root_file, version):
    """Adds grub.cfg, fstab, the units that store UEFI variables, as installed by docs/uefi-variables.md, and masks
    others, without mounting."""
    configuration = root_file.with_name("grub.cfg")
    configuration.write_text(GRUB_CFG.format(uuid=ROOT_UUID, version=version, patience=PATIENCE))
    table = root_file.with_name("fstab")
    table.write_text(FSTAB)
    units = "/etc/systemd/system"
    program = "/usr/local/sbin/fatwood-efi-variables"
    commands = [f"write {configuration} /boot/grub/grub.cfg",
                f"write {table} /etc/fstab",
                f"write {CONTRIB / 'fatwood-efi-variables'} {program}",
                f"set_inode_field {program} mode 0100755", f"mkdir {units}/multi-user.target.wants"]
    commands += [f"symlink {units}/{name} /dev/null" for name in MASKED]
    for path in sorted(CONTRIB.glob("*.path")) + sorted(CONTRIB.glob("*.service")):
        commands.append(f"write {path} {units}/{path.name}")
        if b"WantedBy=multi-user.target" in path.read_bytes():
            commands.append(f"symlink {units}/multi-user.target.wants/{path.name} {units}/{path.name}")
    tool("debugfs", "-w", "-f", "-", root_file, input="\n".join(commands) + "\n")


def disk(suite, loader):
    """The image; made on first use, and when this code or the units change."""
    folder = root(suite, loader)
    state = hashlib.sha256(pathlib.Path(__file__).read_bytes())
    for source in sorted(CONTRIB.iterdir()):
        state.update(source.read_bytes())
    path = kernels.CACHE / "efi-root" / f"{suite}-{loader}-{state.hexdigest()[:8]}.raw"
    with kernels.lock(f"efi-root-{suite}"):
        if path.exists():
            return path
        for old in path.parent.glob(f"{suite}-{loader}*.raw"):
            old.unlink()
        files = {"grub": lambda: grub_files(suite), "systemd-boot": lambda: systemd_boot_files(suite, folder),
                 "gpt-auto": lambda: gpt_auto_files(folder)}[loader]()
        temporary = path.with_suffix(".tmp")
        with tempfile.TemporaryDirectory(prefix=".units-", dir=path.parent) as work:
            root_file = pathlib.Path(work) / "root.ext4"
            kernels.run(["cp", "--sparse=always", folder / "root.ext4", root_file])
            finish_root(root_file, (folder / "version").read_text())
            write_disk(temporary, [
                Partition(bytes(3 * MIB), "bios", "bios", 14),
                Partition(Fat(files, 160 * MIB, cluster_blocks=2), "esp", "ESP", 15),
                Partition(root_file, "linux", "root", 1),
            ])
        os.replace(temporary, path)
    return path


if __name__ == "__main__":
    print(disk(*(sys.argv[1:3] if len(sys.argv) == 3 else ("trixie", "grub"))))

# SPDX-License-Identifier: Apache-2.0
"""The guest of the lab (scripts/lab.py): an initramfs with KVM's modules, and a root disk.

The root disk has busybox, QEMU with its ROM files and util-linux's script, all copied from this machine with the
shared libraries that they load. Both are rebuilt only if one of their source files changes.
"""

import hashlib
import os
import pathlib
import shutil
import stat
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from tests.images import initrd, kernels

FOLDER = ROOT / "build" / "lab"
ALIOTH = kernels.CACHE / "alioth"
ROOT_DISK_SIZE = "8G"

MODULES = ("virtio_pci", "virtio_blk", "virtio_console", "kvm_amd", "tun", "loop")
PROGRAMS = ("qemu-system-x86_64", "script")
ROM_FOLDERS = (pathlib.Path("/usr/share/qemu"), pathlib.Path("/usr/share/seabios"))
ROM_NAMES = (
    "bios-256k.bin", "bios-microvm.bin", "efi-virtio.rom", "kvmvapic.bin", "linuxboot.bin", "linuxboot_dma.bin",
    "multiboot_dma.bin", "pvh.bin", "qboot.rom", "vgabios-stdvga.bin",
)

# The early user space, which only mounts the root disk.
EARLY_INIT = """\
#!/bin/busybox sh
/bin/busybox mount -t devtmpfs none /dev
while read -r name; do /bin/busybox insmod "/modules/$name.ko"; done </modules/order
/bin/busybox mount -t ext4 -o noatime /dev/vda /root
exec /bin/busybox switch_root /root /sbin/init
"""

# The lab's init. One command at a time arrives as a line "token terminal seconds base64" on the port "commands". hvc0
# is its terminal; its output is followed by the record separator (0x1e) and a line with its token and exit status. A
# token is never reused, so no output can be mistaken for it.
INIT = """\
#!/bin/sh
export PATH=/usr/local/bin:/usr/bin:/bin HOME=/work TERM=vt100
mount -t proc none /proc
mount -t sysfs none /sys
mount -t devtmpfs none /dev
mkdir -p /dev/pts /dev/shm
mount -t devpts none /dev/pts
for folder in /dev/shm /tmp /run; do mount -t tmpfs none $folder; done
mount -t debugfs none /sys/kernel/debug
mount -t tracefs none /sys/kernel/tracing
ip link set lo up
hostname lab
# A guest larger than the lab is tested too: it never touches most of its memory.
echo 1 >/proc/sys/vm/overcommit_memory
for port in /sys/class/virtio-ports/*; do
	[ "$(cat "$port/name" 2>/dev/null)" = commands ] && exec 3<"/dev/${port##*/}"
done
stty -F /dev/hvc0 raw -echo
printf '\\036lab-ready 0\\n' >/dev/hvc0
cd /work
# In a shell of its own: this one inherits what commands leave behind, such as busybox's timeout, and the
# signal of an orphan's end would interrupt it in the middle of a line that it reads or writes.
(
	while read -r token terminal seconds command <&3; do
		echo "$command" | base64 -d >/tmp/command
		stty -F /dev/hvc0 $terminal
		setsid -c timeout -s KILL "$seconds" sh /tmp/command 3<&- <>/dev/hvc0 >&0 2>&1 &
		wait $!
		status=$?
		stty -F /dev/hvc0 raw -echo
		printf '\\036%s %d\\n' "$token" "$status" >/dev/hvc0
	done
)
poweroff -f
"""


class LabError(Exception):
    """The lab cannot do what was requested; the text says how to fix that."""


def run(command, **options):
    """Returns the output of a tool; if it fails, its output becomes the error."""
    result = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False, **options)
    if result.returncode:
        raise LabError(f"{command[0]}: {result.stderr.decode(errors='replace').strip()[-1000:]}")
    return result.stdout.decode(errors="replace")


def program_path(name):
    """The path of a program, given its name or path; folders for administrators are also searched."""
    path = shutil.which(name, path=os.environ.get("PATH", os.defpath) + ":/usr/sbin:/sbin")
    if not path:
        raise LabError(f"{name} is not installed: see scripts/setup.sh")
    return pathlib.Path(path).absolute()


def program_files(name):
    """The program and the shared libraries that it loads, including the loader."""
    program = program_path(name)
    files = [program]
    # ldd fails for a static program, which needs nothing.
    listing = subprocess.run(["ldd", program], capture_output=True, text=True, check=False)
    for line in listing.stdout.splitlines():
        words = line.split()
        if "not found" in line:
            raise LabError(f"{program} needs {words[0]}, which is not installed")
        files += [pathlib.Path(word) for word in words if word.startswith("/")][:1]
    return files


def copy_into(folder, source):
    """Copy a file to the same place below folder."""
    target = folder / str(source).lstrip("/")
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(source, target)
    target.chmod(stat.S_IMODE(source.stat().st_mode))


def write_program(path, data):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    path.chmod(0o755)


def make_initramfs(kernel):
    return initrd.archive({
        "/dev": None, "/root": None,
        "/init": EARLY_INIT.encode(),
        "/bin/busybox": initrd.busybox(),
        **initrd.module_files(kernel, MODULES),
    })


def host_files():
    """The files of this machine that are copied to the root disk."""
    files = [file for name in PROGRAMS for file in program_files(name)]
    roms = (folder / name for folder in ROM_FOLDERS for name in ROM_NAMES)
    return sorted({*files, *(rom for rom in roms if rom.exists())})


def make_root_disk(path):
    """An ext4 file system over the whole disk."""
    with tempfile.TemporaryDirectory(dir=path.parent) as temporary:
        folder = pathlib.Path(temporary)
        for file in host_files():
            copy_into(folder, file)
        busybox = folder / "bin/busybox"
        write_program(busybox, initrd.busybox())
        for applet in run([busybox, "--list"]).split():
            if not (folder / "usr/bin" / applet).exists() and applet != busybox.name:
                (folder / "bin" / applet).symlink_to(busybox.name)
        for name in ("dev", "proc", "sys", "run", "tmp", "work", "etc"):
            (folder / name).mkdir()
        (folder / "etc/passwd").write_text("root::0:0:root:/work:/bin/sh\n")
        (folder / "etc/group").write_text("root:x:0:\ntty:x:5:\n")
        write_program(folder / "sbin/init", INIT.encode())
        options = ["-O", "^has_journal", "-E", "root_owner=0:0"]
        run([program_path("mke2fs"), "-q", "-F", "-t", "ext4", *options, "-d", folder, path, ROOT_DISK_SIZE])


def inputs_digest(kernel):
    """A digest that changes whenever the guest must be rebuilt."""
    files = [pathlib.Path(__file__), kernel.image, *host_files()]
    facts = [(str(file), file.stat().st_size, file.stat().st_mtime_ns) for file in files]
    return hashlib.sha256(repr(facts).encode()).hexdigest()[:16]


def ensure():
    """(kernel image, initramfs, root disk) of the lab's guest, made on first use."""
    kernel = kernels.host_kernel()
    folder = FOLDER / inputs_digest(kernel)
    with kernels.lock("lab"):
        if not folder.exists():
            for old in FOLDER.glob("????????????????"):
                shutil.rmtree(old)
            kernels.progress("making the lab's guest")
            with kernels.new_folder(folder) as work:
                (work / "initramfs").write_bytes(make_initramfs(kernel))
                make_root_disk(work / "root.img")
    return kernel.image, folder / "initramfs", folder / "root.img"

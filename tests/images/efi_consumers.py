# SPDX-License-Identifier: Apache-2.0
"""Disks with EFI programs other than the usual boot loaders: other boot managers, a network loader, a memory tester,
a hypervisor, file system drivers, sample applications. All are binaries from Debian.

    build/venv/bin/python -m tests.images.efi_consumers             # the names
    build/venv/bin/python -m tests.images.efi_consumers xen out.img # makes one
"""

import pathlib
import struct
import sys
import zlib

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2]))

from tests.images import efi_program, initrd, kernels, packages  # noqa: E402
from tests.images.disk import Ext4, Partition, esp_disk, write_disk  # noqa: E402
from tests.images.efi import ESP_SIZE, GRUB_HEAD, REMOVABLE, grub_entry, kernel_files, options, shim_grub  # noqa: E402
from tests.images.fat import MIB, Fat  # noqa: E402

SUITE = "trixie"


def package(name, suite=SUITE):
    """The files of one package of Debian."""
    return kernels.unpacked_package("Debian", suite, "main", name)


def shell_script(*lines):
    """The Shell with a startup.nsh."""
    return {REMOVABLE: packages.boot_loaders(SUITE) / packages.SHELL,
            "/startup.nsh": ("\r\n".join(("@echo -off", "fs0:", *lines, "reset -s")) + "\r\n").encode()}


def make_memtest(path):
    """memtest86+, with the serial port in its load options."""
    program = package("memtest86+") / "boot/memtest86+x64.efi"
    launch = b"\\memtest.efi\nconsole=ttyS0,115200\n"
    esp_disk(path, {REMOVABLE: efi_program.program("launch"), "/launch.txt": launch, "/memtest.efi": program},
             size=ESP_SIZE)


def make_ipxe(path, name="ipxe-amd64.efi"):
    """iPXE, without a network card."""
    esp_disk(path, {REMOVABLE: package("ipxe") / "usr/lib/ipxe" / name}, size=ESP_SIZE)


def make_snponly(path):
    """iPXE for the firmware's network devices, which do not exist."""
    make_ipxe(path, "snponly.efi")


def make_refind(path):
    """rEFInd in text mode, which loads its ext4 driver and reads the kernel through it."""
    folder = package("refind") / "usr/share/refind/refind"
    conf = (f'timeout 1\ntextonly true\nscanfor manual\nuse_nvram false\nmenuentry "Linux" {{\n  volume root\n'
            f'  loader /vmlinuz\n  initrd /initrd.img\n  options "{options("refind")}"\n}}\n')
    # 4096-byte blocks, because its driver fails with large files in 1024-byte blocks, also under OVMF.
    root = Ext4(kernel_files(SUITE), 64 * MIB, block=4096)
    esp = Fat({REMOVABLE: folder / "refind_x64.efi", "/EFI/BOOT/refind.conf": conf.encode(),
               "/EFI/BOOT/drivers_x64/ext4_x64.efi": folder / "drivers_x64/ext4_x64.efi"}, ESP_SIZE)
    write_disk(path, [Partition(esp, "esp", "ESP"), Partition(root, "linux", "root")])


def make_ext4_driver(path):
    """An ext4 driver that the Shell loads; the program, the kernel's copy and a script are read through it."""
    driver = package("refind") / "usr/share/refind/refind/drivers_x64/ext4_x64.efi"
    script = shell_script("load ext4.efi", "map -r", "type fs1:\\word.txt", "cp fs1:\\vmlinuz copy",
                          "comp vmlinuz copy", "fs1:\\returns.efi", "echo STATUS %lasterror%", "drivers")
    kernel = kernel_files(SUITE)["/vmlinuz"]
    root = Ext4({"/vmlinuz": kernel, "/word.txt": b"read from ext4\n",
                 "/returns.efi": efi_program.program("returns", STATUS=21)}, 64 * MIB, block=4096)
    esp = Fat({**script, "/ext4.efi": driver, "/vmlinuz": kernel}, ESP_SIZE)
    write_disk(path, [Partition(esp, "esp", "ESP"), Partition(root, "linux", "root")])


def make_xen(path, package_name="xen-hypervisor-4.20-amd64", suite=SUITE):
    """Xen as an EFI application, which reads its configuration, dom0's kernel and its initrd from its own folder."""
    cfg = ("[global]\ndefault=linux\n[linux]\noptions=console=com1 com1=115200 loglvl=all noreboot dom0_mem=256M\n"
           "kernel=vmlinuz console=hvc0\nramdisk=initrd.img\n")
    files = {f"/EFI/BOOT{name}": source for name, source in kernel_files(SUITE).items()}
    xen = next((package(package_name, suite) / "boot").glob("xen-*.efi"))
    esp_disk(path, {REMOVABLE: xen, "/EFI/BOOT/BOOTX64.cfg": cfg.encode(), **files}, size=ESP_SIZE)


def make_syslinux(path):
    """SYSLINUX for EFI, which enters the kernel with the EFI handover protocol."""
    modules = package("syslinux-common") / "usr/lib/syslinux/modules/efi64"
    cfg = (f"SERIAL 0 115200\nDEFAULT linux\nPROMPT 0\nLABEL linux\n LINUX /vmlinuz\n INITRD /initrd.img\n"
           f" APPEND {options('syslinux')}\n")
    esp_disk(path, {REMOVABLE: package("syslinux-efi") / "usr/lib/SYSLINUX.EFI/efi64/syslinux.efi",
                    "/EFI/BOOT/ldlinux.e64": modules / "ldlinux.e64", "/EFI/BOOT/syslinux.cfg": cfg.encode(),
                    **kernel_files(SUITE)}, size=ESP_SIZE)


def make_systemd_boot(path):
    """systemd-boot from Debian testing, with a UKI based on its stub."""
    folder = package("systemd-boot-efi", "forky") / "usr/lib/systemd/boot/efi"
    kernel = packages.kernel(SUITE)
    uki = efi_program.uki(SUITE, kernel.image, initrd.guest_file(kernel), options("forky"), "forky",
                          stub=folder / "linuxx64.efi.stub")
    esp_disk(path, {REMOVABLE: folder / "systemd-bootx64.efi", "/loader/loader.conf": b"timeout 0\n",
                    "/EFI/Linux/debian.efi": uki}, size=ESP_SIZE)


def make_xen_bookworm(path):
    """The same with Xen 4.17, which is linked differently."""
    make_xen(path, "xen-hypervisor-4.17-amd64", "bookworm")


def make_grub_forky(path):
    """shim and GRUB from Debian testing; GRUB's module bli reports the partition that it came from."""
    grub = package("grub-efi-amd64-signed", "forky") / "usr/lib/grub/x86_64-efi-signed/grubx64.efi.signed"
    cfg = f"{GRUB_HEAD}insmod bli\nset timeout=0\n{grub_entry('grub-forky', SUITE)}"
    esp_disk(path, {REMOVABLE: package("shim-signed", "forky") / "usr/lib/shim/shimx64.efi.signed",
                    "/EFI/BOOT/grubx64.efi": grub, "/EFI/debian/grub.cfg": cfg.encode(), **kernel_files(SUITE)},
             size=ESP_SIZE)


def make_ipxe_kernel(path):
    """iPXE from Debian testing opens the network, and starts a kernel from the disk."""
    script = (f"#!ipxe\ndhcp\nkernel file:/vmlinuz initrd=initrd.img {options('ipxe-kernel')}\n"
              "initrd file:/initrd.img\nboot\n")
    esp_disk(path, {REMOVABLE: package("ipxe", "forky") / "usr/lib/ipxe/ipxe-amd64.efi",
                    "/autoexec.ipxe": script.encode(), **kernel_files(SUITE)}, size=ESP_SIZE)


def boot_guard_state(revision, label, options, ustate=0, watchdog_s=300):
    """BGENV.DAT of EFI Boot Guard (its include/envdata.h)."""
    def text(value):
        return value.encode("utf-16-le").ljust(2 * 255, b"\0")

    data = text(f"C:{label}:vmlinuz") + text(options) + struct.pack("<BBHI", 0, ustate, watchdog_s, revision)
    data += bytes(128 * 1024)
    return data + struct.pack("<I", zlib.crc32(data))


def make_boot_guard(path):
    """EFI Boot Guard with an old and a newly installed system, which it starts with a hardware watchdog."""
    loader = package("efibootguard") / "usr/lib/x86_64-linux-gnu/efibootguard/efibootguardx64.efi"
    parts = [Partition(Fat({REMOVABLE: loader}, ESP_SIZE), "esp", "ESP")]
    for number, ustate in ((1, 0), (2, 1)):
        label = f"KERNEL{number}"
        state = boot_guard_state(number, label, f"{options(label)} initrd=\\initrd.img", ustate)
        files = {**kernel_files(SUITE), "/BGENV.DAT": state, "/EFILABEL": label.encode("utf-16-le")}
        parts.append(Partition(Fat(files, 64 * MIB, 16, cluster_blocks=4), "data", label))
    write_disk(path, parts)


def make_syslinux_alone(path):
    """SYSLINUX without its module, which gives up in the middle of a line."""
    esp_disk(path, {REMOVABLE: package("syslinux-efi") / "usr/lib/SYSLINUX.EFI/efi64/syslinux.efi"}, size=ESP_SIZE)


GRUB_STEPS = ("lsefi", "lsefisystab", "lssal", "lsefimmap", "terminal_output gfxterm", "terminal_output console",
              "sleep --interruptible 1", "ls", "ls (hd0,gpt1)/", "smbios --type 1 --get-string 4",
              "chainloader /returns.efi\nboot")


def make_grub(path):
    """GRUB's commands that query the firmware, one after the other."""
    cfg = GRUB_HEAD + "".join(f"echo STEP {number}\n{step}\n" for number, step in enumerate(GRUB_STEPS))
    esp_disk(path, {**shim_grub(SUITE), "/returns.efi": efi_program.program("returns", STATUS=21),
                    "/EFI/debian/grub.cfg": f"{cfg}echo STEPS-END\n".encode()}, size=ESP_SIZE)


GNU_EFI_APPLICATIONS = ("ctors_dtors_priority_test", "ctors_test", "debughook", "drv0_use", "exit", "printenv",
                        "setdbg", "setjmp", "t", "t2", "t3", "t4", "t7", "t8", "unsetdbg")


def make_gnu_efi(path):
    """The sample applications of gnu-efi, and their driver, which drv0_use calls."""
    folder = package("gnu-efi") / "usr/lib/gnuefi/apps"
    lines = ["load drv0.efi"]
    for name in GNU_EFI_APPLICATIONS:
        lines += [f"{name}.efi", f"echo DONE {name} %lasterror%"]
    files = {f"/{name}.efi": folder / f"{name}.efi" for name in (*GNU_EFI_APPLICATIONS, "drv0")}
    esp_disk(path, {**shell_script(*lines, "echo SHELL-END"), **files}, size=ESP_SIZE)


IMAGES = {"memtest": make_memtest, "ipxe": make_ipxe, "snponly": make_snponly, "refind": make_refind,
          "ext4-driver": make_ext4_driver, "xen": make_xen, "xen-bookworm": make_xen_bookworm,
          "syslinux": make_syslinux, "boot-guard": make_boot_guard,
          "grub-forky": make_grub_forky, "ipxe-kernel": make_ipxe_kernel,
          "syslinux-alone": make_syslinux_alone,
          "systemd-boot-forky": make_systemd_boot, "grub-commands": make_grub, "gnu-efi": make_gnu_efi}


if __name__ == "__main__":
    if len(sys.argv) != 3 or sys.argv[1] not in IMAGES:
        sys.exit("python -m tests.images.efi_consumers NAME OUT, where NAME is one of:\n" + "\n".join(
            f"  {name:20} {make.__doc__.splitlines()[0]}" for name, make in IMAGES.items()))
    IMAGES[sys.argv[1]](pathlib.Path(sys.argv[2]))

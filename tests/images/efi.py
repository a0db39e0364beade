# SPDX-License-Identifier: Apache-2.0
"""Disks that boot through UEFI: real loaders and kernels of Debian, and programs of our own.

    build/venv/bin/python -m tests.images.efi                           # the names
    build/venv/bin/python -m tests.images.efi shim-grub-trixie out.img  # makes one
    build/venv/bin/python -m tests.boot.efi out.img                     # boots it under OVMF, on this terminal
    build/venv/bin/python -m tests.boot.efi out.img build/fatwood.elf   # ... or under that firmware

The quick images boot the guest of guest_init.sh, which reports what it sees of UEFI (guest_efi.sh) and powers off.
Full Debian systems are made by efi_root.py.
"""

import dataclasses
import pathlib
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2]))

from tests.images import efi_program, efi_variables, initrd, kernels, packages  # noqa: E402
from tests.images.disk import Ext4, Partition, bls_files, esp_disk, write_disk  # noqa: E402
from tests.images.fat import MIB, Fat, tool  # noqa: E402

SUITES = ("bookworm", "trixie")
REMOVABLE = "/EFI/BOOT/BOOTX64.EFI"
ESP_SIZE = 96 * MIB
BOOT_UUID = "0fa7300d-0000-4000-8000-00000000b007"
FIRST_PARTITION = 64 * 512  # of what esp_disk() makes
MACHINE_ID = "0" * 31 + "1"

IMAGES = {}  # name: (function that makes the disk at a path, its words)


def image(*names):
    """Registers a maker under each name; further words of the name are its arguments."""
    def register(function):
        for name, words in names:
            IMAGES[name] = (function, words)
        return function
    return register


def each_suite(name, *words):
    return [(f"{name}-{suite}", (suite, *words)) for suite in SUITES]


def options(name, action="poweroff", efi="report", more=""):
    """A kernel's options. The guest reports what the words in efi request about UEFI, and then performs the action.
    no_timer_check: on a busy host TCG's timer is too late for Linux, which then panics. The TSC frequency is for
    microvm, where Linux cannot measure it; it does no harm on other machines."""
    return (f"console=ttyS0 quiet panic=-1 no_timer_check {kernels.NO_CRYPTO_TESTS} {kernels.tsc_option()} from={name} "
            f"guest.action={action} guest.efi={efi} {more}").strip()


def kernel_files(suite):
    kernel = packages.kernel(suite)
    return {"/vmlinuz": kernel.image, "/initrd.img": initrd.guest_file(kernel)}


def grub_entry(name, suite, title="Debian GNU/Linux", folder="", **words):
    return (f"menuentry '{title}' {{\n  linux {folder}/vmlinuz {options(name, **words)}\n"
            f"  initrd {folder}/initrd.img\n}}\n")


GRUB_HEAD = "insmod part_gpt\ninsmod fat\ninsmod ext2\nterminal_input console\nterminal_output console\n"


def shim_grub(suite, folder="/EFI/BOOT"):
    files = packages.boot_loaders(suite)
    first = "BOOTX64.EFI" if folder == "/EFI/BOOT" else "shimx64.efi"
    return {f"{folder}/{first}": files / packages.SHIM, f"{folder}/grubx64.efi": files / packages.GRUB,
            f"{folder}/mmx64.efi": files / packages.SHIM_MOK_MANAGER}


def shim_fallback(suite):
    """The files of \\EFI\\BOOT for shim's fallback, and the ones from which it creates boot options."""
    files = packages.boot_loaders(suite)
    return {REMOVABLE: files / packages.SHIM, "/EFI/BOOT/fbx64.efi": files / packages.SHIM_FALLBACK,
            "/EFI/BOOT/mmx64.efi": files / packages.SHIM_MOK_MANAGER, **vendor_folder(suite)}


def vendor_folder(suite):
    return {**shim_grub(suite, "/EFI/debian"), "/EFI/debian/BOOTX64.CSV": packages.SHIM_CSV}


@image(*each_suite("shim-grub"), *each_suite("shim-grub-fallback", shim_fallback),
       *each_suite("shim-grub-vendor", vendor_folder))
def make_shim_grub(path, name, suite, loaders=shim_grub):
    """shim and GRUB, all on the ESP: at the removable path, for shim's fallback, or only in \\EFI\\debian."""
    cfg = f"{GRUB_HEAD}set timeout=0\n{grub_entry(name, suite)}"
    esp_disk(path, {**loaders(suite), **kernel_files(suite), "/EFI/debian/grub.cfg": cfg.encode()}, size=ESP_SIZE)


@image(*each_suite("shim-grub-menu"))
def make_grub_menu(path, name, suite):
    """GRUB's menu, which waits, with the entries first, second, third."""
    entries = "".join(grub_entry(word, suite, f"Entry {word}") for word in ("first", "second", "third"))
    cfg = f"{GRUB_HEAD}set timeout=-1\n{entries}"
    esp_disk(path, {**shim_grub(suite), **kernel_files(suite), "/EFI/debian/grub.cfg": cfg.encode()}, size=ESP_SIZE)


def boot_partition_files(name, suite):
    cfg = f"{GRUB_HEAD}set timeout=0\nsearch --no-floppy --fs-uuid --set=root {BOOT_UUID}\n"
    cfg += grub_entry(name, suite, folder="/boot")
    files = {f"/boot{file}": source for file, source in kernel_files(suite).items()}
    return {**files, "/boot/grub/grub.cfg": cfg.encode()}


def esp_with_redirect(suite):
    """An ESP whose grub.cfg loads the one on the root, as grub-install writes it."""
    cfg = f"search.fs_uuid {BOOT_UUID} root\nset prefix=($root)'/boot/grub'\nconfigfile $prefix/grub.cfg\n"
    return Partition(Fat({**shim_grub(suite), **vendor_folder(suite), "/EFI/debian/grub.cfg": cfg.encode()},
                         64 * MIB), "esp", "ESP", 15)


@image(*each_suite("cloud"))
def make_cloud(path, name, suite):
    """The layout of cloud images: p1 ext4 with /boot, p14 for a BIOS, p15 the ESP."""
    root = Ext4(boot_partition_files(name, suite), 128 * MIB, BOOT_UUID)
    write_disk(path, [Partition(bytes(3 * MIB), "bios", "bios", 14), esp_with_redirect(suite),
                      Partition(root, "linux", "root", 1)])


@image(*each_suite("esp-only"))
def make_esp_only(path, name, suite):
    """The first of two disks; /boot is on the second (boot-only)."""
    write_disk(path, [esp_with_redirect(suite)])


@image(*each_suite("boot-only"))
def make_boot_only(path, name, suite):
    root = Ext4(boot_partition_files(name, suite), 128 * MIB, BOOT_UUID)
    write_disk(path, [Partition(root, "linux", "root", 1)])


def systemd_boot(suite, loader_conf):
    return {REMOVABLE: packages.boot_loaders(suite) / packages.SYSTEMD_BOOT,
            "/loader/loader.conf": loader_conf.encode()}


def uki(suite, name, words=None, more=()):
    kernel = packages.kernel(suite)
    text = options(name, **(words or {}))
    return efi_program.uki(suite, kernel.image, initrd.guest_file(kernel), text, name, more)


def debian_entry(suite, name):
    kernel = packages.kernel(suite)
    return bls_files(kernel.image, [initrd.guest_file(kernel)], options(name), name="debian", title="Debian")


@image(*each_suite("systemd-boot"))
def make_systemd_boot(path, name, suite):
    """systemd-boot with one type 1 entry."""
    esp_disk(path, {**systemd_boot(suite, "timeout 0\n"), **debian_entry(suite, name)}, size=ESP_SIZE)


@image(*each_suite("systemd-boot-menu"))
def make_systemd_boot_menu(path, name, suite):
    """systemd-boot's menu, which waits, with the entries first, second, third."""
    kernel = packages.kernel(suite)
    files = systemd_boot(suite, "timeout menu-force\n")
    for word in ("first", "second", "third"):
        files |= bls_files(kernel.image, [initrd.guest_file(kernel)], options(word), name=word,
                           title=f"Entry {word}", sort_key=word)
    esp_disk(path, files, size=ESP_SIZE)


@image(*each_suite("systemd-boot-uki"))
def make_systemd_boot_uki(path, name, suite):
    """systemd-boot with a UKI in EFI/Linux."""
    esp_disk(path, {**systemd_boot(suite, "timeout 0\n"), "/EFI/Linux/debian.efi": uki(suite, name)}, size=ESP_SIZE)


@image(*each_suite("systemd-boot-counted"))
def make_counted(path, name, suite):
    """An entry with three tries: a boot renames it to debian+2-1.conf."""
    kernel = packages.kernel(suite)
    entry = bls_files(kernel.image, [initrd.guest_file(kernel)], options(name), name="debian+3", title="Debian")
    esp_disk(path, {**systemd_boot(suite, "timeout 0\n"), **entry}, size=ESP_SIZE)


@image(*each_suite("uki"))
def make_uki(path, name, suite):
    """A UKI at the removable path; bookworm's has image base 0, trixie's a high one."""
    esp_disk(path, {REMOVABLE: uki(suite, name)}, size=ESP_SIZE)


@image(*each_suite("uki-bls"))
def make_uki_bls(path, name, suite):
    """Only a UKI in EFI/Linux, so the firmware is the boot loader."""
    esp_disk(path, {"/EFI/Linux/debian.efi": uki(suite, name)}, size=ESP_SIZE)


@image(*each_suite("uki-grub"))
def make_uki_grub(path, name, suite):
    """A UKI that GRUB chainloads."""
    cfg = f"{GRUB_HEAD}set timeout=0\nmenuentry UKI {{\n  chainloader /debian.efi\n}}\n"
    esp_disk(path, {**shim_grub(suite), "/debian.efi": uki(suite, name), "/EFI/debian/grub.cfg": cfg.encode()},
             size=ESP_SIZE)


@image(*each_suite("stub"))
def make_stub(path, name, suite):
    """A kernel started through its EFI stub by our own program, with options and initrd=."""
    make_words(path, name, suite, "report")


@image(*each_suite("bls"))
def bls_disk(path, name, suite, more=()):
    """One Boot Loader Specification entry and no loader, so the firmware starts the kernel. more: other files."""
    kernel = packages.kernel(suite)
    entry = bls_files(kernel.image, [initrd.guest_file(kernel)], options(name), name="debian", title="Debian",
                      machine_id=MACHINE_ID)
    esp_disk(path, {**entry, **dict(more)}, size=ESP_SIZE)


@image(*each_suite("boot-option"))
def make_boot_option(path, name, suite):
    """Boot0001 in the variable store starts the kernel with its options; there is nothing else to boot."""
    text = rf"initrd=\initrd.img {options(name)}"
    entry = efi_variables.option(Partition(None, "esp", "ESP").guid, r"\vmlinuz", text)
    variables = efi_variables.store({"BootOrder": (1).to_bytes(2, "little"), "Boot0001": entry})
    esp_disk(path, {**kernel_files(suite), efi_variables.FILE: variables}, size=ESP_SIZE)


SHELL_STEPS = (
    "map -r", "dh -v", "dh -p BlockIo", "devices", "drivers", "devtree", "memmap", "dmpstore", "ver", "time", "date",
    "mkdir made", r"cp startup.nsh made\copy.nsh", r"ls made", r"rm -q made\copy.nsh", r"rm -q made",
    "setvar fatwood -guid 0fa7300d-7465-7374-8000-0242ac120002 -nv -bs -rt =0x1234",
    "dmpstore -guid 0fa7300d-7465-7374-8000-0242ac120002 fatwood",
    "dmpstore -d -guid 0fa7300d-7465-7374-8000-0242ac120002 fatwood",
    "load driver.efi", "connect -r", "drivers", "vol fs0: -n fatwood", "vol", "attrib startup.nsh", "stall 1000",
    "comp driver.efi driver.efi",
)


@image(("shell", ()))
def make_shell(path, name):
    """The UEFI Shell with a script: each step prints STEP, then DONE and its status."""
    lines = ["@echo -off", "fs0:", "echo SHELL-START"]
    for number, step in enumerate(SHELL_STEPS):
        lines += [f"echo STEP {number}", step, f"echo DONE {number} %lasterror%"]
    lines += ["echo SHELL-END", "reset -s"]
    driver = efi_program.program("driver", "efi_boot_service_driver")
    esp_disk(path, {REMOVABLE: packages.boot_loaders("trixie") / packages.SHELL, "/driver.efi": driver,
                    "/startup.nsh": ("\r\n".join(lines) + "\r\n").encode()}, size=ESP_SIZE)


@image(("shell-prompt", ()))
def make_shell_prompt(path, name):
    """The UEFI Shell, which asks for commands."""
    esp_disk(path, {REMOVABLE: packages.boot_loaders("trixie") / packages.SHELL})


@image(("selftest", ()))
def make_selftest(path, name, topics=None, fat=None):
    """The self-test, which prints TAP on the console and powers off. topics: only these; fat: another kind of
    volume."""
    files = {REMOVABLE: efi_program.selftest(), "/selftest/returns.efi": efi_program.program("returns", STATUS=21),
             "/selftest/exits.efi": efi_program.program("exits"),
             "/selftest/driver.efi": efi_program.program("driver", "efi_boot_service_driver"),
             "/selftest/file.bin": bytes(range(256)) * 300, "/selftest/Long file name.text": b"long name\n",
             "/selftest/empty": b"", "/selftest/folder/inner": b"inner"}
    if topics:
        files["/selftest.txt"] = "".join(f"{topic}\n" for topic in topics).encode()
    fat = dataclasses.replace(fat or Fat({}, 64 * MIB), files=files)
    return write_disk(path, [Partition(fat, "esp", "ESP"), Partition(bytes(MIB), "data", "data")], block=fat.block)


def make_large_initrd(path, name, suite, size):
    """shim and GRUB with an initrd that is followed by that many MiB of ballast."""
    kernel = packages.kernel(suite)
    cfg = f"{GRUB_HEAD}set timeout=0\n" + grub_entry(name, suite).replace("/initrd.img", "/initrd.img /ballast.img")
    files = {**shim_grub(suite), "/vmlinuz": kernel.image, "/initrd.img": initrd.guest_file(kernel),
             "/ballast.img": initrd.ballast_file(size * MIB), "/EFI/debian/grub.cfg": cfg.encode()}
    esp_disk(path, files, size=(size + 100) * MIB, cluster_blocks=8)


def launch_text(name, words, **more):
    return ("\\vmlinuz\n" + rf"initrd=\initrd.img {options(name, efi=words, **more)}" + "\n").encode()


def make_words(path, name, suite, words, **more):
    """The image "stub" with other words for the guest (guest.efi=) and other options."""
    esp_disk(path, {REMOVABLE: efi_program.program("launch"), "/launch.txt": launch_text(name, words, **more),
                    **kernel_files(suite)}, size=ESP_SIZE)


def change_words(path, name, words, **more):
    """Changes the words in a disk of make_words(); everything else stays."""
    with tempfile.NamedTemporaryFile() as file:
        file.write(launch_text(name, words, **more))
        file.flush()
        tool("mcopy", "-o", "-i", f"{path}@@{FIRST_PARTITION}", file.name, "::/launch.txt")


def make(name, path):
    """Makes the image of that name; returns the path."""
    function, words = IMAGES[name]
    function(path, name, *words)
    return path


if __name__ == "__main__":
    if len(sys.argv) != 3 or sys.argv[1] not in IMAGES:
        sys.exit("python -m tests.images.efi NAME OUT, where NAME is one of:\n" + "\n".join(
            f"  {known:28} {(function.__doc__ or '').splitlines()[0] if function.__doc__ else ''}"
            for known, (function, _) in IMAGES.items()))
    make(sys.argv[1], pathlib.Path(sys.argv[2]))

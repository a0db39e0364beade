# SPDX-License-Identifier: Apache-2.0
"""Full Debian systems booted through UEFI: login, and what their tools see, change and store."""

import re
import shutil

import pytest

from tests.boot.efi import LOADER_FIRST, on, on_suites
from tests.images import efi_root
from tests.images.disk import ESP_GUID
from tests.images.fat import MIB

LOGIN_SECONDS = 900
GLOBAL = "8be4df61-93ca-11d2-aa0d-00e098032b8c"
HOOKS = "/usr/lib/systemd/system-sleep"
TEST = "0fa7300d-7465-7374-8000-0242ac120002"

# Messages that Linux prints about faulty firmware.
COMPLAINTS = re.compile(r"firmware bug|efi.*(error|fail|invalid|warn|unable|broken)|WARNING: ", re.IGNORECASE)

pytestmark = pytest.mark.slow


class Console:
    """A root shell on the serial console."""

    def __init__(self, vmm, suite):
        self.vmm = vmm
        self.suite = suite

    def login(self, after=0):
        found = self.vmm.expect(rf"^{efi_root.host_name(self.suite)} login: ", after, seconds=LOGIN_SECONDS)
        self.vmm.send("root\n")
        self.vmm.expect(r"# $", found.end())
        # dash has no line editor that would draw on the terminal.
        self.vmm.send("stty -echo cols 500; exec env PS1= TERM=dumb dash\n")
        self.run("true")

    def run(self, command, status=0):
        """Returns the command's output; the test fails if its status differs."""
        position = len(self.vmm.log)
        self.vmm.send(f"{command}; echo STATUS-$?-\n")
        found = self.vmm.expect(r"STATUS-(\d+)-$", position)
        text = self.vmm.log[position:found.start()]
        assert int(found[1]) == status, f"{command}: status {found[1]}\n{text}"
        return text.strip()

    def leave(self, command):
        """Runs a command that ends the shell; returns the position in the console's output before it."""
        position = len(self.vmm.log)
        self.vmm.send(f"{command}\n")
        return position


def kept_disk(suite, loader, folder):
    return shutil.copyfile(efi_root.disk(suite, loader), folder / "disk.raw")


@pytest.fixture
def store(place, tmp_path):
    """OVMF's variable store; Fatwood's variables are on the disk."""
    if not place.is_ovmf:
        return None
    return shutil.copyfile(place.firmware.variables, tmp_path / "variables")


def assert_uefi(console):
    """Checks what every system can expect from its firmware."""
    assert console.run("cat /sys/firmware/efi/fw_platform_size") == "64"
    assert int(console.run("ls /sys/firmware/efi/runtime-map | wc -l")) >= 2
    assert console.run("test -e /sys/firmware/efi/config_table && cat /sys/firmware/efi/config_table; true")
    assert console.run("findmnt -n -o FSTYPE /sys/firmware/efi/efivars") == "efivarfs"
    complaints = [line for line in console.run("dmesg").splitlines() if COMPLAINTS.search(line)]
    assert not complaints


def assert_variables(console):
    """Variables with all kinds of names can be listed, written, read and deleted."""
    path = f"/sys/firmware/efi/efivars/Test-{TEST}"
    console.run(rf"printf '\007\000\000\000one' >{path}")
    assert console.run(f"cat {path} | tail -c +5") == "one"
    console.run(f"chattr -i {path}; printf '\\007\\000\\000\\000two two' >{path}")
    assert console.run(f"cat {path} | tail -c +5") == "two two"
    console.run(f"chattr -i {path}; rm {path}")
    console.run(f"test -e {path}", 1)
    assert f"SecureBoot-{GLOBAL}" in console.run("ls /sys/firmware/efi/efivars")


@on_suites("q35", "pc", "microvm", "rom", every=True, in_check=("q35-bookworm", "pc-trixie", "microvm-trixie"))
def test_grub_root(place, tmp_path, store, suite):
    """Boots through shim and GRUB to the login prompt; a variable and a boot option exist in the next boot, which
    uses the option."""
    disk = place.disk(kept_disk(suite, "grub", tmp_path), kept=True)
    with place.boot(disk, memory=1024, cpus=2, reboot=True, variables=store) as vmm:
        console = Console(vmm, suite)
        console.login()
        assert_uefi(console)
        assert_variables(console)
        console.run(f"printf '\\007\\000\\000\\000kept' >/sys/firmware/efi/efivars/Kept-{TEST}")
        text = console.run(r"efibootmgr -c -d /dev/vda -p 15 -L fatwood -l '\EFI\debian\shimx64.efi'")
        number = re.search(r"Boot(\w{4})\*? fatwood", text)[1]
        position = console.leave("reboot")
        console.login(position)
        assert console.run(f"cat /sys/firmware/efi/efivars/Kept-{TEST} | tail -c +5") == "kept"
        assert f"BootCurrent: {number}" in console.run("efibootmgr")
        console.run(f"efibootmgr -B -b {number}")
        console.leave("poweroff")
        assert vmm.event("SHUTDOWN")["reason"] == "guest-shutdown"


@pytest.mark.extended
@on_suites("q35", "microvm", "rom")
def test_kexec(place, tmp_path, store, suite):
    """A kernel started by another kernel finds the firmware as the first one did, and resets through its services."""
    disk = place.disk(kept_disk(suite, "grub", tmp_path), kept=True)
    with place.boot(disk, memory=1024, cpus=2, reboot=True, variables=store) as vmm:
        console = Console(vmm, suite)
        console.login()
        console.run("kexec -l /boot/vmlinuz-* --initrd=$(echo /boot/initrd.img-*) --reuse-cmdline --append=reboot=efi")
        position = console.leave("systemctl kexec")
        console.login(position)
        assert "reboot=efi" in console.run("cat /proc/cmdline")
        assert_uefi(console)
        assert_variables(console)
        console.leave("reboot")
        assert vmm.event("RESET")["guest"]
        console.login(len(vmm.log))


@pytest.mark.extended
@on_suites("q35", "pc", "rom", every=True)
def test_hibernation(place, tmp_path, store, suite):
    """A system that was suspended to disk goes on in the next start of the VMM, because the memory map and the runtime
    services are where they were; a variable that was set just before is there."""
    kept = f"/sys/firmware/efi/efivars/Kept-{TEST}"
    disk = place.disk(kept_disk(suite, "grub", tmp_path), kept=True)
    swap = place.disk(tmp_path / "swap.raw", kept=True)
    with swap.path.open("wb") as file:
        file.truncate(1024 * MIB)
    with place.boot(disk, swap, memory=1024, cpus=2, variables=store) as vmm:
        console = Console(vmm, suite)
        console.login()
        # As docs/uefi-variables.md tells guests to.
        console.run(f"mkdir -p {HOOKS}; ln -s /usr/local/sbin/fatwood-efi-variables {HOOKS}")
        console.run("mkswap /dev/vdb; swapon /dev/vdb; here=yes; echo tmpfs >/run/kept")
        identity = console.run("cat /proc/sys/kernel/random/boot_id")
        # GRUB reads the root without its journal, which fsfreeze writes out.
        console.run("sed -i 's,quiet,resume=/dev/vdb,' /boot/grub/grub.cfg; fsfreeze -f / && fsfreeze -u /")
        console.leave(f"printf '\\007\\000\\000\\000kept' >{kept}; systemctl start systemd-hibernate; echo STATUS-$?-")
        vmm.wait_for_end()
        assert vmm.event("SHUTDOWN")["reason"] == "guest-shutdown"
    with place.boot(disk, swap, memory=1024, cpus=2, variables=store) as vmm:
        found = vmm.expect(r"^STATUS-(\d+)-$|login:", seconds=LOGIN_SECONDS)
        assert found[1] == "0"
        console = Console(vmm, suite)
        assert console.run("echo $here; cat /run/kept").split() == ["yes", "tmpfs"]
        assert console.run("cat /proc/sys/kernel/random/boot_id") == identity
        assert console.run(f"cat {kept} | tail -c +5") == "kept"
        assert_uefi(console)
        assert_variables(console)
        console.leave("poweroff")
        assert vmm.event("SHUTDOWN")["reason"] == "guest-shutdown"


@pytest.mark.extended
@on("q35")
def test_boot_loader_upgrade(place, tmp_path, store):
    """grub-install and the packages' scripts succeed twice, and the next boot uses their boot option."""
    disk = place.disk(kept_disk("trixie", "grub", tmp_path), kept=True)
    with place.boot(disk, memory=1024, reboot=True, variables=store) as vmm:
        console = Console(vmm, "trixie")
        console.login()
        console.run("echo GRUB_DISTRIBUTOR=Debian >/etc/default/grub")
        for _ in range(2):
            console.run("grub-install --target=x86_64-efi")
            console.run("dpkg -i /root/packages/*.deb")
        complaints = [line for line in console.run("dmesg").splitlines() if COMPLAINTS.search(line)]
        assert not complaints
        number = re.search(r"Boot(\w{4})\*? debian", console.run("efibootmgr"))[1]
        position = console.leave("reboot")
        console.login(position)
        assert f"BootCurrent: {number}" in console.run("efibootmgr")


@on_suites("q35", "pc", "microvm", "rom", every=True, symbols=LOADER_FIRST, in_check=("q35-trixie",))
def test_systemd_boot_root(place, tmp_path, store, suite):
    """bootctl recognizes the boot loader and the firmware; a one-shot entry applies to one boot."""
    disk = place.disk(kept_disk(suite, "systemd-boot", tmp_path), kept=True)
    with place.boot(disk, memory=1024, reboot=True, variables=store) as vmm:
        console = Console(vmm, suite)
        console.login()
        assert_uefi(console)
        status = console.run("bootctl --no-pager status 2>&1")
        assert "systemd-boot 25" in status
        assert ESP_GUID in status.lower()
        # Without root=, systemd mounts the root on the disk of LoaderDevicePartUUID.
        assert console.run("readlink -f /dev/gpt-auto-root") == "/dev/vda1"
        assert not re.search(r"fail|not installed in EFI|error", status, re.IGNORECASE)
        # The one-shot entry stops in the initrd, which is enough to see that it is used.
        for name, more in (("once", " break=top"), ("twice", "")):
            console.run("cd /boot/efi/loader/entries; sed 's/title .*/title {0}/; s/quiet/quiet entry={0}{1}/'"
                        " debian-*.conf >/tmp/x; cp /tmp/x {0}.conf; cd".format(name, more))
        console.run("bootctl set-default debian-*.conf")
        console.run("bootctl set-oneshot once.conf")
        position = console.leave("reboot")
        vmm.expect(r"\(initramfs\) $", position, seconds=LOGIN_SECONDS)
        assert "entry=once" in console.run("cat /proc/cmdline")
        position = console.leave("reboot")
        console.login(position)
        assert "entry=" not in console.run("cat /proc/cmdline")
        # The optional data of a boot option is the kernel's command line.
        options = (rf"initrd=\linux\initrd0.img root=UUID={efi_root.ROOT_UUID} ro console=ttyS0 {efi_root.PATIENCE}"
                   " direct=yes")
        console.run(rf"efibootmgr -c -d /dev/vda -p 15 -L direct -l '\linux\vmlinuz' -u '{options}'")
        position = console.leave("reboot")
        console.login(position)
        assert "direct=yes" in console.run("cat /proc/cmdline")
        console.leave("poweroff")
        assert vmm.event("SHUTDOWN")["reason"] == "guest-shutdown"

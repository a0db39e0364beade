# SPDX-License-Identifier: Apache-2.0
"""systemd's Boot Loader Interface in full Debian systems, where Fatwood itself is the boot loader."""

import re

import pytest

from tests.boot.efi import on_suites
from tests.boot.test_efi_debian import Console, assert_uefi, kept_disk
from tests.images.disk import ESP_GUID

pytestmark = [pytest.mark.slow, pytest.mark.extended]

ENTRIES = "/boot/efi/loader/entries"
SEED = "/boot/efi/loader/random-seed"
FEATURES = (
    "Boot counting", "Menu timeout control", "One-shot menu timeout control", "Default entry control",
    "One-shot entry control", "Support for XBOOTLDR partition", "Support for passing random seed to OS",
)


@on_suites("q35", "microvm", ovmf=False, every=True)
def test_requests_of_systemd(place, tmp_path, suite):
    """bootctl and systemctl recognize Fatwood, and the next boots do what they request; the seed created by bootctl
    changes in each boot."""
    disk = place.disk(kept_disk(suite, "systemd-boot", tmp_path), kept=True)
    rng = "virtio-rng-device" if place.machine == "microvm" else "virtio-rng-pci"
    with place.boot(disk, memory=1024, reboot=True, extra=["-device", rng]) as vmm:
        console = Console(vmm, suite)
        console.login()
        assert_uefi(console)
        status = console.run("bootctl --no-pager status 2>&1")
        for feature in FEATURES:
            assert re.search(rf"✓ {feature}", status), feature
        assert re.search(r"Product: Fatwood ", status) and ESP_GUID in status.lower()
        console.run("systemctl is-system-running --wait >/dev/null; true")
        assert re.search(r"\(firmware\).*\(loader\).*\(kernel\)", console.run("systemd-analyze"))

        console.run("bootctl random-seed")
        first = console.run(f"sha256sum <{SEED}")
        console.run(f"cd {ENTRIES}; for x in once twice; do"
                    f" sed \"s/title .*/title $x/; s/quiet/quiet entry=$x/\" debian-*.conf >/tmp/x; cp /tmp/x $x.conf;"
                    f" done; cd")
        console.run("bootctl set-timeout-oneshot 4")
        position = console.leave("systemctl reboot --boot-loader-entry=once.conf")
        vmm.expect(r"Booting 2 of 3 in \d s", position, seconds=900)
        console.login(position)
        assert "entry=once" in console.run("cat /proc/cmdline")
        assert console.run(f"sha256sum <{SEED}") != first
        assert "RNG=0x" in console.run("dmesg | grep 'efi:.*RNG='")
        assert "once.conf" in console.run("bootctl --no-pager list")

        console.run("bootctl set-default twice.conf; bootctl set-timeout 3")
        position = console.leave("systemctl reboot --boot-loader-menu=0")
        found = vmm.expect(r"Enter boots \d of 3", position, seconds=900)
        vmm.send("\r")
        console.login(found.end())
        assert "entry=twice" in console.run("cat /proc/cmdline")

        position = console.leave("systemctl reboot --firmware-setup")
        found = vmm.expect(r"Enter boots 1 of \d", position, seconds=900)
        assert "disk0p15: twice" in vmm.log[position:found.end()]
        vmm.send("\r")
        console.login(found.end())
        assert "entry=twice" in console.run("cat /proc/cmdline")
        console.leave("poweroff")
        assert vmm.event("SHUTDOWN")["reason"] == "guest-shutdown"


@on_suites("q35", "microvm", ovmf=False, every=True)
def test_root_by_its_type(place, tmp_path, suite):
    """Without root=, systemd in the initrd mounts the root on the disk of LoaderDevicePartUUID."""
    disk = place.disk(kept_disk(suite, "gpt-auto", tmp_path), kept=True)
    with place.boot(disk, memory=1024) as vmm:
        console = Console(vmm, suite)
        console.login()
        assert "root=" not in console.run("cat /proc/cmdline")
        assert console.run("findmnt -n -o SOURCE,FSTYPE /").split() == ["/dev/vda1", "ext4"]
        assert console.run("readlink -f /dev/gpt-auto-root") == "/dev/vda1"
        console.leave("poweroff")
        assert vmm.event("SHUTDOWN")["reason"] == "guest-shutdown"

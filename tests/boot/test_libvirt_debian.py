# SPDX-License-Identifier: Apache-2.0
"""A full Debian system as a domain of docs/vmm/libvirt.md survives what libvirt does to running domains."""

import shutil
import subprocess

import pytest

from tests.boot.documents import blocks
from tests.boot.libvirt_session import GROUP, PAGE, assert_flash, define, install, replaced, use_descriptor
from tests.boot.test_efi_debian import TEST, Console, assert_uefi
from tests.boot.vmm import WAIT_SECONDS
from tests.images import efi_root

pytestmark = [GROUP, pytest.mark.extended]

SUITE = "bookworm"
KEPT = f"/sys/firmware/efi/efivars/Kept-{TEST}"
SMALLER = [("<memory unit='GiB'>4<", "<memory unit='GiB'>1<")]
CPU = "<cpu mode='host-passthrough'/>"
# The bug in QEMU's TCG that vmm.py describes.
WITHOUT_CX16 = [(CPU, "<cpu mode='host-passthrough'><feature policy='disable' name='cx16'/></cpu>")]


def defined(session, firmware, more=(), **domain):
    """Defines the domain; returns the command that starts it and shows its console."""
    words = install(session, firmware, efi_root.disk(SUITE, "grub"))
    use_descriptor(session, words)
    return define(session, words, [*SMALLER, *more], **domain), words


def login(terminal):
    console = Console(terminal, SUITE)
    console.login()
    return console


def is_kept(console):
    return console.run(f"cat {KEPT} | tail -c +5") == "kept"


def state(session):
    return session.run("virsh domstate debian").strip()


def test_what_happens_to_a_domain(libvirt, firmware):
    """Reboots, resets, saved memory, a power cut and the power button: variables are kept."""
    command, _ = defined(libvirt, firmware, WITHOUT_CX16)
    with libvirt.terminal(command) as terminal:
        console = login(terminal)
        assert_flash(libvirt)
        assert_uefi(console)
        console.run(f"printf '\\007\\000\\000\\000kept' >{KEPT}")
        for action in ("reboot --mode acpi", "reset"):
            position = len(terminal.log)
            libvirt.run(f"virsh {action} debian")
            console.login(position)
            assert is_kept(console)
        libvirt.run("virsh suspend debian")
        assert state(libvirt) == "paused"
        libvirt.run("virsh resume debian")
        console.run("here=yes")
        libvirt.run("virsh managedsave debian")
        assert state(libvirt) == "shut off"
    with libvirt.terminal(command) as terminal:
        console = Console(terminal, SUITE)
        terminal.expect("Escape character")
        assert console.run("echo $here") == "yes"
        assert is_kept(console)
    with libvirt.terminal(command) as terminal:
        assert is_kept(login(terminal))
        libvirt.run("virsh shutdown --mode acpi debian")
        terminal.process.wait(timeout=WAIT_SECONDS)
        assert state(libvirt) == "shut off"


@pytest.mark.parametrize("debian_libvirt", ["trixie"], indirect=True)
@pytest.mark.parametrize("inside", [False, True], ids=["external", "inside"])
def test_snapshot(debian_libvirt, firmware, inside):
    """What was changed after the snapshot, in memory, on the disk and in the variables, is undone."""
    libvirt = debian_libvirt
    if inside and not shutil.which("qemu-img"):
        pytest.skip("qemu-img is not installed")
    domain = {"system": "snapshots", "disk": "qcow2"} if inside else {}
    command, words = defined(libvirt, firmware, WITHOUT_CX16, **domain)
    if inside:
        subprocess.run(["sh", "-ec", replaced(blocks(PAGE, "test")["template"], words)], check=True)
        subprocess.run(["qemu-img", "convert", "-O", "qcow2", libvirt.home / "debian.raw",
                        libvirt.home / "debian.qcow2"], check=True)
        libvirt.own()
    create, revert = blocks(PAGE, "test")["snapshot-inside" if inside else "snapshot"].strip().rsplit("\n", 1)
    with libvirt.terminal(command) as terminal:
        console = login(terminal)
        console.run(f"here=before; echo before >/root/here; sync; printf '\\007\\000\\000\\000kept' >{KEPT}")
        libvirt.run(replaced(create, words))
        console.run(f"here=after; echo after >/root/here; sync; chattr -i {KEPT}; "
                    f"printf '\\007\\000\\000\\000lost' >{KEPT}")
    libvirt.run(replaced(revert, words))
    with libvirt.terminal("virsh console debian") as terminal:
        console = Console(terminal, SUITE)
        terminal.expect("Escape character")
        assert console.run("echo $here; cat /root/here") == "before\nbefore"
        assert is_kept(console)
        position = len(terminal.log)
        libvirt.run("virsh reset debian")
        console.login(position)
        assert is_kept(console)

# SPDX-License-Identifier: Apache-2.0
"""Runs the domains and commands of docs/vmm/libvirt.md in a separate libvirt session (qemu:///session) without KVM:
each starts, and its log or console shows that the guest came up."""

import json
import pathlib
import re
import shutil
import subprocess

import pytest

from tests.boot.documents import blocks
from tests.boot.libvirt_session import GROUP, PAGE, assert_flash, domain_text, install, replaced, start, use_descriptor
from tests.boot.test_efi_reports import iso
from tests.images import efi

pytestmark = GROUP

APPARMOR = pathlib.Path("/usr/lib/libvirt/virt-aa-helper")


@pytest.mark.parametrize("machine", ["q35", "pc"])
def test_firmware_selected_by_its_descriptor(libvirt, firmware, stub_disk, machine):
    """libvirt lists Fatwood, and chooses it even if OVMF is installed."""
    words = install(libvirt, firmware, stub_disk)
    use_descriptor(libvirt, words)
    assert "from=stub" in start(libvirt, words, more=[("machine='q35'", f"machine='{machine}'")]).words
    assert_flash(libvirt)
    known = libvirt.run(f"virsh domcapabilities --virttype qemu --machine {machine}")
    assert f"<value>{libvirt.home}/usr/local/share/fatwood/qemu.rom</value>" in known


def test_rom_by_its_path(libvirt, firmware, stub_disk):
    assert "from=stub" in start(libvirt, install(libvirt, firmware, stub_disk), system="rom").words


def test_as_a_kernel(libvirt, firmware, stub_disk):
    report = start(libvirt, install(libvirt, firmware, stub_disk, "qemu"), system="kernel")
    assert "entered by PVH" in libvirt.run("cat debian.log")
    assert "from=stub" in report.words and "systemd.show_status=1" in report.words


def test_options_for_the_rom(libvirt, firmware, stub_disk):
    words = install(libvirt, firmware, stub_disk)
    use_descriptor(libvirt, words)
    report = start(libvirt, words, system="words")
    log = libvirt.run("cat debian.log")
    assert "entered by reset" in log and "virtio-blk" in log
    assert "systemd.show_status=1" in report.words


@pytest.mark.parametrize("disk", ["order", "cdrom", pytest.param("scsi", marks=pytest.mark.extended),
                                  pytest.param("sata", marks=pytest.mark.extended)])
def test_other_disks(libvirt, firmware, stub_disk, disc, disk):
    words = install(libvirt, firmware, stub_disk)
    use_descriptor(libvirt, words)
    libvirt.run("truncate -s 4M data.raw new.raw")
    shutil.copy(disc, libvirt.home / "installer.iso")
    expected = {"cdrom": "from=cd"}.get(disk, "from=stub")
    assert expected in start(libvirt, words, disk=disk).words


@pytest.mark.skipif(not APPARMOR.exists(), reason=f"{APPARMOR} is not installed")
@pytest.mark.parametrize("system", ["rom", "kernel"])
def test_apparmor_allows_the_paths(system):
    """As for qemu:///system on Debian: the program that writes a domain's profile accepts the page's images."""
    text = domain_text(system)
    identity = "0fa7300d-0000-4000-8000-000000000001"
    text = text.replace("<name>debian</name>", f"<name>debian</name><uuid>{identity}</uuid>")
    command = [APPARMOR, "--dryrun", "--create", "--uuid", f"libvirt-{identity}"]
    for folder, is_allowed in (("/usr/local/share", True), ("/usr/share", False)):
        assert "/usr/local/share/fatwood/qemu." in text
        done = subprocess.run(command, input=text.replace("/usr/local/share", folder), text=True, check=False,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        assert (f'"{folder}/fatwood/qemu.' in done.stdout) == is_allowed == (done.returncode == 0), done.stdout


@pytest.mark.skipif(not shutil.which("virt-install"), reason="virt-install is not installed")
def test_virt_install(libvirt, firmware, efi_image):
    """The domain created by virt-install and virt-manager, with all its devices."""
    words = install(libvirt, firmware, efi_image("shim-grub-trixie"))
    use_descriptor(libvirt, words)
    report = libvirt.console(replaced(blocks(PAGE, "test")["virt-install"], words))
    assert_flash(libvirt)
    assert "from=shim-grub-trixie" in report.words and report["efi"] == "yes"


@pytest.mark.extended
@pytest.mark.skipif(not shutil.which("virt-install"), reason="virt-install is not installed")
def test_virt_install_from_a_disc(libvirt, firmware, stub_disk, tmp_path):
    """The installer's GRUB finds its files on the disc; the new disk is empty."""
    words = install(libvirt, firmware, stub_disk)
    use_descriptor(libvirt, words)
    shutil.copy(iso(tmp_path / "disc.iso", False), libvirt.home / "installer.iso")
    libvirt.own()
    report = libvirt.console(replaced(blocks(PAGE, "test")["virt-install-cdrom"], words))
    assert_flash(libvirt)
    assert "from=iso" in report.words and report["efi"] == "yes"


@pytest.mark.extended
@pytest.mark.parametrize("debian_libvirt", ["trixie", "forky"], indirect=True)
def test_newer_libvirt(debian_libvirt, firmware, stub_disk):
    """Chosen by the descriptor, with variables of its own, which --reset-nvram makes again from the template."""
    libvirt = debian_libvirt
    words = install(libvirt, firmware, stub_disk)
    use_descriptor(libvirt, words)
    assert "from=stub" in start(libvirt, words).words
    assert_flash(libvirt)
    domain = libvirt.run("virsh dumpxml debian")
    assert f"template='{libvirt.home}/usr/local/share/fatwood/qemu_vars.fd'" in domain
    variables = pathlib.Path(re.search(r"<nvram [^>]*>([^<]+)</nvram>", domain)[1])
    variables.write_text("damaged")
    libvirt.run("virsh start --reset-nvram --paused debian")
    assert variables.read_bytes() == (libvirt.home / "usr/local/share/fatwood/qemu_vars.fd").read_bytes()


@pytest.mark.extended
@pytest.mark.parametrize("debian_libvirt", ["forky"], indirect=True)
def test_nvme_disk(debian_libvirt, firmware, stub_disk):
    libvirt = debian_libvirt
    words = install(libvirt, firmware, stub_disk)
    use_descriptor(libvirt, words)
    assert "from=stub" in start(libvirt, words, disk="nvme").words
    assert "nvme" in libvirt.run("cat .cache/libvirt/qemu/log/debian.log")


@pytest.mark.extended
@pytest.mark.parametrize("debian_libvirt", ["forky"], indirect=True)
def test_variables_of_the_host(debian_libvirt, firmware, tmp_path):
    """Variables set by the guest are in the host's file."""
    libvirt = debian_libvirt
    disk = tmp_path / "disk.raw"
    efi.make_words(disk, "varstore", "trixie", "set:Kept=yes")
    words = install(libvirt, firmware, disk)
    rom = firmware("qemu_rom").with_suffix(".rom")
    commands = blocks(PAGE, "test")["varstore"].splitlines()
    for command in commands:
        subprocess.run(["sh", "-ec", replaced(command, {**words, "build/fatwood.rom": str(rom)})], check=True)
    name, text = next(iter((name, text) for name, text in blocks(PAGE, "file").items() if name.endswith(".json")))
    folder = libvirt.home / ".config/qemu/firmware"
    folder.mkdir(parents=True)
    (folder / name).write_text(replaced(text, words))
    assert start(libvirt, words, system="varstore")["efi_set"] == ["Kept good"]
    assert "uefi-vars-x64" in libvirt.run("cat .cache/libvirt/qemu/log/debian.log")
    store = json.loads((libvirt.home / ".config/libvirt/qemu/varstore/debian.json").read_text())
    stored = {variable["name"]: bytes.fromhex(variable["data"]) for variable in store["variables"]}
    assert stored["Kept"] == b"yes"

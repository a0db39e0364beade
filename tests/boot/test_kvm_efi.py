# SPDX-License-Identifier: Apache-2.0
"""UEFI on real VMMs under KVM, in the lab, with the commands of docs/vmm/*.md: Debian's boot loaders and kernels,
from Fatwood to user space and to a clean end. VMMs are provided as in test_kvm_vmms.py.

A boot takes 20 to 60 s in the lab's guest. `make check` runs one for each VMM; the others are extended.
"""

import datetime
import re

import pytest

from tests.boot.efi import LOADER_FIRST
from tests.boot.lab_vmms import (
    ALIOTH_ROM,
    ALL,
    CROSVM_ROM,
    FIRECRACKER,
    FIRECRACKER_PCI,
    LAB,
    VMMS,
)
from tests.boot.test_efi_loaders import BAD, HARMLESS, assert_file
from tests.boot.test_efi_selftest import results
from tests.images import efi
from tests.images.efi import SUITES

pytestmark = pytest.mark.kvm


def on_each(*machines):
    return pytest.mark.parametrize("machine", [pytest.param(row, id=f"{row.name}-{row.test}") for row in machines])


def assert_uefi(report, name, machine):
    """Checks that the guest was booted through that image, with working UEFI and no kernel warnings."""
    assert f"from={name}" in report.words
    assert report.get("efi") == "yes"
    assert report["efi_bits"] == "64"
    assert report.number("efi_runtime_map") >= 2, "runtime code and data are not both mapped"
    assert report.number("efi_variables") >= 3
    assert report.get("smbios_manufacturer") == machine.smbios
    bad = [line for line in report["efi_log"]
           if BAD.search(line) and not HARMLESS.search(line) and not LAB.search(line)]
    assert not bad


@on_each(*VMMS)
def test_entry_through_stub(start_vmm, efi_image, machine):
    """A Boot Loader Specification entry, whose kernel gets its initrd through LoadFile2; a power-off ends the VMM."""
    report = start_vmm(machine, efi_image("bls-trixie")).ended_well()
    assert_uefi(report, "bls-trixie", machine)
    assert any("INITRD=" in line for line in report["efi_log"])


LOADERS = (("cloud", ()), ("systemd-boot", LOADER_FIRST), ("systemd-boot-uki", LOADER_FIRST), ("uki", ()),
           ("uki-bls", ()), ("uki-grub", ()), ("shim-grub-fallback", ()), ("boot-option", ()))


def rows():
    """Each loader of each suite on each VMM."""
    for machine in ALL:
        for kind, symbols in LOADERS:
            for suite in SUITES:
                name = f"{kind}-{suite}"
                yield pytest.param(machine, name, symbols, id=f"{machine.name}-{machine.test}-{name}")


@pytest.mark.extended
@pytest.mark.parametrize("machine, name, symbols", rows())
def test_loaders(start_vmm, efi_image, machine, name, symbols):
    """shim and GRUB as in cloud images, systemd-boot, UKIs, shim's fallback, a kernel from Boot0001."""
    assert_uefi(start_vmm(machine, efi_image(name), symbols=symbols).ended_well(), name, machine)


@pytest.mark.extended
@pytest.mark.parametrize("machine, name, memory", [
    pytest.param(ALIOTH_ROM, "bls-trixie", (), id="alioth"),
    pytest.param(ALIOTH_ROM, "shim-grub-trixie", (("size=1G", "size=5G"),), id="alioth-5G"),
    pytest.param(CROSVM_ROM, "bls-trixie", (), id="crosvm"),
    pytest.param(CROSVM_ROM, "shim-grub-trixie", (("--mem 1024", "--mem 5120"),), id="crosvm-5G"),
])
def test_rom(start_vmm, efi_image, machine, name, memory):
    """From the reset vector to user space and to the end, with two identically initialised processors."""
    report = start_vmm(machine, efi_image(name), replace=memory).ended_well()
    assert_uefi(report, name, machine)
    assert report["mtrr_complaints"] == "0"
    if memory:
        assert report.number("memory_kib") > 4 << 20


@pytest.mark.extended
@on_each(*ALL)
def test_boot_on_second_disk(start_vmm, efi_image, machine):
    """shim and GRUB on one disk, and /boot on the other."""
    result = start_vmm(machine, efi_image("esp-only-trixie"), replace=[machine.second_disk],
                   more_files=[(efi_image("boot-only-trixie"), "second.raw")])
    assert_uefi(result.ended_well(), "boot-only-trixie", machine)


@pytest.mark.extended
@on_each(*ALL)
def test_grub_menu_by_keys(start_vmm, efi_image, machine):
    result = start_vmm(machine, efi_image("shim-grub-menu-bookworm"), is_stopped=True, replace=machine.keys,
                   typed=[("Entry third", r"\033[B\r")])
    result.check(len(result.reports) == 1, "the guest did not come up")
    assert_uefi(result.reports[0], "second", machine)


@pytest.mark.extended
@on_each(*ALL)
def test_fallback_makes_an_entry(start_vmm, efi_image, machine):
    """shim's fallback creates Boot0000, and the next boot follows BootOrder."""
    result = start_vmm(machine, efi_image("shim-grub-fallback-trixie"), runs=2)
    result.check(len(result.reports) == 2, "the guest came up not twice")
    assert result.reports[1]["efi_boot_option"].startswith("debian")


@pytest.mark.extended
@pytest.mark.parametrize("symbols", [LOADER_FIRST, ()], ids=["systemd-boot", "fatwood"])
@on_each(*ALL)
def test_boot_counting(start_vmm, efi_image, tmp_path, machine, symbols):
    """systemd-boot, or Fatwood as the boot loader, counts a boot by renaming the entry's file."""
    disk = tmp_path / "disk.raw"
    result = start_vmm(machine, efi_image("systemd-boot-counted-trixie"), symbols, kept=disk)
    assert_uefi(result.ended_well(), "systemd-boot-counted-trixie", machine)
    assert_file(disk, "/loader/entries/debian+2-1.conf")


@on_each(FIRECRACKER, FIRECRACKER_PCI)
def test_clock(lab, start_vmm, images, machine):
    """There is no CMOS clock, so the time of day comes from kvmclock, during and after boot services."""
    def now():
        return datetime.datetime.fromtimestamp(int(lab.check("date +%s")), datetime.timezone.utc)

    disk = images("selftest-clock", lambda path: efi.make_selftest(path, "selftest-clock", ("time", "virtual")))
    before = now()
    result = start_vmm(machine, disk, is_stopped=True, mark="SELFTEST: .* passed")
    after = now()
    failed, skipped, count, plan = results(result.log)
    result.check(count == plan > 40 and not failed, f"what failed: {failed}")
    assert skipped == ["time: set the clock", "time: the alarm"]
    times = [datetime.datetime(*map(int, re.findall(r"\d+", line)), tzinfo=datetime.timezone.utc)
             for line in re.findall("^# the time is (.*)$", result.log, re.MULTILINE)]
    second = datetime.timedelta(seconds=1)
    result.check(len(times) == 2 and before - second <= times[0] <= times[1] <= after + second,
                 f"{times} is not the time from {before} to {after}")


@pytest.mark.extended
@on_each(*ALL)
def test_variable_survives_a_reset(start_vmm, images, machine):
    """A variable written by the guest still exists after ResetSystem(), in the same process or in the next one."""
    def make(path):
        efi.make_words(path, "kept", "trixie", "get:Kept,set:Kept=yes,store", action="reboot", more="reboot=efi")

    disk = images("kvm-variables", make)
    words = {"times": 2, "is_stopped": True, "replace": machine.to_file} if machine.is_restarted else {"runs": 2}
    result = start_vmm(machine, disk, **words)
    result.check(len(result.reports) == 2, "the guest came up not twice")
    assert [report["efi_get"] for report in result.reports] == [["Kept"], ["Kept yes"]]
    assert [report["efi_set"] for report in result.reports] == [["Kept good"], ["Kept good"]]

# SPDX-License-Identifier: Apache-2.0
"""UEFI on the real VMMs under KVM, in the lab, by the commands of docs/vmm/*.md: Debian's boot loaders and kernels,
from Fatwood to user space and to a clean end. What a VMM needs is as in test_kvm_vmms.py.

A boot takes 20 to 60 s in a guest of the lab. One for each VMM is run by `make check`, the others are extended.
"""

import dataclasses
import datetime
import re

import pytest

from tests.boot.documents import boot
from tests.boot.efi import LOADER_FIRST
from tests.boot.test_efi_loaders import BAD, HARMLESS, assert_file
from tests.boot.test_efi_selftest import results
from tests.images import efi
from tests.images.efi import SUITES

pytestmark = pytest.mark.kvm

# The lab's emulated processor gives its guests an XSAVE area of a size that surprises Linux.
LAB = re.compile(r"fpu__init_system_xstate")


@dataclasses.dataclass(frozen=True)
class Vmm:
    """A VMM, and how a page (docs/vmm/) starts it. is_restarted: a reset starts the machine again in the same
    process; otherwise it ends the process."""

    name: str
    test: str
    build: str
    is_restarted: bool = True
    smbios: str = ""


CLOUD_HYPERVISOR = Vmm("cloud-hypervisor", "kernel", "cloudhv", smbios="Cloud Hypervisor")
FIRECRACKER = Vmm("firecracker", "mmio", "firecracker", is_restarted=False)
FIRECRACKER_PCI = dataclasses.replace(FIRECRACKER, test="pci")
ALIOTH = Vmm("alioth", "script", "alioth")
CROSVM = Vmm("crosvm", "kernel", "crosvm", is_restarted=False)
ROMS = (Vmm("alioth", "firmware", "qemu_rom"), Vmm("crosvm", "bios", "qemu_rom", smbios="ChromiumOS"))
VMMS = (CLOUD_HYPERVISOR, FIRECRACKER, FIRECRACKER_PCI, ALIOTH)  # test_kvm_crosvm.py has the other's loaders


def on_each(*machines):
    return pytest.mark.parametrize("machine", [pytest.param(row, id=f"{row.name}-{row.test}") for row in machines])


@pytest.fixture
def start(lab, vmm, firmware):
    """start(machine, disk, ...) runs it to its end (documents.boot)."""

    def run(machine, disk, symbols=(), **options):
        vmm(machine.name)
        image = firmware(machine.build, *symbols)
        if machine in ROMS:
            image = image.with_suffix(".rom")
        return boot(lab, machine.name, machine.test, image, disk, **options)

    return run


def assert_uefi(report, name, machine):
    """The guest came up through that image, with working UEFI and no complaints from the kernel."""
    assert f"from={name}" in report.words
    assert report.get("efi") == "yes"
    assert report["efi_bits"] == "64"
    assert report.number("efi_runtime_map") >= 2, "runtime code and data"
    assert report.number("efi_variables") >= 3
    assert report.get("smbios_manufacturer") == machine.smbios
    bad = [line for line in report["efi_log"]
           if BAD.search(line) and not HARMLESS.search(line) and not LAB.search(line)]
    assert not bad


@on_each(*VMMS)
def test_entry_through_stub(start, efi_image, machine):
    """A Boot Loader Specification entry, whose kernel finds its initrd by LoadFile2; a power-off ends the VMM."""
    report = start(machine, efi_image("bls-trixie")).ended_well()
    assert_uefi(report, "bls-trixie", machine)
    assert any("INITRD=" in line for line in report["efi_log"])


def rows():
    """Each loader on each VMM, with one suite of Debian or the other; with both, and more, on Cloud Hypervisor."""
    kinds = [("cloud", ()), ("systemd-boot", LOADER_FIRST), ("uki", ()), ("uki-bls", ()), ("shim-grub-fallback", ())]
    for number, machine in enumerate(VMMS):
        for shift, (kind, symbols) in enumerate(kinds):
            suites = SUITES if machine is CLOUD_HYPERVISOR else [SUITES[(number + shift) % len(SUITES)]]
            for suite in suites:
                name = f"{kind}-{suite}"
                yield pytest.param(machine, name, symbols, id=f"{machine.name}-{machine.test}-{name}")
    for kind, symbols in (("systemd-boot-uki", LOADER_FIRST), ("uki-grub", ()), ("boot-option", ())):
        yield pytest.param(CLOUD_HYPERVISOR, f"{kind}-trixie", symbols, id=f"cloud-hypervisor-kernel-{kind}-trixie")


@pytest.mark.extended
@pytest.mark.parametrize("machine, name, symbols", rows())
def test_loaders(start, efi_image, machine, name, symbols):
    """shim and GRUB as cloud images have them, systemd-boot, UKIs, shim's fallback, a kernel from Boot0001."""
    assert_uefi(start(machine, efi_image(name), symbols=symbols).ended_well(), name, machine)


@pytest.mark.extended
@pytest.mark.parametrize("name", ["bls-trixie", "shim-grub-trixie"])
@on_each(*ROMS)
def test_rom(start, efi_image, machine, name):
    """From the reset vector to user space and to the end, with two processors that are set up alike."""
    report = start(machine, efi_image(name)).ended_well()
    assert_uefi(report, name, machine)
    assert report["mtrr_complaints"] == "0"


@pytest.mark.extended
@on_each(CLOUD_HYPERVISOR)
def test_boot_on_second_disk(start, efi_image, machine):
    """shim and GRUB on one disk, and /boot on the other."""
    second = ("path=disk.raw,image_type=raw", "path=disk.raw,image_type=raw path=second.raw,image_type=raw")
    result = start(machine, efi_image("esp-only-trixie"), replace=[second],
                   more_files=[(efi_image("boot-only-trixie"), "second.raw")])
    assert_uefi(result.ended_well(), "boot-only-trixie", machine)


@pytest.mark.extended
@on_each(CLOUD_HYPERVISOR)
def test_grub_menu_by_keys(start, efi_image, machine):
    result = start(machine, efi_image("shim-grub-menu-bookworm"), is_stopped=True,
                   typed=[("Entry third", r"\033[B\r")])
    result.check(len(result.reports) == 1, "the guest did not come up")
    assert_uefi(result.reports[0], "second", machine)


@pytest.mark.extended
@on_each(CLOUD_HYPERVISOR)
def test_fallback_makes_an_entry(start, efi_image, machine):
    """shim's fallback makes Boot0000, and the next boot goes by BootOrder."""
    result = start(machine, efi_image("shim-grub-fallback-trixie"), runs=2)
    result.check(len(result.reports) == 2, "the guest came up not twice")
    assert result.reports[1]["efi_boot_option"].startswith("debian")


@pytest.mark.extended
@on_each(CLOUD_HYPERVISOR)
def test_boot_counting(start, efi_image, tmp_path, machine):
    """systemd-boot counts a boot by the name of the entry's file."""
    disk = tmp_path / "disk.raw"
    result = start(machine, efi_image("systemd-boot-counted-trixie"), LOADER_FIRST, kept=disk)
    assert_uefi(result.ended_well(), "systemd-boot-counted-trixie", machine)
    assert_file(disk, "/loader/entries/debian+2-1.conf")


@on_each(FIRECRACKER)
def test_clock(lab, start, images, machine):
    """There is no CMOS clock: the time of day is kvmclock's, during boot services and after them."""
    def now():
        return datetime.datetime.fromtimestamp(int(lab.check("date +%s")), datetime.timezone.utc)

    disk = images("selftest-clock", lambda path: efi.make_selftest(path, "selftest-clock", ("time", "virtual")))
    before = now()
    result = start(machine, disk, is_stopped=True, mark="SELFTEST: .* passed")
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
@on_each(*VMMS, CROSVM)
def test_variable_survives_a_reset(start, images, machine):
    """What the guest wrote still exists after a reset by ResetSystem(): in the same process, or in the next one."""
    def make(path):
        efi.make_words(path, "kept", "trixie", "get:Kept,set:Kept=yes,store", action="reboot", more="reboot=efi")

    disk = images("kvm-variables", make)
    words = {"times": 2, "is_stopped": True} if machine.is_restarted else {"runs": 2}
    result = start(machine, disk, **words)
    result.check(len(result.reports) == 2, "the guest came up not twice")
    assert [report["efi_get"] for report in result.reports] == [["Kept"], ["Kept yes"]]
    assert [report["efi_set"] for report in result.reports] == [["Kept good"], ["Kept good"]]

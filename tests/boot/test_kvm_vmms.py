# SPDX-License-Identifier: Apache-2.0
"""Boots on real VMMs under KVM, in the lab, with the commands of docs/vmm/*.md: from a disk with a Boot Loader
Specification entry to the user space of a distribution's kernel, and to a clean end.

Cloud Hypervisor and Firecracker are taken from the folder FATWOOD_VMM_DIR, and Alioth is installed by cargo; without
them their tests are skipped.

A boot of Linux takes 15 to 20 s in the lab's guest. `make check` runs those that end with a power-off, and has resets
done by the stub kernel, within a second; the rows that repeat a boot with another end are extended.
"""

import time

import pytest

from scripts import lab as lab_module
from scripts import vm_exits
from tests.boot.documents import BOOT_SECONDS, MIB, boot, until_guest_is_done
from tests.boot.vmm import GUEST
from tests.images import stub
from tests.images.disk import bls_files, esp_disk

pytestmark = pytest.mark.kvm

KERNEL = "debian12-cloud"
ACCESSES_MAX = 300


@pytest.fixture(scope="session")
def linux_disk(images, linux):
    """linux_disk(action) boots Linux, which then does poweroff or reboot. more: options."""

    def disk(action, console="ttyS0", more=""):
        kernel, initramfs = linux(KERNEL)
        options = (f"console={console} quiet panic=-1 mitigations=off"
                   f" guest.action={action} guest.verify=first {more}")
        files = bls_files(kernel, [initramfs], options=options)
        return images(f"linux-{action}-{console}{more}", lambda path: esp_disk(path, files))

    return disk


def test_timer_of_the_lab(lab):
    """If its guest had one-shot timers, an interrupt lost by QEMU would be the end of all of them (see lab.py)."""
    if isinstance(lab, lab_module.Host):
        pytest.skip("the lab is this machine")
    device = lab.check("sed -n '/^Per CPU device: 0/,/^$/p' /proc/timer_list")
    periodic = 2  # CLOCK_EVT_STATE_PERIODIC
    assert f"mode: {periodic}" in " ".join(device.split())


def test_output_of_the_lab_is_complete(lab):
    """Also if the host is too busy to read it for a while: here, at its beginning."""
    shown = []

    def wait_for_more(data):
        if not shown:
            time.sleep(3)
        shown.append(data)

    result = lab.run("seq 10000", 360, wait_for_more)
    assert result.output.split() == [str(number) for number in range(1, 10001)]


@pytest.mark.parametrize("machine, config, action, more", [
    ("q35", "qemu", "poweroff", ""),
    pytest.param("q35", "qemu", "reboot", "", marks=pytest.mark.extended),
    ("microvm", "qemu_microvm", "poweroff", ""),
    pytest.param("microvm", "qemu_microvm", "reboot", "reboot=t", marks=pytest.mark.extended),
])
def test_qemu(lab, firmware, linux_disk, machine, config, action, more):
    disk = linux_disk(action, more=more)
    replace = [("-nodefaults", "-no-reboot -nodefaults")]
    boot(lab, "qemu", machine, firmware(config), disk, replace).came_up(disk)


@pytest.mark.parametrize("name, replace", [
    # -bios on pc and flash on q35: together they have what this row has.
    pytest.param("rom", [], marks=pytest.mark.extended),
    ("rom", [("-machine q35", "-machine pc")]), ("flash", []),
], ids=["bios", "pc", "flash"])
def test_qemu_rom(lab, firmware, linux_disk, name, replace):
    disk = linux_disk("poweroff")
    rom = firmware("qemu_rom").with_suffix(".rom")
    variables = [(rom.with_name("fatwood_vars.fd"), "vars.fd")] if name == "flash" else []
    report = boot(lab, "qemu", name, rom, disk, replace, variables).came_up(disk)
    # Under TCG, a processor loses them when the operating system starts it, whatever the firmware has done.
    assert report["mtrr_complaints"] == "0", "the second processor's registers are not set"


@pytest.mark.parametrize("page, name, replace", [
    # With a bootindex, crosvm has an fw_cfg device, with little else in it.
    ("crosvm", "bios", [("path=disk.raw", "path=disk.raw,bootindex=1 -p 'fatwood.log=debug from=vmm'")]),
    ("alioth", "firmware", [("alioth", 'script -qec "alioth'),  # a terminal
                            ("path=disk.raw", "path=disk.raw --cmdline 'fatwood.log=debug from=vmm'\" /dev/null")]),
])
def test_rom(lab, vmm, firmware, stub_disk, page, name, replace):
    """Boots from the reset vector, with the addresses that these VMMs have already assigned."""
    vmm(page)
    result = boot(lab, page, name, firmware("qemu_rom").with_suffix(".rom"), stub_disk, replace, is_stopped=True)
    result.check(len(result.reports) == 1, "the guest did not come up")
    report = result.reports[0]
    result.check(report.words[0] == "from=stub" and report.words[-1] == "from=vmm", "not the command line expected")
    result.check(report["rsdp"] == "good", "the kernel did not get the ACPI tables")
    result.check("2 processors are set up" in result.log, "the second processor did not answer")
    result.check("chipset" not in result.log, "the ROM took the machine for QEMU's")


@pytest.mark.parametrize("action, more", [
    ("poweroff", ""), pytest.param("reboot", "reboot=t", marks=pytest.mark.extended),
])
def test_alioth(lab, vmm, firmware, linux_disk, action, more):
    vmm("alioth")
    disk = linux_disk(action, more=more)
    boot(lab, "alioth", "pvh", firmware("alioth"), disk).came_up(disk)


@pytest.fixture(scope="session")
def reset_disk(images):
    """The stub kernel resets the machine by a triple fault within milliseconds."""
    files = bls_files(stub.Stub().data(), options="guest.action=reboot")
    return images("stub-reset", lambda path: esp_disk(path, files))


@pytest.mark.parametrize("page, name, config", [
    ("qemu", "q35", "qemu"),
    ("qemu", "microvm", "qemu_microvm"),
    ("cloud-hypervisor", "kernel", "cloudhv"),
])
def test_second_boot_in_one_process(lab, vmm, firmware, reset_disk, page, name, config):
    """Memory and devices are in the state that the first boot left them in."""
    vmm(page)
    result = boot(lab, page, name, firmware(config), reset_disk, times=2, is_stopped=True)
    result.check(len(result.reports) >= 2, "the guest did not come up a second time")


def test_alioth_ends_after_a_triple_fault(lab, vmm, firmware, reset_disk):
    vmm("alioth")
    result = boot(lab, "alioth", "script", firmware("alioth"), reset_disk)
    result.check(len(result.reports) == 1, "the guest came up not once")
    result.check(not result.result.timed_out and result.result.status == 0, "the VMM did not end well")


def test_alioth_is_reset_through_acpi(lab, vmm, firmware, images):
    """Fatwood's own reset, when there is nothing to boot."""
    vmm("alioth")
    disk = images("empty", lambda path: path.write_bytes(bytes(MIB)))
    result = boot(lab, "alioth", "script", firmware("alioth", "LAST_ACTION_RESET=y"), disk,
                  is_stopped=True, mark="nothing to boot", times=2)
    result.check(result.log.count("nothing to boot") >= 2, "the VM was not started again")


@pytest.mark.parametrize("page, name, config, before, is_passed_on", [
    ("alioth", "script", "alioth", "--blk", True),
    ("cloud-hypervisor", "kernel", "cloudhv", "--disk", True),
    ("cloud-hypervisor", "firmware", "cloudhv", "--disk", False),
])
def test_command_line(lab, vmm, firmware, stub_disk, page, name, config, before, is_passed_on):
    vmm(page)
    result = boot(lab, page, name, firmware(config), stub_disk,
                  [(before, f"--cmdline 'fatwood.log=debug from=vmm' {before}")], is_stopped=True)
    result.check(len(result.reports) == 1, "the guest did not come up")
    words = ["from=stub"] + ["from=vmm"] * is_passed_on
    result.check(result.reports[0].words == words, f"the command line is not {words}")
    result.check(result.log.count("described by PVH") == is_passed_on,
                 "Fatwood did not show that line once, or obeyed nobody's command line")


SMALL = [("size=1G", "size=512M"), ("boot=2", "boot=1")]
LARGE = [("size=1G", "size=5G")]


@pytest.mark.parametrize("name, config, console, replace", [
    ("kernel", "cloudhv", "ttyS0", LARGE),
    ("firmware", "cloudhv", "ttyS0", SMALL),
    ("virtio-console", "cloudhv", "hvc0", SMALL),
    ("virtio-console", "x86_64", "hvc0", [("--kernel", "--firmware"), *LARGE]),
])
def test_cloud_hypervisor(lab, vmm, firmware, linux_disk, name, config, console, replace):
    vmm("cloud-hypervisor")
    disk = linux_disk("poweroff", console, "guest.efi=report")
    result = boot(lab, "cloud-hypervisor", name, firmware(config), disk, replace)
    report = result.came_up(disk)
    assert report.get("efi") == "yes"
    memory = 5 << 20 if replace[-1] in LARGE else 512 << 10
    assert 0.8 * memory < report.number("memory_kib") < memory


CLOUD_HYPERVISOR_DISK = "path=disk.raw,image_type=raw"


def test_cloud_hypervisor_boots_the_first_disk(lab, vmm, firmware, images, stub_disk):
    vmm("cloud-hypervisor")
    files = bls_files(stub.Stub().data(), options="from=first")
    first = images("stub-first", lambda path: esp_disk(path, files))
    result = boot(lab, "cloud-hypervisor", "kernel", firmware("cloudhv"), stub_disk,
                  [(CLOUD_HYPERVISOR_DISK,
                    f"path=first.raw,image_type=raw {CLOUD_HYPERVISOR_DISK}")],
                  [(first, "first.raw")], is_stopped=True)
    result.check(len(result.reports) == 1 and result.reports[0].words == ["from=first"],
                 "the first disk was not booted")


def test_cloud_hypervisor_disk_on_another_segment(lab, vmm, firmware, stub_disk):
    vmm("cloud-hypervisor")
    result = boot(lab, "cloud-hypervisor", "kernel", firmware("cloudhv"), stub_disk,
                  [(CLOUD_HYPERVISOR_DISK, f"{CLOUD_HYPERVISOR_DISK},pci_segment=1"),
                   ("--memory", "--platform num_pci_segments=2 --memory")], is_stopped=True)
    result.check(len(result.reports) == 1, "the disk was not found")


def test_cloud_hypervisor_reboots_in_place(lab, vmm, firmware, linux_disk):
    """The same process restarts the machine, with memory and devices in their previous state."""
    vmm("cloud-hypervisor")
    disk = linux_disk("reboot")
    result = boot(lab, "cloud-hypervisor", "kernel", firmware("cloudhv"), disk, times=2,
                  is_stopped=True)
    result.came_up(disk, 2)


@pytest.mark.parametrize("name, replace", [
    ("mmio", []),
    ("pci", [('"mem_size_mib": 1024', '"mem_size_mib": 5120')]),
])
def test_firecracker(lab, vmm, firmware, linux_disk, name, replace):
    """A reboot ends a microVM, which has no power-off."""
    vmm("firecracker")
    disk = linux_disk("reboot")
    boot(lab, "firecracker", name, firmware("firecracker"), disk, replace).came_up(disk)


@pytest.mark.parametrize("name", ["mmio", "pci"])
def test_firecracker_whose_disks_cannot_be_reset(lab, vmm, firmware, images, name):
    """Up to 1.16.1: the kernel is started, and one line says what to do."""
    old = vmm("firecracker-1.16")
    files = bls_files(stub.Stub().data())
    disk = images("stub-for-firecracker", lambda path: esp_disk(path, files))
    result = boot(lab, "firecracker", name, firmware("firecracker"), disk,
                  [("firecracker ", f"{old} ")], is_stopped=True)
    warnings = [line for line in result.log.splitlines() if "docs/vmm/firecracker.md" in line]
    result.check(len(warnings) == 1, "not one line that says what to do")
    result.check(len(result.reports) == 1, "the kernel was not started")


def test_device_accesses_on_cloud_hypervisor(lab, vmm, firmware, images):
    """At most 300 accesses, each of them a VM exit, from our entry to the kernel's first word."""
    vmm("cloud-hypervisor")
    image = firmware("cloudhv")
    files = bls_files(stub.Stub(size=14 * MIB).data(), [bytes(MIB)])
    lab.put(image, "fatwood.elf")
    lab.put(images("stub-large", lambda path: esp_disk(path, files)), "disk.raw")
    command = ("cloud-hypervisor --kernel fatwood.elf --disk path=disk.raw,image_type=raw"
               " --memory size=1G --serial tty --console off")
    counts = vm_exits.measure(lab, GUEST, until_guest_is_done(command), BOOT_SECONDS)
    print(vm_exits.table(counts))
    assert 0 < counts.access_count <= ACCESSES_MAX, vm_exits.table(counts)

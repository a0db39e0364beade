# SPDX-License-Identifier: Apache-2.0
"""Full Debian systems with the layout of cloud images, on real VMMs under KVM in the lab, started with the commands
of docs/vmm/*.md: they boot through shim and GRUB to the login prompt. VMMs are provided as in test_kvm_vmms.py.

A boot takes a minute and a half in a guest of the lab.
"""

import re

import pytest

from tests.boot.efi import LOADER_FIRST
from tests.boot.lab_vmms import (
    ALIOTH,
    ALIOTH_ROM,
    ALL,
    CLOUD_HYPERVISOR,
    CROSVM,
    FIRECRACKER,
    FIRECRACKER_PCI,
    LAB,
)
from tests.images import efi, efi_debian, efi_root
from tests.images.disk import ESP_GUID

pytestmark = [pytest.mark.kvm, pytest.mark.extended]


@pytest.mark.parametrize("machine, suite", [
    pytest.param(machine, suite, id=f"{machine.name}-{machine.test}-{suite}")
    for machine in ALL for suite in efi.SUITES
])
def test_login(start_vmm, machine, suite):
    prompt = f"{efi_root.host_name(suite)} login: "
    result = start_vmm(machine, efi_root.disk(suite, "grub"), replace=[machine.one_processor, *machine.to_file],
                       is_stopped=True, mark=prompt)
    result.check("GNU GRUB" in result.log, "GRUB was not started")
    result.check(prompt in result.log, "there is no login prompt")


@pytest.mark.parametrize("machine, suite, symbols", [
    pytest.param(machine, suite, symbols, id=f"{machine.name}-{machine.test}-{suite}") for machine, suite, symbols in (
        (CLOUD_HYPERVISOR, "bookworm", LOADER_FIRST), (CLOUD_HYPERVISOR, "trixie", ()),
        (FIRECRACKER, "bookworm", ()), (FIRECRACKER_PCI, "trixie", LOADER_FIRST),
        (ALIOTH, "trixie", LOADER_FIRST), (ALIOTH_ROM, "bookworm", ()), (CROSVM, "bookworm", LOADER_FIRST),
        (CROSVM, "trixie", ()))
])
def test_tools_of_the_guest(start_vmm, images, machine, suite, symbols):
    """bootctl recognizes the boot loader (systemd-boot, or Fatwood itself), and systemd finds the root through it.
    Variables are listed, set and deleted. After a reset through UEFI, they still exist, and the boot option created
    by efibootmgr is used. Linux prints no warnings. A power-off then ends the VMM."""
    disk = images(f"debian-{suite}", lambda path: efi_debian.make(path, suite, "systemd-boot"))
    words = {} if machine.is_restarted else {"runs": 2}
    result = start_vmm(machine, disk, symbols=symbols, replace=[machine.one_processor], seconds=1500, **words)
    result.check(len(result.reports) == 2, "the guest came up not twice")
    first, second = result.reports
    for report in (first, second):
        assert report["efi_bits"] == "64" and report.number("efi_runtime_map") >= 2
        assert [line for line in report["efi_log"] if not LAB.search(line)] == []
        assert report["root"] == "/dev/vda1" and report["failed_units"] == ""
        assert report["LoaderDevicePartUUID"].lower() == ESP_GUID
    status = "\n".join(first["bootctl"])
    assert ("systemd-boot 25" if symbols else "Fatwood ") in first["LoaderInfo"] and first["LoaderInfo"] in status
    assert ESP_GUID in status.lower() and not re.search(r"fail|not installed in EFI|error", status, re.IGNORECASE)
    # Without root=, systemd mounts the root on the disk of LoaderDevicePartUUID.
    assert first["gpt_auto_root"] == "/dev/vda1"
    assert [first[key] for key in ("variables", "written", "boot_option")] == ["good"] * 3
    assert first["reboot_type"] == "efi"
    assert "direct=yes" in second["cmdline"] and second["efi_boot_current"] == second["efi_boot_option"]
    assert second["kept"] == "yes" and second["deleted"] == "good"
    result.check(not result.result.timed_out and result.result.status == 0, "the VMM did not end well")

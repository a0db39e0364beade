# SPDX-License-Identifier: Apache-2.0
"""Whole Debians, laid out as their cloud images are, on the real VMMs under KVM in the lab: by shim and GRUB to the
login prompt, by the commands of docs/vmm/*.md. What a VMM needs is as in test_kvm_vmms.py.

A boot takes a minute and a half in a guest of the lab.
"""

import pytest

from tests.boot.documents import boot
from tests.images import efi_root

pytestmark = [pytest.mark.kvm, pytest.mark.extended]

ONE_PROCESSOR = {"cloud-hypervisor": ("boot=2", "boot=1"), "firecracker": ('"vcpu_count": 2', '"vcpu_count": 1'),
                 "alioth": ("--cpu count=2", "--cpu count=1"), "crosvm": ("--cpus 2", "--cpus 1")}


@pytest.mark.parametrize("page, name, config, suite", [
    ("cloud-hypervisor", "kernel", "cloudhv", "bookworm"),
    ("cloud-hypervisor", "kernel", "cloudhv", "trixie"),
    ("firecracker", "mmio", "firecracker", "bookworm"),
    ("firecracker", "pci", "firecracker", "trixie"),
    ("alioth", "script", "alioth", "trixie"),
    ("crosvm", "kernel", "crosvm", "bookworm"),
])
def test_login(lab, vmm, firmware, page, name, config, suite):
    vmm(page)
    prompt = f"{efi_root.host_name(suite)} login: "
    result = boot(lab, page, name, firmware(config), efi_root.disk(suite, "grub"), [ONE_PROCESSOR[page]],
                  is_stopped=True, mark=prompt)
    result.check("GNU GRUB" in result.log, "GRUB was not started")
    result.check(prompt in result.log, "there is no login prompt")

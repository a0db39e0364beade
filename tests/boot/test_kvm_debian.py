# SPDX-License-Identifier: Apache-2.0
"""Whole Debians, laid out as their cloud images are, on the real VMMs under KVM in the lab: by shim and GRUB to the
login prompt, by the commands of docs/vmm/*.md. What a VMM needs is as in test_kvm_vmms.py.

A boot takes a minute and a half in a guest of the lab.
"""

import pytest

from tests.boot.lab_vmms import (
    ALIOTH,
    ALIOTH_ROM,
    CLOUD_HYPERVISOR,
    CROSVM,
    CROSVM_ROM,
    FIRECRACKER,
    FIRECRACKER_PCI,
)
from tests.images import efi_root

pytestmark = [pytest.mark.kvm, pytest.mark.extended]


@pytest.mark.parametrize("machine, suite", [
    pytest.param(machine, suite, id=f"{machine.name}-{machine.test}-{suite}") for machine, suite in (
        (CLOUD_HYPERVISOR, "bookworm"), (CLOUD_HYPERVISOR, "trixie"), (FIRECRACKER, "bookworm"),
        (FIRECRACKER_PCI, "trixie"), (ALIOTH, "bookworm"), (ALIOTH, "trixie"), (ALIOTH_ROM, "trixie"),
        (CROSVM, "bookworm"), (CROSVM, "trixie"), (CROSVM_ROM, "trixie"))
])
def test_login(start_vmm, machine, suite):
    prompt = f"{efi_root.host_name(suite)} login: "
    result = start_vmm(machine, efi_root.disk(suite, "grub"), replace=[machine.one_processor, *machine.to_file],
                       is_stopped=True, mark=prompt)
    result.check("GNU GRUB" in result.log, "GRUB was not started")
    result.check(prompt in result.log, "there is no login prompt")

# SPDX-License-Identifier: Apache-2.0
"""A full Debian disk, with Debian's own initrd and a root on ext4, boots to its login prompt: on each kind of machine
in make check. The other builds boot Debian's kernel in test_linux.py, and the whole system only in the extended tests.
"""

import pytest

from tests.boot.efi import DEBIANS
from tests.boot.vmm import Disk, Vmm
from tests.images import efi_root, kernels

SUITE = "bookworm"


@pytest.fixture(scope="module")
def debian():
    return efi_root.disk(SUITE, "systemd-boot")


@pytest.mark.slow
@DEBIANS[SUITE]
@pytest.mark.parametrize("build, machine, transport", [
    ("qemu", "q35", "pci"),
    ("qemu_microvm", "microvm", "mmio"),
    pytest.param("cloudhv", "pc", "pci-modern", marks=pytest.mark.extended),
    pytest.param("x86_64", "microvm,pcie=on", "pci-modern", marks=pytest.mark.extended),
])
def test_login(firmware, debian, build, machine, transport):
    with Vmm(firmware(build), machine, 1024, [Disk(debian, transport)], cpus=2, cpu="max",
             command_line=kernels.clock_options(machine)) as vmm:
        vmm.expect(rf"^{efi_root.host_name(SUITE)} login: ")
        assert efi_root.TITLES[SUITE] in vmm.log

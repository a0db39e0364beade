# SPDX-License-Identifier: Apache-2.0
"""A whole Debian disk, with the initrd that Debian makes and a root on ext4, up to its login prompt."""

import pytest

from tests.boot.vmm import Disk, Vmm
from tests.images import kernels, root


@pytest.fixture(scope="module")
def debian():
    return root.disk()


@pytest.mark.slow
@pytest.mark.parametrize("build, machine, transport", [
    ("qemu", "q35", "pci"), ("cloudhv", "pc", "pci-modern"),
    ("qemu_microvm", "microvm", "mmio"), ("x86_64", "microvm,pcie=on", "pci-modern"),
])
def test_login(firmware, debian, build, machine, transport):
    with Vmm(firmware(build), machine, 1024, [Disk(debian, transport)], cpus=2, cpu="max",
             command_line=kernels.clock_options(machine)) as vmm:
        vmm.expect(rf"^{root.HOST_NAME} login: ", seconds=600)
        assert "Debian GNU/Linux 12" in vmm.log

# SPDX-License-Identifier: Apache-2.0
"""The way in that QEMU's own loader does not take: the Linux 64-bit boot protocol, by a loader of ours."""

from tests.boot.vmm import Vmm
from tests.images import linux64_loader


def test_linux_boot_protocol(firmware, stub_disk):
    with Vmm(linux64_loader.loader(), "q35", initrd=firmware("x86_64"), disks=[stub_disk],
             command_line="from=vmm fatwood.log=debug") as vmm:
        assert vmm.guest().words == ["from=stub", "from=vmm"]
        assert "entered by the Linux boot protocol" in vmm.log

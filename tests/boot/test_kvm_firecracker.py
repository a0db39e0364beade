# SPDX-License-Identifier: Apache-2.0
"""What docs/vmm/firecracker.md advises where disks cannot be reset (Firecracker up to 1.16.1), under KVM in the
lab. Firecracker is taken from the folder FATWOOD_VMM_DIR: firecracker-1.16 too, if it is there."""

import pytest

from scripts import lab as lab_module
from tests.boot.documents import boot
from tests.images import stub
from tests.images.disk import bls_files, esp_disk

pytestmark = pytest.mark.kvm


@pytest.fixture(scope="session", params=["firecracker", "firecracker-1.16"])
def firecracker(lab, request):
    """How to name it in a page's command."""
    path = lab_module.installed_vmms().get(request.param)
    if not path:
        pytest.skip(f"no {request.param} in the folder FATWOOD_VMM_DIR")
    lab.put_program(path)
    return [("firecracker ", f"{request.param} ")]


def test_pmem(lab, firecracker, firmware, images):
    files = bls_files(stub.Stub().data(), options="from=pmem guest.action=reboot")
    disk = images("firecracker-pmem", lambda path: esp_disk(path, files))
    result = boot(lab, "firecracker", "pmem", firmware("firecracker"), disk, firecracker, is_stopped=True)
    result.check(len(result.reports) == 1 and "from=pmem" in result.reports[0].words, "the guest did not come up")

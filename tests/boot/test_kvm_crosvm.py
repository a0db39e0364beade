# SPDX-License-Identifier: Apache-2.0
"""Boots on crosvm under KVM, in the lab, with the command of docs/vmm/crosvm.md. crosvm is taken from the folder
FATWOOD_VMM_DIR; without it these tests are skipped."""

import pytest

from scripts import lab as lab_module
from tests.boot.documents import boot
from tests.images import stub
from tests.images.disk import bls_files, esp_disk

pytestmark = pytest.mark.kvm


@pytest.fixture(scope="session")
def crosvm(lab):
    path = lab_module.installed_vmms().get("crosvm")
    if not path:
        pytest.skip("no crosvm in the folder FATWOOD_VMM_DIR")
    lab.put_program(path)


@pytest.fixture(scope="session")
def linux_disk(images, linux):
    def disk(action):
        kernel, initramfs = linux("debian12-cloud")
        options = f"console=ttyS0 quiet mitigations=off guest.action={action} guest.verify=first"
        files = bls_files(kernel, [initramfs], options=options)
        return images(f"linux-crosvm-{action}", lambda path: esp_disk(path, files))
    return disk


@pytest.mark.parametrize("config, memory", [("crosvm", "1024"), ("x86_64", "5120")])
def test_boots_to_user_space_and_powers_off(lab, crosvm, firmware, linux_disk, config, memory):
    if memory == "5120" and not isinstance(lab, lab_module.Host):
        memory = "512"  # the lab's guest has 3 GiB
    disk = linux_disk("poweroff")
    boot(lab, "crosvm", "kernel", firmware(config), disk, [("--mem 1024", f"--mem {memory}")]).came_up(disk)


def test_a_reset_ends_crosvm(lab, crosvm, firmware, linux_disk):
    result = boot(lab, "crosvm", "kernel", firmware("crosvm"), linux_disk("reboot"))
    result.check(len(result.reports) == 1, "the guest did not come up once")
    result.check(result.result.status == 0 and not result.result.timed_out, "crosvm did not end well")
    result.check("vcpu requested reset" in result.log, "the machine was not reset")


def test_command_line(lab, crosvm, firmware, stub_disk):
    result = boot(lab, "crosvm", "kernel", firmware("crosvm"), stub_disk,
                  [("--block", "-p 'fatwood.log=debug from=vmm' --block")], is_stopped=True)
    result.check(len(result.reports) == 1, "the guest did not come up")
    result.check(result.reports[0].words == ["from=stub", "panic=-1", "from=vmm"], "not the command line expected")
    result.check("described by the Linux boot protocol" in result.log, "Fatwood did not show that line")


def test_bootindex(lab, crosvm, firmware, images, stub_kernel, stub_disk):
    other = images("other", lambda path: esp_disk(path, bls_files(stub_kernel, options="from=other")))
    result = boot(lab, "crosvm", "kernel", firmware("crosvm"), stub_disk,
                  [("path=disk.raw", "path=disk.raw --block path=other.raw,bootindex=1")], [(other, "other.raw")],
                  is_stopped=True)
    result.check(len(result.reports) == 1 and "from=other" in result.reports[0].words,
                 "not the disk with the bootindex was booted")


def test_kernel_and_initrd_of_the_vmm(lab, crosvm, firmware, images, stub_disk):
    """--initrd passes one file; if it is a kernel, it is booted before any disk."""
    kernel = images("stub-kernel", lambda path: path.write_bytes(stub.Stub().data()))
    result = boot(lab, "crosvm", "kernel", firmware("crosvm"), stub_disk,
                  [("--block", "--initrd kernel -p from=vmm --block")], [(kernel, "kernel")], is_stopped=True)
    result.check(len(result.reports) == 1 and result.reports[0].words == ["panic=-1", "from=vmm"],
                 "the kernel that crosvm handed over was not booted")

# SPDX-License-Identifier: Apache-2.0
"""When nothing boots: the summary, then the configured last action."""

import pytest

from tests.boot.vmm import Disk, Vmm
from tests.images.disk import esp_disk

MACHINES = ["q35", "pc", "microvm", "microvm,acpi=off"]


def expect_summary(vmm):
    vmm.expect("^error: nothing to boot; tried:$")


@pytest.fixture(scope="module")
def empty(images):
    return images("empty", lambda path: path.write_bytes(bytes(1 << 20)))


@pytest.mark.parametrize("machine", MACHINES)
def test_halt(firmware, machine):
    with Vmm(firmware("x86_64"), machine) as vmm:
        expect_summary(vmm)
        vmm.wait_for_halt()
        assert "no disk found" in vmm.log


@pytest.mark.parametrize("machine", MACHINES)
def test_reset(firmware, machine):
    with Vmm(firmware("x86_64", "LAST_ACTION_RESET=y"), machine) as vmm:
        vmm.wait_for_end()
        expect_summary(vmm)
        assert vmm.event("SHUTDOWN") == {"guest": True, "reason": "guest-reset"}


def test_reset_tries_again(firmware):
    with Vmm(firmware("qemu", "LAST_ACTION_RESET=y"), reboot=True) as vmm:
        vmm.expect(r"(?s)(nothing to boot.*){3}")


@pytest.mark.parametrize("machine", MACHINES[:3])  # without ACPI there is no known method
def test_power_off(firmware, machine):
    with Vmm(firmware("x86_64", "LAST_ACTION_POWER_OFF=y"), machine) as vmm:
        assert vmm.wait_for_end() == 0
        expect_summary(vmm)
        assert vmm.event("SHUTDOWN") == {"guest": True, "reason": "guest-shutdown"}


@pytest.mark.parametrize("word, reason", [("reset", "guest-reset"), ("poweroff", "guest-shutdown")])
def test_the_vmm_chooses(firmware, word, reason):
    with Vmm(firmware("x86_64"), command_line=f"fatwood.last={word}") as vmm:
        vmm.wait_for_end()
        expect_summary(vmm)
        assert vmm.event("SHUTDOWN") == {"guest": True, "reason": reason}


@pytest.mark.parametrize("value, boots", [("1", False), ("2", True), ("x", True)])
def test_the_vmm_counts_the_disks(firmware, empty, stub_disk, value, boots):
    """fatwood.disks= with an empty first disk and a second one that boots."""
    with Vmm(firmware("qemu"), command_line=f"fatwood.disks={value}", disks=[
            Disk(empty, behind="addr=1"), Disk(stub_disk, behind="addr=2")]) as vmm:
        if boots:
            assert "from=stub" in vmm.guest().words
        else:
            expect_summary(vmm)
            vmm.wait_for_halt()
            assert "disk0" in vmm.log and "disk1" not in vmm.log
        assert ("fatwood.disks=x: not a number" in vmm.log) == (value == "x")


def test_empty_disk_is_named(firmware, empty):
    with Vmm(firmware("qemu"), disks=[empty]) as vmm:
        expect_summary(vmm)
        vmm.expect(r"^error: +disk0")
        vmm.wait_for_halt()


@pytest.mark.parametrize("build", [("qemu", "EFI=n"), ("tiny",)])
def test_a_disk_that_only_efi_boots(firmware, images, build):
    disk = images("only-efi", lambda path: esp_disk(path, {"EFI/BOOT/BOOTX64.EFI": b"MZ"}))
    with Vmm(firmware(*build), disks=[disk]) as vmm:
        expect_summary(vmm)
        vmm.expect("^error: +disk0p1: EFI/BOOT/BOOTX64.EFI needs EFI: not supported$")
        vmm.wait_for_halt()


def test_read_error_costs_that_disk(firmware, stub_disk, tmp_path):
    """The first disk fails every read."""
    broken = tmp_path / "broken.conf"
    broken.write_text('[inject-error]\nevent = "read_aio"\nerrno = "5"\n')
    with Vmm(firmware("qemu"), disks=[Disk(stub_disk, behind="addr=2.0")], extra=[
            "-drive", f"if=none,id=bad,rerror=report,file=blkdebug:{broken}:{stub_disk},format=raw,snapshot=on",
            "-device", "virtio-blk-pci,drive=bad,addr=1.0"]) as vmm:
        assert "from=stub" in vmm.guest().words


def test_message_on_a_32_bit_processor(firmware):
    with Vmm(firmware("x86_64"), cpu="qemu32") as vmm:
        vmm.expect("^error: this firmware needs a 64-bit processor")


def test_more_than_a_tebibyte_of_memory(firmware, stub_disk, tmp_path):
    """Without 1 GiB pages, the most page tables are needed."""
    with Vmm(firmware("x86_64"), "q35,memory-backend=ram", memory="1100G", cpu="qemu64,phys-bits=42",
             disks=[stub_disk],
             extra=["-object", "memory-backend-ram,id=ram,size=1100G,reserve=off"]) as vmm:
        vmm.expect("FATWOOD-GUEST")

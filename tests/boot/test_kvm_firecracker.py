# SPDX-License-Identifier: Apache-2.0
"""The advice of docs/vmm/firecracker.md for disks that cannot be reset (Firecracker up to 1.16.1), under KVM in the
lab. Firecracker is taken from the folder FATWOOD_VMM_DIR: firecracker-1.16 too, if it is there."""

import random

import pytest

from scripts import lab as lab_module
from tests.boot.documents import MIB, boot
from tests.boot.efi import LOADER_FIRST
from tests.boot.lab_vmms import FIRECRACKER
from tests.images import efi, efi_root, stub
from tests.images.disk import bls_files, esp_disk

pytestmark = pytest.mark.kvm


@pytest.fixture(scope="session", params=["firecracker", "firecracker-1.16"])
def firecracker(lab, request):
    """Returns its name in a page's command."""
    path = lab_module.installed_vmms().get(request.param)
    if not path:
        pytest.skip(f"no {request.param} in the folder FATWOOD_VMM_DIR")
    lab.put_program(path)
    return [("firecracker ", f"{request.param} ")]


@pytest.fixture(scope="session")
def data(images):
    """A disk without a file system, which the kernel must read."""
    return images("data", lambda path: path.write_bytes(random.Random(1).randbytes(2 * MIB)))


def test_pmem(lab, firecracker, firmware, images):
    files = bls_files(stub.Stub().data(), options="from=pmem guest.action=reboot")
    disk = images("firecracker-pmem", lambda path: esp_disk(path, files))
    result = boot(lab, "firecracker", "pmem", firmware("firecracker"), disk, firecracker, is_stopped=True)
    result.check(len(result.reports) == 1 and "from=pmem" in result.reports[0].words, "the guest did not come up")


def test_a_reset_ends_a_slow_firecracker(lab, firecracker, firmware, images):
    """The thread that ends the process has a low priority. Until it runs, the processor waits."""
    disk = images("empty", lambda path: path.write_bytes(bytes(MIB)))
    slowly = (" vm.json", " vm.json & pid=$!\n"
              "for try in $(seq 1000); do grep -q fc_vcpu /proc/$pid/task/*/comm && break; done\n"
              "renice -n 10 -p $pid; wait $pid")
    result = boot(lab, "firecracker", "mmio", firmware("firecracker", "LAST_ACTION_RESET=y"), disk,
                  [*firecracker, slowly])
    result.check("nothing to boot" in result.log, "Fatwood did not reset the machine")
    result.check("Unexpected exit reason" not in result.log, "a triple fault came before the reset")
    result.check(not result.result.timed_out and result.result.status == 0, "the VMM did not end well")


@pytest.mark.extended
@pytest.mark.parametrize("name", [
    "bls-bookworm", "cloud-trixie", "shim-grub-fallback-bookworm", "boot-option-trixie", "systemd-boot-bookworm",
    "systemd-boot-uki-trixie", "uki-bookworm", "uki-bls-trixie", "uki-grub-bookworm"])
def test_boot_disk(lab, firecracker, firmware, efi_image, data, name):
    """Started through its EFI stub or a boot loader, the kernel can use the disk that the firmware has not read."""
    symbols = LOADER_FIRST if name.startswith("systemd-boot") else ()
    result = boot(lab, "firecracker", "boot-disk", firmware("firecracker", *symbols), data, firecracker,
                  [(efi_image(name), "loader.raw")])
    report = result.ended_well()
    assert f"from={name}" in report.words and report.get("efi") == "yes"
    assert report["disks"] == ("1" if "1.16" in firecracker[0][1] else "2")


@pytest.mark.extended
def test_kernel_image_of_the_vmm(lab, firecracker, firmware, data):
    """A unified kernel image as initrd_path: the firmware uses no disk, and the command line is boot_args."""
    words = efi.options("vmm", more="guest.verify=first")
    report = boot(lab, "firecracker", "initrd", firmware("firecracker"), data,
                  [*firecracker, ("root=/dev/vda1", words)], [(efi.uki("bookworm", "own"), "uki.efi")]).came_up(data)
    assert "from=vmm" in report.words and report.get("efi") == "yes"


@pytest.mark.extended
@pytest.mark.parametrize("suite", efi.SUITES)
def test_login_from_boot_disk(lab, firecracker, firmware, images, suite):
    """A full Debian system whose kernel is loaded by shim and GRUB from the other disk."""
    root = efi_root.root(suite, "grub")
    cfg = ("set timeout=0\nmenuentry Debian {\n"
           f"  linux /vmlinuz root=UUID={efi_root.ROOT_UUID} ro console=ttyS0 quiet "
           f"{efi_root.PATIENCE}\n  initrd /initrd.img\n}}\n")
    files = {**efi.shim_grub(suite), "/vmlinuz": root / "vmlinuz", "/initrd.img": root / "initrd.img",
             "/EFI/debian/grub.cfg": cfg.encode()}
    loader = images(f"firecracker-loader-{suite}", lambda path: esp_disk(path, files, size=efi.ESP_SIZE))
    prompt = f"{efi_root.host_name(suite)} login: "
    result = boot(lab, "firecracker", "boot-disk", firmware("firecracker"), efi_root.disk(suite, "grub"),
                  [*firecracker, FIRECRACKER.one_processor], [(loader, "loader.raw")], is_stopped=True, mark=prompt)
    result.check(prompt in result.log, "there is no login prompt")

# SPDX-License-Identifier: Apache-2.0
"""Kernels of real distributions boot to user space: they see the machine's memory and tables, disks work after the
firmware has used them, and power-off and reboot work."""

import hashlib

import pytest

from tests.boot.vmm import MMIO_V2, Disk, Vmm
from tests.images import initrd, kernels
from tests.images.disk import MIB, bls_files, esp_disk

# no_timer_check: as in tests/images/efi.py.
LOUD_OPTIONS = "console=ttyS0 panic=-1 no_timer_check"
OPTIONS = f"{LOUD_OPTIONS} quiet {kernels.NO_CRYPTO_TESTS}"
VIRTIO_BLOCK = "0x0002"


def first_mib(path):
    with open(path, "rb") as file:
        return hashlib.md5(file.read(MIB)).hexdigest()


@pytest.fixture(scope="module")
def linux_disk(images, linux):
    """linux_disk("debian12-cloud") is a disk with that kernel and the reporting initramfs."""
    def disk(name, **options):
        kernel, guest = linux(name)
        return images(f"linux-{name}", lambda path: esp_disk(
            path, bls_files(kernel, [guest], f"{OPTIONS} from=disk"), **options))
    return disk


def assert_disk_works(report, path, name="vda"):
    assert f"{name} {path.stat().st_size} {first_mib(path)}" in report["disk"]


@pytest.mark.parametrize("kernel, build, machine, transport, memory, cpu", [
    ("debian12-cloud", "qemu", "q35", "pci", 256, "qemu64"),
    ("debian12-cloud", "cloudhv", "pc", "pci-modern", 512, "max"),
    ("debian12-cloud", "qemu_microvm", "microvm", "mmio", 256, "max"),
    ("debian12-cloud", "tiny", "q35", "pci", 1024, "qemu64"),
    ("debian12", "x86_64", "q35", "pci-modern", 5120, "max"),
    ("debian13-cloud", "qemu", "q35", "pci", 512, "max"),
    ("debian13-cloud", "qemu_microvm", "microvm,pcie=on", "pci-modern", 5120, "qemu64"),
    ("debian13-cloud", "x86_64", "microvm", "mmio-2", 512, "qemu64"),
    ("debian13-cloud", "firecracker", "pc", "pci", 1024, "max"),
    ("debian13-cloud", "alioth", "q35", "pci-modern", 1024, "max"),
])
def test_distribution_kernel(firmware, linux_disk, kernel, build, machine, transport, memory, cpu):
    path = linux_disk(kernel)
    with Vmm(firmware(build), machine, memory, [Disk(path, transport.removesuffix("-2"))], cpus=2, cpu=cpu,
             command_line=f"{kernels.clock_options(machine)} guest.action=poweroff guest.efi=report guest.verify=all",
             globals=MMIO_V2 if transport == "mmio-2" else ()) as vmm:
        report = vmm.guest()
        assert report["markers"] == "first"
        assert "from=disk" in report.words and report.words[-1] == "guest.verify=all"
        assert report["acpi"] == "yes"
        assert VIRTIO_BLOCK in report["virtio"]
        assert_disk_works(report, path)
        assert memory * 0.75 < int(report["memory_kib"]) / 1024 < memory
        if cpu == "max":  # it has RDRAND: the kernel's generator is seeded from the start
            assert is_seeded(report), report
        assert vmm.wait_for_end() == 0
        assert vmm.event("SHUTDOWN") == {"guest": True, "reason": "guest-shutdown"}


def is_seeded(report):
    """Seeded through the zero page, or through the configuration table that the EFI stub makes from our random
    numbers."""
    return "0x9" in report["setup_data"] or any("RNG=" in line for line in report["efi_log"])


def test_fatwood_words_do_not_reach_the_kernel(firmware, linux_disk):
    with Vmm(firmware("qemu"), disks=[linux_disk("debian12-cloud")],
             command_line="fatwood.log=error guest.word=1") as vmm:
        vmm.expect("started by Fatwood: a busybox shell")
        vmm.send("cat /proc/cmdline\n")
        line = vmm.expect(r"^console=.*\n")[0]
        assert "guest.word=1" in line and "fatwood" not in line


def test_reboot_comes_back_through_the_firmware(firmware, linux_disk, images, linux):
    with Vmm(firmware("qemu"), disks=[linux_disk("debian12-cloud")], reboot=True,
             command_line="guest.action=reboot") as vmm:
        first, second = vmm.guest(1), vmm.guest(2)
        assert first["cmdline"] == second["cmdline"]
        assert vmm.event("RESET")["guest"]


def test_random_device_seeds_the_kernel(firmware, linux_disk):
    """qemu64 has no RDRAND: the seed can only come from virtio-rng."""
    with Vmm(firmware("qemu"), disks=[linux_disk("debian12-cloud")], cpu="qemu64",
             command_line="guest.action=poweroff guest.efi=report",
             extra=["-device", "virtio-rng-pci"]) as vmm:
        assert is_seeded(vmm.guest())


def test_no_initrd(firmware, tmp_path, linux):
    kernel, _ = linux("debian12-cloud")
    path = esp_disk(tmp_path / "disk", bls_files(kernel, options=LOUD_OPTIONS))
    with Vmm(firmware("qemu"), disks=[path]) as vmm:
        vmm.expect("Unable to mount root fs")
        assert "RAMDISK" not in vmm.log


def test_three_initrds(firmware, tmp_path, linux):
    kernel, guest = linux("debian12-cloud")
    initrds = [initrd.marker("before"), guest, initrd.compress(initrd.marker("after"))]
    path = esp_disk(tmp_path / "disk", bls_files(kernel, initrds, OPTIONS))
    with Vmm(firmware("qemu"), disks=[path], command_line="guest.action=poweroff") as vmm:
        assert sorted(vmm.guest()["markers"].split()) == ["after", "before", "first"]


def test_extras_in_the_initrd(firmware, tmp_path, linux):
    """They are where systemd looks for credentials and extensions, after an initrd of a different length."""
    kernel, guest = linux("debian12-cloud")
    files = bls_files(kernel, [guest], OPTIONS, extra=["/pass.cred", "/tools.sysext.raw"])
    files |= {"/pass.cred": b"open sesame", "/tools.sysext.raw": bytes(1001)}
    with Vmm(firmware("qemu"), disks=[esp_disk(tmp_path / "disk", files)]) as vmm:
        vmm.expect("started by Fatwood: a busybox shell")
        vmm.send("cat /.extra/credentials/pass.cred; stat -c 'has=%n,%a,%s' /.extra/*/*\n")
        vmm.expect(r"^has=/\.extra/sysext/tools\.sysext\.raw,444,1001")
        assert "has=/.extra/credentials/pass.cred,400,11" in vmm.log
        assert "open sesame" in vmm.log


@pytest.mark.parametrize("size_mib", [64, pytest.param(200, marks=pytest.mark.extended)])
@pytest.mark.parametrize("scattered", [False, True], ids=["whole", "scattered"])
def test_large_initrd(firmware, tmp_path, linux, scattered, size_mib):
    """Linux unpacks it and adds it up, which is what takes the time."""
    kernel, guest = linux("debian12-cloud")
    files = bls_files(kernel, [guest, initrd.ballast_file(size_mib * MIB)], OPTIONS)
    path = esp_disk(tmp_path / "disk", files, size=(4 * size_mib + 100) * MIB, cluster_blocks=8 if scattered else 1,
                    scattered=scattered)
    with Vmm(firmware("qemu"), memory=1024, disks=[path],
             command_line="guest.action=poweroff") as vmm:
        report = vmm.guest()
        assert report["ballast"] == f"{size_mib * MIB} good"
    path.unlink()


def test_seventeen_disks_all_work_in_the_guest(firmware, linux_disk, tmp_path):
    disks = []
    for number in range(16):
        path = tmp_path / f"data{number}"
        path.write_bytes(bytes([number + 1]) * MIB)
        disks.append(path)
    disks.append(linux_disk("debian12-cloud"))
    with Vmm(firmware("qemu"), disks=disks,
             command_line="guest.action=poweroff guest.verify=all") as vmm:
        report = vmm.guest()
        assert report["disks"] == "17"
        seen = sorted(line.split()[2] for line in report["disk"])
        assert seen == sorted(first_mib(path) for path in disks)


def test_kernel_supplied_by_the_vmm(firmware, tmp_path, linux, stub_disk):
    """A PVH module that is a kernel boots before any disk."""
    kernel, _ = linux("debian12-cloud")
    with Vmm(firmware("qemu"), memory=512, disks=[stub_disk], initrd=kernel,
             command_line=LOUD_OPTIONS) as vmm:
        vmm.expect("Unable to mount root fs")
        assert "FATWOOD-GUEST" not in vmm.log


def test_initrd_supplied_by_the_vmm(firmware, tmp_path, linux):
    """A PVH module that is not a kernel becomes the initrd of an entry without one."""
    kernel, guest = linux("debian12-cloud")
    path = esp_disk(tmp_path / "disk", bls_files(kernel, options=OPTIONS))
    with Vmm(firmware("qemu"), disks=[path], initrd=guest,
             command_line="guest.action=poweroff") as vmm:
        assert vmm.guest()["markers"] == "first"

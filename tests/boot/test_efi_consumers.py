# SPDX-License-Identifier: Apache-2.0
"""EFI programs for which the firmware was not specifically written (tests/images/efi_consumers.py): each works as
elsewhere, and when it returns, the next candidate is tried."""

import re

import pytest

from tests.boot.efi import on
from tests.boot.test_efi_loaders import assert_uefi
from tests.boot.vmm import without_escapes
from tests.images import efi_consumers, efi_program
from tests.images.disk import ESP_GUID


@pytest.fixture
def consumer(images):
    """consumer(name) is the disk of that name."""
    return lambda name: images(f"consumer-{name}", efi_consumers.IMAGES[name])


@pytest.mark.parametrize("name", ["refind", "syslinux", "systemd-boot-forky"])
@on("q35")
def test_boot_manager(place, consumer, name):
    with place.boot(consumer(name)) as vmm:
        report = vmm.guest()
        vmm.wait_for_end()
    assert report["efi"] == "yes"
    assert f"from={name.removeprefix('systemd-boot-')}" in report.words


@pytest.mark.extended
@on("q35")
def test_grub_of_debian_testing(place, consumer):
    with place.boot(consumer("grub-forky")) as vmm:
        report = vmm.guest()
        vmm.wait_for_end()
    assert_uefi(report, "grub-forky")
    assert report["LoaderDevicePartUUID"].lower() == ESP_GUID


@pytest.mark.extended
@on("q35")
def test_boot_guard(place, tmp_path):
    """EFI Boot Guard notes on the disk that it tries the new system; as that one is not confirmed, the next boot takes
    the old one. It finds the chipset's watchdog by the PCI protocols."""
    disk = tmp_path / "disk.raw"
    efi_consumers.make_boot_guard(disk)
    for wanted in ("KERNEL2", "KERNEL1"):
        with place.boot(place.disk(disk, kept=True)) as vmm:
            report = vmm.guest()
            vmm.wait_for_end()
            assert "Detected Intel TCO" in vmm.log
        assert_uefi(report, wanted)
        assert report["LoaderDevicePartUUID"].lower() == ESP_GUID


@pytest.mark.parametrize("name", ["xen", pytest.param("xen-bookworm", marks=pytest.mark.extended)])
@on("q35")
def test_xen(place, consumer, name):
    """Xen exits boot services with the memory map and the tables, and starts the kernel of dom0, which is a cloud
    kernel that cannot run as dom0. Another kernel faults at once under TCG, also with OVMF."""
    with place.boot(consumer(name), memory=768, cpu="max") as vmm:
        if name == "xen":  # 4.17 does not print it
            vmm.expect(r"\(XEN\) Wallclock source")
        vmm.expect("Building a PV Dom0")
        vmm.expect("Dom0 kernel: 64-bit")


@on("q35")
def test_memtest(place, consumer):
    with place.boot(consumer("memtest"), memory=64) as vmm:
        vmm.expect("Memtest86")
        vmm.expect("Address test")


def run_ipxe_shell(place, disk):
    with place.boot(disk) as vmm:
        vmm.expect("Press Ctrl-B")
        vmm.send("\x02")
        vmm.expect("iPXE>")
        vmm.send("exit\r")
        vmm.expect(r"BOOTX64.EFI has returned: Success")


@on("q35", ovmf=False)
def test_ipxe(place, consumer):
    """Its shell, or without the shell no network. In both cases it returns the status in the message."""
    run_ipxe_shell(place, consumer("ipxe"))
    with place.boot(consumer("snponly")) as vmm:
        vmm.expect("No more network devices")
        vmm.expect("warning: .*BOOTX64.EFI did not boot: Device Error")  # the firmware's message after iPXE returned
        vmm.expect("nothing to boot; tried:")


@on("q35")
def test_ipxe_network(place, consumer, tmp_path):
    """iPXE's own virtio-net driver uses the PCI protocols, gets an address by DHCP, and loads a program by TFTP. OVMF
    has its own driver."""
    (tmp_path / "next.efi").write_bytes(efi_program.program("returns", STATUS=21))
    card = ["-netdev", f"user,id=net,tftp={tmp_path},bootfile=next.efi",
            "-device", "virtio-net-pci,netdev=net,romfile="]
    with place.boot(consumer("ipxe"), extra=card) as vmm:
        vmm.expect("using SNP on" if place.is_ovmf else "using virtio-net on 0000:")
        vmm.expect(r"tftp://10.0.2.2/next.efi... ok")
        vmm.expect("EFI-PROGRAM: returns ABORTED")


@pytest.mark.extended
@on("q35", ovmf=False)
def test_ipxe_starts_a_kernel(place, consumer):
    """iPXE's timers and the card that it drives are stopped when the kernel exits boot services."""
    card = ["-netdev", "user,id=net", "-device", "virtio-net-pci,netdev=net,romfile="]
    with place.boot(consumer("ipxe-kernel"), extra=card) as vmm:
        report = vmm.guest()
        vmm.wait_for_end()
        assert "Configuring (net0" in vmm.log
    assert_uefi(report, "ipxe-kernel")


@on("q35", ovmf=False)
def test_program_that_fails(place, consumer):
    """It printed black on black, without an end of line; the firmware's message must still be visible."""
    with place.boot(consumer("syslinux-alone")) as vmm:
        vmm.expect(r"Failed to load ldlinux.e64\x1b\[0;37;40m$")
        vmm.expect(r"^warning: .*BOOTX64.EFI did not boot: Load Error$")


@on("q35")
def test_driver_of_a_file_system(place, consumer):
    with place.boot(consumer("ext4-driver")) as vmm:
        vmm.wait_for_end()
        log = without_escapes(vmm.log)
    for text in ("ext4.efi' loaded", "read from ext4", "no differences encountered", "EFI-PROGRAM: returns ABORTED",
                 "STATUS 0x15"):
        assert text in log, log
    assert re.search(r" 1 +- rEFInd .* ext4 File System", log), log


@on("q35")
def test_grub_commands(place, consumer):
    with place.boot(consumer("grub-commands")) as vmm:
        vmm.expect("STEPS-END")
        log = without_escapes(vmm.log)
    said = dict(zip(efi_consumers.GRUB_STEPS, re.split(r"^STEP \d+$", log, flags=re.MULTILINE)[1:]))
    assert "simple FS" in said["lsefi"] and "loaded image" in said["lsefi"]
    assert "ACPI-2.0" in said["lsefisystab"] and "SMBIOS" in said["lsefisystab"]
    assert "SAL not found" in said["lssal"]
    assert "conv-mem" in said["lsefimmap"]
    assert "hd0" in said["ls"] and "returns.efi" in said["ls (hd0,gpt1)/"]
    assert "QEMU" in said["smbios --type 1 --get-string 4"]
    assert "returns ABORTED" in said["chainloader /returns.efi\nboot"]


@on("q35")
def test_gnu_efi(place, consumer):
    """Some wait for one or two keys, so a key is pressed whenever the output stops."""
    with place.boot(consumer("gnu-efi")) as vmm:
        vmm.expect("drv0")
        for name in efi_consumers.GNU_EFI_APPLICATIONS:
            if name in ("t3", "t8"):
                vmm.send("\r")
            vmm.expect(f"DONE {name} 0x0")
        vmm.expect("SHELL-END")

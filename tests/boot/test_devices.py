# SPDX-License-Identifier: Apache-2.0
"""Disks in all the places and shapes that QEMU can give them, and consoles other than the serial port."""

import pathlib

import pytest

from tests.boot.vmm import Disk, Vmm
from tests.images.disk import bls_files, esp_disk
from tests.images.stub import Stub

PORT = ("pcie-root-port,id=port0,chassis=1,slot=1",)
SWITCH = ("pcie-root-port,id=port0,chassis=1,slot=1", "x3130-upstream,id=up0,bus=port0",
          "xio3130-downstream,id=down0,bus=up0,chassis=2,slot=2")
BRIDGES = ("pci-bridge,id=bridge0,chassis_nr=1", "pci-bridge,id=bridge1,chassis_nr=2,bus=bridge0,addr=3")


@pytest.mark.parametrize("machine, bridges, place", [
    ("q35", PORT, "bus=port0"),
    ("q35", SWITCH, "bus=down0"),
    ("pc", BRIDGES[:1], "bus=bridge0,addr=1"),
    ("pc", BRIDGES, "bus=bridge1,addr=1f"),
    ("q35", ("pcie-pci-bridge,id=bridge0",), "bus=bridge0,addr=2"),
    ("q35", (), "addr=1f.7"),
    ("pc", (), "addr=1f.0"),
])
def test_place_on_the_bus(firmware, stub_disk, machine, bridges, place):
    with Vmm(firmware("qemu"), machine, disks=[Disk(stub_disk, behind=place)],
             bridges=bridges) as vmm:
        assert "from=stub" in vmm.guest().words


def test_behind_a_port_where_nobody_assigned_addresses(firmware, stub_disk):
    with Vmm(firmware("qemu_microvm"), "microvm,pcie=on", bridges=PORT,
             disks=[Disk(stub_disk, behind="bus=port0")]) as vmm:
        assert "from=stub" in vmm.guest().words


def test_functions_of_one_device(firmware, stub_disk, images):
    """Function 0 is a blank disk, function 5 the good one, those between do not exist."""
    blank = images("blank", lambda path: path.write_bytes(bytes(1 << 20)))
    disks = [Disk(blank, behind="addr=5.0,multifunction=on"), Disk(stub_disk, behind="addr=5.5")]
    with Vmm(firmware("qemu"), disks=disks) as vmm:
        assert "from=stub" in vmm.guest().words


@pytest.mark.parametrize("options", [
    "event_idx=off,indirect_desc=off", "packed=on", "iommu_platform=on", "queue-size=16",
    "num-queues=4,vectors=5", "seg-max-adjust=off", "vectors=0", "discard=off,write-zeroes=off",
    "config-wce=off", "write-cache=off", "ats=on", "page-per-vq=on",
])
@pytest.mark.parametrize("transport", ["pci-modern"])
def test_device_options(firmware, stub_disk, transport, options):
    with Vmm(firmware("qemu"), disks=[Disk(stub_disk, transport, options=options)]) as vmm:
        assert "from=stub" in vmm.guest().words


def test_legacy_only_device_is_named(firmware, stub_disk):
    with Vmm(firmware("qemu"), "pc", disks=[Disk(stub_disk, options="disable-modern=on")]) as vmm:
        vmm.expect("^error: nothing to boot")
        vmm.wait_for_halt()


def test_read_only_disk(firmware, stub_disk):
    with Vmm(firmware("qemu"), disks=[Disk(stub_disk, read_only=True)]) as vmm:
        assert "from=stub" in vmm.guest().words


def test_fast_path_reads_a_large_kernel_whole(firmware, tmp_path):
    path = esp_disk(tmp_path / "disk", bls_files(Stub(size=40 << 20).data(), [b"i" * 5_000_001], "x"),
                    size=128 << 20)
    with Vmm(firmware("qemu"), disks=[path]) as vmm:
        report = vmm.guest()
        assert report["image"] == "good" and report.number("initrd_size") == 5_000_004


# --- consoles -------------------------------------------------------------------------------------


@pytest.mark.parametrize("build, machine, controller", [
    ("cloudhv", "q35", "virtio-serial-pci"), ("x86_64", "microvm", "virtio-serial-device"),
])
def test_virtio_console_without_a_serial_port(firmware, build, machine, controller):
    with Vmm(firmware(build), machine, serial=False, extra=[
            "-chardev", "stdio,id=console", "-device", controller,
            "-device", "virtconsole,chardev=console"]) as vmm:
        vmm.expect("^error: nothing to boot")
        vmm.wait_for_halt()


def test_keys_from_the_virtio_console(firmware, stub_disk, tmp_path):
    log = tmp_path / "serial"
    with Vmm(firmware("cloudhv"), disks=[stub_disk], serial=False,
             command_line="fatwood.timeout=menu-force", extra=[
                 "-serial", f"file:{log}", "-chardev", "stdio,id=console", "-device",
                 "virtio-serial-pci", "-device", "virtconsole,chardev=console"]) as vmm:
        vmm.expect("Enter boots 1 of 1")
        vmm.send("\r")
        vmm.wait_until(lambda: "FATWOOD-GUEST: done" in log.read_text(errors="replace"),
                       "the guest's report on the serial port")


@pytest.mark.parametrize("port", ["0x402", "0xe9"])
def test_debug_port(firmware, tmp_path, port):
    log = pathlib.Path(tmp_path / "debug")
    with Vmm(firmware("x86_64"), extra=["-debugcon", f"file:{log}", "-global",
                                        f"isa-debugcon.iobase={port}"]) as vmm:
        vmm.expect("^error: nothing to boot")
        vmm.wait_for_halt()
    assert "error: nothing to boot" in log.read_text()

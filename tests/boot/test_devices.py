# SPDX-License-Identifier: Apache-2.0
"""All places and kinds of disks that QEMU supports, and consoles other than the serial port."""

import pathlib
import random
import re
import subprocess
import time

import pytest

from tests.boot.vmm import TWO_BRIDGES, WAIT_SECONDS, Disk, Vmm
from tests.images.disk import bls_files, esp_disk
from tests.images.stub import Stub

PORT = ("pcie-root-port,id=port0,chassis=1,slot=1",)
SWITCH = ("pcie-root-port,id=port0,chassis=1,slot=1", "x3130-upstream,id=up0,bus=port0",
          "xio3130-downstream,id=down0,bus=up0,chassis=2,slot=2")
SWITCHES = (*SWITCH, "x3130-upstream,id=up1,bus=down0",
            "xio3130-downstream,id=down1,bus=up1,chassis=3,slot=3")
EMPTY = tuple(f"pcie-root-port,id=empty{i},chassis={i + 10},slot={i + 10}" for i in range(8))
EXPANDERS = (*PORT, "pxb-pcie,id=root0,bus_nr=64,bus=pcie.0", "pcie-root-port,id=port1,bus=root0,chassis=2",
             "pxb-pcie,id=root1,bus_nr=200,bus=pcie.0", "pcie-root-port,id=port2,bus=root1,chassis=3")


@pytest.mark.parametrize("machine, bridges, place", [
    ("q35", PORT, "bus=port0"),
    ("q35", SWITCH, "bus=down0"),
    ("q35", EMPTY + SWITCHES, "bus=down1"),
    ("q35", EXPANDERS, "bus=port2"),
    ("pc", ("pxb,id=root0,bus_nr=1",), "bus=root0,addr=7"),
    ("pc", TWO_BRIDGES[:1], "bus=bridge0,addr=1"),
    ("pc", TWO_BRIDGES, "bus=bridge1,addr=1f"),
    ("q35", ("pcie-pci-bridge,id=bridge0",), "bus=bridge0,addr=2"),
    ("q35", (), "addr=1f.7"),
    ("pc", (), "addr=1f.0"),
])
def test_place_on_the_bus(firmware, stub_disk, machine, bridges, place):
    with Vmm(firmware("qemu"), machine, disks=[Disk(stub_disk, behind=place)],
             bridges=bridges) as vmm:
        assert "from=stub" in vmm.guest().words


def test_behind_a_port_without_assigned_addresses(firmware, stub_disk):
    with Vmm(firmware("qemu_microvm"), "microvm,pcie=on", bridges=PORT,
             disks=[Disk(stub_disk, behind="bus=port0")]) as vmm:
        assert "from=stub" in vmm.guest().words


def test_functions_of_one_device(firmware, stub_disk, images):
    """Function 0 is a blank disk, function 5 is the good one, and the functions between do not exist."""
    blank = images("blank", lambda path: path.write_bytes(bytes(1 << 20)))
    disks = [Disk(blank, behind="addr=5.0,multifunction=on"), Disk(stub_disk, behind="addr=5.5")]
    with Vmm(firmware("qemu"), disks=disks) as vmm:
        assert "from=stub" in vmm.guest().words


@pytest.mark.parametrize("options", [
    "event_idx=off,indirect_desc=off", "packed=on", "iommu_platform=on", "queue-size=4", "queue-size=16",
    "queue-size=1024", "num-queues=4,vectors=5", "seg-max-adjust=off", "vectors=0",
    "discard=off,write-zeroes=off", "config-wce=off", "write-cache=off", "ats=on,aer=on",
    "x-disable-pcie=on", "page-per-vq=on", "modern-pio-notify=on", "ioeventfd=off",
    "physical_block_size=4096,logical_block_size=512",
])
def test_device_options(firmware, stub_disk, options):
    with Vmm(firmware("qemu"), disks=[Disk(stub_disk, "pci-modern", options=options)]) as vmm:
        assert "from=stub" in vmm.guest().words


def test_doorbells_in_ports_without_assigned_addresses(firmware, stub_disk):
    disk = Disk(stub_disk, "pci-modern", options="modern-pio-notify=on")
    with Vmm(firmware("qemu_microvm"), "microvm,pcie=on", disks=[disk]) as vmm:
        assert "from=stub" in vmm.guest().words


@pytest.mark.parametrize("machine, iommu", [
    ("q35,kernel-irqchip=split", "intel-iommu,device-iotlb=on"), ("q35", "virtio-iommu-pci"),
])
def test_behind_an_iommu(firmware, stub_disk, machine, iommu):
    disk = Disk(stub_disk, "pci-modern", options="iommu_platform=on,ats=on")
    with Vmm(firmware("qemu"), machine, disks=[disk], bridges=[iommu]) as vmm:
        assert "from=stub" in vmm.guest().words


def test_unsupported_devices_are_skipped_silently(firmware, stub_disk, images):
    blank = images("blank", lambda path: path.write_bytes(bytes(1 << 20)))
    drive = f"if=none,format=raw,snapshot=on,file={blank}"
    others = ["-drive", f"id=a,{drive}", "-device", "nvme,drive=a,serial=1",
              "-device", "virtio-scsi-pci,id=scsi", "-drive", f"id=b,{drive}", "-device", "scsi-hd,drive=b",
              "-device", "virtio-serial-pci,max_ports=8", "-chardev", "null,id=c", "-device",
              "virtserialport,chardev=c,name=org.qemu.guest_agent.0", "-device", "qemu-xhci"]
    others += ["-device", "virtio-balloon-pci"] + 30 * ["-device", "virtio-keyboard-pci,bus=bridge0"]
    with Vmm(firmware("qemu"), disks=[stub_disk], bridges=["pci-bridge,id=bridge0,chassis_nr=1"],
             extra=others, command_line="fatwood.log=info") as vmm:
        assert "from=stub" in vmm.guest().words
        said = vmm.log.split("FATWOOD-GUEST")[0]
        assert "warning" not in said and "error" not in said


@pytest.mark.parametrize("options, size, message", [
    ("disable-modern=on", 1 << 20, r"virtio-blk 00:02\.0: no modern registers.* disable-modern=on"),
    ("", 0, r"virtio-blk 00:02\.0: a capacity of 0 sectors"),
])
def test_unusable_disk_is_reported_in_one_line(firmware, stub_disk, tmp_path, options, size, message):
    path = tmp_path / "disk"
    path.write_bytes(bytes(size))
    with Vmm(firmware("qemu"), "pc", disks=[Disk(path, options=options), stub_disk],
             command_line="fatwood.log=warning") as vmm:
        assert "from=stub" in vmm.guest().words
        assert re.search(f"^warning: {message}", vmm.log, re.MULTILINE)
        assert vmm.log.count("warning:") == 1


def test_read_only_disk(firmware, stub_disk):
    with Vmm(firmware("qemu"), disks=[Disk(stub_disk, read_only=True)]) as vmm:
        assert "from=stub" in vmm.guest().words


def test_vhost_user(firmware, stub_disk, tmp_path):
    """A device that offers size_max and leaves it 0, implemented outside of QEMU."""
    socket, ready = tmp_path / "socket", tmp_path / "pid"
    with subprocess.Popen([
            "qemu-storage-daemon", "--pidfile", ready,  # written when the export's socket listens
            "--blockdev", f"driver=file,node-name=file,filename={stub_disk},read-only=on,locking=off",
            "--export", f"type=vhost-user-blk,id=export,addr.type=unix,addr.path={socket},node-name=file"]) as daemon:
        try:
            deadline = time.monotonic() + WAIT_SECONDS
            while not ready.exists():
                assert daemon.poll() is None and time.monotonic() < deadline
                time.sleep(0.05)
            with Vmm(firmware("qemu"), "q35,memory-backend=memory", extra=[
                    "-object", "memory-backend-memfd,id=memory,size=256M,share=on",
                    "-chardev", f"socket,id=c,path={socket}",
                    "-device", "vhost-user-blk-pci,chardev=c,num-queues=1"]) as vmm:
                assert "from=stub" in vmm.guest().words
        finally:
            daemon.kill()


@pytest.fixture(scope="module")
def slow_disk(tmp_path_factory, stub_kernel):
    path = tmp_path_factory.mktemp("slow") / "disk"
    return esp_disk(path, bls_files(stub_kernel, [random.Random(1).randbytes(40 << 20)], "from=slow"), size=64 << 20)


@pytest.mark.extended
@pytest.mark.parametrize("machine, devices", [
    ("q35", ["virtio-blk-pci,drive=slow"]), ("q35", ["nvme,serial=1,drive=slow"]), ("q35", ["ide-hd,drive=slow"]),
    ("pc", ["ide-hd,drive=slow"]), ("q35", ["virtio-scsi-pci", "scsi-hd,drive=slow"]),
], ids=["virtio", "nvme", "ahci", "ide", "scsi"])
def test_a_disk_of_a_megabyte_a_second(firmware, slow_disk, machine, devices):
    extra = ["-drive", f"if=none,id=slow,format=raw,snapshot=on,file={slow_disk},throttling.bps-total=1000000"]
    for device in devices:
        extra += ["-device", device]
    with Vmm(firmware("qemu"), machine, extra=extra) as vmm:
        assert "from=slow" in vmm.guest().words


def test_fast_path_reads_a_large_kernel_completely(firmware, tmp_path):
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

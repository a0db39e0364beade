# SPDX-License-Identifier: Apache-2.0
"""bootindex: the VMM decides which disk is tried first, whatever a guest has stored (docs/uefi.md)."""

import struct

import pytest

from tests.boot.vmm import TWO_BRIDGES, Disk, Vmm
from tests.images import efi_program
from tests.images.disk import Fat, Partition, bls_files, esp_disk, write_disk
from tests.images.efi_variables import FILE, option, store

EXPANDER = ("pxb-pcie,id=root0,bus_nr=64,bus=pcie.0", "pcie-root-port,id=port0,bus=root0,chassis=2",
            "pxb-pcie,id=root1,bus_nr=200,bus=pcie.0", "pcie-root-port,id=port1,bus=root1,chassis=3")


@pytest.fixture
def other_disk(images, stub_kernel):
    return images("other", lambda path: esp_disk(path, bls_files(stub_kernel, options="from=other")))


@pytest.mark.parametrize("build, machine, transport, bridges, root, place", [
    ("qemu", "q35", "pci-modern", EXPANDER, "bus=pcie.0", "bus=port1"),
    ("qemu", "pc", "pci", TWO_BRIDGES, "bus=pci.0", "bus=bridge1,addr=1f"),
    ("qemu_rom", "q35", "pci", (), "", "addr=9"),
    ("qemu_microvm", "microvm", "mmio", (), "", ""),
], ids=["q35-pxb", "pc-bridges", "rom", "microvm"])
def test_disk_with_the_lowest_bootindex(firmware, stub_disk, other_disk, build, machine, transport, bridges, root,
                                        place):
    image = firmware(build)
    image = image.with_suffix(".rom") if build == "qemu_rom" else image
    words = ["-fw_cfg", "name=opt/fatwood/command-line,string=fatwood.log=info"] if build == "qemu_rom" else []
    disks = [Disk(stub_disk, transport, behind=root, options="bootindex=7"), Disk(stub_disk, transport, behind=root),
             Disk(other_disk, transport, behind=place, options="bootindex=2")]
    with Vmm(image, machine, disks=disks, bridges=bridges, extra=words,
             command_line="" if words else "fatwood.log=info") as vmm:
        assert "from=other" in vmm.guest().words
        assert "no such disk was found" not in vmm.log


def test_stored_options_follow_the_order_of_their_disks(firmware, stub_kernel, tmp_path):
    """BootOrder names the first disk, then the second; only the second has a bootindex."""
    def disk(name, **more):
        files = {**bls_files(stub_kernel, options=f"from={name}"), "/x.efi": returns, **more}
        return write_disk(tmp_path / name, [Partition(Fat(files, 64 << 20), "esp", name)])

    def guid(name):
        return Partition(None, "esp", name).guid

    returns = efi_program.program("returns", STATUS=21)
    second = disk("second")
    variables = store({"BootOrder": struct.pack("<HH", 1, 2), "Boot0001": option(guid("first"), "\\x.efi"),
                       "Boot0002": option(guid("second"), "\\x.efi")})
    first = disk("first", **{FILE: variables})
    image = firmware("qemu")
    with Vmm(image, disks=[first, Disk(second, options="bootindex=1")]) as vmm:
        assert "from=second" in vmm.guest().words
        assert "Boot0002" in vmm.log and "Boot0001" not in vmm.log
    with Vmm(image, disks=[first, second]) as vmm:
        assert "from=first" in vmm.guest().words
        assert "Boot0002" in vmm.log and "Boot0001" in vmm.log


@pytest.mark.parametrize("device", ["ide-hd,bus=ide.2", "nvme,serial=1"])
def test_disk_of_a_controller_with_strict_order(firmware, stub_disk, other_disk, device):
    """As with libvirt, which sets strict=on for each domain."""
    drive = f"if=none,id=other,format=raw,snapshot=on,file={other_disk}"
    with Vmm(firmware("qemu"), disks=[stub_disk], extra=[
            "-drive", drive, "-device", f"{device},drive=other,bootindex=1", "-boot", "strict=on"]) as vmm:
        assert "from=other" in vmm.guest().words


def test_strict_order(firmware, images, stub_disk):
    blank = images("blank", lambda path: path.write_bytes(bytes(1 << 20)))
    with Vmm(firmware("qemu"), disks=[stub_disk, Disk(blank, options="bootindex=1")],
             extra=["-boot", "strict=on"]) as vmm:
        vmm.expect("nothing to boot")
        assert "no disk without a bootindex is tried" in vmm.log

#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The cost of a boot on real VMMs under KVM, counted by scripts/vm_exits.py in the lab: with Fatwood, and with the
VMM's own direct boot of the same kernel and initrd. The VMMs are those of the tests, in the folder FATWOOD_VMM_DIR.

    FATWOOD_VMM_DIR=... build/venv/bin/python scripts/bench_vmms.py --markdown docs/figures.md
"""

import argparse
import dataclasses
import json
import pathlib
import struct
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from scripts import bench_report, firmware, lab, vm_exits
from tests.boot import documents
from tests.images import initrd, kernels, packages
from tests.images.disk import bls_files, esp_disk

MARKS = ("<!-- table of bench_vmms.py: begin -->", "<!-- table of bench_vmms.py: end -->")
SUITE = "trixie"
OPTIONS = "console=ttyS0 earlyprintk=ttyS0"
WORD = "Linux version"
SECONDS = 600
PAYLOAD = 0x248  # payload_offset and payload_length of the Linux boot protocol
SETUP_SECTORS = 0x1F1
FIRMWARE = "build/fatwood.elf"
MACHINE, DIRECT_MACHINE = "vm.json", "direct.json"  # of Firecracker
LOADER_FIRST, WITHOUT_UEFI = "EFI_LOADER_FIRST=y", "EFI=n"
OWN, LOADER, SMALL = "Fatwood, boot entry", "Fatwood, systemd-boot", "Fatwood without UEFI, boot entry"
DIRECT = "no firmware: the VMM's own boot"
EDK2, EDK2_SUITE, EDK2_PACKAGE = "EDK2, systemd-boot", "forky", "cloudhv-efi-x86-64"
EDK2_FILE = "usr/share/cloudhv-efi-x86-64/CLOUDHV.fd"
TABLE = bench_report.Table("vmms", "On real VMMs under KVM, from the first instruction to the kernel's first word",
                           {"vmm": "VMM", "how": "what boots", "exits": "exits", "accesses": "accesses",
                            "bytes": "bytes of firmware"}, left=2)


@dataclasses.dataclass(frozen=True)
class Vmm:
    """program: also the name of its page in docs/vmm, whose command `block` is run with the replacements `one_cpu`.
    direct: the replacements for its direct boot of a kernel."""

    name: str
    program: str
    config: str
    block: str
    one_cpu: tuple
    direct: tuple


VMMS = (
    Vmm("Cloud Hypervisor", "cloud-hypervisor", "cloudhv", "kernel", (("--cpus boot=2", "--cpus boot=1"),),
        ((FIRMWARE, "vmlinuz"),
         ("--disk path=disk.raw,image_type=raw", f"--initramfs initrd.img --cmdline '{OPTIONS}'"))),
    Vmm("Firecracker", "firecracker", "firecracker", "pci", (), ((MACHINE, DIRECT_MACHINE),)),
    Vmm("crosvm", "crosvm", "crosvm", "kernel", (("--cpus 2", "--cpus 1"),),
        ((FIRMWARE, "vmlinuz"), ("--block path=disk.raw", f"--initrd initrd.img -p '{OPTIONS}'"))),
    Vmm("Alioth", "alioth", "alioth", "script", (("count=2", "count=1"),),
        ((f"--pvh {FIRMWARE}", "-k vmlinuz"), ("--blk file,path=disk.raw", f"-i initrd.img -c '{OPTIONS}'"))),
)


def command(vmm, is_direct):
    """The command of the VMM's page, on one line."""
    page = {"": documents.blocks(vmm.program, "test")[vmm.block].replace("\\\n", " ")}
    changes = vmm.one_cpu + (vmm.direct if is_direct else ())
    return " ".join(documents.replaced(page, changes, f"{vmm.program}.md, {vmm.block}")[""].split())


def vmlinux(image):
    """The ELF file in a zstd-compressed bzImage, in which its length follows the data."""
    data = image.read_bytes()
    offset, size = struct.unpack_from("<II", data, PAYLOAD)
    start = (data[SETUP_SECTORS] + 1) * 512 + offset
    return subprocess.run(["zstd", "-dcq"], input=data[start:start + size - 4], capture_output=True, check=True).stdout


def firecracker_machines():
    """(with Fatwood, with direct boot): the machine of Firecracker's page, with one processor. Its direct boot accepts
    no compressed kernel."""
    machine = json.loads(documents.blocks("firecracker", "file")[MACHINE])
    machine["machine-config"]["vcpu_count"] = 1
    machine["boot-source"]["boot_args"] = OPTIONS
    source = {**machine["boot-source"], "kernel_image_path": "vmlinux", "initrd_path": "initrd.img"}
    return json.dumps(machine), json.dumps({**machine, "boot-source": source, "drives": []})


def put_files(place, folder):
    """The files that all machines boot."""
    kernel = packages.kernel(SUITE)
    guest = initrd.guest_file(kernel)
    disk = folder / "disk.raw"
    loader = packages.boot_loaders(SUITE) / packages.SYSTEMD_BOOT
    esp_disk(disk, {**bls_files(kernel.image, [guest], options=OPTIONS), "/EFI/BOOT/BOOTX64.EFI": loader,
                    "/loader/loader.conf": b"timeout 0\n"})
    (folder / "vmlinux").write_bytes(vmlinux(kernel.image))
    for name, text in zip((MACHINE, DIRECT_MACHINE), firecracker_machines(), strict=True):
        (folder / name).write_text(text)
    for path, name in ((disk, "disk.raw"), (kernel.image, "vmlinuz"), (guest, "initrd.img"),
                       *((folder / name, name) for name in ("vmlinux", MACHINE, DIRECT_MACHINE))):
        place.put(path, name)


def ways(vmm):
    """(name, the firmware or None)"""
    yield OWN, firmware.build(vmm.config)
    yield LOADER, firmware.build(vmm.config, LOADER_FIRST)
    if vmm.config == "cloudhv":  # the others' builds are not for a small size
        yield SMALL, firmware.build(vmm.config, WITHOUT_UEFI)
    yield DIRECT, None


def measured(place, vmm, how, image):
    """Measures one boot and returns its row."""
    kernels.progress(f"{vmm.name}: {how}")
    if image:
        place.put(image, FIRMWARE)
    line = documents.until_guest_is_done(command(vmm, not image), mark=WORD)
    counts = vm_exits.measure(place, WORD, line, SECONDS)
    print(f"{vmm.name}, {how}\n{vm_exits.table(counts)}", flush=True)
    return {"vmm": vmm.name, "how": how, "exits": counts.exit_count, "accesses": counts.access_count,
            "bytes": image.stat().st_size if image else None}


def put_vmm(place, vmm):
    path = lab.installed_vmms().get(vmm.program)
    if not path:
        raise kernels.Unavailable(f"no {vmm.program} in the folder FATWOOD_VMM_DIR")
    place.put_program(path)


def rows(folder):
    with lab.open_lab() as place:
        put_files(place, folder)
        for vmm in VMMS:
            put_vmm(place, vmm)
            yield from (measured(place, vmm, *way) for way in ways(vmm))


def edk2_row(folder):
    """Uses a separate lab: if the lab is emulated, QEMU 7.2 fails an assertion in tcg_handle_interrupt() while EDK2
    boots, and there are no numbers."""
    image = kernels.unpacked_package("Debian", EDK2_SUITE, "main", EDK2_PACKAGE) / EDK2_FILE
    try:
        with lab.open_lab() as place:
            put_files(place, folder)
            put_vmm(place, VMMS[0])
            return measured(place, VMMS[0], EDK2, image)
    except (lab.LabError, OSError) as error:
        print(f"bench_vmms: {EDK2}: {error}", file=sys.stderr)
        return {"vmm": VMMS[0].name, "how": EDK2, "exits": None, "accesses": None, "bytes": image.stat().st_size}


def main():
    parser = argparse.ArgumentParser(description="Count what boots cost on real VMMs.")
    parser.add_argument("--markdown", type=pathlib.Path, metavar="FILE", help="put the table into that document")
    arguments = parser.parse_args()
    try:
        with tempfile.TemporaryDirectory(prefix="fatwood-") as folder:
            table = list(rows(pathlib.Path(folder)))
            of_first = [row["vmm"] for row in table].count(VMMS[0].name)
            table.insert(of_first, edk2_row(pathlib.Path(folder)))
    except (lab.LabError, kernels.Unavailable, firmware.BuildError, OSError) as error:
        print(f"bench_vmms: {error}", file=sys.stderr)
        return 2
    if arguments.markdown:
        text = arguments.markdown.read_text()
        arguments.markdown.write_text(bench_report.with_tables(text, {TABLE.name: table}, MARKS, (TABLE,)))
    return 0


if __name__ == "__main__":
    sys.exit(main())

# SPDX-License-Identifier: Apache-2.0
"""Boots from the reset vector: the ROM instead of SeaBIOS, on both chipsets (docs/vmm/qemu.md)."""

import struct

import pytest

from tests.boot.checks import assert_started_well
from tests.boot.vmm import Disk, Vmm
from tests.images import efi, efi_consumers, efi_program, efi_variables, initrd, packages
from tests.images.disk import Partition, bls_files, esp_disk

PORT = "pcie-root-port,id=bridge,slot=1"
BRIDGE = "pci-bridge,id=bridge,chassis_nr=1"
KERNEL_HEADER_END = 0x250
WORDS = ["-fw_cfg", "name=opt/fatwood/command-line,string=fatwood.log=debug"]


@pytest.mark.parametrize("machine, bridge, behind",
                         [("q35", PORT, "bus=bridge"), ("pc", BRIDGE, "bus=bridge,addr=2")], ids=["q35", "pc"])
def test_a_disk_behind_a_bridge_boots(firmware, stub_disk, machine, bridge, behind):
    rom = firmware("qemu_rom").with_suffix(".rom")
    disk = Disk(stub_disk, behind=behind)
    with Vmm(rom, machine=machine, disks=[disk], bridges=[bridge], extra=WORDS) as vmm:
        report = vmm.guest()
    assert "from=stub" in report.words
    assert "entered by reset" in vmm.log
    assert "ACPI: RSDP at 0xf0" in vmm.log


@pytest.mark.parametrize("machine", ["q35", "pc"])
def test_memory_above_4_gib(firmware, stub_disk, machine):
    """The guest has all of the memory, below and above the hole, and both processors."""
    with Vmm(firmware("qemu_rom").with_suffix(".rom"), machine, 5120, [stub_disk], cpus=2, cpu="max",
             extra=WORDS) as vmm:
        report = vmm.guest()
        assert_started_well(report, 5120)
        assert report["rsdp"] == "good"
        assert "2 processors are set up" in vmm.log


def test_a_kernel_from_fw_cfg_boots(firmware, stub_kernel, tmp_path):
    kernel = tmp_path / "vmlinuz"
    kernel.write_bytes(stub_kernel)
    with Vmm(firmware("qemu_rom").with_suffix(".rom"), kernel=kernel, command_line="from=vmm") as vmm:
        assert "from=vmm" in vmm.guest().words


@pytest.mark.parametrize("machine, screen, mode", [("q35", "VGA", "1280x800x32"), ("pc", "ramfb", "1024x768x32")])
def test_devices_of_a_kernel_from_fw_cfg(firmware, tmp_path, machine, screen, mode):
    """The kernel has what one from a disk has: the screen, random numbers from a device, stored variables."""
    kernel = packages.kernel("trixie")
    stored = efi_variables.store({"Kept": b"yes"}, efi_variables.TEST)
    disk = esp_disk(tmp_path / "disk.raw", {efi_variables.FILE: stored})
    with Vmm(firmware("qemu_rom").with_suffix(".rom"), machine, 512, [Disk(disk)], kernel=kernel.image,
             initrd=initrd.guest_file(kernel), command_line=efi.options("given", efi="report,get:Kept"),
             extra=["-device", screen, "-device", "virtio-rng-pci"]) as vmm:
        report = vmm.guest()
        assert report["efi_get"] == ["Kept yes"]
        for wanted in (f"efifb: mode is {mode}", "RNG="):
            assert any(wanted in line for line in report["efi_log"]), report["efi_log"]


def test_a_program_from_fw_cfg_that_returns(firmware, efi_image, tmp_path):
    """The program could access the disks, and after it a disk boots."""
    program = tmp_path / "program"
    program.write_bytes(efi_program.program("returns", STATUS=21))
    with Vmm(firmware("qemu_rom").with_suffix(".rom"), memory=512, kernel=program,
             disks=[Disk(efi_image("uki-trixie"))]) as vmm:
        assert "from=uki-trixie" in vmm.guest().words
    assert "EFI-PROGRAM: returns ABORTED" in vmm.log


def test_a_program_from_fw_cfg_without_disks(firmware, stub_disk, tmp_path):
    """No disk is read if the VMM forbids it."""
    program = tmp_path / "program"
    program.write_bytes(efi_program.program("returns", STATUS=21))
    with Vmm(firmware("qemu_rom").with_suffix(".rom"), memory=512, kernel=program, command_line="fatwood.disks=0",
             disks=[Disk(stub_disk)]) as vmm:
        vmm.expect("nothing to boot")
        assert "EFI-PROGRAM: returns ABORTED" in vmm.log
        (statistics,) = vmm.qmp("query-blockstats")
        assert statistics["stats"]["rd_operations"] == 0


def kernel_of(program):
    """An EFI program with the header of a Linux kernel, where QEMU and Fatwood look for it."""
    data = bytearray(program)
    (start,) = struct.unpack_from("<I", data, 0x3C)
    sections, optional = struct.unpack_from("<H12xH", data, start + 6)
    (headers,) = struct.unpack_from("<I", data, start + 24 + 60)
    header = data[start:start + 24 + optional + 40 * sections]
    assert KERNEL_HEADER_END + len(header) <= headers
    data[0x1F1:KERNEL_HEADER_END] = bytes(KERNEL_HEADER_END - 0x1F1)
    data[KERNEL_HEADER_END:KERNEL_HEADER_END + len(header)] = header
    struct.pack_into("<I", data, 0x3C, KERNEL_HEADER_END)
    struct.pack_into("<H2x4sH", data, 0x1FE, 0xAA55, b"HdrS", 0x20C)
    return bytes(data)


@pytest.mark.parametrize("name", ["qemu_rom", "qemu"])
def test_a_kernel_from_the_vmm_that_returns(firmware, efi_image, tmp_path, name):
    """After it a disk boots, even if the kernel was started before any disk was found (qemu)."""
    kernel = tmp_path / "kernel"
    kernel.write_bytes(kernel_of(efi_program.program("returns", STATUS=21)))
    image = firmware(name)
    given = {"kernel": kernel} if name == "qemu_rom" else {"initrd": kernel}
    with Vmm(image.with_suffix(".rom") if name == "qemu_rom" else image, memory=512,
             disks=[Disk(efi_image("uki-trixie"))], **given) as vmm:
        report = vmm.guest()
        assert "from=uki-trixie" in report.words
        assert report["LoaderDevicePartUUID"].lower() == Partition(None, "esp", "ESP").guid
    assert "EFI-PROGRAM: returns ABORTED" in vmm.log


def test_an_elf_kernel_is_refused(firmware, stub_disk):
    """QEMU loads it to the address of the ROM's own image, and has only its header in fw_cfg."""
    rom = firmware("qemu_rom").with_suffix(".rom")
    with Vmm(rom, disks=[Disk(stub_disk)], kernel=rom.with_suffix(".elf")) as vmm:
        assert "from=stub" in vmm.guest().words
    assert "the VMM's kernel is an ELF file, which a ROM cannot boot" in vmm.log


@pytest.mark.parametrize("machine, transport, extra", [
    ("q35", "sata", ["-device", "ide-cd,bus=ide.3"]),  # as configured by libvirt, with an empty drive
    ("pc", "pci", []),
], ids=["q35", "pc"])
def test_shim_and_grub(firmware, efi_image, machine, transport, extra):
    """From reset through UEFI to user space and power-off."""
    with Vmm(firmware("qemu_rom").with_suffix(".rom"), machine, 512,
             [Disk(efi_image("shim-grub-trixie"), transport)], cpus=2, extra=extra) as vmm:
        report = vmm.guest()
        assert "from=shim-grub-trixie" in report.words
        assert report["efi"] == "yes" and report["acpi"] == "yes"
        vmm.wait_for_end()


@pytest.mark.parametrize("machine, bridges, behind",
                         [("q35", [PORT], "bus=bridge"), ("pc", [], "")], ids=["q35", "pc"])
def test_interrupts_without_msi(firmware, images, linux, machine, bridges, behind):
    """The disk uses an interrupt pin, routed according to the ACPI tables that the ROM has installed."""
    kernel, initramfs = linux("debian12-cloud")
    options = "console=ttyS0 quiet no_timer_check pci=nomsi guest.action=poweroff guest.verify=first"
    path = images("rom-nomsi", lambda path: esp_disk(path, bls_files(kernel, [initramfs], options=options)))
    disk = Disk(path, "pci-modern", behind=behind)
    with Vmm(firmware("qemu_rom").with_suffix(".rom"), machine, 512, [disk], bridges=bridges) as vmm:
        report = vmm.guest()
        assert len(report["disk"]) == 1, "the guest has not read its disk"
        vmm.wait_for_end()


def test_variables_in_flash(firmware, tmp_path):
    """Variables set by Linux still exist after a restart and on the other machine type; read-only flash is treated as
    absent."""
    rom = firmware("qemu_rom").with_suffix(".rom")
    disk, store = tmp_path / "disk.raw", tmp_path / "vars.fd"
    store.write_bytes(rom.with_name("fatwood_vars.fd").read_bytes())
    efi.make_words(disk, "flash", "trixie", "get:Kept,set:Kept=yes,set:Gone=yes,delete:Gone", action="reboot")
    with Vmm(rom, "q35", 512, [Disk(disk)], extra=WORDS, reboot=True, variables=store) as vmm:
        assert vmm.guest()["efi_set"] == ["Kept good", "Gone good"]
        assert vmm.guest(2)["efi_get"] == ["Kept yes"]
    efi.change_words(disk, "flash", "get:Kept,get:Gone", action="poweroff")
    for machine, options, wanted in (("pc", "", ["Kept yes", "Gone"]), ("q35", ",readonly=on", ["Kept", "Gone"])):
        with Vmm(rom, machine, 512, [Disk(disk)], extra=WORDS, variables=f"{store}{options}") as vmm:
            assert vmm.guest()["efi_get"] == wanted
            assert ("flash: read-only: not used" in vmm.log) == bool(options)
            vmm.wait_for_end()


def test_flash_that_ovmf_used(firmware, images, tmp_path):
    """From OVMF to Fatwood and back: each start reads the previous value and replaces it."""
    rom, ovmf = firmware("qemu_rom").with_suffix(".rom"), packages.ovmf()
    store = tmp_path / "vars.fd"
    store.write_bytes(ovmf.variables.read_bytes())
    disk = images("program-journey", lambda path: esp_disk(path, {efi.REMOVABLE: efi_program.program("journey")}))
    for code, found in ((ovmf, "'', attributes 0, NOT_FOUND"), (rom, "'1', attributes 7, SUCCESS"),
                        (rom, "'12', attributes 7, SUCCESS"), (ovmf, "'123', attributes 7, SUCCESS")):
        with Vmm(code, "q35", 512, [Disk(disk, "pci-modern")], variables=store) as vmm:
            vmm.wait_for_end()
            assert f"EFI-PROGRAM: found {found}\n" in vmm.log
            assert "EFI-PROGRAM: longer, SUCCESS\n" in vmm.log


@pytest.mark.extended
@pytest.mark.parametrize("bar, bits", [("64G", 40), ("1T", 46), ("16T", 40)])
@pytest.mark.parametrize("machine, bridge, behind", [("q35", PORT, "bus=bridge"), ("pc", BRIDGE, "bus=bridge,addr=2")],
                         ids=["q35", "pc"])
def test_huge_bars(firmware, stub_disk, machine, bridge, behind, bar, bits):
    """Before the disk and behind a bridge: a BAR that the processor cannot reach gets no address, and a warning is
    printed."""
    root = "pcie.0" if machine == "q35" else "pci.0"
    first, last = (f"pci-testdev,membar={bar},bus={root},addr={slot}" for slot in ("8", "1e"))
    with Vmm(firmware("qemu_rom").with_suffix(".rom"), machine, disks=[Disk(stub_disk, behind=f"bus={root},addr=9")],
             bridges=[bridge], cpu=f"max,phys-bits={bits}",
             extra=["-device", first, "-device", last, "-device", f"pci-testdev,membar={bar},{behind}", *WORDS]) as vmm:
        assert "from=stub" in vmm.guest().words
        assert ("warning: PCI" in vmm.log) == (bar == "16T")


def kernels_for_fw_cfg(name):
    """The value of -kernel, as a path or bytes, and more arguments for Vmm."""
    kernel = packages.kernel("trixie")
    if name == "vmlinuz":
        return kernel.image, {"initrd": efi.initrd.guest_file(kernel), "command_line": efi.options(name)}
    if name == "uki":
        return efi.uki("trixie", name), {}
    if name == "uki-append":
        return efi.uki("trixie", "uki"), {"command_line": efi.options(name)}
    loaders = packages.boot_loaders("trixie")
    return {"systemd-boot": loaders / packages.SYSTEMD_BOOT, "shell": loaders / packages.SHELL,
            "memtest": efi_consumers.package("memtest86+") / "boot/memtest86+x64.efi"}[name], {
                "command_line": "console=ttyS0,115200" if name == "memtest" else ""}


@pytest.mark.extended
@pytest.mark.parametrize("name", ["vmlinuz", "uki", "uki-append", "systemd-boot", "shell", "memtest"])
def test_programs_from_fw_cfg(firmware, efi_image, tmp_path, name):
    """Any EFI program passed by the VMM is started, through LoadImage."""
    kernel, more = kernels_for_fw_cfg(name)
    if isinstance(kernel, bytes):
        (tmp_path / "kernel").write_bytes(kernel)
        kernel = tmp_path / "kernel"
    with Vmm(firmware("qemu_rom").with_suffix(".rom"), memory=512, kernel=kernel,
             disks=[Disk(efi_image("systemd-boot-trixie"))], extra=WORDS, **more) as vmm:
        if shown := {"shell": "Shell> ", "memtest": "Address test"}.get(name):
            vmm.expect(shown)
            assert name != "shell" or "FS0:" in vmm.log, "the Shell does not list the disk"
        else:
            report = vmm.guest()
            assert report["efi"] == "yes"
            assert f"from={'systemd-boot-trixie' if name == 'systemd-boot' else name}" in report.words

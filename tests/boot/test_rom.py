# SPDX-License-Identifier: Apache-2.0
"""From the reset vector: the ROM in place of SeaBIOS, on both chipsets (docs/vmm/qemu.md)."""

import pytest

from tests.boot.vmm import Disk, Vmm
from tests.images import efi, efi_program, packages
from tests.images.disk import bls_files, esp_disk

PORT = "pcie-root-port,id=bridge,slot=1"
BRIDGE = "pci-bridge,id=bridge,chassis_nr=1"
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


def test_a_kernel_from_fw_cfg_boots(firmware, stub_kernel, tmp_path):
    kernel = tmp_path / "vmlinuz"
    kernel.write_bytes(stub_kernel)
    with Vmm(firmware("qemu_rom").with_suffix(".rom"), kernel=kernel, command_line="from=vmm") as vmm:
        assert "from=vmm" in vmm.guest().words


def test_an_elf_kernel_is_refused(firmware, stub_disk):
    """QEMU puts it where the ROM's own image is, and has only its head in fw_cfg."""
    rom = firmware("qemu_rom").with_suffix(".rom")
    with Vmm(rom, disks=[Disk(stub_disk)], kernel=rom.with_suffix(".elf")) as vmm:
        assert "from=stub" in vmm.guest().words
    assert "the VMM's kernel is an ELF file, which a ROM does not boot" in vmm.log


@pytest.mark.parametrize("machine, transport, extra", [
    ("q35", "sata", ["-device", "ide-cd,bus=ide.3"]),  # as libvirt makes it, with an empty drive
    ("pc", "pci", []),
], ids=["q35", "pc"])
def test_shim_and_grub(firmware, efi_image, machine, transport, extra):
    """From reset to user space, through UEFI, and off."""
    with Vmm(firmware("qemu_rom").with_suffix(".rom"), machine, 512,
             [Disk(efi_image("shim-grub-trixie"), transport)], cpus=2, extra=extra) as vmm:
        report = vmm.guest()
        assert "from=shim-grub-trixie" in report.words
        assert report["efi"] == "yes" and report["acpi"] == "yes"
        vmm.wait_for_end()


@pytest.mark.parametrize("machine, bridges, behind",
                         [("q35", [PORT], "bus=bridge"), ("pc", [], "")], ids=["q35", "pc"])
def test_interrupts_without_msi(firmware, images, linux, machine, bridges, behind):
    """The disk interrupts by a pin, routed as the ACPI tables say that the ROM has placed."""
    kernel, initramfs = linux("debian12-cloud")
    options = "console=ttyS0 quiet no_timer_check pci=nomsi guest.action=poweroff guest.verify=first"
    path = images("rom-nomsi", lambda path: esp_disk(path, bls_files(kernel, [initramfs], options=options)))
    disk = Disk(path, "pci-modern", behind=behind)
    with Vmm(firmware("qemu_rom").with_suffix(".rom"), machine, 512, [disk], bridges=bridges) as vmm:
        report = vmm.guest()
        assert len(report["disk"]) == 1, "the guest has read its disk"
        vmm.wait_for_end()


def test_variables_in_flash(firmware, tmp_path):
    """What Linux sets still exists after a restart, and on the other machine; read-only flash is treated as none."""
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
    """From OVMF to Fatwood and back: each start reads what the previous one has set, and replaces it."""
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

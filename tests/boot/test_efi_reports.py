# SPDX-License-Identifier: Apache-2.0
"""Problems reported by users of UEFI firmware in virtual machines, one test for each kind."""

import shutil

import pytest

from tests.boot.efi import LOADER_FIRST, on
from tests.boot.test_efi_loaders import assert_uefi
from tests.boot.vmm import Disk
from tests.images import efi, efi_program
from tests.images.disk import esp_disk
from tests.images.fat import MIB, Fat, copy_files_to, tool

pytestmark = pytest.mark.extended


@on("q35", "microvm", ovmf=False)
def test_power_cut_after_a_write(place, tmp_path):
    """A variable written by the guest survives if the machine is killed."""
    disk = tmp_path / "disk.raw"
    efi.make_words(disk, "cut", "trixie", "set:Kept=yes,store", action="none")
    with place.boot(place.disk(disk, kept=True)) as vmm:
        assert vmm.guest()["efi_set"] == ["Kept good"]
        vmm.process.kill()
    efi.change_words(disk, "cut", "get:Kept")
    with place.boot(place.disk(disk, kept=True)) as vmm:
        assert vmm.guest()["efi_get"] == ["Kept yes"]


@on("q35", "microvm", ovmf=False)
def test_reset_after_a_write(place, tmp_path):
    """A variable written by the guest survives if the machine is reset from outside."""
    disk = tmp_path / "disk.raw"
    efi.make_words(disk, "reset", "trixie", "get:Kept,set:Kept=yes,store", action="none")
    with place.boot(place.disk(disk, kept=True), reboot=True) as vmm:
        assert vmm.guest()["efi_get"] == ["Kept"]
        vmm.qmp("system_reset")
        assert vmm.guest(2)["efi_get"] == ["Kept yes"]


@on("q35", ovmf=False)
def test_copy_of_the_disk_boots_the_same_way(place, tmp_path):
    """Variables written by shim's fallback are on the disk, and therefore also in a copy of it."""
    disk, copy = tmp_path / "disk.raw", tmp_path / "copy.raw"
    efi.make("shim-grub-fallback-trixie", disk)
    with place.boot(place.disk(disk, kept=True)) as vmm:
        vmm.guest()
        vmm.wait_for_end()
    shutil.copyfile(disk, copy)
    with place.boot(place.disk(copy, kept=True)) as vmm:
        report = vmm.guest()
        assert_uefi(report, "shim-grub-fallback-trixie")
        assert report["efi_boot_option"].startswith("debian")


@on("q35", "microvm")
def test_read_only_disk(place, efi_image):
    """On a read-only disk, shim's fallback boots the system and does not reset in a loop."""
    disk = place.disk(efi_image("shim-grub-fallback-trixie"), read_only=True)
    with place.boot(disk, reboot=True) as vmm:
        assert_uefi(vmm.guest(), "shim-grub-fallback-trixie")
        assert not [event for event in vmm.events if event["event"] == "RESET"]


@pytest.mark.parametrize("way", ["acpi", "efi", "kbd", "triple"])
@on("q35")
def test_reboots(place, tmp_path, way):
    """The fourth boot works like the first, even if the guest leaves 5-level paging on."""
    disk = tmp_path / "disk.raw"
    efi.make_words(disk, "reboots", "trixie", "report", action="reboot", more=f"reboot={way}")
    with place.boot(disk, reboot=True, cpu="max", cpus=2) as vmm:
        for number in range(1, 4):
            assert_uefi(vmm.guest(number), "reboots")


@pytest.mark.parametrize("suite, cpu", [("trixie", "max"), ("bookworm", "max"), ("trixie", "max,la57=off")])
@on("q35", ovmf=False)
def test_thousand_writes(place, tmp_path, cpu, suite):
    """Many runtime service calls with the kernel's page tables."""
    disk = tmp_path / "disk.raw"
    efi.make_words(disk, "writes", suite, "rewrite:1000,report")
    with place.boot(place.disk(disk, kept=True), cpu=cpu) as vmm:
        report = vmm.guest()
        assert_uefi(report, "writes")
        assert report["efi_rewritten"] == "1000"


@on("q35", ovmf=False)
def test_no_packets_are_sent(place, efi_image, tmp_path):
    """When a disk boots, network adapters cause no delay and send nothing."""
    extra = []
    for number in range(4):
        extra += ["-netdev", f"user,id=n{number},restrict=on", "-device", f"virtio-net-pci,netdev=n{number},romfile=",
                  "-object", f"filter-dump,id=d{number},netdev=n{number},file={tmp_path}/dump{number}"]
    with place.boot(efi_image("uki-trixie"), extra=extra) as vmm:
        assert_uefi(vmm.guest(), "uki-trixie")
    for number in range(4):
        assert (tmp_path / f"dump{number}").stat().st_size <= 24, "more than the header of a capture"


# Bits, bytes of a block, clusters: few for FAT32, as on small volumes and on those with 4096-byte blocks.
VOLUMES = [(12, 512, 4000), (16, 512, 20000), (32, 512, 30000), (32, 512, 70000), (16, 4096, 20000), (32, 4096, 30000)]


@pytest.mark.parametrize("bits, block, clusters", VOLUMES)
@on("q35", ovmf=False)
def test_files_on_each_width(place, tmp_path, bits, block, clusters):
    """Files are created, renamed and deleted on volumes of each FAT width, and fsck finds no errors."""
    disk, part = tmp_path / "disk.raw", tmp_path / "part"
    efi.make_selftest(disk, "x", ["files", "file names"],
                      Fat({}, bits=bits, block=block, clusters=clusters, cluster_blocks=8 if bits == 12 else 1))
    with place.boot(place.disk(disk, kept=True, block=block)) as vmm:
        vmm.expect(r"SELFTEST: \d+ passed, 0 failed")
        vmm.wait_for_end()
    with open(disk, "rb") as file:
        file.seek(64 * block)
        part.write_bytes(file.read())
    tool("fsck.vfat", "-n", part)


def iso(path, hybrid, loaders=efi.shim_grub):
    """Installation media: ISO 9660 with an El Torito image for EFI; GRUB's files are on the ISO itself."""
    suite = "trixie"
    folder, image = path.parent / "iso", path.parent / "efi.img"
    files = loaders(suite)
    for name in files:
        if name.endswith("grubx64.efi"):
            files[name] = efi.packages.boot_loaders(suite) / efi.packages.GRUB_CD
    Fat(files, 16 * MIB, 16, cluster_blocks=4).write(image)
    cfg = efi.GRUB_HEAD + "set timeout=0\nls\n" + efi.grub_entry("iso", suite)
    tree = {**efi.kernel_files(suite), "/boot/grub/grub.cfg": cfg.encode(), "/.disk/info": b"Fatwood\n",
            "/boot/grub/efi.img": image, "/boot/grub/x86_64-efi/grub.cfg": cfg.encode()}
    copy_files_to(folder, tree)
    words = ["-isohybrid-gpt-basdat"] if hybrid else []
    tool("xorriso", "-as", "mkisofs", "-o", path, "-R", "-V", "FATWOOD", "-e", "boot/grub/efi.img",
         "-no-emul-boot", *words, folder)
    return path


@pytest.mark.parametrize("hybrid, block", [(False, 512), (False, 2048), (True, 512)],
                         ids=["el-torito", "el-torito-2048", "hybrid"])
@on("q35", "microvm")
def test_iso(place, tmp_path, hybrid, block):
    """An ISO attached as a read-only disk boots from its El Torito image, and GRUB finds the rest of the medium."""
    image = iso(tmp_path / "disk.iso", hybrid)
    with place.boot(place.disk(image, read_only=True, block=block)) as vmm:
        assert_uefi(vmm.guest(), "iso")


@on("q35")
def test_iso_in_a_drive(place, tmp_path):
    """The same in a SATA drive, as attached by virt-manager."""
    image = iso(tmp_path / "disk.iso", False)
    with place.boot(Disk(image, "sata-cd", read_only=True)) as vmm:
        assert_uefi(vmm.guest(), "iso")


@on("q35")
def test_iso_with_fallback(place, tmp_path):
    """shim's fallback on a read-only medium creates a boot option that cannot be stored, and boots without a reset."""
    image = iso(tmp_path / "disk.iso", False, efi.shim_fallback)
    with place.boot(Disk(image, "sata-cd", read_only=True), reboot=True) as vmm:
        assert_uefi(vmm.guest(), "iso")
        assert not [event for event in vmm.events if event["event"] == "RESET"]


@on("q35", ovmf=False)
def test_graphical_menu_without_display(place, tmp_path):
    """A grub.cfg that requests a graphical terminal boots without a display."""
    cfg = ("insmod all_video\ninsmod gfxterm\nset gfxmode=auto\nterminal_output gfxterm\nset timeout=0\n"
           + efi.grub_entry("gfx", "trixie"))
    disk = esp_disk(tmp_path / "disk.raw", {**efi.shim_grub("trixie"), **efi.kernel_files("trixie"),
                                            "/EFI/debian/grub.cfg": cfg.encode()}, size=efi.ESP_SIZE)
    with place.boot(disk) as vmm:
        assert_uefi(vmm.guest(), "gfx")


@pytest.mark.parametrize("base, date", [("2038-01-19T03:14:00", "01/19/2038"), ("2024-02-29T12:00:00", "02/29/2024")])
@on("q35")
def test_clock(place, efi_image, base, date):
    with place.boot(efi_image("shell"), extra=["-rtc", f"base={base}"]) as vmm:
        vmm.wait_for_end()
        assert date in vmm.log


@pytest.mark.parametrize("bar, bits", [("64G", 40), ("1T", 46), ("16T", 40)])
@on("q35", ovmf=False)
def test_huge_bar(place, efi_image, bar, bits):
    """A device with too large a BAR may be left disabled, but the disk boots."""
    extra = ["-device", f"pci-testdev,membar={bar}"]
    with place.boot(efi_image("uki-trixie"), cpu=f"max,phys-bits={bits}", extra=extra) as vmm:
        assert_uefi(vmm.guest(), "uki-trixie")


@pytest.mark.parametrize("cpu", ["max,phys-bits=42", "max,phys-bits=52", "max,phys-bits=42,pdpe1gb=off"])
@on("q35", "rom", ovmf=False)
def test_huge_memory(place, tmp_path, cpu):
    """1100 GiB of RAM, all of it in the memory map."""
    disk = efi.make_selftest(tmp_path / "disk.raw", "x", ["memory", "memory map"])
    extra = ["-object", "memory-backend-ram,id=ram,size=1100G,reserve=off"]
    with place.boot(disk, machine_options=",memory-backend=ram", memory="1100G", cpu=cpu, extra=extra) as vmm:
        vmm.expect(r"SELFTEST: \d+ passed, 0 failed")
        vmm.wait_for_end()


@on("microvm", ovmf=False)
def test_no_clock(place, efi_image):
    """A microvm boots without an RTC; other machines always have one."""
    with place.boot(efi_image("uki-trixie"), machine_options=",rtc=off") as vmm:
        assert "from=uki-trixie" in vmm.guest().words


@on("q35", ovmf=False)
def test_large_uki(place, tmp_path):
    """A UKI of several hundred MiB is read in large pieces."""
    kernel = efi.packages.kernel("trixie")
    large = tmp_path / "initrd"
    with open(large, "wb") as file:
        for part in (efi.initrd.guest_file(kernel), efi.initrd.ballast_file(250 * MIB)):
            file.write(bytes(-file.tell() % 4))  # where Linux looks for the next archive
            with open(part, "rb") as source:
                shutil.copyfileobj(source, file)
    image = efi_program.uki("trixie", kernel.image, large, efi.options("large-uki"), "large")
    disk = esp_disk(tmp_path / "disk.raw", {efi.REMOVABLE: image}, size=300 * MIB, cluster_blocks=8)
    with place.boot(disk, memory=2048, extra=["-no-shutdown"]) as vmm:
        vmm.expect("FATWOOD-GUEST: ready")
        (statistics,) = vmm.qmp("query-blockstats")
        report = vmm.guest()
        assert_uefi(report, "large-uki")
        assert report["ballast"] == f"{250 * MIB} good"
        assert statistics["stats"]["rd_operations"] <= 400


@on("q35", ovmf=False, symbols=LOADER_FIRST)
def test_broken_entry(place, tmp_path):
    """systemd-boot returns if its only entry cannot be started, and the second disk boots."""
    broken = esp_disk(tmp_path / "broken.raw", {
        **efi.systemd_boot("trixie", "timeout 0\nauto-firmware no\n"),
        "/loader/entries/broken.conf": b"title Broken\nefi /absent.efi\n"})
    good = efi.make("uki-trixie", tmp_path / "good.raw")
    with place.boot(broken, good) as vmm:
        assert_uefi(vmm.guest(), "uki-trixie")

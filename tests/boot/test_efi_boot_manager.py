# SPDX-License-Identifier: Apache-2.0
"""Which entry is booted, and what happens after a loader returns."""

import subprocess
import sys

import pytest

from tests.boot.efi import LOADER_FIRST, on
from tests.images import efi, efi_program, initrd, packages
from tests.images.disk import bls_files, esp_disk
from tests.images.fat import tool

SUITE = "trixie"


def profile(folder, number, *words):
    """An image with the sections of one profile, which ukify joins to another image."""
    loaders = packages.boot_loaders(SUITE)
    path = folder / f"profile-{number}.efi"
    subprocess.run([sys.executable, loaders / packages.UKIFY, "build", "--output", path,
                    "--stub", next(loaders.rglob("addonx64.efi.stub")), "--profile", f"ID=other\nTITLE={number}",
                    "--cmdline", efi.options(f"profile-{number}"), *words], check=True)
    return ["--join-profile", path]


def uki_with_profiles(folder):
    """Three profiles, two of which have the same ID; 1 and 2 have their own command lines."""
    words = ["--profile", "ID=main\nTITLE=Main", *profile(folder, 1), *profile(folder, 2)]
    return efi.uki(SUITE, "profile-0", more=words)


@on("q35", ovmf=False)
def test_profile_of_a_counted_image(place, images, tmp_path):
    """loader.conf names a profile; the name in it has no counters."""
    disk = images("uki-profiles", lambda path: esp_disk(
        path, {"/EFI/Linux/debian+3.efi": uki_with_profiles(tmp_path),
               "/loader/loader.conf": b"default debian.efi@other\n"}, size=efi.ESP_SIZE))
    with place.boot(disk) as vmm:
        report = vmm.guest()
        assert "from=profile-1" in report.words
        assert report["LoaderEntrySelected"] == "debian.efi@other"


@on("q35", ovmf=False)
def test_profile_after_one_that_fails(place, tmp_path):
    """Trying the first profile renames the image, and the second one finds it under its new name."""
    kernel, broken = packages.kernel(SUITE), tmp_path / "broken"
    broken.write_bytes(b"MZ" + bytes(4096))
    # Its os-release is the image's, so it sorts after the first profile of that image.
    words = ["--profile", "ID=main", *profile(tmp_path, 1, "--linux", kernel.image, "--uname", "1.0", "--initrd",
                                              initrd.guest_file(kernel), "--os-release", "ID=debian\nVERSION_ID=1\n"
                                              "NAME=Debian\n")]
    image = efi_program.uki(SUITE, broken, None, "x", "Debian", words)
    disk = esp_disk(tmp_path / "disk.raw", {"/EFI/Linux/debian+3.efi": image}, size=efi.ESP_SIZE)
    with place.boot(place.disk(disk, kept=True)) as vmm:
        assert "from=profile-1" in vmm.guest().words
        vmm.wait_for_end()
    assert "debian+1-2.efi" in tool("mdir", "-b", "-i", f"{disk}@@{efi.FIRST_PARTITION}", "::/EFI/Linux")


@on("q35", ovmf=False)
def test_profile_that_an_entry_names(place, images, tmp_path):
    disk = images("uki-profile-entry", lambda path: esp_disk(
        path, {"/debian.efi": uki_with_profiles(tmp_path),
               "/loader/entries/a.conf": b"title A\nuki /debian.efi\nprofile 2\n"}, size=efi.ESP_SIZE))
    with place.boot(disk) as vmm:
        report = vmm.guest()
        assert "from=profile-2" in report.words
        assert report["LoaderEntrySelected"] == "a.conf"
        assert report["LoaderInfo"].startswith("Fatwood ")


@pytest.mark.parametrize("status", (0, 21))
@on("q35", ovmf=False)
def test_loader_that_returns(place, images, efi_image, status):
    """Whatever it returns, one line says why, and the next disk is tried."""
    disk = images(f"returns-{status}", lambda path: esp_disk(
        path, {efi.REMOVABLE: efi_program.program("returns", STATUS=status)}))
    with place.boot(disk, efi_image(f"bls-{SUITE}")) as vmm:
        assert f"from=bls-{SUITE}" in vmm.guest().words
        said = "did not boot: Aborted" if status else "has returned: Success"
        assert rf"disk0p1: \EFI\BOOT\BOOTX64.EFI {said}" in vmm.log


@pytest.fixture
def entry_and_loader(images, stub_kernel):
    """A boot entry, and a boot loader that returns."""
    files = bls_files(stub_kernel, options="from=stub") | {efi.REMOVABLE: efi_program.program("returns", STATUS=3)}
    return images("entry-and-loader", lambda path: esp_disk(path, files))


@on("q35", ovmf=False)
def test_the_vmm_puts_the_loader_first(place, entry_and_loader):
    with place.boot(entry_and_loader, command_line="fatwood.boot=loader") as vmm:
        assert "from=stub" in vmm.guest().words
        assert "EFI-PROGRAM: returns" in vmm.log


@on("q35", ovmf=False, symbols=LOADER_FIRST)
def test_the_vmm_puts_the_entries_first(place, entry_and_loader):
    with place.boot(entry_and_loader, command_line="fatwood.boot=entries") as vmm:
        assert "from=stub" in vmm.guest().words
        assert "EFI-PROGRAM: returns" not in vmm.log

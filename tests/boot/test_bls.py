# SPDX-License-Identifier: Apache-2.0
"""The Boot Loader Specification from a user's view: which entry of a disk boots, with which files and options.
Entries differ in their from= option."""

import contextlib
import re
import zlib

import pytest

from tests.boot.checks import assert_started_well, concatenated
from tests.boot.conftest import ROOT
from tests.boot.vmm import Vmm
from tests.images import stub
from tests.images.disk import MIB, Partition, bls_files, entry, esp_disk, write_disk
from tests.images.fat import Fat

KERNEL = "/linux/vmlinuz"


def conf(source, **keys):
    keys.setdefault("linux", KERNEL)
    return entry(title=keys.pop("title", source), options=f"from={source}", **keys)


@pytest.fixture
def boot(firmware, tmp_path, stub_kernel):
    """boot(files) starts a disk with those files and the stub kernel, and returns the running Vmm."""
    started = []

    def start(files, command_line="", build="qemu", **options):
        path = tmp_path / f"disk{len(started)}.raw"
        esp_disk(path, {KERNEL: stub_kernel, **files}, **options)
        vmm = Vmm(firmware(build), disks=[path], command_line=command_line)
        started.append(stack.enter_context(vmm))
        return vmm

    with contextlib.ExitStack() as stack:
        yield start


def entries(**texts):
    """Files below loader/entries; '_' before a number or letter is kept."""
    return {f"/loader/entries/{name}.conf": text for name, text in texts.items()}


ORDER = {
    "version within a sort-key": (
        {"a": conf("old", sort_key="k", version="6.9"), "b": conf("new", sort_key="k", version="6.10")},
        "new"),
    "release candidate before release": (
        {"a": conf("rc", sort_key="k", version="6.10~rc1"),
         "b": conf("release", sort_key="k", version="6.10")}, "release"),
    "sort-key ascending": (
        {"z": conf("second", sort_key="b", version="9"), "a": conf("first", sort_key="a", version="1")},
        "first"),
    "sort-key before none": (
        {"zzz": conf("none", version="99"), "aaa": conf("key", sort_key="z", version="1")}, "key"),
    "machine-id ascending": (
        {"a": conf("second", sort_key="k", machine_id="b" * 32, version="2"),
         "b": conf("first", sort_key="k", machine_id="a" * 32, version="1")}, "first"),
    "file name by version, newest first": (
        {"linux-6.9": conf("old"), "linux-6.10": conf("new"), "linux-6.1": conf("oldest")}, "new"),
    "no tries left goes last": (
        {"linux-9+0": conf("bad"), "linux-1": conf("good")}, "good"),
    "no tries left, some done": (
        {"linux-9+0-3": conf("bad"), "linux-1": conf("good")}, "good"),
    "tries left count as good": (
        {"linux-9+3": conf("trying"), "linux-1": conf("old")}, "trying"),
    "only bad ones: still booted": ({"linux-9+0-3": conf("bad")}, "bad"),
    "other architecture skipped": (
        {"b": conf("arm", architecture="aa64"), "a": conf("here", architecture="x64")}, "here"),
    "architecture in capitals": ({"a": conf("here", architecture="X64")}, "here"),
    "EFI programs skipped": (
        {"b": b"title efi\nefi /linux/vmlinuz\noptions from=efi\n", "a": conf("linux")}, "linux"),
    "broken newest, next one boots": (
        {"c": conf("broken", linux="/linux/missing"), "b": conf("broken2", initrd="/missing"),
         "a": conf("good")}, "good"),
    "device tree keys mean nothing here": (
        {"a": conf("here", devicetree="/missing.dtb", devicetree_overlay="/missing.dtbo")}, "here"),
    "unknown keys mean nothing": (
        {"a": conf("here", grub_users="$u", frobnicate="yes", id="x")}, "here"),
    "variables of GRUB's": (
        {"b": entry(linux=KERNEL, options="$kernelopts from=grubenv"),
         "a": conf("here", initrd=f"{KERNEL} $tuned_initrd")}, "here"),
}


@pytest.mark.parametrize("name", ORDER)
def test_which_entry_boots(boot, name):
    texts, expected = ORDER[name]
    files = {f"/loader/entries/{file}.conf": text for file, text in texts.items()}
    assert boot(files).guest().words[0] == f"from={expected}"


TWO = entries(new=conf("new", version="2", sort_key="k"), old=conf("old", version="1", sort_key="k"))


@pytest.mark.parametrize("pattern, expected", [
    ("old", "old"), ("old.conf", "old"), ("o*", "old"), ("OLD*", "old"), ("[o-p]?d*", "old"),
    ("?ld.conf", "old"), ("missing*", "new"), ("*", "new"), ("@saved", "new"),
])
def test_default_of_loader_conf(boot, pattern, expected):
    files = {**TWO, "/loader/loader.conf": f"# comment\ndefault {pattern}\n".encode()}
    assert boot(files).guest().words[0] == f"from={expected}"


def test_entry_chosen_by_the_vmm(boot):
    files = {**TWO, "/loader/loader.conf": b"default new\n"}
    assert boot(files, "fatwood.entry=old").guest().words == ["from=old"]


def test_no_loader_conf_needed(boot):
    assert boot(TWO).guest().words[0] == "from=new"


def test_names_in_different_case(boot):
    files = {"/LOADER/Entries/Test.CONF": conf("case", linux="/LINUX/VmLinuz")}
    assert boot(files).guest().words[0] == "from=case"


def test_path_without_slash_and_deep_path(boot, stub_kernel):
    deep = "/a rather long folder name/" + "d/" * 20 + "kernel image"
    files = {deep: stub_kernel, **entries(a=conf("deep", linux=deep.lstrip("/")))}
    assert boot(files).guest().words[0] == "from=deep"


def test_name_beyond_ascii(boot, stub_kernel):
    path = "/Kärnel/große Überraschung-日本語.img"
    files = {path: stub_kernel, **entries(a=conf("unicode", linux=path))}
    assert boot(files).guest().words[0] == "from=unicode"


@pytest.mark.parametrize("count", [0, 1, 3])
def test_initrds(boot, count):
    initrds = [bytes([65 + number]) * (1000 + number) for number in range(count)]
    files = {f"/i{number}": data for number, data in enumerate(initrds)}
    files |= entries(a=conf("initrds", initrd=list(files)))
    assert_started_well(boot(files).guest(), 256, concatenated(*initrds))


def test_empty_initrd_among_others(boot):
    files = {"/a": b"first", "/empty": b"", "/b": b"second!"}
    files |= entries(a=conf("initrds", initrd=["/a", "/empty", "/b"]))
    assert_started_well(boot(files).guest(), 256, concatenated(b"first", b"second!"))


def test_options_lines_are_joined(boot):
    text = entry(linux=KERNEL, options=["one two", "three=\"a b\"", "four"])
    assert boot(entries(a=text)).guest()["cmdline"] == 'one two three="a b" four'


@pytest.mark.parametrize("options, vmm, expected", [
    ("console=ttyS0 quiet", "debug", "console=ttyS0 quiet debug"),
    ("a", "fatwood.log=error b fatwood.timeout=0 c", "a b c"),
    ("a -- init-a", "b -- init-b", "a b -- init-a init-b"),
    ("a", "virtio_mmio.device=512@0xfeb00e00:12", "a virtio_mmio.device=512@0xfeb00e00:12"),
    ('a="x  y"', 'b="fatwood. z"', 'a="x  y" b="fatwood. z"'),
    ("a $tuned_params b", "c", "a b c"),
])
def test_command_lines_are_merged(boot, options, vmm, expected):
    assert boot(entries(a=entry(linux=KERNEL, options=options)), vmm).guest()["cmdline"] == expected


def test_quiet_by_default_and_each_step_on_request(boot):
    files = entries(a=conf("quiet"))
    quiet = boot(files)
    quiet.guest()
    before = quiet.log.split("\nFATWOOD-GUEST")[0]
    assert "atwood" not in before and "disk0" not in before, before
    told = boot(files, "fatwood.log=info")
    told.guest()
    assert f"Fatwood {(ROOT / 'VERSION').read_text().strip()}" in told.log.split("FATWOOD-GUEST")[0]
    loud = boot(files, "fatwood.log=debug")
    loud.guest()
    for step in ("Fatwood", "memory", "kHz (PM timer)", "PCI", "disk0", "GPT", "FAT32", "booting"):
        assert step in loud.log.split("FATWOOD-GUEST")[0], step


def test_timing(boot):
    vmm = boot(entries(a=conf("timing")), "fatwood.log=timing")
    vmm.guest()
    for phase in ("entry", "memory", "devices", "kernel found", "kernel loaded", "handover"):
        assert re.search(rf"^timing: .* us +{phase}$", vmm.log, re.MULTILINE), phase


def test_xbootldr_only(firmware, tmp_path, stub_kernel):
    path = write_disk(tmp_path / "disk", [
        Partition(Fat({"/EFI/BOOT/readme.txt": b"no entries here"}, 40 * MIB), "esp", "ESP"),
        Partition(Fat(bls_files(stub_kernel, options="from=xbootldr"), 40 * MIB), "xbootldr", "boot"),
    ])
    with Vmm(firmware("qemu"), disks=[path]) as vmm:
        assert "from=xbootldr" in vmm.guest().words


@pytest.mark.parametrize("scheme", ["gpt", "mbr"])
@pytest.mark.parametrize("newest", ["esp", "xbootldr"])
def test_esp_and_xbootldr_are_one_set(firmware, tmp_path, stub_kernel, scheme, newest):
    def volume(kind):
        return Fat(bls_files(stub_kernel, options=f"from={kind}", name=kind, sort_key="k",
                             version="2" if kind == newest else "1"), 40 * MIB)
    path = write_disk(tmp_path / "disk", [
        Partition(volume("xbootldr"), "xbootldr", "boot"), Partition(volume("esp"), "esp", "ESP"),
    ], scheme)
    with Vmm(firmware("qemu"), disks=[path]) as vmm:
        assert f"from={newest}" in vmm.guest().words


def test_basic_data_partition(firmware, tmp_path, stub_kernel):
    """A partition that is not marked as a system partition, but has entries."""
    path = write_disk(tmp_path / "disk", [
        Partition(b"not a file system" * 1000, "linux", "root"),
        Partition(Fat(bls_files(stub_kernel, options="from=data"), 40 * MIB), "data", "data"),
    ])
    with Vmm(firmware("qemu"), disks=[path]) as vmm:
        assert "from=data" in vmm.guest().words


# --- menu -----------------------------------------------------------------------------------------


def test_menu_countdown_boots_the_default(boot):
    vmm = boot({**TWO, "/loader/loader.conf": b"timeout 1\ndefault old\n"})
    vmm.expect("in 1 s, any key stops")
    assert vmm.guest().words[0] == "from=old"


@pytest.mark.parametrize("keys, expected", [
    ("\r", "new"), ("j\r", "old"), ("\x1b[B\r", "old"), ("\x1b[B\x1b[A\r", "new"), ("2\r", "old"),
    ("jjjkkk\n", "new"), ("x\x1b[5~\x1bOB\r", "old"),
])
def test_menu_keys(boot, keys, expected):
    vmm = boot({**TWO, "/loader/loader.conf": b"timeout menu-force\n"})
    vmm.expect("Enter boots 1 of 2")
    vmm.send(keys)
    assert vmm.guest().words[0] == f"from={expected}"


def test_menu_any_key_stops_the_countdown(boot):
    vmm = boot({**TWO, "/loader/loader.conf": b"timeout 600\n"})
    vmm.expect("any key stops")
    vmm.send("j")
    vmm.expect("Enter boots 2 of 2")
    vmm.send("\r")
    assert vmm.guest().words[0] == "from=old"


def test_menu_requested_by_the_vmm_with_escaped_titles(boot):
    files = entries(a=conf("title", title="ev\x1b[2Jil \x07 Überschrift"))
    vmm = boot(files, "fatwood.timeout=menu-force")
    vmm.expect("Enter boots 1 of 1")
    assert "ev?[2Jil ? Überschrift" in vmm.log
    vmm.send("\r")
    vmm.guest()


def test_editor_is_forbidden_by_loader_conf(boot):
    vmm = boot({**TWO, "/loader/loader.conf": b"timeout menu-force\neditor no\n"})
    vmm.expect("Enter boots 1 of 2")
    vmm.send("e x\r")
    assert vmm.guest().words == ["from=new"]


def test_no_menu_without_a_timeout(boot):
    vmm = boot(TWO)
    vmm.guest()
    assert "boots" not in vmm.log.split("FATWOOD-GUEST")[0]


# --- files ----------------------------------------------------------------------------------------

SHAPES = {
    "fat12 scattered": {"bits": 12, "size": 15 * MIB, "cluster_blocks": 8, "scattered": True},
    "fat16 scattered": {"bits": 16, "size": 33 * MIB, "cluster_blocks": 2, "scattered": True},
    "fat32 scattered": {"bits": 32, "size": 64 * MIB, "scattered": True},
    "fat12 smallest clusters": {"bits": 12, "size": 2 * MIB, "cluster_blocks": 1},
    "fat32 largest clusters": {"bits": 32, "size": 4200 * MIB, "cluster_blocks": 128},
    "4084 clusters": {"bits": 12, "cluster_blocks": 4, "clusters": 4084},
    "4085 clusters": {"bits": 16, "cluster_blocks": 4, "clusters": 4085},
    "65524 clusters": {"bits": 16, "cluster_blocks": 1, "clusters": 65524},
    "65525 clusters": {"bits": 32, "cluster_blocks": 1, "clusters": 65525},
    "10000 other files": {"extra_entries": {"/loader/entries": 10_000}},
    "4096-byte sectors on 512-byte blocks": {"bits": 16, "block": 4096, "size": 256 * MIB,
                                            "table_block": 512},
}


@pytest.mark.parametrize("name", SHAPES)
def test_volume_shapes(firmware, tmp_path, stub_kernel, name):
    shape = dict(SHAPES[name])
    block = shape.pop("table_block", 512)
    initrd = bytes(range(256)) * 401
    size = 1_200_000 if shape.get("size", 64 * MIB) > 4 * MIB else 50_000
    files = bls_files(stub.Stub(size=size).data(), [initrd], "from=shape")
    path = write_disk(tmp_path / "disk", [Partition(Fat(files, **shape), "esp", "ESP")], block=block)
    with Vmm(firmware("x86_64"), disks=[path]) as vmm:
        report = vmm.guest()
        assert_started_well(report, 256, initrd)
        assert report.number("initrd_crc") == zlib.crc32(initrd)

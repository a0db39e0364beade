# SPDX-License-Identifier: Apache-2.0
"""The image file follows the rules that let one ELF file work with every VMM that loads kernels. The rules come from
the source code of the VMMs' loaders."""

import re

import pytest
from elftools.elf.constants import P_FLAGS
from elftools.elf.elffile import ELFFile

from tests.boot.conftest import ROOT

BUILDS = sorted(path.name.removesuffix("_defconfig") for path in (ROOT / "configs").glob("*_defconfig"))
XEN_ELFNOTE_PHYS32_ENTRY = 18
LINK_MINIMUM = 2 << 20
MULTIBOOT_1 = bytes.fromhex("02b0ad1b")


@pytest.fixture(scope="module", params=BUILDS)
def image(request, firmware):
    """(bytes, ELFFile) of one defconfig."""
    file = open(firmware(request.param), "rb")
    yield file.read(), ELFFile(file)
    file.close()


@pytest.mark.parametrize("build", BUILDS)
def test_version(firmware, build):
    path = firmware(build)
    version = (path.parent / "release").read_text().strip()
    assert version.startswith((ROOT / "VERSION").read_text().strip())
    assert path.read_bytes().count(version.encode() + b"\0") == 1
    assert build != "tiny" or len(version) < 16


def segments(image, kind):
    return [segment for segment in image[1].iter_segments() if segment["p_type"] == kind]


def loads(image):
    return [segment for segment in segments(image, "PT_LOAD") if segment["p_memsz"]]


def test_header(image):
    header = image[1].header
    assert image[1].elfclass == 64 and image[1].little_endian
    assert header["e_machine"] == "EM_X86_64"
    assert header["e_flags"] == 0, "QEMU refuses some flags"
    assert header["e_phentsize"] == 56 and header["e_phoff"] >= 64, "required by VMMs built on rust-vmm"


def test_one_note_with_the_entry(image):
    (note_segment,) = segments(image, "PT_NOTE")
    assert note_segment["p_align"] == 4, "QEMU pads by it, the others by 4"
    notes = list(note_segment.iter_notes())
    assert [(note["n_name"], note["n_type"]) for note in notes] in (
        [("Xen", XEN_ELFNOTE_PHYS32_ENTRY)], [("Xen", "XEN_ELFNOTE_PHYS32_ENTRY")]), \
        "nothing else may be in there: the last note wins"
    raw = note_segment.data()
    entry = int.from_bytes(raw[16:20], "little")
    assert any(segment["p_paddr"] <= entry < segment["p_paddr"] + segment["p_filesz"]
               and segment["p_flags"] & P_FLAGS.PF_X for segment in loads(image))
    after = image[0][note_segment["p_offset"] + 20:note_segment["p_offset"] + 24]
    assert after == bytes(4) or len(raw) >= 24, "QEMU reads 8 bytes"


def test_note_lies_in_a_load(image):
    (note,) = segments(image, "PT_NOTE")
    assert any(load["p_offset"] <= note["p_offset"]
               and note["p_offset"] + note["p_filesz"] <= load["p_offset"] + load["p_filesz"]
               and note["p_paddr"] - load["p_paddr"] == note["p_offset"] - load["p_offset"]
               for load in loads(image)), "Alioth copies it to its address like any segment"


def test_loads_ascend_without_overlap(image):
    end = 0
    for load in loads(image):
        assert load["p_paddr"] == load["p_vaddr"]
        assert load["p_paddr"] >= max(LINK_MINIMUM, end)
        end = load["p_paddr"] + load["p_memsz"]


def test_other_segments_have_no_bytes_outside_the_loads(image):
    for segment in image[1].iter_segments():
        if segment["p_type"] not in ("PT_LOAD", "PT_NOTE"):
            assert segment["p_type"] == "PT_GNU_STACK" and segment["p_filesz"] == 0, segment["p_type"]


def test_no_segment_is_writable_and_executable(image):
    for load in loads(image):
        assert not (load["p_flags"] & P_FLAGS.PF_W and load["p_flags"] & P_FLAGS.PF_X)


def test_entry_point(image):
    entry = image[1].header["e_entry"]
    assert entry >= 1 << 20
    assert any(load["p_paddr"] <= entry < load["p_paddr"] + load["p_memsz"] for load in loads(image))


def test_not_mistaken_for_another_format(image):
    data = image[0]
    assert MULTIBOOT_1 not in data[:8192], "QEMU would take it for Multiboot"
    assert data[0x202:0x206] != b"HdrS", "QEMU would take it for a Linux kernel"


def test_no_path_of_the_build_machine(image):
    assert str(ROOT).encode() not in image[0]
    assert not re.search(rb"/home/|/root/", image[0])

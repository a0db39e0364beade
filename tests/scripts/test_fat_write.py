# SPDX-License-Identifier: Apache-2.0
"""Checks volumes written by the firmware's code with fsck.vfat, also after a loss of power during a write."""
import os
import pathlib
import shutil
import struct
import subprocess

import pytest

from scripts.firmware import build_tools

ROOT = pathlib.Path(__file__).resolve().parents[2]
PATH = os.environ["PATH"] + ":/usr/sbin:/sbin"
# Width, sectors in a cluster, KiB, and further options of mkfs.fat.
SHAPES = {
    "fat12": (12, 1, 2048, ()),
    "fat12-many-clusters": (12, 4, 8160, ()),
    "fat12-one-fat": (12, 1, 1024, ("-f", "1")),
    "fat16": (16, 2, 20000, ()),
    "fat32-few-clusters": (32, 1, 5000, ()),
    "fat32-sectors-4096": (32, 1, 40000, ("-S", "4096")),
}
FSCK_RUNS_MAX = 4  # the first run deletes a directory's second name, the next one its remains

pytestmark = pytest.mark.skipif(not shutil.which("fsck.vfat", path=PATH),
                                reason="fsck.vfat is missing (dosfstools)")


@pytest.fixture(scope="session")
def session():
    """Builds tests/tools/fat_session.c."""
    build_tools()

    def run(*arguments, block_size=512):
        done = subprocess.run([ROOT / "build/tools/fat_session", *map(str, arguments)], text=True,
                              capture_output=True, check=False,
                              env={**os.environ, "BLOCK_SIZE": str(block_size)})
        assert done.returncode == 0, f"{arguments}: {done.stderr}"
        return done.stdout
    return run


def make(folder, bits, sectors, kib, options):
    path = folder / "volume"
    path.write_bytes(b"")
    os.truncate(path, kib << 10)
    subprocess.run(["mkfs.fat", "-F", str(bits), "-s", str(sectors), *options, path], check=True,
                   capture_output=True, env={**os.environ, "PATH": PATH})
    return path


def fsck(option, path):
    return subprocess.run(["fsck.vfat", option, path], text=True, check=False, capture_output=True,
                          env={**os.environ, "PATH": PATH})


def repair(path):
    """The repairs of fsck.vfat, run by run, until it finds nothing more."""
    said = []
    for _ in range(FSCK_RUNS_MAX):
        done = fsck("-a", path)
        if done.returncode == 0:
            return said
        said.append(done.stdout)
    raise AssertionError("fsck.vfat does not come to an end: " + "\n".join(said))


@pytest.mark.parametrize("block_size", [512, 4096])
@pytest.mark.parametrize("shape", SHAPES)
def test_written_volumes_are_clean(session, tmp_path, shape, block_size):
    for seed in range(1, 5):
        path = make(tmp_path, *SHAPES[shape])
        session("run", path, seed, 150, block_size=block_size)
        done = fsck("-n", path)
        assert done.returncode == 0, f"seed {seed}: {done.stdout}"


@pytest.mark.parametrize("shape, seed", [("fat12", 1), ("fat32-few-clusters", 2)])
def test_power_failure_after_any_block(session, tmp_path, shape, seed):
    path, cut = make(tmp_path, *SHAPES[shape]), tmp_path / "cut"
    blocks = int(session("count", path, seed, 40))
    assert blocks > 50
    for number in range(blocks + 1):
        session("cut", path, cut, seed, 40, number)
        said = repair(cut)
        try:
            session("verify", path, cut, seed, 40, number)
        except AssertionError as error:
            raise AssertionError(f"after {number} blocks: {error}; {said}") from None


def label(path):
    """The label in the root directory, and those in the boot sectors, by position."""
    data = path.read_bytes()
    places = [71, 6 * 512 + 71] if data[17:19] == b"\0\0" else [43]
    said = subprocess.run(["fatlabel", path], text=True, check=True, capture_output=True,
                          env={**os.environ, "PATH": PATH}).stdout
    # First it may say that the boot sector and its backup differ.
    return said.splitlines()[-1].strip(), {place: data[place:place + 11].decode().rstrip() for place in places}


def changed_blocks(before, after):
    before, after = before.read_bytes(), after.read_bytes()
    return {at for at in range(0, len(before), 512) if before[at:at + 512] != after[at:at + 512]}


@pytest.mark.parametrize("shape", ["fat12", "fat16", "fat32-few-clusters"])
def test_power_failure_while_a_label_is_set(session, tmp_path, shape):
    """The label is the old or the new one, nothing else has changed, and fsck.vfat has at most a copy to mend."""
    path, cut = make(tmp_path, *SHAPES[shape][:3], ("-n", "OLD LABEL")), tmp_path / "cut"
    session("run", path, 1, 20)
    blocks = int(session("label", path, cut, "new label", 10 ** 9))
    found, copies = label(cut)
    assert found == "NEW LABEL" and set(copies.values()) == {"NEW LABEL"}
    assert fsck("-n", cut).returncode == 0
    assert blocks == 1 + len(copies)
    allowed = changed_blocks(path, cut)
    assert len(allowed) == blocks
    for number in range(blocks):
        session("label", path, cut, "new label", number)
        found, copies = label(cut)
        assert {found, *copies.values()} <= {"OLD LABEL", "NEW LABEL"}
        assert changed_blocks(path, cut) <= allowed
        assert found == "NEW LABEL" or set(copies.values()) == {"OLD LABEL"}, "a copy came first"
        session("label", cut, cut, "third", 10 ** 9)
        assert label(cut)[0] == "THIRD" and fsck("-n", cut).returncode == 0


def test_fat32_with_too_few_clusters_after_shrinking(session, tmp_path):
    """Made with enough clusters for FAT32, then shrunk: it is still FAT32, and written as such."""
    path = make(tmp_path, 32, 1, 34 << 10, ())
    sectors = 30 << 11
    with open(path, "r+b") as file:
        for boot_sector in (0, 6):
            file.seek(boot_sector * 512 + 32)
            file.write(struct.pack("<I", sectors))
        file.truncate(sectors * 512)
    fsck("-a", path)
    session("run", path, 3, 150)
    assert fsck("-n", path).returncode == 0

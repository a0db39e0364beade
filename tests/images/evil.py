#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Malformed disks: each malformation of tests/images/damage/ is applied to a small good disk.

    evil.py --list              the names, and the fault of each
    evil.py --write DIR [NAME]  writes the images, which are sparse and reproducible

A malformed disk must be refused (BOOTS false: the next disk must boot, and alone it must end in the last action), or
its damage must not matter (BOOTS true: it boots itself). If both outcomes are valid, BOOTS is None, and only a hang
or a crash is a failure. The undamaged disk boots the stub kernel.
"""

import argparse
import functools
import hashlib
import pathlib
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2]))

from tests.images import kernels, stub  # noqa: E402
from tests.images.damage import (  # noqa: E402, F401 (each fills the catalogue)
    bls, fat_chains, fat_names, fat_volume, gpt, kernel, mbr, program)
from tests.images.damage.catalogue import CATALOGUE  # noqa: E402
from tests.images.damage.image import Image  # noqa: E402
from tests.images.disk import Partition, bls_files, write_disk  # noqa: E402
from tests.images.fat import MIB, Fat  # noqa: E402

# For each base: the function that makes the volume from its files, and the partition table around it.
BASES = {
    "gpt-fat12": (functools.partial(Fat, bits=12, size=MIB), "gpt"),
    "gpt-fat16": (functools.partial(Fat, bits=16, size=2 * MIB + 300 * 1024), "gpt"),
    "gpt-fat32": (functools.partial(Fat, bits=32, size=34 * MIB), "gpt"),
    "mbr-fat12": (functools.partial(Fat, bits=12, size=MIB), "mbr"),
    "logical-fat12": (functools.partial(Fat, bits=12, size=MIB), "mbr-logical"),
    "plain-fat12": (functools.partial(Fat, bits=12, size=MIB), "none"),
}


@functools.cache
def stub_kernel():
    return stub.Stub().data()


def good_files():
    return bls_files(stub_kernel(), [b"an initrd" * 100], "from=evil", version="1")


def base_image(folder, name, files):
    """The undamaged disk of that base, made once for each folder and set of files."""
    content = repr(sorted((path, data) for path, data in files.items())).encode()
    path = folder / f".{name}-{hashlib.sha256(content).hexdigest()[:12]}.raw"
    if not path.exists():
        make_volume, scheme = BASES[name]
        write_disk(path, [Partition(make_volume(files), "esp", "ESP")], scheme)
    return path


def write(name, path, scratch):
    """Writes the malformed disk of that name to path; scratch is a folder for files shared by several disks."""
    item = CATALOGUE[name]
    files = good_files()
    if item.files:
        files = item.files(files)
    good = base_image(pathlib.Path(scratch), item.base, files)
    kernels.run(["cp", "--sparse=always", good, path])
    if item.damage:
        with Image(path, whole=item.base.startswith("plain"), is_fat="fat" in item.base) as image:
            item.damage(image)
    return path


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    group = parser.add_mutually_exclusive_group(required=True)
    group.add_argument("--list", action="store_true", help="names, whether they boot, what is wrong")
    group.add_argument("--write", type=pathlib.Path, metavar="DIR", help="write NAME.raw for each")
    parser.add_argument("names", nargs="*", metavar="NAME", help="only these")
    arguments = parser.parse_args()
    names = arguments.names or list(CATALOGUE)
    if unknown := [name for name in names if name not in CATALOGUE]:
        parser.error(f"no such malformation: {' '.join(unknown)}; --list shows what there is")
    if arguments.list:
        for name in names:
            answer = {True: "boots", False: "refused", None: "either"}[CATALOGUE[name].boots]
            print(f"{name:32} {answer:8} {CATALOGUE[name].text}")
        return
    arguments.write.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=arguments.write) as scratch:
        for name in names:
            write(name, arguments.write / f"{name}.raw", scratch)
    print(f"{len(names)} images in {arguments.write}")


if __name__ == "__main__":
    main()

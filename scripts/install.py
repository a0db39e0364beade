#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Installs what `make install` has built: images, the ROM's descriptor for QEMU, the manual page, licences, the bill
of materials.

install.py --images FOLDER --release RELEASE [--prefix PREFIX] [--destdir DESTDIR] [--remove] [NAME...]
installs FOLDER/NAME/fatwood.elf or, if the configuration starts from reset, fatwood.rom and fatwood_vars.fd. With
--remove, the same files are removed.
"""
import argparse
import json
import pathlib
import re
import sys

import manual
import sbom

ROOT = manual.ROOT
ROM_SUFFIX = "_rom"
VARIABLES = "qemu_vars.fd"
OWN_FOLDERS = ("fatwood", "doc/fatwood")


def image_name(name):
    """The installed name of the image of configs/NAME_defconfig."""
    return f"{name.removesuffix(ROM_SUFFIX)}.rom" if name.endswith(ROM_SUFFIX) else f"{name}.elf"


def descriptor(rom, variables):
    """Describes a ROM for q35 and pc as flash, with the template for each machine's variable flash. The form without
    a mode is supported since QEMU 3.0."""
    return {
        "description": "Fatwood, UEFI for x86_64 without Secure Boot",
        "interface-types": ["uefi"],
        "mapping": {
            "device": "flash",
            "executable": {"filename": str(rom), "format": "raw"},
            "nvram-template": {"filename": str(variables), "format": "raw"},
        },
        "targets": [{"architecture": "x86_64", "machines": ["pc-i440fx-*", "pc-q35-*"]}],
        "features": [],
        "tags": ["qemu_rom_defconfig"],
    }


def font_notice():
    """The licence of the font: the second comment of its file."""
    comment = re.findall(r"/\*(.*?)\*/", (ROOT / sbom.FONT).read_text(), re.DOTALL)[1]
    return re.sub(r"^ \* ?", "", comment, flags=re.MULTILINE).strip() + "\n"


def contents(images, share, release, names):
    """Yields (path below share, function that returns the bytes)."""
    for name in names:
        image = image_name(name)
        yield f"fatwood/{image}", (images / name / f"fatwood{pathlib.Path(image).suffix}").read_bytes
        if name == "qemu_rom":
            yield f"fatwood/{VARIABLES}", (images / name / "fatwood_vars.fd").read_bytes
            text = json.dumps(descriptor(share / "fatwood" / image, share / "fatwood" / VARIABLES), indent=4) + "\n"
            yield "qemu/firmware/70-fatwood-x86_64.json", text.encode
    yield "man/man7/fatwood.7", lambda: manual.page().encode()
    yield "doc/fatwood/LICENSE", (ROOT / "LICENSE").read_bytes
    yield "doc/fatwood/LICENSE.font", lambda: font_notice().encode()
    yield "doc/fatwood/fatwood.spdx.json", lambda: sbom.text(release).encode()


def make_folders(folder):
    if not folder.is_dir():
        make_folders(folder.parent)
        folder.mkdir()
        folder.chmod(0o755)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--images", type=pathlib.Path, required=True)
    parser.add_argument("--release", required=True)
    parser.add_argument("--prefix", type=pathlib.Path, default="/usr/local")
    parser.add_argument("--destdir", default="")
    parser.add_argument("--remove", action="store_true")
    parser.add_argument("names", nargs="*", metavar="NAME")
    arguments = parser.parse_args()
    if not arguments.prefix.is_absolute():
        sys.exit(f"PREFIX={arguments.prefix} has to begin with a slash")
    share = arguments.prefix / "share"
    target = pathlib.Path(f"{arguments.destdir}{share}")
    for name, read in contents(arguments.images, share, arguments.release, arguments.names):
        path = target / name
        if arguments.remove:
            path.unlink(missing_ok=True)
            print(f"  REMOVE  {path}")
            continue
        data = read()
        make_folders(path.parent)
        path.write_bytes(data)
        path.chmod(0o644)
        print(f"  INSTALL {path}")
    for folder in (target / name for name in OWN_FOLDERS if arguments.remove):
        if folder.is_dir() and not any(folder.iterdir()):
            folder.rmdir()


if __name__ == "__main__":
    main()

#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Checks that builds are reproducible: builds from a copy of the tree, in a folder with another name and without git,
into an output folder that is elsewhere, and compares the results with those of builds in this tree, in which make has
built again only what has changed.

Ends with "N passed, N failed", counted in files compared.
"""
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

from check_layers import tracked

# Defconfig, name and options of the compiler, the folder in this tree, as check_configs.py has left it: all features
# with each compiler; and whole-program optimization, which only clang has.
BUILDS = (
    ("x86_64", "clang", (), "build/x86_64"),
    ("x86_64", "gcc", ("CROSS_COMPILE=",), "build/configs/gcc"),
    ("tiny", "clang", (), "build/tiny"),
)
FILES = ("fatwood.elf", "fatwood.debug.elf")


def copy_tree(to):
    for path in tracked():
        target = pathlib.Path(to, path)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, target)


def build(source, output, defconfig, options):
    """The Python environment is that of this tree, because it does not affect the result."""
    common = ["make", "-C", source, f"-j{os.cpu_count()}", f"O={output}", f"venv={os.path.abspath('build/venv')}"]
    for goal in ([f"{defconfig}_defconfig"], list(options)):
        done = subprocess.run(common + goal, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              text=True, check=False)
        if done.returncode:
            sys.exit(f"{done.stdout}\n{source} does not build\n0 passed, 1 failed")


def main():
    passed = failed = 0
    with tempfile.TemporaryDirectory(prefix="fatwood-") as folder:
        copy = f"{folder}/another-place/with-a-longer-name"
        copy_tree(copy)
        for defconfig, compiler, options, here in BUILDS:
            build(".", here, defconfig, options)
            # The copy has no commit to take the version from.
            release = pathlib.Path(here, "release").read_text(encoding="utf-8").strip()
            there = f"{folder}/output/{defconfig}-{compiler}"
            build(copy, there, defconfig, [*options, f"release={release}"])
            for file_name in FILES:
                contents = [pathlib.Path(output, file_name).read_bytes() for output in (here, there)]
                same = contents[0] == contents[1]
                print(f"  {'ok' if same else 'FAILED':7} {defconfig}_defconfig, {compiler}: "
                      f"{file_name} is {'the same' if same else 'different'}", flush=True)
                passed += same
                failed += not same
    print(f"{passed} passed, {failed} failed")
    return failed != 0


if __name__ == "__main__":
    sys.exit(main())

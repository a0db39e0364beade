#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Checks that builds are reproducible: builds each of DEFCONFIGS twice, from copies of the tree in differently named
folders and into differently named output folders, and compares the results.

Ends with "N passed, N failed", counted in files compared.
"""
import itertools
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor

from check_layers import tracked

# All features; and whole-program optimization.
DEFCONFIGS = ("x86_64", "tiny")
FILES = ("fatwood.elf", "fatwood.debug.elf")
COMPILERS = {"clang": (), "gcc": ("CROSS_COMPILE=",)}


def copy_tree(to):
    for path in tracked():
        target = pathlib.Path(to, path)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, target)


def build(source, output, defconfig, options, jobs):
    """The Python environment is that of the first tree, because it does not affect the result."""
    common = ["make", "-C", source, f"-j{jobs}", f"O={output}", f"venv={os.path.abspath('build/venv')}"]
    for goal in ([f"{defconfig}_defconfig"], list(options)):
        done = subprocess.run(common + goal, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              text=True, check=False)
        if done.returncode:
            sys.exit(f"{done.stdout}\n{source} does not build\n0 passed, 1 failed")


def main():
    passed = failed = 0
    with tempfile.TemporaryDirectory(prefix="fatwood-") as folder:
        first, second = f"{folder}/a", f"{folder}/another-place/with-a-longer-name"
        for source in (first, second):
            copy_tree(source)
        for defconfig, (compiler, options) in itertools.product(DEFCONFIGS, COMPILERS.items()):
            name = f"{defconfig}-{compiler}"
            outputs = [f"build/{name}", f"{folder}/output/{name}"]
            with ThreadPoolExecutor(2) as pool:
                builds = [pool.submit(build, first, outputs[0], defconfig, options, 1),
                          pool.submit(build, second, outputs[1], defconfig, options, os.cpu_count())]
            for done in builds:
                done.result()
            for file_name in FILES:
                contents = [pathlib.Path(output, file_name).read_bytes()
                            for output in (f"{first}/{outputs[0]}", outputs[1])]
                same = contents[0] == contents[1]
                print(f"  {'ok' if same else 'FAILED':7} {defconfig}_defconfig, {compiler}: "
                      f"{file_name} is {'the same' if same else 'different'}", flush=True)
                passed += same
                failed += not same
    print(f"{passed} passed, {failed} failed")
    return failed != 0


if __name__ == "__main__":
    sys.exit(main())

#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Builds the configurations that users may choose, with all warnings as errors.

check_configs.py [--defconfig NAME] [--boot COMMAND]

- every defconfig is minimal, and builds with clang and with gcc;
- x86_64_defconfig builds with each optional symbol off, and with each alternative choice;
- so do allnoconfig, allyesconfig and a few random configurations, which are the same in every run.

Each build starts from what another has left, because make builds again only what a change to the configuration
concerns. After all of them, x86_64_defconfig must give the same bytes as its first build.

--boot runs COMMAND IMAGE for each image built from x86_64_defconfig that should still boot from the disk of the smoke
test; status 0 is a pass. Ends with "N passed, N failed".
"""
import argparse
import concurrent.futures
import os
import pathlib
import queue
import shlex
import shutil
import subprocess
import sys
import time

import firmware
import kconfiglib

FOLDER = "build/configs"
BASE = "configs/x86_64_defconfig"
RANDOM_SEEDS = range(1, 7)
# The limit for a build, or for a boot, which has its own deadlines (tests/boot/vmm.py).
COMMAND_LIMIT_S = 1200

# Without these there is no disk, nothing to boot on it, or no console.
NEEDED_TO_BOOT = {"PCI", "PCI_PORTS", "VIRTIO_PCI", "VIRTIO_BLOCK", "PARTITION_GPT", "FAT", "FAT32",
                  "FAT_LONG_NAMES", "BOOT_BLS", "LOADER_BZIMAGE", "CONSOLE_UART16550"}

# Parts of UEFI, which starts only before an EFI image runs. The kernel of the smoke test is not an EFI image, so
# these are only built. EFI itself is booted.
UNUSED_BY_BOOT = "EFI_"


class Checker:
    def __init__(self, boot):
        self.boot = boot
        self.passed = self.failed = 0
        self.built = {}
        # Linking is the longest part of a build and uses one processor, so there is a build for each processor.
        self.workers = concurrent.futures.ThreadPoolExecutor(os.cpu_count())
        self.folders = queue.SimpleQueue()
        self.builds = []

    def count(self, name, good, seconds, text=""):
        self.passed += good
        self.failed += not good
        print(f"  {'ok' if good else 'FAILED':7} {name} ({seconds:.1f} s)", flush=True)
        if not good:
            print("\n".join("    " + line for line in text.strip().splitlines()[-40:]), flush=True)

    def run(self, command, limit=COMMAND_LIMIT_S):
        """Returns (succeeded, output)."""
        try:
            done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                  timeout=limit, check=False, text=True)
        except subprocess.TimeoutExpired:
            return False, f"{shlex.join(command)} took more than {limit} s"
        return done.returncode == 0, done.stdout

    def make(self, folder, *arguments):
        return self.run(["make", "-s", f"-j{os.cpu_count()}", f"O={folder}", *arguments])

    def check_minimal(self, name):
        start = time.monotonic()
        kconf = new_kconfig()
        kconf.load_config(f"configs/{name}_defconfig")
        wanted = "# SPDX-License-Identifier: Apache-2.0\n" + minimal(kconf)
        with open(f"configs/{name}_defconfig", encoding="utf-8") as file:
            found = file.read()
        self.count(f"{name}_defconfig is minimal", wanted == found, time.monotonic() - start,
                   f"write it with: make {name}_defconfig && make savedefconfig && "
                   f"cp build/defconfig configs/{name}_defconfig\n{wanted}")

    def build_with_clang(self, name):
        """Returns the arguments for count(). Other checks use the same folder."""
        start, output = time.monotonic(), ""
        try:
            firmware.build(name)
        except firmware.BuildError as error:
            output = str(error)
        return f"{name}_defconfig, clang", not output, time.monotonic() - start, output

    def build_with_gcc(self, name):
        """The same; all in one folder, where make keeps the objects that two of them have in common."""
        start = time.monotonic()
        folder = f"{FOLDER}/gcc"
        good, output = self.make(folder, f"{name}_defconfig")
        if good:
            good, output = self.make(folder, "CROSS_COMPILE=")
        return f"{name}_defconfig, gcc", good, time.monotonic() - start, output

    def check_defconfigs(self, names):
        """Both compilers at a time. First the one that has most in common with the others."""
        names = sorted(names, key=lambda name: (f"configs/{name}_defconfig" != BASE, name))
        one = concurrent.futures.ThreadPoolExecutor
        with one(1) as clang, one(1) as gcc:
            for results in zip(clang.map(self.build_with_clang, names), gcc.map(self.build_with_gcc, names)):
                for result in results:
                    self.count(*result)

    def check(self, name, kconf, bootable=False):
        """Builds the configuration in kconf, unless an identical one has been built."""
        path = f"{FOLDER}/wanted"
        os.makedirs(FOLDER, exist_ok=True)
        kconf.write_config(path, save_old=False)
        with open(path, encoding="utf-8") as file:
            content = file.read()
        if content in self.built:
            print(f"  same    {name} as {self.built[content]}")
            return
        self.built[content] = name
        self.builds.append(self.workers.submit(self.build, name, content, bootable))

    def build(self, name, content, bootable):
        """Returns the arguments for count()."""
        folder = self.folders.get()
        start = time.monotonic()
        with open(f"{folder}/.config", "w", encoding="utf-8") as file:
            file.write(content)
        good, output = self.make(folder)
        if good and bootable and self.boot:
            good, output = self.run([*shlex.split(self.boot), f"{folder}/fatwood.elf"])
            name += ", booted"
        self.folders.put(folder)
        return name, good, time.monotonic() - start, output

    def count_builds(self):
        for build in self.builds:
            self.count(*build.result())

    def check_base_again(self):
        """An object that an earlier configuration has left by mistake would be in the image."""
        for number in range(os.cpu_count()):
            folder, name = self.folders.get(), BASE.removeprefix("configs/")
            start = time.monotonic()
            good, output = self.make(folder, name)
            if good:
                good, output = self.make(folder)
            if good:
                images = [pathlib.Path(path, "fatwood.debug.elf").read_bytes() for path in ("build/x86_64", folder)]
                good, output = images[0] == images[1], f"build/x86_64 and {folder} differ"
            self.count(f"{name} again, {number}", good, time.monotonic() - start, output)


def new_kconfig():
    kconf = kconfiglib.Kconfig("Kconfig", warn_to_stderr=False)
    kconf.warn = False
    return kconf


def minimal(kconf):
    path = f"{FOLDER}/minimal"
    os.makedirs(FOLDER, exist_ok=True)
    kconf.write_min_config(path, "")
    with open(path, encoding="utf-8") as file:
        return file.read()


def has_prompt(item):
    return any(node.prompt for node in item.nodes)


def boots_without(name):
    return name not in NEEDED_TO_BOOT and not name.startswith(UNUSED_BY_BOOT)


def check_variants(checker):
    for number in range(os.cpu_count()):
        folder = f"{FOLDER}/variant{number}"
        shutil.rmtree(folder, ignore_errors=True)
        firmware.start_from(pathlib.Path("build/x86_64"), pathlib.Path(folder))
        checker.folders.put(folder)
    base = new_kconfig()
    base.load_config(BASE)
    checker.check("x86_64_defconfig", base, bootable=True)
    for symbol in base.unique_defined_syms:
        if symbol.orig_type == kconfiglib.BOOL and has_prompt(symbol) and not symbol.choice and \
                0 in symbol.assignable and symbol.str_value == "y":
            variant = new_kconfig()
            variant.load_config(BASE)
            variant.syms[symbol.name].set_value(0)
            checker.check(f"{symbol.name} off", variant, boots_without(symbol.name))
    for choice in base.unique_choices:
        for symbol in choice.syms:
            if symbol.visibility and symbol is not choice.selection:
                variant = new_kconfig()
                variant.load_config(BASE)
                variant.syms[symbol.name].set_value(2)
                checker.check(f"{symbol.name} chosen", variant, boots_without(symbol.name))


def check_extremes(checker):
    for target, seed in [("allnoconfig", 0), ("allyesconfig", 0),
                         *(("randconfig", seed) for seed in RANDOM_SEEDS)]:
        path = f"{FOLDER}/extreme/.config"
        subprocess.run([sys.executable, "scripts/kconfig.py", target, "--config", path],
                       env={**os.environ, "KCONFIG_SEED": str(seed)}, check=True,
                       stdout=subprocess.DEVNULL)
        kconf = new_kconfig()
        kconf.load_config(path)
        checker.check(f"{target} {seed or ''}".strip(), kconf)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--defconfig", help="only this one, without the variants")
    parser.add_argument("--boot", metavar="COMMAND")
    arguments = parser.parse_args()
    checker = Checker(arguments.boot)
    names = sorted(name.removesuffix("_defconfig") for name in os.listdir("configs"))
    if arguments.defconfig:
        names = [arguments.defconfig]
    for name in names:
        checker.check_minimal(name)
    checker.check_defconfigs(names)
    if not arguments.defconfig:
        check_variants(checker)
        check_extremes(checker)
        checker.count_builds()
        checker.check_base_again()
    print(f"{checker.passed} passed, {checker.failed} failed")
    return checker.failed != 0


if __name__ == "__main__":
    sys.exit(main())

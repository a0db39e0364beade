#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Builds the configurations that users may choose, with all warnings as errors.

check_configs.py [--defconfig NAME] [--boot COMMAND]

- every defconfig is minimal, and builds with clang and with gcc;
- so do, with clang, x86_64_defconfig with each optional symbol off, and with each alternative choice;
- so do allnoconfig, allyesconfig and a few random configurations, which are the same in every run.

Each build starts from what another has left, because make builds again only what a change to the configuration
concerns: a variant from a copy of x86_64_defconfig's build, an extreme from the one before it. After the last of those,
x86_64_defconfig must give the same bytes as its first build.

--boot runs COMMAND IMAGE for each image built from x86_64_defconfig that should still boot from the disk of the smoke
test; status 0 is a pass. Ends with "N passed, N failed".
"""
import argparse
import concurrent.futures
import os
import pathlib
import shlex
import shutil
import subprocess
import sys
import tempfile
import threading
import time

import firmware
import kconfiglib

FOLDER = "build/configs"
BASE = "x86_64"
BASE_BUILD = pathlib.Path("build", BASE)
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
        # Linking the whole program takes long and uses one processor, so there is a build for each processor.
        self.workers = concurrent.futures.ThreadPoolExecutor(os.cpu_count())
        self.tasks = []
        self.printing = threading.Lock()

    def start(self, function, *arguments):
        self.tasks.append(self.workers.submit(function, *arguments))

    def wait(self):
        for task in concurrent.futures.as_completed(self.tasks):
            task.result()

    def count(self, name, good, start, text=""):
        with self.printing:
            self.passed += good
            self.failed += not good
            print(f"  {'ok' if good else 'FAILED':7} {name} ({time.monotonic() - start:.1f} s)", flush=True)
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
        self.count(f"{name}_defconfig is minimal", wanted == found, start,
                   f"write it with: make {name}_defconfig && make savedefconfig && "
                   f"cp build/defconfig configs/{name}_defconfig\n{wanted}")

    def build_with_clang(self, name):
        """Other checks use the same folder."""
        start, output = time.monotonic(), ""
        try:
            firmware.build(name)
        except firmware.BuildError as error:
            output = str(error)
        self.count(f"{name}_defconfig, clang", not output, start, output)

    def build_with_gcc(self, names):
        """All in one folder, where make keeps the objects that two of them have in common."""
        folder = f"{FOLDER}/gcc"
        for name in names:
            start = time.monotonic()
            good, output = self.make(folder, f"{name}_defconfig")
            if good:
                good, output = self.make(folder, "CROSS_COMPILE=")
            self.count(f"{name}_defconfig, gcc", good, start, output)

    def is_new(self, name, content):
        """False if an identical configuration is built already."""
        if content in self.built:
            print(f"  same    {name} as {self.built[content]}")
            return False
        self.built[content] = name
        return True

    def build(self, folder, content):
        """Returns (succeeded, output)."""
        pathlib.Path(folder, ".config").write_text(content, encoding="utf-8")
        return self.make(folder)

    def build_variant(self, name, content, bootable):
        start = time.monotonic()
        with tempfile.TemporaryDirectory(dir=FOLDER, prefix="variant-") as folder:
            firmware.start_from(BASE_BUILD, pathlib.Path(folder))
            good, output = self.build(folder, content)
            if good and bootable and self.boot:
                good, output = self.run([*shlex.split(self.boot), f"{folder}/fatwood.elf"])
                name += ", booted"
        self.count(name, good, start, output)

    def build_extremes(self, contents, base):
        """All in one folder. At last it must have no object that another configuration has left by mistake."""
        folder = f"{FOLDER}/extreme"
        firmware.start_from(BASE_BUILD, pathlib.Path(folder))
        for name, content in contents.items():
            start = time.monotonic()
            good, output = self.build(folder, content)
            self.count(name, good, start, output)
        start = time.monotonic()
        good, output = self.build(folder, base)
        if good:
            images = [pathlib.Path(path, "fatwood.debug.elf").read_bytes() for path in (BASE_BUILD, folder)]
            good, output = images[0] == images[1], f"{BASE_BUILD} and {folder} differ"
        self.count(f"{BASE}_defconfig again", good, start, output)


def new_kconfig():
    kconf = kconfiglib.Kconfig("Kconfig", warn_to_stderr=False)
    kconf.warn = False
    return kconf


def load_base(symbol=None, value=None):
    """The base, with that symbol changed, if any."""
    kconf = new_kconfig()
    kconf.load_config(f"configs/{BASE}_defconfig")
    if symbol:
        kconf.syms[symbol].set_value(value)
    return kconf


def minimal(kconf):
    return written(kconf.write_min_config, "")


def config(kconf):
    return written(kconf.write_config, save_old=False)


def written(write, *arguments, **options):
    """The text that a function of kconfiglib writes to a file."""
    with tempfile.NamedTemporaryFile("r", encoding="utf-8") as file:
        write(file.name, *arguments, **options)
        return file.read()


def has_prompt(item):
    return any(node.prompt for node in item.nodes)


def boots_without(name):
    return name not in NEEDED_TO_BOOT and not name.startswith(UNUSED_BY_BOOT)


def check_variants(checker):
    base = load_base()
    rows = [(f"{BASE}_defconfig", base, True)]
    for symbol in base.unique_defined_syms:
        if symbol.orig_type == kconfiglib.BOOL and has_prompt(symbol) and not symbol.choice and \
                0 in symbol.assignable and symbol.str_value == "y":
            rows.append((f"{symbol.name} off", load_base(symbol.name, 0), boots_without(symbol.name)))
    for choice in base.unique_choices:
        for symbol in choice.syms:
            if symbol.visibility and symbol is not choice.selection:
                rows.append((f"{symbol.name} chosen", load_base(symbol.name, 2), boots_without(symbol.name)))
    for name, kconf, bootable in rows:
        content = config(kconf)
        if checker.is_new(name, content):
            checker.start(checker.build_variant, name, content, bootable)


def check_extremes(checker):
    contents = {}
    for target, seed in [("allnoconfig", 0), ("allyesconfig", 0),
                         *(("randconfig", seed) for seed in RANDOM_SEEDS)]:
        path = f"{FOLDER}/extreme/.config"
        subprocess.run([sys.executable, "scripts/kconfig.py", target, "--config", path],
                       env={**os.environ, "KCONFIG_SEED": str(seed)}, check=True,
                       stdout=subprocess.DEVNULL)
        kconf = new_kconfig()
        kconf.load_config(path)
        name, content = f"{target} {seed or ''}".strip(), config(kconf)
        if checker.is_new(name, content):
            contents[name] = content
    checker.start(checker.build_extremes, contents, config(load_base()))


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--defconfig", help="only this one, without the variants")
    parser.add_argument("--boot", metavar="COMMAND")
    arguments = parser.parse_args()
    os.makedirs(FOLDER, exist_ok=True)
    checker = Checker(arguments.boot)
    names = sorted(name.removesuffix("_defconfig") for name in os.listdir("configs"))
    if arguments.defconfig:
        names = [arguments.defconfig]
    for name in names:
        checker.check_minimal(name)
    # Last the one whose build check_reproducible.py continues.
    checker.start(checker.build_with_gcc, sorted(names, key=lambda name: name == BASE))
    if BASE in names:
        # The others start from its build.
        checker.build_with_clang(BASE)
        names.remove(BASE)
    for name in names:
        checker.start(checker.build_with_clang, name)
    if not arguments.defconfig:
        shutil.rmtree(f"{FOLDER}/extreme", ignore_errors=True)
        check_extremes(checker)
        check_variants(checker)
    checker.wait()
    print(f"{checker.passed} passed, {checker.failed} failed")
    return checker.failed != 0


if __name__ == "__main__":
    sys.exit(main())

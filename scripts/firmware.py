# SPDX-License-Identifier: Apache-2.0
"""Builds the firmware for scripts and tests, in a folder for each configuration."""

import contextlib
import fcntl
import os
import pathlib
import shutil
import subprocess

ROOT = pathlib.Path(__file__).resolve().parents[1]
# Variables that an outer make would pass down, and those that are meant for us.
NOT_INHERITED = ("MAKEFLAGS", "MAKEOVERRIDES", "MAKELEVEL", "MFLAGS", "O", "V")


class BuildError(Exception):
    """The text ends with the compiler's output."""


def make(*words):
    environment = {key: value for key, value in os.environ.items() if key not in NOT_INHERITED}
    done = subprocess.run(["make", f"-j{os.cpu_count()}", *words], cwd=ROOT, text=True,
                          env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    if done.returncode:
        raise BuildError(f"make {' '.join(words)}:\n{done.stdout[-4000:]}")


@contextlib.contextmanager
def lock(folder):
    """Several tests may need the same build at the same time."""
    folder.mkdir(parents=True, exist_ok=True)
    with open(folder / ".lock", "w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def start_from(other, folder):
    """Copies the build of another configuration, if there is one: make keeps the objects that are the same."""
    with lock(other):
        if (other / "auto.conf").exists():
            shutil.copytree(other, folder, ignore=shutil.ignore_patterns(".config", ".lock"), dirs_exist_ok=True)


def build(name, *symbols):
    """Returns build/<name>/fatwood.elf for that defconfig. With symbols such as "LAST_ACTION_RESET=y", the build has
    its own folder. Fast if up to date."""
    folder = ROOT / "build" / "-".join(
        [name, *(word.replace("=y", "").replace("=", "-").lower() for word in symbols)])
    target = f"O={folder.relative_to(ROOT)}"
    defconfig = ROOT / "configs" / f"{name}_defconfig"
    config = folder / ".config"
    with lock(folder):
        if not config.exists() and (symbols or name != "x86_64"):
            start_from(ROOT / "build" / (name if symbols else "x86_64"), folder)
        sources = [defconfig, ROOT / "Kconfig", *ROOT.glob("*/Kconfig")]
        newest = max(path.stat().st_mtime for path in sources)
        if not config.exists() or config.stat().st_mtime < newest:
            if symbols:
                lines = [f"CONFIG_{word}\n" for word in symbols]
                config.write_text(defconfig.read_text() + "".join(lines))
                make(target, "olddefconfig")
            else:
                make(target, f"{name}_defconfig")
            config.touch()
        make(target)
    return folder / "fatwood.elf"


def build_tools():
    """Builds the programs of tests/tools, in build/tools."""
    with lock(ROOT / "build" / "host"):
        make("test-tools")

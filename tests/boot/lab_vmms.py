# SPDX-License-Identifier: Apache-2.0
"""The VMMs that tests run in the lab, and how the pages of docs/vmm/ start them: Cloud Hypervisor, Firecracker and
crosvm from the folder FATWOOD_VMM_DIR, and Alioth, installed by cargo."""

import dataclasses
import re
import shutil
import subprocess

import pytest

from scripts import lab as lab_module
from scripts import lab_image
from tests.images import kernels

INSTALL_SECONDS = 1800
ALIOTH_VERSION = "0.12.0"
ALIOTH_RUST = (1, 85)

# The lab's emulated processor reports an XSAVE area of a size that Linux does not expect.
LAB = re.compile(r"fpu__init_system_xstate")


@dataclasses.dataclass(frozen=True)
class Vmm:
    """A VMM, and how a page of docs/vmm/ starts it. is_restarted: a reset restarts the machine in the same process;
    otherwise it ends the process. The tuples are (old, new) replacements in that page: for a single processor, for a
    second disk, and lists of them for keys and for output to a file."""

    name: str
    test: str
    build: str
    one_processor: tuple
    second_disk: tuple
    is_restarted: bool = True
    smbios: str = ""
    keys: tuple = ()
    to_file: tuple = ()


CLOUD_HYPERVISOR = Vmm(
    "cloud-hypervisor", "kernel", "cloudhv", ("boot=2", "boot=1"),
    ("path=disk.raw,image_type=raw", "path=disk.raw,image_type=raw path=second.raw,image_type=raw"),
    smbios="Cloud Hypervisor")
FIRECRACKER = Vmm(
    "firecracker", "mmio", "firecracker", ('"vcpu_count": 2', '"vcpu_count": 1'),
    ("\n  ],", ', { "drive_id": "second", "path_on_host": "second.raw", "is_root_device": false }\n  ],'),
    is_restarted=False)
FIRECRACKER_PCI = dataclasses.replace(FIRECRACKER, test="pci")
ALIOTH = Vmm(
    "alioth", "script", "alioth", ("--cpu count=2", "--cpu count=1"),
    ("--blk file,path=disk.raw", "--blk file,path=disk.raw --blk file,path=second.raw"))
CROSVM = Vmm(
    "crosvm", "kernel", "crosvm", ("--cpus 2", "--cpus 1"),
    ("--block path=disk.raw", "--block path=disk.raw --block path=second.raw"),
    is_restarted=False, smbios="ChromiumOS", keys=(("num=1", "num=1,stdin=true"),))
ALIOTH_ROM = dataclasses.replace(ALIOTH, test="firmware", build="qemu_rom", to_file=(
    ("alioth", 'script -qec "alioth'), ("path=disk.raw", 'path=disk.raw" /dev/null')))
CROSVM_ROM = dataclasses.replace(CROSVM, test="bios", build="qemu_rom")
ROMS = (ALIOTH_ROM, CROSVM_ROM)
VMMS = (CLOUD_HYPERVISOR, FIRECRACKER, FIRECRACKER_PCI, ALIOTH, CROSVM)
ALL = (*VMMS, *ROMS)


def install_alioth():
    """Compiles Alioth once."""
    program = lab_image.ALIOTH / "bin" / "alioth"
    with kernels.lock("alioth"):
        if program.exists():
            return program
        if not shutil.which("cargo"):
            pytest.skip("Alioth is installed by cargo, which is not here")
        text = subprocess.run(["cargo", "--version"], capture_output=True, text=True).stdout
        version = re.search(r"(\d+)\.(\d+)", text)
        if not version or (int(version[1]), int(version[2])) < ALIOTH_RUST:
            pytest.skip(f"Alioth needs cargo {ALIOTH_RUST[0]}.{ALIOTH_RUST[1]}, not {text.strip()}")
        kernels.progress("installing Alioth: some minutes, once")
        try:
            done = subprocess.run(
                ["cargo", "install", "alioth-cli", "--version", ALIOTH_VERSION, "--locked", "--root", lab_image.ALIOTH],
                stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=INSTALL_SECONDS)
        except subprocess.TimeoutExpired:
            pytest.skip(f"cargo has not installed Alioth within {INSTALL_SECONDS} s")
        if done.returncode:
            pytest.skip(f"cargo could not install Alioth: {done.stdout.strip().splitlines()[-1]}")
    return program


def path_of(name):
    """The program of a VMM; the test is skipped if there is none."""
    path = install_alioth() if name == "alioth" else lab_module.installed_vmms().get(name)
    if not path:
        pytest.skip(f"no {name} in the folder FATWOOD_VMM_DIR")
    return path

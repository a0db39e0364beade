# SPDX-License-Identifier: Apache-2.0
"""The commands of docs/making-a-disk.md: each disk is made as the page says, and boots."""

import os
import pathlib
import re
import shutil
import subprocess

import pytest

from tests.boot.vmm import Disk, Vmm
from tests.images import kernels
from tests.images.fat import ENVIRONMENT

PAGE = pathlib.Path(__file__).resolve().parents[2] / "docs" / "making-a-disk.md"
BLOCKS = dict(re.findall(r"^```sh test=(\S+)\n(.*?)^```$", PAGE.read_text(), re.MULTILINE | re.DOTALL))
COMMANDS_SECONDS = 1800


def make(name, folder, **environment):
    """Runs the page's commands in the folder and returns the resulting disk."""
    done = subprocess.run(["bash", "-euc", BLOCKS[name]], cwd=folder, env={**ENVIRONMENT, **environment},
                          capture_output=True, text=True, timeout=COMMANDS_SECONDS)
    assert done.returncode == 0, f"{PAGE.name}, {name}: {done.stdout}{done.stderr}"
    return folder / "disk.raw"


@pytest.mark.parametrize("name", ["entry", "kernel-install"])
def test_kernel_and_initrd(firmware, linux, tmp_path, name):
    if name == "kernel-install" and not shutil.which("kernel-install"):
        pytest.skip("kernel-install, of the package systemd, is not installed")
    kernel, initramfs = linux("debian12-cloud")
    shutil.copy(kernel, tmp_path / "vmlinuz")
    shutil.copy(initramfs, tmp_path / "initrd.img")
    disk = make(name, tmp_path)
    with Vmm(firmware("qemu"), "q35", 512, [Disk(disk)], command_line="guest.action=poweroff") as vmm:
        report = vmm.guest()
        assert "panic=-1" in report.words


@pytest.mark.extended
def test_debian(firmware, tmp_path):
    if os.geteuid():
        pytest.skip("the owners of a root file system's files need root")
    disk = make("debian", tmp_path, MIRROR=kernels.mirror("Debian"))
    with Vmm(firmware("qemu"), "q35", 1024, [Disk(disk)], cpu="max") as vmm:
        vmm.expect("^my-machine login: ")

# SPDX-License-Identifier: Apache-2.0
"""The VMMs that tests run in the lab: Cloud Hypervisor and Firecracker from the folder FATWOOD_VMM_DIR, Alioth as
cargo installs it."""

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


def install_alioth():
    """Alioth, compiled once."""
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
    """The program of a VMM; the test is skipped where there is none."""
    path = install_alioth() if name == "alioth" else lab_module.installed_vmms().get(name)
    if not path:
        pytest.skip(f"no {name} in the folder FATWOOD_VMM_DIR")
    return path

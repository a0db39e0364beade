# SPDX-License-Identifier: Apache-2.0
"""The Debian package: built as docs/vmm/README.md says, without network, and what is in it."""

import json
import os
import pathlib
import re
import shutil
import subprocess

import pytest

from tests.boot.vmm import Disk, Vmm

ROOT = pathlib.Path(__file__).resolve().parents[2]
NEEDED = ("dpkg-buildpackage", "dh", "git", "unshare")

pytestmark = [pytest.mark.extended, pytest.mark.xdist_group("debian_package"),
              pytest.mark.skipif(bool([name for name in NEEDED if not shutil.which(name)]) or os.geteuid() != 0,
                                 reason=f"needs root and {' '.join(NEEDED)}")]


@pytest.fixture(scope="module")
def package(tmp_path_factory):
    source = tmp_path_factory.mktemp("package") / "fatwood"
    source.mkdir()
    archive = subprocess.run(["git", "archive", "HEAD"], cwd=ROOT, check=True, stdout=subprocess.PIPE).stdout
    subprocess.run(["tar", "-x"], cwd=source, input=archive, check=True)
    text = (source / "docs/vmm/README.md").read_text()
    (command,) = re.findall(r"^(cp -r packaging/debian .*)$", text, re.MULTILINE)
    environment = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}
    done = subprocess.run(["unshare", "--net", "sh", "-ec", command], cwd=source, env=environment, check=False,
                          text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    assert done.returncode == 0, done.stdout[-4000:]
    (built,) = source.parent.glob("fatwood_*_all.deb")
    return built


@pytest.fixture(scope="module")
def installed(package, tmp_path_factory):
    folder = tmp_path_factory.mktemp("installed")
    subprocess.run(["dpkg-deb", "-x", package, folder], check=True)
    return folder


def test_files(installed):
    """All images, documentation, and a descriptor whose files exist where AppArmor allows them."""
    names = {path.name.removesuffix("_defconfig") for path in (ROOT / "configs").iterdir()}
    images = {path.stem for path in (installed / "usr/share/fatwood").iterdir()}
    assert images == {name.removesuffix("_rom") for name in names} | {"qemu_vars"}
    for path in (installed / "usr/share/fatwood").iterdir():
        assert path.resolve().is_relative_to(installed) and path.stat().st_size > 0
    descriptor = json.loads((installed / "usr/share/qemu/firmware/70-fatwood-x86_64.json").read_text())
    files = [descriptor["mapping"][name]["filename"] for name in ("executable", "nvram-template")]
    for file in files:
        assert file.startswith("/usr/share/OVMF/") and (installed / file[1:]).is_file()
    for name in ("README.Debian", "CHANGELOG.md", "copyright", "docs/vmm/libvirt.md"):
        assert (installed / "usr/share/doc/fatwood" / name).is_file()


def test_the_rom_boots(installed, stub_disk):
    with Vmm(installed / "usr/share/OVMF/fatwood_qemu.rom", disks=[Disk(stub_disk)]) as vmm:
        assert "from=stub" in vmm.guest().words


@pytest.mark.skipif(not shutil.which("lintian"), reason="lintian is not installed")
def test_lintian(package):
    done = subprocess.run(["lintian", "--allow-root", "--fail-on", "error,warning,info", package], check=False,
                          text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    assert done.returncode == 0 and not done.stdout, done.stdout

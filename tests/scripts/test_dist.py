# SPDX-License-Identifier: Apache-2.0
"""The archives of make dist: reproducible at any time and by any user."""
import gzip
import io
import os
import pathlib
import subprocess
import sys
import tarfile

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "scripts"))
import dist


def write_tree(folder, order, mode, time):
    for name in order:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name)
        path.chmod(mode)
        os.utime(path, (time, time))


def test_an_archive_of_a_folder_does_not_depend_on_the_machine(tmp_path):
    names = ["usr/share/b", "usr/a", "usr/share/doc/c"]
    write_tree(tmp_path / "one", names, 0o600, 1)
    write_tree(tmp_path / "two", reversed(names), 0o755, 2)
    first, second = (dist.folder_tar(tmp_path / name, "x-1", 1000) for name in ("one", "two"))
    assert first == second and dist.compressed(first) == dist.compressed(second)
    with tarfile.open(fileobj=io.BytesIO(gzip.decompress(dist.compressed(first)))) as tar:
        assert tar.getnames() == ["x-1/usr/a", "x-1/usr/share/b", "x-1/usr/share/doc/c"]
        assert {(member.uid, member.mtime, member.mode) for member in tar} == {(0, 1000, 0o644)}
    (tmp_path / "two/usr/a").write_text("other")
    assert dist.folder_tar(tmp_path / "two", "x-1", 1000) != first


@pytest.mark.skipif(not (ROOT / ".git").exists(), reason="not a git repository")
def test_the_archive_of_the_sources_is_the_commit():
    first = dist.source_tar("fatwood-1")
    assert first == dist.source_tar("fatwood-1")
    with tarfile.open(fileobj=io.BytesIO(first)) as tar:
        assert {"fatwood-1/Makefile", "fatwood-1/LICENSE", "fatwood-1/VERSION"} <= set(tar.getnames())


@pytest.mark.skipif(not (ROOT / ".git").exists(), reason="not a git repository")
def test_the_files_of_a_release(tmp_path):
    """All but the images, which take long to build."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}
    subprocess.run([sys.executable, ROOT / "scripts/dist.py", tmp_path], check=True, stderr=subprocess.DEVNULL,
                   env={**environment, "IMAGES": "", "venv": str(ROOT / "build/venv")})
    subprocess.run(["sha256sum", "-c", "--strict", "SHA256SUMS"], cwd=tmp_path, check=True)
    name = f"fatwood-{dist.release_name()}"
    assert {path.name for path in tmp_path.iterdir()} == {
        "SHA256SUMS", f"{name}.spdx.json", f"{name}.tar.gz", f"{name}-x86_64.tar.gz"}
    with tarfile.open(tmp_path / f"{name}-x86_64.tar.gz") as tar:
        share = f"{name}-x86_64/usr/local/share"
        assert set(tar.getnames()) == {f"{share}/man/man7/fatwood.7", f"{share}/doc/fatwood/LICENSE",
                                       f"{share}/doc/fatwood/LICENSE.font", f"{share}/doc/fatwood/fatwood.spdx.json"}

# SPDX-License-Identifier: Apache-2.0
"""The archives of make dist: reproducible at any time and by any user."""
import gzip
import io
import os
import pathlib
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

# SPDX-License-Identifier: Apache-2.0
"""contrib/efi-variables: what the guest's program copies, and when it does not write."""
import os
import pathlib
import subprocess

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
SCRIPT = ROOT / "contrib/efi-variables/fatwood-efi-variables"
GUID = "b2ac5fc9-92b7-4acd-aeac-11e818c3130c"
ATTRIBUTES = bytes([6, 0, 0, 0])
FILE = "EFI/fatwood/runtime.bin"


@pytest.fixture(name="guest")
def fixture_guest(tmp_path):
    variables, esp = tmp_path / "efivars", tmp_path / "esp"
    variables.mkdir()
    esp.mkdir()
    (variables / f"RTStorageVolatile-{GUID}").write_bytes(ATTRIBUTES + FILE.encode() + b"\0")
    (variables / f"VarToFile-{GUID}").write_bytes(ATTRIBUTES + b"variables")
    return variables, esp


def copy(variables, esp):
    return subprocess.run([SCRIPT], env={**os.environ, "EFIVARS": str(variables), "ESP": str(esp)},
                          text=True, stderr=subprocess.PIPE, check=False)


def test_the_file_is_copied_with_its_folders(guest):
    variables, esp = guest
    assert copy(variables, esp).returncode == 0
    assert (esp / FILE).read_bytes() == b"variables"
    assert [path.name for path in (esp / FILE).parent.iterdir()] == ["runtime.bin"]


def test_a_change_replaces_the_file(guest):
    variables, esp = guest
    copy(variables, esp)
    (variables / f"VarToFile-{GUID}").write_bytes(ATTRIBUTES + b"more variables")
    assert copy(variables, esp).returncode == 0
    assert (esp / FILE).read_bytes() == b"more variables"


def test_without_a_change_nothing_is_written(guest):
    variables, esp = guest
    copy(variables, esp)
    before = (esp / FILE).stat()
    assert copy(variables, esp).returncode == 0
    after = (esp / FILE).stat()
    assert (before.st_ino, before.st_mtime_ns) == (after.st_ino, after.st_mtime_ns)


def test_other_firmware_has_no_such_variables(guest):
    variables, esp = guest
    (variables / f"RTStorageVolatile-{GUID}").unlink()
    assert copy(variables, esp).returncode == 0
    assert not list(esp.iterdir())


def test_a_failed_copy_is_reported_and_keeps_the_old_file(guest):
    variables, esp = guest
    copy(variables, esp)
    (variables / f"VarToFile-{GUID}").write_bytes(ATTRIBUTES + b"more variables")
    (esp / (FILE + ".new")).mkdir()
    (esp / (FILE + ".new") / "x").mkdir()
    done = copy(variables, esp)
    assert done.returncode != 0 and done.stderr
    assert (esp / FILE).read_bytes() == b"variables"


def test_an_unreadable_variable_replaces_nothing(guest):
    variables, esp = guest
    copy(variables, esp)
    (variables / f"VarToFile-{GUID}").unlink()
    assert copy(variables, esp).returncode
    assert (esp / FILE).read_bytes() == b"variables"

# SPDX-License-Identifier: Apache-2.0
"""Compares boot entries as read by our reader and by systemd's bootctl.

The differences are documented in docs/boot-loader-specification.md: bootctl (not systemd-boot) shows the quotes
around a value, requires plain file names and shows them in lower case. Keys that Debian 12's bootctl does not support
are not generated."""
import json
import pathlib
import random
import shutil
import subprocess

import pytest

from scripts.firmware import build_tools
from tests.tools import bls

ROOT = pathlib.Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "build/systemd-boot"
# bootctl requires the root of a file system, so it gets a separate one in a namespace.
SCRIPT = """set -e
mount -t tmpfs none "$1"
cp -r "$2/." "$1"
SYSTEMD_RELAX_ESP_CHECKS=1 "$3" list --json=short --esp-path="$1" --boot-path="$1"
"""


def find_bootctl():
    """Debian's package is not installed, because it would put systemd-boot on the ESP of this machine."""
    unpacked = PACKAGE / "usr/bin/bootctl"
    if not shutil.which("bootctl") and not unpacked.exists():
        PACKAGE.mkdir(parents=True, exist_ok=True)
        subprocess.run("apt-get download systemd-boot && dpkg-deb -x systemd-boot_*.deb .", shell=True, cwd=PACKAGE,
                       check=False, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return shutil.which("bootctl") or (str(unpacked) if unpacked.exists() else None)


@pytest.fixture(scope="module", autouse=True)
def program():
    if not find_bootctl():
        pytest.skip("no bootctl, and Debian's package systemd-boot cannot be downloaded")
    if subprocess.run(["unshare", "-m", "true"], check=False, stderr=subprocess.DEVNULL).returncode:
        pytest.skip("no mount namespaces here")
    build_tools()


def ours(folder):
    return [{**entry, "options": " ".join(entry["options"])}
            for entry in bls.ours(sorted((folder / "loader/entries").iterdir()))]


def unquoted(value):
    return value[1:-1] if len(value) > 1 and value[0] == value[-1] == '"' and '"' not in value[1:-1] else value


def systemds(folder, tmp_path):
    mount = tmp_path / "mount"
    mount.mkdir(exist_ok=True)
    done = subprocess.run(["unshare", "-m", "sh", "-c", SCRIPT, "sh", mount, folder, find_bootctl()], check=True,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    keys = {"id": "id", "title": "title", "version": "version", "machineId": "machine-id", "sortKey": "sort-key",
            "linux": "linux"}
    result = []
    for entry in map(json.loads, done.stdout.splitlines()):
        if "linux" not in entry:
            continue
        known = {ours_key: entry[key] for key, ours_key in keys.items() if key in entry}
        # bootctl adds a slash to paths without one.
        result.append({**known, "options": entry.get("options", ""), "initrd": entry.get("initrd", [])})
    return result


def with_slash(path):
    return path if path.startswith("/") else "/" + path


def normal(entry):
    entry = {key: value if isinstance(value, list) else unquoted(value) for key, value in entry.items()}
    entry["id"] = entry["id"].lower()
    entry["linux"] = with_slash(entry["linux"])
    entry["initrd"] = [with_slash(path) for path in entry["initrd"]]
    return entry


def check(entries, tmp_path):
    folder = tmp_path / "disk"
    (folder / "loader/entries").mkdir(parents=True)
    for name, text in entries.items():
        (folder / "loader/entries" / name).write_bytes(text)
    got, wanted = ours(folder), systemds(folder, tmp_path)
    assert [normal(entry) for entry in got] == [normal(entry) for entry in wanted]
    assert got
    shutil.rmtree(folder)


def test_quotes_line_ends_and_repeated_keys(tmp_path):
    check({
        "a.conf": b"title A b \nlinux /a\r\noptions x\roptions y  z\n\n\t initrd\t/i \ninitrd /j\n",
        "b.conf": b"linux /a\ntitle one\nlinux /b\ntitle two\n # linux /c\n#title x\nunknown y\nversion",
        "c.conf": b"linux /a b\ntitle  a \"b\" c\nversion 1.0 rc\nmachine-id 0123456789abcdef0123456789abcdef",
    }, tmp_path)


@pytest.mark.parametrize("seed", range(20))
def test_generated_entries(seed, tmp_path):
    check(bls.generate(random.Random(seed), 12), tmp_path)

# SPDX-License-Identifier: Apache-2.0
"""A whole Debian (efi_root.py) that reports by itself, for VMMs where nobody can type: guest_debian.sh is run after
each start, with systemd's multi-user.target reached."""

import json
import pathlib
import tempfile

from tests.images import efi_root, kernels
from tests.images.fat import tool

SCRIPT = pathlib.Path(__file__).with_name("guest_debian.sh")
UNIT = """[Unit]
Description=Report of the test
After=multi-user.target

[Service]
ExecStart=/bin/sh /root/guest_debian.sh
"""


def make(path, suite, loader):
    """The disk of efi_root.disk() with the script in its root."""
    kernels.run(["cp", "--sparse=always", efi_root.disk(suite, loader), path])
    table = json.loads(tool("sfdisk", "--json", path))["partitiontable"]
    (first,) = [row["start"] for row in table["partitions"] if row["name"] == "root"]
    units = "/etc/systemd/system"
    with tempfile.NamedTemporaryFile("w") as unit:
        unit.write(UNIT)
        unit.flush()
        tool("debugfs", "-w", "-f", "-", f"{path}?offset={first * 512}", input=(
            f"write {SCRIPT} /root/guest_debian.sh\n"
            f"write {unit.name} {units}/report.service\n"
            f"symlink {units}/multi-user.target.wants/report.service {units}/report.service\n"))
    return path

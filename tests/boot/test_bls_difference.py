# SPDX-License-Identifier: Apache-2.0
"""Compares boot entries as read by our reader with the status screen (key P) of systemd-boot under OVMF.

The differences are documented in docs/boot-loader-specification.md: systemd-boot removes the first and the last quote
of a value, even if they belong to different words; the others are in DIFFERENT."""
import random
import re

from scripts.firmware import build_tools
from tests.boot.vmm import Disk, Vmm
from tests.images import packages
from tests.images.disk import esp_disk
from tests.images.efi import REMOVABLE
from tests.images.fat import MIB
from tests.tools import bls

SUITE = "trixie"
MACHINE_ID = "0123456789abcdef0123456789abcdef"
NEXT_PAGE = "Press any key to continue"
# Characters that OVMF's serial console can show.
WORDS = [word for word in bls.WORDS if word.isascii()]


def version(number, more=""):
    return f"title Debian\nsort-key debian\nmachine-id {MACHINE_ID}\nversion {number}\nlinux /kernel\n{more}".encode()


ENTRIES = {
    "lines.conf": b"title A b \nlinux /x\r\noptions x\roptions y  z\n\n\t initrd\t/x \ninitrd /vmlinuz\n",
    "quoted.conf": b"title \"Quoted title\"\nversion \"1.2\"\nlinux \"/x\"\noptions \"root=/dev/vda quiet\"\n"
                   b"initrd \"/x\"\n",
    "two-quoted.conf": b"title  a \"b\" c\nlinux /x\noptions \"a b\" c \"d e\"\noptions x\n",
    "repeated.conf": b"linux /vmlinuz\ntitle one\nlinux /x\ntitle two\n # linux /y\n#title x\nunknown y\nversion",
    "no-end.conf": b"linux /x\nsort-key debian\nmachine-id " + MACHINE_ID.replace("f", "a").encode(),
    "several-initrds.conf": b"linux /x\ninitrd /x /vmlinuz\noptions " + b"long " * 50,
    "other-architecture.conf": b"linux /x\narchitecture aa64\n",
    "our-architecture.conf": b"linux /x\narchitecture X64\n",
    "no-kernel.conf": b"title nothing\noptions x\n",
    "debian-6.1.conf": version("6.1"),
    "debian-6.12+3.conf": version("6.12"),
    "debian-6.13+0-3.conf": version("6.13"),
    "debian-6.14+1-2.conf": version("6.14~rc1"),
    "other+0.conf": b"linux /x\n",
    "chosen-1.conf": b"title not this one\nlinux /x\n",
    "chosen-2.conf": b"title THE DEFAULT\nlinux /x\n",
    **bls.generate(random.Random(260), 20, WORDS),
}
DIFFERENT = {
    "auto-own.conf": b"linux /x\n",
    "mark.conf": b"\xef\xbb\xbftitle Marked\nlinux /x\n",
    "pair.conf": b"linux /x\n",
    "pair-more.conf": b"linux /x\n",
}


def pages(vmm):
    """The complete status screen."""
    start = len(vmm.log)
    vmm.send("P")
    for number in range(1000):
        ended = vmm.wait_until(lambda: vmm.log.count("\x1b[2J", start) > 1 and 2 or
                               vmm.log.count(NEXT_PAGE, start) > number, "the next page of the status")
        if ended == 2:
            break
        vmm.send(" ")
    return vmm.log[start:]


def systemds(status):
    keys = {"id": "id", "title": "title", "version": "version", "machine-id": "machine-id", "sort key": "sort-key",
            "loader": "linux", "options": "options"}
    entries = []
    for part in re.split(r"boot entry: \d+/\d+\n", status)[1:]:
        lines = re.findall(r"^ *([a-zA-Z -]+): (.*)$", part, re.MULTILINE)
        entry = {keys[key]: value for key, value in lines if key in keys}
        if entry["id"].endswith(".conf"):
            entries.append({**entry, "initrd": [value for key, value in lines if key == "initrd"]})
    return entries


def without_counters(name):
    return re.sub(r"\+\d+(-\d+)?\.conf$", ".conf", name)


def unquoted(value):
    return value[1:-1] if len(value) > 1 and value[0] == value[-1] == '"' else value


def path(name):
    return "\\" + name.replace("/", "\\").lstrip("\\")


def as_systemd_has_it(entry):
    """Converts one of our entries."""
    options = " ".join(map(unquoted, entry["options"]))
    return {**{key: unquoted(value) for key, value in entry.items() if isinstance(value, str)},
            "id": without_counters(entry["id"]).lower(), "linux": path(entry["linux"]),
            "initrd": [path(name) for name in entry["initrd"]], **({"options": options} if options else {})}


def test_entries_through_systemd_boot(tmp_path):
    build_tools()
    files = {f"/{name}": b"x" for name in ("kernel", *bls.FILES)}
    for name, text in {**ENTRIES, **DIFFERENT}.items():
        (tmp_path / name).write_bytes(text)
        files[f"/loader/entries/{name}"] = text
    disk = tmp_path / "disk.raw"
    loader = packages.boot_loaders(SUITE) / packages.SYSTEMD_BOOT
    conf = b"timeout menu-force\nauto-entries no\nauto-firmware no\ndefault \"ch?sen-[0-9]*\"\n"
    esp_disk(disk, {REMOVABLE: loader, "/loader/loader.conf": conf, **files}, size=64 * MIB)
    with Vmm(packages.ovmf(), disks=[Disk(disk, "pci-modern")]) as vmm:
        vmm.expect("\x1b\\[30m\x1b\\[47m *THE DEFAULT ")  # it is selected
        theirs = systemds(pages(vmm))
    wanted = [as_systemd_has_it(entry) for entry in bls.ours(sorted(tmp_path.glob("*.conf")))]
    same = [[entry for entry in entries if entry["id"] not in DIFFERENT] for entries in (theirs, wanted)]
    assert [entry["id"] for entry in same[0]] == [entry["id"] for entry in same[1]]
    for got, ours in zip(*same):
        assert got == ours

    different = [{entry["id"]: entry for entry in entries if entry["id"] in DIFFERENT} for entries in (theirs, wanted)]
    assert list(different[0]) == ["pair.conf", "pair-more.conf", "mark.conf"]
    assert list(different[1]) == ["pair-more.conf", "pair.conf", "mark.conf", "auto-own.conf"]
    assert "title" not in different[0]["mark.conf"] and different[1]["mark.conf"]["title"] == "Marked"

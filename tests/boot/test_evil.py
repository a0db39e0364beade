# SPDX-License-Identifier: Apache-2.0
"""Malformed disks (tests/images/evil.py). Those that must be refused are attached, sixteen at a time, before a good
disk, which must boot. The outcome without a good disk does not depend on the malformation, so a single boot has disks
from the whole catalogue and ends in the last action. Disks whose damage must not matter boot themselves: sixteen are
attached, and the machine is reset for each, which then has the only bootindex."""

import re

import pytest

from tests.boot.vmm import Disk, Vmm
from tests.images import evil

GROUP = 16


def names(boots):
    return [name for name, item in evil.CATALOGUE.items() if item.boots is boots]


def groups(items):
    return [items[start:start + GROUP] for start in range(0, len(items), GROUP)]


@pytest.fixture(scope="module")
def evil_disk(images, tmp_path_factory):
    folder = tmp_path_factory.mktemp("evil")
    return lambda name: images(f"evil-{name}", lambda path: evil.write(name, path, folder))


# The end of the line about a failed candidate: lib/status.c.
WHY = "(not recognized|not found|not supported|corrupt|device error|not enough memory|too large)"


def group_name(group):
    return f"{group[0]}..{group[-1]}"


@pytest.mark.parametrize("group", groups(names(False)), ids=group_name)
def test_refused_then_the_next_disk_boots(firmware, evil_disk, stub_disk, group):
    disks = [evil_disk(name) for name in group]
    with Vmm(firmware("x86_64"), disks=[*disks, stub_disk], command_line="fatwood.log=info") as vmm:
        report = vmm.guest()
        assert "from=stub" in report.words, f"an evil disk booted: {report['cmdline']}"
        assert "EFI-PROGRAM" not in vmm.log, "an evil program ran"
        assert report["image"] == "good"
        for number, name in enumerate(group):
            assert re.search(rf"^(warning: )?disk{number}(p\d+)?: .+: {WHY}$", vmm.log, re.MULTILINE), \
                f"nothing was said about disk{number}, {name}: {evil.CATALOGUE[name].text}"


def test_refused_without_another_disk(firmware, evil_disk):
    refused = names(False)
    some = refused[::-(-len(refused) // GROUP)]
    with Vmm(firmware("x86_64"), disks=[evil_disk(name) for name in some]) as vmm:
        vmm.expect("^error: nothing to boot; tried:$|^FATWOOD-GUEST: done$")
        assert "FATWOOD-GUEST" not in vmm.log, "an evil disk booted"
        assert "EFI-PROGRAM" not in vmm.log, "an evil program ran"
        vmm.wait_for_halt()
        assert vmm.log.count("nothing to boot") == 1


def reports_of_each(vmm, group):
    """(name, report) for each disk of the group, in as many boots."""
    for number, name in enumerate(group):
        if number:
            vmm.qmp("qom-set", path=f"evil{number - 1}", property="bootindex", value=-1)
            vmm.qmp("qom-set", path=f"evil{number}", property="bootindex", value=1)
            vmm.qmp("system_reset")
        try:
            yield name, vmm.guest(number + 1)
        except AssertionError as error:
            pytest.fail(f"{name}: {evil.CATALOGUE[name].text}\n{error}", pytrace=False)


def evil_machine(firmware, evil_disk, group, disks=()):
    """All disks of the group, of which the first has its turn; then disks, and no other."""
    attached = [Disk(evil_disk(name), options=f"id=evil{number}") for number, name in enumerate(group)]
    attached[0].options += ",bootindex=1"
    return Vmm(firmware("x86_64"), disks=[*attached, *disks], extra=["-boot", "strict=on"], reboot=True)


@pytest.mark.parametrize("group", groups(names(True)), ids=group_name)
def test_harmless(firmware, evil_disk, group):
    with evil_machine(firmware, evil_disk, group) as vmm:
        for name, report in reports_of_each(vmm, group):
            assert report["image"] == "good", name


@pytest.mark.parametrize("group", groups(names(None)), ids=group_name)
def test_either_boots_or_is_refused(firmware, evil_disk, stub_disk, group):
    """Both outcomes are valid; the good disk after it must boot if the malformed one does not."""
    with evil_machine(firmware, evil_disk, group, [Disk(stub_disk, options="bootindex=2")]) as vmm:
        for name, report in reports_of_each(vmm, group):
            assert "from=stub" in report.words or "from=evil" in report.words or not report["cmdline"], name

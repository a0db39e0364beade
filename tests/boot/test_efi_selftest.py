# SPDX-License-Identifier: Apache-2.0
"""tests/payload/efi_selftest checks the results and each documented error of each service and protocol. It also runs
under OVMF; all differences are explained here."""

import re

from tests.boot.efi import on

# The keys for which the program waits, in this order (tests/payload/efi_selftest/input.c).
KEYS = ("a", "Z", "\x1b[A", "\x1b[B", "\x1b[C", "\x1b[D", "\r", "\t", "\b", "\x1b[H", ".")

# Checks in which OVMF 2022.11 differs, and why.
OVMF_DIFFERS = {
    "memory: the map has it as conventional": "it keeps areas for some types, which stay of their type",
    "memory: exactly one of the two": "its own allocations are free to take what was freed",
    "memory: it is there": "likewise",
    "memory: free the head": "its FreePages of a range with a hole frees what comes before the hole",
    "memory map: the first page is not free": "page 0 is conventional there; GRUB takes address 0 for a failure",
    "memory map: less than 100 descriptors": "its drivers leave many",
    "drivers: disconnect another driver": "NOT_FOUND, where 7.3.13 says SUCCESS",
    "images: neither path nor buffer": "INVALID_PARAMETER, where 7.4.1 says NOT_FOUND",
    "variables: and for one": "33 KiB at most",
    "output: but not beyond the start": "its console on the screen moves to the line above",
    "path text: two instances": "it writes ',/' between instances",
    "path text: no words, no path": "NULL; to us it is a path that ends at once, as that one's text is empty",
    "path text: parentheses that do not match": "it takes fields that are not there as 0",
    "block: of another medium": "its virtio driver does not compare media",
    "block: far after the end": "the sum wraps around",
    "block: to nowhere": "NULL is memory there",
    "block: write to another medium": "its virtio driver does not compare media",
    "block: write from nowhere": "NULL is memory there",
    "block: read of another medium": "its virtio driver does not compare media",
    "files: open it for nobody": "it writes to address 0",
    "serial port: and the timeout": "its terminal driver uses the same protocol, and sets its own with each byte",
    "serial port: timeout": "likewise",
    "graphics: it is copied": "a copy downwards leaves out the first line and takes one after the last",
    "graphics: it is copied downwards": "likewise",
    "graphics: a sum that wraps around": "it adds without a check",
    "pci: not at a multiple": "it makes two accesses of one",
    "misc: a capsule that is kept nowhere": "it looks at the GUID of the capsule first: UNSUPPORTED",
    "virtual: convert a pointer before that": "NOT_FOUND, where 8.4.2 says UNSUPPORTED",
}

# Checks that are skipped there, in the order of the topics. Any other skip would mean a missing protocol.
SKIPPED = {
    "q35": ["time: the alarm", "protection: memory protection"],
    "microvm": ["time: the alarm", "protection: memory protection", "graphics: graphics", "pci: PCI",
                "root bridge: root bridge"],
    "OVMF": ["protection: memory protection"],
}


def results(log):
    """(failed checks, skipped checks, number of checks, the plan) from the TAP output."""
    plain = re.sub(r"\x1b\[[0-9;=?]*[A-Za-z]", "", log)
    lines = re.findall(r"^(not )?ok (\d+) - (.*)$", plain, re.MULTILINE)
    plan = re.search(r"^1\.\.(\d+)$", plain, re.MULTILINE)
    numbers = [int(number) for _, number, _ in lines]
    assert numbers == list(range(1, len(numbers) + 1)), "a line is missing or cut in two"
    failed = [text for not_, _, text in lines if not_]
    skipped = [text.split(" # SKIP ")[0] for _, _, text in lines if " # SKIP " in text]
    return failed, skipped, len(lines), int(plan[1]) if plan else 0


@on("q35", "microvm")
def test_selftest(place, efi_image):
    with place.boot(efi_image("selftest"), cpu="max", extra=devices(place)) as vmm:
        vmm.expect("SELFTEST-KEYS")
        for number, key in enumerate(KEYS):
            # One key at a time, as a person types: otherwise an escape could start the next key.
            position = len(vmm.log)
            vmm.send(key)
            vmm.expect(f"# read {number}$", position)
        vmm.expect(r"SELFTEST: \d+ passed, \d+ failed")
        vmm.wait_for_end()
        failed, skipped, count, plan = results(vmm.log)
    assert count == plan > 600
    assert skipped == SKIPPED["OVMF" if place.is_ovmf else place.machine]
    if place.is_ovmf:
        failed = [text for text in failed if text.split(" # ")[0] not in OVMF_DIFFERS]
    assert [text.split(" # ")[0] for text in failed] == [], failed


def devices(place):
    """A source of random numbers, and a screen on machines with PCI."""
    if place.transport == "mmio":
        return ["-device", "virtio-rng-device"]
    return ["-device", "virtio-rng-pci", "-device", "bochs-display"]

# SPDX-License-Identifier: Apache-2.0
"""Runs the commands of docs/vmm/*.md in the lab exactly as they are written there, so that tests type what users are
told to type.

Pages mark what tests use: a shell block starts with ```sh test=NAME, and a file that it needs with ```json file=NAME
or ```xml file=NAME. ```xml os=NAME replaces the <os> element of a domain, ```xml disk=NAME its <disk>. The page on
libvirt is not run in the lab (test_libvirt.py). The images are called build/fatwood.elf or build/fatwood.rom, and
disk.raw.
"""

import hashlib
import pathlib
import re
import shlex

import pytest

from tests.boot.vmm import GUEST, Report

FOLDER = pathlib.Path(__file__).resolve().parents[2] / "docs" / "vmm"
BLOCK = re.compile(r"^```(?:sh|json|xml) (test|file|os|disk)=(\S+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
# Long enough for a busy machine with nested emulation; it does not measure anything.
BOOT_SECONDS = 600
MIB = 1 << 20
# Firecracker does not wait for its standard output: what a terminal of a busy machine has no room for is lost. A file
# takes everything.
NEEDS_A_FILE = ("firecracker",)
UNTIL_IT_ENDS = 1 << 30  # times


def blocks(page, kind):
    """{name: text} of a page's blocks: kind is test, file, or os or disk (parts of libvirt's domain)."""
    text = (FOLDER / f"{page}.md").read_text()
    return {name: body for found, name, body in BLOCK.findall(text) if found == kind}


def replaced(texts, replace, what):
    """The texts with each (old, new) replaced. Each old one must exist, so that nothing else is run by mistake."""
    for old, new in replace:
        assert any(old in text for text in texts.values()), f"{what}: no {old!r}"
        texts = {key: text.replace(old, new) for key, text in texts.items()}
    return texts


class Boot:
    """The output of a VMM, and how it ended."""

    def __init__(self, result, command):
        self.result = result
        self.command = command
        self.log = result.output.replace("\r", "")
        parts = self.log.split(f"{GUEST}ready\n")[1:]
        self.reports = [Report(line.removeprefix(GUEST) for line in part.splitlines()
                               if line.startswith(GUEST)) for part in parts
                        if f"{GUEST}done\n" in part]

    def check(self, condition, what):
        if not condition:
            lines = [line[:300] for line in self.log.splitlines() if line.strip()]
            shown = "\n".join(lines[-60:])
            pytest.fail(f"{what}\n$ {self.command}\n{shown}\nstatus {self.result.status}", False)

    def ended_well(self, times=1):
        """Checks that the guest reached user space that many times and that the VMM ended without an error. Returns
        the last report."""
        count = len(self.reports)
        self.check(count == times, f"the guest came up {count} times, not {times}")
        self.check(not self.result.timed_out, "the VMM did not end")
        self.check(self.result.status == 0, "the VMM ended with an error")
        return self.reports[-1]

    def came_up(self, disk, times=1):
        """ended_well(), and the guest could read its disk."""
        report = self.ended_well(times)
        with open(disk, "rb") as file:
            digest = hashlib.md5(file.read(MIB)).hexdigest()
        self.check([line.split()[-1] for line in report["disk"]] == [digest],
                   f"the guest does not read {digest} from its disk: {report['disk']}")
        return report


def until_guest_is_done(command, times=1, mark=f"{GUEST}done", seconds=BOOT_SECONDS, typed=()):
    """Shell lines that run the command until it has printed the mark that many times, or until the time is over, and
    then print its output. typed: (text to wait for, text to type then), with printf's escapes."""
    if not typed:
        start, stop = f"( exec {command.strip()} ) >log 2>&1 & pid=$!", ""
    else:
        keys = "".join(f"until grep -q '{text}' log; do sleep 1; done; sleep 1; printf '{answer}'\n"
                       for text, answer in typed)
        # The file stays open, because a VMM may stop at its end. Cloud Hypervisor accepts keys only from a terminal.
        start = (f"mkfifo keys; ( exec >keys\n{keys}exec sleep {seconds} ) & typist=$!\n"
                 f"( exec script -qefc {shlex.quote(command.strip())} /dev/null ) <keys >log 2>&1 & pid=$!")
        stop = "kill $typist; rm keys; "
    return (f": >log; {start}; left={seconds}\n"
            f"while kill -0 $pid 2>/dev/null && [ $(grep -c '{mark}' log) -lt {times} ] && [ $left -gt 0 ]; do\n"
            "sleep 1; left=$((left - 1)); done\n"
            f"kill $pid 2>/dev/null; wait $pid; status=$?; {stop}cat log; exit $status")


def boot(lab, page, name, firmware, disk, replace=(), more_files=(), times=1, is_stopped=False,
         mark=f"{GUEST}done", seconds=BOOT_SECONDS, runs=1, typed=(), kept=None):
    """Runs a page's command in a new folder of the lab, with its files, this firmware and disk.
    replace: (old, new) in the command and the files, as in replaced(). more_files: (path, name) of files that the
    replacements refer to. With is_stopped, the VMM is killed after it has printed the mark that many times; typed as in
    until_guest_is_done(). runs: how often the VMM is run, each time with the disk as the previous run left it. kept:
    where the disk is copied to after the last run."""
    texts = replaced({"command": blocks(page, "test")[name], **blocks(page, "file")}, replace, f"{page}.md, {name}")
    command = texts.pop("command")
    folder = lab.check("mktemp -d -p .").strip()
    lab.put(firmware, f"{folder}/build/fatwood{firmware.suffix}")
    lab.put(disk, f"{folder}/disk.raw")
    for path, file in more_files:
        lab.put(path, f"{folder}/{file}")
    for file, text in texts.items():
        lab.check(f"printf %s {shlex.quote(text)} >{folder}/{file}")
    in_a_file = is_stopped or page in NEEDS_A_FILE
    line = command
    if in_a_file:
        line = until_guest_is_done(command, times if is_stopped else UNTIL_IT_ENDS, mark, seconds, typed)
    lines = "\n".join([f"(\n{line}\n) || exit"] * runs)
    try:
        # A command whose output is in a file is stopped before the lab's own timeout, so that it can be shown.
        result = Boot(lab.run(f"cd {folder}\n{lines}", seconds * (2 if in_a_file else 1)), command)
        if kept:
            kept.write_bytes(lab.get(f"{folder}/disk.raw"))
        return result
    finally:
        lab.check(f"rm -r {folder}")

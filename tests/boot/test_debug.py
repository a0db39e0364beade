# SPDX-License-Identifier: Apache-2.0
"""make debug: however gdb ends, its QEMU does not stay behind."""
import os
import pathlib
import shutil
import signal
import time

import pexpect
import pytest

from tests.boot.vmm import WAIT_SECONDS

ROOT = pathlib.Path(__file__).resolve().parents[2]


def processes():
    """{process: (its parent, its state, its program)}"""
    found = {}
    for folder in pathlib.Path("/proc").glob("[0-9]*"):
        try:
            name, rest = (folder / "stat").read_text().split("(", 1)[1].rsplit(") ", 1)
        except OSError:  # it has just ended
            continue
        found[int(folder.name)] = (int(rest.split()[1]), rest.split()[0], name)
    return found


def below(root, program):
    """The process among the descendants of root that runs program; only the start of its name is known."""
    table = processes()
    generation = {root}
    while generation:
        for process in generation:
            if program.startswith(table[process][2]):
                return process
        generation = {process for process, (parent, *_) in table.items() if parent in generation}
    raise AssertionError(f"no {program} below {root}: {table}")


def is_running(process):
    return processes().get(process, (0, "Z"))[1] != "Z"


def kill(process, number):
    return lambda session: os.kill(below(session.pid, process), number)


def interrupt_the_guest(session):
    session.sendline("disable")
    session.sendline("continue")
    session.expect("Continuing.")
    session.sendintr()
    session.expect_exact("(gdb)")
    session.sendline("quit")
    session.expect(r"\(y or n\)")
    session.sendline("y")


def leave_the_guest_running(session):
    session.sendline("disable")
    session.sendline("continue")
    session.expect("Continuing.")
    kill("gdb", signal.SIGKILL)(session)


def quit_gdb(session):
    session.sendline("quit")
    session.expect(r"\(y or n\)")
    session.sendline("y")


def close_terminal(session):
    """Nothing more: pexpect's close() also sends signals, and does not wait long for their effect."""
    session.ptyproc.fileobj.close()


def end(session):
    close_terminal(session)
    if session.isalive():
        session.kill(signal.SIGKILL)
        session.wait()


WAYS = {
    "quit": quit_gdb,
    "ctrl-c": interrupt_the_guest,
    "killed": kill("gdb", signal.SIGKILL),
    "killed-while-the-guest-runs": leave_the_guest_running,
    "terminated": kill("gdb", signal.SIGTERM),
    "make-killed": kill("make", signal.SIGKILL),
    "make-terminated": kill("make", signal.SIGTERM),
    "terminal-closed": close_terminal,
}


def make_debug(image, **environment):
    return pexpect.spawn("make", ["debug", f"O={image.parent.relative_to(ROOT)}"], cwd=ROOT, timeout=WAIT_SECONDS,
                         env=dict(os.environ, TERM="dumb", DEBUGINFOD_URLS="", **environment),
                         preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_DFL))  # nohup ignores it


def test_qemu_that_starts_slowly(firmware, tmp_path):
    """gdb waits for its first answer."""
    slow = tmp_path / "qemu-system-x86_64"
    slow.write_text(f'#!/bin/sh\nsleep 5\nexec {shutil.which(slow.name)} "$@"\n')
    slow.chmod(0o755)
    session = make_debug(firmware("qemu"), PATH=f"{tmp_path}:{os.environ['PATH']}")
    try:
        session.expect_exact("Hardware assisted breakpoint 1 at")
    finally:
        end(session)


@pytest.mark.parametrize("way", WAYS)
def test_qemu_ends_with_gdb(firmware, way):
    session = make_debug(firmware("qemu"))
    qemu = None
    try:
        session.expect_exact("Hardware assisted breakpoint 1 at")
        session.expect_exact("(gdb)")
        qemu = below(session.pid, "qemu-system-x86_64")
        assert is_running(qemu)
        WAYS[way](session)
        deadline = time.monotonic() + WAIT_SECONDS
        while is_running(qemu):
            assert time.monotonic() < deadline, f"QEMU runs on: {processes()[qemu]}"
            time.sleep(.05)
    finally:
        end(session)
        if qemu and is_running(qemu):
            os.kill(qemu, signal.SIGKILL)

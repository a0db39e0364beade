# SPDX-License-Identifier: Apache-2.0
"""scripts/lab.py: the parts that need no guest. The guest itself is used by tests/boot/test_kvm_vmms.py."""
import pathlib
import socket
import sys
import types

import pexpect
import pexpect.fdpexpect
import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from scripts import lab
from tests.boot import documents


@pytest.fixture(name="clock")
def fixture_clock(monkeypatch):
    """The lab's clock, which stands still until the test lets time pass."""
    now = [0]

    def pass_seconds(seconds):
        now[0] += seconds
    monkeypatch.setattr(lab, "time", types.SimpleNamespace(monotonic=lambda: now[0]))
    return types.SimpleNamespace(pass_seconds=pass_seconds)


@pytest.mark.parametrize("output", [b"", b"out\nput", b"\x1e", b"\x1estatus-1 \n\x1estatus-", b"\x1estatus-2 0\na\n"])
@pytest.mark.parametrize("size", [1, 3, 1000])
def test_relay_up_to_the_end_however_output_is_split(output, size):
    ours, its = socket.socketpair()
    shown = []
    with ours, its:
        terminal = pexpect.fdpexpect.fdspawn(ours, maxread=size)
        its.sendall(output + b"\x1estatus-1 7\nmore")
        relayed, match = lab.relay(terminal, rb"\x1estatus-1 (\d+)\n", 300, shown.append)
        assert (relayed, match[1]) == (output, b"7")
        assert b"".join(shown) == output and terminal.expect([b"more"], 300) == 0


def test_output_is_shown_before_its_end(clock):
    ours, its = socket.socketpair()
    shown = []

    def its_time_is_over(data):
        shown.append(data)
        clock.pass_seconds(1000)
    with ours, its:
        its.sendall(b"output\x1estatus-1")
        with pytest.raises(pexpect.TIMEOUT):
            lab.relay(pexpect.fdpexpect.fdspawn(ours), rb"\x1estatus-1 (\d+)\n", 300, its_time_is_over)
    assert shown == [b"output"]


@pytest.mark.parametrize("logs, ends, text", [
    ({"qemu.log": "", "kernel.log": "[1.0] Kernel panic - not syncing: VFS\r\n[1.1] CPU: 0\n"}, True,
     "has died: Kernel panic - not syncing: VFS\n[1.0] Kernel"),
    ({"qemu.log": "qemu: no such disk\n"}, True, "ended\nqemu: no such disk"),
    ({"qemu.log": "", "kernel.log": "[1.0] busy\n"}, False, "did not answer within 0.1 seconds\n[1.0] busy"),
])
def test_a_guest_that_does_not_come_up(tmp_path, logs, ends, text):
    for name, content in logs.items():
        (tmp_path / name).write_text(content)
    guest = lab.Guest.__new__(lab.Guest)
    guest.folder = tmp_path
    terminal, its = socket.socketpair()
    with terminal, its:
        guest.console = pexpect.fdpexpect.fdspawn(terminal)
        if ends:
            its.close()
        with pytest.raises(lab.LabError) as error:
            guest.wait_for("lab-ready", 0.1)
    assert str(error.value).startswith(f"the lab's guest {text}")


def test_a_guest_without_a_kernel_is_a_reason_to_skip(monkeypatch):
    def unavailable():
        raise lab.kernels.Unavailable("no kernel package is known here")
    monkeypatch.setattr(lab.kernels, "host_kernel", unavailable)
    with pytest.raises(lab.kernels.Unavailable), lab.open_lab("guest"):
        pass


@pytest.fixture
def host(tmp_path, monkeypatch):
    monkeypatch.setattr(lab.lab_image, "FOLDER", tmp_path / "lab")
    with lab.open_lab("host") as opened:
        yield opened
    assert not list((tmp_path / "lab").iterdir())


@pytest.mark.parametrize("command, status, output", [
    ("echo a; echo b >&2; exit 3", 3, "a\nb\n"),
    ("kill -TERM $$", 128 + 15, ""),
    ("exec </dev/null >/dev/null 2>&1; sleep 1; exit 3", 3, ""),
    ("test -t 0 && test -t 1 && basename \"$PWD\" | cut -c -4", 0, "run.\n"),
])
def test_a_command_on_the_host(host, command, status, output):
    assert host.run(command, 30) == lab.Result(status, output, False)


def test_a_command_on_the_host_that_does_not_end(host, clock):
    def its_time_is_over(data):
        clock.pass_seconds(1000 * data.endswith(b"\n"))
    assert host.run("echo a; sleep 100", 30, its_time_is_over) == lab.Result(lab.KILLED, "a\n", True)


def test_a_command_on_the_host_that_runs_on_without_its_terminal(host):
    assert host.run("exec </dev/null >/dev/null 2>&1; sleep 10000", 1) == lab.Result(lab.KILLED, "", True)


def test_a_shell_on_the_host():
    shell = pexpect.spawn(sys.executable, [str(ROOT / "scripts/lab.py"), "--place", "host"], timeout=300)
    shell.expect(b"[#$] $")
    shell.sendline("echo $((6 * 7)); exit 5")
    shell.expect_exact("\r\n42\r\n")
    shell.expect_exact(pexpect.EOF)
    assert shell.wait() == 5


def test_files_and_programs_on_the_host(host, tmp_path):
    with open(tmp_path / "sparse", "wb") as file:
        file.truncate(1 << 30)
        file.seek(5 << 20)
        file.write(b"here")
    host.put(tmp_path / "sparse", "folder/copy")
    assert (host.folder / "folder/copy").stat().st_blocks < 1 << 10
    host.put_program("true", "well")
    assert host.check("well && dd if=folder/copy bs=4 skip=1310720 count=1 status=none") == "here"
    assert host.check("printf x >mine") == "" and host.get("mine") == b"x"
    with pytest.raises(lab.LabError, match="in the lab: false: 1"):
        host.check("false")


@pytest.mark.parametrize("status, runs", [(0, 2), (3, 1)])
def test_output_that_firecracker_does_not_wait_for(host, tmp_path, status, runs):
    """A terminal has no room for all of it. The first run that fails is the last one."""
    program, file = tmp_path / "firecracker", tmp_path / "file.elf"
    line = "x" * 99 + "\n"
    program.write_text(f"""#!{sys.executable}
import os
os.set_blocking(1, False)
os.write(1, b"{line[:-1]}\\n" * 2000)
raise SystemExit({status})
""")
    program.chmod(0o755)
    file.write_bytes(b"")
    host.put_program(program)
    boot = documents.boot(host, "firecracker", "mmio", file, file, runs=2)
    assert boot.log == line * 2000 * runs and boot.result.status == status

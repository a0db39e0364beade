#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The lab: an environment where KVM works, so that real VMMs can be run (`make lab`).

    scripts/lab.py                                    a shell in the lab; exit or ^D ends it
    scripts/lab.py --file disk.raw -- ls -l disk.raw  one command; its exit status is ours
    scripts/lab.py --program ./firecracker -- firecracker --version

If this machine's KVM works, the lab is a folder and the command runs here. Otherwise it is a small guest under QEMU's
emulation, whose processor has AMD's virtualization; it is ready in a few seconds. Both look the same to the command:
it starts in a folder with the given files, on a terminal, with the given programs in its PATH.
"""

import argparse
import base64
import contextlib
import dataclasses
import fcntl
import os
import pathlib
import re
import secrets
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import termios
import threading
import time
import tty

import pexpect
import pexpect.fdpexpect

ROOT = pathlib.Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from scripts import kvm_probe, lab_image
from scripts.lab_image import LabError
from tests.images import kernels

MAILBOX_SIZE = 16 << 30
MAILBOX_BLOCK = 4096
MEMORY = "3G"
READY_SECONDS = 360
COMMAND_SECONDS = 360
SHELL_SECONDS = 7 * 24 * 3600
# How long the lab may take to report that a command has exceeded its time.
ANSWER_SECONDS = 60
KILLED = 128 + signal.SIGKILL
PANIC = re.compile(r"Kernel panic[^\r\n]*")
LOG_TAIL = 3000
MAXREAD = 1 << 16
# QEMU drops what a guest's console prints while its output is full. A socket is full after 4 KB in small pieces, within
# milliseconds in which a busy host does not let us read; this is the most that a pipe is allowed to hold.
PIPE_SIZE = int(pathlib.Path("/proc/sys/fs/pipe-max-size").read_text())


@dataclasses.dataclass(frozen=True)
class Result:
    """How a command ended; one that ran out of time was killed."""

    status: int
    output: str
    timed_out: bool


def nowhere(_):
    """Discards output."""


def relay(terminal, end, seconds, echo):
    """Returns the output of a terminal until it matches end, and the match; echo gets the output as it arrives.
    Raises TIMEOUT or EOF of pexpect if the end does not arrive."""
    deadline = time.monotonic() + seconds
    output = b""
    while True:
        # A MARK may start the end, the rest of which has not arrived yet.
        ended = terminal.expect([end, rb"\A[^\x1e]+"], deadline - time.monotonic()) == 0
        seen = terminal.before + (b"" if ended else terminal.after)
        echo(seen)
        output += seen
        if ended:
            return output, terminal.match


def type_into(send, typed):
    """From now on, input from that file descriptor is sent to the terminal by that function."""
    def hand_on():
        while data := os.read(typed, 4096):
            send(data)
        send(b"\x04")

    threading.Thread(target=hand_on, daemon=True).start()


def data_ranges(file):
    """(start, end) of each part of an open file that is not a hole."""
    size = os.fstat(file.fileno()).st_size
    end = 0
    while end < size:
        try:
            start = os.lseek(file.fileno(), end, os.SEEK_DATA)
        except OSError:  # ENXIO: a hole up to the end
            return
        end = os.lseek(file.fileno(), start, os.SEEK_HOLE)
        yield start, end


def copy_sparse(source, target):
    lab_image.run(["cp", "--sparse=always", source, target])


def new_folder():
    lab_image.FOLDER.mkdir(parents=True, exist_ok=True)
    return pathlib.Path(tempfile.mkdtemp(prefix="run.", dir=lab_image.FOLDER))


class Lab:
    """The common part of guest and host."""

    def check(self, command):
        """Returns the output of a command that must succeed."""
        result = self.run(command)
        if result.status:
            raise LabError(f"in the lab: {command}: {result.output.strip() or result.status}")
        return result.output


class Guest(Lab):
    """The lab in a separate guest. Commands and their output are transferred over virtio-console (see INIT in
    lab_image.py), files through the mailbox, a disk that both sides read and write."""

    def __init__(self):
        kernel, initramfs, root_disk = lab_image.ensure()
        self.folder = new_folder()
        self.mailbox = self.folder / "mailbox"
        with open(self.mailbox, "wb") as mailbox:
            mailbox.truncate(MAILBOX_SIZE)
        terminal = self.folder / "terminal"
        for direction in ("in", "out"):
            os.mkfifo(f"{terminal}.{direction}")
        self.keys = open(f"{terminal}.in", "r+b", buffering=0)
        # Open for writing, too, until QEMU has ended: its start is no end.
        output = open(f"{terminal}.out", "r+b", buffering=0)
        fcntl.fcntl(output, fcntl.F_SETPIPE_SZ, PIPE_SIZE)
        self.terminal = open(f"{terminal}.out", "rb", buffering=0)
        self.console = pexpect.fdpexpect.fdspawn(self.terminal, maxread=MAXREAD)
        self.commands, its_commands = socket.socketpair()
        with its_commands, open(self.folder / "qemu.log", "wb") as log:
            # In our process group, so that it is killed together with us.
            self.process = subprocess.Popen(
                self.qemu_command(kernel, initramfs, root_disk, terminal, its_commands.fileno()),
                pass_fds=[its_commands.fileno()], stdin=subprocess.DEVNULL, stdout=log, stderr=log)

        def close_at_end():
            with output:
                self.process.wait()

        threading.Thread(target=close_at_end, daemon=True).start()
        try:
            self.wait_for("lab-ready", READY_SECONDS)
        except BaseException:
            self.close()
            raise

    def qemu_command(self, kernel, initramfs, root_disk, terminal, commands):
        # On a busy host, Linux has measured a quarter of the TSC's frequency: its clock ran four times too fast.
        # QEMU can lose an interrupt that one of its other threads raises while a guest's guest runs: it is then pending
        # until the next one. Without one-shot timers there is a next one in 4 ms, otherwise perhaps in minutes.
        arguments = ("console=ttyS0 quiet mitigations=off nokaslr tsc=reliable no_timer_check highres=off nohz=off"
                     f" random.trust_cpu=on panic=-1 {kernels.tsc_option()}")
        return [
            # As in tests/boot/vmm.py. Also, a nested guest sometimes hung or triple-faulted with two emulated
            # processors. The emulation of a write to a page that has held code goes through all that was translated
            # from there: where memory of a guest's guest was used again, clearing a page took up to minutes. So there
            # is room for less of it, and without ERMS a page is cleared by 512 writes rather than 4096.
            *("qemu-system-x86_64", "-machine", "q35", "-accel", "tcg,thread=single,tb-size=128"),
            *("-cpu", "max,cx16=off,erms=off,fsrm=off", "-smp", "1", "-m", MEMORY),
            *("-nodefaults", "-no-user-config", "-display", "none", "-no-reboot"),
            *("-kernel", str(kernel), "-initrd", str(initramfs), "-append", arguments),
            *("-serial", f"file:{self.folder}/kernel.log"),
            *("-drive", f"file={root_disk},format=raw,if=virtio,snapshot=on,cache=unsafe"),
            *("-drive", f"file={self.mailbox},format=raw,if=virtio,cache=unsafe"),
            *("-device", "virtio-serial-pci"),
            *("-chardev", f"pipe,id=terminal,path={terminal}"),
            *("-device", "virtconsole,chardev=terminal"),
            *("-chardev", f"socket,id=commands,fd={commands}"),
            *("-device", "virtserialport,chardev=commands,name=commands"),
        ]

    def wait_for(self, token, seconds, echo=nowhere):
        """Returns the output up to the line with that token, and its status."""
        try:
            output, match = relay(self.console, rb"\x1e%s (\d+)\r?\n" % token.encode(), seconds, echo)
            return output, int(match[1])
        except (pexpect.EOF, pexpect.TIMEOUT) as reason:
            logs = [path.read_text(errors="replace") for name in ("qemu.log", "kernel.log")
                    if (path := self.folder / name).exists()]
            panic = PANIC.search(logs[-1]) if logs else None
            what = f"has died: {panic[0]}" if panic else \
                "ended" if isinstance(reason, pexpect.EOF) else f"did not answer within {seconds} seconds"
            raise LabError(f"the lab's guest {what}\n{''.join(logs)[-LOG_TAIL:]}") from reason

    def run(self, command, seconds=COMMAND_SECONDS, echo=nowhere, typed=None):
        """Runs a line of shell in the lab's folder; echo gets the output as it arrives. If typed is a file
        descriptor, the command gets its input and an ordinary terminal, otherwise a raw one."""
        token = f"status-{secrets.token_hex(8)}"
        terminal = "raw" if typed is None else "sane"
        text = base64.b64encode(f"{command}\n".encode()).decode()
        self.commands.sendall(f"{token} {terminal} {seconds} {text}\n".encode())
        if typed is not None:
            type_into(self.keys.write, typed)
        started = time.monotonic()
        output, status = self.wait_for(token, seconds + ANSWER_SECONDS, echo)
        timed_out = status == KILLED and time.monotonic() - started >= seconds
        return Result(status, output.decode(errors="replace"), timed_out)

    def put(self, path, name=None):
        """Copies a file into the lab's folder, or to another place there, keeping holes."""
        path = pathlib.Path(path)
        name = name or path.name
        quoted = shlex.quote(name)
        script = [f"mkdir -p $(dirname {quoted})", f": >{quoted}"]
        size = path.stat().st_size
        if size > MAILBOX_SIZE:
            raise LabError(f"{path} is too large for the lab: above {MAILBOX_SIZE >> 30} GiB")
        copy_sparse(path, self.mailbox)
        os.truncate(self.mailbox, MAILBOX_SIZE)
        with open(path, "rb") as file:
            for start, end in data_ranges(file):
                count = -((start - end) // MAILBOX_BLOCK) * MAILBOX_BLOCK
                script.append(
                    f"dd if=/dev/vdb of={quoted} skip={start} seek={start} count={count} bs=1M"
                    " iflag=direct,skip_bytes,count_bytes,fullblock oflag=seek_bytes"
                    " conv=notrunc status=none")
        mode = path.stat().st_mode & 0o777
        script += [f"truncate -s {size} {quoted}", f"chmod {mode:o} {quoted}"]
        self.check(" && ".join(script))
        return name

    def get(self, name):
        """The bytes of a file in the lab."""
        quoted = shlex.quote(name)
        size = int(self.check(
            f"dd if={quoted} of=/dev/vdb bs=1M conv=sync oflag=direct status=none"
            f" && stat -c %s {quoted}"))
        with open(self.mailbox, "rb") as mailbox:
            return mailbox.read(size)

    def put_program(self, path, name=None):
        """Installs a program of this machine in the lab, with the libraries that it loads."""
        program, *libraries = lab_image.program_files(path)
        self.put(program, f"/usr/local/bin/{name or program.name}")
        for library in libraries:
            if self.run(f"test -e {shlex.quote(str(library))}").status:
                self.put(library, str(library))

    def close(self):
        self.process.kill()
        self.process.wait()
        self.terminal.close()
        self.keys.close()
        self.commands.close()
        shutil.rmtree(self.folder, ignore_errors=True)


class Host(Lab):
    """The lab on this machine itself: a folder, with the same methods as Guest."""

    def __init__(self):
        self.folder = new_folder()
        (self.folder / "bin").mkdir()

    def run(self, command, seconds=COMMAND_SECONDS, echo=nowhere, typed=None):
        path = f"{self.folder / 'bin'}:{os.environ.get('PATH', os.defpath)}"
        terminal = pexpect.spawn("sh", ["-c", command], cwd=self.folder, env=dict(os.environ, PATH=path),
                                 maxread=MAXREAD, preexec_fn=(lambda: tty.setraw(0)) if typed is None else None)
        if typed is not None:
            type_into(terminal.send, typed)
        shown = []

        def keep(data):
            shown.append(data)
            echo(data)

        timed_out = False

        def end():
            nonlocal timed_out
            timed_out = True
            with contextlib.suppress(ProcessLookupError):
                os.killpg(terminal.pid, signal.SIGKILL)

        # For a command that has closed its terminal, and for whose end pexpect then waits.
        timer = threading.Timer(seconds, end)
        timer.start()
        try:
            try:
                relay(terminal, pexpect.EOF, seconds, keep)
            except pexpect.TIMEOUT:
                end()
            terminal.wait()  # close() would end it by signals if it has not ended yet
        finally:
            timer.cancel()
            terminal.close()
        status = 128 + terminal.signalstatus if terminal.exitstatus is None else terminal.exitstatus
        return Result(status, b"".join(shown).decode(errors="replace"), timed_out)

    def put(self, path, name=None):
        name = name or pathlib.Path(path).name
        target = self.folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        copy_sparse(path, target)
        shutil.copymode(path, target)
        return name

    def get(self, name):
        return (self.folder / name).read_bytes()

    def put_program(self, path, name=None):
        program = lab_image.program_path(path)
        link = self.folder / "bin" / (name or program.name)
        link.unlink(missing_ok=True)
        link.symlink_to(program)

    def close(self):
        shutil.rmtree(self.folder, ignore_errors=True)


@contextlib.contextmanager
def open_lab(place="auto"):
    """A lab on this machine ("host"), in a guest ("guest"), or in a guest only if this machine's KVM does not work
    ("auto")."""
    if place == "auto":
        place = "host" if kvm_probe.kvm_works() else "guest"
    lab = Host() if place == "host" else Guest()
    try:
        yield lab
    finally:
        lab.close()


def installed_vmms():
    """{name: path} of the VMMs that distributions do not package: those in the folder FATWOOD_VMM_DIR, and the Alioth
    installed by the tests."""
    folders = [lab_image.ALIOTH / "bin"]
    if os.environ.get("FATWOOD_VMM_DIR"):
        folders.append(pathlib.Path(os.environ["FATWOOD_VMM_DIR"]))
    return {path.name: path.absolute() for folder in folders if folder.is_dir()
            for path in sorted(folder.iterdir()) if os.access(path, os.X_OK) and path.is_file()}


@contextlib.contextmanager
def raw_terminal():
    """Passes every key on unchanged."""
    before = termios.tcgetattr(sys.stdin)
    try:
        tty.setraw(sys.stdin)
        yield
    finally:
        termios.tcsetattr(sys.stdin, termios.TCSADRAIN, before)


def show(data):
    sys.stdout.buffer.write(data)
    sys.stdout.buffer.flush()


def path_and_name(text):
    path, _, name = text.partition(":")
    return pathlib.Path(path), name or pathlib.Path(path).name


def add_lab_arguments(parser):
    """The options of every script that runs a command in the lab."""
    parser.add_argument("--file", action="append", default=[], type=path_and_name,
                        metavar="PATH[:NAME]", help="a file the command needs in its folder")
    parser.add_argument("--program", action="append", default=[], type=path_and_name,
                        metavar="PATH[:NAME]", help="a program the command needs in its PATH")
    parser.add_argument("--seconds", type=int, default=600,
                        help="kill the command after that time (%(default)s)")
    parser.add_argument("--place", choices=("auto", "host", "guest"), default="auto",
                        help="this machine, or a guest (a guest where KVM is of no use here)")


def add_command_argument(parser, help_text):
    """Must be last: everything after the first word belongs to the command."""
    parser.add_argument("command", nargs=argparse.REMAINDER, help=help_text)


def command_line(arguments):
    """The command as a line of shell; a single word may already be such a line."""
    words = arguments.command[arguments.command[0] == "--" :]
    return words[0] if len(words) == 1 else shlex.join(words)


@contextlib.contextmanager
def prepared_lab(arguments):
    """A lab with the files and programs named in the options, and the installed VMMs."""
    print("  starting the lab", file=sys.stderr)
    with open_lab(arguments.place) as lab:
        for path, name in [*arguments.program, *((p, n) for n, p in installed_vmms().items())]:
            lab.put_program(path, name)
        for path, name in arguments.file:
            lab.put(path, name)
        yield lab


def main():
    parser = argparse.ArgumentParser(description="Run a command, or a shell, where KVM works.")
    add_lab_arguments(parser)
    add_command_argument(parser, "the command; without one, a shell")
    arguments = parser.parse_args()
    if not arguments.command and not sys.stdin.isatty():
        parser.error("a shell needs a terminal; here, give a command")
    try:
        with prepared_lab(arguments) as lab:
            if arguments.command:
                return lab.run(command_line(arguments), arguments.seconds, show).status
            print("  a shell in the lab; exit or ^D ends it", file=sys.stderr)
            with raw_terminal():
                return lab.run("exec sh -i", SHELL_SECONDS, show, sys.stdin.fileno()).status
    except (LabError, kernels.Unavailable, OSError) as error:
        print(f"lab: {error}", file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main())

# SPDX-License-Identifier: Apache-2.0
"""A separate libvirt session (qemu:///session) without KVM, and the domain of docs/vmm/libvirt.md in it."""

import contextlib
import os
import pathlib
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
import time

import pytest

from tests.boot.documents import blocks
from tests.boot.vmm import GUEST, WAIT_SECONDS, Report

# One after the other, because concurrent sessions would use the same VNC port.
GROUP = pytest.mark.xdist_group("libvirt")

ROOT = pathlib.Path(__file__).resolve().parents[2]
PAGE = "libvirt"
NEEDED = ("virsh", "libvirtd", "qemu-system-x86_64", "script", "setpriv")
# For root, the session is the system's libvirtd, so root switches to the user nobody.
NOBODY = 65534
# The length limit for socket paths leaves no room for pytest's folders.
FOLDER_PREFIX = "fatwood-"
END_SECONDS = 60


# Runs words with that root, in which the home and what the kernel provides are where they are outside.
ENTER = """root=$0; home=$1; shift
mount -t tmpfs none $root/tmp; mkdir -p $root$home; mount --bind $home $root$home
for folder in dev proc sys; do mount --rbind /$folder $root/$folder; done
exec chroot $root "$@"
"""


class Terminal:
    """A terminal with a domain's console, which is destroyed at the end. log: the file with what the guest prints; by
    default, the terminal's own."""

    def __init__(self, session, words, log=None):
        self.session = session
        self.console = session.home / "console"
        self.path = log or self.console
        self.file = open(self.console, "wb")
        self.process = subprocess.Popen(
            ["script", "-qefc", words, "/dev/null"], cwd=session.home,
            env={**session.environment, "SHELL": "/bin/sh"}, stdin=subprocess.PIPE, stdout=self.file,
            stderr=subprocess.STDOUT)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.session.run("virsh destroy debian", check=False)
        self.process.communicate(timeout=WAIT_SECONDS)
        self.file.close()

    @property
    def log(self):
        try:
            return self.path.read_text(errors="replace").replace("\r", "")
        except FileNotFoundError:  # not yet
            return ""

    def send(self, text):
        self.process.stdin.write(text.encode())
        self.process.stdin.flush()

    def expect(self, pattern, after=0, seconds=WAIT_SECONDS):
        """Waits for a regular expression on the console, from that position on; returns the match."""
        compiled = re.compile(pattern, re.MULTILINE)
        deadline = time.monotonic() + seconds
        while not (found := compiled.search(log := self.log, after)):
            if self.process.poll() is not None or time.monotonic() > deadline:
                log += self.session.run("cat console; tail -n 3 .cache/libvirt/qemu/log/*.log", check=False)
                pytest.fail(f"{log[-6000:]}\nnot seen: {pattern!r}", pytrace=False)
            time.sleep(0.2)
        return found


class Session:
    """A user's libvirt, with a home of its own; root: a folder with another libvirt than this machine's."""

    def __init__(self, home, root=None):
        self.home = home
        self.as_user = []
        if root:
            self.as_user = ["unshare", "--mount", "sh", "-ec", ENTER, root, home]
        if os.geteuid() == 0:
            self.as_user += ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups"]
        (home / "run").mkdir(mode=0o700)
        self.environment = {"PATH": "/usr/sbin:/usr/bin" if root else os.environ["PATH"],
                            "HOME": str(home), "XDG_RUNTIME_DIR": str(home / "run"),
                            "LIBVIRT_DEFAULT_URI": "qemu:///session", "LANG": "C.UTF-8", "TERM": "dumb"}
        self.own()

    def own(self):
        """Gives the test's files to the user."""
        if self.as_user:
            for path in (self.home, *self.home.rglob("*")):
                os.chown(path, NOBODY, NOBODY)

    def run(self, command, check=True):
        done = subprocess.run([*self.as_user, "sh", "-ec", f"cd; {command}"], cwd=self.home, env=self.environment,
                              text=True, check=False, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, timeout=WAIT_SECONDS)
        assert not check or done.returncode == 0, f"$ {command}\n{done.stdout}"
        return done.stdout

    def terminal(self, command, log=None):
        """Runs a command on a terminal, which is open until the end of the with block."""
        words = shlex.join(map(str, [*self.as_user, "sh", "-ec", f"cd; {command}"]))
        return Terminal(self, words, log)

    def console(self, command, log=None):
        """Runs a command that shows a domain's console, until the guest has reported there, or in its log."""
        with self.terminal(command, log) as terminal:
            terminal.expect(f"{GUEST}done\n")
            shown = terminal.log
        lines = shown.split(f"{GUEST}ready\n")[1].splitlines()
        return Report(line.removeprefix(GUEST) for line in lines if line.startswith(GUEST))

    def close(self):
        """Stops everything that is still running. Up to its end libvirtd changes files in the home that is about to be
        removed; the last one it removes is its own."""
        self.run("virsh destroy debian", check=False)
        process = self.home / "run/libvirt/libvirtd.pid"
        if process.exists():
            self.run(f"kill {process.read_text()}", check=False)
            deadline = time.monotonic() + END_SECONDS
            while process.exists() and time.monotonic() < deadline:
                time.sleep(0.05)


def skip_if_missing():
    missing = [name for name in NEEDED if not shutil.which(name, path=f"{os.environ['PATH']}:/usr/sbin")]
    if missing:
        pytest.skip(f"not installed: {' '.join(missing)}")


@contextlib.contextmanager
def opened(root=None):
    with tempfile.TemporaryDirectory(prefix=FOLDER_PREFIX) as folder:
        session = Session(pathlib.Path(folder), root)
        try:
            yield session
        finally:
            session.close()


def use_descriptor(session, words):
    """Makes libvirt choose Fatwood for this user, as described on the page."""
    session.run(replaced(blocks(PAGE, "test")["descriptor"], words))


def install(session, firmware, disk, name="qemu_rom"):
    """Does what `make install` does for the image of one defconfig, below the session's home, and adds
    the disk. Returns the replacements for the page's text: paths, and KVM, which not every machine has."""
    subprocess.run([sys.executable, ROOT / "scripts/install.py", "--images", firmware(name).parents[1], "--release",
                    "1", "--prefix", session.home / "usr/local", name], check=True, stdout=subprocess.DEVNULL)
    subprocess.run(["cp", "--sparse=always", disk, session.home / "debian.raw"], check=True)
    session.own()
    return {"/usr/local/": f"{session.home}/usr/local/", "/var/lib/libvirt/images/": f"{session.home}/",
            "type='kvm'": "type='qemu'", "mode='host-passthrough'": "mode='maximum'",
            "virt-install ": "virt-install --virt-type qemu "}


def replaced(text, words):
    for old, new in words.items():
        text = text.replace(old, new)
    return text


def domain_text(system=None, disk=None):
    """The page's domain. system, disk: the blocks that replace its <os> and its <disk>."""
    text = blocks(PAGE, "file")["domain.xml"]
    if system:
        head, rest = text.split("  <os ", maxsplit=1)
        text = head + blocks(PAGE, "os")[system] + rest.split("</os>\n", maxsplit=1)[1]
    if disk:
        head, rest = text.split("    <disk ", maxsplit=1)
        text = head + blocks(PAGE, "disk")[disk] + rest.split("</disk>\n", maxsplit=1)[1]
    return text


def define(session, words, more=(), **domain):
    """Defines the page's domain (domain_text()) as described there, with (old, new) in its text. Returns the command
    that starts it and shows its console."""
    text = domain_text(**domain)
    for old, new in more:
        assert old in text
        text = text.replace(old, new)
    (session.home / "domain.xml").write_text(replaced(text, words))
    session.own()
    *first, last = blocks(PAGE, "test")["start"].strip().splitlines()
    session.run("\n".join(first))
    return last


def start(session, words, **domain):
    """Starts the page's domain; returns the guest's report."""
    # As the page says, the console may show nothing of a guest as fast as this.
    return session.console(define(session, words, **domain), session.home / "debian.log")


def assert_flash(session):
    """Checks that the ROM is the domain's flash, with the domain's own copy of the empty variable store."""
    log = session.run("cat .cache/libvirt/qemu/log/debian.log")
    for words in ("usr/local/share/fatwood/qemu.rom", "libvirt-pflash0", "_VARS.", "libvirt-pflash1"):
        assert words in log

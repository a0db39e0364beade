# SPDX-License-Identifier: Apache-2.0
"""Runs the domains and commands of docs/vmm/libvirt.md in a separate libvirt session (qemu:///session) without KVM:
each starts, and its console shows that the guest came up."""

import contextlib
import json
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
from tests.images import efi, packages

# One after the other, because concurrent sessions would use the same VNC port.
pytestmark = pytest.mark.xdist_group("libvirt")

ROOT = pathlib.Path(__file__).resolve().parents[2]
PAGE = "libvirt"
NEEDED = ("virsh", "libvirtd", "qemu-system-x86_64", "script", "setpriv")
# For root, the session is the system's libvirtd, so root switches to the user nobody.
NOBODY = 65534
# The length limit for socket paths leaves no room for pytest's folders.
FOLDER_PREFIX = "fatwood-"


# Runs words with that root, in which the home and what the kernel provides are where they are outside.
ENTER = """root=$0; home=$1; shift
mount -t tmpfs none $root/tmp; mkdir -p $root$home; mount --bind $home $root$home
for folder in dev proc sys; do mount --rbind /$folder $root/$folder; done
exec chroot $root "$@"
"""


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

    def console(self, command):
        """Runs a command that shows a domain's console on a terminal, until the guest has reported."""
        path = self.home / "console"
        words = shlex.join(map(str, [*self.as_user, "sh", "-ec", f"cd; {command}"]))
        with open(path, "wb") as file, subprocess.Popen(
                ["script", "-qefc", words, "/dev/null"], cwd=self.home, env={**self.environment, "SHELL": "/bin/sh"},
                stdin=subprocess.PIPE, stdout=file, stderr=subprocess.STDOUT) as process:
            deadline = time.monotonic() + WAIT_SECONDS
            while f"{GUEST}done\n" not in (log := path.read_text(errors="replace").replace("\r", "")):
                if process.poll() is not None or time.monotonic() > deadline:
                    process.kill()
                    log += self.run("tail -n 3 .cache/libvirt/qemu/log/*.log", check=False)
                    pytest.fail(f"$ {command}\n{log}\nthe guest has not come up", pytrace=False)
                time.sleep(0.2)
            self.log = log
            self.run("virsh destroy debian", check=False)
            process.communicate(timeout=WAIT_SECONDS)
        lines = self.log.split(f"{GUEST}ready\n")[1].splitlines()
        return Report(line.removeprefix(GUEST) for line in lines if line.startswith(GUEST))

    def close(self):
        """Stops everything that is still running."""
        self.run("virsh destroy debian", check=False)
        process = self.home / "run/libvirt/libvirtd.pid"
        if process.exists():
            self.run(f"kill {process.read_text()}", check=False)


@contextlib.contextmanager
def opened_session(root=None):
    with tempfile.TemporaryDirectory(prefix=FOLDER_PREFIX) as folder:
        opened = Session(pathlib.Path(folder), root)
        try:
            yield opened
        finally:
            opened.close()


@pytest.fixture
def session():
    missing = [name for name in NEEDED if not shutil.which(name, path=f"{os.environ['PATH']}:/usr/sbin")]
    if missing:
        pytest.skip(f"not installed: {' '.join(missing)}")
    with opened_session() as opened:
        yield opened


@pytest.fixture
def debian_session(request):
    """That of libvirt and QEMU of another Debian, whose name is the parameter."""
    if os.geteuid():
        pytest.skip("only root can change the root")
    with opened_session(packages.libvirt(request.param)) as opened:
        yield opened


def install(session, firmware, disk, name="qemu_rom"):
    """Does what `make install PREFIX=/usr` does for the image of one defconfig, below the session's home, and adds
    the disk. Returns the replacements for the page's text: paths, and KVM, which not every machine has."""
    subprocess.run([sys.executable, ROOT / "scripts/install.py", "--images", firmware(name).parents[1], "--release",
                    "1", "--prefix", session.home / "usr", name], check=True, stdout=subprocess.DEVNULL)
    shutil.copy(disk, session.home / "debian.raw")
    session.own()
    return {"/usr/share/": f"{session.home}/usr/share/", "/var/lib/libvirt/images/": f"{session.home}/",
            "type='kvm'": "type='qemu'", "mode='host-passthrough'": "mode='maximum'",
            "virt-install ": "virt-install --virt-type qemu "}


def replaced(text, words):
    for old, new in words.items():
        text = text.replace(old, new)
    return text


def start(session, words, system=None, machine=""):
    """Starts the page's domain as described there; system: the block that replaces its <os>."""
    text = blocks(PAGE, "file")["domain.xml"]
    if system:
        head, rest = text.split("  <os ", maxsplit=1)
        text = head + blocks(PAGE, "os")[system] + rest.split("</os>\n", maxsplit=1)[1]
    if machine:
        text = text.replace("machine='q35'", f"machine='{machine}'")
    (session.home / "domain.xml").write_text(replaced(text, words))
    session.own()
    *first, last = blocks(PAGE, "test")["start"].strip().splitlines()
    session.run("\n".join(first))
    return session.console(last)


def assert_flash(session):
    """Checks that the ROM is the domain's flash, with the domain's own copy of the empty variable store."""
    log = session.run("cat .cache/libvirt/qemu/log/debian.log")
    for words in ("usr/share/fatwood/qemu.rom", "libvirt-pflash0", "_VARS.", "libvirt-pflash1"):
        assert words in log


@pytest.mark.parametrize("machine", ["q35", "pc"])
def test_firmware_selected_by_its_descriptor(session, firmware, stub_disk, machine):
    """libvirt chooses Fatwood even if OVMF is installed."""
    words = install(session, firmware, stub_disk)
    session.run(replaced(blocks(PAGE, "test")["descriptor"], words))
    assert "from=stub" in start(session, words, machine=machine).words
    assert_flash(session)


def test_rom_by_its_path(session, firmware, stub_disk):
    assert "from=stub" in start(session, install(session, firmware, stub_disk), "rom").words


def test_as_a_kernel(session, firmware, stub_disk):
    report = start(session, install(session, firmware, stub_disk, "qemu"), "kernel")
    assert "entered by PVH" in session.run("cat debian.log")
    assert "from=stub" in report.words and "systemd.show_status=1" in report.words


def test_options_for_the_rom(session, firmware, stub_disk):
    words = install(session, firmware, stub_disk)
    session.run(replaced(blocks(PAGE, "test")["descriptor"], words))
    report = start(session, words, "words")
    log = session.run("cat debian.log")
    assert "entered by reset" in log and "virtio-blk" in log
    assert "systemd.show_status=1" in report.words


@pytest.mark.skipif(not shutil.which("virt-install"), reason="virt-install is not installed")
def test_virt_install(session, firmware, efi_image):
    """The domain created by virt-install and virt-manager, with all its devices."""
    words = install(session, firmware, efi_image("shim-grub-trixie"))
    session.run(replaced(blocks(PAGE, "test")["descriptor"], words))
    report = session.console(replaced(blocks(PAGE, "test")["virt-install"], words))
    assert_flash(session)
    assert "from=shim-grub-trixie" in report.words and report["efi"] == "yes"


@pytest.mark.extended
@pytest.mark.parametrize("debian_session", ["trixie", "forky"], indirect=True)
def test_newer_libvirt(debian_session, firmware, stub_disk):
    """Chosen by the descriptor, with variables of its own, which --reset-nvram makes again from the template."""
    session = debian_session
    words = install(session, firmware, stub_disk)
    session.run(replaced(blocks(PAGE, "test")["descriptor"], words))
    assert "from=stub" in start(session, words).words
    assert_flash(session)
    domain = session.run("virsh dumpxml debian")
    assert f"template='{session.home}/usr/share/fatwood/qemu_vars.fd'" in domain
    variables = pathlib.Path(re.search(r"<nvram [^>]*>([^<]+)</nvram>", domain)[1])
    variables.write_text("damaged")
    session.run("virsh start --reset-nvram --paused debian")
    assert variables.read_bytes() == (session.home / "usr/share/fatwood/qemu_vars.fd").read_bytes()


@pytest.mark.extended
@pytest.mark.parametrize("debian_session", ["forky"], indirect=True)
def test_variables_of_the_host(debian_session, firmware, tmp_path):
    """What the guest has set is in the file of the host."""
    session = debian_session
    disk = tmp_path / "disk.raw"
    efi.make_words(disk, "varstore", "trixie", "set:Kept=yes")
    words = install(session, firmware, disk)
    build = firmware("qemu_rom", "EFI_VARIABLES_HOST=y").parent
    commands = blocks(PAGE, "test")["varstore"].splitlines()
    for command in commands[3:]:
        subprocess.run(["sh", "-ec", replaced(command, {**words, "build/host": str(build)})], check=True)
    name, text = next(iter((name, text) for name, text in blocks(PAGE, "file").items() if name.endswith(".json")))
    folder = session.home / ".config/qemu/firmware"
    folder.mkdir(parents=True)
    (folder / name).write_text(replaced(text, words))
    assert start(session, words, "varstore")["efi_set"] == ["Kept good"]
    assert "uefi-vars-x64" in session.run("cat .cache/libvirt/qemu/log/debian.log")
    store = json.loads((session.home / ".config/libvirt/qemu/varstore/debian.json").read_text())
    stored = {variable["name"]: bytes.fromhex(variable["data"]) for variable in store["variables"]}
    assert stored["Kept"] == b"yes"

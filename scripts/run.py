#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""`make run`: builds the firmware and a demo disk, and boots them under QEMU on this terminal.

Options are make variables:
  DISK=image.raw|image.qcow2   boot this image; the guest's writes change it
  SNAPSHOT=1                   discard the guest's writes
  MACHINE=q35|pc|microvm       MEMORY=1G        ACCEL=auto|kvm|tcg
  APPEND="fatwood.log=debug"   options for the VMM's command line
The firmware is built from the configuration in the output folder (make menuconfig && make run), if there is one,
otherwise from the defconfig for the machine. The demo disk has the distribution's own kernel and a busybox shell; it
is made once, and the guest's writes to it are discarded.

`make debug` is run.py --debug FOLDER: the same with the firmware built there, stopped before the first instruction,
with gdb on this terminal.
"""

import argparse
import os
import pathlib
import re
import shlex
import shutil
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from scripts import firmware, kvm_probe
from tests.images import initrd, kernels
from tests.images.disk import bls_files, esp_disk

MIB = 1 << 20
# The build for the machine, and its disk device.
MACHINES = {
    "q35": ("qemu", "virtio-blk-pci"),
    "pc": ("qemu", "virtio-blk-pci"),
    "microvm": ("qemu_microvm", "virtio-blk-device"),
}


class UserError(Exception):
    """An error that the user can fix; the text says how."""


def say(text):
    print(f"run: {text}", flush=True)


def demo_disk():
    kernel = kernels.host_kernel()
    guest = initrd.guest_file(kernel)
    path = ROOT / "build" / "run" / f"demo-{kernel.release}-{guest.stem[-12:]}.raw"
    if not path.exists():
        say(f"making the demo disk {path.relative_to(ROOT)}")
        path.parent.mkdir(parents=True, exist_ok=True)
        for old in path.parent.glob("demo-*.raw"):
            old.unlink()
        size = kernel.image.stat().st_size + guest.stat().st_size + 32 * MIB
        files = bls_files(kernel.image, [guest], "console=ttyS0 quiet", name="demo",
                          title=f"Linux {kernel.release}", version=kernel.release)
        esp_disk(path, files, size=-(-size // MIB) * MIB)
    return path


def disk_words(path):
    """The -drive option for the user's image. Its file name determines the format, because a guest could write
    another format's signature to its raw disk and make QEMU read any file of the host as a backing file."""
    try:
        with open(path, "r+b") as file:
            is_qcow2 = file.read(4) == b"QFI\xfb"
    except OSError as error:
        raise UserError(f"DISK={path}: {error.strerror}") from error
    name_says_qcow2 = path.endswith(".qcow2")
    if is_qcow2 != name_says_qcow2:
        raise UserError(f"DISK={path} {'has' if is_qcow2 else 'does not have'} the mark of a qcow2 image: "
                        f"if that is right, give it a name {'with' if is_qcow2 else 'without'} .qcow2")
    return f"format={'qcow2' if is_qcow2 else 'raw'},file={path.replace(',', ',,')}"


def require(program, purpose):
    if not shutil.which(program):
        raise UserError(f"{program} is missing: scripts/setup.sh {purpose} installs it")


def choose(settings, name, default, choices):
    value = settings.get(name) or default
    if value not in choices:
        raise UserError(f"{name}={value}: choose one of {' '.join(choices)}")
    return value


def accelerator(wanted):
    if wanted == "tcg":
        return wanted
    problem = kvm_probe.kvm_problem()
    if problem and wanted == "kvm":
        raise UserError(f"ACCEL=kvm: {problem}. ACCEL=auto emulates the processor where KVM does not work")
    if problem:
        say(f"emulating the processor (TCG): {problem}")
    return "tcg" if problem else "kvm"


def firmware_image(configuration, built, configured):
    """built: the folder of an existing build; configured: a folder with a configuration."""
    if built:
        return built / "fatwood.elf"
    if configured:
        say(f"building the firmware as {configured}/.config says")
        firmware.make(f"O={configured}")
        return configured / "fatwood.elf"
    say(f"building the firmware (build/{configuration})")
    return firmware.build(configuration)


def command(settings, debug, configured=None):
    """The words that start QEMU; debug, configured: see firmware_image()."""
    machine = choose(settings, "MACHINE", "q35", MACHINES)
    wanted = choose(settings, "ACCEL", "tcg" if debug else "auto", ("auto", "kvm", "tcg"))
    memory = settings.get("MEMORY") or "1G"
    if not re.fullmatch(r"[1-9][0-9]*[KMGT]?", memory, re.IGNORECASE):
        raise UserError(f"MEMORY={memory}: write a number of MiB, or one with its unit such as 512M or 2G")
    disk = settings.get("DISK")
    snapshot = choose(settings, "SNAPSHOT", "0", ("0", "1"))
    drive = disk_words(disk) if disk else f"format=raw,snapshot=on,file={demo_disk()}"
    if disk and snapshot == "1":
        drive += ",snapshot=on"
    elif disk:
        say(f"{disk} is written to by the guest; SNAPSHOT=1 keeps it as it is")
    configuration, device = MACHINES[machine]
    image = firmware_image(configuration, debug, configured)
    say(f"booting {image}")
    accel = accelerator(wanted)
    words = ["qemu-system-x86_64", "-machine", f"{machine},accel={accel}",
             "-cpu", "host" if accel == "kvm" else "max", "-m", memory, "-nodefaults", "-no-user-config",
             "-display", "none", "-kernel", str(image),
             "-drive", f"if=none,id=disk0,{drive}", "-device", f"{device},drive=disk0"]
    options = [settings.get("APPEND"), kernels.clock_options(machine) if accel == "tcg" else ""]
    if any(options):
        words += ["-append", " ".join(filter(None, options))]
    return words


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--debug", type=pathlib.Path, metavar="FOLDER")
    parser.add_argument("--configured", type=pathlib.Path, metavar="FOLDER")
    arguments = parser.parse_args()
    debug = arguments.debug
    started = time.monotonic()
    try:
        require("qemu-system-x86_64", "run")
        if debug:
            require("gdb", "debug")
        words = command(os.environ, debug, arguments.configured)
    except (UserError, kernels.Unavailable, firmware.BuildError) as error:
        sys.exit(f"run: {error}")
    if debug:
        words += ["-serial", f"file:{debug}/debug.log", "-S", "-gdb", "stdio"]
        say(f"the serial console goes to {debug}/debug.log")
        # gdb gives QEMU its own process group, so Ctrl-C reaches only gdb. QEMU ends with gdb, however gdb ends.
        qemu = shlex.join(["setpriv", "--pdeathsig", "TERM", *words])
        # By default gdb waits 2 s for an answer, and is out of step with a QEMU that took longer to start.
        words = ["gdb", "-q", f"{debug}/fatwood.debug.elf", "-ex", "set remotetimeout 60",
                 "-ex", f"target remote | exec {qemu}", "-ex", "hbreak boot_main"]
    else:
        words += ["-serial", "mon:stdio"]
        say(shlex.join(words))
        say(f"ready after {time.monotonic() - started:.1f} s; "
            "Ctrl-A X leaves QEMU, Ctrl-A C is its monitor")
    sys.stdout.flush()
    os.execvp(words[0], words)


if __name__ == "__main__":
    main()

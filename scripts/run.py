#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""`make run`: builds the firmware and a demo disk, and boots them under QEMU on this terminal.

Options come as make variables:
  DISK=image.raw|image.qcow2   boot this image (what the guest writes goes into it)
  MACHINE=q35|pc|microvm       MEMORY=1G        ACCEL=auto|kvm|tcg
  DEBUG=1                      wait for gdb before the first instruction
  APPEND="fatwood.log=debug"   words for the VMM's command line
The demo disk holds the distribution's own kernel and a busybox shell; it is made once, and what the
guest writes to it is forgotten.
"""

import os
import pathlib
import shlex
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from scripts import firmware, kvm_probe  # noqa: E402
from tests.images import initrd, kernels  # noqa: E402
from tests.images.disk import bls_files, esp_disk  # noqa: E402

MIB = 1 << 20
# The build that suits the machine, its -machine words, and how it takes a disk.
MACHINES = {
    "q35": ("qemu", "q35", "virtio-blk-pci"),
    "pc": ("qemu", "pc", "virtio-blk-pci"),
    "microvm": ("qemu_microvm", "microvm", "virtio-blk-device"),
}


class UserError(Exception):
    """Something the user can put right; the text says how."""


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


def disk_format(path):
    with open(path, "rb") as file:
        return "qcow2" if file.read(4) == b"QFI\xfb" else "raw"


def accelerator(wanted):
    if wanted not in ("auto", "kvm", "tcg"):
        raise UserError(f"ACCEL={wanted}: choose auto, kvm or tcg")
    if wanted != "auto":
        return wanted
    problem = kvm_probe.kvm_problem()
    if problem:
        say(f"emulating the processor (TCG): {problem}")
    return "tcg" if problem else "kvm"


def command(settings):
    machine = settings.get("MACHINE") or "q35"
    if machine not in MACHINES:
        raise UserError(f"MACHINE={machine}: choose {', '.join(MACHINES)}")
    configuration, machine_words, disk_device = MACHINES[machine]

    disk = settings.get("DISK")
    if disk and not os.access(disk, os.R_OK | os.W_OK):
        raise UserError(f"DISK={disk}: no such file, or not ours to read and write")
    say(f"building the firmware (build/{configuration})")
    image = firmware.build(configuration)
    disk_words = f"format={disk_format(disk)},file={disk}" if disk else \
        f"format=raw,snapshot=on,file={demo_disk()}"
    accel = accelerator(settings.get("ACCEL") or "auto")
    words = ["qemu-system-x86_64", "-machine", f"{machine_words},accel={accel}",
             "-cpu", "host" if accel == "kvm" else "max",
             "-m", settings.get("MEMORY") or "1G", "-nodefaults", "-no-user-config",
             "-display", "none", "-serial", "mon:stdio", "-kernel", str(image),
             "-drive", f"if=none,id=disk0,{disk_words}", "-device", f"{disk_device},drive=disk0"]
    options = [settings.get("APPEND"), kernels.clock_options(machine) if accel == "tcg" else ""]
    if any(options):
        words += ["-append", " ".join(filter(None, options))]
    if settings.get("DEBUG", "0") not in ("", "0"):
        words += ["-s", "-S"]
        say("waiting for gdb; in another terminal:")
        say(f"  gdb -ex 'target remote :1234' {image.with_name('fatwood.debug.elf')}")
    return words


def main():
    started = time.monotonic()
    try:
        words = command(os.environ)
    except (UserError, kernels.Unavailable, firmware.BuildError) as error:
        sys.exit(f"run: {error}")
    say(shlex.join(words))
    say(f"ready after {time.monotonic() - started:.1f} s; Ctrl-A X leaves QEMU, Ctrl-A C is its monitor")
    sys.stdout.flush()
    os.execvp(words[0], words)


if __name__ == "__main__":
    main()

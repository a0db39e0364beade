# SPDX-License-Identifier: Apache-2.0
"""Runs QEMU with a firmware, disks and consoles, and reads the guest's output.

    with Vmm(firmware, machine="q35", disks=[Disk(path)]) as vmm:
        report = vmm.guest()            # waits for the guest's report (tests/images/guest_init.sh)
        assert report["kernel"] == "stub"

Every wait has a deadline. A failure shows the end of the console's log and the command line with which to repeat it.
"""

import asyncio
import codecs
import dataclasses
import os
import pathlib
import re
import shlex
import struct
import subprocess
import tempfile
import threading
import time

from qemu.qmp import ConnectError, QMPClient

from tests.images import packages

# Long enough for busy machines; not used to measure anything.
WAIT_SECONDS = 900
TAIL_LINES = 60
GUEST = "FATWOOD-GUEST: "

ESCAPES = re.compile(r"\x1b\[[0-9;=?]*[A-Za-z]")
MMIO_V2 = ("virtio-mmio.force-legacy=false",)
# One behind the other.
TWO_BRIDGES = ("pci-bridge,id=bridge0,chassis_nr=1", "pci-bridge,id=bridge1,chassis_nr=2,bus=bridge0,addr=3")


@dataclasses.dataclass
class Disk:
    """A disk by virtio-blk. transport: pci (transitional where QEMU makes it so), pci-modern, mmio; or sata and
    sata-cd, on q35 behind its own controller; or scsi and scsi-cd, behind a controller among the bridges; or nvme,
    a controller with one namespace. What a guest writes is forgotten, unless the disk is kept."""

    path: pathlib.Path
    transport: str = "pci"
    block: int = 512
    behind: str = ""  # a bridge's id (see Vmm.bridges), or an address such as "addr=5.1"
    read_only: bool = False
    kept: bool = False
    options: str = ""

    def arguments(self, number):
        drive = f"if=none,id=disk{number},format=raw,file={self.path}"
        drive += ",readonly=on,file.locking=off" if self.read_only else "" if self.kept else ",snapshot=on"
        device = {"pci": "virtio-blk-pci", "pci-modern": "virtio-blk-pci,disable-legacy=on",
                  "mmio": "virtio-blk-device", "sata": "ide-hd", "sata-cd": "ide-cd",
                  "scsi": "scsi-hd", "scsi-cd": "scsi-cd", "nvme": f"nvme,serial={number}"}[self.transport]
        device += f",drive=disk{number}"
        if self.block != 512:
            device += f",logical_block_size={self.block},physical_block_size={self.block}"
        for more in (self.behind, self.options):
            device += f",{more}" if more else ""
        return ["-drive", drive, "-device", device]


class Report(dict):
    """The guest's report: key to value, or to a list of values for a key that repeats."""

    REPEATED = ("memmap", "setup_data", "virtio", "disk", "insmod_failed", "efi_log", "efi_name", "efi_get",
                "efi_set", "efi_delete", "efi_map", "efi_runtime", "bootctl")

    def __init__(self, lines):
        super().__init__({key: [] for key in self.REPEATED})
        for line in lines:
            key, found, value = line.partition("=")
            if not found:
                continue
            if key in self.REPEATED:
                self[key].append(value.strip())
            else:
                self[key] = value.strip()

    @property
    def boot_params(self):
        """The zero page (Documentation/arch/x86/zero-page.rst)."""
        return bytes.fromhex(self["boot_params"])

    def field(self, offset, layout="<I"):
        return struct.unpack_from(layout, self.boot_params, offset)[0]

    @property
    def e820(self):
        """[(address, size, type)] from the table in the zero page."""
        count = self.boot_params[0x1E8]
        return [struct.unpack_from("<QQI", self.boot_params, 0x2D0 + 20 * i) for i in range(count)]

    def number(self, key):
        return int(self[key], 0)

    @property
    def words(self):
        """The command line's words."""
        return self["cmdline"].split()


def without_escapes(log):
    """The log without the sequences that move the cursor or set colours."""
    return ESCAPES.sub("", log)


def firmware_arguments(firmware, kernel, variables):
    """The firmware's image is loaded as a kernel, a ROM as BIOS. OVMF (packages.Firmware) is in flash, with a
    variable store that persists if the test passes a file for it; so is a ROM with such a file. None: the machine's
    own BIOS boots the disk."""
    if firmware is None:
        return []
    if str(firmware).endswith(".rom") and not variables:
        return ["-bios", str(firmware), *(["-kernel", str(kernel)] if kernel else [])]
    if str(firmware).endswith(".rom"):
        return ["-drive", f"if=pflash,unit=0,format=raw,readonly=on,file={firmware}",
                "-drive", f"if=pflash,unit=1,format=raw,file={variables}"]
    if not isinstance(firmware, packages.Firmware):
        return ["-kernel", str(kernel or firmware)]
    store = f"if=pflash,unit=1,format=raw,file={variables or firmware.variables}"
    return ["-drive", f"if=pflash,unit=0,format=raw,readonly=on,file={firmware.code}",
            "-drive", store if variables else f"{store},snapshot=on", *(["-kernel", str(kernel)] if kernel else [])]


class Vmm:
    """One QEMU. machine: q35, pc, microvm, with options after a comma; memory in MiB.

    Two bugs in QEMU 7.2's TCG sometimes make Linux 6.12 panic, with and without a firmware: the flags after
    CMPXCHG16B are wrong until the next instruction sets them, which breaks an interrupt at that point (7 of 44
    boots); and with a thread for each processor, one may run code that another has just patched (1 of 57 boots). So
    the guest has no CMPXCHG16B and runs in a single thread (0 of 25).
    """

    started = []  # those of the current test, for its failure report (conftest.py)

    def __init__(self, firmware, machine="q35", memory=256, disks=(), command_line="", cpus=1,
                 cpu="qemu64", initrd=None, bridges=(), serial=True, extra=(), reboot=False, kernel=None,
                 globals=(), variables=None, program=("qemu-system-x86_64",)):
        self.folder = tempfile.TemporaryDirectory(prefix="fatwood-")
        self.qmp_path = os.path.join(self.folder.name, "qmp")
        self.command = [*program, "-nodefaults", "-no-user-config", "-display", "none",
                        "-machine", machine, "-accel", "tcg,thread=single", "-cpu", f"{cpu},cx16=off",
                        "-m", str(memory), "-smp", str(cpus),
                        "-device", "isa-debug-exit,iobase=0xf4,iosize=4",
                        *firmware_arguments(firmware, kernel, variables)]
        if command_line:
            self.command += ["-append", command_line]
        if initrd:
            self.command += ["-initrd", str(initrd)]
        for value in globals:
            self.command += ["-global", value]
        if serial:
            self.command += ["-serial", "stdio"]
        if not reboot:
            self.command += ["-no-reboot"]
        for bridge in bridges:
            self.command += ["-device", bridge]
        for number, disk in enumerate(disks):
            disk = disk if isinstance(disk, Disk) else Disk(disk)
            self.command += disk.arguments(number)
        self.command += list(map(str, extra))
        self.command_to_show = list(self.command)
        self.command += ["-qmp", f"unix:{self.qmp_path},server=on,wait=off", "-S"]
        self.text = ""
        self.error_text = ""
        self.ended = False
        self.condition = threading.Condition()
        self.events = []
        self.process = None
        self.collector = None

    def __enter__(self):
        Vmm.started.append(self)
        self.process = subprocess.Popen(self.command, stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        for stream, name in ((self.process.stdout, "text"), (self.process.stderr, "error_text")):
            threading.Thread(target=self._read, args=(stream, name), daemon=True).start()
        self.loop = asyncio.new_event_loop()
        self.loop_thread = threading.Thread(target=self.loop.run_forever, daemon=True)
        self.loop_thread.start()
        self.client = QMPClient("vmm")
        try:
            self._await(self._connect())
            self.qmp("cont")
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        """Ends QEMU, whatever its state."""
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        asyncio.run_coroutine_threadsafe(self._disconnect(), self.loop).result(WAIT_SECONDS)
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.loop_thread.join()
        self.loop.close()
        self.folder.cleanup()

    def _read(self, stream, name):
        decoder = codecs.getincrementaldecoder("utf-8")("replace")  # a character may arrive in two pieces
        while chunk := os.read(stream.fileno(), 65536):
            with self.condition:
                setattr(self, name, getattr(self, name) + decoder.decode(chunk))
                self.condition.notify_all()
        if name == "text":
            with self.condition:
                self.ended = True
                self.condition.notify_all()

    def _await(self, coroutine):
        return asyncio.run_coroutine_threadsafe(coroutine, self.loop).result(WAIT_SECONDS)

    async def _connect(self):
        deadline = time.monotonic() + WAIT_SECONDS
        while True:
            try:
                await self.client.connect(self.qmp_path)
                break
            except ConnectError:  # does not exist yet, or does not listen yet
                if self.process.poll() is not None or time.monotonic() > deadline:
                    raise AssertionError(f"QEMU did not start\n{self.shown()}") from None
                await asyncio.sleep(0.02)
        self.collector = asyncio.ensure_future(self._collect_events())

    async def _disconnect(self):
        if self.collector:
            self.collector.cancel()
            await asyncio.gather(self.collector, return_exceptions=True)
        try:
            await self.client.disconnect()
        except Exception:  # the connection broke when QEMU ended, so there is nothing to close
            pass

    async def _collect_events(self):
        async for event in self.client.events:
            with self.condition:
                self.events.append(event)
                self.condition.notify_all()

    def qmp(self, command, **arguments):
        return self._await(self.client.execute(command, arguments or None))

    def monitor(self, line):
        """A command of the human monitor, for functions that QMP lacks."""
        return self.qmp("human-monitor-command", **{"command-line": line})

    def send(self, text):
        """Types on the serial console."""
        self.process.stdin.write(text.encode())
        self.process.stdin.flush()

    def pause_after(self, shown):
        """Waits until the editor shows this text, and then as long as a person would: Enter at once is noise."""
        self.expect(re.escape(shown))
        time.sleep(0.3)

    def type_enter(self, shown):
        """Ends the editing of options in a menu."""
        self.pause_after(shown)
        self.send("\r")

    def press(self, *keys):
        """Presses these keys of the window's keyboard together (QEMU's names, QKeyCode) and releases them."""
        self.qmp("send-key", keys=[{"type": "qcode", "data": key} for key in keys])

    @property
    def log(self):
        """The output of the serial console so far."""
        return self.text.replace("\r", "")

    def fail(self, text):
        raise AssertionError(f"{text}\n{self.shown()}")

    def shown(self):
        """The command with which to repeat this, and the end of the console's log."""
        lines = [line if len(line) < 300 else line[:300] + " ..." for line in self.log.splitlines()]
        tail = "\n".join(lines[-TAIL_LINES:])
        return f"$ {shlex.join(self.command_to_show)}\n{tail}\n{self.error_text}".rstrip()

    def wait_until(self, reached, what, seconds=WAIT_SECONDS):
        """Waits until reached() is true, or QEMU ends."""
        deadline = time.monotonic() + seconds
        with self.condition:
            while not (value := reached()):
                if self.ended:
                    self.fail(f"QEMU ended before: {what}")
                left = deadline - time.monotonic()
                if left <= 0:
                    self.fail(f"not seen within {seconds} s: {what}")
                self.condition.wait(min(left, 1))
        return value

    def expect(self, pattern, after=0, seconds=WAIT_SECONDS):
        """Waits for a regular expression on the console, from that position on; returns the match."""
        compiled = re.compile(pattern, re.MULTILINE)
        return self.wait_until(lambda: compiled.search(self.log, after), f"{pattern!r}", seconds)

    def guest(self, number=1):
        """Waits for the complete report of the number-th guest that came up."""
        def reports():
            if "error: nothing to boot" in self.log:
                self.fail("the firmware found nothing to boot")
            parts = self.log.split(GUEST + "ready\n")[1:]
            return len(parts) >= number and f"{GUEST}done\n" in parts[number - 1]
        self.wait_until(reports, f"report {number} of the guest")
        part = self.log.split(GUEST + "ready\n")[number].split(f"{GUEST}done\n")[0]
        return Report(line.removeprefix(GUEST) for line in part.splitlines()
                      if line.startswith(GUEST))

    def event(self, name):
        """Waits for a QMP event, and returns its data."""
        def seen():
            return next((event for event in self.events if event["event"] == name), None)
        deadline = time.monotonic() + WAIT_SECONDS
        with self.condition:
            while not (event := seen()):
                if time.monotonic() > deadline:
                    self.fail(f"no event {name}")
                self.condition.wait(1)
        return event.get("data", {})

    def wait_for_end(self):
        """Waits until QEMU ends by itself and all console output has been read; returns its exit status."""
        deadline = time.monotonic() + WAIT_SECONDS
        with self.condition:
            while not self.ended:
                if time.monotonic() > deadline:
                    self.fail("QEMU is still running")
                self.condition.wait(1)
        return self.process.wait(WAIT_SECONDS)

    def wait_for_halt(self):
        """Waits until the processor is halted permanently, with interrupts off."""
        def halted():
            registers = self.monitor("info registers")
            flags = re.search(r"[ER]FL=([0-9a-f]+)", registers)
            return "HLT=1" in registers and not int(flags[1], 16) & 0x200
        deadline = time.monotonic() + WAIT_SECONDS
        while not halted():
            if self.process.poll() is not None:
                self.fail("QEMU ended instead of a halt")
            if time.monotonic() > deadline:
                self.fail("the processor does not halt")
            time.sleep(0.2)

#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Counts what a boot costs, from our entry to the kernel's entry: `make bench`.

Everything is counted under QEMU's TCG; no figure is a time, so all are the same on a busy machine:
- instructions: what our image executes, by a TCG plugin, without the loop that waits for a disk, whose
  rounds depend on how fast the host reads;
- with waiting: all that the machine executes, by the time stamp counter, which counts instructions
  under `-icount shift=0`;
- accesses to device registers and virtio requests: from QEMU's trace.
The kernel is a stub whose first instructions report the counter.
"""

import argparse
import bisect
import collections
import dataclasses
import functools
import json
import os
import pathlib
import re
import socket
import struct
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from tests.images import disk, stub
from tests.images.fat import MIB

REPORT_PORT = 0xEA  # of an isa-debugcon that only the stub kernel writes to
EXIT_PORT = 0xF4
RAX, RDX, RIP = 0, 3, 16  # as gdb's protocol numbers them
DEADLINE_S = 300
KERNEL_SIZE = 14 * MIB
TRACES = ("memory_region_ops_read", "memory_region_ops_write", "virtio_blk_handle_read")

# rdtsc; the low, then the high half to the report port, a byte at a time; exit.
REPORT = (bytes.fromhex("0f31 89d1 66ba") + struct.pack("<H", REPORT_PORT)
          + 4 * bytes.fromhex("ee c1e808") + bytes.fromhex("89c8") + 4 * bytes.fromhex("ee c1e808")
          + bytes.fromhex("66ba") + struct.pack("<H", EXIT_PORT) + bytes.fromhex("ee f4"))


def kernel():
    data = bytearray(stub.Stub(size=KERNEL_SIZE).data())
    entry = (data[0x1F1] + 1) * 512 + 0x200
    data[entry:entry + len(REPORT)] = REPORT
    return bytes(data)


@dataclasses.dataclass
class Case:
    """One boot to count. The budget, if any, is what the figures must stay below."""

    name: str
    config: str = "qemu"
    machine: str = "q35"
    memory: str = "1G"
    disks: int = 1
    initrd_size: int = MIB
    directory_entries: int = 0  # besides kernel and initrd
    budget: dict = dataclasses.field(default_factory=dict)


WAITING = ("virtqueue_idle", "arch_relax", "virtqueue_wait", "virtqueue_take", "deadline_passed")

BUDGET = {"instructions": 3_000_000, "accesses": 500, "requests": 64}

CASES = [
    Case("qemu", budget=BUDGET),
    Case("cloudhv", config="cloudhv", budget=BUDGET),
    Case("tiny", config="tiny", budget=BUDGET),
    Case("x86_64", config="x86_64", budget=BUDGET),
    Case("pc, CF8", machine="pc", budget=BUDGET),
    Case("microvm", config="qemu_microvm", machine="microvm", budget=BUDGET),
    Case("5 GiB of memory", memory="5G"),
    Case("4 disks", disks=4),
    Case("17 disks", disks=17),
    Case("directory of 1000", directory_entries=1000),
    Case("directory of 10000", directory_entries=10000),
    Case("initrd of 50 MiB", initrd_size=50 * MIB, memory="2G"),
    Case("initrd of 200 MiB", initrd_size=200 * MIB, memory="2G"),
]


def image(case, folder):
    files = disk.bls_files(kernel(), [bytes(case.initrd_size)])
    size = (80 * MIB + case.initrd_size + 1024 * case.directory_entries) // MIB * MIB
    extra = {"/linux": case.directory_entries} if case.directory_entries else {}
    return disk.esp_disk(folder / "disk.raw", files, size=size, extra_entries=extra)


def empty_disk(folder):
    path = folder / "empty.raw"
    with open(path, "wb") as file:
        file.truncate(8 * MIB)
    return path


@functools.cache
def plugin():
    source = ROOT / "scripts" / "bench_plugin" / "count.c"
    path = ROOT / "build" / "bench" / "count.so"
    path.parent.mkdir(parents=True, exist_ok=True)
    subprocess.run([os.environ.get("HOSTCC", "cc"), "-O2", "-Wall", "-Wextra", "-Werror", "-shared",
                    "-fPIC", "-o", path, source], check=True)
    return path


class Symbols:
    """The functions of an image, from the ELF file with symbols beside it."""

    def __init__(self, firmware):
        lines = subprocess.run(["nm", "-n", firmware.with_name("fatwood.debug.elf")], check=True,
                               capture_output=True, text=True).stdout.splitlines()
        symbols = [(int(line.split()[0], 16), *line.split()[1:]) for line in lines]
        self.functions = [(address, name) for address, kind, name in symbols if kind in "tT"]
        self.addresses = [address for address, _ in self.functions]
        ends = {name: address for address, _, name in symbols}
        self.low, self.high = ends["image_start"], ends["data_start"]

    def instructions_by_function(self, counts):
        total = collections.Counter()
        for line in counts.splitlines():
            address, number = line.split()
            index = bisect.bisect_right(self.addresses, int(address, 16)) - 1
            total[self.functions[index][1]] += int(number)
        return total


def command(case, firmware, folder, symbols):
    devices = []
    paths = [empty_disk(folder)] * (case.disks - 1) + [image(case, folder)]
    for number, path in enumerate(paths):
        bus = "device" if case.machine == "microvm" else "pci"
        devices += ["-drive", f"file={path},format=raw,if=none,id=d{number},snapshot=on",
                    "-device", f"virtio-blk-{bus},drive=d{number}"]
    return ["qemu-system-x86_64", "-accel", "tcg", "-icount", "shift=0", "-cpu", "max",
            "-machine", case.machine, "-m", case.memory, "-display", "none", "-no-reboot", "-nodefaults",
            "-serial", f"file:{folder}/serial", "-kernel", str(firmware), *devices,
            "-chardev", f"file,id=report,path={folder}/report",
            "-device", f"isa-debugcon,iobase={REPORT_PORT:#x},chardev=report",
            "-device", f"isa-debug-exit,iobase={EXIT_PORT:#x}",
            "-plugin", f"{plugin()},low={symbols.low:#x},high={symbols.high:#x},counts={folder}/counts",
            "-D", f"{folder}/trace", "-S", "-gdb", f"unix:{folder}/gdb,server=on,wait=off",
            "-qmp", f"unix:{folder}/qmp,server=on,wait=off"]


class Debugger:
    """As much of gdb's remote protocol as it takes to stop at an address and read the counter there."""

    def __init__(self, path, qemu):
        self.socket = connect(path, qemu)
        self.read = self.socket.makefile("rb").read
        self.ask("qXfer:features:read:target.xml:0,40")  # QEMU's condition for writing single registers

    def ask(self, packet):
        data = packet.encode()
        self.socket.sendall(b"$%s#%02x" % (data, sum(data) & 0xFF))
        answer = b""
        while self.read(1) != b"$":
            pass
        while (byte := self.read(1)) not in (b"#", b""):
            answer += byte
        self.read(2)
        self.socket.sendall(b"+")
        return answer.decode()

    def counter_at(self, address):
        """Runs to @address and reads the time stamp counter, leaving the guest as it was."""
        self.ask(f"Z1,{address:x},1")
        self.ask("c")
        before, code = self.ask("g"), self.ask(f"m{address:x},2")
        self.ask(f"z1,{address:x},1")
        self.ask(f"M{address:x},2:0f31")
        self.ask("s")
        after = bytes.fromhex(self.ask("g"))
        self.ask(f"M{address:x},2:{code}")
        for number in (RAX, RDX, RIP):
            self.ask(f"P{number:x}={before[16 * number:16 * number + 16]}")
        return (int.from_bytes(after[8 * RAX:8 * RAX + 4], "little")
                | int.from_bytes(after[8 * RDX:8 * RDX + 4], "little") << 32)

    def leave(self):
        self.socket.sendall(b"$D#44")
        self.read(1)


def connect(path, qemu):
    while True:
        try:
            client = socket.socket(socket.AF_UNIX)
            client.settimeout(DEADLINE_S)
            client.connect(str(path))
            return client
        except OSError:
            if qemu.poll() is not None:
                raise RuntimeError("QEMU did not start") from None
            time.sleep(0.05)


class Monitor:
    def __init__(self, path, qemu):
        self.file = connect(path, qemu).makefile("rw")
        self.file.readline()
        self.ask("qmp_capabilities")

    def ask(self, command_name, **arguments):
        self.file.write(json.dumps({"execute": command_name, "arguments": arguments}) + "\n")
        self.file.flush()
        while "return" not in (answer := json.loads(self.file.readline())):
            if "error" in answer:
                raise RuntimeError(answer["error"])


def pvh_entry(firmware):
    """The address in the ELF's PVH note."""
    data = firmware.read_bytes()
    offset, = struct.unpack_from("<Q", data, 32)
    size, count = struct.unpack_from("<HH", data, 54)
    for i in range(count):
        kind, _, start = struct.unpack_from("<IIQ", data, offset + i * size)
        if kind == 4:
            return struct.unpack_from("<I", data, start + 16)[0]
    raise RuntimeError(f"{firmware} has no PVH note")


def count(case, firmware):
    with tempfile.TemporaryDirectory(prefix="fatwood-bench-") as name:
        folder = pathlib.Path(name)
        symbols = Symbols(firmware)
        qemu = subprocess.Popen(command(case, firmware, folder, symbols), stdin=subprocess.DEVNULL)
        try:
            debugger = Debugger(folder / "gdb", qemu)
            entry = debugger.counter_at(pvh_entry(firmware))
            monitor = Monitor(folder / "qmp", qemu)
            for event in TRACES:
                monitor.ask("trace-event-set-state", name=event, enable=True)
            debugger.leave()
            qemu.wait(DEADLINE_S)
        finally:
            qemu.kill()
            qemu.wait()
        report = (folder / "report").read_bytes()
        if len(report) != 8:
            raise RuntimeError(f"{case.name}: the kernel was not reached:\n"
                               + (folder / "serial").read_text(errors="replace"))
        functions = symbols.instructions_by_function((folder / "counts").read_text())
        for name in WAITING:
            functions.pop(name, None)
        return {"instructions": functions.total(),
                "with_waiting": struct.unpack("<Q", report)[0] - entry,
                **trace_figures((folder / "trace").read_text()),
                "instructions_by_function": dict(functions.most_common())}


def trace_figures(trace):
    accesses = collections.Counter()
    requests = 0
    for line in trace.splitlines():
        if line.startswith("virtio_blk_handle_read"):
            requests += 1
        elif match := re.match(r"memory_region_ops_\w+ cpu \d+ .* name '(.*)'", line):
            accesses[match[1]] += 1
    for name in ("isa-debugcon", "isa-debug-exit"):
        accesses.pop(name, None)
    return {"accesses": accesses.total(), "requests": requests,
            "accesses_by_device": dict(accesses.most_common())}


def build(config):
    folder = ROOT / "build" / config
    for target in ([f"{config}_defconfig"] if not (folder / ".config").exists() else []) + ["all"]:
        subprocess.run(["make", "-s", "-C", str(ROOT), f"O=build/{config}", target], check=True,
                       stdout=subprocess.DEVNULL)
    return folder / "fatwood.elf"


def svg(rows):
    """A bar a case: instructions, on a linear scale."""
    longest = max(row["instructions"] for row in rows)
    lines = [f'<svg xmlns="http://www.w3.org/2000/svg" width="800" height="{24 * len(rows) + 40}"'
             ' font-family="sans-serif" font-size="13">',
             '<text x="8" y="20">Guest instructions from entry to kernel entry</text>']
    for i, row in enumerate(rows):
        width = max(1, 460 * row["instructions"] // longest)
        y = 32 + 24 * i
        lines += [f'<text x="8" y="{y + 14}">{row["case"]}</text>',
                  f'<rect x="160" y="{y}" width="{width}" height="18" fill="#b5651d"/>',
                  f'<text x="{166 + width}" y="{y + 14}">{row["instructions"]:,}</text>']
    return "\n".join(lines + ["</svg>"]) + "\n"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--output", type=pathlib.Path, default=ROOT / "build" / "bench",
                        help="folder for bench.json and bench.svg")
    parser.add_argument("--case", help="only the cases whose name contains this")
    parser.add_argument("--details", action="store_true",
                        help="show the accesses by device and the instructions by function")
    arguments = parser.parse_args()
    rows, failed = [], 0
    print(f"{'case':22}{'instructions':>14}{'with waiting':>14}{'accesses':>10}{'requests':>10}"
          f"{'image bytes':>13}")
    for case in CASES:
        if arguments.case and arguments.case not in case.name:
            continue
        firmware = build(case.config)
        row = {"case": case.name, "image_bytes": firmware.stat().st_size, **count(case, firmware)}
        over = [key for key, limit in case.budget.items() if row[key] > limit]
        failed += bool(over)
        rows.append(row)
        print(f"{row['case']:22}{row['instructions']:14,}{row['with_waiting']:14,}"
              f"{row['accesses']:10,}{row['requests']:10,}{row['image_bytes']:13,}"
              + "".join(f"  {key} over {case.budget[key]:,}" for key in over), flush=True)
        if arguments.details:
            for table in ("accesses_by_device", "instructions_by_function"):
                for name, number in list(row[table].items())[:20]:
                    print(f"    {number:10,} {name}")
    arguments.output.mkdir(parents=True, exist_ok=True)
    (arguments.output / "bench.json").write_text(json.dumps(rows, indent=1) + "\n")
    (arguments.output / "bench.svg").write_text(svg(rows))
    print(f"{len(rows) - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())

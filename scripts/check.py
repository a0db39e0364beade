#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs all checks, those that fail fastest first: `make check`.

check.py [--defconfig NAME] [--out FOLDER] [PART...]

Each part is a command whose last line is "N passed, N failed", or pytest, whose report has the count. The output of a
part is stored in FOLDER and shown if it fails. The last line adds up all parts. Above it are the reasons of skips
and, for each failed part, its log file and what failed in it, because often only the end of a log is kept. A part
that ends without a count, or with a status that does not match its count, is a failure.
"""
import argparse
import collections
import os
import pathlib
import re
import signal
import subprocess
import sys
import threading
import time
import xml.etree.ElementTree

PYTHON = "build/venv/bin/python"
MAKE = ["make", "--no-print-directory", f"-j{os.cpu_count()}"]
PYTEST = [PYTHON, "-m", "pytest", "-q", "-rfEs", "--color=no", "-o", "xfail_strict=true"]
PARALLEL = ["-n", "auto", "--maxprocesses", "4", "--dist"]
# A QEMU for each core, and one more, because tests also wait; a line for each test.
BOOT_TESTS = [*PYTEST, "-vv", "-n", str(min(os.cpu_count() + 1, 4)), "--dist", "loadgroup", "tests/boot"]
# Enough to notice a broken target; `make fuzz` runs longer. With a fixed seed, and thus fixed numbers of runs, because
# the result of a check must depend on the commit, not on chance or on the speed of the machine.
FUZZ = ["FUZZ_SEED=1"]
HEARTBEAT_S = 30
TAIL_LINES = 80
# For the last output of a part that has ended; a process that it left behind may hold the pipe open.
READ_S = 60
# The number of lines repeated at the end.
NAMES = 12
NAME_COLUMNS = 160

COUNT = re.compile(r"(\d+) passed, (\d+) failed(?:, (\d+) skipped)?")
# Lines with which pytest and the scripts report failures, and compilers the reason.
FAILURE = re.compile(r"^(?:\[gw\d+\] \[ *\d+%\])? *(?:FAILED|ERROR) |: FAILED\b|^ .*\b[1-9]\d* failed$|"
                     r"^\S+:\d+:(?:\d+:)? (?:fatal )?error: ")
PYTEST_SUMMARY = "= short test summary info ="

# Name, description, command, time limit in seconds: about five times what two busy cores need, because each wait in
# it has its own deadline.
PARTS = [
    ("layers", "layers and clean text", [PYTHON, "scripts/check_layers.py"], 300),
    ("format", "format of C, lint of Python", [PYTHON, "scripts/check_format.py"], 600),
    ("scripts", "tests of the scripts", [*PYTEST, *PARALLEL, "loadfile", "tests/scripts"], 1200),
    ("unit", "unit tests, gcc and clang", [*MAKE, "test-unit"], 2400),
    ("replay", "fuzz corpus, gcc and clang", [*MAKE, "fuzz-replay"], 1200),
    ("configs", "configurations", [PYTHON, "scripts/check_configs.py", "--boot", f"{PYTHON} tests/boot/smoke.py"],
     3000),
    ("size", "image sizes", [*MAKE, "size-check"], 900),
    ("reproducible", "reproducible builds", [PYTHON, "scripts/check_reproducible.py"], 900),
    ("bench", "figures of a boot", [PYTHON, "scripts/bench.py", "--quick"], 1200),
    ("fuzz", "fuzzing", [*MAKE, "fuzz", *FUZZ], 1800),
    ("boot", "boot tests", BOOT_TESTS, 5400),
]


class Part:
    """One running command: its output goes to a file, its last line to the terminal."""

    def __init__(self, command, log):
        self.log = log
        self.last = ""
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                        start_new_session=True)
        self.reader = threading.Thread(target=self.read, daemon=True)
        self.reader.start()

    def read(self):
        with open(self.log, "wb") as file:
            for line in self.process.stdout:
                file.write(line)
                file.flush()
                if line.strip():
                    self.last = line.decode(errors="replace").strip()

    def wait(self, label, limit):
        """Shows progress until it ends. False if it had to be stopped."""
        start, shown = time.monotonic(), 0
        interval = 1 if sys.stdout.isatty() else HEARTBEAT_S
        while self.process.poll() is None:
            seconds = time.monotonic() - start
            if seconds > limit:
                os.killpg(self.process.pid, signal.SIGKILL)
                self.process.wait()
                return False
            if seconds - shown >= interval:
                shown = seconds
                text = f"{label} ... {seconds:.0f} s: {self.last}"
                if sys.stdout.isatty():
                    print(f"\r\033[K{text[:os.get_terminal_size().columns - 1]}", end="", flush=True)
                else:
                    print(text[:150], flush=True)
            time.sleep(0.1)
        self.reader.join(READ_S)
        return True


def count(output):
    """Returns (passed, failed, skipped) from the last line, or None if it has no count."""
    lines = [line for line in output.splitlines() if not line.startswith("make")]
    found = COUNT.fullmatch(lines[-1]) if lines else None
    return tuple(int(number or 0) for number in found.groups()) if found else None


def count_tests(report):
    """The same from pytest's report (JUnit XML), with the reasons of the skips; None if there is no report."""
    try:
        cases = list(xml.etree.ElementTree.parse(report).iter("testcase"))
    except (FileNotFoundError, xml.etree.ElementTree.ParseError):
        return None, collections.Counter()
    counted, reasons = collections.Counter(), collections.Counter()
    for case in cases:
        skip = case.find("skipped")
        # An expected failure is not a success.
        if case.find("failure") is not None or case.find("error") is not None or \
                skip is not None and skip.get("type") == "pytest.xfail":
            counted["failed"] += 1
        elif skip is not None:
            counted["skipped"] += 1
            reasons[skip.get("message")] += 1
        else:
            counted["passed"] += 1
    return (counted["passed"], counted["failed"], counted["skipped"]), reasons


def failures(output):
    """Returns a line for each failure, or the last lines if no failure is recognized."""
    lines = [line for line in output.rpartition(PYTEST_SUMMARY)[2].splitlines() if line.strip()]
    names = [line for line in lines if FAILURE.search(line)] or lines[-NAMES:]
    more = [f"and {len(names) - NAMES} more"] if len(names) > NAMES else []
    return [line.strip()[:NAME_COLUMNS] for line in names[:NAMES]] + more


def run(part, position, arguments):
    name, title, command, limit = part
    label = f"[{position}] {title}"
    log, report = f"{arguments.out}/{name}.log", pathlib.Path(arguments.out, f"{name}.xml")
    is_pytest = "pytest" in command
    if is_pytest:
        command = [*command, f"--junitxml={report}"]
        report.unlink(missing_ok=True)
    start = time.monotonic()
    running = Part(command, log)
    ended = running.wait(label, limit)
    with open(log, encoding="utf-8", errors="replace") as file:
        output = file.read()
    counted, skips = count_tests(report) if is_pytest else (count(output), {})
    counted = counted if ended else None
    passed, failed, skipped = counted or (0, 1, 0)
    status = running.process.returncode
    why = ""
    if not ended:
        why = f"stopped after {limit} s"
    elif not counted:
        why = f"ended with status {status} and without a count"
    elif (status != 0) != (failed != 0):
        why = f"ended with status {status} in spite of its count"
        failed = max(failed, 1)
    elif not passed and not failed and not skipped:
        why, failed = "counted nothing", 1
    clear = "\r\033[K" if sys.stdout.isatty() else ""
    print(f"{clear}{label}: {passed} passed, {failed} failed, {skipped} skipped "
          f"({time.monotonic() - start:.0f} s)", flush=True)
    again = []
    if failed:
        print("\n".join("    " + line for line in output.splitlines()[-TAIL_LINES:]))
        print(f"    {why or 'all of it'}: see {log}", flush=True)
        again = [f"failed: {name}{f', {why}' if why else ''}: see {log}"]
        again += ["    " + line for line in failures(output)]
    reasons = collections.Counter({f"{title}: {reason}": number for reason, number in skips.items()})
    return passed, failed, skipped, reasons, again


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--defconfig", help="boot and build only this one")
    parser.add_argument("--out", default="build/check")
    parser.add_argument("parts", nargs="*", metavar="PART",
                        help="only these: " + " ".join(part[0] for part in PARTS))
    arguments = parser.parse_args()
    unknown = set(arguments.parts) - {part[0] for part in PARTS}
    if unknown:
        parser.error(f"there is no part {' '.join(sorted(unknown))}")
    os.makedirs(arguments.out, exist_ok=True)
    # An outer make must not pass its options down: parts run make with their own.
    for name in ("MAKEFLAGS", "MAKEOVERRIDES", "MAKELEVEL", "MFLAGS", "CROSS_COMPILE"):
        os.environ.pop(name, None)

    parts = [part for part in PARTS if not arguments.parts or part[0] in arguments.parts]
    if arguments.defconfig:
        only = ["--defconfig", arguments.defconfig]
        parts = [(name, title, command + only if name in ("configs", "boot") else command, limit)
                 for name, title, command, limit in parts]
    totals, reasons, failed = [0, 0, 0], collections.Counter(), []
    for number, part in enumerate(parts, 1):
        *counted, skips, again = run(part, f"{number}/{len(parts)}", arguments)
        totals = [total + more for total, more in zip(totals, counted)]
        reasons += skips
        failed += again
    for reason, number in reasons.items():
        print(f"skipped {number} in {reason}")
    for line in failed:
        print(line)
    print(f"{totals[0]} passed, {totals[1]} failed, {totals[2]} skipped")
    return totals[1] != 0


if __name__ == "__main__":
    sys.exit(main())

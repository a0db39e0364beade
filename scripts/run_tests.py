#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs unit tests or corpus replays and adds up their counts.

run_tests.py unit|replay BINARY...

A binary ends with a line "N passed, N failed". One that does not, or counts nothing, or ends with
a status other than 0, or runs longer than TIMEOUT_S, is a failure.
"""
import ctypes
import os
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

TIMEOUT_S = 300
ADDR_NO_RANDOMIZE = 0x0040000  # linux/personality.h
LAST_LINE = re.compile(r"(\d+) passed, (\d+) failed\s*\Z")


def fix_addresses():
    """Disables address randomization for the programs that we start: if the kernel randomizes widely
    (vm.mmap_rnd_bits above 28), AddressSanitizer up to clang 16 and gcc 13 sometimes finds its address range in use
    and exits before main(). False if that is not permitted, as in some containers."""
    libc = ctypes.CDLL(None)
    return libc.personality(libc.personality(0xFFFFFFFF) | ADDR_NO_RANDOMIZE) >= 0


def corpus_of(binary):
    """The folder of inputs for build/host-gcc/tests/fuzz/replay_gpt is tests/fuzz/corpus/gpt."""
    return os.path.join("tests/fuzz/corpus", os.path.basename(binary).removeprefix("replay_"))


def run(kind, binary):
    """Returns (passed, failed, text to show)."""
    command = [binary]
    if kind == "replay":
        if not os.path.isdir(corpus_of(binary)):
            return 0, 1, f"no corpus in {corpus_of(binary)}"
        command.append(corpus_of(binary))
    try:
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              timeout=TIMEOUT_S, check=False)
    except subprocess.TimeoutExpired as expired:
        output = (expired.stdout or b"").decode(errors="replace")
        return 0, 1, f"{output}\nstill running after {TIMEOUT_S} s"
    output = done.stdout.decode(errors="replace")
    match = LAST_LINE.search(output)
    if not match:
        return 0, 1, f"{output}\nended with status {done.returncode} and without a count"
    passed, failed = int(match[1]), int(match[2])
    if failed or done.returncode or not passed:
        return passed, max(failed, 1), f"{output}\nended with status {done.returncode}"
    return passed, 0, ""


def main():
    kind, binaries = sys.argv[1], sys.argv[2:]
    fix_addresses()
    all_passed = all_failed = 0
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        results = pool.map(lambda binary: run(kind, binary), binaries)
        for binary, (passed, failed, text) in zip(binaries, results):
            variant = re.search(r"host-([^/]+)/", binary)
            print(f"  {variant[1] if variant else '':7} {os.path.basename(binary)}: "
                  f"{passed} passed, {failed} failed", flush=True)
            if text:
                print("\n".join("    " + line for line in text.strip().splitlines()[-60:]))
            all_passed += passed
            all_failed += failed
    if not binaries:
        print(f"there is no {kind} test to run")
        all_failed += 1
    print(f"{all_passed} passed, {all_failed} failed")
    return all_failed != 0


if __name__ == "__main__":
    sys.exit(main())

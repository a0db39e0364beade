#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Fuzzes each target for a while, starting from tests/fuzz/corpus/<target>.

fuzz.py --seconds N|--seed N --out FOLDER BINARY...

New inputs are stored in FOLDER/corpus/<target>, where the next run continues; crashing inputs are stored in
FOLDER/crashes/<target>-* and kept there. With a seed, all runs try the same inputs in the same order: no inputs of
earlier runs are used, and no new inputs are stored. It tries as many as the seconds allow; without seconds as many as
tests/fuzz/runs says, so that the result does not depend on the speed of the machine.
"""
import argparse
import base64
import gzip
import os
import pathlib
import re
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor

from run_tests import fix_addresses

INPUT_BYTES_MAX = 1 << 17
# For loaded machines: an input takes milliseconds, unless it causes an endless loop.
INPUT_LIMIT_S = 60
# For a target's fixed number of runs, which takes seconds.
RUNS_LIMIT_S = 900
RUNS = "tests/fuzz/runs"
DEFAULT_RUNS = 10000


def target_of(binary):
    return os.path.basename(binary).removeprefix("fuzz_")


def crashes_of(arguments, binary):
    folder = f"{arguments.out}/crashes"
    return {f"{folder}/{name}" for name in os.listdir(folder)
            if name.startswith(f"{target_of(binary)}-")}


def runs_of_targets():
    """The numbers of runs in lines such as "gpt 20000"."""
    with open(RUNS, encoding="utf-8") as file:
        return dict(line.split() for line in file if line.strip() and not line.startswith("#"))


def fuzz(arguments, scratch, binary):
    """Returns (success, text to show)."""
    target = target_of(binary)
    before = crashes_of(arguments, binary)
    if arguments.seconds:
        end, limit = f"-max_total_time={arguments.seconds}", arguments.seconds + 120
    else:
        end, limit = f"-runs={runs_of_targets().get(target, DEFAULT_RUNS)}", RUNS_LIMIT_S
    command = [binary, end, f"-timeout={INPUT_LIMIT_S}", "-rss_limit_mb=2048",
               f"-artifact_prefix={arguments.out}/crashes/{target}-", "-print_final_stats=1",
               f"-max_len={INPUT_BYTES_MAX}"]
    environment = None
    # libFuzzer stores new inputs in the first folder.
    if arguments.seed is None:
        grown = f"{arguments.out}/corpus/{target}"
        os.makedirs(grown, exist_ok=True)
        command.append(grown)
    else:
        command += [f"-seed={arguments.seed}", "-reload=0", tempfile.mkdtemp(dir=scratch)]
        # Addresses on the stack, which depend on the environment's size, are among the values that libFuzzer tries.
        environment = {"PATH": os.defpath}
    stored = f"tests/fuzz/corpus/{target}"
    if os.path.isdir(stored):
        command.append(stored)
    if os.path.exists(f"tests/fuzz/{target}.dict"):
        command.append(f"-dict=tests/fuzz/{target}.dict")
    try:
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              timeout=limit, env=environment, check=False)
        output, status = done.stdout.decode(errors="replace"), f"status {done.returncode}"
        held = done.returncode == 0
    except subprocess.TimeoutExpired as expired:
        output, status = (expired.stdout or b"").decode(errors="replace"), "no end in sight"
        held = False
    runs = re.search(r"number_of_executed_units:\s*(\d+)", output)
    if held and runs and int(runs[1]):
        return True, f"{runs[1]} runs"
    replay = binary.replace("/fuzz_", "/replay_")
    lines = output.strip().splitlines()[-60:]
    for crash in sorted(crashes_of(arguments, binary) - before):
        # A CI machine is gone before anybody can look at its files.
        text = base64.b64encode(gzip.compress(pathlib.Path(crash).read_bytes(), mtime=0)).decode()
        lines += [f"kept: {crash}; elsewhere: base64 -d <<<{text} | zcat >{crash}",
                  f"repeat it with: make fuzz-replay; {replay} {crash}"]
    return False, "\n    ".join([status] + lines)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--seconds", type=int)
    parser.add_argument("--seed", type=int)
    parser.add_argument("--out", required=True)
    parser.add_argument("binaries", nargs="*")
    arguments = parser.parse_args()
    if arguments.seconds is None and arguments.seed is None:
        parser.error("say how long: --seconds, or --seed for fixed numbers of runs")
    os.makedirs(f"{arguments.out}/crashes", exist_ok=True)
    fix_addresses()

    passed = failed = 0
    with tempfile.TemporaryDirectory() as scratch, ThreadPoolExecutor(os.cpu_count()) as pool:
        results = pool.map(lambda binary: fuzz(arguments, scratch, binary), arguments.binaries)
        for binary, (held, text) in zip(arguments.binaries, results):
            print(f"  fuzz    {target_of(binary)}: {'' if held else 'FAILED, '}{text}", flush=True)
            passed += held
            failed += not held
    if not arguments.binaries:
        print("there is no fuzz target to run")
        failed += 1
    print(f"{passed} passed, {failed} failed")
    return failed != 0


if __name__ == "__main__":
    sys.exit(main())

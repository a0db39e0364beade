# SPDX-License-Identifier: Apache-2.0
"""scripts/fuzz.py: an input that crashes can be had from what is printed."""
import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
FUZZER = """#!/bin/sh
for word; do case $word in -artifact_prefix=*) prefix=${word#*=} ;; esac; done
printf 'an \\0 input' >"${prefix}crash-1"
exit 77
"""


def test_a_crash_is_kept_and_printed(tmp_path):
    binary = tmp_path / "fuzz_nothing"
    binary.write_text(FUZZER)
    binary.chmod(0o755)
    done = subprocess.run([sys.executable, "scripts/fuzz.py", "--seconds", "1", "--out", tmp_path / "out", binary],
                          cwd=ROOT, stdout=subprocess.PIPE, text=True, check=False)
    assert done.returncode == 1 and done.stdout.endswith("0 passed, 1 failed\n")
    kept = tmp_path / "out/crashes/nothing-crash-1"
    assert kept.read_bytes() == b"an \0 input"
    assert "  fuzz    nothing: FAILED, status 77\n" in done.stdout
    (line,) = (line for line in done.stdout.splitlines() if "elsewhere: " in line)
    kept.unlink()
    subprocess.run(["bash", "-ec", line.split("elsewhere: ")[1]], check=True)
    assert kept.read_bytes() == b"an \0 input"

# SPDX-License-Identifier: Apache-2.0
"""scripts/fuzz.py: a crashing input can be recovered from the output; a seed repeats a run."""
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


TELL_ALL = """#!/bin/sh
for word; do last=$word; done
echo "number_of_executed_units: 1"
touch "$last/new"
echo "$*" >>@LOG@
"""


def test_a_seed_ignores_stored_inputs(tmp_path):
    binary, log = tmp_path / "fuzz_nothing", tmp_path / "log"
    binary.write_text(TELL_ALL.replace("@LOG@", str(log)))
    binary.chmod(0o755)
    for more in ["--seed", "7"], ["--seed", "7"], []:
        subprocess.run([sys.executable, "scripts/fuzz.py", "--seconds", "1", *more, "--out", tmp_path / "out", binary],
                       cwd=ROOT, stdout=subprocess.PIPE, check=True)
    first, second, free = log.read_text().splitlines()
    assert " -seed=7 " in first and " -seed=7 " in second and "-seed" not in free
    folders = [line.split()[-1] for line in (first, second, free)]
    assert folders[0] != folders[1] and not any(pathlib.Path(folder).exists() for folder in folders[:2])
    assert folders[2] == str(tmp_path / "out/corpus/nothing") and [*pathlib.Path(folders[2]).iterdir()]

# SPDX-License-Identifier: Apache-2.0
"""scripts/fuzz.py: a crashing input can be recovered from the output; a seed repeats a run."""
import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "scripts"))

import fuzz

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


def test_a_seed_alone_means_a_fixed_number_of_runs(tmp_path):
    log = tmp_path / "log"
    for target in ("gpt", "nothing"):
        binary = tmp_path / f"fuzz_{target}"
        binary.write_text(f'#!/bin/sh\necho "number_of_executed_units: 1"\necho "$*" >>{log}\n')
        binary.chmod(0o755)
    subprocess.run([sys.executable, "scripts/fuzz.py", "--seed", "7", "--out", tmp_path / "out",
                    tmp_path / "fuzz_gpt", tmp_path / "fuzz_nothing"],
                   cwd=ROOT, stdout=subprocess.DEVNULL, check=True)
    lines = log.read_text()
    assert f"-runs={fuzz.runs_of_targets()['gpt']} " in lines and f"-runs={fuzz.DEFAULT_RUNS} " in lines
    assert lines.count("\n") == 2 and "-max_total_time" not in lines


def test_numbers_of_runs_are_for_targets(monkeypatch):
    monkeypatch.chdir(ROOT)
    targets = {path.stem.removeprefix("fuzz_") for path in pathlib.Path("tests/fuzz").glob("fuzz_*.c")}
    assert fuzz.runs_of_targets().keys() <= targets

# SPDX-License-Identifier: Apache-2.0
"""scripts/check.py and scripts/run_tests.py: only what has passed may be counted as passed."""
import pathlib
import re
import subprocess
import sys

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "scripts"))

import check
import check_layers


@pytest.mark.parametrize("output, counted", [
    ("x\n3 passed, 0 failed\n", (3, 0, 0)),
    ("3 passed, 2 failed, 1 skipped\n", (3, 2, 1)),
    ("0 passed, 1 failed\nmake: *** [Makefile:1: x] Error 1\n", (0, 1, 0)),
    ("3 passed, 0 failed\nSegmentation fault\n", None),
    ("", None),
])
def test_count(output, counted):
    assert check.count(output) == counted


def test_count_of_tests(tmp_path):
    (tmp_path / "test_x.py").write_text(
        "import pytest\n"
        "def test_good(): pass\n"
        "def test_bad(): assert 0\n"
        "@pytest.fixture\ndef fails(): assert 0\n"
        "def test_fixture(fails): pass\n"
        "@pytest.fixture\ndef fails_late():\n    yield\n    assert 0\n"
        "def test_teardown(fails_late): pass\n"
        "@pytest.mark.xfail\ndef test_expected(): assert 0\n"
        "@pytest.mark.xfail\ndef test_unexpected(): pass\n"
        "@pytest.mark.parametrize('n', (1, 2))\ndef test_skipped(n): pytest.skip('no KVM: see 3 passed')\n")
    report = tmp_path / "report.xml"
    assert check.count_tests(report) == (None, {})
    subprocess.run([sys.executable, *check.PYTEST[1:], "-p", "no:cacheprovider", f"--junitxml={report}", tmp_path],
                   stdout=subprocess.DEVNULL, check=False)
    assert check.count_tests(report) == ((1, 5, 2), {"no KVM: see 3 passed": 2})
    (tmp_path / "test_x.py").write_text("import no_such_module\n")
    subprocess.run([sys.executable, *check.PYTEST[1:], "-p", "no:cacheprovider", f"--junitxml={report}", tmp_path],
                   stdout=subprocess.DEVNULL, check=False)
    assert check.count_tests(report) == ((0, 1, 0), {})
    report.write_text("<testsuites>")
    assert check.count_tests(report) == (None, {})


@pytest.mark.parametrize("output, names", [
    ("  gcc     test_a: 3 passed, 0 failed\n  clang   test_a: 2 passed, 1 failed\n    FAILED b\n5 passed, 1 failed\n",
     ["clang   test_a: 2 passed, 1 failed", "FAILED b"]),
    ("[gw0] [  3%] PASSED tests/boot/x.py::a\n[gw1] [  3%] FAILED tests/boot/x.py::b\nend of output\n",
     ["[gw1] [  3%] FAILED tests/boot/x.py::b"]),
    ("  ok      x\n  FAILED  y (1.0 s)\n1 passed, 1 failed\n", ["FAILED  y (1.0 s)"]),
    ("  fuzz    a: 10 runs\n  fuzz    b: FAILED, status 77\n1 passed, 1 failed\n", ["fuzz    b: FAILED, status 77"]),
    ("core/x.c:3:5: error: no\nmake: *** [x] Error 1\n", ["core/x.c:3:5: error: no"]),
    ("core/x.c:3: trailing space\n7 passed, 1 failed\n", ["core/x.c:3: trailing space", "7 passed, 1 failed"]),
    ("", []),
])
def test_what_failed(output, names):
    assert check.failures(output) == names


def test_failures_are_repeated_at_the_end(tmp_path, monkeypatch, capsys):
    (tmp_path / "test_x.py").write_text(
        "import pytest\n"
        "@pytest.mark.parametrize('n', range(20))\n"
        "def test_many(n):\n    print('ERROR in what a test printed')\n    assert n < 5, 'long' * 100\n")
    monkeypatch.setattr(check, "PARTS", [
        ("good", "good", ["echo", "1 passed, 0 failed"], 600),
        ("bad", "bad", [sys.executable, *check.PYTEST[1:], "-p", "no:cacheprovider", tmp_path], 600),
        ("silent", "silent", ["false"], 600),
        ("slow", "slow", ["sleep", "600"], 1)])
    monkeypatch.setattr(sys, "argv", ["check.py", "--out", str(tmp_path)])
    assert check.main()
    lines = capsys.readouterr().out.splitlines()
    assert lines[-1] == "6 passed, 17 failed, 0 skipped"
    end = lines[lines.index(f"failed: bad: see {tmp_path}/bad.log"):-1]
    names = [line for line in end if re.match(r"    FAILED \S*test_x\.py::test_many\[\d+\]", line)]
    assert len(names) == check.NAMES and max(map(len, names)) <= check.NAME_COLUMNS + 4
    assert end[check.NAMES + 1:] == [
        "    and 3 more",
        f"failed: silent, ended with status 1 and without a count: see {tmp_path}/silent.log",
        f"failed: slow, stopped after 1 s: see {tmp_path}/slow.log"]


def test_the_workflow_runs_every_part():
    jobs = re.findall(r'- run: make check .*PARTS="(.*)"', (ROOT / ".github/workflows/check.yml").read_text())
    assert {part for job in jobs for part in job.split()} == {part[0] for part in check.PARTS}


@pytest.mark.parametrize("script, last_line", [
    ("echo '2 passed, 0 failed'", "2 passed, 0 failed"),
    ("echo '2 passed, 0 failed'; exit 1", "2 passed, 1 failed"),
    ("echo '0 passed, 0 failed'", "0 passed, 1 failed"),
    ("echo '1 passed, 2 failed'; exit 1", "1 passed, 2 failed"),
    ("echo '1 passed, 2 failed'", "1 passed, 2 failed"),
    ("echo nothing", "0 passed, 1 failed"),
    ("kill -SEGV $$", "0 passed, 1 failed"),
])
def test_a_unit_test_must_end_with_a_correct_count(tmp_path, script, last_line):
    binary = tmp_path / "test_x"
    binary.write_text(f"#!/bin/sh\n{script}\n")
    binary.chmod(0o755)
    done = subprocess.run([sys.executable, "scripts/run_tests.py", "unit", binary], cwd=ROOT,
                          stdout=subprocess.PIPE, text=True, check=False)
    assert done.stdout.splitlines()[-1] == last_line
    assert (done.returncode == 0) == last_line.endswith(" 0 failed")


def test_unit_tests_are_loaded_at_fixed_addresses(tmp_path):
    script = "import run_tests, sys; sys.exit(not run_tests.fix_addresses())"
    if subprocess.run([sys.executable, "-c", script], cwd=ROOT / "scripts", check=False).returncode:
        pytest.skip("this container forbids to fix addresses: personality(2)")
    binary = tmp_path / "test_x"
    binary.write_text("#!/bin/sh\nmaps() { grep libc.so /proc/self/maps; }\n"
                      '[ "$(maps)" ] && [ "$(maps)" = "$(maps)" ] && echo 1 passed, 0 failed\n')
    binary.chmod(0o755)
    done = subprocess.run([sys.executable, "scripts/run_tests.py", "unit", binary], cwd=ROOT,
                          stdout=subprocess.PIPE, text=True, check=False)
    assert done.stdout.endswith("1 passed, 0 failed\n"), done.stdout


def test_no_unit_test_at_all_is_a_failure():
    done = subprocess.run([sys.executable, "scripts/run_tests.py", "unit"], cwd=ROOT,
                          stdout=subprocess.PIPE, text=True, check=False)
    assert done.returncode == 1


def test_a_replay_without_corpus_is_a_failure(tmp_path):
    binary = tmp_path / "replay_nothing"
    binary.write_text("#!/bin/sh\necho '1 passed, 0 failed'\n")
    binary.chmod(0o755)
    done = subprocess.run([sys.executable, "scripts/run_tests.py", "replay", binary], cwd=ROOT,
                          stdout=subprocess.PIPE, text=True, check=False)
    assert done.returncode == 1 and "no corpus" in done.stdout


@pytest.mark.parametrize("path, line, complaint", [
    ("fs/fat/x.c", '#include "drivers/virtio/virtio.h"', "may not include"),
    ("fs/fat/x.c", "#include <asm/io.h>", "may not include"),
    ("lib/x.c", '#include "core/log.h"', "may not include"),
    ("lib/x.c", "#include <stdio.h>", "may not include"),
    ("drivers/x.c", '#include "loaders/loaders.h"', "may not include"),
    ("core/x.c", '#include "boot/tables.h"', "may not include"),
    ("core/x.c", '#include "core/no_such.h"', "there is no"),
    ("drivers/x.c", "#include <asm/io.h>", None),
    ("boot/x.c", '#include "core/log.h"', None),
])
def test_layers(path, line, complaint, monkeypatch):
    monkeypatch.chdir(ROOT)
    problems = list(check_layers.check_includes(pathlib.Path(path), [line]))
    assert [complaint] == [complaint for _, text in problems if complaint in text] if complaint \
        else not problems


@pytest.mark.parametrize("line, bad", [
    ("#ifdef CONFIG_FAT", True),
    ("#if IS_ENABLED(CONFIG_FAT)", True),
    ("  # elif defined(CONFIG_FAT)", True),
    ("#if 1", False),
    ("\tif (IS_ENABLED(CONFIG_FAT))", False),
])
def test_configuration_by_preprocessor(line, bad):
    assert bool(list(check_layers.check_source(pathlib.Path("fs/x.c"), [line]))) == bad


@pytest.mark.parametrize("line, bad", [
    ("#define ENABLED(name) IS_ENABLED(CONFIG_##name)", True),
    ("#define ENABLED(name) IS_ENABLED(CONFIG_FAT ## name)", True),
    ("#define ENABLED(name) IS_ENABLED(name##CONFIG_FAT)", True),
    ("#define ENABLED(name) IS_ENABLED(name)", False),
])
def test_a_symbol_put_together(line, bad):
    assert bool(list(check_layers.check_source(pathlib.Path("fs/x.h"), ["#pragma once", line]))) == bad


@pytest.mark.parametrize("line, bad", [
    ("\tif (IS_ENABLED(CONFIG_FTA12))", True),
    ("\tIF_ENABLED(CONFIG_FTA, &fat_ops,)", True),
    ("obj-$(CONFIG_FTA) += fs/fat/mount.o", True),
    ("\tif (IS_ENABLED(CONFIG_FAT12))", False),
    ("\tIF_ENABLED(CONFIG_FAT, &fat_ops,)", False),
])
def test_a_misspelt_symbol(line, bad, monkeypatch):
    monkeypatch.chdir(ROOT)
    kconf = check_layers.kconfiglib.Kconfig("Kconfig", warn_to_stderr=False)
    assert bool(list(check_layers.check_symbols([line], kconf))) == bad

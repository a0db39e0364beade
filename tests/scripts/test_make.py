# SPDX-License-Identifier: Apache-2.0
"""The Makefile: incorrect use ends with one line that says what to do, and has no other effect."""
import pathlib
import re
import shutil
import subprocess

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]


def make(*words):
    """(status, output)"""
    done = subprocess.run(["make", "--no-print-directory", *map(str, words)], cwd=ROOT, text=True, check=False,
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    return done.returncode, done.stdout


@pytest.mark.parametrize("words, advice", [
    ([], "make <name>_defconfig"),
    (["size"], "make <name>_defconfig"),
    (["savedefconfig"], "make <name>_defconfig"),
    (["tiny_defconfig", "all"], "make tiny_defconfig && make all"),
])
def test_without_a_configuration(tmp_path, words, advice):
    status, output = make(f"O={tmp_path}/none", *words)
    assert status == 2 and output.count("\n") == 1 and advice in output
    assert not (tmp_path / "none").exists()


@pytest.mark.parametrize("folder", ["", ".", "..", "/", ROOT, ROOT.parent, "a b", "a:b"])
@pytest.mark.parametrize("goal", ["tiny_defconfig", "clean", "distclean"])
def test_an_invalid_output_folder(folder, goal):
    status, output = make("-n", f"O={folder}", goal)
    assert status == 2 and output.count("\n") == 1 and "O=" in output


def test_a_compiler_that_is_missing(tmp_path):
    assert make(f"O={tmp_path}", "tiny_defconfig")[0] == 0
    status, output = make(f"O={tmp_path}", "CROSS_COMPILE=no-such-")
    assert status == 2 and output.count("\n") == 1
    assert "no-such-gcc does not run" in output and "scripts/setup.sh build" in output


def test_another_compiler_rebuilds(tmp_path):
    target = tmp_path / "lib/status.o"
    assert make(f"O={tmp_path}", "tiny_defconfig")[0] == 0
    built = "  CC      lib/status.c\n"
    assert make(f"O={tmp_path}/", target)[1].endswith(built)
    assert built not in make(f"O={tmp_path}", target)[1]
    assert make(f"O={tmp_path}", target, "CROSS_COMPILE=") == (0, built)


def test_a_change_of_the_configuration_rebuilds_what_it_concerns(tmp_path):
    """The symbol is in the source itself, or in a header of a header, or in the options of the compiler."""
    sources = ["fs/fat/chain.c", "fs/fat/mount.c", "lib/crc32.c"]

    def built(folder):
        targets = [folder / source.replace(".c", ".o") for source in sources]
        status, output = make(f"O={folder}", *targets)
        assert status == 0, output
        return [source for source in sources if f"  CC      {source}\n" in output]

    folder, copy = tmp_path / "folder", tmp_path / "copy"
    assert make(f"O={folder}", "qemu_defconfig")[0] == 0
    assert built(folder) == sources and built(folder) == []
    for symbol, concerned in [("FAT12=n", sources[:1]), ("LOG_LEVEL_ERROR=y", sources[:2]),
                              ("STACK_PROTECTOR=n", sources), ("NVME=y", [])]:
        assert make(f"O={folder}", "config", f"CONFIG_{symbol}")[0] == 0
        assert built(folder) == concerned, symbol
    shutil.copytree(folder, copy)
    assert built(copy) == []
    assert make(f"O={copy}", "config", "CONFIG_FAT12=y")[0] == 0
    assert built(copy) == sources[:1] and built(folder) == []


def test_clean_keeps_foreign_files(tmp_path):
    assert make(f"O={tmp_path}", "tiny_defconfig")[0] == 0
    assert make(f"O={tmp_path}", tmp_path / "lib/status.o")[0] == 0
    (tmp_path / "mine").touch()
    assert make(f"O={tmp_path}", "clean")[0] == 0
    assert sorted(path.name for path in tmp_path.iterdir()) == [".config", "mine"]


def test_test_is_check():
    assert make("-n", f"O={ROOT}/build/none", "test") == make("-n", f"O={ROOT}/build/none", "check")


def test_help_names_targets_that_exist(tmp_path):
    assert make(f"O={tmp_path}", "tiny_defconfig")[0] == 0
    _, output = make("help")
    targets = output.partition("\nConfigurations for ")[0]
    named = [line.split()[0] for line in targets.splitlines() if line.startswith("  ")]
    assert "menuconfig" in named and "check" in named
    for name in named:
        name = name.replace("%", "x")
        output = make("-n", "MAKE=true", f"O={tmp_path}", name)[1]
        assert f"No rule to make target '{name}'" not in output and "No configuration" not in output


def test_help_names_all_targets_and_configurations():
    _, output = make("help")
    named = set(re.findall(r"[\w%-]+", output))
    assert {path.name.removesuffix("_defconfig") for path in (ROOT / "configs").iterdir()} <= named
    phony = re.search(r"^\.PHONY:((?:.|\\\n)*)$", (ROOT / "Makefile").read_text(), re.MULTILINE)[1]
    targets = set(re.findall(r"[\w-]+", phony.replace("$(kconfig-targets)", "menuconfig guiconfig allnoconfig")))
    unnamed = {"install-images"} | {f"setup-{purpose}" for purpose in ("build", "run", "debug", "check")}
    assert targets - unnamed <= named


def test_the_systems_kconfiglib_is_found_behind_another_python(tmp_path):
    found = subprocess.run(["/usr/bin/python3", "-c", "import kconfiglib"], check=False, stderr=subprocess.DEVNULL)
    if found.returncode:
        pytest.skip("the system has no kconfiglib")
    other = tmp_path / "python3"
    other.write_text("#!/bin/sh\nexit 1\n")
    other.chmod(0o755)
    status, output = make(f"O={tmp_path}/out", f"PYTHON={other}", f"venv={tmp_path}/venv", "tiny_defconfig")
    assert status == 0 and "VENV" not in output


def test_kconfiglib_is_fetched_where_the_system_has_none(tmp_path):
    """And where it cannot be fetched, the last line says what to install."""
    for source in [ROOT / "Makefile", ROOT / "requirements.txt", *ROOT.glob("*/objects.mk")]:
        target = tmp_path / source.relative_to(ROOT)
        target.parent.mkdir(exist_ok=True)
        shutil.copy(source, target)
    python = tmp_path / "python"
    for pip_status in (1, 0):
        # `python -m venv FOLDER` makes an environment whose pip only ends, with this status.
        python.write_text(f"#!/bin/sh\n[ \"$2\" = venv ] || exit 1\nmkdir -p $3/bin\ncp $0 $3/bin/python\n"
                          f"printf '#!/bin/sh\\necho pip $*\\nexit {pip_status}\\n' >$3/bin/pip\nchmod +x $3/bin/pip\n")
        python.chmod(0o755)
        shutil.rmtree(tmp_path / "build", ignore_errors=True)
        done = subprocess.run(["make", "-C", tmp_path, f"PYTHON={python}", "build/venv/.kconfiglib"], check=False,
                              text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        assert "pip install" in done.stdout and "kconfiglib==" in done.stdout, done.stdout
        assert (done.returncode == 0) == (pip_status == 0), done.stdout
        assert ("python3-kconfiglib" in done.stdout) == (pip_status != 0), done.stdout
        assert (tmp_path / "build/venv/.kconfiglib").exists() == (pip_status == 0)

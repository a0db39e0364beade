# SPDX-License-Identifier: Apache-2.0
"""scripts/kconfig.py: mistakes that plain kconfiglib accepts must be errors with an explanation."""
import os
import pathlib
import subprocess
import sys

import pexpect
import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]


def kconfig(target, tmp_path, *lines, env=None):
    """Runs a target on a defconfig of these lines. Returns (status, output, .config)."""
    defconfig, config = tmp_path / "some_defconfig", tmp_path / ".config"
    defconfig.write_text("\n".join(lines) + "\n")
    done = subprocess.run([sys.executable, "scripts/kconfig.py", target, "--config", config,
                           "--defconfig", defconfig, "--output", tmp_path / "output",
                           "--header", tmp_path / "include" / "autoconf.h"],
                          cwd=ROOT, env=env, text=True, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, check=False)
    return done.returncode, done.stdout, config.read_text() if config.exists() else ""


def test_empty_defconfig_gives_the_defaults(tmp_path):
    status, _, config = kconfig("defconfig", tmp_path)
    assert status == 0
    assert "CONFIG_FAT=y" in config and "CONFIG_LAST_ACTION_HALT=y" in config


def test_assignments_are_taken(tmp_path):
    status, _, config = kconfig("defconfig", tmp_path, "# CONFIG_FAT12 is not set",
                                "CONFIG_BLOCK_CACHE_KIB=128", "CONFIG_LAST_ACTION_RESET=y")
    assert status == 0
    assert "# CONFIG_FAT12 is not set" in config
    assert "CONFIG_BLOCK_CACHE_KIB=128" in config
    assert "# CONFIG_LAST_ACTION_HALT is not set" in config


@pytest.mark.parametrize("lines, reason", [
    (["CONFIG_NO_SUCH=y"], "there is no symbol CONFIG_NO_SUCH"),
    (["CONFIG_FAT:y"], "cannot read 'CONFIG_FAT:y'"),
    (["CONFIG_FAT=perhaps"], "not of its type"),
    (["CONFIG_FAT=y", "CONFIG_FAT=y"], "assigned twice"),
    (["# CONFIG_PCI is not set", "CONFIG_VIRTIO_PCI=y"], "depends on PCI"),
    (["CONFIG_VIRTIO=n"], "has no prompt"),
    (["CONFIG_BLOCK_CACHE_KIB=1"], "must be in the range"),
    (["CONFIG_LOG_LEVEL_ERROR=y", "CONFIG_LOG_LEVEL_INFO=y"],
     "CONFIG_LOG_LEVEL_ERROR cannot be on: LOG_LEVEL_INFO is on"),
    (["CONFIG_LOG_LEVEL_ERROR=y", "CONFIG_LOG_DEFAULT_DEBUG=y"],
     "CONFIG_LOG_DEFAULT_DEBUG cannot be on: it depends on LOG_LEVEL >= 4\n"),
    (["# CONFIG_BOOT_MENU is not set", "CONFIG_BOOT_MENU_IDLE_SECONDS=5"],
     "CONFIG_BOOT_MENU_IDLE_SECONDS cannot be 5: it depends on"),
])
def test_assignment_without_effect_is_an_error(tmp_path, lines, reason):
    status, output, config = kconfig("defconfig", tmp_path, *lines)
    assert status == 1
    assert reason in output
    assert f"some_defconfig:{len(lines)}:" in output or "some_defconfig:1:" in output
    assert not config, "a configuration was written in spite of the error"


def test_missing_defconfig_lists_existing_ones(tmp_path):
    done = subprocess.run([sys.executable, "scripts/kconfig.py", "defconfig", "--config",
                           tmp_path / ".config", "--defconfig", "configs/nothing_defconfig"],
                          cwd=ROOT, text=True, stderr=subprocess.PIPE, check=False)
    assert done.returncode == 1
    assert "qemu_defconfig" in done.stderr


def test_olddefconfig_says_what_it_drops(tmp_path):
    (tmp_path / ".config").write_text("CONFIG_FORMER=y\n# CONFIG_FAT16 is not set\n")
    status, output, config = kconfig("olddefconfig", tmp_path)
    assert status == 0
    assert "CONFIG_FORMER no longer exists" in output
    assert "FORMER" not in config and "# CONFIG_FAT16 is not set" in config


def test_listnewconfig_lists_only_what_is_new(tmp_path):
    kconfig("defconfig", tmp_path)
    text = (tmp_path / ".config").read_text()
    assert kconfig("listnewconfig", tmp_path)[1].count("CONFIG_") == 0
    (tmp_path / ".config").write_text(text.replace("CONFIG_FAT12=y\n", ""))
    output = kconfig("listnewconfig", tmp_path)[1]
    assert "CONFIG_FAT12=y" in output and "CONFIG_FAT16" not in output


def test_savedefconfig_is_undone_by_defconfig(tmp_path):
    lines = ["# SPDX-License-Identifier: Apache-2.0", "# CONFIG_FAT12 is not set",
             "CONFIG_LAST_ACTION_RESET=y"]
    config = kconfig("defconfig", tmp_path, *lines)[2]
    assert kconfig("savedefconfig", tmp_path, *lines)[0] == 0
    assert (tmp_path / "output").read_text().splitlines() == lines
    again = tmp_path / "again"
    again.mkdir()
    assert kconfig("defconfig", again, *(tmp_path / "output").read_text().splitlines())[2] == config


def test_sync_accepts_stale_derived_values(tmp_path):
    kconfig("defconfig", tmp_path)
    config = tmp_path / ".config"
    config.write_text(config.read_text().replace("CONFIG_LOG_LEVEL_DEBUG=y\n", "")
                      .replace("# CONFIG_LOG_LEVEL_INFO is not set", "CONFIG_LOG_LEVEL_INFO=y"))
    status, output, _ = kconfig("sync", tmp_path)
    assert status == 0, output
    assert "#define CONFIG_LOG_LEVEL 3\n" in (tmp_path / "include" / "autoconf.h").read_text()


def test_sync_does_not_write_an_unchanged_header(tmp_path):
    kconfig("defconfig", tmp_path)
    kconfig("sync", tmp_path)
    header = tmp_path / "include" / "autoconf.h"
    before = header.stat().st_mtime_ns
    kconfig("sync", tmp_path)
    assert header.stat().st_mtime_ns == before


def test_all_no_turns_off_everything_possible(tmp_path):
    _, output, config = kconfig("allnoconfig", tmp_path)
    assert "cannot boot anything" in output
    assert "cannot boot anything" not in kconfig("alldefconfig", tmp_path)[1]
    assert "CONFIG_FAT=y" not in config and "CONFIG_ARCH_X86_64=y" in config
    assert "# CONFIG_FAT12 is not set" not in kconfig("allyesconfig", tmp_path)[2]


def test_a_seed_repeats_a_random_configuration(tmp_path):
    environment = {"PATH": "/usr/bin:/bin"}
    seven = kconfig("randconfig", tmp_path, env=environment | {"KCONFIG_SEED": "7"})[2]
    assert kconfig("randconfig", tmp_path, env=environment | {"KCONFIG_SEED": "7"})[2] == seven
    assert kconfig("randconfig", tmp_path, env=environment | {"KCONFIG_SEED": "8"})[2] != seven


def test_menuconfig_without_a_terminal_says_so(tmp_path):
    done = subprocess.run([sys.executable, "scripts/kconfig.py", "menuconfig", "--config", tmp_path / ".config"],
                          cwd=ROOT, text=True, check=False, stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    assert done.returncode == 1 and done.stdout.count("\n") == 1 and "needs a terminal" in done.stdout


def test_menuconfig_changes_a_symbol(tmp_path):
    """On a terminal: jumps to a choice, selects it, saves and quits."""
    old = kconfig("defconfig", tmp_path)[2]
    menu = pexpect.spawn(sys.executable, ["scripts/kconfig.py", "menuconfig", "--config", f"{tmp_path}/.config"],
                         cwd=ROOT, dimensions=(40, 120), encoding="utf-8", timeout=300,
                         env={**os.environ, "TERM": "xterm"})
    for shown, keys in (("File systems", "/"), ("Jump to", "LAST_ACTION_RESET\r"), ("When nothing boots", " "),
                        (r"\(Reset\)", "s"), ("Filename to save", "\r"), ("saved to", "\rq")):
        menu.expect(shown)
        menu.send(keys)
    menu.expect(pexpect.EOF)
    assert menu.wait() == 0
    new = (tmp_path / ".config").read_text()
    assert "# CONFIG_LAST_ACTION_RESET is not set" in old and "CONFIG_LAST_ACTION_RESET=y\n" in new

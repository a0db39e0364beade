# SPDX-License-Identifier: Apache-2.0
"""scripts/run.py: interpretation of its options, before anything is built or started."""
import os
import pathlib
import subprocess
import sys

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from scripts import run


@pytest.fixture(autouse=True)
def nothing_is_built(monkeypatch):
    monkeypatch.setattr(run.firmware, "build", lambda name: pathlib.Path("build", name, "fatwood.elf"))
    monkeypatch.setattr(run, "demo_disk", lambda: pathlib.Path("demo.raw"))


@pytest.mark.parametrize("settings, advice", [
    ({"MACHINE": "virt"}, "choose one of q35 pc microvm"),
    ({"ACCEL": "xen"}, "choose one of auto kvm tcg"),
    ({"SNAPSHOT": "yes"}, "choose one of 0 1"),
    ({"MEMORY": "much"}, "such as 512M"),
    ({"MEMORY": "0"}, "such as 512M"),
    ({"MEMORY": "1G,slots=2"}, "such as 512M"),
    ({"DISK": "no/such"}, "No such file"),
    ({"DISK": "/"}, "Is a directory"),
])
def test_wrong_options(settings, advice):
    with pytest.raises(run.UserError) as error:
        run.command({"ACCEL": "tcg", **settings}, None)
    name, = settings
    assert f"{name}={settings[name]}: " in str(error.value) and advice in str(error.value)


@pytest.mark.parametrize("name, head, words", [
    ("a.raw", b"", "format=raw,file=a.raw"),
    ("a", b"MBR!", "format=raw,file=a"),
    ("a,b.img", b"", "format=raw,file=a,,b.img"),
    ("a.qcow2", b"QFI\xfb", "format=qcow2,file=a.qcow2"),
    ("a.img", b"QFI\xfb", None),
    ("a.qcow2", b"MBR!", None),
])
def test_the_name_of_a_disk_determines_its_format(tmp_path, monkeypatch, name, head, words):
    monkeypatch.chdir(tmp_path)
    pathlib.Path(name).write_bytes(head)
    if words:
        assert run.disk_words(name) == words
    else:
        with pytest.raises(run.UserError):
            run.disk_words(name)


@pytest.mark.parametrize("machine, build, device", [
    ("q35", "qemu", "virtio-blk-pci"), ("microvm", "qemu_microvm", "virtio-blk-device")])
def test_the_machine_chooses_the_build(machine, build, device):
    words = run.command({"MACHINE": machine, "ACCEL": "tcg", "APPEND": "fatwood.log=debug"}, None)
    assert words[words.index("-machine") + 1] == f"{machine},accel=tcg"
    assert words[words.index("-kernel") + 1] == f"build/{build}/fatwood.elf"
    assert words[words.index("-append") + 1].split()[0] == "fatwood.log=debug"
    assert f"{device},drive=disk0" in words and "-S" not in words


def test_the_demo_disk_is_not_written_to():
    assert "if=none,id=disk0,format=raw,snapshot=on,file=demo.raw" in run.command({"ACCEL": "tcg"}, None)


def test_what_happens_to_a_disk_is_said(tmp_path, capsys):
    disk = tmp_path / "a.raw"
    disk.touch()
    settings = {"ACCEL": "tcg", "DISK": str(disk)}
    drive = f"if=none,id=disk0,format=raw,file={disk}"
    for snapshot in ({}, {"SNAPSHOT": ""}, {"SNAPSHOT": "0"}):
        assert drive in run.command({**settings, **snapshot}, None)
        assert f"run: {disk} is written to by the guest; SNAPSHOT=1 keeps it as it is\n" in capsys.readouterr().out
    assert f"{drive},snapshot=on" in run.command({**settings, "SNAPSHOT": "1"}, None)
    assert "written" not in capsys.readouterr().out


@pytest.mark.parametrize("built, configured, lines", [
    (None, None, ["building the firmware (build/qemu)", "booting build/qemu/fatwood.elf"]),
    (None, "build/mine", ["building the firmware as build/mine/.config says", "booting build/mine/fatwood.elf"]),
    ("build/mine", None, ["booting build/mine/fatwood.elf"]),
])
def test_the_image_is_named_first(monkeypatch, capsys, built, configured, lines):
    made = []
    monkeypatch.setattr(run.firmware, "make", made.append)
    run.command({"ACCEL": "tcg"}, built and pathlib.Path(built), configured and pathlib.Path(configured))
    assert capsys.readouterr().out.splitlines() == [f"run: {line}" for line in lines]
    assert made == ([f"O={configured}"] if configured else [])


def test_kvm_that_does_not_work(monkeypatch, capsys):
    monkeypatch.setattr(run.kvm_probe, "kvm_problem", lambda: "no /dev/kvm")
    with pytest.raises(run.UserError) as error:
        run.command({"ACCEL": "kvm"}, None)
    assert str(error.value).startswith("ACCEL=kvm: no /dev/kvm. ACCEL=auto ")
    assert "q35,accel=tcg" in run.command({"ACCEL": "auto"}, None)
    assert "emulating the processor (TCG): no /dev/kvm\n" in capsys.readouterr().out
    monkeypatch.setattr(run.kvm_probe, "kvm_problem", lambda: None)
    assert "q35,accel=kvm" in run.command({"ACCEL": "kvm"}, None)


def test_debugging_uses_the_existing_build():
    words = run.command({}, pathlib.Path("build/mine"))
    assert words[words.index("-kernel") + 1] == "build/mine/fatwood.elf"
    assert "q35,accel=tcg" in words


@pytest.mark.parametrize("words, missing, advice", [
    ([], "qemu-system-x86_64", "setup.sh run"), (["--debug", "build"], "gdb", "setup.sh debug")])
def test_a_missing_program_is_named(tmp_path, words, missing, advice):
    for name in {"qemu-system-x86_64", "gdb"} - {missing}:
        (tmp_path / name).write_text("")
        (tmp_path / name).chmod(0o755)
    done = subprocess.run([sys.executable, ROOT / "scripts/run.py", *words], check=False, text=True,
                          env=dict(os.environ, PATH=str(tmp_path)), stderr=subprocess.PIPE)
    assert done.returncode == 1
    assert done.stderr.startswith(f"run: {missing} is missing: ") and advice in done.stderr
    assert done.stderr.count("\n") == 1

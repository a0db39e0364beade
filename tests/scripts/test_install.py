# SPDX-License-Identifier: Apache-2.0
"""make install: installed paths, QEMU's descriptor and its schema, the manual page."""
import fnmatch
import json
import pathlib
import re
import shutil
import subprocess
import sys

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "scripts"))
import install
import manual

NAMES = sorted(path.name.removesuffix("_defconfig") for path in (ROOT / "configs").iterdir())

# docs/interop/firmware.json of QEMU 3.0 to 11.0 (commit e8dcd2a0c2d6): what all of them accept, and from 11.0 what goes
# with host-uefi-vars.
INTERFACES = {"bios", "openfirmware", "uboot", "uefi"}
ARCHITECTURES = {"aarch64", "arm", "i386", "loongarch64", "riscv64", "x86_64"}
FEATURES = {"acpi-s3", "acpi-s4", "amd-sev", "enrolled-keys", "requires-smm", "secure-boot", "verbose-dynamic",
            "verbose-static", "host-uefi-vars"}
MAPPINGS = {"memory": {"device", "filename"}, "kernel": {"device", "filename"},
            "flash": {"device", "executable", "nvram-template"}}


def mistakes(firmware):
    """The schema's complaints about a descriptor."""
    fields = {"description": str, "interface-types": list, "mapping": dict, "targets": list, "features": list,
              "tags": list}
    if set(firmware) != set(fields):
        return [f"fields: {set(firmware) ^ set(fields)}"]
    found = [f"{name}: not {kind}" for name, kind in fields.items() if not isinstance(firmware[name], kind)]
    if found:
        return found
    mapping = firmware["mapping"]
    if not firmware["interface-types"] or set(firmware["interface-types"]) - INTERFACES:
        found.append("interface-types")
    variables = {"uefi-vars"} if "host-uefi-vars" in firmware["features"] else set()
    if set(mapping) != MAPPINGS.get(mapping.get("device"), set()) | variables:
        found.append("mapping")
    elif variables and (mapping["device"] != "memory" or "uefi" not in firmware["interface-types"] or
                        set(mapping["uefi-vars"]) != {"template"}):
        found.append("mapping: uefi-vars")
    if not str(mapping.get("filename", "/")).startswith("/"):
        found.append("mapping: filename")
    for file in (mapping[name] for name in ("executable", "nvram-template") if name in mapping):
        if set(file) != {"filename", "format"} or not file["filename"].startswith("/") or file["format"] != "raw":
            found.append("mapping: file")
    for target in firmware["targets"]:
        if set(target) != {"architecture", "machines"} or target["architecture"] not in ARCHITECTURES:
            found.append("targets")
    if set(firmware["features"]) - FEATURES:
        found.append("features")
    if not all(isinstance(tag, str) for tag in firmware["tags"]):
        found.append("tags")
    return found


def run_script(folder, prefix, *words):
    subprocess.run([sys.executable, ROOT / "scripts/install.py", "--images", folder / "images", "--release", "1.2",
                    "--prefix", prefix, "--destdir", folder / "out", *words], check=True, stdout=subprocess.DEVNULL)


def run_install(folder, *names, prefix="/usr"):
    """Installs stubs that contain the name of their image; returns {path below the prefix: contents}."""
    for name in names:
        (folder / "images" / name).mkdir(parents=True)
        for kind in ("elf", "rom") if name.endswith("_rom") else ("elf",):
            (folder / "images" / name / f"fatwood.{kind}").write_text(f"{name} {kind}")
        if name == "qemu_rom":
            (folder / "images" / name / "fatwood_vars.fd").write_text("template")
    run_script(folder, prefix, *names)
    base = folder / f"out{prefix}"
    files = [path for path in (folder / "out").rglob("*") if path.is_file()]
    assert all(path.stat().st_mode & 0o777 == 0o644 for path in files)
    return {str(path.relative_to(base)): path.read_text() for path in files}


def test_everything_is_installed(tmp_path):
    files = run_install(tmp_path, *NAMES, prefix="/opt/my fatwood")
    images = {path: text for path, text in files.items() if path.startswith("share/fatwood/")}
    assert images["share/fatwood/cloudhv.elf"] == "cloudhv elf"
    assert images["share/fatwood/qemu.rom"] == "qemu_rom rom" and images["share/fatwood/qemu.elf"] == "qemu elf"
    assert images["share/fatwood/qemu_vars.fd"] == "template"
    assert len(images) == len(NAMES) + 1
    assert set(files) - set(images) == {
        "share/qemu/firmware/70-fatwood-x86_64.json", "share/man/man7/fatwood.7", "share/doc/fatwood/LICENSE",
        "share/doc/fatwood/LICENSE.font", "share/doc/fatwood/fatwood.spdx.json"}
    assert json.loads(files["share/doc/fatwood/fatwood.spdx.json"])["packages"][0]["versionInfo"] == "1.2"
    assert files["share/doc/fatwood/LICENSE"] == (ROOT / "LICENSE").read_text()
    notice = files["share/doc/fatwood/LICENSE.font"]
    assert notice.startswith("Copyright (c)") and "THIS SOFTWARE IS PROVIDED" in notice and "*/" not in notice
    firmware = json.loads(files["share/qemu/firmware/70-fatwood-x86_64.json"])
    share = "/opt/my fatwood/share/fatwood"
    assert firmware["mapping"] == {
        "device": "flash", "executable": {"filename": f"{share}/qemu.rom", "format": "raw"},
        "nvram-template": {"filename": f"{share}/qemu_vars.fd", "format": "raw"}}


def test_what_is_installed_can_be_removed(tmp_path):
    run_install(tmp_path, *NAMES)
    other = tmp_path / "out/usr/share/qemu/firmware/50-other.json"
    other.write_text("{}")
    shutil.rmtree(tmp_path / "images")
    for _ in range(2):
        run_script(tmp_path, "/usr", "--remove", *NAMES)
        assert [path for path in (tmp_path / "out").rglob("*") if path.is_file()] == [other]
        assert not (tmp_path / "out/usr/share/fatwood").exists() and other.parent.exists()


def test_without_the_rom_there_is_no_descriptor(tmp_path):
    files = run_install(tmp_path, "cloudhv")
    assert "share/fatwood/cloudhv.elf" in files and not [path for path in files if "qemu" in path]


def test_an_image_that_is_missing_is_an_error(tmp_path):
    done = subprocess.run([sys.executable, ROOT / "scripts/install.py", "--images", tmp_path, "--release", "1.2",
                           "--destdir", tmp_path, "tiny"], check=False, stderr=subprocess.DEVNULL)
    assert done.returncode != 0


def test_the_descriptor_follows_the_schema():
    firmware = install.descriptor("/usr/share/fatwood/qemu.rom", "/usr/share/fatwood/qemu_vars.fd")
    assert mistakes(firmware) == []
    machines = firmware["targets"][0]["machines"]
    for machine in ("pc-q35-8.2", "pc-i440fx-10.0"):
        assert any(fnmatch.fnmatchcase(machine, pattern) for pattern in machines)


def test_the_documented_descriptor_follows_the_schema():
    text = (ROOT / "docs/vmm/libvirt.md").read_text()
    (block,) = re.findall(r"^```json file=11-fatwood-host.json\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    assert mistakes(json.loads(block)) == []


@pytest.mark.parametrize("change", [
    {"mapping": {"device": "memory"}},
    {"mapping": {"device": "memory", "filename": "/x", "uefi-vars": {"template": "/y"}}},
    {"mapping": {"device": "memory", "filename": "/x", "uefi-vars": {"path": "/y"}}, "features": ["host-uefi-vars"]},
    {"mapping": {"device": "memory", "filename": "/x"}, "features": ["host-uefi-vars"]},
    {"mapping": {"device": "memory", "filename": "/x", "uefi-vars": {"template": "/y"}}, "features": ["host-uefi-vars"],
     "interface-types": ["bios"]},
    {"mapping": {"device": "rom", "filename": "/x"}},
    {"mapping": {"device": "memory", "filename": "share/x"}},
    {"mapping": {"device": "flash", "executable": {"filename": "/x", "format": "raw"}}},
    {"mapping": {"device": "flash", "executable": {"filename": "/x", "format": "raw"},
                 "nvram-template": {"filename": "y", "format": "raw"}}},
    {"interface-types": []},
    {"interface-types": ["efi"]},
    {"features": ["secureboot"]},
    {"targets": [{"architecture": "amd64", "machines": []}]},
    {"tags": "none"},
    {"version": 1},
])
def test_the_schema_detects_mistakes(change):
    assert mistakes(install.descriptor("/x", "/y") | change)


def test_the_manual_page_has_every_word():
    page = manual.page()
    words = set(re.findall(r"^\| `(fatwood\.[a-z]+)=", (ROOT / "docs/command-line.md").read_text(), re.MULTILINE))
    assert words and words == set(re.findall(r"^\\fB(fatwood\.[a-z]+)=", page, re.MULTILINE))
    assert (ROOT / "VERSION").read_text().strip() in page.splitlines()[0]
    for mark in ("`", "](", "](", "| "):
        assert mark not in page


@pytest.mark.skipif(not shutil.which("groff"), reason="groff is not installed")
def test_the_manual_page_is_valid():
    done = subprocess.run(["groff", "-man", "-ww", "-Tutf8", "-P-cbu"], input=manual.page(), text=True, check=True,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, encoding="utf-8")
    assert done.stderr == ""
    assert "fatwood.log=WORD,..." in done.stdout and "--kernel" in done.stdout


def test_the_page_of_images_names_all():
    rows = manual.table((ROOT / "docs/vmm/README.md").read_text())
    assert {row[1].strip("`") for row in rows} == {install.image_name(name) for name in NAMES}

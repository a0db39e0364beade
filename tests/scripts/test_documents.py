# SPDX-License-Identifier: Apache-2.0
"""Checks statements about this tree in README.md and the other documents: links, targets, symbols, messages.
The commands for VMMs are run by tests/boot (test_kvm_*.py, test_libvirt.py); the tables of figures are written by
bench."""
import functools
import pathlib
import re
import subprocess
import sys

import kconfiglib
import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from scripts import size  # noqa: E402

PAGES = [*(ROOT / name for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md", "SECURITY.md")),
         *sorted((ROOT / "docs").glob("**/*.md"))]
FOLDERS = ("lib", "core", "arch", "drivers", "fs", "loaders", "efi", "boot")
SOURCES = "\n".join(path.read_text() for folder in FOLDERS for path in sorted((ROOT / folder).glob("**/*.[ch]")))
WORDS = set(re.findall(r'"(fatwood\.[a-z]+)",', (ROOT / "boot/tables.c").read_text()))

# The example in docs/adding-a-file-system.md.
EXAMPLE = "romfs"


def page_name(page):
    return str(page.relative_to(ROOT))


@pytest.mark.parametrize("page", PAGES, ids=page_name)
def test_links_have_a_target(page):
    for link in re.findall(r"\]\(([^)#\s]+)[^)]*\)", page.read_text()):
        assert link.startswith("https://") or (page.parent / link).exists(), link


def anchors(page):
    """The headings as GitHub names them, and explicit anchors."""
    text = re.sub(r"^```.*?^```$", "", page.read_text(), flags=re.MULTILINE | re.DOTALL)
    headings = re.findall(r"^#+ (.*)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings} | set(
        re.findall(r'<a id="([^"]+)">', text))


@pytest.mark.parametrize("page", PAGES, ids=page_name)
def test_links_have_an_anchor(page):
    for link, anchor in re.findall(r"\]\(((?:[^)#\s:]+\.md)?)#([^)\s]+)\)", page.read_text()):
        assert anchor in anchors(page.parent / link if link else page), f"{link}#{anchor}"


@pytest.mark.parametrize("page", PAGES, ids=page_name)
def test_paths_and_symbols_exist(page):
    text = page.read_text()
    for path in re.findall(rf"`((?:{'|'.join((*FOLDERS, 'tests', 'scripts', 'configs'))})/[\w./-]*)`", text):
        assert EXAMPLE in path or (ROOT / path.replace("arch/X/", "arch/x86_64/")).exists(), path
    symbols = kconfiglib.Kconfig(str(ROOT / "Kconfig"), warn_to_stderr=False).syms if "CONFIG_" in text else {}
    for name in re.findall(r"\bCONFIG_([A-Z0-9_]+)", text):
        assert name in ("NAME", EXAMPLE.upper()) or symbols[name].nodes, name


@pytest.fixture(scope="module")
def is_target(tmp_path_factory):
    """Whether make has a rule for that name. Without a configuration it reports that first. MAKE: it runs no other."""
    folder = tmp_path_factory.mktemp("configured")

    @functools.cache
    def ask(*words):
        done = subprocess.run(["make", "MAKE=true", f"O={folder}", *words], cwd=ROOT, text=True, check=False,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        assert "No configuration" not in done.stdout
        return f"No rule to make target '{words[-1]}'" not in done.stdout

    assert ask("tiny_defconfig") and not ask("-n", "no-such-target")
    return lambda name: ask("-n", name)


@pytest.mark.parametrize("page", PAGES, ids=page_name)
def test_targets_exist(page, is_target):
    code = re.findall(r"`(make [^`]*)`|^ {0,4}(make .*)", page.read_text(), re.MULTILINE)
    for command in filter(None, (inline or line for inline, line in code)):
        for part in re.split(r"&&|;", command.partition("#")[0]):
            words = re.sub(r'"[^"]*"', "", part).split()[1:]
            for target in words:
                if "=" in target or target.startswith("-"):
                    continue
                assert is_target(target), command


def test_the_version_is_the_same_everywhere():
    version = (ROOT / "VERSION").read_text().strip()
    assert f"\n## {version}" in (ROOT / "CHANGELOG.md").read_text()
    assert (ROOT / "packaging/debian/changelog").read_text().startswith(f"fatwood ({version})")


def test_every_defconfig_is_in_the_readme():
    named = set(re.findall(r"`(\w+_defconfig)`", (ROOT / "README.md").read_text()))
    assert named == {path.name for path in (ROOT / "configs").iterdir()}


@pytest.mark.parametrize("page", PAGES, ids=page_name)
def test_words_of_the_command_line_are_obeyed(page):
    assert set(re.findall(r"`[^`]*?(fatwood\.[a-z]+)=", page.read_text())) <= WORDS


def test_words_of_the_command_line_are_listed_and_read():
    """Compares the table of known options, the page that lists them, and the options that the code reads."""
    page = (ROOT / "docs/command-line.md").read_text()
    assert WORDS == set(re.findall(r"^\| `(fatwood\.[a-z]+)=", page, re.MULTILINE))
    assert WORDS == set(re.findall(r'boot_info_option\("(fatwood\.[a-z]+)"', SOURCES))


def test_messages_are_printed_as_explained():
    text = (ROOT / "docs/boot-loader-specification.md").read_text()
    table = text.split("## When an entry does not boot")[1].split("## ")[0]
    messages = [message for line in table.splitlines() if line.startswith("| `")
                for message in re.findall(r"`([^`]+)`", line.split("|")[1])]
    assert len(messages) >= 8
    strings = "\n".join(re.findall(r'"([^"\n]+)"', re.sub(r'"\s*\n\s*"', "", SOURCES)))
    for message in messages:
        for part in re.split(r"\.\.\.|PATH:?", message):
            assert part.strip() in strings, message


# Section of docs/coming-from.md: what its numbers are rounded from, as rows of docs/figures.md and columns.
COSTS = {
    "From OVMF": [("OVMF + systemd-boot", 1), ("OVMF + systemd-boot", 2), ("Fatwood: from reset", 1),
                  ("Fatwood: from reset", 2), ("Cloud Hypervisor | EDK2, systemd-boot", 2),
                  ("Cloud Hypervisor | Fatwood, systemd-boot", 2)],
    "From Rust Hypervisor Firmware": [("cloudhv", 1), ("cloudhv", 3), ("cloudhv", 4)],
    "From direct kernel boot": [("QEMU -kernel (no disk)", 1), ("QEMU -kernel (no disk)", 2),
                                ("Fatwood: from reset", 1), ("Fatwood: from reset", 2),
                                ("Cloud Hypervisor | no firmware: the VMM's own boot", 2),
                                ("Cloud Hypervisor | Fatwood, boot entry", 2)],
}


@pytest.mark.parametrize("section", COSTS)
def test_costs_are_those_of_the_figures(section):
    figures = (ROOT / "docs/figures.md").read_text()
    text = (ROOT / "docs/coming-from.md").read_text().split(f"## {section}\n")[1].split("\n## ")[0]
    (bullet,) = re.findall(r"^- \*\*Cost\*\*: (.*?)(?=^-|\Z)", text, re.MULTILINE | re.DOTALL)
    told = [float(number.replace(",", "")) * (1e6 if unit else 1) for number, unit in re.findall(
        r"(?<=\s)(\d[\d,.]*\d|\d)(\s+million)?", bullet.replace("0.5.0 ", ""))]
    wanted = []
    for row, column in COSTS[section]:
        line = next(line for line in figures.splitlines() if line.startswith(f"| {row} |"))
        wanted.append(float(line.split("|")[1 + column].replace(",", "")))
    if section == "From Rust Hypervisor Firmware":  # measured elsewhere, said on both pages
        assert told[:3] == [650e6, 120000, 59000]
        assert "650 million instructions, 120,000 accesses and 59,000 requests" in " ".join(figures.split())
        told = told[-3:]
    assert told == pytest.approx(wanted, rel=0.2)


def test_quoted_code_is_there():
    text = (ROOT / "CONTRIBUTING.md").read_text()
    (path, quoted), = re.findall(r"From \[`([^`]+)`\][^\n]*\n\n```c\n(.*?)```", text, re.DOTALL)
    assert (ROOT / path).read_text().startswith(quoted)


@pytest.mark.parametrize("page", sorted((ROOT / "docs").glob("adding-a-*.md")), ids=page_name)
def test_names_in_the_code_exist(page):
    """Functions, members and constants that these pages mention."""
    code = "\n".join(path.read_text() for path in (
        *(ROOT / "tests").glob("*/*.[ch]"), *(ROOT / "tests/images").glob("**/*.py"), *ROOT.glob("*/Kconfig")))
    words = set(re.findall(r"\w+", SOURCES + code))
    other = r"CONFIG_\w+|[\w-]+\.(c|h|py|md|mk)\b|\"[^\"]*\""  # symbols, files, strings
    named = {word for quoted in re.findall(r"`([^`\n]+)`", page.read_text())
             if "/" not in quoted and "make" not in quoted
             for word in re.findall(r"[A-Za-z_]\w+", re.sub(other, "", quoted)) if EXAMPLE not in word.lower()}
    assert len(named) >= 8
    assert named <= words, named - words


def test_images_held_to_a_size_leave_out_a_new_file_system():
    page = (ROOT / "docs/adding-a-file-system.md").read_text()
    for name in size.LIMITS:
        assert f"`configs/{name}_defconfig`" in page, name


def test_required_members_of_a_file_system_are_documented():
    """The members before the optional ones in struct fs_ops."""
    page = (ROOT / "docs/adding-a-file-system.md").read_text()
    told = page.split("For reading it needs ")[1].split(";")[0]
    code = (ROOT / "core/volume.h").read_text().split("struct fs_ops {\n\t")[1].split("/* FILE_INFO.")[0]
    needed = re.findall(r"^\t?(?:const char |enum status \()\*(\w+)", code, re.MULTILINE)
    assert re.findall(r"`(\w+)`", told) == needed


def test_the_order_of_the_boot_is_the_one_shown():
    story = (ROOT / "docs/architecture.md").read_text().split("boot_main()")[1].split("```")[0]
    code = (ROOT / "boot/main.c").read_text().split("void boot_main(void)\n{")[1]
    shown = [name for name in re.findall(r"^ {6}(\w+_\w+) ", story, re.MULTILINE) if name in code]
    assert len(shown) >= 8
    assert shown == sorted(shown, key=code.index)

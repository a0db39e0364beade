# SPDX-License-Identifier: Apache-2.0
"""`make bench`: counting, limits, and its tables in docs/figures.md. No figures are checked."""
import json
import math
import pathlib
import sys
import xml.etree.ElementTree

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from scripts import bench, bench_count, bench_efi, bench_images, bench_report, bench_vmms
from tests.boot import documents
from tests.images.fat import Fat, Volume

TRACE = """memory_region_ops_read cpu 0 mr 0x1 addr 0x60 value 0x0 size 1 name 'keyboard'
mark
memory_region_ops_write cpu 0 mr 0x2 addr 0x3f8 value 0x41 size 1 name 'serial'
memory_region_ops_write cpu 0 mr 0x2 addr 0x3f8 value 0x41 size 1 name 'serial'
memory_region_ops_read cpu 0 mr 0x2 addr 0x3fd value 0x60 size 1 name 'serial'
memory_region_ops_read cpu 0 mr 0x2 addr 0x3fd value 0x60 size 1 name 'serial'
memory_region_ops_read cpu 0 mr 0x2 addr 0x3fd value 0x20 size 1 name 'serial'
memory_region_ops_read cpu 0 mr 0x3 addr 0x608 value 0x17 size 4 name 'acpi-tmr'
virtio_blk_handle_read vdev 0x5 req 0x6 sector 34 nsectors 8
memory_region_ops_write cpu 0 mr 0x4 addr 0xf4 value 0x20 size 1 name 'isa-debug-exit'
"""


class Names:
    def function(self, address):
        return {0x10: "work", 0x20: "virtqueue_idle"}[address]


def test_sections():
    sections = bench_count.sections_of(TRACE.splitlines(keepends=True))
    assert [section.accesses for section in sections] == [1, 6]
    assert [section.polls for section in sections] == [0, 2]  # a repeated status, and the clock
    assert [section.requests for section in sections] == [0, 1]
    assert sections[1].bytes_read == 8 * 512
    bench_count.add_counts(sections, ["total 100\n", "10 7\n", "20 1000\n", "total 1107\n"], Names())
    assert [section.total for section in sections] == [100, 1007]
    assert [section.instructions for section in sections] == [0, 7]
    assert sum(sections, bench_count.Section()).total == 1107


def test_accesses_of_others():
    lines = TRACE.splitlines(keepends=True)
    (section,) = bench_count.sections_of(["ours\n", lines[-3], "others\n", lines[-3], "ours\n", lines[-3]])
    assert section.accesses == 3 and section.by_others == {"acpi-tmr": 1}
    assert bench_efi.row(bench_efi.CASES[0], section)["accesses"] == 2


def test_a_console_is_not_counted():
    section = bench_count.Section()
    section.by_device.update({"serial": 9, "rtc": 2})
    assert bench_efi.row(bench_efi.CASES[0], section)["accesses"] == 2


def test_sections_that_do_not_match():
    sections = bench_count.sections_of(TRACE.splitlines(keepends=True))
    with pytest.raises(AssertionError):
        bench_count.add_counts(sections, ["total 100\n"], Names())


@pytest.mark.parametrize("last, linear", [(1100, True), (1600, True), (1700, False), (100_000, False)])
def test_linear(last, linear):
    rows = [{"size": size, "instructions": count} for size, count in ((0, 0), (10, 100), (110, last))]
    assert bench.is_linear(rows, "instructions") == linear


def test_budget_and_failures_are_counted(monkeypatch, capsys):
    section = bench_count.Section(total=9, by_function={"work": 9})
    section.by_function = bench_count.collections.Counter(work=9)
    boot = bench_count.Boot([bench_count.Section(), section], "64-bit", "")
    monkeypatch.setattr(bench, "image", lambda *_: pathlib.Path(__file__))
    monkeypatch.setattr(bench_count, "count", lambda *_, **__: boot)
    counted = bench.Bench(details=False)
    counted.run_cases([bench.Case("x", budget={"instructions": 8})])
    assert (counted.passed, counted.failed) == (0, 1)
    counted.run_cases([bench.Case("x", budget={"instructions": 9})])
    assert (counted.passed, counted.failed) == (1, 1)

    def lost(*_, **__):
        raise bench_count.NotReached("no kernel")
    monkeypatch.setattr(bench_count, "count", lost)
    counted.run_cases([bench.Case("x")])
    assert (counted.passed, counted.failed) == (1, 2)
    assert "9 instructions, more than 8" in (said := capsys.readouterr().out) and "no kernel" in said


def test_files_are_put_after_the_others(tmp_path):
    fat = Fat({"/linux/vmlinuz": b"kernel"}, bits=32, size=40 << 20, extra_entries={"/linux": 50})
    fat.write(tmp_path / "volume")
    with Volume(tmp_path / "volume") as volume:
        before = volume.find("/linux/vmlinuz")
        bench_images.put_last(volume, "/linux", 50)
        after = volume.find("/linux/vmlinuz")
        first, last = volume.find("/linux/N0000000.TXT"), volume.find("/linux/N0000049.TXT")
        slots = volume.slots(volume.first_cluster(volume.find("/linux")))
        assert volume.read(volume.cluster_offset(volume.first_cluster(after)), 6) == b"kernel"
    assert slots.index(first) == 2 and slots.index(last) < slots.index(after)
    assert slots.index(before) < slots.index(last)


def row_of(table, number):
    return {key: "x" if index < table.left else number for index, key in enumerate(table.columns)}


def report():
    rows = {table.name: [row_of(table, number) for number in (0, 12, 3_456_789)]
            for table in bench_report.TABLES}
    for row in rows["growth"]:
        row["unit"] = "disks"
    for row in rows["peers"]:
        row["entry"] = "64-bit"
    return rows


def test_tables_in_a_document():
    text = f"a\n{bench_report.MARKS[0]}\nold\n{bench_report.MARKS[1]}\nb\n"
    once = bench_report.with_tables(text, report())
    assert once.startswith("a\n") and once.endswith("\nb\n") and "old" not in once
    assert "| x | 12 |" in once and "3,456,789" in once
    assert bench_report.with_tables(once, report()) == once


def test_the_document_has_the_tables():
    text = (ROOT / "docs" / "figures.md").read_text()
    inside = text.split(bench_report.MARKS[0])[1].split(bench_report.MARKS[1])[0]
    for table in bench_report.TABLES:
        head = "\n".join(table.markdown_head())
        assert head in inside, f"make bench BENCH='--markdown docs/figures.md': {table.title}"
    rows = [line.split(" | ")[0].removeprefix("| ") for line in inside.splitlines()]
    for case in [*bench.CASES, *bench_efi.CASES]:
        assert case.name in rows
    for name, _ in bench.PEERS:
        assert name in rows
    for unit, _, _, sizes in bench.GROWTH:
        assert rows.count(unit) == len(sizes)


def test_the_document_has_the_table_of_vmms():
    begin, end = bench_vmms.MARKS
    inside = (ROOT / "docs" / "figures.md").read_text().split(begin)[1].split(end)[0]
    assert "\n".join(bench_vmms.TABLE.markdown_head()) in inside
    rows = [line.strip("| ").split(" | ")[:2] for line in inside.splitlines() if line.startswith("| ")]
    ways = (bench_vmms.OWN, bench_vmms.LOADER, bench_vmms.DIRECT)
    wanted = [[vmm.name, how] for vmm in bench_vmms.VMMS for how in ways]
    first = bench_vmms.VMMS[0].name
    wanted[2:3] = [[first, how] for how in (bench_vmms.SMALL, bench_vmms.DIRECT, bench_vmms.EDK2)]
    assert rows[2:] == wanted


def test_vmms_are_started_as_the_documents_say():
    for vmm in bench_vmms.VMMS:
        words = bench_vmms.command(vmm, is_direct=False).split()
        described = documents.blocks(vmm.program, "test")[vmm.block].replace("\\\n", " ").split()
        changed = [word for word in words if word not in described]
        assert len(words) == len(described) and len(changed) == len(vmm.one_cpu)
        direct = bench_vmms.command(vmm, is_direct=True)
        assert "fatwood" not in direct and "disk.raw" not in direct
    own, direct = map(json.loads, bench_vmms.firecracker_machines())
    assert own["machine-config"] == direct["machine-config"] and own["drives"] and not direct["drives"]
    assert "fatwood" not in json.dumps(direct)


def test_pictures():
    drawn = bench_report.pictures(report())
    assert drawn == bench_report.pictures(report()) and list(drawn) == ["peers", "cases", "growth"]
    for picture in drawn.values():
        root = xml.etree.ElementTree.fromstring(picture)
        bars = [bar for bar in root.iter("{http://www.w3.org/2000/svg}rect") if "rect" in bar.get("class").split()]
        widths = [float(bar.get("width", 0)) for bar in bars]
        # Of three rows; the one of zeroes has no bars.
        assert len([width for width in widths if width > 0]) == 2 * len(bench_report.BARS)
        assert all(math.isfinite(width) and width < 900 for width in widths)
        assert b"3,456,789" in picture and b".js" not in picture


def test_the_kernel_tells_where_it_was_entered():
    data = bench_images.kernel()
    assert data[:2] == b"MZ" and data[0x202:0x206] == b"HdrS"
    for offset in (0x26C, 0x400, 0x600, 0x700, 0x780):
        assert data[offset] == 0xB0 and data[offset + 1] in bench_images.ENTRIES
    assert len({data[offset + 1] for offset in (0x26C, 0x400, 0x600, 0x700, 0x780)}) == 5

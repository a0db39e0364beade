# SPDX-License-Identifier: Apache-2.0
"""The tables of `make bench`: on the terminal, in Markdown, as JSON and as charts (SVG)."""

import dataclasses
import json

import pygal
from pygal.style import Style

MARKS = ("<!-- tables of make bench: begin -->", "<!-- tables of make bench: end -->")


def text_of(value):
    if value is None:
        return "–"
    return f"{round(value):,}" if isinstance(value, (int, float)) else value


@dataclasses.dataclass
class Table:
    """name: the key of its rows in the report. columns: {key of a row: title}; the first are left-aligned."""

    name: str
    title: str
    columns: dict
    left: int = 1

    def cells(self, row):
        return [text_of(row[key]) for key in self.columns]

    def line(self, row):
        return self.aligned(self.cells(row))

    def head(self):
        return self.aligned(self.columns.values())

    def aligned(self, cells):
        return "".join(f"{cell:24}" if index < self.left else f"{cell:>15}"
                       for index, cell in enumerate(cells))

    def markdown_head(self):
        marks = ["---" if index < self.left else "---:" for index in range(len(self.columns))]
        return [f"**{self.title}**", "", self.markdown_line(self.columns.values()),
                self.markdown_line(marks)]

    def markdown_line(self, cells):
        return "| " + " | ".join(cells) + " |"

    def markdown(self, report):
        return [*self.markdown_head(),
                *(self.markdown_line(self.cells(row)) for row in report[self.name]), ""]


COUNTS = {"instructions": "instructions", "with_waiting": "with waiting", "accesses": "accesses",
          "requests": "requests"}

CASES = Table("cases", "From our entry to the kernel's",
              {"case": "build", **COUNTS, "image_bytes": "image bytes"})
EFI = Table("efi", "Boots through UEFI, from our entry to the end of ExitBootServices",
            {"case": "what boots", "instructions": "instructions", "accesses": "accesses",
             "by_others": "of the loader", "requests": "requests", "ovmf": "OVMF"})
PHASES = Table("phases", "The first of these by phases: what it took up to each",
               {"phase": "phase", **COUNTS})
GROWTH = Table("growth", "Growth, one thing at a time",
               {"unit": "of what", "size": "number", **COUNTS, "per_unit": "for each more"})
PEERS = Table("peers", "From reset to the kernel's entry, the same kernel and initrd",
              {"peer": "firmware", "instructions": "instructions", "accesses": "accesses",
               "polls": "polls", "requests": "requests", "bytes_read": "bytes read",
               "entry": "kernel's entry"})
MEMORY = Table("memory", "RAM that Linux has, of 512 MiB",
               {"boot": "what boots", "ram_kib": "KiB", "lost_kib": "KiB lost"})
TABLES = (CASES, EFI, PHASES, GROWTH, PEERS, MEMORY)

STYLE = Style(background="white", plot_background="white", font_family="sans-serif", value_font_size=11)
BARS = ("instructions", "accesses", "requests")


def pictures(report):
    """{name of a table: its chart as SVG}"""
    labels = ((PEERS, lambda row: row["peer"]), (CASES, lambda row: row["case"]),
              (GROWTH, lambda row: f"{row['size']:,} {row['unit']}"))
    return {table.name: chart(table.title, report[table.name], label)
            for table, label in labels if report[table.name]}


def chart(title, rows, label):
    bars = pygal.HorizontalBar(title=title, x_title="count, on a logarithmic scale", logarithmic=True, zero=1,
                               print_values=True, value_formatter="{:,}".format, legend_at_bottom=True,
                               width=900, height=150 + 60 * len(rows), style=STYLE,
                               js=(), no_prefix=True)  # nothing from the network, and the same bytes each time
    rows = rows[::-1]  # the first row is at the top
    bars.x_labels = [label(row) for row in rows]
    for key in BARS:
        bars.add(key, [row[key] for row in rows])
    return bars.render()


def with_tables(text, report, marks=MARKS, tables=TABLES):
    """The Markdown text with the tables between its marks."""
    begin, end = marks
    before, rest = text.split(begin)
    _, after = rest.split(end)
    lines = "\n".join(line for table in tables for line in table.markdown(report))
    return f"{before}{begin}\n\n{lines}\n{end}{after}"


def write(report, folder, document=None):
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "bench.json").write_text(json.dumps(report, indent=1) + "\n")
    for name, picture in pictures(report).items():
        (folder / f"{name}.svg").write_bytes(picture)
    if document:
        document.write_text(with_tables(document.read_text(), report))

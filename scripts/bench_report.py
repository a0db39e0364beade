# SPDX-License-Identifier: Apache-2.0
"""The tables of `make bench`: on the terminal, in Markdown, as JSON and as a picture (SVG)."""

import dataclasses
import html
import json
import math

MARKS = ("<!-- tables of make bench: begin -->", "<!-- tables of make bench: end -->")


def text_of(value):
    if value is None:
        return "–"
    return f"{round(value):,}" if isinstance(value, (int, float)) else value


@dataclasses.dataclass
class Table:
    """name: of its rows in the report. columns: {key of a row: title}; the first are left-aligned."""

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

WIDTH, LABEL_WIDTH, BAR_WIDTH, BAR_HEIGHT = 900, 200, 520, 18
COLORS = {"instructions": "#3b6ea5", "accesses": "#c7772b", "requests": "#5b8c5a"}


class Chart:
    """Horizontal bars, group by group, on one logarithmic scale."""

    def __init__(self, title, axes, groups, top):
        """axes: what the groups are, and what the numbers. groups: [(label, [(key of COLORS, number)])]"""
        self.lines = [f'<text x="10" y="{top + 20}" font-size="16">{html.escape(title)}</text>']
        decades = math.ceil(math.log10(max(number for _, bars in groups for _, number in bars) + 1))
        y = start = top + 34
        bars_svg = []
        for label, bars in groups:
            middle = y + len(bars) * BAR_HEIGHT / 2 + 4
            bars_svg.append(f'<text x="{LABEL_WIDTH - 8}" y="{middle}" text-anchor="end">'
                            f"{html.escape(label)}</text>")
            for key, number in bars:
                width = BAR_WIDTH * math.log10(number) / decades if number else 0
                bars_svg.append(f'<rect x="{LABEL_WIDTH}" y="{y + 1}" width="{max(width, 1):.1f}" '
                                f'height="{BAR_HEIGHT - 2}" fill="{COLORS[key]}"/>')
                bars_svg.append(f'<text x="{LABEL_WIDTH + width + 6:.1f}" y="{y + 14}">'
                                f"{number:,} {key}</text>")
                y += BAR_HEIGHT
            y += 8
        for decade in range(0, decades + 1):
            x = LABEL_WIDTH + BAR_WIDTH * decade / decades
            self.lines.append(f'<line x1="{x:.1f}" y1="{start - 4}" x2="{x:.1f}" y2="{y}" '
                              'stroke="#dddddd"/>')
            self.lines.append(f'<text x="{x:.1f}" y="{y + 16}" text-anchor="middle" fill="#555555">'
                              f"{10 ** (decade % 3)}{' kMG'[decade // 3]}</text>")
        self.lines += [*bars_svg, f'<text x="{LABEL_WIDTH + BAR_WIDTH / 2}" y="{y + 36}" '
                       f'text-anchor="middle" fill="#555555">{html.escape(axes[1])}</text>',
                       f'<text transform="translate(16 {(start + y) / 2}) rotate(-90)" '
                       f'text-anchor="middle" fill="#555555">{html.escape(axes[0])}</text>']
        self.bottom = y + 50


def groups_of(rows, label):
    return [(label(row), [(key, row[key]) for key in COLORS]) for row in rows]


def svg(report):
    bottom, lines = 0, []
    for title, groups_are, groups in (
            (PEERS.title + " (accesses without polls)", "firmware and boot loader",
             groups_of(report["peers"], lambda row: row["peer"])),
            (CASES.title, "build", groups_of(report["cases"], lambda row: row["case"])),
            (GROWTH.title, "what is on the disk or machine",
             groups_of(report["growth"], lambda row: f"{row['size']:,} {row['unit']}"))):
        if groups:
            chart = Chart(title, (groups_are, "count, on a logarithmic scale"), groups, bottom)
            bottom = chart.bottom
            lines += chart.lines
    return "\n".join([f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{bottom}" '
                      'font-family="sans-serif" font-size="12">',
                      f'<rect width="{WIDTH}" height="{bottom}" fill="#ffffff"/>', *lines,
                      "</svg>"]) + "\n"


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
    (folder / "bench.svg").write_text(svg(report))
    if document:
        document.write_text(with_tables(document.read_text(), report))

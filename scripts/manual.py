#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes the manual page fatwood(7) from docs/command-line.md and the table in docs/vmm/README.md.

It is printed to standard output. Only the Markdown that those pages use is supported: paragraphs, tables, links,
code.
"""
import pathlib
import re

ROOT = pathlib.Path(__file__).resolve().parents[1]


def table(text):
    """The rows of the first table, without its head, as lists of cells."""
    lines = re.search(r"^(?:\|.*\n)+", text, re.MULTILINE)[0].splitlines()
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]


def paragraphs(text):
    """All text other than titles, tables and comments."""
    for part in re.split(r"\n\s*\n", text):
        if part.strip() and part[0] not in "#|<":
            yield " ".join(part.split())


def roff(text):
    """One line of roff: links become their text, code becomes bold, hyphens in code become minus signs."""
    text = re.sub(r"\s*\(\[[^\]]*\]\([^)]*\)\)", "", text)
    text = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", text)
    text = text.replace("\\", "\\e")
    text = re.sub(r"`([^`]*)`", lambda code: f"\\fB{code[1]}\\fR".replace("-", "\\-"), text)
    return "\\&" + text if text[0] in ".'" else text


def entry(head, text):
    return f".TP\n{roff(head)}\n{roff(text)}\n"


def page():
    version = (ROOT / "VERSION").read_text().strip()
    command_line = (ROOT / "docs/command-line.md").read_text()
    first, *others = paragraphs(command_line)
    page_text = f'.TH FATWOOD 7 "" "Fatwood {version}"\n.nh\n'
    page_text += ".SH NAME\nfatwood \\- firmware for virtual machines, and its command-line options\n"
    page_text += f".SH DESCRIPTION\n{roff(first)}\n.SH OPTIONS\n"
    for word, symbol, meaning in table(command_line):
        page_text += entry(word, f"{meaning}. Needs `CONFIG_{symbol[1:]}.")
    page_text += ".SH RULES\n" + ".PP\n".join(roff(text) + "\n" for text in others)
    page_text += ".SH FILES\n"
    for vmm, image, how in table((ROOT / "docs/vmm/README.md").read_text()):
        page_text += entry(f"`share/fatwood/{image[1:]}", f"{vmm}: {how}")
    return page_text + ".SH SEE ALSO\n.BR qemu (1),\n.BR kernel\\-command\\-line (7)\n"


if __name__ == "__main__":
    print(page(), end="")

# SPDX-License-Identifier: Apache-2.0
"""Reads the text of a screen from its pixels, using the glyphs of drivers/display/font.c."""

import pathlib
import re
import time

from tests.boot.vmm import WAIT_SECONDS
from tests.images import kernels

COLUMNS, ROWS, WIDTH, HEIGHT = 80, 25, 8, 16


def glyphs():
    """{the 16 bytes of a glyph: its character}"""
    source = (kernels.ROOT / "drivers" / "display" / "font.c").read_text()
    ranges = [[int(number, 0) for number in found]
              for found in re.findall(r"{ (0x\w{4}), (0x\w{4}), (\d+) }", source)]
    rows = re.findall(r"{ 0x(\w{16}), 0x(\w{16}) }", source)
    shapes = [bytes.fromhex(top + bottom) for top, bottom in rows]
    return {shapes[index + code - first]: chr(code) for first, last, index in reversed(ranges)
            for code in range(last, first - 1, -1)}


def picture(path):
    """(width, height, the bytes R, G, B of each pixel) of a PPM file written by QEMU."""
    magic, size, _, pixels = pathlib.Path(path).read_bytes().split(b"\n", 3)
    assert magic == b"P6"
    width, height = map(int, size.split())
    assert len(pixels) == 3 * width * height
    return width, height, pixels


def text(path):
    """The lines of the page without trailing blanks; a cell that is not a glyph is '?'. A cell is as large as
    fits, and its background is the colour of its upper left corner."""
    width, height, pixels = picture(path)
    scale = min(width // (COLUMNS * WIDTH), height // (ROWS * HEIGHT))
    left, top = (width - COLUMNS * WIDTH * scale) // 2, (height - ROWS * HEIGHT * scale) // 2
    known, lines = glyphs(), []

    def pixel(x, y):
        at = 3 * ((top + y * scale) * width + left + x * scale)
        return pixels[at:at + 3]

    for row in range(ROWS):
        line = ""
        for column in range(COLUMNS):
            x, y = column * WIDTH, row * HEIGHT
            paper = pixel(x, y)
            shape = bytes(sum((pixel(x + i, y + j) != paper) << (7 - i) for i in range(WIDTH)) for j in range(HEIGHT))
            line += known.get(shape, "?")
        lines.append(line.rstrip())
    return lines


def shown(vmm, line, seconds=WAIT_SECONDS):
    """Waits until a line of the page starts with that text; returns all lines."""
    deadline = time.monotonic() + seconds
    file = f"{vmm.folder.name}/screen.ppm"
    while True:
        vmm.qmp("screendump", filename=file)
        lines = text(file)
        if any(one.startswith(line) for one in lines):
            return lines
        if time.monotonic() > deadline:
            vmm.fail("on the screen:\n" + "\n".join(lines))
        time.sleep(0.5)

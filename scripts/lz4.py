#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Compresses the image in the ROM, without depending on a package: lz4.py FROM TO

The format is an LZ4 block (https://github.com/lz4/lz4/blob/dev/doc/lz4_Block_format.md), which arch/x86_64/reset.S
decompresses. Its last bytes need not be literals, as nothing copies more than it should.
"""
import sys

MATCH_MIN = 4
OFFSET_MAX = 0xffff
CANDIDATES = 32


def length(value):
    """What follows a length of 15 in the token."""
    return b"\xff" * (value // 255) + bytes((value % 255,))


def sequence(literals, match=None):
    """match: (offset, size), or None in the last sequence."""
    size = match[1] - MATCH_MIN if match else 0
    out = bytes((min(len(literals), 15) << 4 | min(size, 15),))
    if len(literals) >= 15:
        out += length(len(literals) - 15)
    out += literals
    if match:
        out += match[0].to_bytes(2, "little")
        if size >= 15:
            out += length(size - 15)
    return out


def equal(data, a, b):
    """How many bytes are the same from both places on; a < b."""
    size = 0
    while b + size + 32 <= len(data) and data[a + size:a + size + 32] == data[b + size:b + size + 32]:
        size += 32
    while b + size < len(data) and data[a + size] == data[b + size]:
        size += 1
    return size


def longest(data, at, places):
    """(offset, size) of the longest match; the nearest one of several."""
    best = (0, 0)
    for place in reversed(places[-CANDIDATES:]):
        if at - place > OFFSET_MAX:
            break
        size = equal(data, place, at)
        if size > best[1]:
            best = (at - place, size)
    return best


def compress(data):
    out = bytearray()
    places = {}
    at = start = 0
    while at < len(data):
        key = data[at:at + MATCH_MIN]
        offset, size = longest(data, at, places.get(key, []))
        if size < MATCH_MIN:
            size = 1
        else:
            out += sequence(data[start:at], (offset, size))
            start = at + size
        for place in range(at, min(at + size, len(data) - MATCH_MIN + 1)):
            places.setdefault(data[place:place + MATCH_MIN], []).append(place)
        at += size
    return bytes(out + sequence(data[start:]))


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    with open(sys.argv[1], "rb") as file:
        data = file.read()
    with open(sys.argv[2], "wb") as file:
        file.write(compress(data))


if __name__ == "__main__":
    main()

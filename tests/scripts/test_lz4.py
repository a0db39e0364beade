# SPDX-License-Identifier: Apache-2.0
"""scripts/lz4.py, against a decompressor written from the description of the format."""

import random
import subprocess

import pytest

from scripts import lz4


def decompress(data):
    out, at = bytearray(), 0

    def length(value):
        nonlocal at
        while value >= 15:
            value += data[at]
            at += 1
            if data[at - 1] != 255:
                break
        return value

    while True:
        token = data[at]
        at += 1
        count = length(token >> 4)
        out += data[at:at + count]
        at += count
        if at == len(data):
            return bytes(out)
        offset = int.from_bytes(data[at:at + 2], "little")
        at += 2
        assert 0 < offset <= len(out)
        for _ in range(length(token & 15) + 4):
            out.append(out[-offset])


@pytest.mark.parametrize("data", [
    b"", b"a", b"abc", b"abcd" * 2, b"abcdabc", bytes(100_000), b"ab" * 1000 + b"c",
    *(bytes(size) for size in (18, 19, 20, 273, 274, 275, 529)),
    *(bytes(random.Random(1).randbytes(size)) for size in (14, 15, 16, 269, 270, 271, 70_000)),
    b"".join(bytes((i, i >> 3, 7)) * (i % 9) for i in range(256)) * 3,
    random.Random(2).randbytes(100) + bytes(65_435) + random.Random(2).randbytes(100),
    random.Random(2).randbytes(100) + bytes(65_436) + random.Random(2).randbytes(100),
], ids=len)
def test_it_comes_back(data):
    assert decompress(lz4.compress(data)) == data


def test_it_becomes_smaller():
    assert len(lz4.compress(bytes(1 << 16))) < 300
    text = b"".join(f"line {i} of a text\n".encode() for i in range(1000))
    assert len(lz4.compress(text)) < len(text) / 2


def test_arguments(tmp_path):
    (tmp_path / "from").write_bytes(b"abcd" * 9)
    subprocess.run(["scripts/lz4.py", tmp_path / "from", tmp_path / "to"], check=True)
    assert decompress((tmp_path / "to").read_bytes()) == b"abcd" * 9
    assert subprocess.run(["scripts/lz4.py"], capture_output=True, check=False).returncode == 1

# SPDX-License-Identifier: Apache-2.0
"""The template of a flash for UEFI variables is the empty one of OVMF, which is installed for other tests."""
import pathlib
import sys

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "scripts"))
import flash_store

OVMF = pathlib.Path("/usr/share/OVMF/OVMF_VARS_4M.fd")


@pytest.mark.skipif(not OVMF.exists(), reason="ovmf is not installed")
def test_the_template_is_that_of_ovmf():
    assert flash_store.empty_store() == OVMF.read_bytes()


def test_the_template_is_a_store_of_the_whole_flash():
    image = flash_store.empty_store()
    assert len(image) == 528 * 1024 and image.count(0xff) > len(image) - 132

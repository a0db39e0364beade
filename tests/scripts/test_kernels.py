# SPDX-License-Identifier: Apache-2.0
"""tests/images/kernels.py: downloads over a network that fails temporarily or permanently."""
import pathlib
import sys

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from tests.images import kernels


class Network:
    """Replaces apt: the first calls fail, then each package is a file with its name."""

    def __init__(self, failures):
        self.failures = failures
        self.asked = 0

    def update(self):
        self.asked += 1
        if self.failures:
            self.failures -= 1
            raise kernels.Unavailable("no route to the mirror")

    def unpack(self, package, folder):
        (folder / package).touch()


@pytest.fixture
def network(tmp_path, monkeypatch):
    """network(failures)"""
    pauses = []
    monkeypatch.setattr(kernels, "CACHE", tmp_path)
    monkeypatch.setattr(kernels, "problems", {})
    monkeypatch.setattr(kernels.time, "sleep", pauses.append)

    def make(failures):
        made = Network(failures)
        made.pauses = pauses
        monkeypatch.setattr(kernels, "AptRoot", lambda *_: made)
        return made
    return make


def package(name):
    return kernels.unpacked_package("Debian", "bookworm", "main", name)


def test_a_download_that_fails_is_tried_again(network):
    made = network(failures=2)
    assert (package("busybox") / "busybox").exists()
    assert made.asked == 3 and made.pauses == list(kernels.RETRY_PAUSES_S)
    package("busybox")
    assert made.asked == 3, "it was there already"


def test_a_network_that_stays_down_is_waited_for_once(network):
    made = network(failures=100)
    for name in ("busybox", "ovmf"):
        with pytest.raises(kernels.Unavailable, match="no route to the mirror"):
            package(name)
    assert made.asked == 1 + len(kernels.RETRY_PAUSES_S)
    assert not list(kernels.CACHE.glob("packages/*")), "something half done is left"


def test_tools_run_with_english_messages(monkeypatch):
    monkeypatch.setenv("LANGUAGE", "de")
    monkeypatch.setenv("LC_ALL", "C.UTF-8")
    with pytest.raises(RuntimeError, match="No such file or directory"):
        kernels.run(["ls", "no such file"])

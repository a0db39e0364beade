# SPDX-License-Identifier: Apache-2.0
"""Screens: text on the screen, and the framebuffer in Linux."""

import pytest

from tests.boot import screen
from tests.boot.efi import on

# The monitor's preferred mode, or the default mode without a monitor.
MODES = {"VGA": "1280x800", "bochs-display": "1280x800", "ramfb": "1024x768"}


@pytest.mark.parametrize("device", MODES)
@on("q35", ovmf=False)
def test_text_on_the_screen(place, efi_image, device):
    """The Shell shows its prompt on the screen as well as on the serial port."""
    with place.boot(efi_image("shell-prompt"), extra=["-device", device]) as vmm:
        vmm.expect("Shell> ")
        lines = screen.shown(vmm, "Shell>")
        assert any(line.startswith("UEFI Interactive Shell") for line in lines), lines


@pytest.mark.parametrize("device", MODES)
@on("q35", ovmf=False)
def test_linux_gets_the_screen(place, efi_image, device):
    with place.boot(efi_image("bls-trixie"), extra=["-device", device]) as vmm:
        log = vmm.guest()["efi_log"]
        assert any(f"efifb: mode is {MODES[device]}x32" in line for line in log), log
        assert any("EFI VGA frame buffer device" in line for line in log), log

# SPDX-License-Identifier: Apache-2.0
"""The UEFI Shell of Debian 13 runs a script: the cheapest test of the services that interactive programs need."""

import re

import pytest

from tests.boot.efi import on
from tests.boot.vmm import without_escapes
from tests.images.efi import SHELL_STEPS


def steps(log):
    """[(status, text)] of the script's steps."""
    plain = without_escapes(log)
    found = re.findall(r"^STEP (\d+)$(.*?)^DONE \1 (\S+)$", plain, re.MULTILINE | re.DOTALL)
    return [(status, text.strip()) for _, text, status in found]


def run_script(place, disk):
    with place.boot(disk) as vmm:
        vmm.expect("SHELL-START")
        vmm.expect("SHELL-END")
        vmm.wait_for_end()
        done = steps(vmm.log)
    assert len(done) == len(SHELL_STEPS)
    # With -guid this Shell's dmpstore ends with NOT_READY even where it finds the variable.
    failed = {step: status for step, (status, _) in zip(SHELL_STEPS, done)
              if status != "0x0" and not step.startswith("dmpstore -guid")}
    # If `load` has already connected the only driver, there is nothing left to connect: DEVICE_ERROR.
    if failed.get("connect -r") == "0x7":
        del failed["connect -r"]
    assert not failed
    said = {step: text for step, (_, text) in zip(SHELL_STEPS, done)}
    assert "FS0:" in said["map -r"] and "BLK0:" in said["map -r"]
    assert "HD(1,GPT," in said["map -r"]
    assert "LoadedImage" in said["dh -v"] and "SimpleFileSystem" in said["dh -v"]
    assert "BlockIO" in said["dh -p BlockIo"]
    assert re.search(r"Total Memory: *\d+", said["memmap"])
    assert "SecureBoot" in said["dmpstore"]
    assert "UEFI v2." in said["ver"]
    assert re.search(r"\d\d:\d\d:\d\d", said["time"]) and re.search(r"\d\d/\d\d/\d{4}", said["date"])
    assert "copy.nsh" in said["ls made"]
    assert "34 12" in said["dmpstore -guid 0fa7300d-7465-7374-8000-0242ac120002 fatwood"]
    assert "FATWOOD" in said["vol"]
    assert "EFI-DRIVER: loaded as type 3" in said["load driver.efi"]
    assert "EFI-DRIVER: started, SUCCESS" in said["load driver.efi"] + said["connect -r"]


@on("q35", "microvm")
def test_script(place, efi_image):
    run_script(place, efi_image("shell"))


@pytest.mark.parametrize("word, event", [("reset -s", "SHUTDOWN"), ("reset", "RESET")])
@on("q35", "microvm")
def test_reset(place, efi_image, word, event):
    with place.boot(efi_image("shell-prompt"), reboot=True) as vmm:
        vmm.expect("Shell> ")
        vmm.send(f"{word}\r")
        assert vmm.event(event)["reason"] in ("guest-shutdown", "guest-reset")

# SPDX-License-Identifier: Apache-2.0
"""systemd's random seed on the EFI system partition: renewed before the kernel gets what is derived from it."""

from tests.boot.efi import on_suites
from tests.images import efi, efi_variables
from tests.images.disk import esp_disk
from tests.images.fat import Volume

PATH = "/loader/random-seed"
SEED = bytes(range(100, 132))


def stored_seed(disk):
    with Volume(disk, efi.FIRST_PARTITION) as volume:
        return volume.read(volume.cluster_offset(volume.first_cluster(volume.find(PATH))), len(SEED))


def linux_seed_line(report):
    """Linux lists the configuration tables that it found; RNG is that of the seed."""
    (line,) = [line for line in report["efi_log"] if "ACPI 2.0=" in line or "ACPI=" in line]
    return "RNG=" in line


@on_suites("q35", "microvm", ovmf=False, in_check=("microvm-trixie",))
def test_seed_reaches_linux(place, tmp_path, suite):
    """Without RDRAND and virtio-rng, the only random numbers are those in the file and in the token, a variable that
    must not be on the same disk. If the disk cannot be written, its seed is not used."""
    disk, store = tmp_path / "disk.raw", tmp_path / "store.raw"
    efi.bls_disk(disk, "seed", suite, {PATH: SEED})
    token = efi_variables.store({"LoaderSystemToken": bytes(32)}, efi_variables.LOADER)
    esp_disk(store, {efi_variables.FILE: token})
    seeds = [SEED]
    for _ in range(2):
        with place.boot(place.disk(disk, kept=True), store) as vmm:
            report = vmm.guest()
            assert "from=seed" in report.words
            assert linux_seed_line(report)
            assert any("random: crng init done" in line for line in report["efi_log"])
            vmm.wait_for_end()
        seeds.append(stored_seed(disk))
        assert len(set(seeds)) == len(seeds)
    with place.boot(place.disk(disk, kept=True)) as vmm:
        assert not linux_seed_line(vmm.guest())
    assert stored_seed(disk) == seeds[-1]

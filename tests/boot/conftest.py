# SPDX-License-Identifier: Apache-2.0
"""Shared by the boot tests: firmware builds, images, and the report of a failed test."""

import dataclasses
import functools
import os
import pathlib
import subprocess
import sys

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from scripts import firmware as firmware_build  # noqa: E402
from scripts import lab as lab_module  # noqa: E402
from tests.boot import documents  # noqa: E402
from tests.boot import efi as efi_boot  # noqa: E402
from tests.boot import lab_vmms  # noqa: E402
from tests.boot import libvirt_session  # noqa: E402
from tests.boot import vmm as vmm_module  # noqa: E402
from tests.images import efi, initrd, kernels, packages, stub  # noqa: E402
from tests.images.disk import bls_files, esp_disk  # noqa: E402
from tests.images.fat import MIB, Fat  # noqa: E402

sys.modules.setdefault("vmm", vmm_module)  # `import vmm` and `tests.boot.vmm` are one module


@functools.cache
def build(name, *symbols):
    """scripts/firmware.py's build, at most once in a session."""
    try:
        return firmware_build.build(name, *symbols)
    except firmware_build.BuildError as error:
        return pytest.fail(str(error), pytrace=False)


def pytest_addoption(parser):
    parser.addoption("--defconfig", help="skip what boots another one: CI has a job for each")
    parser.addoption("--extended", action="store_true", help="run the tests that make check has no time for")
    parser.addoption("--ovmf", action="store_true", help="run the UEFI tests under OVMF too, to check them")


LARGE_GUEST_MIB = 5120


@pytest.hookimpl(tryfirst=True)  # before pytest-xdist reads the groups
def pytest_collection_modifyitems(config, items):
    for item in items:
        # Only one lab at a time, and one guest that may need all the memory of a small machine.
        parameters = getattr(item, "callspec", None) and item.callspec.params
        if item.get_closest_marker("kvm"):
            item.add_marker(pytest.mark.xdist_group("lab"))
        elif parameters and is_large(parameters.values()):
            item.add_marker(pytest.mark.xdist_group("large"))
    left_out = [item for item in items for marker in ("ovmf", "extended")
                if item.get_closest_marker(marker) and not config.getoption(f"--{marker}")]
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if item not in left_out]


def is_large(values):
    """Whether a row of parameters requires that much memory."""
    return any(is_large(value) if isinstance(value, tuple) else value == LARGE_GUEST_MIB for value in values)


@pytest.fixture(scope="session")
def firmware(request):
    """firmware("qemu") builds a defconfig and returns its image; further words set symbols."""
    only = request.config.getoption("--defconfig")

    def get(name, *symbols):
        if only and name != only:
            pytest.skip(f"{name}_defconfig is not the one asked for (--defconfig {only})")
        return build(name, *symbols)
    return get


@pytest.fixture(scope="session")
def images(tmp_path_factory):
    """images(name, make) calls make(path) once and returns the path. Images are shared by tests and by the processes
    of pytest-xdist."""
    folder = tmp_path_factory.getbasetemp()
    if os.environ.get("PYTEST_XDIST_WORKER"):
        folder = folder.parent
    folder /= "images"
    folder.mkdir(exist_ok=True)

    def image(name, make_image):
        path = folder / f"{name}.raw"
        with firmware_build.lock(folder / f"{name}.made"):
            if not path.exists():
                new = folder / f"{name}.new"
                new.unlink(missing_ok=True)
                make_image(new)
                new.rename(path)
        return path

    return image


@pytest.fixture(scope="session")
def stub_kernel():
    """The bytes of a small stub kernel, which is enough for most tests."""
    return stub.Stub().data()


@pytest.fixture
def disc(stub_kernel, tmp_path):
    """An ISO image with an El Torito image."""
    folder, path = tmp_path / "tree", tmp_path / "disc.iso"
    folder.mkdir()
    Fat(bls_files(stub_kernel, options="from=cd"), 16 * MIB, 16).write(folder / "efi.img")
    subprocess.run(["xorriso", "-as", "mkisofs", "-quiet", "-o", path, "-e", "efi.img", "-no-emul-boot", folder],
                   check=True)
    return path


@pytest.fixture
def place(request, firmware):
    """Where a UEFI test runs (tests/boot/efi.py), with its firmware built."""
    chosen = request.param
    if chosen.is_ovmf:
        return dataclasses.replace(chosen, firmware=packages.ovmf())
    image = firmware(chosen.build, *chosen.symbols)
    if not efi_boot.has_uefi(image):
        pytest.skip(f"{chosen.build}_defconfig has no UEFI")
    if chosen.is_rom:
        image = image.with_suffix(".rom")
    return dataclasses.replace(chosen, firmware=image)


@pytest.fixture(scope="session")
def efi_image(images):
    """efi_image(name) is the disk of that name (tests/images/efi.py)."""
    return lambda name: images(name, lambda path: efi.make(name, path))


@pytest.fixture(scope="session")
def linux():
    """linux(name) is (kernel image, guest initramfs) of a real distribution (kernels.KERNELS)."""

    @functools.cache
    def get(name):
        kernel = kernels.fetch(name)
        return kernel.image, initrd.guest_file(kernel)

    return get


@pytest.fixture(scope="session")
def stub_disk(images, stub_kernel):
    """The simplest disk that boots: GPT, FAT32, one entry with the stub kernel."""
    return images("stub", lambda path: esp_disk(path, bls_files(stub_kernel, options="from=stub")))


@pytest.fixture(scope="session")
def lab():
    """An environment where KVM works."""
    with lab_module.open_lab() as lab_in_use:
        yield lab_in_use


@pytest.fixture(scope="session")
def vmm(lab):
    """vmm(name) installs a VMM in the lab and returns its name."""
    brought = {"qemu"}

    def bring(name):
        if name not in brought:
            lab.put_program(lab_vmms.path_of(name))
            brought.add(name)
        return name

    return bring


@pytest.fixture
def start_vmm(lab, vmm, firmware):
    """start_vmm(machine, disk, ...) runs a VMM of lab_vmms.py to its end (documents.boot)."""

    def run(machine, disk, symbols=(), **options):
        vmm(machine.name)
        image = firmware(machine.build, *symbols)
        if machine in lab_vmms.ROMS:
            image = image.with_suffix(".rom")
        return documents.boot(lab, machine.name, machine.test, image, disk, **options)

    return run


@pytest.fixture
def libvirt():
    """This machine's libvirt, in a session of its own."""
    libvirt_session.skip_if_missing()
    with libvirt_session.opened() as session:
        yield session


@pytest.fixture
def debian_libvirt(request):
    """libvirt and QEMU of another Debian, whose name is the parameter."""
    if os.geteuid():
        pytest.skip("only root can change the root")
    with libvirt_session.opened(packages.libvirt(request.param)) as session:
        yield session


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_call(item):
    outcome = yield
    skip_what_is_unavailable(outcome)


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_setup(item):
    vmm_module.Vmm.started.clear()
    outcome = yield
    skip_what_is_unavailable(outcome)


def skip_what_is_unavailable(outcome):
    if outcome.excinfo and issubclass(outcome.excinfo[0], kernels.Unavailable):
        try:
            pytest.skip(str(outcome.excinfo[1]))
        except pytest.skip.Exception as skipped:
            outcome.force_exception(skipped)


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    outcome = yield
    report = outcome.get_result()
    if report.failed:
        for number, vm in enumerate(vmm_module.Vmm.started):
            report.sections.append((f"QEMU {number}", vm.shown()))

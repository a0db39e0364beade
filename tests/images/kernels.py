# SPDX-License-Identifier: Apache-2.0
"""Kernels of real distributions, downloaded without changing the system.

A private apt root under build/cache/apt has its own sources, lists and cache, so no package is installed and no root
permissions are needed: packages are downloaded, verified by apt with the archive's key, and unpacked with dpkg. The
mirrors are the ones that this machine already uses.
"""

import contextlib
import dataclasses
import fcntl
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
CACHE = ROOT / "build" / "cache"

KEYRINGS = {
    "Debian": "/usr/share/keyrings/debian-archive-keyring.gpg",
    "Ubuntu": "/usr/share/keyrings/ubuntu-archive-keyring.gpg",
}

# name: (origin, suite, components, packages; a metapackage leads to the versioned one)
KERNELS = {
    "debian12-cloud": ("Debian", "bookworm", "main", "linux-image-cloud-amd64"),
    "debian12": ("Debian", "bookworm", "main", "linux-image-amd64"),
    "debian13-cloud": ("Debian", "trixie", "main", "linux-image-cloud-amd64"),
    "ubuntu24.04": ("Ubuntu", "noble", "main", "linux-image-virtual"),
}

# Linux does not test its own cryptography, which says nothing about a firmware: a tenth of a small guest's processor
# time under TCG.
NO_CRYPTO_TESTS = "cryptomgr.notests"

# A network may fail temporarily, and a mirror may change between the download of its list and of a package.
RETRY_PAUSES_S = (5, 30)


class Unavailable(Exception):
    """Something that this machine cannot provide; the text says why."""


@dataclasses.dataclass(frozen=True)
class Kernel:
    """An unpacked kernel: its image, and the folder of its modules."""

    name: str
    release: str
    image: pathlib.Path
    modules: pathlib.Path


def progress(text):
    print(f"  {text}", file=sys.stderr, flush=True)


@contextlib.contextmanager
def lock(name):
    """Only one process makes it; others wait and then find the result."""
    CACHE.mkdir(parents=True, exist_ok=True)
    with open(CACHE / f"{name}.lock", "w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


@contextlib.contextmanager
def new_folder(target):
    """A temporary folder that becomes target in one step, or is removed on an error."""
    target.parent.mkdir(parents=True, exist_ok=True)
    folder = pathlib.Path(tempfile.mkdtemp(prefix=f".{target.name}.", dir=target.parent))
    try:
        folder.chmod(0o755)
        yield folder
        shutil.rmtree(target, ignore_errors=True)
        folder.rename(target)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def run(command, error=RuntimeError, **options):
    """Runs a tool with English messages; its output is shown only if it fails."""
    options.setdefault("stdout", subprocess.PIPE)
    options.setdefault("env", {**os.environ, "LC_ALL": "C"})
    result = subprocess.run(
        [str(word) for word in command], stderr=subprocess.STDOUT, text=True, **options
    )
    if result.returncode:
        raise error(f"{' '.join(map(str, command))}: {(result.stdout or '').strip()[-2000:]}")
    return result.stdout


def retried(download):
    """Returns the function's result; tries it several times if it raises Unavailable."""
    for pause in RETRY_PAUSES_S:
        try:
            return download()
        except Unavailable as problem:
            progress(f"{problem}: once more in {pause} s")
            time.sleep(pause)
    return download()


def mirror(origin):
    """The first mirror of that distribution among this machine's own apt sources."""
    for tool in ("apt-get", "apt-cache", "dpkg-deb"):
        if not shutil.which(tool):
            raise Unavailable(f"{tool} is not installed: no distribution packages here")
    lines = run(
        ["apt-get", "indextargets", "--format", "$(ORIGIN)|$(LABEL)|$(REPO_URI)",
         "Created-By: Packages"]
    ).splitlines()
    for line in lines:
        found_origin, label, uri = line.split("|", 2)
        if found_origin == origin and label == origin:
            return uri
    raise Unavailable(
        f"no {origin} mirror among this machine's apt sources"
        " (if there should be one: run apt-get update)"
    )


class AptRoot:
    """apt with everything that it reads and writes in a private folder."""

    def __init__(self, origin, suite, components):
        self.folder = CACHE / "apt" / suite
        self.uri = mirror(origin)
        self.keyring = KEYRINGS[origin]
        if not os.path.exists(self.keyring):
            raise Unavailable(f"{self.keyring} is missing: install the {origin.lower()} keyring")
        for part in ("etc/preferences.d", "lists/partial", "cache/archives/partial", "packages"):
            (self.folder / part).mkdir(parents=True, exist_ok=True)
        (self.folder / "status").touch()
        sources = self.folder / "sources.list"
        text = f"deb [arch=amd64 signed-by={self.keyring}] {self.uri} {suite} {components}\n"
        if not sources.exists() or sources.read_text() != text:
            sources.write_text(text)
        settings = {
            "Dir::Etc::sourcelist": sources,
            "Dir::Etc::sourceparts": "/dev/null",
            "Dir::Etc::preferencesparts": self.folder / "etc/preferences.d",
            "Dir::State": self.folder,
            "Dir::State::lists": self.folder / "lists",
            "Dir::State::status": self.folder / "status",
            "Dir::Cache": self.folder / "cache",
            "Dir::Log": self.folder,
            "APT::Architecture": "amd64",
            "APT::Architectures": "amd64",
            "APT::Sandbox::User": "",
            "Acquire::Languages": "none",
            "Acquire::Retries": "3",
            "APT::Update::Error-Mode": "any",
        }
        self.options = [word for key, value in settings.items() for word in ("-o", f"{key}={value}")]

    def run(self, tool, *words, **options):
        """Reports a failure as one line, without our many options."""
        try:
            return run([tool, *self.options, *words], Unavailable, **options)
        except Unavailable as problem:
            text = str(problem).replace(f"{' '.join(self.options)} ", "").replace("\n", " ")
            raise Unavailable(text) from None

    def update(self):
        progress(f"reading the package list of {self.folder.name}")
        self.run("apt-get", "-qq", "update")

    def dependencies(self, package):
        text = self.run("apt-cache", "depends", "--no-recommends", "--no-suggests", "--no-conflicts",
                        "--no-breaks", "--no-replaces", "--no-enhances", package)
        return [line.split()[-1] for line in text.splitlines() if "Depends:" in line]

    def unpack(self, package, folder):
        """Downloads the package and unpacks its files into the folder."""
        with tempfile.TemporaryDirectory(dir=self.folder / "packages") as downloads:
            progress(f"fetching {package}")
            self.run("apt-get", "-qq", "download", package, cwd=downloads)
            (archive,) = pathlib.Path(downloads).glob("*.deb")
            run(["dpkg-deb", "-x", archive, folder])

    def unpack_with_dependencies(self, packages, folder):
        """Unpacks the packages and all that they cannot do without, libc included."""
        plan = self.run("apt-get", "-s", "--no-install-recommends", "install", *packages)
        names = [line.split()[1] for line in plan.splitlines() if line.startswith("Inst ")]
        with tempfile.TemporaryDirectory(dir=self.folder / "packages") as downloads:
            progress(f"fetching {' '.join(packages)}: {len(names)} in all")
            self.run("apt-get", "-qq", "download", *names, cwd=downloads)
            for archive in sorted(pathlib.Path(downloads).glob("*.deb")):
                run(["dpkg-deb", "-x", archive, folder])


problems = {}  # suite: why it is unavailable, so that there is only one wait for it


def unpacked(folder, origin, suite, components, fill):
    """The folder, filled on first use by fill(apt, work), which unpacks packages into work."""
    with lock(f"apt-{suite}"):
        if folder.exists():
            return folder
        if suite in problems:
            raise problems[suite]
        apt = AptRoot(origin, suite, components)

        def download():
            apt.update()
            with new_folder(folder) as work:
                fill(apt, work)
        try:
            retried(download)
        except Unavailable as problem:
            problems[suite] = problem
            raise
    return folder


def versioned(apt, package):
    """The packages to which a kernel metapackage refers: the image, and the modules if they are separate."""
    images = [name for name in apt.dependencies(package) if name.startswith("linux-image-")]
    if not images:
        raise Unavailable(f"{package} names no kernel package")
    modules = [
        name for name in apt.dependencies(images[0])
        if name.startswith("linux-modules-") and "extra" not in name
    ]
    return [images[0], *modules]


def fetch(name):
    """The kernel of that name (see KERNELS), downloaded on first use."""
    origin, suite, components, package = KERNELS[name]

    def fill(apt, work):
        for part in versioned(apt, package):
            apt.unpack(part, work)
        (image,) = (work / "boot").glob("vmlinuz-*")
        release = image.name.removeprefix("vmlinuz-")
        libraries = work / ("usr/lib" if (work / "usr/lib/modules").exists() else "lib")
        facts = {
            "release": release,
            "image": str(image.relative_to(work)),
            "modules": str((libraries / "modules" / release).relative_to(work)),
        }
        (work / "kernel.json").write_text(json.dumps(facts))

    folder = unpacked(CACHE / "kernels" / name, origin, suite, components, fill)
    facts = json.loads((folder / "kernel.json").read_text())
    return Kernel(name, facts["release"], folder / facts["image"], folder / facts["modules"])


def host_kernel():
    """The kernel that this machine's own distribution offers for virtual machines."""
    identity = dict(
        line.split("=", 1) for line in pathlib.Path("/etc/os-release").read_text().splitlines()
        if "=" in line
    )
    key = (identity.get("ID", "").strip('"'), identity.get("VERSION_ID", "").strip('"'))
    names = {("debian", "12"): "debian12-cloud", ("debian", "13"): "debian13-cloud",
             ("ubuntu", "24.04"): "ubuntu24.04"}
    if key not in names:
        raise Unavailable(
            f"no kernel package is known for {' '.join(key)}: pass DISK=image to boot your own"
        )
    return fetch(names[key])


def clock_options(machine):
    """Kernel options for QEMU's microvm without KVM: it has no clock with which Linux could measure the TSC, and
    Linux may then never come up, so the frequency is passed."""
    return tsc_option() if machine.startswith("microvm") else ""


def tsc_option():
    """The frequency of TCG's TSC, which is the host's: half of what Linux calls bogomips."""
    bogomips = re.search(r"^bogomips\s*: ([\d.]+)", pathlib.Path("/proc/cpuinfo").read_text(), re.MULTILINE)
    return f"tsc_early_khz={round(float(bogomips[1]) / 2) * 1000 if bogomips else 1_000_000}"


def unpacked_package(origin, suite, components, package):
    """The files of one package, unpacked below build/cache/packages."""
    return unpacked(CACHE / "packages" / f"{suite}-{package}", origin, suite, components,
                    lambda apt, work: apt.unpack(package, work))


if __name__ == "__main__":
    for wanted in sys.argv[1:] or ["debian12-cloud", "debian12", "debian13-cloud"]:
        print(fetch(wanted))

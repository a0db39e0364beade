#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""`make dist`: the files of a release, reproducible from the same commit and compiler.

dist.py FOLDER writes there, for the last commit:
  fatwood-RELEASE.tar.gz         the sources
  fatwood-RELEASE-x86_64.tar.gz  usr/local/share/..., as make install leaves it, built from that archive
  fatwood-RELEASE.spdx.json      the bill of materials
  SHA256SUMS
RELEASE is VERSION if that commit has the tag vVERSION, otherwise VERSION-gCOMMIT.
"""
import gzip
import hashlib
import io
import os
import pathlib
import subprocess
import sys
import tarfile
import tempfile

import sbom

ROOT = sbom.ROOT
PREFIX = "/usr/local"


def compressed(data):
    """Compresses with gzip, without time and name in the header."""
    out = io.BytesIO()
    with gzip.GzipFile(filename="", mode="wb", fileobj=out, mtime=0, compresslevel=9) as file:
        file.write(data)
    return out.getvalue()


def release_name():
    version = sbom.git("show", "HEAD:VERSION")
    if f"v{version}" in sbom.git("tag", "--points-at", "HEAD").split():
        return version
    return f"{version}-g{sbom.git('rev-parse', '--short=7', 'HEAD')}"


def source_tar(name):
    return subprocess.run(["git", "-c", "tar.umask=0022", "archive", "--format=tar", f"--prefix={name}/", "HEAD"],
                          cwd=ROOT, stdout=subprocess.PIPE, check=True).stdout


def folder_tar(folder, name, date):
    """All files of a folder below name/, sorted by path, with a neutral owner."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.USTAR_FORMAT) as tar:
        for path in sorted(path for path in folder.rglob("*") if path.is_file()):
            member = tarfile.TarInfo(f"{name}/{path.relative_to(folder)}")
            member.size, member.mtime, member.mode = path.stat().st_size, date, 0o644
            with open(path, "rb") as file:
                tar.addfile(member, file)
    return out.getvalue()


def build(source, out, release, date):
    environment = {name: value for name, value in os.environ.items()
                   if name not in ("MAKEFLAGS", "MFLAGS", "MAKELEVEL", "O")}
    environment["SOURCE_DATE_EPOCH"] = str(date)
    environment["SOURCE_COMMIT"] = sbom.git("rev-parse", "HEAD")
    command = ["make", "-C", source, f"-j{os.cpu_count()}", "O=build", f"release={release}", f"PREFIX={PREFIX}",
               f"DESTDIR={out}", "install"]
    if "venv" in environment:
        command.insert(1, f"venv={environment['venv']}")
    subprocess.run(command, env=environment, check=True, stdout=sys.stderr)


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    if not sbom.git("rev-parse", "HEAD"):
        sys.exit("make dist needs the git repository, and git, which says why: try git log")
    if sbom.git("status", "--porcelain", "--untracked-files=no"):
        print("Changes that are not committed are left out.", file=sys.stderr)
    release, date = release_name(), int(sbom.git("log", "-1", "--format=%ct"))
    name = f"fatwood-{release}"
    sources = source_tar(name)
    with tempfile.TemporaryDirectory(prefix="fatwood-dist-") as work:
        work = pathlib.Path(work)
        with tarfile.open(fileobj=io.BytesIO(sources)) as tar:
            tar.extractall(work)
        build(work / name, work / "out", release, date)
        files = {
            f"{name}.tar.gz": compressed(sources),
            f"{name}-x86_64.tar.gz": compressed(folder_tar(work / "out", f"{name}-x86_64", date)),
            f"{name}.spdx.json": (work / f"out{PREFIX}/share/doc/fatwood/fatwood.spdx.json").read_bytes(),
        }
    files["SHA256SUMS"] = "".join(f"{hashlib.sha256(data).hexdigest()}  {file}\n"
                                  for file, data in sorted(files.items())).encode()
    folder = pathlib.Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    for file, data in files.items():
        (folder / file).write_bytes(data)
        print(f"  DIST    {folder / file}")


if __name__ == "__main__":
    main()

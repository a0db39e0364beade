#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes the bill of materials (SPDX 2.3, JSON) of the sources from which the firmware is built.

sbom.py RELEASE prints it. The same sources, release and date give the same bytes; the date and the commit
are those of the repository, or SOURCE_DATE_EPOCH and SOURCE_COMMIT.
"""
import datetime
import hashlib
import json
import os
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[1]
FOLDERS = ("arch", "boot", "configs", "core", "drivers", "efi", "fs", "lib", "loaders")
FILES = ("Kconfig", "LICENSE", "Makefile", "VERSION")
LICENCE = "Apache-2.0"
FONT = "drivers/display/font.c"


def git(*words):
    """The output of git; empty if this is not a git repository, or not one of this user."""
    if not (ROOT / ".git").exists():
        return ""
    return subprocess.run(["git", *words], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=False,
                          text=True).stdout.strip()


def source_date():
    """Seconds since 1970."""
    return int(os.environ.get("SOURCE_DATE_EPOCH") or git("log", "-1", "--format=%ct") or 0)


def source_files():
    """Paths of the source and build files, below ROOT."""
    found = [path for folder in FOLDERS for path in (ROOT / folder).rglob("*") if path.is_file()]
    return sorted(str(path.relative_to(ROOT)) for path in [*found, *(ROOT / name for name in FILES)])


def file_element(path):
    data = (ROOT / path).read_bytes()
    licence = re.search(rb"SPDX-License-Identifier: ([\w.-]+)", data)
    copyright_lines = re.findall(r"Copyright \(c\) .*", data.decode()) if path == FONT else []
    licence = licence[1].decode() if licence else LICENCE
    return {
        "SPDXID": f"SPDXRef-File-{hashlib.sha256(path.encode()).hexdigest()[:16]}",
        "fileName": f"./{path}",
        "checksums": [{"algorithm": name.upper(), "checksumValue": hashlib.new(name, data).hexdigest()}
                      for name in ("sha1", "sha256")],
        "licenseConcluded": licence,
        "licenseInfoInFiles": [licence],
        "copyrightText": "\n".join(copyright_lines) or "NOASSERTION",
    }


def verification_code(files):
    """SPDX 2.3, 7.9: of the SHA-1 of all files."""
    sums = sorted(file["checksums"][0]["checksumValue"] for file in files)
    return hashlib.sha1("".join(sums).encode()).hexdigest()


def document(release):
    files = [file_element(path) for path in source_files()]
    font = next(file for file in files if file["fileName"] == f"./{FONT}")
    version = re.search(r"Glyphs of Spleen ([\d.]+\d)", (ROOT / FONT).read_text())[1]
    licences = sorted({file["licenseConcluded"] for file in files})
    code = verification_code(files)
    package = {
        "SPDXID": "SPDXRef-Package-fatwood",
        "name": "fatwood",
        "versionInfo": release,
        "primaryPackagePurpose": "FIRMWARE",
        "downloadLocation": "NOASSERTION",
        "filesAnalyzed": True,
        "packageVerificationCode": {"packageVerificationCodeValue": code},
        "licenseConcluded": " AND ".join(licences),
        "licenseDeclared": LICENCE,
        "licenseInfoFromFiles": licences,
        "copyrightText": "NOASSERTION",
    }
    if commit := os.environ.get("SOURCE_COMMIT") or git("rev-parse", "HEAD"):
        package["sourceInfo"] = f"git commit {commit}"
    spleen = {
        "SPDXID": "SPDXRef-Package-spleen",
        "name": "spleen",
        "versionInfo": version,
        "downloadLocation": "NOASSERTION",
        "filesAnalyzed": False,
        "licenseConcluded": font["licenseConcluded"],
        "licenseDeclared": font["licenseConcluded"],
        "copyrightText": font["copyrightText"],
        "comment": f"The glyphs of the screen's font, in {FONT}",
    }
    created = datetime.datetime.fromtimestamp(source_date(), datetime.timezone.utc)
    relation = [("SPDXRef-DOCUMENT", "DESCRIBES", package["SPDXID"]), (package["SPDXID"], "CONTAINS", spleen["SPDXID"]),
                *((package["SPDXID"], "CONTAINS", file["SPDXID"]) for file in files)]
    return {
        "spdxVersion": "SPDX-2.3",
        "dataLicense": "CC0-1.0",
        "SPDXID": "SPDXRef-DOCUMENT",
        "name": f"fatwood-{release}",
        "documentNamespace": f"https://spdx.org/spdxdocs/fatwood-{release}-{code}",
        "creationInfo": {"created": created.strftime("%Y-%m-%dT%H:%M:%SZ"), "creators": ["Tool: fatwood-sbom"]},
        "packages": [package, spleen],
        "files": files,
        "relationships": [{"spdxElementId": one, "relationshipType": kind, "relatedSpdxElement": other}
                          for one, kind, other in relation],
    }


def text(release):
    return json.dumps(document(release), indent=1) + "\n"


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    print(text(sys.argv[1]), end="")

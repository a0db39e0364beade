# SPDX-License-Identifier: Apache-2.0
"""The bill of materials: it has what SPDX 2.3 requires, and is reproducible."""
import hashlib
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "scripts"))
import check_layers
import sbom

LICENCE = re.compile(r"(Apache-2\.0|BSD-2-Clause)( AND (Apache-2\.0|BSD-2-Clause))*$")


def test_required_fields():
    document = sbom.document("1.2")
    assert document["spdxVersion"] == "SPDX-2.3" and document["dataLicense"] == "CC0-1.0"
    assert re.match(r"https://[^#\s]+$", document["documentNamespace"])
    assert re.match(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$", document["creationInfo"]["created"])
    elements = [document, *document["packages"], *document["files"]]
    identifiers = [element["SPDXID"] for element in elements]
    assert len(set(identifiers)) == len(identifiers)
    assert all(re.match(r"SPDXRef-[A-Za-z0-9.-]+$", identifier) for identifier in identifiers)
    for package in document["packages"]:
        assert {"name", "versionInfo", "downloadLocation", "copyrightText"} <= set(package)
        assert LICENCE.match(package["licenseConcluded"]) and LICENCE.match(package["licenseDeclared"])
    for relation in document["relationships"]:
        assert {relation["spdxElementId"], relation["relatedSpdxElement"]} <= set(identifiers)
    described = [relation["relatedSpdxElement"] for relation in document["relationships"]
                 if relation["relationshipType"] == "DESCRIBES"]
    assert described == ["SPDXRef-Package-fatwood"]


def test_every_source_is_listed_with_its_licence():
    files = {file["fileName"][2:]: file for file in sbom.document("1.2")["files"]}
    folders = tuple(f"{folder}/" for folder in check_layers.LAYERS)
    assert {str(path) for path in check_layers.tracked() if str(path).startswith(folders)} <= set(files)
    for path, file in files.items():
        data = (ROOT / path).read_bytes()
        assert file["checksums"][1]["checksumValue"] == hashlib.sha256(data).hexdigest()
        other = check_layers.OTHER_LICENCES.get(path, check_layers.SPDX)
        assert other.endswith(f" {file['licenseConcluded']}")
    assert "Frederic Cambus" in files[sbom.FONT]["copyrightText"]


def test_output_is_reproducible(monkeypatch):
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1000000000")
    assert sbom.text("1.2") == sbom.text("1.2")
    assert '"created": "2001-09-09T01:46:40Z"' in sbom.text("1.2")
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1000000001")
    assert '"created": "2001-09-09T01:46:41Z"' in sbom.text("1.2")

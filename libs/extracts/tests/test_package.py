"""Data packages that both validators take, with hashes of the stored bytes, and provenance that is only added to."""

import hashlib
import json
import warnings
from datetime import UTC, datetime
from pathlib import Path

import pytest

from extracts.digests import digest
from extracts.names import output_name, request_key
from extracts.package import (
    DatasetVersion,
    License,
    PackageFile,
    new_package,
    resource,
    with_resources,
    without_resource,
)  # fmt: skip
from extracts.provenance import JobRecord, with_job
from extracts.testing import FileServer, outline

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import datapackage
    import frictionless
import shapely

NOW = datetime(2026, 11, 28, 12, 0, tzinfo=UTC)
CC_BY = License("CC-BY-4.0", "https://creativecommons.org/licenses/by/4.0/", "Creative Commons Attribution 4.0")
NATURAL = License("Natural Earth", "https://www.naturalearthdata.com/about/terms-of-use/", "Natural Earth terms of use")


def version(dataset: str, name: str = "version_1", licence: License = CC_BY) -> DatasetVersion:
    return DatasetVersion(
        dataset, name, "Title", "What it is", "Source", "https://data.example.org/x", "Somebody", licence
    )


@pytest.fixture
def stored(tmp_path: Path, server: FileServer) -> list[PackageFile]:
    files = []
    for name, content in (("grid.gpkg", b"grid"), ("targets.tif", b"targets")):
        (tmp_path / name).write_bytes(content)
        files.append(PackageFile(f"{server.url}/{name}", digest(tmp_path / name)))
    return files


def check(package: dict) -> None:
    """By datapackage 1.15 and frictionless 5, which fetches the files and compares their bytes and hashes."""
    package = json.loads(json.dumps(package))
    assert datapackage.Package(package).errors == []
    report = frictionless.Package.from_descriptor(package).validate()
    assert report.flatten(["type", "message"]) == []
    assert report.warnings == [warning for warning in report.warnings if "sha1" in warning]


def test_one_resource_and_one_file(stored: list[PackageFile]):
    package = with_resources(
        new_package("gambia", "http://host/gambia/", NOW),
        [resource(version("relief"), stored[:1], "GEOPKG", "x/y")],
        NOW,
    )
    [found] = package["resources"]
    assert found["hash"] == f"sha256:{hashlib.sha256(b'grid').hexdigest()}"
    assert (found["bytes"], found["hashes"]) == (4, [hashlib.sha1(b"grid").hexdigest()])
    assert found["path"] == [stored[0].url]
    check(package)


def test_many_files_and_licences(stored: list[PackageFile]):
    added = [
        resource(version("grid"), stored, "mixed", None),
        resource(version("roads", licence=NATURAL), stored[:1], "GEOPKG", "application/geopackage+sqlite3"),
        resource(version("grid", "version_2"), stored[1:], "GeoTIFF", "image/tiff; application=geotiff"),
    ]
    package = with_resources(new_package("mali", "http://host/mali/", NOW), added, NOW)
    assert [one["name"] for one in package["resources"]] == ["grid", "roads", "grid.version_2"]
    assert [one["name"] for one in package["licenses"]] == ["CC-BY-4.0", "Natural-Earth"]
    assert package["contributors"] == [{"title": "Somebody", "role": "author", "roles": ["author"]}]
    first = package["resources"][0]
    assert first["bytes"] == sum(one["bytes"] for one in first["files"]) == 11
    assert first["hashes"] == [one["sha1"] for one in first["files"]]
    assert "hash" not in first
    assert "mediatype" not in first
    check(package)


def test_a_dataset_made_again_takes_its_old_place(stored: list[PackageFile]):
    old = with_resources(
        new_package("mali", "http://host/", NOW),
        [resource(version("grid"), stored, "mixed", None), resource(version("roads"), stored, "mixed", None)],
        NOW,
    )
    later = datetime(2026, 11, 29, tzinfo=UTC)
    new = with_resources({**old, "owner": "kept"}, [resource(version("grid"), stored[:1], "GEOPKG", None)], later)
    assert [one["processor"] for one in new["resources"]] == ["grid.version_1", "roads.version_1"]
    assert new["resources"][0]["bytes"] == 4
    assert (new["created"], new["updated"], new["owner"]) == (old["created"], "2026-11-29T00:00:00Z", "kept")


def test_a_licence_goes_with_its_last_resource(stored: list[PackageFile]):
    package = with_resources(
        new_package("mali", "http://host/", NOW),
        [
            resource(version("grid"), stored, "mixed", None),
            resource(version("roads", licence=NATURAL), stored, "mixed", None),
        ],
        NOW,
    )
    left = without_resource(package, "roads.version_1", NOW)
    assert [one["name"] for one in left["licenses"]] == ["CC-BY-4.0"]
    assert [one["name"] for one in left["resources"]] == ["grid"]


def test_resources_that_the_reference_wrote_are_recognized(stored: list[PackageFile]):
    package = with_resources(
        new_package("mali", "http://host/", NOW), [resource(version("grid"), stored, "mixed", None)], NOW
    )
    for name in ("processor", "files", "licenses", "profile", "author"):
        package["resources"][0].pop(name)
    again = with_resources(package, [resource(version("grid"), stored[:1], "GEOPKG", None)], NOW)
    assert [one["bytes"] for one in again["resources"]] == [4]


def test_provenance_is_only_added_to():
    record = JobRecord(
        "job-1", "gambia", "ab", NOW, NOW, {"boundary_folder": "created"},
        [("grid.version_1", {"grid - crop success": True}), ("bad.version_1", {"failed": "X - y"})], "fairway", "0.1.0",
    )  # fmt: skip
    one = with_job({}, record)
    two = with_job(one, record)
    first, second = two
    assert (first, second) == ("2026-11-28T12:00:00.000000", "2026-11-28T12:00:00.000001")
    assert two[first] == one[first]
    assert [next(iter(element)) for element in one[first]] == [
        "boundary_processor", "grid.version_1", "bad.version_1", "provenance_processor",
    ]  # fmt: skip
    last = one[first][-1]
    assert last["provenance_processor"] == {"updated in backend": True}
    assert (last["job_id"], last["boundary"]) == ("job-1", {"name": "gambia", "sha256": "ab"})


def test_names_of_output_files():
    assert (
        output_name("natural_earth_raster", "version_1", "gambia", ".tif")
        == "natural_earth_raster-version_1-gambia.tif"
    )
    assert output_name("gridfinder", "version_1", "gambia", "gpkg", "grid") == "gridfinder-version_1-grid-gambia.gpkg"


def test_equal_requests_have_one_key_and_any_difference_another():
    square = shapely.box(0, 0, 1, 1)
    asked = (
        outline(square),
        "grid.version_1@1",
        {"grid.gpkg": "ab", "x.tif": "cd"},
        {"format": "COG", "outside": "keep"},
    )
    same = (
        outline(shapely.reverse(square)),
        asked[1],
        {"x.tif": "cd", "grid.gpkg": "ab"},
        dict(reversed(asked[3].items())),
    )
    assert request_key(*asked) == request_key(*same)
    others = [
        (outline(shapely.box(0, 0, 1, 1.1)), *asked[1:]),
        (asked[0], "grid.version_1@2", *asked[2:]),
        (*asked[:2], {"grid.gpkg": "ac", "x.tif": "cd"}, asked[3]),
        (*asked[:3], {"format": "GTiff", "outside": "keep"}),
    ]
    assert len({request_key(*one) for one in [asked, *others]}) == 5

"""A package of real excerpts: what the reference found in them, read from its public addresses as a GIS does."""

import json
from pathlib import Path
from typing import Any

import frictionless
import httpx
import numpy as np
import pytest
import rasterio
from pyogrio.raw import read as read_layer
from rasterio.windows import Window

from tests.e2e.conftest import Platform
from tests.e2e.package_sources import REAL, SAMPLE, source_folder

pytestmark = [
    pytest.mark.timeout(1800),
    pytest.mark.skipif(not SAMPLE.is_dir(), reason="the shared sample is not here"),
]
GRID, DROUGHT = REAL
DEGREES, TARGETS, LV = Window(326, 152, 7, 2), Window(23, 282, 61, 16), Window(26, 340, 61, 19)  # pyright: ignore
WINDOWS = {"_occurrence": (DROUGHT, DEGREES), "-targets-": (GRID, TARGETS), "-lv-": (GRID, LV)}
LINES, LIMIT = 84, 300.0


@pytest.fixture(scope="module")
def descriptor(platform: Platform, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Of The Gambia's data package, made now."""
    countries = json.loads((SAMPLE / "boundaries" / "africa_europe_85.geojson").read_text())
    countries["features"] = [one for one in countries["features"] if one["properties"]["name"] == "Gambia"]
    file, fairway = tmp_path_factory.mktemp("boundaries") / "gambia.geojson", platform.client()
    file.write_text(json.dumps(countries))
    assert fairway.boundaries.import_file(file, wipe=True).names == ["gambia"]
    job_id = fairway.package_jobs.submit("gambia", REAL, redo=True)
    *_, job = fairway.package_jobs.follow(job_id, LIMIT)
    assert [one.job_status for one in job.job_group_processors] == ["SUCCESS", "SUCCESS"], job
    return httpx.get(f"{job.package_uri}datapackage.json").raise_for_status().json()


def addresses(descriptor: dict[str, Any]) -> list[str]:
    return [path for resource in descriptor["resources"] for path in resource["path"]]


@pytest.mark.parametrize("mark", WINDOWS)
def test_pixels_are_those_of_the_source(descriptor: dict[str, Any], mark: str):
    found, (processor, window) = [path for path in addresses(descriptor) if mark in path], WINDOWS[mark]
    assert len(found) == (2 if processor == DROUGHT else 1)
    for address in found:
        with rasterio.open(f"/vsicurl/{address}") as cut, rasterio.open(source_of(address, processor)) as source:
            assert (cut.width, cut.height, cut.crs) == (window.width, window.height, source.crs)
            assert cut.transform.almost_equals(source.window_transform(window))
            np.testing.assert_array_equal(cut.read(), source.read(window=window))


def source_of(address: str, processor: str) -> Path:
    files = source_folder(SAMPLE / "sources", processor).iterdir()
    return next(one for one in files if f"-{one.stem}-gambia." in address)


def test_lines_open_as_a_layer(descriptor: dict[str, Any]):
    address = next(path for path in addresses(descriptor) if path.endswith(".gpkg"))
    about, _, lines, (origins,) = read_layer(f"/vsicurl/{address}")
    assert (len(lines), about["crs"], list(about["fields"])) == (LINES, "EPSG:4326", ["source"])
    assert set(origins) <= {"gridfinder", "openstreetmap"}


def test_it_is_a_valid_data_package(descriptor: dict[str, Any]):
    report = frictionless.Package.from_descriptor(descriptor).validate()
    assert report.valid, report.flatten(["title", "note"])

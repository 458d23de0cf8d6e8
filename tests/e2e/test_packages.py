"""A package from the import of its boundary to the file in a GIS: through the gateway, by real workers."""

import base64
import hashlib
import json
from pathlib import Path
from typing import Any
from uuid import uuid4

import datapackage
import frictionless
import httpx
import numpy as np
import pytest
import rasterio
from rasterio.windows import from_bounds

from fairway import Fairway
from fairway.errors import ApiError
from fairway.events import parse
from fairway.package_rows import PackageJob
from tests.e2e.conftest import Platform
from tests.e2e.mailbox import mails
from tests.e2e.outages import listen, until
from tests.e2e.package_sources import OWN, STORM, boundaries, values

pytestmark = pytest.mark.timeout(1800)
TEST, FAILS = "test_processor.version_1", "test_fail_processor.version_1"
LIMIT = 600.0
Json = dict[str, Any]


@pytest.fixture(scope="module")
def fairway(platform: Platform, tmp_path_factory: pytest.TempPathFactory) -> Fairway:
    """The administrator's client, on boundaries that were imported."""
    client, file = platform.client(), tmp_path_factory.mktemp("boundaries") / "two.geojson"
    file.write_text(json.dumps(boundaries()))
    said = client.boundaries.import_file(file, wipe=True)
    assert (said.loaded, said.skipped, said.total, said.names) == (2, 1, 3, ["zambia", "ctedivoire"])
    return client


@pytest.fixture(scope="module")
def root(platform: Platform) -> str:
    return f"{platform.url.removesuffix('/api/v1')}/packages"


def finished(fairway: Fairway, area: str | Json, *processors: str, **more: Any) -> PackageJob:
    *_, last = fairway.package_jobs.follow(fairway.package_jobs.submit(area, processors, **more), LIMIT)
    return last


@pytest.fixture(scope="module")
def job(fairway: Fairway) -> PackageJob:
    return finished(fairway, "zambia", TEST, STORM, FAILS, redo=True)


@pytest.fixture(scope="module")
def descriptor(job: PackageJob, root: str) -> Json:
    return httpx.get(f"{root}/zambia/datapackage.json").raise_for_status().json()


def test_boundaries_are_found(fairway: Fairway):
    assert [one.name for one in fairway.boundaries.list()] == ["ctedivoire", "zambia"]
    assert [one.name for one in fairway.boundaries.search("IVOI")] == ["ctedivoire"]
    assert [one.name for one in fairway.boundaries.search(latitude=-15, longitude=28)] == ["zambia"]
    found = fairway.boundaries.get("zambia")
    assert (found.geometry["type"], found.envelope["coordinates"][0][0]) == ("MultiPolygon", [22.0, -18.0])


def test_what_came_of_each_processor(job: PackageJob, root: str):
    made, storm, failed = job.job_group_processors
    uri = f"{root}/zambia/datasets/test_processor/version_1/data/zambia_test.tif"
    assert (made.job_status, storm.job_status, failed.job_status) == ("SUCCESS", "SUCCESS", "FAILURE")
    assert made.job_result
    assert made.job_result["test_processor - result URI"] == uri
    assert made.job_result["datapackage"]["hashes"] == ["4e1243bd22c66e76c2ba9eddc1f91394e57f9f83"]
    assert failed.job_result == {"failed": "AssertionError - test-fail-processor failed as expected"}
    assert job.job_group_percent_complete == 100


def test_files_are_what_the_data_package_says(descriptor: Json):
    assert {one["name"] for one in descriptor["resources"]} >= {"test_processor", "storm"}
    for resource in descriptor["resources"]:
        contents = [httpx.get(path).raise_for_status().content for path in resource["path"]]
        sums = [hashlib.sha1(content, usedforsecurity=False).hexdigest() for content in contents]
        assert sums == [one.removeprefix("sha1:") for one in resource["hashes"]]
        assert sum(map(len, contents)) == resource["bytes"]


def test_both_validators_take_the_data_package(descriptor: Json):
    assert datapackage.Package(descriptor).valid
    report = frictionless.Package.from_descriptor(descriptor).validate()
    assert report.valid, report.flatten(["title", "note"])


@pytest.mark.parametrize("number", [0, 1])
def test_rasters_are_read_by_their_address(descriptor: Json, number: int):
    """By ranges, as a GIS does; the pixels are those of the source."""
    path = next(one for one in descriptor["resources"] if one["name"] == "storm")["path"][number]
    with rasterio.Env(GDAL_HTTP_MAX_RETRY=2), rasterio.open(f"/vsicurl/{path}") as cut:
        window = from_bounds(*cut.bounds, rasterio.Affine(1, 0, -180, 0, -1, 90))
        rows, columns = (slice(round(one.start), round(one.stop)) for one in window.toslices())
        np.testing.assert_array_equal(cut.read(1), values(number)[rows, columns])
        assert cut.bounds.left <= 22
        assert cut.bounds.right >= 33.5


def test_pages_and_listings(job: PackageJob, root: str):
    for place in ("", "license.html", "version.html", "datasets/storm/global_mosaics_version_1/"):
        page = httpx.get(f"{root}/zambia/{place}").raise_for_status()
        assert page.text.lower().startswith("<!doctype html>")
        assert page.headers["content-type"].startswith("text/html")
    assert "zambia_test.tif" in httpx.get(f"{root}/zambia/datasets/test_processor/version_1/data/").text
    assert httpx.get(f"{root}/zambia/datasets/test_fail_processor/version_1/data/x.tif").status_code == 404
    provenance = httpx.get(f"{root}/zambia/provenance.json").raise_for_status().json()
    assert provenance


def test_the_package_is_listed_with_sums(job: PackageJob, fairway: Fairway, root: str):
    package = fairway.packages.get("zambia")
    versions = {one.name: one for dataset in package.processors for one in dataset.versions}
    assert versions.keys() >= {TEST, STORM}
    assert package.datapackage["name"] == "zambia"
    index = {one["boundary_name"]: one for one in fairway.transport.get("/packages/index.json")}
    sums = {file["path"]: file["sha256"] for file in index["zambia"]["files"]}
    path = f"{root}/zambia/datasets/test_processor/version_1/data/zambia_test.tif"
    assert sums[path] == hashlib.sha256(b"test\n").hexdigest()


def test_the_package_is_one_download(job: PackageJob, fairway: Fairway, tmp_path: Path):
    whole = fairway.packages.download("zambia", tmp_path / "zambia.zip")
    some = fairway.packages.download("zambia", tmp_path / "some.zip", [TEST])
    assert whole > some > 5


def test_an_equal_job_makes_nothing_again(job: PackageJob, fairway: Fairway):
    again = finished(fairway, "zambia", TEST, STORM)
    assert [one.job_status for one in again.job_group_processors] == ["SKIPPED", "SKIPPED"]
    assert again.job_group_processors[0].job_result == {"skipped": f"zambia.{TEST} exists"}


def test_an_own_area_as_a_cloud_optimised_raster(job: PackageJob, fairway: Fairway):
    made = finished(fairway, OWN, STORM, title="A triangle", raster="COG", outside="cut", redo=True)
    assert made.job_group_processors[0].job_status == "SUCCESS", made
    descriptor = httpx.get(f"{made.package_uri}datapackage.json").raise_for_status().json()
    with rasterio.open(f"/vsicurl/{descriptor['resources'][0]['path'][0]}") as cut:
        assert cut.driver == "GTiff"
        assert cut.tags(ns="IMAGE_STRUCTURE")["LAYOUT"] == "COG"
        assert (cut.read(1) == cut.nodata).any()


def test_a_large_own_area_is_taken_and_a_larger_one_refused(job: PackageJob, fairway: Fairway):
    """Bodies of two and of twenty-five megabytes."""
    made = finished(fairway, ring(100_000), TEST, title="A disc")
    assert made.job_group_processors[0].job_status in ("SUCCESS", "SKIPPED"), made
    with pytest.raises(ApiError, match="250,000 vertices"):
        fairway.package_jobs.submit(ring(1_000_000), [TEST])


def ring(vertices: int) -> Json:
    angles = np.linspace(0, 2 * np.pi, vertices)
    positions = np.stack([28 + np.cos(angles), -14 + np.sin(angles)], axis=1).round(7)
    return {"type": "Polygon", "coordinates": [[*positions[:-1].tolist(), positions[0].tolist()]]}


def test_the_end_of_a_job_is_told_by_stream_mail_and_webhook(fairway: Fairway, platform: Platform):
    """To the person who asked for it."""
    person, address = platform.client("881:Told"), f"told-{uuid4().hex[:8]}@map.example"
    listen(platform, person, address)
    with person.transport.http.stream("GET", "/events", timeout=httpx.Timeout(10, read=60)) as events:
        job_id = str(person.package_jobs.submit("zambia", [TEST], redo=True))
        told = next(event for event in parse(events.iter_lines()) if event.name == "catalog.v1.package_job_completed")
    assert (told.data["job_id"], told.data["outcomes"]) == (job_id, {TEST: "SUCCESS"})
    until(lambda: any(job_id in mail["subject"] for mail in mails(platform.home, address)), 60, "mail")
    until(lambda: _called(platform, "package_job.completed", job_id), 60, "webhook")


def _called(platform: Platform, kind: str, job_id: str) -> bool:
    calls = httpx.get(f"http://127.0.0.1:{platform.home.port('sandbox-webhooks')}/requests").json()
    bodies = [json.loads(base64.b64decode(call["body"])) for call in calls]
    return any(body["type"] == kind and body["data"]["job_id"] == job_id for body in bodies)


def test_an_estimate_and_the_catalogue(job: PackageJob, fairway: Fairway, platform: Platform):
    found = fairway.package_jobs.estimate("zambia", [STORM])["processors"][STORM]
    assert found["files"] == 2
    assert found["bytes"] > 0
    stac = platform.env["FAIR_STAC_API_URL"]
    items = httpx.post(f"{stac}/search", json={"ids": ["zambia"]}).raise_for_status().json()["features"]
    assert any("zambia_test.tif" in asset["href"] for item in items for asset in item["assets"].values())

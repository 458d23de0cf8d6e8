"""Packages are made by workers: what is stored, what is said, and what happens to equal requests."""

import asyncio
from pathlib import Path

import numpy as np
import orjson
import rasterio
from nats.aio.msg import Msg
from packages_room import person
from rasterio.transform import from_origin
from sqlalchemy import delete

from catalog.packages.packages.tables import PackageDatasetRow
from contracts.catalog.package_jobs import EstimatePackage, JobArea, PackageProgress


def make_corner(path: Path) -> None:
    """Ten degrees in the south-west, where no boundary of the tests is."""
    about = {"driver": "GTiff", "width": 20, "height": 20, "count": 1, "dtype": "float32", "crs": "EPSG:4326"}
    with rasterio.open(path, "w", **about, transform=from_origin(-170, -50, 0.5, 0.5)) as raster:
        raster.write(np.ones((1, 20, 20), "float32"))


async def test_a_package_is_made_with_the_log_of_the_reference(packages, workers):
    job = await packages.made("zambia", "test_processor.version_1")
    uri = "http://host/packages/zambia/datasets/test_processor/version_1/data/zambia_test.tif"
    (task,) = job["tasks"]
    assert (job["percent"], task["job_status"], task["job_id"]) == (100, "SUCCESS", job["id"])
    log = dict(task["result"])
    described = log.pop("datapackage")
    assert log == {
        "test_processor - move to storage success": True, "test_processor - result URI": uri,
    }  # fmt: skip
    assert described["path"] == [uri]
    assert (described["bytes"], described["hashes"]) == (5, ["4e1243bd22c66e76c2ba9eddc1f91394e57f9f83"])
    assert packages.data("zambia", "test_processor") == {"zambia_test.tif"}
    document = orjson.loads((packages.root / "zambia/datapackage.json").read_bytes())
    assert document["resources"] == [described]
    (member,) = orjson.loads((packages.root / "zambia/provenance.json").read_bytes()).values()
    assert member[0]["boundary_processor"]["boundary_folder"] == "created"
    assert member[1] == {"test_processor.version_1": task["result"]}
    assert member[2]["job_id"] == job["id"]
    assert {"index.html", "license.html", "version.html"} <= {
        path.name for path in (packages.root / "zambia").iterdir()
    }


async def test_progress_is_told_while_it_happens(packages, workers, caller):
    told: list[PackageProgress] = []

    async def hear(message: Msg) -> None:
        told.append(PackageProgress.model_validate_json(message.data))

    heard = await caller.bus.nc.subscribe(PackageProgress.subject("*"), cb=hear)
    job_id = await packages.submit("togo", "quick.version_1", "many.version_1")
    await packages.ended(job_id)
    await heard.unsubscribe()
    mine = [one for one in told if str(one.job_id) == job_id]
    assert {"cropping source", "moving result", "generate documentation & datapackage"} <= {one.stage for one in mine}
    of_many = [one.task_percent for one in mine if one.processor == "many.version_1"]
    assert of_many == sorted(of_many)
    assert of_many[-1] == 90
    assert all(one.percent <= 99 for one in mine)


async def test_of_identical_jobs_one_makes_the_package(packages, workers):
    jobs = await asyncio.gather(*(packages.submit("ghana", "quick.version_1") for _ in range(8)))
    ended = [await packages.ended(job_id) for job_id in jobs]
    assert len({job["id"] for job in ended}) == 8
    outcomes = [job["tasks"][0]["job_status"] for job in ended]
    assert sorted(outcomes) == ["SKIPPED"] * 7 + ["SUCCESS"]
    reasons = {job["tasks"][0]["result"].get("skipped") for job in ended} - {None}
    assert reasons <= {"ghana.quick.version_1 exists", "ghana.quick.version_1 already executing"}
    document, provenance = packages.documents("ghana")
    assert [one["processor"] for one in document["resources"]] == ["quick.version_1"]
    assert len(provenance) == 8
    assert {member[-1]["job_id"] for member in provenance.values()} == set(jobs)


async def test_a_processor_that_fails_leaves_the_others(packages, workers):
    job = await packages.made("mali", "test_fail_processor.version_1", "quick.version_1")
    failed, made = job["tasks"]
    assert (failed["job_status"], made["job_status"], job["percent"]) == ("FAILURE", "SUCCESS", 100)
    assert failed["result"] == {"failed": "AssertionError - test-fail-processor failed as expected"}
    document, provenance = packages.documents("mali")
    (member,) = provenance.values()
    assert [next(iter(one)) for one in member[1:3]] == ["test_fail_processor.version_1", "quick.version_1"]
    assert member[1] == {"test_fail_processor.version_1": failed["result"]}
    assert [one["processor"] for one in document["resources"]] == ["quick.version_1"]
    assert packages.data("mali", "test_fail_processor") == set()


async def test_an_equal_request_under_another_name_takes_the_stored_files(packages, workers, many_log):
    first = await packages.made("gambia", "many.version_1")
    second = await packages.made("twin", "many.version_1")
    assert [job["tasks"][0]["job_status"] for job in (first, second)] == ["SUCCESS", "SUCCESS"]
    assert len(many_log.read_text().splitlines()) == 20, "made once"
    assert len(packages.data("gambia", "many")) == 20
    assert packages.data("twin", "many") == {name.replace("gambia", "twin") for name in packages.data("gambia", "many")}
    described = second["tasks"][0]["result"]["datapackage"]
    assert all("/twin/" in path and path.endswith("-twin.tif") for path in described["path"])
    assert described["hashes"] == first["tasks"][0]["result"]["datapackage"]["hashes"]


async def test_what_is_there_is_skipped_and_made_again_when_asked(packages, workers, many_log):
    await packages.made("benin", "many.version_1")
    again = await packages.made("benin", "many.version_1")
    assert again["tasks"][0]["result"] == {"skipped": "benin.many.version_1 exists"}
    assert len(many_log.read_text().splitlines()) == 20
    folder = packages.root / "benin/datasets/many/version_1/data"
    (folder / "many-version_1-007-benin.tif").unlink()
    (folder / "stray.txt").write_text("x")
    partial = await packages.made("benin", "many.version_1")
    assert (partial["tasks"][0]["job_status"], len(packages.data("benin", "many"))) == ("SUCCESS", 20)
    redone = await packages.made("benin", "many.version_1", redo=True)
    assert redone["tasks"][0]["job_status"] == "SUCCESS"
    assert len(many_log.read_text().splitlines()) == 40, "the partial one took the staged files, the redone one none"
    document, provenance = packages.documents("benin")
    assert (len(document["resources"]), len(provenance)) == (1, 4)


async def test_a_missing_resource_is_added_again(packages, workers, running):
    await packages.made("kenya", "quick.version_1")
    path = packages.root / "kenya/datapackage.json"
    before = orjson.loads(path.read_bytes())
    path.write_bytes(orjson.dumps({**before, "resources": [], "licenses": []}))
    async with running.db.session() as session, session.begin():
        await session.execute(delete(PackageDatasetRow).where(PackageDatasetRow.boundary_name == "kenya"))
    job = await packages.made("kenya", "quick.version_1")
    assert job["tasks"][0]["result"] == {"skipped": "kenya.quick.version_1 exists"}
    (resource,) = packages.documents("kenya")[0]["resources"]
    assert resource["hashes"] == before["resources"][0]["hashes"]


async def test_bad_sources_and_empty_overlaps_leave_nothing(packages, workers, folder):
    for dataset in ("holed", "summed"):
        place = folder / "processing" / dataset / "version_1/source_data"
        place.mkdir(parents=True, exist_ok=True)
        make_corner(place / "corner.tif")
    job = await packages.made("chad", "holed.version_1", "summed.version_1")
    holed, summed = job["tasks"]
    assert (holed["job_status"], holed["code"]) == ("FAILURE", "no_overlap")
    assert holed["result"]["failed"].startswith("NoOverlapException - ")
    assert (summed["job_status"], summed["code"]) == ("FAILURE", "source_checksum")
    assert summed["result"]["failed"].startswith("SourceInvalidException - ")
    assert str(folder) not in holed["result"]["failed"] + summed["result"]["failed"]
    assert packages.data("chad", "holed") | packages.data("chad", "summed") == set()
    assert [path for path in (folder / "processing/work").rglob("*") if path.is_file() and path.suffix != ".lock"] == []


async def test_a_missing_source_is_said(packages, workers, folder):
    (folder / "processing/holed/version_1/source_data/corner.tif").unlink(missing_ok=True)
    job = await packages.made("niger", "holed.version_1")
    assert job["tasks"][0]["result"]["failed"].startswith("SourceNotAvailableException - ")


async def test_nobody_waits_behind_the_many_jobs_of_another(packages, workers):
    many, one = person(), person()
    names = ["togo", "egypt", "gabon", "angola"]
    theirs = [await packages.submit(name, "test_processor.version_1", actor=many) for name in names]
    mine = await packages.ended(await packages.submit("kenya", "test_processor.version_1", actor=one), 90)
    last = [await packages.ended(job_id, 90) for job_id in theirs]
    ends = [job["ended_at"] for job in last]
    assert ends == sorted(ends), "those of one user end in the order of arrival"
    assert mine["ended_at"] < ends[-1]


async def test_an_estimate_makes_nothing(packages, workers):
    area, processors = JobArea(boundary_name="gambia"), ["many.version_1", "holed.version_1"]
    query = EstimatePackage(area=area, processors=processors)
    found = await packages.caller.ask(query, person())
    assert found["boundary_name"] == "gambia"
    assert (found["processors"]["many.version_1"]["files"], found["refusal"]) == (20, None)
    assert found["processors"]["holed.version_1"]["unknown"] == 1
    assert not (packages.root / "gambia/datasets/holed").exists()

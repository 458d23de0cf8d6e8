"""OGC API - Processes 1.0 in front of processors and jobs."""

from uuid import uuid4

import pytest
from doors import door_bus, door_owners, http, owners
from package_samples import DATASETS, NOW, job, task

from contracts.catalog import package_jobs as c
from contracts.catalog.packages import ListProcessors
from contracts.verdict import Accepted, Kind, Refused

__all__ = ["door_bus", "door_owners", "http", "owners"]
API = "/api/ogc/processes"
PROCESS = "test_processor.version_1"
EXECUTION = f"{API}/processes/{PROCESS}/execution"


@pytest.fixture(autouse=True)
def processors(owners):
    owners.answer(ListProcessors, DATASETS)


async def test_a_client_finds_its_way(http):
    landing = (await http.get(f"{API}/")).json()
    links = {link["rel"].rpartition("/")[2]: link["href"] for link in landing["links"]}
    assert links["service-desc"] == "https://fair.example/api/schema/"
    assert "core" in " ".join((await http.get(links["conformance"])).json()["conformsTo"])
    found = (await http.get(links["processes"])).json()["processes"]
    assert [one["id"] for one in found][1:] == [PROCESS, "test_processor.version_2"]
    process = (await http.get(found[1]["links"][0]["href"])).json()
    assert process["jobControlOptions"] == ["async-execute", "dismiss"]
    assert {"boundary", "area", "raster", "vector", "outside"} == process["inputs"].keys()
    execute = next(link["href"] for link in process["links"] if link["rel"].endswith("execute"))
    assert execute == f"https://fair.example{EXECUTION}"


async def test_a_process_is_executed(http, owners, mapper):
    owners.judge(c.SubmitPackageJob, Accepted(http=201, result=job()))
    inputs = {"boundary": "gambia", "raster": "COG", "outside": {"value": "cut"}}
    answer = await http.post(EXECUTION, json={"inputs": inputs}, headers=mapper)
    assert (answer.status_code, answer.json()["status"], answer.json()["processID"]) == (201, "accepted", PROCESS)
    assert answer.headers["location"] == f"https://fair.example{API}/jobs/{answer.json()['jobID']}"
    sent = owners.last(c.SubmitPackageJob)
    assert (sent["processors"], sent["options"]["raster"], sent["options"]["outside"]) == ([PROCESS], "COG", "cut")


async def test_what_cannot_be_executed(http, owners, mapper, problem):
    wrong = await http.post(EXECUTION, json={"inputs": {"raster": "PNG"}}, headers=mapper)
    assert problem(wrong, 400)["error"]["details"]["inputs"]
    assert (await http.post(EXECUTION, json={"inputs": {"boundary": "gambia"}})).status_code == 401
    answer = await http.post(f"{API}/processes/no.process/execution", json={"inputs": {}}, headers=mapper)
    assert problem(answer, 404)["type"].endswith("ogcapi-processes-1/1.0/no-such-process")


JOBS = [
    (job(), "accepted"), (job(started_at=NOW), "running"),
    (job(task("SUCCESS"), task("SKIPPED"), status="COMPLETE", started_at=NOW), "successful"),
    (job(task("SUCCESS"), task("FAILURE"), status="COMPLETE", started_at=NOW), "failed"),
    (job(task("REVOKED"), status="COMPLETE", cancelled=True), "dismissed"),
]  # fmt: skip


@pytest.mark.parametrize(("row", "status"), JOBS, ids=lambda value: value if isinstance(value, str) else "job")
async def test_status_and_results(http, owners, problem, row, status):
    owners.answer(c.GetPackageJob, row)
    body = (await http.get(f"{API}/jobs/{row['id']}")).json()
    assert (body["status"], body["type"], body["jobID"]) == (status, "process", row["id"])
    results = await http.get(f"{API}/jobs/{row['id']}/results")
    if status == "successful":
        assert results.json()["package"]["href"] == row["package_uri"]
    else:
        assert problem(results, 404)["type"].endswith("result-not-ready")


async def test_jobs_are_listed_and_dismissed(http, owners, mapper, problem):
    number = uuid4()
    owners.answer(c.ListPackageJobs, {"count": 1, "results": [job(job_id=number)]})
    assert (await http.get(f"{API}/jobs", headers=mapper)).json()["jobs"][0]["jobID"] == str(number)
    done = job(task("REVOKED"), job_id=number, status="COMPLETE", cancelled=True)
    owners.judge(c.CancelPackageJob, Accepted(http=200, result=done))
    assert (await http.delete(f"{API}/jobs/{number}", headers=mapper)).json()["status"] == "dismissed"
    owners.answer(c.GetPackageJob, Refused(kind=Kind.NOT_FOUND, code="job_not_found", detail="x"))
    assert problem(await http.get(f"{API}/jobs/none"), 404)["type"].endswith("no-such-job")

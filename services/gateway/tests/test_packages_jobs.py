"""Jobs of packages through the door: what is refused, in which order, and what clients read."""

from uuid import UUID, uuid4

import orjson
import pytest
from doors import door_bus, door_owners, http, owners
from package_samples import job, task

from contracts.catalog import package_jobs as c
from contracts.verdict import Accepted, Kind, Refused

__all__ = ["door_bus", "door_owners", "http", "owners"]
JOBS = "/api/v1/jobs"
ONE = {"boundary_name": "gambia", "processors": ["test_processor.version_1"]}
AREA = {"type": "Polygon", "coordinates": [[[0, 0], [1, 0], [1, 1], [0, 0]]]}
OFF = Refused(kind=Kind.INVALID, code="jobs_disabled", detail="No jobs are currently being accepted.")


@pytest.fixture
def accepting(owners):
    owners.judge(c.SubmitPackageJob, Accepted(http=201, result=job()))
    return owners


async def test_a_job_is_accepted_with_its_id(http, accepting, mapper):
    answer = await http.post(JOBS, json={**ONE, "redo": True, "options": {"raster": "COG"}}, headers=mapper)
    assert (answer.status_code, list(answer.json())) == (202, ["job_id"])
    assert answer.headers["location"].endswith(f"/api/v1/jobs/{UUID(answer.json()['job_id'])}")
    sent = accepting.last(c.SubmitPackageJob)
    assert (sent["area"]["boundary_name"], sent["processors"]) == ("gambia", ONE["processors"])
    assert (sent["redo"], sent["options"]["raster"], sent["notify"]) == (True, "COG", True)


async def test_an_owner_that_is_silent_does_not_hold_the_job_up(http, owners, mapper, monkeypatch):
    monkeypatch.setattr("gateway.http.commands.VERDICT_WAIT", 0.05)
    key = mapper | {"idempotency-key": uuid4().hex}
    first, again = [await http.post(JOBS, json=ONE, headers=key) for _ in range(2)]
    assert first.status_code == again.status_code == 202
    assert first.json() == again.json()
    heard = [headers["ce-id"] for kind, _, headers in owners.heard if kind == c.SubmitPackageJob.ce_type()]
    assert first.json()["job_id"] in heard[0]


async def test_an_own_area_needs_no_boundary(http, accepting, mapper):
    body = {"area": AREA, "title": "My valley", "processors": ONE["processors"]}
    assert (await http.post(JOBS, json=body, headers=mapper)).status_code == 202
    assert accepting.last(c.SubmitPackageJob)["area"]["geometry"] == AREA


def large_area(vertices: int) -> str:
    """GeoJSON with strings in which brackets and quotes stand."""
    ring = ",".join(f"[{n / 10_000_000:.7f},0.5]" for n in range(vertices))
    return f'{{"type": "Feature", "properties": {{"a\\"}}": "]}}{{"}}, "geometry": {{"coordinates": [[{ring}]]}}}}'


async def test_a_large_own_area_travels_as_its_text(http, door_bus, accepting, mapper, monkeypatch):
    staged = []

    async def put_file(storage, command_id, body):
        staged.append(orjson.loads(body.file.read()))
        return {}

    monkeypatch.setattr("kit.messaging.staging.put_file", put_file)
    monkeypatch.setattr(door_bus, "storage", object())
    area = large_area(80_000)
    body = f'{{"title": "area", "area" : {area}, "processors": ["test_processor.version_1"]}}'
    assert len(body) > 1 << 20
    answer = await http.post(JOBS, content=body, headers=mapper | {"content-type": "application/json"})
    assert answer.status_code == 202, answer.text
    assert staged[0]["area"] == {"boundary_name": None, "geometry": None, "text": area, "title": "area"}
    assert staged[0]["processors"] == ONE["processors"]


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ('{"area": {"a": "' + "x" * (1 << 20), 422), ('{"title": "' + "x" * (1 << 20) + '", "processors": []}', 413),
        ('{"area": ' + "[" * (1 << 20), 413), ('{"area": {' + '"\\"' * (1 << 19), 422),
        ('{"area": {"a": [' + '"",' * 1_000_001, 413),
        ('{"area": {"a": [' + "{}," * 400_000, 413),
        ('{"area": {"a": "' + "x" * (1 << 20) + '"}, "boundary_name": "gambia", "processors": ["a.b"]}', 422),
    ],
)  # fmt: skip
async def test_large_bodies_that_do_not_fit(http, accepting, mapper, body, status):
    answer = await http.post(JOBS, content=body, headers=mapper | {"content-type": "application/json"})
    assert answer.status_code == status, answer.text[:500]
    assert not accepting.heard


async def test_no_query_parameter_changes_the_status(http, accepting, mapper):
    assert (await http.post(f"{JOBS}?status_code=200", json=ONE, headers=mapper)).status_code == 202


WRONG = [
    ({"processors": ONE["processors"]}, ["body", "boundary_name"]),
    ({"boundary_name": "gambia"}, ["body", "processors"]),
    ({**ONE, "processors": []}, ["body", "processors"]), ({**ONE, "processors": ["nodot"]}, ["body", "processors", 0]),
    ({**ONE, "processors": [f"a.v{n}" for n in range(51)]}, ["body", "processors"]),
    ({**ONE, "boundary_name": 3}, ["body", "boundary_name"]), ({**ONE, "area": AREA}, ["body", "boundary_name"]),
    ({**ONE, "processors": "a.b"}, ["body", "processors"]), ([], ["body"]),
]  # fmt: skip


@pytest.mark.parametrize(("body", "loc"), WRONG)
async def test_a_body_that_does_not_fit(http, accepting, mapper, body, loc):
    answer = await http.post(JOBS, json=body, headers=mapper)
    assert answer.status_code == 422
    assert answer.json()["detail"][0]["loc"] == loc
    assert {"loc", "msg", "type"} == answer.json()["detail"][0].keys()
    assert answer.json()["error"]["code"]
    assert not accepting.heard


async def test_duplicates_come_before_what_the_owner_refuses(http, owners, mapper):
    owners.judge(c.SubmitPackageJob, OFF)
    answer = await http.post(JOBS, json={**ONE, "processors": ["a.b", "a.b"]}, headers=mapper)
    assert (answer.status_code, answer.json()["detail"][0]["loc"]) == (422, ["body", "processors"])
    assert "duplicate processors not allowed" in answer.json()["detail"][0]["msg"]
    answer = await http.post(JOBS, json=ONE, headers=mapper)
    assert (answer.status_code, answer.json()["detail"]) == (400, OFF.detail)


async def test_who_may_submit(http, accepting, running_settings):
    assert (await http.post(JOBS, json=ONE)).status_code == 401
    running_settings("anonymous_jobs", True)
    assert (await http.post(JOBS, json=ONE)).status_code == 202


@pytest.fixture
def running_settings(http, monkeypatch):
    """Changes a setting of the gateway."""
    settings = http._transport.app.state.context.settings
    return lambda name, value: monkeypatch.setattr(settings, name, value)


async def test_members_that_do_not_apply_are_left_out(http, owners):
    tasks = [
        task(), task("EXECUTING", percent=30, stage="waiting", result={"x": 1}), task("SUCCESS", result={"a": True}),
        task("RETRY", percent=3), task("REVOKED", result={"revoked": "expired"}),
    ]  # fmt: skip
    number = uuid4()
    owners.answer(c.GetPackageJob, job(*tasks, job_id=number, percent=40, position=2))
    body = (await http.get(f"{JOBS}/{number}")).json()
    assert (body["job_group_status"], body["job_group_percent_complete"], body["position"]) == ("PENDING", 40, 2)
    always = {"processor_name", "job_id", "job_status"}
    more = [set(entry) - always for entry in body["job_group_processors"]]
    assert more == [set(), {"job_progress"}, {"job_result"}, set(), {"job_result"}]
    assert body["job_group_processors"][1]["job_progress"] == {"percent_complete": 30, "current_task": "waiting"}
    assert [entry["job_id"] for entry in body["job_group_processors"]] == [one.job_id for one in tasks]
    assert "ended_at" not in body


@pytest.mark.parametrize("name", ["never", str(UUID(int=5)), "1"])
async def test_an_unknown_job(http, owners, problem, name):
    owners.answer(c.GetPackageJob, Refused(kind=Kind.NOT_FOUND, code="job_not_found", detail="no"))
    assert problem(await http.get(f"{JOBS}/{name}"), 404)["detail"] == f"Job not found: {name}"


async def test_jobs_of_the_caller_are_listed(http, owners, mapper):
    owners.answer(c.ListPackageJobs, {"count": 3, "results": [job()]})
    assert (await http.get(JOBS)).status_code == 401
    body = (await http.get(f"{JOBS}?status=PENDING&boundary_name=gambia&limit=1", headers=mapper)).json()
    assert (body["count"], body["results"][0]["job_group_status"]) == (3, "PENDING")
    assert "offset=1" in body["next"]
    assert owners.last(c.ListPackageJobs)["status"] == "PENDING"
    assert (await http.get(f"{JOBS}?status=DONE", headers=mapper)).status_code == 422


async def test_a_job_is_cancelled(http, owners, mapper):
    number = uuid4()
    owners.judge(c.CancelPackageJob, Accepted(http=200, result=job(task("REVOKED"), job_id=number, cancelled=True)))
    answer = await http.delete(f"{JOBS}/{number}", headers=mapper)
    assert (answer.status_code, answer.json()["cancelled"]) == (200, True)
    assert owners.last(c.CancelPackageJob)["job_id"] == str(number)
    assert (await http.delete(f"{JOBS}/x", headers=mapper)).status_code == 404


async def test_an_estimate_makes_nothing(http, owners):
    owners.answer(c.EstimatePackage, {"processors": {"a.b": {"bytes": 5}}})
    body = {"area": AREA, "processors": ["a.b"]}
    assert (await http.post(f"{JOBS}/estimate", json=body)).json()["processors"]["a.b"] == {"bytes": 5}
    assert owners.last(c.EstimatePackage)["area"]["geometry"] == AREA

"""Jobs are taken, refused, listed, cancelled and forgotten: doors with a real database, no worker needed."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
import shapely
from packages_room import person

from catalog.packages.submissions import areas
from catalog.packages.submissions.tables import PackageJobRow, PackageTaskRow
from catalog.packages.submissions.upkeep import JobUpkeep
from contracts.catalog.package_jobs import JobArea, ListPackageJobs, SubmitPackageJob
from contracts.shared import ANONYMOUS
from kit.errors import NotFound
from kit.testing import ADMIN, eventually

QUICK = "quick.version_1"
pytestmark = pytest.mark.usefixtures("no_workers")


def square(side: float) -> dict[str, Any]:
    return shapely.geometry.mapping(shapely.box(20, 20, 20 + side, 20 + side))


async def refusal(packages, command: SubmitPackageJob, actor=None) -> tuple[str, str, str]:
    verdict = await packages.caller.send(command, actor or person())
    return verdict.kind.value, verdict.code, verdict.detail


@pytest.mark.parametrize(
    ("boundary", "processors", "wanted"),
    [
        ("nowhere", [QUICK, QUICK], ("unprocessable", "duplicate_processors", "duplicate processors not allowed")),
        ("nowhere", ["no.such"], ("invalid", "boundary_not_found", "Requested boundary nowhere could not be found")),
        ("mali", [QUICK, "no.such", "no.more"], ("invalid", "processor_unknown", "Invalid processor.version: no.such")),
    ],
)  # fmt: skip
async def test_checks_come_in_the_order_of_the_reference(packages, boundary, processors, wanted):
    command = SubmitPackageJob(area=JobArea(boundary_name=boundary), processors=processors)
    assert await refusal(packages, command) == wanted


async def test_intake_can_be_switched_off(packages, running, monkeypatch):
    from catalog.packages.submissions.rules import SubmissionRules

    rules = next(one for one in running.provides if isinstance(one, SubmissionRules))
    object.__setattr__(rules, "enabled", False)
    try:
        command = SubmitPackageJob(area=JobArea(boundary_name="nowhere"), processors=["no.such"])
        assert (await refusal(packages, command))[1:] == ("jobs_closed", "No jobs are currently being accepted.")
    finally:
        object.__setattr__(rules, "enabled", True)


@pytest.mark.parametrize(
    ("area", "code"),
    [
        (JobArea(), "area_missing"),
        (JobArea(boundary_name="gambia", geometry=square(1)), "area_missing"),
        (JobArea(geometry={"type": "Point", "coordinates": [1, 2]}), "outline_not_polygonal"),
        (JobArea(geometry=square(1), text="{}"), "outline_not_polygonal"),
        (JobArea(text="{"), "outline_unreadable"),
        (JobArea(geometry=square(10)), "outline_area"),
    ],
)
async def test_bad_areas_are_refused(packages, area, code):
    assert (await refusal(packages, SubmitPackageJob(area=area, processors=[QUICK])))[1] == code


async def test_a_large_own_area_is_read_in_a_child(packages):
    ring = shapely.Point(40, 40).buffer(1, quad_segs=2000)
    given = {"geometry": shapely.geometry.mapping(ring)}, {"text": shapely.to_geojson(ring)}
    commands = [SubmitPackageJob(area=JobArea(title="Disc", **one), processors=[QUICK]) for one in given]
    parsed, text = [(await packages.caller.send(command, person())).result for command in commands]
    assert (parsed["title"], parsed["boundary_name"][:3]) == ("Disc", "own")
    assert text["boundary_name"] == parsed["boundary_name"]


async def test_an_outline_that_crosses_itself_everywhere_is_refused_in_time(packages, monkeypatch):
    """Its repair would take minutes; meanwhile the service goes on."""
    monkeypatch.setattr(areas, "LIMIT", 1.0)
    ring = [[n % 2 * 50, n * 7919 % 997 / 20] for n in range(3000)]
    area = JobArea(geometry={"type": "Polygon", "coordinates": [[*ring, ring[0]]]})
    kind, code, detail = await refusal(packages, SubmitPackageJob(area=area, processors=[QUICK]))
    assert (kind, code, detail) == ("invalid", "outline_vertices", areas.TOO_COMPLEX)


async def test_the_id_of_a_job_is_that_of_its_command(packages):
    command_id, owner = uuid4(), person()
    area, processors = JobArea(boundary_name="togo"), ["slow.version_1", QUICK]
    command = SubmitPackageJob(area=area, processors=processors)
    first = await packages.caller.send(command, owner, command_id)
    again = await packages.caller.send(command, owner, command_id)
    assert first.result == again.result
    assert (first.result["id"], first.result["status"], first.result["percent"]) == (str(command_id), "PENDING", 0)
    assert [task["processor_name"] for task in first.result["tasks"]] == processors
    assert len({task["job_id"] for task in first.result["tasks"]} | {str(command_id)}) == 3
    await packages.cancel(str(command_id), owner)


async def test_unknown_jobs_and_those_of_others(packages):
    owner, missing = person(), uuid4()
    with pytest.raises(NotFound, match=f"Job not found: {missing}"):
        await packages.job(str(missing))
    job_id = await packages.submit("togo", "slow.version_1", actor=owner)
    assert (await packages.job(job_id))["user_id"] == owner.id, "who knows the id may read it"
    assert (await packages.cancel(job_id, person())).code == "job_not_found"
    assert (await packages.cancel(job_id, ANONYMOUS)).code == "job_not_found"
    listed = await packages.caller.ask(ListPackageJobs(), owner)
    assert [one["id"] for one in listed["results"]] == [job_id]
    assert (await packages.caller.ask(ListPackageJobs(), person()))["count"] == 0
    assert (await packages.caller.ask(ListPackageJobs(boundary_name="togo", status="PENDING"), ADMIN))["count"] >= 1
    cancelled = await packages.cancel(job_id, ADMIN)
    assert (cancelled.result["cancelled"], cancelled.result["tasks"][0]["job_status"]) == (True, "REVOKED")
    assert cancelled.result["tasks"][0]["result"] == {"revoked": "cancelled"}


async def test_unfinished_jobs_are_limited_for_users_only(packages):
    greedy = person()
    jobs = [await packages.submit("togo", "slow.version_1", actor=greedy) for _ in range(5)]
    verdict = await packages.ask("togo", QUICK, actor=greedy)
    assert (verdict.code, verdict.facts["limit"]) == ("too_many_unfinished", 5)
    assert (await packages.job(jobs[4]))["position"] >= 1
    ours = await packages.ask("togo", "slow.version_1", actor=ADMIN)
    assert ours.result["status"] == "PENDING"
    for job_id in (*jobs, ours.result["id"]):
        await packages.cancel(job_id, ADMIN)


async def _stored(running, created: datetime, **more: Any) -> UUID:
    """A job whose messages are lost."""
    job_id = uuid4()
    job = PackageJobRow(
        id=job_id, work=job_id, user_id=5, boundary_name="chad", title="", outline=b"", outline_sha256="", options={},
        redo=False, notify=False, created_at=created, **more,
    )  # fmt: skip
    async with running.db.session() as session, session.begin():
        session.add(job)
        await session.flush()
        session.add_all(
            PackageTaskRow(job_id=job_id, number=number, id=uuid4(), processor=QUICK) for number in range(2)
        )
    return job_id


async def test_a_task_that_waits_too_long_is_revoked(running, packages):
    late = await _stored(running, datetime.now(UTC) - timedelta(hours=1))
    early = await _stored(running, datetime.now(UTC))
    await JobUpkeep(expiry=1800, retention=1e9).look(running)
    tasks = (await packages.job(str(late)))["tasks"]
    assert {(one["job_status"], one["code"]) for one in tasks} == {("REVOKED", "revoked")}
    assert tasks[0]["result"] == {"revoked": "waited longer than 1800 s"}
    assert {one["job_status"] for one in (await packages.job(str(early)))["tasks"]} == {"PENDING"}
    async with running.db.session() as session:
        assert (await session.get(PackageJobRow, late)).finalising_at is not None


async def test_records_are_forgotten_after_their_time(running, packages):
    ended = datetime.now(UTC) - timedelta(days=2)
    old = await _stored(running, ended, status="COMPLETE", ended_at=ended)
    await JobUpkeep(expiry=1e9, retention=86_400).look(running)

    async def is_gone() -> bool:
        try:
            await packages.job(str(old))
        except NotFound:
            return True
        return False

    await eventually(is_gone)

"""A push to Mapswipe: who may ask for it, and the job against the sandbox's Mapswipe, which can be told to fail."""

import json
import re

import httpx
import pytest
from pydantic import SecretStr
from sqlalchemy import text

from contracts.prediction.mapswipe import GetMapswipe, MapswipeJob, PushToMapswipe
from kit.errors import NotFound
from kit.jobs import JobContext
from kit.messaging.envelope import headers_of, new_id, opened
from kit.testing import MAPPER, STRANGER, Caller
from prediction.main import build_worker
from prediction.mapswipe.client import Mapswipe
from prediction.mapswipe.domain import ulid
from prediction.mapswipe.push import Crowd, push
from prediction.mapswipe.queries import Projects
from prediction.runs.queries import output_folder
from stack.home import Home
from stack.sandbox import mapswipe as theirs
from stack.sandbox import sandbox

WISHES = {
    "topic": "Roofs", "region": "Hilltop", "look_for": "buildings", "description": "Found by a model.",
    "instruction": "Is it a roof?", "project_number": 1,
}  # fmt: skip
FEATURES = {"type": "FeatureCollection", "features": [{"type": "Feature", "geometry": None, "properties": {}}]}


@pytest.fixture(scope="module")
def mapswipe(tmp_path_factory):
    daemon, url = sandbox("mapswipe", home=Home(tmp_path_factory.mktemp("mapswipe")))
    daemon.start()
    yield url
    daemon.stop()


@pytest.fixture
def on(running, settings, mapswipe, monkeypatch):
    """The feature switched on, for the service and for a worker's tools."""
    values = {
        "mapswipe": True, "mapswipe_backend": mapswipe, "mapswipe_manager": theirs.MANAGER,
        "mapswipe_csrf": theirs.COOKIE, "mapswipe_auth_url": f"{mapswipe}/firebase/signIn",
        "mapswipe_username": theirs.EMAIL, "mapswipe_password": SecretStr(theirs.PASSWORD),
        "outbound_allow": f"{settings.outbound_allow},{mapswipe.removeprefix('http://')}",
    }  # fmt: skip
    ours = settings.model_copy(update=values)
    projects = next(one for one in running.provides if isinstance(one, Projects))
    monkeypatch.setattr(projects, "settings", ours)
    monkeypatch.setattr(projects, "mapswipe", Mapswipe(ours, ours.outbound_allow))
    return next(one for one in build_worker(ours).provides if isinstance(one, Crowd))


@pytest.fixture
def prediction(running, tiles_url):
    async def make(ready: bool = True) -> int:
        sql = """insert into predictions (user_id, model_stac_id, facts, image_uri, geom, zoom, params, remove_osm,
            description, visibility, status, error, attempt, first_attempt, graceful, has_pmtiles, results_ready,
            feature_count, submitted_at, touched_at, due_at) values (%s, 'toy', '{}', %s,
            ST_GeomFromText('POINT(1 1)', 4326), 19, '{}', false, '', 'private', 'completed', '', 1, 1, false, false,
            %s, 1, now(), now(), now()) returning id"""
        async with running.db.raw() as connection:
            image_uri = f"{tiles_url}/predict/{{z}}/{{x}}/{{y}}.jpg"
            return (await (await connection.execute(sql, (MAPPER.id, image_uri, ready))).fetchone())[0]

    return make


@pytest.fixture
def deliver(running, on):
    async def once(prediction_id: int, delivery: int = 1) -> None:
        job = MapswipeJob(prediction_id=prediction_id, attempt=1)
        envelope = opened(job.model_dump_json().encode(), headers_of(job, "prediction", MAPPER, new_id()))
        await push(job, JobContext(envelope, running.db, running.bus, running.relay, "prediction", delivery), on)

    return once


@pytest.fixture
def asked(caller: Caller, storage, prediction, on):
    async def ask() -> int:
        prediction_id = await prediction()
        await storage.put(f"{output_folder(prediction_id)}/predictions.geojson", json.dumps(FEATURES).encode())
        verdict = await caller.send(PushToMapswipe(prediction_id=prediction_id, wishes=WISHES))
        assert verdict.result["state"] == "queued"
        return prediction_id

    return ask


async def trouble(mapswipe: str, kind: str, times: int = 1) -> None:
    async with httpx.AsyncClient(trust_env=False) as http:
        (await http.post(f"{mapswipe}/sandbox/trouble", json={"kind": kind, "times": times})).raise_for_status()


async def projects(mapswipe: str) -> list[dict]:
    async with httpx.AsyncClient(trust_env=False) as http:
        return (await http.get(f"{mapswipe}/sandbox/projects")).json()


async def told(running, prediction_id: int) -> list[str]:
    async with running.db.session() as session:
        rows = await session.execute(
            text("select mapswipe_project_id from predictions where id = :id"), {"id": prediction_id}
        )
        return list(rows.scalars())


def test_ulid_sorts_by_time():
    assert re.fullmatch(r"[0-7][0-9A-HJKMNP-TV-Z]{25}", ulid(1_700_000_000_000))
    assert ulid(1) < ulid(2) < ulid(1_700_000_000_000)


@pytest.mark.spec("8.6", "POST /predictions/{id}/mapswipe/")
@pytest.mark.spec("8.6", "disabled 503")
@pytest.mark.spec("8.6", "not ready 409")
@pytest.mark.spec("8.6", "order of checks")
async def test_checks_come_in_their_order(caller: Caller, prediction, request):
    unready = PushToMapswipe(prediction_id=await prediction(False), wishes={})
    assert (await caller.send(unready, STRANGER)).code == "prediction_not_found"
    off = await caller.send(unready)
    assert (off.facts["http"], "disabled" in off.detail) == (503, True)
    request.getfixturevalue("on")
    assert (await caller.send(unready)).code == "results_not_ready"
    bad = await caller.send(PushToMapswipe(prediction_id=await prediction(), wishes=WISHES | {"topic": "x" * 201}))
    assert (bad.code, list(bad.facts)) == ("invalid_request", ["topic"])


async def test_pushed_project_can_be_worked_on(running, caller: Caller, mapswipe, asked, deliver):
    prediction_id = await asked()
    await deliver(prediction_id)
    state = await caller.ask(GetMapswipe(prediction_id=prediction_id))
    assert (state["state"], state["reason"]) == ("pushed", "")
    assert await told(running, prediction_id) == [state["mapswipe_project_id"]]
    kept = next(one for one in await projects(mapswipe) if one["id"] == state["mapswipe_project_id"])
    assert (kept["status"], kept["features"], kept["cover"] > 0) == ("READY", 1, True)
    source = kept["data"]["projectTypeSpecifics"]["validate"]["objectSource"]["objectGeojsonUrl"]
    assert "X-Amz-Expires=604800" in source
    with pytest.raises(NotFound):
        await caller.ask(GetMapswipe(prediction_id=prediction_id), STRANGER)


@pytest.mark.parametrize(
    ("kind", "words"), [("refuse_login", "refuses our account"), ("errors", "organization does not")]
)
async def test_refusal_is_told_at_once(caller: Caller, mapswipe, asked, deliver, kind, words):
    prediction_id = await asked()
    await trouble(mapswipe, kind)
    await deliver(prediction_id)
    state = await caller.ask(GetMapswipe(prediction_id=prediction_id))
    assert (state["state"], words in state["reason"]) == ("failed", True)


async def test_lost_answer_makes_no_second_project(caller: Caller, mapswipe, asked, deliver):
    prediction_id, before = await asked(), len(await projects(mapswipe))
    await trouble(mapswipe, "lose_answer")
    with pytest.raises(Exception, match="cannot be reached"):
        await deliver(prediction_id)
    await deliver(prediction_id, 2)
    assert (await caller.ask(GetMapswipe(prediction_id=prediction_id)))["state"] == "pushed"
    assert len(await projects(mapswipe)) == before + 1

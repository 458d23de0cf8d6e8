"""A push to Mapswipe: who may ask for it, and the job against the sandbox's Mapswipe, which can be told to fail."""

import asyncio
import json
import re
import subprocess
import sys
from itertools import count

import httpx
import pytest
from pydantic import SecretStr, ValidationError
from sqlalchemy import text
from ulid import ULID

from contracts.prediction.mapswipe import GetMapswipe, MapswipeJob, PushToMapswipe
from kit.jobs.context import JobContext
from kit.messaging.envelope import headers_of, new_id, opened
from kit.testing import MAPPER, Caller, eventually
from prediction.main import build_worker
from prediction.mapswipe.client import Mapswipe, MapswipeError
from prediction.mapswipe.error_texts import refusal_text
from prediction.mapswipe.jobs.handlers import on_give_up
from prediction.mapswipe.jobs.push import OUR_FAULT, MapswipeContext, push
from prediction.mapswipe.queries import Projects
from prediction.mapswipe.settings import NEEDED
from prediction.results.addresses import output_folder
from prediction.settings import Settings
from stack.home import Home
from stack.sandbox import mapswipe as theirs
from stack.sandbox import sandbox

WISHES = {
    "topic": "Roofs", "region": "Hilltop", "look_for": "buildings", "description": "Found by a model.",
    "instruction": "Is it a roof?",
}  # fmt: skip
NUMBERS = count(1)
"""Mapswipe wants names that differ."""
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
        "allow_services": mapswipe.removeprefix("http://"),
        "mapswipe_poll_interval": 0,
    }  # fmt: skip
    ours = settings.model_copy(update=values)
    projects = next(one for one in running.provides if isinstance(one, Projects))
    monkeypatch.setattr(projects, "settings", ours)
    monkeypatch.setattr(projects, "mapswipe", Mapswipe(ours, ours.allow_services))
    return next(one for one in build_worker(ours).provides if isinstance(one, MapswipeContext))


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
    async def once(prediction_id: int, delivery: int = 1, run=push) -> None:
        job = MapswipeJob(prediction_id=prediction_id, attempt=1)
        envelope = opened(job.model_dump_json().encode(), headers_of(job, "prediction", MAPPER, new_id()))
        context = JobContext(envelope, running.db, running.bus, running.relay, "prediction", delivery)
        await (run(job, context) if run is on_give_up else run(job, context, on))

    return once


@pytest.fixture
def asked(caller: Caller, storage, prediction, on):
    async def ask() -> int:
        prediction_id = await prediction()
        await storage.put(f"{output_folder(prediction_id)}/predictions.geojson", json.dumps(FEATURES).encode())
        wishes = WISHES | {"project_number": next(NUMBERS)}
        verdict = await caller.send(PushToMapswipe(prediction_id=prediction_id, wishes=wishes))
        assert verdict.result["state"] == "queued"
        return prediction_id

    return ask


async def trouble(mapswipe: str, kind: str, times: int = 1, at: str = "") -> None:
    async with httpx.AsyncClient(trust_env=False) as http:
        (
            await http.post(f"{mapswipe}/sandbox/trouble", json={"kind": kind, "times": times, "at": at})
        ).raise_for_status()


async def held(mapswipe: str) -> int:
    async with httpx.AsyncClient(trust_env=False) as http:
        return (await http.get(f"{mapswipe}/sandbox/trouble")).json()["held"]


async def projects(mapswipe: str) -> list[dict]:
    async with httpx.AsyncClient(trust_env=False) as http:
        return (await http.get(f"{mapswipe}/sandbox/projects")).json()


async def emitted(running, prediction_id: int) -> list[str]:
    """What was said of the push in events."""
    sql = """select split_part(subject, '.', 4) from outbox where subject like 'evt.prediction.v1.mapswipe%'
        and convert_from(data, 'utf8')::jsonb ->> 'prediction_id' = :id order by seq"""
    async with running.db.session() as session:
        return list((await session.execute(text(sql), {"id": str(prediction_id)})).scalars())


def test_ulid_sorts_by_time():
    assert re.fullmatch(r"[0-7][0-9A-HJKMNP-TV-Z]{25}", str(ULID.from_timestamp(1_700_000_000_000)))
    assert str(ULID.from_timestamp(1)) < str(ULID.from_timestamp(2)) < str(ULID.from_timestamp(1_700_000_000_000))


@pytest.mark.parametrize(
    ("errors", "words"),
    [
        ([{"message": "No such thing."}], "No such thing."),
        ([{"field": "topic", "messages": "Taken.\n\x07 Choose another."}], "topic: Taken. Choose another."),
        ([{"field": "a", "objectErrors": [{"field": "b", "messages": "bad"}]}], "b: bad"),
        ({"nonsense": 5}, "it gives no reason"),
        (None, "it gives no reason"),
    ],
)
def test_refusal_is_a_sentence(errors, words):
    assert refusal_text(errors) == f"Mapswipe refused the project: {words}"
    assert len(refusal_text([{"message": "x" * 5000}])) < 400


async def test_later_delivery_has_the_push(running, caller: Caller, mapswipe, asked, deliver):
    """A worker that was asleep while another did its work changes nothing when it wakes."""
    prediction_id, before = await asked(), len(await projects(mapswipe))
    await trouble(mapswipe, "hold", at="createProject")
    sleeper = asyncio.create_task(deliver(prediction_id))

    async def asleep() -> bool:
        return await held(mapswipe) == 1

    await eventually(asleep)
    await deliver(prediction_id, 2)
    done = await caller.ask(GetMapswipe(prediction_id=prediction_id))
    await trouble(mapswipe, "")
    await sleeper
    await deliver(prediction_id, 1)
    assert done["state"] == "pushed"
    assert await caller.ask(GetMapswipe(prediction_id=prediction_id)) == done
    assert len(await projects(mapswipe)) == before + 1
    assert await emitted(running, prediction_id) == ["mapswipe_project_created"]


async def test_sleeper_does_not_touch_what_another_is_at(caller: Caller, mapswipe, asked, deliver):
    prediction_id = await asked()
    await trouble(mapswipe, "hold", 2, at="createProjectAsset")
    sleeper = asyncio.create_task(deliver(prediction_id))

    async def asleep(number: int = 1) -> bool:
        return await held(mapswipe) == number

    await eventually(asleep)
    successor = asyncio.create_task(deliver(prediction_id, 2))
    await eventually(lambda: asleep(2))
    sleeper.cancel()
    with pytest.raises(asyncio.CancelledError):
        await sleeper
    await deliver(prediction_id, 1, on_give_up)
    assert (await caller.ask(GetMapswipe(prediction_id=prediction_id)))["state"] == "pushing"
    await trouble(mapswipe, "")
    await successor
    assert (await caller.ask(GetMapswipe(prediction_id=prediction_id)))["state"] == "pushed"


async def test_push_whose_workers_died_has_failed(running, caller: Caller, mapswipe, asked, deliver):
    prediction_id = await asked()
    await trouble(mapswipe, "down", 9)
    with pytest.raises(MapswipeError):
        await deliver(prediction_id)
    await deliver(prediction_id, 4, on_give_up)
    await deliver(prediction_id, 4, on_give_up)
    state = await caller.ask(GetMapswipe(prediction_id=prediction_id))
    assert (state["state"], state["reason"]) == ("failed", OUR_FAULT)
    assert await emitted(running, prediction_id) == ["mapswipe_failed"]
    await trouble(mapswipe, "")


async def test_last_delivery_tells_why(caller: Caller, mapswipe, asked, deliver):
    prediction_id = await asked()
    await trouble(mapswipe, "down", 9)
    await deliver(prediction_id, 3)
    assert "HTTP 502" in (await caller.ask(GetMapswipe(prediction_id=prediction_id)))["reason"]
    await trouble(mapswipe, "")


async def test_push_that_nobody_ends_may_be_asked_for_anew(running, caller: Caller, asked, deliver):
    prediction_id = await asked()
    anew = PushToMapswipe(prediction_id=prediction_id, wishes=WISHES | {"project_number": next(NUMBERS)})
    assert (await caller.send(anew)).code == "push_under_way"
    async with running.db.session() as session:
        old = text("update mapswipe_pushes set updated_at = now() - interval '11 minutes' where prediction_id = :id")
        await session.execute(old, {"id": prediction_id})
        await session.commit()
    assert (await caller.send(anew)).result["state"] == "queued"
    await deliver(prediction_id)
    assert (await caller.ask(GetMapswipe(prediction_id=prediction_id)))["state"] == "queued", "the old job is void"


async def test_push_of_a_deleted_prediction_ends(running, mapswipe, asked, deliver):
    prediction_id = await asked()
    await trouble(mapswipe, "hold", at="createProject")
    working = asyncio.create_task(deliver(prediction_id))

    async def at_it() -> bool:
        return await held(mapswipe) == 1

    await eventually(at_it)
    async with running.db.session() as session:
        await session.execute(text("delete from predictions where id = :id"), {"id": prediction_id})
        await session.commit()
    await trouble(mapswipe, "")
    await working
    await deliver(prediction_id, 2)
    assert await emitted(running, prediction_id) == []


@pytest.mark.parametrize(
    ("kind", "at", "words"),
    [("slow", "createProject", "in time"), ("hold", "signIn", "in time"), ("huge", "createProject", "too large")],
)
async def test_answers_have_limits(mapswipe, on, kind, at, words):
    client = Mapswipe(on.mapswipe.settings, ",".join(f"{host}:{port}" for host, port in on.mapswipe.allow), 0.5)
    await trouble(mapswipe, kind, at=at)
    with pytest.raises(MapswipeError, match=words):
        async with client.session() as session:
            await session.create_project({"clientId": str(ULID.from_timestamp(1))})
    await trouble(mapswipe, "")


@pytest.mark.parametrize("address", ["http://127.0.0.1:9", "http://169.254.169.254", "https://localhost"])
async def test_private_addresses_are_not_asked(on, address):
    settings = on.mapswipe.settings.model_copy(update={"mapswipe_backend": address})
    with pytest.raises(MapswipeError, match=r"Only https|not on the public internet"):
        async with Mapswipe(settings, "").session():
            pass


async def test_mapswipe_is_asked_once_by_many(caller: Caller, mapswipe, asked, deliver):
    """And its silence is told, within the limit of a question."""
    prediction_id = await asked()
    await deliver(prediction_id)
    query = GetMapswipe(prediction_id=prediction_id)
    await trouble(mapswipe, "hold", 9, at="project")
    states = await asyncio.gather(*(caller.ask(query) for _ in range(8)))
    assert {(state["state"], state["reason"]) for state in states} == {("pushed", "Mapswipe does not answer in time.")}
    assert await held(mapswipe) == 1
    await trouble(mapswipe, "")
    query = query.model_copy(update={"details": False})
    assert (await caller.ask(query))["details"] is None


@pytest.mark.spec("20.1", "mapswipe without credentials")
@pytest.mark.parametrize("missing", sorted(NEEDED.values()))
def test_no_start_without_credentials(missing):
    given = {"ENABLE_MAPSWIPE": "true", **{name: "x" for name in NEEDED.values() if name != missing}}
    given |= {missing: "", "DATABASE_URL": "postgresql://x/y"}
    with pytest.raises(ValidationError, match=f"{missing} is required with ENABLE_MAPSWIPE"):
        Settings(**given)
    Settings(**given | {"ENABLE_MAPSWIPE": "false"})


@pytest.mark.spec("20.1", "mapswipe without credentials")
def test_process_ends_without_credentials():
    env = {"ENABLE_MAPSWIPE": "true", "DATABASE_URL": "postgresql://x/y"}
    done = subprocess.run(
        [sys.executable, "-m", "prediction"], env=env, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode != 0
    assert "MAPSWIPE_CSRFTOKEN_KEY is required" in done.stdout + done.stderr

"""Small areas at once, by the plug-in's own `predict` in a warm child."""

import asyncio
import json
import os
import time

import pytest
from conftest import COLUMN, ROW
from morecantile import tms
from prediction_values import facts_of

from contracts.catalog.models import BaseModelRegistered
from contracts.prediction import PredictLive
from contracts.shared import ANONYMOUS
from kit.errors import Invalid, NotFound, Unavailable, Unprocessable
from kit.testing import ADMIN, MAPPER, Caller, eventually
from prediction.inference import process_pool
from prediction.inference.domain import CannotPredict
from prediction.inference.process_pool import Busy, WarmProcess, WarmProcessPool
from prediction.main import environment

GRID = tms.get("WebMercatorQuad")
SLEEP = 8.0
"""Seconds of a slow prediction."""


def wish(tiles_url: str, bounds, **changes) -> PredictLive:
    values = {
        "model_stac_id": "toy", "image_uri": f"{tiles_url}/predict/{{z}}/{{x}}/{{y}}.jpg", "bbox": bounds, "zoom": 19,
    }  # fmt: skip
    return PredictLive.model_validate(values | changes)


@pytest.mark.spec("21.5", "live inference")
async def test_answer_is_there_and_the_child_stays_warm(running, caller: Caller, model, tiles_url, village):
    first = await caller.ask(wish(tiles_url, village))
    assert sorted(first["features"][0]["properties"]) == ["chip", "confidence"]
    started = time.monotonic()
    assert await caller.ask(wish(tiles_url, village)) == first
    assert len(first["features"]) == 16
    assert time.monotonic() - started < 10
    none = await caller.ask(wish(tiles_url, village, params={"confidence_threshold": 1.0}), ANONYMOUS)
    assert (none["type"], none["features"]) == ("FeatureCollection", [])


async def test_a_box_within_a_tile_is_looked_at_and_has_what_belongs_to_it(running, caller: Caller, model, tiles_url):
    """It has the middle of two tiles, the corner of each has none; to the west there is no imagery."""
    west, south, east, north = GRID.bounds(COLUMN, ROW, 19)
    width, height = east - west, north - south
    box = (west + 0.4 * width, south + 0.4 * height, east + 0.6 * width, south + 0.6 * height)
    answer = await caller.ask(wish(tiles_url, box))
    assert len(answer["features"]) == 2
    assert (answer["outcome"]["tiles"]["wanted"], answer["outcome"]["features"]["wanted"]) == (2, 2)
    corner = (west - 0.1 * width, south + 0.1 * height, west + 0.1 * width, south + 0.2 * height)
    none = await caller.ask(wish(tiles_url, corner))
    assert none["features"] == []
    assert [none["outcome"][of]["left_out"][0]["count"] for of in ("tiles", "features")] == [1, 1]


WRONG = {
    "too many tiles": ({"bbox": (34.0, -4.0, 34.1, -3.9)}, Invalid, "more than 256 tiles"),
    "zoom": ({"zoom": 23}, Invalid, "14 and 22"),
    "empty bbox": ({"bbox": (35.0, -3.5, 34.0, -3.4)}, Invalid, "west < east"),
    "params": ({"params": {"confidence_threshold": 2}}, Invalid, "within 0 and 1"),
    "private imagery": ({"image_uri": "https://10.0.0.1/{z}/{x}/{y}"}, Invalid, "public internet"),
    "no template": ({"image_uri": "https://img.example.org"}, Invalid, "placeholders"),
    "model's own refusal": ({"params": {"mode": "raise"}}, Invalid, "refuses this imagery"),
    "large answer": ({"params": {"mode": "flood"}}, Invalid, "too large"),
    "unknown model": ({"model_stac_id": "hidden"}, NotFound, "no model hidden"),
}


@pytest.mark.parametrize("name", WRONG)
async def test_what_cannot_be_asked_is_refused_in_words(
    running, caller: Caller, model, hidden, tiles_url, village, name
):
    changes, error, words = WRONG[name]
    with pytest.raises(error, match=words):
        await caller.ask(wish(tiles_url, village, **changes))


async def test_missing_imagery_is_told(running, caller: Caller, model, tiles_url, village):
    with pytest.raises(Unprocessable, match="No imagery could be downloaded"):
        await caller.ask(wish(tiles_url, village, image_uri=f"{tiles_url}/none/{{z}}/{{x}}/{{y}}.jpg"))


@pytest.fixture
async def hidden(running, caller: Caller) -> None:
    event = BaseModelRegistered(
        model_id=4, name="hidden", user_id=ADMIN.id, visibility="private", facts=facts_of("hidden")
    )
    await caller.publish(event, ADMIN)

    async def known() -> bool:
        async with running.db.raw() as connection:
            cursor = await connection.execute("select 1 from known_models where stac_item_id = 'hidden'")
            return bool(await cursor.fetchone())

    await eventually(known)


@pytest.fixture
async def child(settings, monkeypatch):
    one = WarmProcess(environment(settings))
    await one.run(os.getpid)
    monkeypatch.setattr(process_pool, "CALL_TIMEOUT", 2.0)
    yield one
    one.end()


async def test_child_is_the_same_until_it_hangs(child):
    first = await child.run(os.getpid)
    assert await child.run(os.getpid) == first
    with pytest.raises(CannotPredict, match="took too long"):
        await child.run(time.sleep, 60)
    process_pool.CALL_TIMEOUT = 30.0
    assert await child.run(os.getpid) != first


async def test_dead_child_is_replaced(child):
    process_pool.CALL_TIMEOUT = 30.0
    with pytest.raises(CannotPredict, match="died"):
        await child.run(os._exit, 9)
    assert await child.run(abs, -1) == 1


async def test_idle_child_gives_its_memory_back(child, monkeypatch):
    monkeypatch.setattr(process_pool, "IDLE_TIMEOUT", 0.1)
    pid = await child.run(os.getpid)
    await eventually(lambda: not os.path.exists(f"/proc/{pid}"))


async def test_long_queue_is_refused(settings):
    with pytest.raises(Busy):
        await WarmProcessPool(environment(settings), size=0, waiting=0).run(abs, 1)


async def test_strangers_leave_room_for_who_is_logged_in(running, caller: Caller, model, tiles_url, village):
    """Ten strangers with slow predictions at once: three wait or work, and one of the two children is left."""
    slow = wish(tiles_url, village, params={"sleep": SLEEP})
    await asyncio.gather(*(caller.bus.ask(wish(tiles_url, village), MAPPER, wait=90) for _ in range(2)))
    strangers = [asyncio.create_task(_asked(caller, slow)) for _ in range(10)]
    refused = await _first(strangers, 7)
    assert refused == ["neighbour_busy"] * 7
    known = [caller.bus.ask(wish(tiles_url, village), MAPPER, wait=90) for _ in range(4)]
    answers = [json.loads(answer) for answer in await asyncio.gather(*known)]
    assert [len(answer["features"]) for answer in answers] == [16] * 4
    assert any(not one.done() for one in strangers), "nobody had to wait for all strangers"
    assert sorted([await one for one in strangers]) == ["answered"] * 3 + ["neighbour_busy"] * 7


async def _asked(caller: Caller, query: PredictLive) -> str:
    try:
        await caller.bus.ask(query, ANONYMOUS, wait=90)
    except Unavailable as refusal:
        return refusal.code
    return "answered"


async def _first(tasks: list[asyncio.Task[str]], count: int) -> list[str]:
    ended = asyncio.as_completed(tasks, timeout=30)
    return [await next(ended) for _ in range(count)]

"""Live samples: who gets what, what is sent again, how a stream survives the death of its gateway."""

import asyncio
import json
import os
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from itertools import count
from typing import Any

import httpx
import orjson
import pytest
from test_streaming_events import Stream

from contracts.notify.channels import FindChannel
from contracts.notify.samples import SUBJECT
from contracts.verdict import Kind, Refused
from gateway.streaming import sample_hub, sample_stream
from gateway.streaming.sample_frames import mentions, samples_by_channel
from kit.testing import eventually

T0 = 1_700_000_000_000_000_000
PATH = "/api/v1/channels/stream"
numbers = count()


def channel(asked: dict[str, Any]) -> Any:
    name = asked["channel_name"]
    if name == "unknown":
        return Refused(kind=Kind.NOT_FOUND, code="channel_not_found", detail="There is no such channel.")
    return {"backend": asked["backend"] or "platform", "name": name, "seriesId": "5", "source": "", "type": "f64",
            "shape": [], "unit": "", "description": ""}  # fmt: skip


@pytest.fixture
def known(owners):
    owners.answer(FindChannel, channel)


@pytest.fixture
def name() -> str:
    return f"stream-{next(numbers)}/loss"


@asynccontextmanager
async def watching(http: httpx.AsyncClient, *names: str, after: str = "", **query: str) -> AsyncIterator[Stream]:
    headers = {"last-event-id": after} if after else {}
    async with http.stream("GET", PATH, params={"channel_name": names, **query}, headers=headers) as response:
        assert response.status_code == 200, await response.aread()
        opened = Stream(response)
        assert list(await opened.frame() or {}) == ["retry"]
        yield opened


async def begun(stream: Stream) -> str:
    frame = await stream.frame()
    assert frame
    assert frame["event"] == "position"
    return frame["id"]


async def say(caller, name: str, *values: Any, ts: int = T0, **more: Any) -> None:
    samples = [{"name": name, "ts": ts + place, "value": value, **more} for place, value in enumerate(values)]
    await caller.bus.js.publish(SUBJECT, orjson.dumps({"samples": samples}))


async def values(stream: Stream, number: int) -> list[Any]:
    """A reader who had everything is told the position again."""
    found: list[Any] = []
    while len(found) < number:
        frame = await stream.frame()
        assert frame
        assert frame["event"] in ("samples", "position"), frame
        found += [sample["value"] for sample in json.loads(frame["data"]).get("samples", ())]
    return found


async def test_a_reader_gets_the_samples_of_the_channels_asked_for(http, caller, known, name):
    other = f"{name}/other"
    async with watching(http, name, other) as both, watching(http, name, backend="training") as training:
        await begun(both)
        await begun(training)
        await say(caller, f"{name}/third", 1.0)
        await say(caller, name, 1.5, pulse_id=3)
        await say(caller, name, 2, backend="training")
        await say(caller, other, "x", type="string")
        await say(caller, other, 3.5, 4.5)
        frame = await both.frame()
        assert json.loads(frame["data"]) == {"samples": [
            {"backend": "platform", "name": name, "type": "f64", "ts": str(T0), "value": 1.5, "pulse_id": 3}
        ]}  # fmt: skip
        assert await values(both, 2) == [3.5, 4.5]
        assert await values(training, 1) == [2]


async def test_what_the_recorder_refuses_is_not_shown(http, caller, known, name):
    async with watching(http, name) as mine:
        await begun(mine)
        await say(caller, name, 1.0, [True])
        await caller.bus.js.publish(SUBJECT, b'{"samples": [' + name.encode())
        await say(caller, name, 2.0)
        assert await values(mine, 1) == [2.0]


async def test_a_stream_resumes_where_it_broke_even_before_its_first_sample(http, caller, known, name):
    async with watching(http, name) as first:
        start = await begun(first)
    await say(caller, name, 1.0)
    await say(caller, f"{name}/other", 1.5)
    await say(caller, name, 2.0)
    async with watching(http, name, after=start) as again:
        assert await values(again, 2) == [1.0, 2.0]
        await say(caller, name, 3.0)
        assert await values(again, 1) == [3.0]


@pytest.mark.parametrize("place", ["999999999", "0"])
async def test_a_place_that_cannot_be_resumed_asks_to_read_the_curve_again(
    http, caller, known, name, place, monkeypatch
):
    monkeypatch.setattr(sample_stream, "MOST", 0)
    await say(caller, name, 1.0)
    async with watching(http, name, after=place) as mine:
        frame = await mine.frame()
        assert frame["event"] == "resync"
        await begun(mine)
        await say(caller, name, 4.0)
        assert await values(mine, 1) == [4.0]


async def test_no_sample_is_lost_when_the_gateway_is_killed(http, caller, known, name, start):
    """Samples come all the time; each reader of the dead gateway resumes at the other one."""
    total, got = 60, list[int]()

    async def talk() -> None:
        for number in range(total):
            await say(caller, name, number, ts=T0 + number)
            await asyncio.sleep(0.02)

    with start() as (public, internal, pid):
        async with httpx.AsyncClient(base_url=public, timeout=20, trust_env=False) as doomed:
            await eventually(lambda: _ready(internal), 60)
            async with watching(doomed, name) as mine:
                last = await begun(mine)
                talking = asyncio.create_task(talk())
                while len(got) < total // 3:
                    frame = await mine.frame()
                    last = frame["id"]
                    got += [sample["value"] for sample in json.loads(frame["data"])["samples"]]
                os.kill(pid, signal.SIGKILL)
                await _broken(mine)
        async with watching(http, name, after=last) as again:
            got += await values(again, total - len(got))
        await talking
    assert got == list(range(total))


async def _broken(stream: Stream) -> None:
    with suppress(httpx.RemoteProtocolError):
        while await stream.frame():
            pass


async def _ready(internal: str) -> bool:
    try:
        async with httpx.AsyncClient(trust_env=False) as client:
            return (await client.get(f"{internal}/readyz")).status_code == 200
    except httpx.HTTPError:
        return False


async def test_streams_are_limited_and_the_feed_rests_without_readers(http, running, known, name, problem, monkeypatch):
    hub = running.context.hub.samples
    await eventually(lambda: not hub.feed.is_running)
    monkeypatch.setattr(running.context.settings, "channel_streams", 1)
    async with watching(http, name) as mine:
        await begun(mine)
        assert hub.feed.is_running
        problem(await http.get(PATH, params={"channel_name": name}), 429)
        monkeypatch.setattr(sample_hub, "PER_PROCESS", 1)
        problem(await http.get(PATH, params={"channel_name": name}), 503)
    await eventually(lambda: not hub.feed.is_running and not hub.readers)
    assert not hub.wanted


async def test_refusals(http, known, problem):
    assert (
        problem(await http.get(PATH, params={"channel_name": "unknown"}), 404)["detail"] == "There is no such channel."
    )
    for wrong in ({}, {"channel_name": ["x"] * 21}):
        answer = await http.get(PATH, params=wrong)
        assert answer.status_code == 422
        assert isinstance(answer.json()["detail"], list)
    problem(await http.get(PATH, params={"channel_name": "x"}, headers={"last-event-id": "x"}), 400)


def test_a_name_is_found_however_json_spells_it():
    names = ("17/lösung", 'say "x"')
    for spelled in (b"17/l\\u00f6sung", b"17\\/l\xc3\xb6sung", "17/lösung".encode(), b'say \\"x\\"'):
        data = b'{"samples": [{"name": "%s", "ts": 1, "value": 1}]}' % spelled
        assert mentions(data, names)
        assert samples_by_channel(data, {("here", one, "f64") for one in names}, "here")
    assert not mentions(b'{"samples": [{"name": "17/losung"}]}', names)

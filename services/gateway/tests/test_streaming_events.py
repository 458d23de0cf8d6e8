"""Server-sent events: who hears what, what is replayed, how a stream ends."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import pytest

from contracts import training as t
from gateway.streaming import replay, stream
from gateway.streaming import subscriber as subscriber_module
from gateway.streaming.frames import (
    LATEST,
    SOONEST,
    SseEvent,
    public_subjects,
    retry,
    sse_event,
)
from gateway.streaming.hub import Hub
from gateway.streaming.subscriber import Subscriber
from kit.testing import eventually


def completed(training_id: int, user_id: int) -> t.TrainingCompleted:
    return t.TrainingCompleted(training_id=training_id, user_id=user_id, model_name="roofs", run_id=f"r{training_id}")


class Stream:
    """The parsed frames of one open stream; comments come as `{"comment": …}`."""

    def __init__(self, response: httpx.Response) -> None:
        self.response, self.chunks = response, response.aiter_text()
        self.text = ""

    async def frame(self, limit: float = 10.0) -> dict[str, str] | None:
        """None at the end of the stream."""
        async with asyncio.timeout(limit):
            while "\n\n" not in self.text:
                piece = await anext(self.chunks, None)
                if piece is None:
                    return None
                self.text += piece
        head, self.text = self.text.split("\n\n", 1)
        pairs = [line.split(": ", 1) for line in head.split("\n")]
        return {name or "comment": value for name, value in pairs}


@asynccontextmanager
async def listening(http: httpx.AsyncClient, headers: dict[str, str], topics: str = "") -> AsyncIterator[Stream]:
    parameters = {"topics": topics} if topics else {}
    async with http.stream("GET", "/api/v1/events/", params=parameters, headers=headers) as response:
        assert response.status_code == 200
        opened = Stream(response)
        first = await opened.frame()
        assert SOONEST <= int(first.pop("retry")) <= LATEST
        assert first == {}
        yield opened


def test_pages_do_not_come_back_at_the_same_moment():
    assert len({retry() for _ in range(100)}) > 10


async def test_only_the_audience_hears(http, caller, mapper, stranger):
    async with listening(http, mapper) as mine, listening(http, stranger) as theirs:
        await caller.publish(completed(1, user_id=7))
        await caller.publish(completed(2, user_id=8))
        frame = await mine.frame()
        assert frame["event"] == "training.v1.training_completed"
        assert json.loads(frame["data"])["training_id"] == 1
        assert json.loads((await theirs.frame())["data"])["training_id"] == 2


async def test_answer_is_fit_for_a_stream(http, mapper):
    async with http.stream("GET", "/api/v1/events", headers=mapper | {"accept-encoding": "gzip"}) as response:
        headers = response.headers
    assert headers["content-type"].startswith("text/event-stream")
    assert headers["cache-control"] == "no-cache, no-transform"
    assert headers["x-accel-buffering"] == "no"
    assert "content-encoding" not in headers


async def test_hints_come_without_an_id(http, caller, mapper):
    progress = t.RunProgress(training_id=3, user_id=7, what="epoch", data={"epoch": 1})
    async with listening(http, mapper) as mine:
        await caller.bus.publish_live(progress)
        frame = await mine.frame()
        assert frame["event"] == "training.v1.run_progress"
        assert "id" not in frame


async def test_stream_resumes_where_it_broke(http, caller, mapper):
    async with listening(http, mapper) as first:
        await caller.publish(completed(10, user_id=7))
        last = (await first.frame())["id"]
    for training in (11, 12):
        await caller.publish(completed(training, user_id=7))
        await caller.publish(completed(training, user_id=8))
    async with listening(http, mapper | {"last-event-id": last}) as again:
        frames = [await again.frame(), await again.frame()]
        assert [json.loads(f["data"])["training_id"] for f in frames] == [11, 12]
        await caller.publish(completed(13, user_id=7))
        newest = await again.frame()
        assert json.loads(newest["data"])["training_id"] == 13
        assert int(last) < int(frames[0]["id"]) < int(frames[1]["id"]) < int(newest["id"])


async def test_a_place_that_was_lost_is_found_again_at_once(http, caller, mapper, running):
    """The server still holds the consumer that stood there."""
    async with listening(http, mapper) as mine:
        await caller.publish(completed(14, user_id=7))
        await mine.frame()
        consumer, *_ = [one._jsi for one in running.nc._subs.values() if one._jsi and one._jsi._ordered]
        await consumer.reset_ordered_consumer(consumer._sseq + 1)
        await caller.publish(completed(15, user_id=7))
        assert json.loads((await mine.frame(limit=1))["data"])["training_id"] == 15


async def test_too_much_to_replay_asks_for_a_resync(http, caller, mapper, monkeypatch):
    async with listening(http, mapper) as first:
        await caller.publish(completed(20, user_id=7))
        last = (await first.frame())["id"]
    for training in range(21, 24):
        await caller.publish(completed(training, user_id=7))
    monkeypatch.setattr(replay, "MOST", 2)
    async with listening(http, mapper | {"last-event-id": last}) as again:
        assert (await again.frame())["event"] == "resync"
        await caller.publish(completed(24, user_id=7))
        assert json.loads((await again.frame())["data"])["training_id"] == 24


@pytest.mark.parametrize("place", ["999999999"])
async def test_unknown_place_asks_for_a_resync(http, mapper, place):
    async with listening(http, mapper | {"last-event-id": place}) as again:
        assert (await again.frame())["event"] == "resync"


async def test_seventh_stream_of_a_person_is_refused(http, running, chief, problem):
    async with asyncio.TaskGroup() as group:
        done = asyncio.Event()

        async def hold():
            async with listening(http, chief):
                await done.wait()

        for _ in range(6):
            group.create_task(hold())
        await eventually(lambda: len(running.context.hub.subscribers.get(9, ())) == 6)
        response = await http.get("/api/v1/events/", headers=chief)
        assert problem(response, 429)["error"]["code"] == "RATE_LIMIT_EXCEEDED"
        done.set()
    await eventually(lambda: 9 not in running.context.hub.subscribers)


async def test_anonymous_hears_nothing(http, problem):
    problem(await http.get("/api/v1/events/"), 401)


async def test_silence_is_kept_alive_and_ends_in_time(http, mapper, monkeypatch):
    monkeypatch.setattr(stream, "PAUSE", 0.05)
    async with listening(http, mapper) as mine:
        assert await mine.frame() == {"comment": "keep-alive"}
    monkeypatch.setattr(stream, "MAX_AGE", 0.2)
    async with listening(http, mapper) as mine:
        while await mine.frame():
            pass


async def test_slow_reader_is_let_go(monkeypatch):
    monkeypatch.setattr(subscriber_module, "QUEUE", 3)
    subscriber = Subscriber()
    for number in range(1, 10):
        subscriber.put(SseEvent(b"%d" % number, number))
    frames = [frame async for frame in stream.current(subscriber, 0)]
    assert frames == [b"1", b"2", b"3", b"event: resync\ndata: {}\n\n"]


async def test_closing_ends_all_streams():
    hub = Hub()
    with hub.subscribe(7) as one, hub.subscribe(8) as two:
        hub.close()
        for subscriber in (one, two):
            assert [frame async for frame in stream.current(subscriber, 0)] == []
    with pytest.raises(Exception, match="Too many"), hub.subscribe(7):
        pass


def test_facts_for_services_only_stay_inside():
    subjects = public_subjects()
    assert "evt.training.v1.training_completed" in subjects
    assert "evt.catalog.v1.aoi_created" in subjects
    assert "evt.catalog.v1.stac_item_written" not in subjects


def test_text_of_several_lines_stays_one_event():
    frame = sse_event({"ce-type": "evt.a.v1.b"}, b'{"a":\n1}', 4).frame
    assert frame == b'event: a.v1.b\ndata: {"a":\ndata: 1}\nid: 4\n\n'

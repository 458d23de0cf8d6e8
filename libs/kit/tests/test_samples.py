"""Samples that a process records of itself: sent in batches, kept while the bus is away, counted when dropped."""

import asyncio
import math

import orjson
import pytest

from contracts.notify.samples import SUBJECT, samples_of
from kit.memory_bus import memory_bus
from kit.telemetry import samples as module
from kit.telemetry.activity import Changes
from kit.telemetry.samples import DROPPED, SampleBuffer
from kit.testing import eventually


class Streams:
    """Stores what is published, unless it is `away`."""

    def __init__(self) -> None:
        self.stored: list[list[dict]] = []
        self.away = False

    async def publish(self, subject: str, body: bytes) -> None:
        assert subject == SUBJECT
        if self.away:
            raise TimeoutError
        samples_of(orjson.loads(body))
        self.stored.append(orjson.loads(body)["samples"])

    @property
    def values(self) -> list:
        return [sample["value"] for batch in self.stored for sample in batch]


@pytest.fixture
def js() -> Streams:
    return Streams()


@pytest.fixture
def buffer(js: Streams, monkeypatch) -> SampleBuffer:
    monkeypatch.setattr(module, "MOST_WAITING", 5)
    monkeypatch.setattr(module, "BATCH", 2)
    monkeypatch.setattr(module, "GATHER", 0.01)
    monkeypatch.setattr(module, "PAUSE", 0.01)
    return SampleBuffer(js, "training")  # type: ignore[arg-type]


async def test_samples_go_in_batches_and_in_order(buffer: SampleBuffer, js: Streams):
    sending = asyncio.create_task(buffer.run())
    for number in range(5):
        buffer.add("training", "7/loss", number / 2, pulse_id=number, unit="1")
    await eventually(lambda: len(js.values) == 5)
    buffer.add("training", "7/state", "warm")
    await eventually(lambda: len(js.values) == 6)
    sending.cancel()
    assert js.values == [0.0, 0.5, 1.0, 1.5, 2.0, "warm"]
    assert {(one["source"], one["name"]) for one in js.stored[0]} == {("training", "7/loss")}


async def test_numbers_that_json_does_not_know_are_sent(buffer: SampleBuffer, js: Streams):
    for value in (math.nan, math.inf, -math.inf):
        buffer.add("training", "7/loss", value)
    await buffer.flush()
    assert js.values == ["NaN", "Infinity", "-Infinity"]
    assert {one["type"] for batch in js.stored for one in batch} == {"f64"}


async def test_nothing_is_lost_while_the_bus_is_away_until_the_buffer_is_full(buffer: SampleBuffer, js: Streams):
    js.away, before = True, DROPPED._value.get()
    sending = asyncio.create_task(buffer.run())
    for number in range(4):
        buffer.add("training", "7/loss", number)
    await asyncio.sleep(0.1)
    assert DROPPED._value.get() == before
    for number in range(4, 7):
        buffer.add("training", "7/loss", number)
    js.away = False
    await eventually(lambda: len(js.values) == 5)
    sending.cancel()
    assert js.values == [2, 3, 4, 5, 6]
    assert DROPPED._value.get() == before + 2


async def test_the_end_sends_the_rest_and_counts_what_cannot_be_sent(buffer: SampleBuffer, js: Streams):
    buffer.add("training", "7/loss", 1.0)
    await buffer.close()
    assert js.values == [1.0]
    js.away, before = True, DROPPED._value.get()
    buffer.add("training", "7/loss", 2.0)
    await buffer.close()
    assert DROPPED._value.get() == before + 1


def test_a_state_is_recorded_when_it_changes_and_once_a_minute(buffer: SampleBuffer, monkeypatch):
    changes = Changes(buffer)
    for value in (3, 3, 4):
        changes.note("queues", "EVENTS/x/pending", value)
    monkeypatch.setattr("kit.telemetry.activity.REPEAT", 0.0)
    changes.note("queues", "EVENTS/x/pending", 4)
    assert [one["value"] for one in buffer.waiting] == [3, 4, 4]


async def test_every_process_has_one_buffer_on_its_bus():
    bus = await memory_bus("training")
    bus.samples.add("services", "training/events_per_second", 1.5)
    await bus.samples.flush()
    assert orjson.loads(bus.nc.stored[0].data)["samples"][0]["source"] == "training"  # type: ignore[attr-defined]
    await bus.nc.close()

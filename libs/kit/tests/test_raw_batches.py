"""Raw messages in batches: acknowledged after their commit, refused ones set aside, one at fault found by halving."""

import asyncio
from types import SimpleNamespace
from typing import Any, cast

import pytest
from nats.errors import ConnectionClosedError

from contracts.streams import CONSUMER_GROUPS
from kit.errors import Unavailable
from kit.messaging.delivery import raw_batches
from kit.messaging.delivery.failures import POLICIES
from kit.messaging.delivery.raw_batches import RawBatchSettler


class Message:
    """Writes down what becomes of it."""

    def __init__(self, data: bytes, log: list[str], deliveries: int = 1) -> None:
        self.data, self.log, self.subject, self.headers = data, log, "channels.samples.v1", None
        self.metadata = SimpleNamespace(num_delivered=deliveries, sequence=SimpleNamespace(stream=1))
        self.broken = False

    async def ack(self) -> None:
        if self.broken:
            raise ConnectionClosedError
        self.log.append(f"ack {self.data.decode()[:1]}")

    async def nak(self, delay: float = 0) -> None:
        self.log.append(f"nak {self.data.decode()[:1]}")

    async def term(self) -> None:
        self.log.append(f"term {self.data.decode()[:1]}")

    async def in_progress(self) -> None:
        pass


class Recorder:
    """Commits what it is given, unless a message is `bad`, or the next `outages` calls meet one."""

    def __init__(self, log: list[str]) -> None:
        self.log, self.bad, self.refused, self.outages = log, "", {}, 0

    async def record(self, batch: Any) -> dict[int, str]:
        names = "".join(msg.data.decode()[:1] for msg in batch)
        if self.outages:
            self.outages -= 1
            raise Unavailable("database_busy", "away")
        if self.bad and self.bad in names:
            raise ValueError(f"{self.bad} is bad")
        self.log.append(f"commit {names}")
        return {place: reason for place, name in enumerate(names) if (reason := self.refused.get(name))}


@pytest.fixture
def log() -> list[str]:
    return []


@pytest.fixture
def recorder(log: list[str]) -> Recorder:
    return Recorder(log)


@pytest.fixture
def settler(recorder: Recorder, log: list[str], monkeypatch) -> RawBatchSettler:
    async def dead_letter(msg: Message, service: str, durable: str, reason: str) -> None:
        log.append(f"dead {msg.data.decode()[:1]}: {reason}")

    monkeypatch.setattr(raw_batches, "dead_letter", dead_letter)
    return RawBatchSettler("notify", CONSUMER_GROUPS["samples"], recorder.record)


def messages(log: list[str], *names: str, **options: int) -> list[Any]:
    return [Message(name.encode(), log, **options) for name in names]


async def test_all_are_acknowledged_after_one_commit(settler: RawBatchSettler, log: list[str]):
    await settler(messages(log, "a", "b", "c"))
    assert log == ["commit abc", "ack a", "ack b", "ack c"]


async def test_a_large_fetch_is_several_commits_in_order(settler: RawBatchSettler, log: list[str], monkeypatch):
    monkeypatch.setattr(raw_batches, "MAX_BYTES", 5)
    await settler(messages(log, "aaa", "bb", "c", "dddddddd", "e"))
    assert [line for line in log if line.startswith("commit")] == ["commit ab", "commit c", "commit d", "commit e"]


async def test_what_is_refused_is_a_dead_letter_and_its_neighbours_are_acknowledged(
    settler: RawBatchSettler, recorder: Recorder, log: list[str]
):
    recorder.refused = {"b": "no JSON"}
    await settler(messages(log, "a", "b", "c"))
    assert log == ["commit abc", "ack a", "dead b: no JSON", "term b", "ack c"]


async def test_one_message_at_fault_is_found_and_comes_again(
    settler: RawBatchSettler, recorder: Recorder, log: list[str]
):
    recorder.bad = "c"
    await settler(messages(log, "a", "b", "c", "d"))
    assert log == ["commit ab", "ack a", "ack b", "nak c", "commit d", "ack d"]


async def test_one_that_fails_to_the_last_is_a_dead_letter(
    settler: RawBatchSettler, recorder: Recorder, log: list[str]
):
    recorder.bad = "a"
    await settler(messages(log, "a", deliveries=POLICIES["messages"].max_attempts))
    assert log == ["dead a: ValueError: a is bad", "term a"]


async def test_an_outage_is_waited_for_and_nothing_is_halved(
    settler: RawBatchSettler, recorder: Recorder, log: list[str]
):
    recorder.outages = 1
    await settler(messages(log, "a", "b"))
    assert log == ["commit ab", "ack a", "ack b"]


async def test_a_line_that_breaks_during_the_answers_leaves_the_message_to_the_server(
    settler: RawBatchSettler, log: list[str]
):
    fetched = messages(log, "a", "b")
    fetched[0].broken = True
    await settler(fetched)
    assert log == ["commit ab", "ack b"]


async def test_an_end_gives_all_back(settler: RawBatchSettler, recorder: Recorder, log: list[str]):
    recorder.outages = 1_000
    task = asyncio.create_task(settler(cast("Any", messages(log, "a", "b"))))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert log == ["nak a", "nak b"]

"""Marks and regions over curves: what the platform does, what operators note, who sees what."""

from datetime import UTC, datetime
from itertools import count
from uuid import uuid4

import orjson
import pytest

from contracts import headers as h
from contracts import training as t
from contracts.notify.annotations import AddAnnotation, DeleteAnnotation, ListAnnotations
from contracts.notify.samples import SUBJECT
from contracts.shared import ANONYMOUS, Actor
from contracts.verdict import Accepted, Refused
from kit.messaging.envelope import SERVICE, Envelope
from kit.messaging.tx import transaction
from kit.testing import ADMIN, MAPPER, STRANGER, Caller, eventually
from notify.annotations.usecases import mark

trainings = count(910_000)
OWNER = Actor(id=71, username="owner")


async def listed(caller: Caller, actor: Actor = MAPPER, begin: int = 0, end: int = 2**52, *tags: str) -> list[dict]:
    answer = await caller.ask(ListAnnotations(begin=begin, end=end, tags=list(tags)), actor)
    return answer["annotations"]


async def test_an_operator_notes_and_removes_something_for_everybody(running, caller: Caller):
    verdict = await caller.send(AddAnnotation(begin=1000, end=2000, text="New imagery", tags=["imagery"]), ADMIN)
    assert isinstance(verdict, Accepted)
    assert await listed(caller, ANONYMOUS, 0, 5000, "imagery") == [verdict.result]
    touching = [(0, 1001), (1500, 1501), (2000, 9000), (1000, 1001)]
    assert all([await listed(caller, MAPPER, *window, "imagery") for window in touching])
    assert not any([await listed(caller, MAPPER, *window, "imagery") for window in ((0, 1000), (2001, 9000))])
    assert not await listed(caller, MAPPER, 0, 5000, "imagery", "other")
    removed = DeleteAnnotation(annotation_id=verdict.result["id"])
    assert isinstance(await caller.send(removed, MAPPER), Refused)
    assert (await caller.send(removed, ADMIN)).http == 204
    assert not await listed(caller, MAPPER, 0, 5000, "imagery")


@pytest.mark.parametrize("more", [{"end": 999}, {"tags": ["x" * 65]}, {"tags": [""]}])
async def test_what_makes_no_sense_is_refused(running, caller: Caller, more: dict):
    assert isinstance(await caller.send(AddAnnotation(begin=1000, text="x", **more), ADMIN), Refused)
    assert isinstance(await caller.send(AddAnnotation(begin=1000, text="x"), MAPPER), Refused)


@pytest.mark.parametrize("order", [1, -1])
async def test_a_training_is_one_region_in_whatever_order_its_events_come(running, caller: Caller, order: int):
    """Its marks are for its owner: it may be private."""
    number = next(trainings)
    about = {"training_id": number, "user_id": OWNER.id, "model_name": "roofs"}
    begin = t.TrainingStatusChanged(**about, status="running", previous="submitted")
    for event in (begin, t.TrainingCompleted(**about, run_id="r1"))[::order]:
        await caller.publish(event)
        await eventually(lambda: _of(caller, number, OWNER))
    [region] = await eventually(lambda: _ended(caller, number))
    assert region["begin"] <= region["end"]
    assert region["tags"] == ["training", "completed"]
    assert not await _of(caller, number, STRANGER)
    assert not await _of(caller, number, ANONYMOUS)
    assert await _of(caller, number, ADMIN)


@pytest.mark.parametrize("order", [1, -1])
async def test_a_region_lies_between_the_times_of_its_events(running, caller: Caller, order: int):
    key = f"test:{next(trainings)}"

    async def marked(at: int, ends: bool) -> None:
        headers = {h.TIME: datetime.fromtimestamp(at, UTC).isoformat()}
        cause = Envelope(uuid4(), None, SERVICE, b"", headers)
        async with transaction(running.db, "notify", None, cause) as tx:
            mark(tx, key, "ended" if ends else "began", [key], ends=ends)

    for at, ends in ((2_000_000, False), (2_000_060, True))[::order]:
        await marked(at, ends)
    [region] = await listed(caller, ANONYMOUS, 0, 2**52, key)
    assert (region["begin"], region["end"], region["text"]) == (2_000_000_000, 2_000_060_000, "ended")


async def _of(caller: Caller, training: int, actor: Actor) -> list[dict]:
    return [one for one in await listed(caller, actor, 0, 2**52, "training") if f" {training} " in one["text"]]


async def _ended(caller: Caller, training: int) -> list[dict]:
    found = await _of(caller, training, OWNER)
    return found if found and found[0]["end"] and found[0]["text"].endswith("completed.") else []


async def test_the_start_of_a_service_is_a_mark(running, caller: Caller):
    sample = {
        "backend": "services",
        "name": "catalog/started",
        "ts": 5_000_000_000,
        "value": "on x",
        "source": "catalog",
    }
    await caller.bus.js.publish(SUBJECT, orjson.dumps({"samples": [sample]}))
    [mark] = await eventually(lambda: listed(caller, ANONYMOUS, 5000, 5001, "service"))
    assert mark == {"id": None, "begin": 5000, "end": None, "text": "Service catalog started.",
                    "tags": ["service", "started"]}  # fmt: skip
    assert not await listed(caller, ANONYMOUS, 5001, 6000, "service")

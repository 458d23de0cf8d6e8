"""Unfinished trainings of one person."""

import asyncio
from collections.abc import Iterator

import pytest

from contracts import training as c
from contracts.shared import Actor
from kit.testing import ADMIN, Caller
from training.runs.quota import Limits

from .conftest import SUFFIX, fetch, fetch_nothing, order

MOST = 4
EAGER = Actor(id=4801, username="eager")
OTHER = Actor(id=4802, username="other")


@pytest.fixture
def quota(running) -> Iterator[None]:
    limits = next(part for part in running.provides if isinstance(part, Limits))
    usual = limits.unfinished
    object.__setattr__(limits, "unfinished", MOST)
    yield
    object.__setattr__(limits, "unfinished", usual)


async def unfinished(running, user_id: int) -> int:
    sql = "select count(*) from trainings where user_id = %s and status = 'initializing'"
    return (await fetch(running, sql, user_id))[0][0]


def is_full(verdict) -> bool:
    assert (verdict.kind, verdict.code) == ("too_many", "too_many_unfinished")
    assert f"{MOST} unfinished trainings" in verdict.detail
    assert "cancel one" in verdict.detail
    assert (verdict.facts["limit"], verdict.facts["retry_after"] > 0) == (MOST, True)
    return True


async def test_submissions_clones_and_retries_count_together(known, caller: Caller, running, quota):
    await fetch_nothing(running, "update trainings set status = 'stopped' where user_id = %s", EAGER.id)
    name = f"Eager {SUFFIX}"
    first = (await caller.send(order(model_name=name), EAGER)).result
    await fetch_nothing(running, "update trainings set status = 'failed' where id = %s", first["id"])
    sent = await asyncio.gather(*(caller.send(order(model_name=name), EAGER) for _ in range(2 * MOST)))
    refused = [verdict for verdict in sent if verdict.status == "refused"]
    assert len(refused) == MOST, "of many at the same time just those are taken that there is room for"
    assert all(map(is_full, refused))
    retry, clone = c.RetryTraining(training_id=first["id"]), c.CloneTraining(training_id=first["id"])
    for command, actor in ((retry, EAGER), (clone, EAGER), (retry, ADMIN)):
        assert is_full(await caller.send(command, actor))
    assert await unfinished(running, EAGER.id) == MOST
    assert (await caller.send(order(model_name=f"Other {SUFFIX}"), OTHER)).status == "accepted", "others have their own"
    taken = next(verdict.result for verdict in sent if verdict.status == "accepted")
    assert (await caller.send(c.CancelRun(training_id=taken["id"]), EAGER)).status == "accepted"
    assert (await caller.send(retry, EAGER)).status == "accepted"
    assert is_full(await caller.send(clone, EAGER))

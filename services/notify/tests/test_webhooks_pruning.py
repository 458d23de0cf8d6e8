"""Deliveries are kept for a month."""

import asyncio

import pytest
from webhook_listener import Listener, sql

from kit.testing import eventually
from notify import dispatcher as loops
from notify.webhooks.jobs import dispatcher

OLD = "update webhook_deliveries set created_at = now() - interval '%s days' where webhook_id = %s"


async def test_old_deliveries_are_pruned(somebody: Listener):
    await somebody.listen()
    await somebody.happens()
    await somebody.logged("delivered")
    await sql(somebody.service, OLD % (29, somebody.webhook))
    await dispatcher.prune(somebody.service)
    assert len(await somebody.log()) == 1
    await sql(somebody.service, OLD % (31, somebody.webhook))
    await dispatcher.prune(somebody.service)
    assert await somebody.log() == []


async def test_many_go_one_batch_after_the_other(somebody: Listener, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(dispatcher, "PRUNE_BATCH", 2)
    monkeypatch.setattr(dispatcher, "PRUNE_EVERY", 1.0)
    monkeypatch.setattr(loops, "POLL_INTERVAL", 0.05)
    await somebody.listen()
    for _ in range(5):
        await somebody.happens()
    await somebody.logged(*["delivered"] * 5)
    await sql(somebody.service, OLD % (31, somebody.webhook))
    pruning = asyncio.create_task(dispatcher.prune_forever(somebody.service))
    try:
        await eventually(lambda: _is_empty(somebody), limit=2)
    finally:
        pruning.cancel()


async def _is_empty(somebody: Listener) -> bool:
    return not await somebody.log()

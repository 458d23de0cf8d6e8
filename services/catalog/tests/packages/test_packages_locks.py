"""Locks of packages: one owner, a token that grows, and an end."""

import asyncio
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from sqlalchemy import func, update

from catalog.packages.production import locks
from catalog.packages.production.tables import PackageLockRow
from kit.app import Service
from kit.jobs.heartbeats import Superseded


async def take(running: Service, key: str, owner: UUID, seconds: float = 60) -> locks.Held | None:
    async with running.tx() as tx:
        return await locks.take(key, owner, seconds, tx)


async def lapse(running: Service, key: str) -> None:
    past = func.clock_timestamp() - timedelta(seconds=1)
    async with running.db.session() as session, session.begin():
        await session.execute(update(PackageLockRow).where(PackageLockRow.key == key).values(expires_at=past))


@pytest.fixture
def key() -> str:
    return locks.of_processor("somewhere", f"d{uuid4().hex}.v")


async def test_of_many_that_try_at_once_one_gets_the_lock(running, key):
    taken = await asyncio.gather(*(take(running, key, uuid4()) for _ in range(10)))
    assert len([one for one in taken if one]) == 1


async def test_an_owner_goes_on_with_its_lock(running, key):
    owner = uuid4()
    assert await take(running, key, owner) == await take(running, key, owner)


async def test_a_lapsed_lock_has_a_new_owner_and_refuses_the_old_one(running, key):
    first = await take(running, key, uuid4())
    assert first
    await lapse(running, key)
    second = await take(running, key, uuid4())
    assert second
    assert second.token == first.token + 1
    async with running.tx() as tx:
        assert not await locks.renew(first, 60, tx)
        assert await locks.renew(second, 60, tx)
        with pytest.raises(Superseded):
            await locks.ensure_held(first, tx)
        await locks.ensure_held(second, tx)
        await locks.release(key, first.owner, tx)
    assert await take(running, key, uuid4()) is None, "only its owner can release it"

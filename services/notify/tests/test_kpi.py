"""Counting what is told, in whatever order and how often, and comparing the copies with their owners. A responder
stands for the owners."""

import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from itertools import count

import nats
import pytest
import pytest_asyncio

from contracts import headers as h
from contracts.catalog.models import ListLocalModelSummaries, LocalModelPublished, LocalModelStatusChanged
from contracts.gateway import ListUserSummaries, UserChanged
from contracts.notify.kpi import GetKpi
from contracts.prediction.feedback import FeedbackChanged, FeedbackGiven, FeedbackRemoved, ListFeedbackSummaries
from kit.errors import Unavailable
from kit.messaging.envelope import headers_of, new_id, subject_of
from kit.testing import MAPPER, Caller, eventually, example
from notify.kpi.jobs import reconcile

ids = count(600_000)
FIELDS = ("total_models_published", "total_registered_users", "total_feedback_labels", "total_accepted_predictions")


class Owners:
    """Tables of others by query; `size` rows make a portion."""

    def __init__(self) -> None:
        self.tables: dict[str, list[dict]] = {}
        self.size = 2

    def portion(self, query: str, after: int) -> dict:
        rows = [row for row in sorted(self.tables[query], key=lambda row: row["id"]) if row["id"] > after]
        as_of = datetime.now(UTC) - timedelta(seconds=30)
        return {"as_of": as_of.isoformat(), "rows": rows[: self.size]}

    def have(self, users: list[int], models: dict[int, str], feedback: dict[int, str]) -> None:
        self.tables = {
            ListUserSummaries.subject(): [
                {"id": n, "username": f"u{n}", "email": "", "email_verified": True, "delivery_methods": ["web"]}
                for n in users
            ],
            ListLocalModelSummaries.subject(): [
                {"id": n, "status": status, "stac_item_id": f"m{n}"} for n, status in models.items()
            ],
            ListFeedbackSummaries.subject(): [{"id": n, "action": action} for n, action in feedback.items()],
        }


@pytest_asyncio.fixture
async def owners(nats_url: str) -> AsyncIterator[Owners]:
    connection, owners = await nats.connect(nats_url), Owners()

    async def answer(msg) -> None:
        if msg.subject in owners.tables:
            await msg.respond(json.dumps(owners.portion(msg.subject, json.loads(msg.data)["after"])).encode())

    for query in (ListUserSummaries, ListLocalModelSummaries, ListFeedbackSummaries):
        await connection.subscribe(query.subject(), cb=answer)
    await connection.flush()
    yield owners
    await connection.close()


@pytest_asyncio.fixture
async def counted(running, caller: Caller, owners: Owners) -> Owners:
    """Whatever former tests left is forgotten."""
    async with running.db.raw() as connection:
        await connection.execute("truncate known_users, known_models, known_feedback")
    owners.have([1], {}, {})
    await reconcile.reconcile(running)
    assert await numbers(caller) == (0, 1, 0, 0)
    return owners


async def numbers(caller: Caller) -> tuple[int, ...]:
    kpi = await caller.ask(GetKpi())
    assert set(kpi) == set(FIELDS)
    return tuple(kpi[name] for name in FIELDS)


async def tell(caller: Caller, running, message, age: float = 0) -> None:
    """`age` seconds ago; told twice, under two ids. Returns when both were heard."""
    for _ in range(2):
        headers = headers_of(message, message.owner(), MAPPER, message_id := new_id())
        headers[h.TIME] = (datetime.now(UTC) - timedelta(seconds=age)).isoformat()
        await caller.bus.js.publish(
            subject_of(message, message_id), message.model_dump_json().encode(), headers=headers
        )
        await eventually(lambda: _heard(running, message_id))


async def _heard(running, message_id) -> bool:
    async with running.db.raw() as connection:
        return bool((await connection.execute("select 1 from inbox where message_id = %s", (message_id,))).rowcount)


def about(feedback_id: int) -> dict:
    return {"feedback_id": feedback_id, "user_id": 7, "stac_id": "roofs"}


@pytest.mark.spec("13", "total_feedback_labels, total_accepted_predictions")
async def test_feedback_counts_once_in_any_order(counted, running, caller: Caller):
    one, two = next(ids), next(ids)
    await tell(caller, running, FeedbackChanged(**about(one), action="reject", previous="accept"), age=1)
    await tell(caller, running, FeedbackGiven(**about(one), action="accept"), age=2)
    await tell(caller, running, FeedbackGiven(**about(two), action="accept"), age=2)
    assert await numbers(caller) == (0, 1, 2, 1)
    await tell(caller, running, FeedbackRemoved(**about(two), previous="accept"))
    assert await numbers(caller) == (0, 1, 1, 0)
    await tell(caller, running, FeedbackGiven(**about(two), action="accept"), age=1)
    await tell(caller, running, FeedbackChanged(**about(one), action="accept", previous="reject"))
    assert await numbers(caller) == (0, 1, 1, 1)


@pytest.mark.spec("13", "total_models_published")
async def test_models_count_while_they_are_active(counted, running, caller: Caller):
    number = next(ids)
    changed = LocalModelStatusChanged(model_id=number, name="m", user_id=7, stac_item_id="", status="active")
    await tell(caller, running, changed, age=3)
    assert await numbers(caller) == (1, 1, 0, 0)
    await tell(caller, running, changed.model_copy(update={"status": "archived"}), age=2)
    assert await numbers(caller) == (0, 1, 0, 0)
    await tell(caller, running, example(LocalModelPublished).model_copy(update={"model_id": number}), age=1)
    assert await numbers(caller) == (1, 1, 0, 0)


@pytest.mark.spec("13", "total_registered_users")
async def test_people_count_when_they_are_new(counted, running, caller: Caller):
    person = next(ids)
    for name in ("a", "b"):
        await tell(caller, running, UserChanged(user_id=person, username=name))
    assert await numbers(caller) == (0, 2, 0, 0)


async def test_first_comparison_finds_what_was_there_before(running, caller: Caller, owners: Owners):
    async with running.db.raw() as connection:
        await connection.execute("truncate known_users, known_models, known_feedback")
        await connection.execute("update kpi set healed_at = null, users = 99, models = 99, feedback = 99")
    with pytest.raises(Unavailable):
        await numbers(caller)
    owners.have(
        [1, 2, -3], {1: "active", 2: "archived", 3: "active"}, dict.fromkeys(range(1, 6), "accept") | {9: "reject"}
    )
    assert await eventually(lambda: _heal(running))
    assert await numbers(caller) == (2, 3, 6, 5)


async def _heal(running) -> bool:
    """The service's own loop may be at it."""
    return await reconcile.reconcile_if_due(running)


async def test_what_its_owner_lost_is_not_counted_any_more(counted, running, caller: Caller):
    counted.have([1], {1: "active", 2: "active"}, {1: "accept", 2: "accept"})
    await reconcile.reconcile(running)
    assert await numbers(caller) == (2, 1, 2, 2)
    counted.have([1], {2: "active"}, {2: "reject"})
    async with running.db.raw() as connection:
        for table in ("known_models", "known_feedback"):
            await connection.execute(f"update {table} set as_of = as_of - interval '1 hour'")
    await reconcile.reconcile(running)
    assert await numbers(caller) == (1, 1, 1, 0)


async def test_what_was_told_lately_is_newer_than_a_comparison(counted, running, caller: Caller):
    number = next(ids)
    await tell(caller, running, FeedbackGiven(**about(number), action="accept"))
    assert await numbers(caller) == (0, 1, 1, 1)
    counted.have([1], {}, {})
    await reconcile.reconcile(running)
    assert await numbers(caller) == (0, 1, 1, 1)


async def test_it_is_compared_once_a_day(counted, running):
    counted.tables.clear()
    assert await reconcile.reconcile_if_due(running)
    async with running.db.raw() as connection:
        await connection.execute("update kpi set healed_at = now() - interval '1 day'")
    with pytest.raises(Unavailable):
        await reconcile.reconcile_if_due(running)

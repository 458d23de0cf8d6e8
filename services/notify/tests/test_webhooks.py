"""Who may have webhooks, and what of them is told to whom."""

from itertools import count

import pytest

from contracts.notify import webhooks as c
from contracts.shared import ANONYMOUS, Actor, Page
from kit.errors import NotFound
from kit.testing import ADMIN, STRANGER, Caller

people = count(70_000)
URL = "https://hooks.example.org/fairway"


def somebody() -> Actor:
    return Actor(id=next(people), username="somebody")


async def made(caller: Caller, actor: Actor, **fields) -> dict:
    return (await caller.send(c.CreateWebhook(url=URL, **fields), actor)).result


async def listed(caller: Caller, actor: Actor, **page: int) -> list[int]:
    return [row["id"] for row in (await caller.ask(c.ListWebhooks(page=Page(**page)), actor))["results"]]


async def secret(caller: Caller, actor: Actor, row: dict) -> str | None:
    return (await caller.ask(c.ShowSecret(webhook_id=row["id"]), actor))["secret"]


async def sql(service, statement: str, *values) -> list[tuple]:
    async with service.db.raw() as connection:
        cursor = await connection.execute(statement, values)
        return await cursor.fetchall() if cursor.description else []


async def test_new_one_is_its_owners(running, caller: Caller):
    person = somebody()
    row = await made(caller, person, description="maps")
    assert (row["url"], row["description"], row["active"], row["reason"]) == (URL, "maps", True, "")
    assert row["user"] == {"osm_id": person.id, "username": "somebody"}
    assert (row["verified"], row["last_delivery_status"], row["last_delivery_at"]) == (False, None, None)
    assert await caller.ask(c.GetWebhook(webhook_id=row["id"]), person) == row
    assert await listed(caller, person) == [row["id"]]
    assert row["id"] in await listed(caller, ADMIN, limit=5)
    assert (await caller.send(c.CreateWebhook(url=URL), ANONYMOUS)).code == "login_required"


async def test_others_do_not_find_it(running, caller: Caller):
    webhook_id = (await made(caller, somebody()))["id"]
    for other in (STRANGER, ANONYMOUS):
        for query in (c.GetWebhook, c.ListDeliveries, c.ShowSecret):
            with pytest.raises(NotFound):
                await caller.ask(query(webhook_id=webhook_id), other)
        for command in (c.ChangeWebhook, c.DeleteWebhook, c.RotateSecret, c.PingWebhook, c.VerifyWebhook):
            assert (await caller.send(command(webhook_id=webhook_id), other)).code == "webhook_not_found"
        assert webhook_id not in await listed(caller, other, limit=1000)


async def test_five_for_each(running, caller: Caller):
    person = somebody()
    for _ in range(5):
        await made(caller, person)
    assert (await caller.send(c.CreateWebhook(url=URL), person)).code == "too_many_webhooks"
    await caller.send(c.DeleteWebhook(webhook_id=(await listed(caller, person))[0]), person)
    assert (await made(caller, person))["id"] in await listed(caller, person)


async def test_changes_and_end(running, caller: Caller):
    person = somebody()
    row = await made(caller, person)
    changed = (await caller.send(c.ChangeWebhook(webhook_id=row["id"], active=False), person)).result
    assert changed == row | {"active": False, "last_modified": changed["last_modified"]}
    assert changed["last_modified"] > row["last_modified"]
    assert (await caller.send(c.DeleteWebhook(webhook_id=row["id"]), ADMIN)).http == 204
    assert await listed(caller, person) == []


async def test_new_address_forgives(running, caller: Caller):
    person = somebody()
    row = await made(caller, person)
    await sql(
        running, "update webhooks set failures = 9, failing_since = now(), quiet_until = now(), reason = 'x',"
        " active = false where id = %s", row["id"],
    )  # fmt: skip
    words = (await caller.send(c.ChangeWebhook(webhook_id=row["id"], description="new"), person)).result
    assert words["reason"] == "x"
    active = (await caller.send(c.ChangeWebhook(webhook_id=row["id"], active=True), person)).result
    assert (active["reason"], active["active"]) == ("", True)
    kept = await sql(running, "select failures, failing_since, quiet_until from webhooks where id = %s", row["id"])
    assert kept == [(0, None, None)]


async def test_secret_is_told_for_a_minute_and_nowhere_kept_open(running, caller: Caller):
    person = somebody()
    row = await made(caller, person)
    told = await secret(caller, person, row)
    assert str(told).startswith("whsec_")
    assert len(str(told)) == 6 + 44
    places = "select secret from webhooks where id = %s union all select verdict::text from inbox"
    assert str(told) not in str(await sql(running, places, row["id"]))
    await sql(running, "update webhooks set secret_made_at = now() - interval '61 s' where id = %s", row["id"])
    assert await secret(caller, person, row) is None


async def test_rotated_secret_is_another(running, caller: Caller):
    person = somebody()
    row = await made(caller, person)
    first = await secret(caller, person, row)
    await caller.send(c.RotateSecret(webhook_id=row["id"]), person)
    assert await secret(caller, person, row) not in (first, None)

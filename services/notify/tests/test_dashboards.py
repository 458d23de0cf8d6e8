"""Dashboards on a real database: the order of checks, what changes a record and what does not, versions, trash."""

import asyncio
from uuid import uuid4

import pytest
from dashboard_samples import ANYBODY, OPERATOR, boards, content, dto, sized, widget

from contracts.notify import dashboards as c
from contracts.shared import Actor
from contracts.verdict import Refused
from kit.errors import DomainError, Forbidden, NotFound
from kit.http.problems import status_of
from kit.testing import eventually

__all__ = ["boards"]
MAPPER, OTHER = Actor(id=7, username="mapper"), Actor(id=8, username="other")
WRONG = content({})


async def test_the_order_of_checks(boards, running, monkeypatch):
    monkeypatch.setattr(running.settings, "dashboard_max_single", 400)
    name, nowhere, large = await boards.create(), str(uuid4()), sized(401)
    bad_and_large = WRONG.replace("{}", '{"x": "' + "x" * 500 + '"}')
    assert [status_of(await boards.replace(nowhere, body)) for body in (WRONG, bad_and_large, large, content())] == [
        422, 422, 413, 404,
    ]  # fmt: skip
    await boards.flag(name, protected=True)
    for body in (WRONG, bad_and_large, large, content()):
        refused = await boards.replace(name, body)
        assert status_of(refused) == 403
        assert name in refused.detail
    assert status_of(await boards.send(c.DeleteDashboard(dashboard_id=name))) == 403
    assert status_of(await boards.send(c.DeleteDashboard(dashboard_id=nowhere))) == 404
    for body, code in ((WRONG, 422), (large, 413)):
        assert status_of(await boards.send(c.CreateDashboard(dashboard_id=nowhere, content=body))) == code
    assert "401 bytes" in (await boards.replace(await boards.create(), large)).detail
    assert (await boards.get(await boards.create(sized(400))))["size_bytes"] == 400


async def test_what_counts_as_an_access(boards):
    name = await boards.create()

    async def last() -> object:
        return (await boards.sql("select last_access, body, version from dashboards.dashboard where id = :n", n=name))[
            0
        ]

    before = await last()
    await boards.replace(name, WRONG)
    await boards.caller.ask(c.GetDashboardRecord(dashboard_id=name), OPERATOR)
    await boards.caller.ask(c.ExportDashboards(everything=True), OPERATOR)
    await boards.flag(name, whitelisted=True, protected=True)
    await boards.replace(name, content(dto(widget())))
    await boards.caller.ask(c.ListVersions(dashboard_id=name), ANYBODY)
    assert await last() == before
    await boards.flag(name, protected=False)
    await boards.get(name)
    read = await last()
    assert read[0] > before[0]
    await boards.replace(name, content(dto(widget())))
    assert (await last())[0] > read[0]


async def test_flags_are_independent(boards):
    name = await boards.create()

    async def flags() -> list[bool]:
        record = await boards.caller.ask(c.GetDashboardRecord(dashboard_id=name), OPERATOR)
        return [record["whitelisted"], record["protected"]]

    for change, expected in (
        ({"protected": True, "whitelisted": True}, [True, True]), ({"whitelisted": False}, [False, True]),
        ({"whitelisted": True}, [True, True]), ({"protected": False}, [True, False]),
        ({"protected": False}, [True, False]), ({}, [True, False]),
    ):  # fmt: skip
        assert name in (await boards.flag(name, **change))["message"]
        assert await flags() == expected
    assert status_of(await boards.flag("nowhere", whitelisted=True)) == 404
    with pytest.raises(Forbidden):
        await boards.caller.ask(c.GetDashboardRecord(dashboard_id=name), MAPPER)
    assert status_of(await boards.send(c.SetFlags(dashboard_id=name, protected=True), MAPPER)) == 403


async def test_of_writers_with_one_tag_one_wins(boards):
    """Twelve at the same time, three times: each time one write, and eleven that are told."""
    name = await boards.create()
    for _ in range(3):
        tag = (await boards.get(name))["etag"]
        bodies = [content(dto(*[widget()] * count)) for count in range(12)]
        results = await asyncio.gather(*(boards.replace(name, body, if_match=tag) for body in bodies))
        won = [(body, result) for body, result in zip(bodies, results, strict=True) if not isinstance(result, Refused)]
        assert len(won) == 1
        assert {status_of(one) for one in results if isinstance(one, Refused)} == {412}
        found = await boards.get(name)
        assert (found["text"], found["etag"]) == (won[0][0], won[0][1]["etag"])
    assert status_of(await boards.send(c.DeleteDashboard(dashboard_id=name, if_match=tag))) == 412
    assert (await boards.get(name))["version"] == 4


async def test_the_last_writer_wins_without_a_tag_and_nothing_is_lost(boards):
    name, bodies = await boards.create(), [content(dto(*[widget()] * count)) for count in range(1, 9)]
    results = await asyncio.gather(*(boards.replace(name, body) for body in bodies))
    assert sorted(one["version"] for one in results) == list(range(2, 10))
    texts = [(await boards.caller.ask(c.GetVersion(dashboard_id=name, number=n)))["text"] for n in range(2, 10)]
    assert sorted(texts) == sorted(bodies)


async def test_versions_are_kept_and_restored(boards):
    name = await boards.create(actor=MAPPER)
    born = (await boards.caller.ask(c.GetDashboardRecord(dashboard_id=name), OPERATOR))["created_at"]
    for number in range(1, 24):
        await boards.replace(name, content(dto(*[widget()] * number)), OTHER, message=f"change {number}")
    listed = await boards.caller.ask(c.ListVersions(dashboard_id=name))
    assert [one["version"] for one in listed] == list(range(24, 3, -1))
    assert (listed[0]["current"], listed[1]["message"], listed[1]["author"]) == (True, "change 22", "other")
    former = await boards.caller.ask(c.GetVersion(dashboard_id=name, number=4))
    assert former["text"] == content(dto(*[widget()] * 3))
    restored = await boards.send(c.RestoreVersion(dashboard_id=name, number=4), MAPPER)
    found = await boards.get(name)
    assert (found["text"], found["version"], found["etag"]) == (former["text"], 25, restored["etag"])
    listed = await boards.caller.ask(c.ListVersions(dashboard_id=name))
    assert (listed[0]["restored_from"], len(listed)) == (4, 21)
    assert status_of(await boards.send(c.RestoreVersion(dashboard_id=name, number=4), MAPPER)) == 404
    record = await boards.caller.ask(c.GetDashboardRecord(dashboard_id=name), OPERATOR)
    assert (record["created_at"], record["owner"]) == (born, "mapper")
    kept = await boards.sql("select sum(size_bytes) from dashboards.version where dashboard_id = :n", n=name)
    assert await boards.sql("select history_bytes from dashboards.dashboard") == kept


async def test_a_deleted_dashboard_comes_back_with_its_versions(boards):
    name, first = await boards.create(actor=MAPPER), content(dto(widget()))
    await boards.replace(name, first)
    deleted = await boards.send(c.DeleteDashboard(dashboard_id=name))
    with pytest.raises(NotFound):
        await boards.get(name)
    assert status_of(await boards.send(c.DeleteDashboard(dashboard_id=name))) == 404
    text = c.GetDashboardText(dashboard_id=name, etag=deleted["etag"], start=1)
    assert (await boards.caller.ask(text, ANYBODY))["text"] == first[1:]
    for actor in (ANYBODY, OTHER):
        assert status_of(await boards.send(c.RestoreDashboard(dashboard_id=name), actor)) == 404
        if actor is OTHER:
            assert (await boards.caller.ask(c.ListTrash(), actor))["count"] == 0
    assert (await boards.caller.ask(c.ListTrash(), MAPPER))["results"][0]["id"] == name
    await boards.send(c.RestoreDashboard(dashboard_id=name), MAPPER)
    assert (await boards.get(name))["text"] == first
    assert len(await boards.caller.ask(c.ListVersions(dashboard_id=name))) == 2


async def test_a_content_travels_in_parts(boards, monkeypatch):
    monkeypatch.setattr(c, "MAX_TEXT", 100)
    body = content(dto(widget(layout={"i": "ü😀" * 90, "x": 0, "y": 0, "w": 1, "h": 1})))
    name = await boards.create(body)
    found = await boards.get(name)
    text = found["text"]
    await boards.replace(name, content())
    while len(text) < found["characters"]:
        part = c.GetDashboardText(dashboard_id=name, etag=found["etag"], start=len(text))
        text += (await boards.caller.ask(part))["text"]
    assert text == body
    assert found["size_bytes"] == len(body.encode())


async def test_a_write_that_takes_too_long_never_happens(boards, monkeypatch):
    """The row is locked by somebody else until the sender has its refusal."""
    name = await boards.create()
    monkeypatch.setattr(c, "DEADLINE", 4.4)
    async with boards.service.db.raw() as connection, connection.transaction():
        await connection.execute("set local idle_in_transaction_session_timeout = 0")
        await connection.execute("select 1 from dashboards.dashboard where id = %s for update", (name,))
        refused = await boards.send(c.DeleteDashboard(dashboard_id=name))
        assert (status_of(refused), "timed out" in refused.detail) == (504, True)
        waiting = (
            "select count(*) from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()"
        )
        assert await eventually(lambda: _is_zero(boards, waiting))
    assert (await boards.get(name))["version"] == 1


async def _is_zero(boards, statement: str) -> bool:
    return (await boards.sql(statement))[0][0] == 0


async def test_what_is_wrong_with_a_dashboard(boards):
    found = await boards.send(c.CheckDashboard(content=content(dto({}, {"channels": 1}))))
    assert (found["valid"], found["error_count"]) == (False, len(found["errors"]))
    assert {one["pointer"] for one in found["errors"]} >= {"/dashboard/widgets/0", "/dashboard/widgets/1/channels"}
    assert (await boards.send(c.CheckDashboard(content=content())))["valid"]
    assert await boards.ids() == []


async def test_refusals_keep_their_kind(boards):
    for question in (c.GetDashboard(dashboard_id="x" * 200), c.GetDashboard(dashboard_id="é/..")):
        with pytest.raises(DomainError) as caught:
            await boards.caller.ask(question)
        assert caught.value.code == "dashboard_not_found"

"""Imports and exports on a real database: all or nothing, of many records and beside other writers."""

import asyncio

import orjson
import pytest
from dashboard_samples import ANYBODY, OPERATOR, boards, content, dto, sized, widget

from contracts.notify import dashboards as c
from contracts.shared import Actor
from contracts.verdict import Refused
from kit.http.problems import status_of

__all__ = ["boards"]
MANY = 10_000


def record(name: str, value: object = None, **more: object) -> str:
    return orjson.dumps({"_id": name, "dashboard": dto() if value is None else value, **more}).decode()


async def imported(boards, *records: str):
    return await boards.send(c.ImportDashboards(records=list(records)), OPERATOR)


async def test_ten_thousand_records_or_none(boards):
    """The last one decides; then an import of all, half of which are there."""
    names = [f"{number:05}" for number in range(MANY)]
    records = [record(name) for name in names]
    refused = await imported(boards, *records[:-1], record(names[-1], {"dashboard": 1}))
    assert (status_of(refused), f"Record {MANY - 1}" in refused.detail) == (422, True)
    assert await boards.ids() == []
    assert await imported(boards, *records[: MANY // 2]) == {"inserted": MANY // 2, "updated": 0}
    assert await imported(boards, *records) == {"inserted": MANY // 2, "updated": MANY // 2}
    assert await boards.sql("select count(*), count(*) filter (where version = 2), sum(history_bytes) > 0 from "
                            "dashboards.dashboard") == [(MANY, MANY // 2, True)]  # fmt: skip


BAD = [
    (record(""), 422), (record("a", []), 422), (record("a", {}), 422), (record("b"), 422), ("5", 422),
    (record("a", protected="no"), 422), (record("a", last_access="yesterday"), 422),
    (orjson.dumps({"_id": "a", "dashboard": orjson.loads(sized(401))}).decode(), 413),
]  # fmt: skip


@pytest.mark.parametrize(("bad", "status"), BAD)
async def test_one_bad_record_refuses_all(boards, running, monkeypatch, bad, status):
    monkeypatch.setattr(running.settings, "dashboard_max_single", 400)
    refused = await imported(boards, record("b"), record("c"), bad)
    assert (status_of(refused), "2" in refused.detail, "Nothing was imported" in refused.detail) == (status, True, True)
    assert await boards.ids() == []


async def test_an_import_replaces_all_of_a_record(boards):
    name = await boards.create(actor=Actor(id=7, username="mapper"))
    await boards.flag(name, protected=True, whitelisted=True)
    at = {"$date": "2001-02-03T04:05:06.789Z"}
    assert await imported(boards, record(name, dto(widget()), last_access=at)) == {"inserted": 0, "updated": 1}
    stored = await boards.caller.ask(c.GetDashboardRecord(dashboard_id=name), OPERATOR)
    assert (stored["text"], stored["whitelisted"], stored["protected"]) == (content(dto(widget())), False, False)
    assert stored["last_access"] == "2001-02-03T04:05:06.789000Z"
    assert (stored["owner"], stored["version"]) == ("mapper", 2)
    assert (await boards.get(name))["etag"] == stored["etag"]
    assert (await boards.caller.ask(c.GetVersion(dashboard_id=name, number=1)))["text"] == content()
    await boards.send(c.DeleteDashboard(dashboard_id=name))
    assert await imported(boards, record(name)) == {"inserted": 1, "updated": 0}
    assert (await boards.get(name))["text"] == content()


async def test_exports_are_in_byte_order_and_leave_out_what_is_not_whitelisted(boards, monkeypatch):
    monkeypatch.setattr("notify.dashboards.queries.EXPORT_BYTES", 500)
    names = ["b", "Z", "ä", "a", "10", "9"]
    await imported(boards, *(record(name, orjson.loads(sized(300)), whitelisted=name in "bZ") for name in names))
    large = record("c", orjson.loads(sized(900)), whitelisted=True)
    await imported(boards, large)

    async def exported(everything: bool) -> list[tuple[str, bool]]:
        found, after = [], None
        while True:
            query = c.ExportDashboards(everything=everything, after=after)
            records = (await boards.caller.ask(query, OPERATOR))["records"]
            if not records:
                return found
            found += [(one["id"], one["text"] is None) for one in records]
            after = records[-1]["id"]

    assert await exported(False) == [("Z", False), ("b", False), ("c", True)]
    assert [name for name, _ in await exported(True)] == ["10", "9", "Z", "a", "b", "c", "ä"]


async def test_imports_beside_writers_lose_nothing(boards):
    names = [await boards.create() for _ in range(6)]
    bodies = [content(dto(*[widget()] * number)) for number in range(1, 5)]
    writes = [boards.replace(name, body) for body in bodies for name in names]
    imports = [imported(boards, *(record(name, dto(widget())) for name in reversed(names))) for _ in range(4)]
    results = await asyncio.gather(*writes, *imports)
    assert not [one for one in results if isinstance(one, Refused)]
    assert await boards.sql("select distinct version from dashboards.dashboard") == [(9,)]
    assert await boards.sql("select count(*) from dashboards.version") == [(6 * 8,)]


async def test_only_operators_import(boards):
    for actor in (ANYBODY, Actor(id=7, username="mapper")):
        refused = await boards.send(c.ImportDashboards(records=[record("a")]), actor)
        assert status_of(refused) == 403

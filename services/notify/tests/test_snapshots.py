"""Snapshots of dashboards: copies that stay as they were, for whoever has the token."""

from datetime import UTC, datetime, timedelta

import orjson
from channel_door import as_user, http, post
from dashboard_samples import CHANNEL, boards, dto, widget

from contracts.notify import snapshots as c
from notify.snapshots import queries, upkeep, usecases

__all__ = ["boards", "http"]
BEGIN = 1_700_000_000_000
TIMES = {"begin_time": BEGIN, "end_time": BEGIN + 60_000}


async def board(http, boards, name: str) -> str:
    """A dashboard with a placeholder, whose channel has a sample a second."""
    values = [(str((BEGIN + 1000 * number) * 10**6), float(number)) for number in range(60)]
    await post(http, f"{name}/loss", values, backend="training", unit="nats")
    content = dto(widget(channels=[{**CHANNEL, "name": "${run}/loss"}]))
    return await boards.create(orjson.dumps(content).decode())


async def made(http, dashboard: str, run: str, user: int = 7, **more):
    body = {**TIMES, "values": {"run": run}, **more}
    answer = await http.post(f"/dashboard/{dashboard}/snapshots", json=body, headers=as_user(user))
    assert answer.status_code == 201, answer.text
    return answer.json()


async def test_a_snapshot_stays_as_it_was(http, boards):
    name = await board(http, boards, "frozen")
    kept = await made(http, name, "frozen", title="For the report")
    await post(http, "frozen/loss", [(str(BEGIN * 10**6), 99.0)], backend="training")
    await http.delete(f"/dashboard/{name}")
    found = (await http.get(f"/shared-snapshots/{kept['token']}")).json()
    assert (found["id"], found["title"]) == (kept["id"], "For the report")
    assert found["dashboard"]["widgets"][0]["channels"][0]["name"] == "frozen/loss"
    curve = found["data"]["curves"][0]
    assert (curve["unit"], curve["values"][0], len(curve["keys"])) == ("nats", 0.0, 60)
    assert found["data"]["begin_ms"] == BEGIN
    options = {"format": "svg", "annotations": False}
    drawn = await http.get(f"/shared-snapshots/{kept['token']}/picture", params=options)
    assert (drawn.status_code, b"For the report" in drawn.content) == (200, True)
    assert {"token_sha256", "body"} & found.keys() == set()


async def test_who_may_delete_a_snapshot(http, boards):
    name = await board(http, boards, "deleted")
    first, second, third = [await made(http, name, "deleted") for _ in range(3)]

    async def gone(kept, **headers) -> int:
        return (await http.delete(f"/dashboard-snapshots/{kept['id']}", headers=headers)).status_code

    assert await gone(first) == 404
    assert await gone(first, **as_user(8)) == 404
    assert await gone(first, **{"delete-key": second["delete_key"]}) == 404
    assert await gone(first, **{"delete-key": first["delete_key"]}) == 204
    assert await gone(second, **as_user(7)) == 204
    assert await gone(third, **as_user(9)) == 204
    assert (await http.get(f"/shared-snapshots/{first['token']}")).status_code == 404


async def test_lists_are_ones_own_and_tell_no_secret(http, boards):
    kept = await made(http, await board(http, boards, "listed"), "listed", user=41)
    rows = (await http.get("/dashboard-snapshots", headers=as_user(41))).json()
    assert (rows["count"], rows["results"][0]["id"]) == (1, kept["id"])
    assert (rows["results"][0]["token"], rows["results"][0]["delete_key"]) == (None, None)
    assert (await http.get("/dashboard-snapshots", headers=as_user(42))).json()["count"] == 0
    assert (await http.get("/dashboard-snapshots")).status_code == 401


async def test_a_snapshot_ends_and_is_cleaned_up(running, http, boards):
    name = await board(http, boards, "ending")
    kept = await made(http, name, "ending", expires_at=(datetime.now(UTC) + timedelta(days=9000)).isoformat())
    assert datetime.fromisoformat(kept["expires_at"]) < datetime.now(UTC) + timedelta(days=367)
    await boards.sql("update dashboards.snapshot set expires_at = now() where id = :id", id=kept["id"])
    assert (await http.get(f"/shared-snapshots/{kept['token']}")).status_code == 404
    await upkeep.clean(running)
    assert await boards.sql("select id from dashboards.snapshot where id = :id", id=kept["id"]) == []


async def test_bad_snapshots(http, boards, monkeypatch):
    name = await board(http, boards, "bad")

    async def status(path: str = name, user: int | None = 7, **body) -> int:
        headers = as_user(user) if user else {}
        answer = await http.post(f"/dashboard/{path}/snapshots", json={**TIMES, **body}, headers=headers)
        return answer.status_code

    assert await status(user=None) == 401
    assert await status("none") == 404
    assert await status(begin_time=BEGIN + 70_000) == 400
    assert await status(num_bins=1001) == 422
    assert await status(other=1) == 422
    assert await status(values={"9": "x"}) == 422
    assert await status(expires_at="2020-01-01T00:00:00Z") == 422
    monkeypatch.setattr(queries, "MAX_CONTENT", 100)
    assert await status() == 413
    monkeypatch.undo()
    monkeypatch.setattr(usecases, "MAX_SNAPSHOTS", 0)
    assert await status() == 409
    assert c.MAX_CONTENT < 8 << 20

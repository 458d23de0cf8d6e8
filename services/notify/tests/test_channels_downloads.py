"""Links, raw samples, many curves at once, shapes and steps, through the gateway."""

import math
import random
from typing import Any
from urllib.parse import parse_qs, urlsplit

import orjson
import pytest
from channel_door import as_user, curve, http, post
from channel_samples import record, series

from gateway.apis.dashboards.channel_events import iso, ns_of
from kit.errors import Unavailable
from kit.messaging.tx import ReadTx
from notify.channels.curves import axes, domain
from notify.channels.series.snapshot import snapshot

__all__ = ["http"]
MS, SECOND = 10**6, 10**9
MANY = """
insert into channels.channel_sample (series_id, ts, number, version) select %s, ts, 0, 1 from unnest(%s::int8[]) ts"""
LINK = ("https://fair.example/api/v1/channels/events?backend=platform&channelName=no+such%2Fname"
        "&begDate=1970-01-01+00%3A00%3A00.010%2B00%3A00&endDate=1970-01-01+00%3A00%3A01.000%2B00%3A00")  # fmt: skip


async def test_links(http):
    """A name that nobody has gets one as well; the link is one that can be followed."""
    options: dict[str, Any] = {"channel_name": "no such/name", "begin_time": 10, "end_time": 1000}
    assert (await http.get("/channels/raw-link", params=options)).json() == {"link": LINK}
    await post(http, "linked/one", [(20 * MS, 1.5, 7), (900 * MS + 3, 2.5)], backend="elsewhere")
    link = (await http.get("/channels/raw-link", params={**options, "channel_name": "linked/one"})).json()["link"]
    assert parse_qs(urlsplit(link).query)["backend"] == ["elsewhere"]
    found = (await http.get(link)).json()
    assert found == {
        "tsAnchor": 0, "tsMs": [20, 900], "tsNs": [0, 3], "pulseAnchor": 7, "pulseOff": [0, None], "values": [1.5, 2.5],
        "rangeFinal": True,
    }  # fmt: skip
    refused: list[tuple[dict[str, Any], int]] = [
        ({"begin_time": 0}, 400), ({"end_time": 5}, 400), ({"end_time": 10**15}, 400), ({"end_time": "x"}, 422),
    ]  # fmt: skip
    for changes, status in refused:
        assert (await http.get("/channels/raw-link", params={**options, **changes})).status_code == status


async def test_samples_of_every_type(http):
    await post(http, "events/enum", [(SECOND, {"id": 3, "desc": "idle"}), (2 * SECOND, {"id": 4, "desc": "busy"})])
    await post(http, "events/text", [(SECOND, "a"), (2 * SECOND, "b")])
    await post(http, "events/wave", [(SECOND, [1.5, 2]), (2 * SECOND, [3, 4])])
    await post(http, "events/nan", [(SECOND, "NaN"), (2 * SECOND, 4)], type="f64")
    dates = {"begDate": "1970-01-01T00:00:01.500", "endDate": "9999-12-31 00:00:05+00:00"}
    for name, values in (("enum", [3, 4]), ("text", ["a", "b"]), ("wave", [[1.5, 2], [3, 4]]), ("nan", [None, 4])):
        for before in (False, True):
            options = {"channelName": f"events/{name}", "oneBeforeRange": before, **dates}
            found = (await http.get("/channels/events", params=options)).json()
            assert found["values"] == values[0 if before else 1 :]
            assert found["tsAnchor"] == (1 if before else 2)
            assert found.get("valuestrings") == (["idle", "busy"][0 if before else 1 :] if name == "enum" else None)


@pytest.mark.parametrize(("changes", "status"), [
    ({"begDate": "soon"}, 400), ({"begDate": "1970-01-02"}, 400), ({"channelName": "nobody"}, 404),
    ({"begDate": None}, 422),
    ({"channelName": None}, 422), ({"channelName": None, "seriesId": 999_999_999}, 404), ({"seriesId": 2**63}, 422),
    ({"endDate": "0000-01-01"}, 400),
])  # fmt: skip
async def test_refused_downloads(http, changes, status):
    options = {"channelName": "recent/x", "begDate": "1970-01-01", "endDate": "1970-01-01T01:00:00Z", **changes}
    await post(http, "recent/x", [(SECOND, 1)])
    given = {key: value for key, value in options.items() if value is not None}
    answer = await http.get("/channels/events", params=given)
    assert (answer.status_code, type(answer.json()["detail"])) == (status, list if status == 422 else str)


def test_dates_have_nanoseconds():
    for ns in (0, 1, 1_767_225_600_123_456_789, 253_402_300_799 * SECOND + 999_999_999):
        assert ns_of(iso(ns), "begDate") == ns
    assert ns_of("2026-01-01T01:00:00.5+01:00", "begDate") == 1_767_225_600_500_000_000


async def test_large_answers_are_cut_and_go_on(running, http):
    """80,001 samples in 80 seconds, two of them in the same millisecond: nothing is missing between two requests."""
    number = await series(running, "large/one")
    times = [SECOND + place * MS for place in range(80_000)] + [SECOND + 79_999 * MS + 5]
    await record(running, number, [(times[0], 0.0), (times[-1], 0.0)])
    async with running.db.raw() as connection:
        await connection.execute(MANY, (number, times[1:-1]))
    found = await curve(http, "large/one", 1, 10**6)
    meta = found["_meta"]
    assert (len(found[""]), meta["truncated"], meta["continueAt"]) == (79_999, True, "1970-01-01T00:01:20.999Z")
    assert list(found[""]) == [str(ts) for ts in times[:79_999]]
    rest = await curve(http, "large/one", 80_999, 10**6)
    assert list(rest[""]) == [str(ts) for ts in times[79_999:]]
    options = {"channelName": "large/one", "begDate": "1970-01-01", "endDate": "1970-01-02"}
    events = (await http.get("/channels/events", params=options)).json()
    assert (len(events["values"]), events["continueAt"], events["rangeFinal"]) == (80_000, iso(times[-1]), False)
    whole = (await http.get("/channels/events", params={**options, "allowLargeResult": True})).json()
    assert (len(whole["values"]), whole["rangeFinal"], "continueAt" in whole) == (80_001, True, False)
    framed = await http.get("/channels/events", params=options, headers={"accept": "application/json-framed"})
    assert framed.headers["content-type"].startswith("application/json-framed")
    frames = list(_frames(framed.content))
    assert [frame["rangeFinal"] for frame in frames] == [False] * len(frames)
    assert len(frames) > 1
    sent = [
        frame["tsAnchor"] * SECOND + ms * MS + ns
        for frame in frames
        for ms, ns in zip(frame["tsMs"], frame["tsNs"], strict=True)
    ]
    assert sent == times[:80_000]
    assert [frame.get("continueAt") for frame in frames] == [None] * (len(frames) - 1) + [iso(times[-1])]


def _frames(content: bytes):
    while content:
        length, _, content = content.partition(b"\n")
        yield orjson.loads(content[: int(length)])
        assert content[int(length) : int(length) + 1] == b"\n"
        content = content[int(length) + 1 :]


async def test_shapes_keep_spikes(running, http):
    number, chance = await series(running, "shape/one"), random.Random(1)
    values = {SECOND + place * MS: chance.gauss(0, 1) for place in range(20_000)}
    values |= {SECOND + 7_777 * MS: 500.0, SECOND + 9_999 * MS: math.nan}
    await record(running, number, [(ts, one, ts) for ts, one in values.items()])
    for method, most in (("m4", 400), ("minmaxlttb", 100)):
        found = await curve(http, "shape/one", 1_000, 21_000, num_bins=100, downsample=method)
        points = {int(key): value for key, value in found[""].items()}
        assert points.items() <= values.items()
        assert 50 < len(points) <= most
        assert max(points.values()) == 500.0
        assert (found["_meta"]["downsample"], found.keys()) == (method, {"", "_meta"})
        assert found["_meta"]["pointMeta"][str(SECOND + 7_777 * MS)] == {"pulseId": SECOND + 7_777 * MS}
    await post(http, "shape/wave", [(SECOND, [1, 3]), (2 * SECOND, [4, 8])])
    assert (await curve(http, "shape/wave", 1, 10_000, num_bins=5, downsample="m4"))[""] == {
        "1000000000": 2.0, "2000000000": 6.0,
    }  # fmt: skip
    assert (await http.get("/channels/curve", params={
        "channel_name": "shape/one", "begin_time": 1, "end_time": 2, "downsample": "other",
    })).status_code == 422  # fmt: skip


async def test_steps_and_relative_times(http):
    """Two runs that began at different times lie on each other."""
    for run, start in (("a", 100 * SECOND), ("b", 5_000 * SECOND)):
        rows = [(start + place * SECOND, 10.0 - place, 3 + place) for place in range(8)]
        await post(http, f"step/{run}", [*rows, (start + 8 * SECOND, 99.0)])
        await post(http, f"step/{run}", [(start + 20 * SECOND, -1.0, 3)])
    for run in "ab":
        found = await curve(http, f"step/{run}", 1, 10**7, x="step")
        assert found[""] == {"3": -1.0, **{str(3 + place): 10.0 - place for place in range(1, 8)}}
        found = await curve(http, f"step/{run}", 1, 10**7, x="relative_step", num_bins=4)
        assert (found[""]["1"], found["_min"]["1"], found["_meta"]["pointMeta"]["1"]) == (4.0, -1.0, {"count": 2})
        found = await curve(http, f"step/{run}", 1, 10**7, x="relative_time")
        assert list(found[""])[:2] == ["0", "1000000000"]
    assert [axes.step_width(*pair) for pair in ((8, 4), (99, 10), (5, 10), (10_000, 3), (50, 10))] == [2, 5, 1, 2000, 5]


async def test_many_curves_at_once(http):
    await post(http, "many/one", [(SECOND, 1)])
    wanted = {"channel_name": "many/one", "begin_time": 1, "end_time": 5_000}
    answer = await http.post(
        "/channels/curves", json={"curves": [wanted, {**wanted, "channel_name": "nobody"}, {**wanted, "begin_time": 0}]}
    )
    first, *refused = answer.json()["curves"]
    assert first["curve"]["many/one"] == {"1000000000": 1.0}
    assert [one["status"] for one in refused] == [404, 400]
    bodies: tuple[Any, ...] = ({}, {"curves": []}, {"curves": [wanted] * 51}, {"curves": [{"channel_name": "x"}]}, [])
    for body in bodies:
        answer = await http.post("/channels/curves", json=body, headers=as_user(7))
        assert (answer.status_code, type(answer.json()["detail"])) == (422, list)


async def test_no_statement_outlives_its_limit(running):
    from contracts.shared import ANONYMOUS

    with pytest.raises(Unavailable) as refused:
        async with snapshot(ReadTx(running.db, ANONYMOUS), 0.05) as connection:
            await connection.execute("select pg_sleep(2)")
    assert refused.value.code == "too_slow"
    async with running.db.raw() as connection:
        row = await (await connection.execute("show statement_timeout")).fetchone()
    assert row == ("5s",)


def test_the_grid():
    """The worked examples, and the edges of the list of widths."""
    hour, day = 3600 * SECOND, 24 * 3600 * SECOND
    assert domain.width_of(3 * day, 3 * day + hour, 10) == 5 * 60 * SECOND
    begin, end = (20 * 60 + 10) * SECOND, (10 * 3600 + 20 * 60 + 30) * SECOND
    assert (domain.width_of(begin, end, 10), domain.bins_of(begin, end, hour)) == (hour, (0, 11))
    assert domain.width_of(0, 1, 5) == 1_000
    assert domain.width_of(0, 400 * 365 * day, 1) == 64 * day
    assert [b for a, b in zip(domain.WIDTHS, domain.WIDTHS[1:], strict=False) if b <= a] == []
    assert all(width % (60 * SECOND) == 0 for width in domain.WIDTHS if width >= 60 * SECOND)
    assert domain.bins_of(-5, 5, 10) == (-1, 1)
    assert domain.bins_of(7, 7, 10) == (0, 0)

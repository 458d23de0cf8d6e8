"""Curves through the gateway, as section 12 of the specification has them."""

import asyncio
from typing import Any

import pytest
from channel_door import as_user, curve, http, post

__all__ = ["http"]
MS, SECOND, MINUTE, HOUR = 10**6, 10**9, 60 * 10**9, 3600 * 10**9
EPOCH_DAYS = 3 * 24 * HOUR


async def test_samples_as_they_were_recorded(http):
    await post(http, "raw/one", [(10 * SECOND, 0.5, 3), (20 * SECOND, 1.5), (30 * SECOND, 2)])
    found = await curve(http, "raw/one", 10_000, 30_000)
    assert found[""] == {"10000000000": 0.5, "20000000000": 1.5}
    assert found["_meta"] == {
        "raw": True, "waveform": False, "interval_avg": 0.0, "interval_stddev": 0.0,
        "pointMeta": {"10000000000": {"pulseId": 3}, "20000000000": {"pulseId": None}},
    }  # fmt: skip
    assert found.keys() == {"", "_meta"}
    expanded = await curve(http, "raw/one", 11_000, 20_000, query_expansion=True)
    assert list(expanded[""]) == ["10000000000", "20000000000"]


async def test_bins(http):
    """12 bins of 5 minutes, of which the first has no earlier sample and the third carries."""
    await post(
        http, "bins/one", [(EPOCH_DAYS + 6 * MINUTE, 1), (EPOCH_DAYS + 7 * MINUTE, 4), (EPOCH_DAYS + 16 * MINUTE, 7)]
    )
    begin = EPOCH_DAYS // MS
    found = await curve(http, "bins/one", begin, begin + 3_600_000, num_bins=10)
    keys = [str(EPOCH_DAYS + 5 * MINUTE * number + 150 * SECOND) for number in range(1, 12)]
    assert list(found[""]) == keys
    assert [found[""][key] for key in keys[:4]] == [2.5, 4.0, 7.0, 7.0]
    assert found["_min"] == {keys[0]: 1.0, keys[2]: 7.0}
    assert found["_max"] == {keys[0]: 4.0, keys[2]: 7.0}
    meta = found["_meta"]
    assert (meta["raw"], meta["interval_avg"], meta["interval_stddev"]) == (False, 5.0 * MINUTE, 0.0)
    assert [meta["pointMeta"][key]["count"] for key in keys[:3]] == [2, 0, 1]
    found = await curve(http, "bins/one", begin, begin + 3_600_000, num_bins=10, removeEmptyBins=True)
    assert list(found[""]) == [keys[0], keys[2]]
    assert found["_meta"]["interval_avg"] == 5.0 * MINUTE
    found = await curve(http, "bins/one", begin, begin + 3_600_000, num_bins=10, binningScheme="timeWeightedScalar")
    assert [found[""][key] for key in keys[:3]] == [
        pytest.approx((1 * 1 + 4 * 3) / 4),
        4.0,
        pytest.approx((4 + 7 * 4) / 5),
    ]
    found = await curve(http, "bins/one", begin, begin + 3_600_000, num_bins=10, downsample="last")
    assert [found[""][key] for key in keys[:3]] == [4.0, 4.0, 7.0]


async def test_raw_when_sparse(http):
    begin = EPOCH_DAYS // MS
    await post(http, "sparse/one", [(EPOCH_DAYS + number * MINUTE, number) for number in range(5)])
    for bins, raw in ((5, False), (6, True)):
        found = await curve(http, "sparse/one", begin, begin + 600_000, num_bins=bins, useEventsIfBinCountTooLarge=True)
        assert found["_meta"]["raw"] is raw
    await post(http, "sparse/arrays", [(EPOCH_DAYS, [1, 2]), (EPOCH_DAYS + MINUTE, [3, 4])])
    for end, raw in ((30_000, True), (600_000, False)):
        found = await curve(http, "sparse/arrays", begin, begin + end, num_bins=6, useEventsIfBinCountTooLarge=True)
        assert (found["_meta"]["raw"], found["_meta"]["waveform"]) == (raw, raw)


async def test_arrays(http):
    await post(http, "wave/one", [(EPOCH_DAYS, [1, 2, 6], 4), (EPOCH_DAYS + SECOND, [5, 5, 5])])
    begin = EPOCH_DAYS // MS
    found = await curve(http, "wave/one", begin, begin + 2_000)
    assert list(found[""].items())[:3] == [(f"{EPOCH_DAYS}_{index}", value) for index, value in enumerate((1, 2, 6))]
    assert found.keys() == {"", "_meta"}
    assert found["_meta"] == {"raw": True, "waveform": True, "pointMeta": {
        str(EPOCH_DAYS): {"pulseId": 4}, str(EPOCH_DAYS + SECOND): {"pulseId": None},
    }}  # fmt: skip
    found = await curve(http, "wave/one", begin, begin + 2_000, num_bins=1)
    key = str(EPOCH_DAYS + SECOND)
    assert (found[""], found["_min"], found["_max"]) == ({key: 4.0}, {key: 1.0}, {key: 6.0})
    assert found["_meta"]["pointMeta"] == {key: {"count": 2}}


VALUES: list[tuple[dict[str, Any], Any, dict[str, Any], Any, str | None]] = [
    ({"type": "bool"}, True, {}, 1, None), ({"type": "enum"}, {"id": 3, "desc": "idle"}, {}, 3, "idle"),
    ({}, "words", {}, 1, "words"), ({}, "", {}, 0, ""), ({}, "2.5", {"isString": False}, 2.5, None),
    ({}, "many", {"isString": False}, 1, "many"), ({}, 0.9, {"isString": True}, 1, "0.9"),
    ({"type": "f64"}, "NaN", {}, None, "NaN"), ({"type": "f64"}, "-Infinity", {}, None, "-Infinity"),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "value", "options", "number", "desc"), VALUES)
async def test_values(http, kind, value, options, number, desc):
    name = f"values/{value}/{options}"
    await post(http, name, [(5 * SECOND, value)], **kind)
    found = await curve(http, name, 1_000, 9_000, num_bins=2 if isinstance(value, str) and not kind else 0, **options)
    assert found[""] == {"5000000000": number}
    assert found["_meta"]["pointMeta"] == {
        "5000000000": {"pulseId": None} if desc is None else {"pulseId": None, "desc": desc}
    }


async def test_bins_of_what_is_not_finite(http):
    await post(http, "nan/bins", [(SECOND, "NaN"), (2 * SECOND, 1.7e308), (3 * SECOND, 1.7e308)], type="f64")
    found = await curve(http, "nan/bins", 1_000, 5_000, num_bins=4)
    assert list(found[""].values()) == [None, 1.7e308, 1.7e308, 1.7e308]
    assert list(found["_min"]) == ["2500000000", "3500000000"]
    found = await curve(http, "nan/bins", 1_000, 5_000, num_bins=1)
    assert list(found[""].values()) == [None, None, 1.7e308], "the sum of two is beyond the range of a double"


REFUSED: list[tuple[dict[str, Any], int]] = [
    ({"channel_name": "nobody"}, 404), ({"begin_time": 0}, 400), ({"end_time": 0}, 400),
    ({"begin_time": 3_000, "end_time": 2_000}, 400), ({"end_time": 253_402_300_800_000}, 400),
    ({"num_bins": 20_001}, 400), ({"binningScheme": "other"}, 400), ({"begin_time": "soon"}, 422),
    ({"num_bins": "few"}, 422), ({"isString": "perhaps"}, 422), ({"begin_time": 10**40, "end_time": 10**41}, 400),
    ({"channel_name": "nobody", "begin_time": 0}, 404), ({"num_bins": 20_000}, 200), ({"begin_time": -5}, 200),
    ({"begin_time": 2_000}, 200), ({"unknown": "x"}, 200), ({"channel_name": "RECENT/first"}, 404),
    ({"channel_name": "recent/f.rst"}, 404), ({"channel_name": " recent/first "}, 200), ({"channel_name": "\0"}, 422),
]  # fmt: skip


@pytest.mark.parametrize(("changes", "status"), REFUSED)
async def test_order_of_checks(http, changes, status):
    await post(http, "recent/first", [(SECOND, 1)])
    options = {"channel_name": "recent/first", "begin_time": 1_000, "end_time": 2_000, **changes}
    answer = await http.get("/channels/curve", params=options)
    assert answer.status_code == status, answer.text
    if status != 200:
        assert isinstance(answer.json()["detail"], list if status == 422 else str)


async def test_what_is_empty_has_one_key(http):
    await post(http, "recent/first", [(SECOND, 1)])
    for name in ("recent/first", "999999999", "9" * 40):
        for bins in (0, 5):
            assert await curve(http, name, 5_000 if bins else 2_000, 5_000, num_bins=bins) == {"": {}}
    assert await curve(http, "recent/first", 4_000_000_000_000, 4_000_000_000_001) == {"": {}}


async def test_recent_and_search(http):
    names = [f"seen/{number}" for number in range(12)]
    for number, name in enumerate(names):
        await post(http, name, [(SECOND, number)], unit="m", source="tests")
    for name in (*names[:3], names[0]):
        await curve(http, name, 1_000, 2_000)
    await http.get("/channels/curve", params={"channel_name": names[5], "begin_time": 0, "end_time": 1})
    found = (await http.get("/channels/recent")).json()["channels"]
    assert [channel["name"] for channel in found[:3]] == [names[0], names[2], names[1]]
    assert len(found) == 10
    first = found[0]
    assert first == {"backend": "platform", "name": names[0], "seriesId": first["seriesId"], "source": "tests",
                     "type": "f64", "shape": [], "unit": "m", "description": ""}  # fmt: skip
    assert first["seriesId"].isdigit()
    by_id = await http.get(
        "/channels/curve", params={"channel_name": first["seriesId"], "begin_time": 1_000, "end_time": 2_000}
    )
    assert by_id.json()["curve"][first["seriesId"]] == {"1000000000": 0.0}
    for text, wanted in (("^seen/0$", names[:1]), (" SEEN/1.$ ", names[10:]), ("seen", sorted(names))):
        found = (await http.get("/channels/search", params={"search_text": text, "backend": "platform"})).json()
        assert ([channel["name"] for channel in found["channels"]], found.keys()) == (wanted, {"channels"})
    cut = (await http.get("/channels/search", params={"search_text": "seen", "limit": 2})).json()
    assert (len(cut["channels"]), cut["truncated"]) == (2, True)
    assert (await http.get("/channels/search", params={"backend": "nowhere"})).json() == {"channels": []}


@pytest.mark.parametrize(
    "text", ["(", "[a", "*", "a{2,1}", r"(a)\1", "***=x", "(?<n>a)" * 400, "((a{1,255}){1,255}){1,255}"]
)
async def test_bad_expressions(http, text):
    async with asyncio.timeout(15):
        answer = await http.get("/channels/search", params={"search_text": text})
    assert (answer.status_code, type(answer.json()["detail"])) == (400, str)


async def test_hostile_expressions_end(http):
    await post(http, "a" * 200 + "!", [(SECOND, 1)])
    for text in ("(a*)*$", "((a+)+)+$", "(a|a)*$", "(.*a){40}$", "(a?){100}a{100}"):
        async with asyncio.timeout(5):
            assert (await http.get("/channels/search", params={"search_text": text})).status_code in (200, 400)


async def test_private_channels_are_their_owners(http):
    await post(http, "own/loss", [(SECOND, 1)], backend="user-7")
    options = {"channel_name": "own/loss", "begin_time": 1_000, "end_time": 2_000}
    for headers, status, hits in (({}, 404, 0), (as_user(8), 404, 0), (as_user(7), 200, 1), (as_user(9), 200, 1)):
        assert (await http.get("/channels/curve", params=options, headers=headers)).status_code == status
        found = await http.get("/channels/search", params={"search_text": "own/loss"}, headers=headers)
        assert len(found.json()["channels"]) == hits
        events = {"channelName": "own/loss", "begDate": "1970-01-01", "endDate": "1970-01-02"}
        assert (await http.get("/channels/events", params=events, headers=headers)).status_code == status
    number = (await http.get("/channels/search", params={"search_text": "own"}, headers=as_user(7))).json()
    by_id = {**options, "channel_name": number["channels"][0]["seriesId"]}
    assert list((await http.get("/channels/curve", params=by_id)).json()["curve"].values()) == [{}]

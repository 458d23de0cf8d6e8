"""Rules of dashboards that need no server: schema, records of exports, settings, and which dashboards are evicted."""

import hashlib
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import orjson
import pytest
from dashboard_samples import CHANNEL, LAYOUT, dto, sized, widget
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from contracts.shared import ANONYMOUS, Actor
from kit.errors import Conflict, Invalid
from notify.dashboards.domain import Candidate, Capacity, etag_of, walk
from notify.dashboards.extended_json import BadRecord, record_of, unwrapped
from notify.dashboards.refusals import check_match, check_size
from notify.dashboards.schema_file import SHIPPED, BadSchema, DashboardSchema, pointer
from notify.dashboards.settings import DashboardSettings
from notify.dashboards.visibility import level_of

START = datetime(2026, 1, 1, tzinfo=UTC)
CURVE = {"channel": CHANNEL, "displayLabel": "", "axisAssignment": "x"}
AXIS = {"label": "y1", "min": None, "max": 1.5, "displayLabel": "", "manualDisplayLabel": False}
PLOT = {
    "plotTitle": "",
    "manualAxisAssignment": False,
    "curveAttributes": {"a | b/~c": CURVE},
    "yAxisAttributes": [AXIS],
}
FULL = widget(
    plotSettings={**PLOT, "curveAttributes": {"": {**CURVE, "color": "red", "curveShape": "hv", "curveMode": "gauge"}}},
    layout={
        **LAYOUT,
        "x": -1.5,
        "minW": 1,
        "maxH": 2,
        "static": True,
        "isBounded": False,
        "resizeHandles": ["se", "n"],
    },
)
VALID = [dto(), dto(widget()), dto(FULL), dto(widget(channels=[{**CHANNEL, "shape": "[3]"}])),
         dto(widget(plotSettings=PLOT), widget(channels=[]))]  # fmt: skip
WRONG = [
    ({}, ""), ([], ""), ({"dashboard": {}}, "/dashboard"), ({**dto(), "id": "x"}, ""),
    (dto(widget(plotSettings=None)), "/dashboard/widgets/0/plotSettings"),
    (dto({"channels": []}), "/dashboard/widgets/0"), (dto(widget(more=1)), "/dashboard/widgets/0"),
    (dto(widget(layout={**LAYOUT, "w": True})), "/dashboard/widgets/0/layout/w"),
    (dto(widget(layout={**LAYOUT, "resizeHandles": ["x"]})), "/dashboard/widgets/0/layout/resizeHandles/0"),
    (dto(widget(channels=[{**CHANNEL, "shape": ["1"]}])), "/dashboard/widgets/0/channels/0/shape"),
    (dto(widget(plotSettings={**PLOT, "yAxisAttributes": [{k: v for k, v in AXIS.items() if k != "min"}]})),
     "/dashboard/widgets/0/plotSettings/yAxisAttributes/0"),
    (dto(widget(plotSettings={**PLOT, "curveAttributes": {"a/b~": {**CURVE, "curveMode": "bars"}}})),
     "/dashboard/widgets/0/plotSettings/curveAttributes/a~1b~0/curveMode"),
]  # fmt: skip


@pytest.fixture(scope="module")
def schema() -> DashboardSchema:
    return DashboardSchema(DashboardSettings())


@pytest.mark.parametrize("value", VALID)
def test_what_the_schema_allows(schema, value):
    assert list(schema.errors(value)) == []


@pytest.mark.parametrize(("value", "where"), WRONG)
def test_what_the_schema_forbids(schema, value, where):
    assert where in [error.pointer for error in schema.errors(value)]


def test_the_schema_that_is_shipped_is_one():
    import jsonschema_rs

    content = orjson.loads((SHIPPED / "dashboarddto.schema.json").read_bytes())
    assert content["$schema"] == "http://json-schema.org/draft-07/schema#"
    jsonschema_rs.Draft7Validator(content)


@pytest.mark.parametrize("content", [None, b"{", b'{"type": "nothing"}'])
def test_a_schema_that_is_none_stops_the_start(tmp_path, content):
    if content is not None:
        (tmp_path / "dashboarddto.schema.json").write_bytes(content)
    with pytest.raises(BadSchema, match="SCHEMA_PATH"):
        DashboardSchema(DashboardSettings(schema_path=str(tmp_path)))
    assert DashboardSchema(DashboardSettings(schema_path=str(tmp_path), validate_dashboard_schema=False)).sha256 is None


def test_a_schema_of_ones_own(tmp_path):
    (tmp_path / "dashboarddto.schema.json").write_text('{"required": ["mine"]}')
    found = DashboardSchema(DashboardSettings(schema_path=f"{tmp_path}/"))
    assert [error.pointer for error in found.errors({})] == [""]
    assert len(found.sha256 or "") == 64


SETTINGS = [
    ("VALIDATE_DASHBOARD_SCHEMA", "treu"), ("VALIDATE_DASHBOARD_SIZE", "y"), ("DASHBOARD_MAX_SINGLE_BYTES", "0"),
    ("DASHBOARD_MAX_SINGLE_BYTES", "10MB"), ("DASHBOARD_MAX_TOTAL_STORAGE_BYTES", "-1"),
    ("DASHBOARD_EVICTION_THRESHOLD", "1.01"), ("DASHBOARD_TARGET_UTILIZATION", "nan"),
    ("DASHBOARD_TARGET_UTILIZATION", "0.96"), ("DASHBOARD_EVICTION_THRESHOLD", "0.5"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "value"), SETTINGS)
def test_a_setting_that_cannot_be_right_stops_the_start(monkeypatch, name, value):
    monkeypatch.setenv(name, value)
    with pytest.raises(ValidationError):
        DashboardSettings()


@pytest.mark.parametrize(("value", "flag"), [(" ON ", True), ("No", False), ("", True), ("0", False), ("Yes", True)])
def test_flags(monkeypatch, value, flag):
    monkeypatch.setenv("VALIDATE_DASHBOARD_SCHEMA", value)
    assert DashboardSettings().validate_dashboard_schema is flag


def test_thresholds_of_zero_are_allowed(monkeypatch):
    monkeypatch.setenv("DASHBOARD_EVICTION_THRESHOLD", "0")
    monkeypatch.setenv("DASHBOARD_TARGET_UTILIZATION", "0")
    found = DashboardSettings()
    assert Capacity(1, found.dashboard_threshold, found.dashboard_target).is_reached(0)


def aged(*sizes: int) -> list[Candidate]:
    return [Candidate(str(i), size, START + timedelta(seconds=i)) for i, size in enumerate(sizes)]


def test_the_worked_example():
    capacity = Capacity(10_000, Decimal("0.95"), Decimal("0.60"))
    assert capacity.is_reached(9500)
    assert not capacity.is_reached(9499)
    assert capacity.target_bytes == 6000
    chosen = walk(aged(*[1000] * 9, 500), 9500, capacity.target_bytes)
    assert [one.id for one in chosen] == ["0", "1", "2", "3"]


def test_ratios_are_exact():
    """0.07 * 100 is more than 7 as binary fractions, 0.29 * 100 less than 29."""
    assert Capacity(100, Decimal("0.07"), Decimal(0)).is_reached(7)
    assert Capacity(100, Decimal(1), Decimal("0.29")).target_bytes == 29


SIZES = st.lists(st.tuples(st.integers(1, 100), st.sampled_from([None, 1, 2])), max_size=30)


@settings(deadline=None, max_examples=300)
@given(SIZES, st.integers(0, 500), st.integers(0, 2000))
def test_no_more_is_evicted_than_needed(sizes, others, target):
    """`others` are bytes that cannot be evicted."""
    candidates = [Candidate(str(i), size, START, owner) for i, (size, owner) in enumerate(sizes)]
    total = others + sum(size for size, _ in sizes)
    chosen = walk(candidates, total, target)
    assert chosen == candidates[: len(chosen)]
    left = total - sum(one.size_bytes for one in chosen)
    assert left <= target or len(chosen) == len(candidates)
    assert not chosen or left + chosen[-1].size_bytes > target
    excess = {1: 50, 2: 0}
    fair = walk(candidates, total, target, excess)
    assert {one.owner_id for one in fair} <= {1}
    assert sum(one.size_bytes for one in fair[:-1]) < 50


@pytest.mark.parametrize(("condition", "passes"), [
    (None, True), ("*", True), ('"1-a"', True), ('"0-x", "1-a"', True), ('W/"1-a"', False), ("1-a", False), ("", False),
])  # fmt: skip
def test_conditions(condition, passes):
    if passes:
        return check_match(condition, '"1-a"')
    with pytest.raises(Conflict) as caught:
        check_match(condition, '"1-a"')
    assert caught.value.facts["http"] == 412


def test_tags_differ_with_version_and_content():
    assert len({etag_of(1, "a"), etag_of(2, "a"), etag_of(1, "b")}) == 3


def test_size_is_that_of_compact_json():
    assert len(orjson.dumps(dto())) == 28
    assert len(sized(5000)) == 5000
    check_size(10, 10)
    with pytest.raises(Invalid, match=r"11 .*10"):
        check_size(11, 10)


def test_pointers():
    assert pointer(["a/b", 3, "~"]) == "/a~1b/3/~0"


RECORD = {
    "_id": "a",
    "dashboard": {"n": {"$numberLong": "5"}, "d": [{"$numberDouble": "0.5"}], "i": {"$numberInt": "-1"}},
}


def test_records_of_a_dump():
    found = record_of({**RECORD, "last_access": {"$date": {"$numberLong": "1500"}}, "whitelisted": True, "more": {}})
    assert found.dashboard == {"n": 5, "d": [0.5], "i": -1}
    assert (found.last_access, found.whitelisted, found.protected) == (
        datetime(1970, 1, 1, 0, 0, 1, 500_000, UTC),
        True,
        False,
    )
    for form in ({"$date": "2026-03-04T05:06:07.089Z"}, "2026-03-04T06:06:07.089+01:00"):
        assert record_of({**RECORD, "last_access": form}).last_access == datetime(2026, 3, 4, 5, 6, 7, 89_000, UTC)
    assert record_of(RECORD).last_access is None


@pytest.mark.parametrize("change", [
    {"_id": ""}, {"_id": "x" * 129}, {"_id": 5}, {"dashboard": []}, {"dashboard": {"$numberLong": "1"}},
    {"whitelisted": "yes"}, {"protected": 1}, {"last_access": 5}, {"last_access": "2026-01-01T00:00:00"},
    {"last_access": {"$date": {"$numberLong": "9e9"}}}, {"last_access": {"$date": "soon"}},
    {"dashboard": {"x": {"$numberLong": str(2**63)}}}, {"dashboard": {"x": {"$numberDouble": "NaN"}}},
    {"dashboard": {"x": {"$numberInt": 5}}}, {"last_access": {"$date": {"$numberLong": str(10**18)}}},
])  # fmt: skip
def test_records_that_are_none(change):
    with pytest.raises(BadRecord):
        record_of({**RECORD, **change})


def test_other_objects_are_left_alone():
    value = {"$numberLong": "5", "more": 1}
    assert unwrapped(value) == value
    assert json.dumps(unwrapped({"a": [value]})) == json.dumps({"a": [value]})


@pytest.mark.parametrize(("actor", "owner", "everyone", "granted", "level"), [
    (ANONYMOUS, None, "edit", None, "edit"), (Actor(id=7), 7, "none", None, "admin"),
    (Actor(id=7), 8, "none", "view", "view"), (Actor(id=7), 8, "edit", "view", "edit"),
    (Actor(id=0), None, "edit", None, "edit"), (Actor(id=9, roles=frozenset({"admin"})), 8, "none", None, "admin"),
    (ANONYMOUS, 0, "none", None, "none"),
])  # fmt: skip
def test_who_may_do_what(actor, owner, everyone, granted, level):
    assert level_of(actor, owner, everyone, granted) == level


@pytest.fixture
def web(tmp_path) -> Iterator[str]:
    """The address of `tmp_path` on a real server of HTTP."""
    handler = partial(SimpleHTTPRequestHandler, directory=tmp_path)
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def test_the_schema_may_lie_at_an_address(web, tmp_path):
    for place in (web, f"{web}/"):
        with pytest.raises(BadSchema, match=r"SCHEMA_PATH.*404"):
            DashboardSchema(DashboardSettings(schema_path=place))
    file = tmp_path / "dashboarddto.schema.json"
    file.write_text('{"type": "object", "required": ["mine"]}')
    for place in (web, f"{web}/"):
        found = DashboardSchema(DashboardSettings(schema_path=place))
        assert found.sha256 == hashlib.sha256(file.read_bytes()).hexdigest()
        assert [error.pointer for error in found.errors({})] == [""]
    file.write_text("<html>")
    with pytest.raises(BadSchema, match="no draft-07 schema"):
        DashboardSchema(DashboardSettings(schema_path=web))


def test_a_schema_at_an_address_that_nobody_serves_stops_the_start():
    with pytest.raises(BadSchema, match=r"SCHEMA_PATH.*refused"):
        DashboardSchema(DashboardSettings(schema_path="http://127.0.0.1:1"))

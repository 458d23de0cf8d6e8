"""Features on their way to OpenStreetMap, compared with the sandbox of the Raw Data API."""

import asyncio
from datetime import UTC, datetime
from typing import Any
from xml.etree import ElementTree

import orjson
import pytest
import shapely

from catalog.labels import freshness
from catalog.labels.conflation import AT_ONCE, Conflation
from catalog.labels.freshness import Freshness
from contracts.catalog.osm import Conflate, DescribeAsOsm, GetOsmStatus
from contracts.shared import ANONYMOUS
from imagery import RawData, RawDataError
from kit.errors import Invalid, TooMany, Unavailable, Unprocessable
from kit.testing import Caller
from stack.sandbox import village

pytestmark = pytest.mark.usefixtures("running")


def feature(geometry: Any, **tags: str) -> dict[str, Any]:
    return {"type": "Feature", "geometry": orjson.loads(shapely.to_geojson(geometry)), "properties": {"tags": tags}}


@pytest.fixture(scope="session")
def house() -> shapely.Polygon:
    """One that the sandbox has mapped."""
    buildings = [one for one in village.features() if "building" in one["properties"]["tags"]]
    return shapely.geometry.shape(buildings[0]["geometry"])


async def test_features_become_osm_xml(caller: Caller):
    square, point = feature(shapely.box(0, 0, 1, 1), building="yes"), feature(shapely.Point(2, 2))
    root = ElementTree.fromstring((await caller.ask(DescribeAsOsm(features=[square, point]))).encode())
    assert (len(root.findall("node")), len(root.findall("way"))) == (5, 1)
    with pytest.raises(Invalid, match="Feature 1: "):
        await caller.ask(DescribeAsOsm(features=[square, {"type": "Feature", "geometry": None, "properties": {}}]))


@pytest.mark.spec("22.8", "POST /conflate/")
@pytest.mark.spec("25", "109")
async def test_what_the_map_has_is_left_out(caller: Caller, house: shapely.Polygon):
    mapped, moved = feature(house.buffer(1e-6)), shapely.affinity.translate(house, 0.005, 0)
    new = feature(moved, building="yes")
    assert await caller.ask(Conflate(features=[mapped, new])) == [new]
    assert await caller.ask(Conflate(features=[])) == []


async def test_other_kinds_of_things_do_not_count(caller: Caller, house: shapely.Polygon):
    meadow = feature(house, landuse="meadow")
    assert await caller.ask(Conflate(features=[meadow])) == [meadow]


async def test_limits_of_size(caller: Caller):
    far = [feature(shapely.Point(85, 27)), feature(shapely.Point(86, 28))]
    with pytest.raises(Invalid, match="at most 100 km²"):
        await caller.ask(Conflate(features=far))


class Slow(RawData):
    """Waits until it is told the outcome."""

    def __init__(self) -> None:
        self.outcome: asyncio.Future[list] = asyncio.get_running_loop().create_future()

    async def features(self, *_: Any) -> Any:
        return await asyncio.shield(self.outcome)


async def test_only_a_few_at_a_time():
    slow = Slow()
    conflation, asked = Conflation(slow), [feature(shapely.Point(1, 1))]
    waiting = [asyncio.ensure_future(conflation.new(asked)) for _ in range(AT_ONCE)]
    async with asyncio.timeout(10):
        while conflation._under_way < AT_ONCE:
            await asyncio.sleep(0.01)
    with pytest.raises(TooMany):
        await conflation.new(asked)
    slow.outcome.set_result([])
    assert await asyncio.gather(*waiting) == [asked] * AT_ONCE
    assert await conflation.new(asked) == asked


@pytest.mark.parametrize(("transient", "kind"), [(True, Unavailable), (False, Unprocessable)])
async def test_trouble_of_the_service_is_told(transient: bool, kind: type[Exception]):
    slow = Slow()
    slow.outcome.set_exception(RawDataError("No data today.", transient))
    with pytest.raises(kind, match="No data today"):
        await Conflation(slow).new([feature(shapely.Point(1, 1))])


async def test_a_slow_service_is_not_waited_for(monkeypatch):
    monkeypatch.setattr("catalog.labels.conflation.DEADLINE", 0.05)
    with pytest.raises(Unavailable, match="too long"):
        await Conflation(Slow()).new([feature(shapely.Point(1, 1))])


@pytest.mark.spec("21.3", "status lastUpdated")
async def test_everybody_may_know_the_age_of_the_data(caller: Caller):
    told = await caller.ask(GetOsmStatus(), ANONYMOUS)
    assert datetime.fromisoformat(told["lastUpdated"]) <= datetime.now(UTC)


class Aged(RawData):
    """Counts who asks; `told` is what it answers or raises."""

    def __init__(self) -> None:
        self.asked, self.told = 0, datetime(2026, 11, 20, tzinfo=UTC)

    async def last_updated(self) -> datetime:
        self.asked += 1
        await asyncio.sleep(0)
        if isinstance(self.told, Exception):
            raise self.told
        return self.told


async def test_many_who_look_are_one_who_asks(monkeypatch):
    osm = Aged()
    fresh = Freshness(osm)
    told = await asyncio.gather(*(fresh.status() for _ in range(50)))
    assert (osm.asked, {one.lastUpdated for one in told}) == (1, {osm.told})
    monkeypatch.setattr(freshness, "KEPT", -1.0)
    await Freshness(osm).status()
    assert osm.asked == 2


async def test_a_failure_is_not_asked_for_again_at_once():
    osm = Aged()
    osm.told = RawDataError("Down.", True)
    fresh = Freshness(osm)
    for _ in range(3):
        with pytest.raises(Unavailable, match="Down"):
            await fresh.status()
    assert osm.asked == 1
    fresh._until, osm.told = 0.0, datetime(2026, 11, 21, tzinfo=UTC)
    assert (await fresh.status()).lastUpdated == osm.told

"""Features on their way to OpenStreetMap, compared with the sandbox of the Raw Data API."""

import asyncio
from datetime import UTC, datetime
from typing import Any
from xml.etree import ElementTree

import orjson
import pytest
import shapely

from catalog.aoi_labels import osm_status
from catalog.aoi_labels.conflation import MAX_CONCURRENT, Conflation
from catalog.aoi_labels.osm_status import OsmStatusCache
from contracts.catalog.osm import Conflate, DescribeAsOsm, GetOsmStatus
from contracts.shared import ANONYMOUS
from kit.errors import Invalid, RateLimited, Unavailable, Unprocessable
from kit.testing import Caller
from osm.raw_data import RawData, RawDataError
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
    with pytest.raises(Invalid, match="Feature 2: "):
        await caller.ask(DescribeAsOsm(features=[square, {"type": "Feature", "geometry": None, "properties": {}}]))


def document(text: str) -> tuple[ElementTree.Element, dict[str, Any]]:
    """With the outcome that its first comment holds."""
    root = ElementTree.fromstring(text, ElementTree.XMLParser(target=ElementTree.TreeBuilder(insert_comments=True)))
    return root, orjson.loads(root[0].text or "")


async def test_what_a_model_calls_a_building_is_one_and_columns_of_tools_are_no_tags(caller: Caller):
    found = {"class": 1, "label": "building", "confidence": 0.91, "source": "some-model"}
    mine = {"building": "school", "name": "A", "confidence": 0.4, "enumerator": "K"}
    for properties, tags in (
        (found, {"building": "yes"}), (mine, {"building": "school", "name": "A"}), ({"fid": 2}, {}), (None, {}),
        ({"class": "building", "label": 1, "tags": {}}, {"building": "yes"}),
    ):  # fmt: skip
        one = {**feature(shapely.box(0, 0, 1, 1)), "properties": properties}
        root, _ = document(await caller.ask(DescribeAsOsm(features=[one])))
        assert {tag.get("k"): tag.get("v") for tag in root.iter("tag")} == tags


async def test_rounding_leaves_no_way_broken_and_tells_what_it_costs(caller: Caller):
    near = shapely.Polygon([(10, 5), (10.001, 5), (10.00100000002, 5.00000000003), (10.001, 5.001), (10, 5.001)])
    speck = shapely.Polygon([(10, 5), (10.00000002, 5), (10.00000002, 5.00000002)])
    holed = shapely.box(20, 5, 20.001, 5.001).difference(shapely.box(20.0005, 5.0005, 20.00050002, 5.00050002))
    stub = shapely.LineString([(11, 5), (11.00000001, 5)])
    root, told = document(await caller.ask(DescribeAsOsm(features=[feature(s) for s in (near, speck, holed, stub)])))
    refs = [[nd.get("ref") for nd in way.findall("nd")] for way in root.iter("way")]
    assert [len(one) for one in refs] == [5, 5]
    assert all(one[0] == one[-1] and len(set(one)) == 4 for one in refs)
    assert (told["wanted"], told["done"]) == (4, 2)
    assert [one["examples"] for one in told["left_out"]] == [["feature 2", "feature 4"]]
    assert [one["examples"] for one in told["altered"]] == [["feature 3"]]
    with pytest.raises(Invalid, match="Nothing is left of it"):
        await caller.ask(DescribeAsOsm(features=[feature(speck)]))


async def test_points_at_one_place_stay_two_nodes(caller: Caller):
    features = [feature(shapely.Point(3, 4), amenity="cafe"), feature(shapely.Point(3, 4), shop="books")]
    root, _ = document(await caller.ask(DescribeAsOsm(features=features)))
    assert [[tag.get("k") for tag in node] for node in root.iter("node")] == [["amenity"], ["shop"]]


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


class Answering(RawData):
    def __init__(self, *found: dict[str, Any]) -> None:
        self.found = found

    async def features(self, *_: Any) -> list[dict[str, Any]]:
        return list(self.found)


async def test_a_building_that_the_map_denies_is_new():
    roof = shapely.box(10, 5, 10.0001, 5.0001)
    ours = feature(roof, building="yes")
    for tags, new in (({"building": "no"}, [ours]), ({"building": "No", "amenity": "parking"}, [ours]),
                      ({"building": "yes"}, [])):  # fmt: skip
        assert await Conflation(Answering(feature(roof, **tags))).new([ours]) == new


class Slow(RawData):
    """Waits until it is told the outcome."""

    def __init__(self) -> None:
        self.outcome: asyncio.Future[list] = asyncio.get_running_loop().create_future()

    async def features(self, *_: Any) -> Any:
        return await asyncio.shield(self.outcome)


async def test_only_a_few_at_a_time():
    slow = Slow()
    conflation, asked = Conflation(slow), [feature(shapely.Point(1, 1))]
    waiting = [asyncio.ensure_future(conflation.new(asked)) for _ in range(MAX_CONCURRENT)]
    async with asyncio.timeout(10):
        while conflation._under_way < MAX_CONCURRENT:
            await asyncio.sleep(0.01)
    with pytest.raises(RateLimited):
        await conflation.new(asked)
    slow.outcome.set_result([])
    assert await asyncio.gather(*waiting) == [asked] * MAX_CONCURRENT
    assert await conflation.new(asked) == asked


@pytest.mark.parametrize(("transient", "kind"), [(True, Unavailable), (False, Unprocessable)])
async def test_trouble_of_the_service_is_told(transient: bool, kind: type[Exception]):
    slow = Slow()
    slow.outcome.set_exception(RawDataError("No data today.", transient))
    with pytest.raises(kind, match="No data today"):
        await Conflation(slow).new([feature(shapely.Point(1, 1))])


async def test_a_slow_service_is_not_waited_for(monkeypatch):
    monkeypatch.setattr("catalog.aoi_labels.conflation.DEADLINE", 0.05)
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
    fresh = OsmStatusCache(osm)
    told = await asyncio.gather(*(fresh.status() for _ in range(50)))
    assert (osm.asked, {one.lastUpdated for one in told}) == (1, {osm.told})
    monkeypatch.setattr(osm_status, "TTL", -1.0)
    await OsmStatusCache(osm).status()
    assert osm.asked == 2


async def test_a_failure_is_not_asked_for_again_at_once():
    osm = Aged()
    osm.told = RawDataError("Down.", True)
    fresh = OsmStatusCache(osm)
    for _ in range(3):
        with pytest.raises(Unavailable, match="Down"):
            await fresh.status()
    assert osm.asked == 1
    fresh._until, osm.told = 0.0, datetime(2026, 11, 21, tzinfo=UTC)
    assert (await fresh.status()).lastUpdated == osm.told

from uuid import uuid4
from xml.etree import ElementTree

import pytest

from contracts.catalog.areas import ChangeAoi, CreateAoi, DeleteAoi, GetAoi, GetAoiGpx, ListAois
from contracts.catalog.datasets import ChangeDataset, CreateDataset
from contracts.gateway import UserChanged
from contracts.shared import Page
from kit.errors import Invalid, NotFound
from kit.testing import ADMIN, STRANGER, Caller, eventually

pytestmark = pytest.mark.usefixtures("running")


def square(west: float = 85.51, south: float = 27.62, side: float = 0.01) -> dict:
    east, north = round(west + side, 9), round(south + side, 9)
    ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
    return {"type": "Polygon", "coordinates": [ring]}


SQUARE = square()
BOWTIE = {"type": "Polygon", "coordinates": [[[0, 0], [1, 1], [1, 0], [0, 1], [0, 0]]]}


async def created(caller: Caller, **fields) -> int:
    return (await caller.send(CreateAoi(geometry=fields.pop("geometry", SQUARE), **fields))).result["properties"]["id"]


async def draft(caller: Caller, visibility: str = "private") -> int:
    command = CreateDataset(title="Draft", source_imagery="https://t.example/{z}/{x}/{y}")
    dataset_id = (await caller.send(command)).result["id"]
    await caller.send(ChangeDataset(dataset_id=dataset_id, visibility=visibility))
    return dataset_id


async def test_aoi_is_readable_after_create(caller: Caller):
    verdict = await caller.send(CreateAoi(geometry=SQUARE))
    row = await caller.ask(GetAoi(aoi_id=verdict.result["properties"]["id"]))
    assert verdict.http == 201
    assert (row["geometry"], row["bbox"]) == (SQUARE, [85.51, 27.62, 85.52, 27.63])
    assert row["properties"] | verdict.result["properties"] == row["properties"] | {
        "created_at": verdict.result["properties"]["created_at"],
        "last_modified": verdict.result["properties"]["last_modified"],
        "user": {"osm_id": 7, "username": "mapper"},
    }


async def test_repeated_command_gets_its_first_verdict(caller: Caller):
    key = uuid4()
    first = await caller.send(CreateAoi(geometry=SQUARE), command_id=key)
    assert await caller.send(CreateAoi(geometry=SQUARE), command_id=key) == first


async def test_same_key_with_another_body_is_refused(caller: Caller):
    key = uuid4()
    await caller.send(CreateAoi(geometry=SQUARE), command_id=key)
    second = await caller.send(CreateAoi(geometry=SQUARE, dataset=5), command_id=key)
    assert second.code == "idempotency_key_reused"


@pytest.mark.parametrize(
    ("geometry", "words"),
    [
        ({"type": "Point", "coordinates": [0, 0]}, "Only a GeoJSON Polygon"),
        ({"type": "Polygon"}, "must be a list"),
        ({"type": "Polygon", "coordinates": [[[0, 0], [1, 0], [1, 1]]]}, "end where it starts"),
        ({"type": "Polygon", "coordinates": [[["a", 0], [1, 0], [1, 1], ["a", 0]]]}, "two finite numbers"),
        (square(179.0, 5.0, 5.0), "within ±180"),
        (BOWTIE, "crosses itself"),
        (square(0, 0, 20), "at most 5,000 km²"),
        (square(0, 0, 0), "crosses itself or is broken"),
    ],
)
async def test_bad_polygons_are_refused_with_words(caller: Caller, geometry, words):
    verdict = await caller.send(CreateAoi(geometry=geometry))
    assert verdict.code == "invalid_geometry"
    assert words in verdict.facts["geometry"][0]


async def test_strangers_see_nothing_of_an_aoi_without_public_dataset(caller: Caller):
    aoi_id = await created(caller, dataset=await draft(caller))
    for question in (GetAoi(aoi_id=aoi_id), GetAoiGpx(aoi_id=aoi_id)):
        with pytest.raises(NotFound):
            await caller.ask(question, STRANGER)
    assert (await caller.send(DeleteAoi(aoi_id=aoi_id), STRANGER)).code == "aoi_not_found"
    assert (await caller.ask(GetAoi(aoi_id=aoi_id), ADMIN))["properties"]["id"] == aoi_id


async def test_aoi_of_a_public_dataset_is_seen_but_not_changed_by_strangers(caller: Caller):
    aoi_id = await created(caller, dataset=await draft(caller, "public"))
    assert (await caller.ask(GetAoi(aoi_id=aoi_id), STRANGER))["properties"]["id"] == aoi_id
    assert (await caller.send(ChangeAoi(aoi_id=aoi_id, geometry=SQUARE), STRANGER)).code == "not_yours"
    assert (await caller.send(DeleteAoi(aoi_id=aoi_id), STRANGER)).code == "not_yours"


async def test_change_touches_only_what_was_given(caller: Caller):
    dataset = await draft(caller)
    aoi_id = await created(caller, dataset=dataset)
    moved = square(85.6)
    changed = await caller.send(ChangeAoi(aoi_id=aoi_id, geometry=moved))
    assert (changed.result["geometry"]["coordinates"], changed.result["properties"]["dataset"]) == (
        moved["coordinates"],
        dataset,
    )
    cleared = await caller.send(ChangeAoi(aoi_id=aoi_id, set_dataset=True))
    assert cleared.result["properties"]["dataset"] is None
    assert (await caller.ask(GetAoi(aoi_id=aoi_id)))["geometry"] == moved


async def test_aoi_goes_to_ones_own_dataset_only(caller: Caller):
    private, public = await draft(caller), await draft(caller, "public")
    assert (await caller.send(CreateAoi(geometry=SQUARE, dataset=987_654))).code == "unknown_dataset"
    assert (await caller.send(CreateAoi(geometry=SQUARE, dataset=private), STRANGER)).code == "unknown_dataset"
    assert (await caller.send(CreateAoi(geometry=SQUARE, dataset=public), STRANGER)).code == "not_yours"


async def test_deleted_aoi_is_gone(caller: Caller):
    aoi_id = await created(caller)
    assert (await caller.send(DeleteAoi(aoi_id=aoi_id))).http == 204
    with pytest.raises(NotFound):
        await caller.ask(GetAoi(aoi_id=aoi_id))


async def test_list_filters_and_pages_by_id(caller: Caller):
    dataset = await draft(caller)
    ids = [await created(caller, dataset=dataset, geometry=square(10 + n, 50)) for n in range(3)]
    first = await caller.ask(ListAois(dataset=dataset, page=Page(limit=2)))
    second = await caller.ask(ListAois(dataset=dataset, page=Page(limit=2, offset=2)))
    assert first["count"] == 3
    assert [row["properties"]["id"] for row in first["results"] + second["results"]] == ids
    touching = await caller.ask(ListAois(dataset=dataset, page=Page(in_bbox=(10.99, 49, 11.0, 51))))
    assert [row["properties"]["id"] for row in touching["results"]] == [ids[1]]
    assert (await caller.ask(ListAois(dataset=dataset), STRANGER)) == {"count": 0, "results": []}
    assert (await caller.ask(ListAois(user=8)))["count"] == 0
    with pytest.raises(Invalid):
        await caller.ask(ListAois(dataset=987_654))


async def test_gpx_holds_the_outer_ring_as_one_track(caller: Caller):
    aoi_id = await created(caller)
    text = await caller.ask(GetAoiGpx(aoi_id=aoi_id))
    root = ElementTree.fromstring(text.encode())
    space = {"g": "http://www.topografix.com/GPX/1/1"}
    points = [(float(p.get("lon")), float(p.get("lat"))) for p in root.findall("g:trk/g:trkseg/g:trkpt", space)]
    assert (root.get("version"), root.findtext("g:trk/g:name", None, space)) == ("1.1", f"AOI {aoi_id}")
    assert [list(point) for point in points] == SQUARE["coordinates"][0]


async def test_names_follow_the_gateway(caller: Caller):
    aoi_id = await created(caller)
    await caller.publish(UserChanged(user_id=7, username="mapper"))

    async def named():
        return (await caller.ask(GetAoi(aoi_id=aoi_id)))["properties"]["user"]["username"] == "mapper"

    await eventually(named)

"""Boundaries over the bus."""

from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
import pytest_asyncio

from contracts.catalog import boundaries as c
from kit.errors import Invalid, NotFound
from kit.testing import ADMIN, MAPPER, Caller

pytestmark = pytest.mark.usefixtures("running")


def square(west: float = 0, south: float = 0, side: float = 1) -> dict[str, Any]:
    east, north = west + side, south + side
    ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
    return {"type": "Polygon", "coordinates": [ring]}


BOWTIE = {"type": "Polygon", "coordinates": [[[30, 0], [31, 1], [31, 0], [30, 1], [30, 0]]]}


def feature(name: str, name_long: str | None = None, geometry: Any = None) -> dict[str, Any]:
    properties = {"name": name, "name_long": name_long or name}
    return {"type": "Feature", "properties": properties, "geometry": geometry or square()}


def collection(*features: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"type": "FeatureCollection", "features": list(features), **more}


@pytest_asyncio.fixture(loop_scope="session")
async def load(caller: Caller) -> AsyncIterator[Callable[..., Any]]:
    """Imports, and leaves no boundary behind."""

    async def loaded(*features: dict[str, Any], actor: Any = ADMIN, **options: Any) -> Any:
        return await caller.send(c.ImportBoundaries(collection=collection(*features), **options), actor)

    await loaded(wipe=True)
    yield loaded
    await loaded(wipe=True)


async def names(caller: Caller, query: Any = None) -> list[str]:
    return [row["name"] for row in await caller.ask(query or c.ListBoundaries())]


async def test_an_import_tells_what_it_did(load, caller: Caller):
    verdict = await load(feature("Côte d'Ivoire", "Côte d'Ivoire"), feature("-99", "Nobody"), feature("S. Sudan"))
    assert (verdict.http, verdict.result) == (
        201, {"loaded": 2, "skipped": 1, "total": 3, "names": ["ctedivoire", "ssudan"]},
    )  # fmt: skip
    assert await names(caller) == ["ctedivoire", "ssudan"]


async def test_lists_are_in_the_order_of_code_points(load, caller: Caller):
    await load(*(feature(f"n{at}", long) for at, long in zip("abcdef", ["Ö", "a", "B", "-", "Z z", "Zz"], strict=True)))
    rows = await caller.ask(c.ListBoundaries())
    assert [row["name_long"] for row in rows] == ["-", "B", "Z z", "Zz", "a", "Ö"]
    assert {"name", "name_long", "id"} == set(rows[0])
    behind = await caller.ask(c.ListBoundaries(after="B", limit=2))
    assert [row["name_long"] for row in behind] == ["Z z", "Zz"]


async def test_a_boundary_is_a_multipolygon_with_its_envelope(load, caller: Caller):
    await load(feature("Gambia", "The Gambia", square(-16.8415246241, 13.1, 1)), admin_level="2")
    found = await caller.ask(c.GetBoundary(name="gambia"))
    west, east = -16.841524624, -15.841524624
    ring = [[west, 13.1], [west, 14.1], [east, 14.1], [east, 13.1], [west, 13.1]]
    assert found["envelope"] == {"type": "Polygon", "coordinates": [ring]}
    assert (found["geometry"]["type"], found["geometry"]["coordinates"][0][0][0]) == ("MultiPolygon", [west, 13.1])
    assert (found["name_long"], found["admin_level"]) == ("The Gambia", "2")
    for name in ("Gambia", "search", "gambia\0", "../gambia"):
        with pytest.raises(NotFound) as error:
            await caller.ask(c.GetBoundary(name=name))
        assert error.value.detail == f"Requested boundary {name} could not be found".replace("\0", "\ufffd")


async def test_search_by_name_knows_no_wildcards(load, caller: Caller):
    await load(feature("a", "Gambia, The"), feature("b", "100% _x_ \\ CÔTE"), feature("gambia", "Elsewhere"))
    asked = {
        "gAMB": ["a"],
        "%": ["b"],
        "_": ["b"],
        "\\": ["b"],
        "côte": ["b"],
        "b_": [],
        "a%e": [],
        "\0": [],
        ",": ["a"],
    }
    found = {text: await names(caller, c.SearchBoundaries(name=text)) for text in asked}
    assert found == asked
    assert await names(caller, c.SearchBoundaries(name="100", latitude=5)) == ["b"]


async def test_search_by_point_takes_edges_and_zeros(load, caller: Caller):
    await load(feature("b", "B", square(-1, -1)), feature("a", "A", square(0, 0)), feature("far", "C", square(20, 20)))
    points = {(0, 0): ["a", "b"], (0.5, 1): ["a"], (1.1, 0): [], (128.2, 113.2): [], (1e300, -1e300): []}
    asked = {at: c.SearchBoundaries(name="C", latitude=at[0], longitude=at[1]) for at in points}
    assert {at: await names(caller, query) for at, query in asked.items()} == points


async def test_a_search_needs_a_name_or_a_point(load, caller: Caller):
    for asked in ({}, {"name": ""}, {"latitude": 1}, {"longitude": 0, "name": ""}):
        with pytest.raises(Invalid, match="name, or both latitude and longitude"):
            await caller.ask(c.SearchBoundaries(**asked))


async def test_outlines_that_cross_themselves_are_kept_and_found(load, caller: Caller):
    assert (await load(feature("Bow", "Bow", BOWTIE))).http == 201
    assert (await caller.ask(c.GetBoundary(name="bow")))["geometry"]["coordinates"] == [BOWTIE["coordinates"]]
    assert await names(caller, c.SearchBoundaries(latitude=0.5, longitude=30.25)) == ["bow"]


async def test_a_refused_file_leaves_everything_as_it_was(load, caller: Caller):
    await load(feature("Mali"))
    for features, code, offender in (
        ([feature("Chad"), feature("ma li", "Other")], "name_taken", "mali"),
        ([feature("Chad"), feature("Other", "Mali")], "name_taken", "mali"),
        ([feature("Chad"), feature("C-h.a d", "Tchad")], "name_twice", "chad"),
        ([feature("Chad"), feature("x", "Chad")], "name_twice", "Chad"),
    ):
        verdict = await load(*features)
        assert (verdict.kind, verdict.code) == ("conflict", code)
        assert (verdict.facts["names"], offender in verdict.detail) == ([offender], True)
    verdict = await load(feature("Chad"), feature("Élé"), feature("1"), wipe=True)
    assert (verdict.kind, verdict.facts["names"]) == ("unprocessable", ["1"])
    assert await names(caller) == ["mali"]


async def test_wiping_replaces_all_boundaries(load, caller: Caller):
    await load(feature("Mali"), feature("Chad"))
    assert (await load(feature("Mali", "Mali again"), wipe=True)).result["names"] == ["mali"]
    assert await names(caller) == ["mali"]


async def test_only_administrators_change_boundaries(load, caller: Caller):
    assert (await load(feature("Mali"), actor=MAPPER)).kind == "forbidden"
    await load(feature("Mali"))
    assert (await caller.send(c.DeleteBoundary(name="mali"))).kind == "forbidden"
    assert (await caller.send(c.DeleteBoundary(name="mali"), ADMIN)).http == 204
    gone = await caller.send(c.DeleteBoundary(name="mali"), ADMIN)
    assert (gone.kind, gone.detail) == ("not_found", "Requested boundary mali could not be found")

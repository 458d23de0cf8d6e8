"""Boundaries through the door: lists in slices, searches, imports of large files."""

import asyncio
import json
from typing import Any
from uuid import uuid4

import pytest
from doors import door_bus, door_owners, http, owners
from package_samples import boundary

from contracts.catalog import boundaries as c
from contracts.catalog.areas import GetCommand
from contracts.verdict import Accepted, Kind, Refused
from gateway.http import commands

__all__ = ["door_bus", "door_owners", "http", "owners"]
BOUNDARIES = "/api/v1/boundaries"
GONE = Refused(kind=Kind.NOT_FOUND, code="boundary_not_found", detail="Requested boundary Gambia could not be found")
SQUARE = [[[0, 0], [1, 0], [1, 1], [0, 0]]]


def feature(name: str, **members: Any) -> dict[str, Any]:
    return {"type": "Feature", "properties": {"name": name, "name_long": name},
            "geometry": {"type": "Polygon", "coordinates": SQUARE}, **members}  # fmt: skip


def collection(*features: Any, **members: Any) -> dict[str, Any]:
    return {"type": "FeatureCollection", "features": list(features), **members}


async def test_lists_are_asked_in_slices(http, owners):
    """A slice that is not full is the last one; so is an empty one behind a full one."""
    full = [boundary(f"a{number:05}", number) for number in range(c.ListBoundaries().limit)]
    slices, asked = {"": full}, []
    owners.answer(c.ListBoundaries, lambda query: asked.append(query["after"]) or slices[query["after"]])
    for last in ([boundary("c", 3)], []):
        slices["A09999"] = last
        asked.clear()
        answer = await http.get(BOUNDARIES)
        assert [row["name"] for row in answer.json()] == [row["name"] for row in [*full, *last]]
        assert asked == ["", "A09999"]
    owners.answer(c.ListBoundaries, lambda _: [])
    assert (await http.get(f"{BOUNDARIES}/")).json() == []


async def test_a_search_is_passed_on_as_it_was_asked(http, owners):
    owners.answer(c.SearchBoundaries, [boundary("zambia")])
    assert (await http.get(f"{BOUNDARIES}/search?name=%25_&latitude=0")).json()[0]["name"] == "zambia"
    assert owners.last(c.SearchBoundaries) == {"name": "%_", "latitude": 0.0, "longitude": None}


@pytest.mark.parametrize("query", ["latitude=x", "latitude=nan&longitude=1", "latitude=1&longitude=inf", "longitude="])
async def test_coordinates_that_are_no_numbers(http, owners, query):
    answer = await http.get(f"{BOUNDARIES}/search?{query}")
    assert (answer.status_code, answer.json()["detail"][0]["loc"][0]) == (422, "query")


async def test_refusals_of_the_owner_keep_their_words(http, owners, problem):
    owners.answer(c.GetBoundary, GONE)
    assert problem(await http.get(f"{BOUNDARIES}/Gambia"), 404)["detail"] == GONE.detail
    wanted = Refused(kind=Kind.INVALID, code="nothing_asked", detail="Give a name or both coordinates.")
    owners.answer(c.SearchBoundaries, wanted)
    assert problem(await http.get(f"{BOUNDARIES}/search"), 400)["detail"] == wanted.detail


async def test_only_administrators_import_and_delete(http, owners, mapper, chief):
    owners.judge(c.ImportBoundaries, Accepted(http=201, result={"loaded": 1, "skipped": 0, "total": 1, "names": ["a"]}))
    owners.judge(c.DeleteBoundary, Accepted(http=204))
    for headers, status in ((None, 401), (mapper, 403), (chief, 201)):
        assert (await http.post(BOUNDARIES, json=collection(feature("A")), headers=headers)).status_code == status
    assert (await http.delete(f"{BOUNDARIES}/a", headers=mapper)).status_code == 403
    assert (await http.delete(f"{BOUNDARIES}/a", headers=chief)).status_code == 204
    assert (await http.delete(f"{BOUNDARIES}/A%20b", headers=chief)).status_code == 404


async def test_an_import_sends_the_whole_file(http, owners, chief):
    owners.judge(c.ImportBoundaries, Accepted(http=201, result={"loaded": 2, "skipped": 0, "total": 2, "names": []}))
    features = [feature("A"), feature("B", id=5)]
    query = "name_column=n&name_long_column=l&admin_level=1&wipe=true"
    body = b"\xef\xbb\xbf" + json.dumps(collection(*features, crs=None)).encode()
    given = chief | {"content-type": "application/geo+json"}
    assert (await http.post(f"{BOUNDARIES}?{query}", content=body, headers=given)).status_code == 201
    assert owners.last(c.ImportBoundaries) == {
        "collection": collection(*features), "name_column": "n", "name_long_column": "l", "admin_level": "1",
        "wipe": True,
    }  # fmt: skip


UTM = {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::32633"}}
REFUSED = [
    (json.dumps(collection(feature("A"), crs=UTM)), 400), ("{", 422), ("[]", 422), (json.dumps(feature("A")), 422),
    (json.dumps(collection(feature("a\0"))), 422), ("", 422),
    ('{"type":"FeatureCollection","features":[{"a":"\\ud800"}]}', 422),
]  # fmt: skip


@pytest.mark.parametrize(("body", "status"), REFUSED)
async def test_what_is_no_collection_in_degrees_is_not_sent(http, owners, chief, problem, body, status):
    given = chief | {"content-type": "application/json"}
    problem(await http.post(BOUNDARIES, content=body.encode(), headers=given), status)
    assert not owners.heard


async def test_other_content_and_larger_files(http, owners, chief, problem, monkeypatch):
    given = chief | {"content-type": "text/plain"}
    problem(await http.post(BOUNDARIES, content=b"x", headers=given), 415)
    monkeypatch.setattr("gateway.apis.packages.boundary_import.MAX_BYTES", 100)
    problem(await http.post(BOUNDARIES, json=collection(feature("A")), headers=chief), 413)


async def test_a_repeat_looks_again_and_again_for_the_verdict_of_a_long_import(http, owners, chief, monkeypatch):
    monkeypatch.setattr(commands, "POLL_INTERVAL", 0.01)
    monkeypatch.setattr(commands, "LONGEST_PAUSE", 0.01)
    unknown = Refused(kind=Kind.NOT_FOUND, code="command_not_found")
    verdict = Accepted(http=201, result={})
    judged = {"verdict": verdict.model_dump(), "judged_at": "2026-11-21T00:00:00Z"}
    looks = iter([unknown] * 12 + [judged])
    owners.judge(c.ImportBoundaries, verdict)
    owners.answer(GetCommand, lambda _: next(looks))
    given = chief | {"idempotency-key": uuid4().hex}
    await http.post(BOUNDARIES, json=collection(feature("A")), headers=given)
    async with asyncio.timeout(10):
        answer = await http.post(BOUNDARIES, json=collection(feature("A")), headers=given)
    assert (answer.status_code, next(looks, None)) == (201, None)


async def test_a_repeated_import_is_the_same_command(http, owners, chief):
    verdict = Accepted(http=201, result={}, replayed=True)
    owners.judge(c.ImportBoundaries, verdict)
    owners.answer(GetCommand, {"verdict": verdict.model_dump(), "judged_at": "2026-11-21T00:00:00Z"})
    given = chief | {"idempotency-key": uuid4().hex}
    answers = [await http.post(BOUNDARIES, json=collection(feature("A")), headers=given) for _ in range(2)]
    assert {answer.headers["idempotent-replayed"] for answer in answers} == {"true"}
    kind = c.ImportBoundaries.ce_type()
    assert len({headers["ce-id"] for each, _, headers in owners.heard if each == kind}) == 1

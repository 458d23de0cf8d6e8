"""Lasting addresses of result files, as maps of any origin use them."""

import pytest

from contracts.prediction import GetResultFile, HeadResultFile
from contracts.verdict import Kind, Refused

ADDRESS = "/api/v1/predictions/31/results/predictions.pmtiles"
LINK = {"url": "https://store.example/k?X-Amz-Signature=1", "expires_in": 900}
STORED = {"size": 10, "etag": '"e"', "content_type": "application/vnd.pmtiles", "last_modified": "2026-10-01T08:00:00Z"}
ABROAD = {"origin": "https://map.somewhere.example"}


async def test_file_is_a_redirection_that_pages_of_any_origin_may_follow(http, owners):
    owners.answer(GetResultFile, LINK)
    answer = await http.get(ADDRESS, params={"token": "t1"}, headers={**ABROAD, "range": "bytes=0-9"})
    assert (answer.status_code, answer.headers["location"]) == (302, LINK["url"])
    assert (answer.headers["access-control-allow-origin"], answer.headers["cache-control"]) == ("*", "no-store")
    assert "access-control-allow-credentials" not in answer.headers
    assert owners.last(GetResultFile) == {"prediction_id": 31, "name": "predictions.pmtiles", "token": "t1"}


async def test_head_measures_the_file(http, owners):
    owners.answer(HeadResultFile, STORED)
    found = await http.head(ADDRESS, headers=ABROAD)
    assert (found.status_code, found.headers["content-length"], found.headers["etag"]) == (200, "10", '"e"')
    assert (found.headers["accept-ranges"], found.headers["content-type"]) == ("bytes", "application/vnd.pmtiles")
    assert "content-range" in found.headers["access-control-expose-headers"].lower()


@pytest.mark.parametrize("method", ["GET", "HEAD"])
async def test_pages_of_any_origin_may_ask_for_parts(http, method):
    asked = {"access-control-request-method": method, "access-control-request-headers": "range"}
    answer = await http.options(ADDRESS, headers={**ABROAD, **asked})
    assert (answer.status_code, answer.headers["access-control-allow-origin"]) == (200, "*")


async def test_refusal_can_be_read_by_pages_of_any_origin(http, owners):
    owners.answer(GetResultFile, Refused(kind=Kind.NOT_FOUND, code="file_not_found"))
    answer = await http.get(ADDRESS, headers=ABROAD)
    assert (answer.status_code, answer.headers["access-control-allow-origin"]) == (404, "*")


async def test_maps_are_not_limited_as_people_are(http, owners):
    owners.answer(GetResultFile, LINK)
    answers = [await http.get(ADDRESS) for _ in range(150)]
    assert {answer.status_code for answer in answers} == {302}

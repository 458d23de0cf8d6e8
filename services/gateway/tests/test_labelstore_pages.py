"""Pages of the label store: `pagination`, and pages that are larger than a message of the bus."""

from typing import Any

import pytest
from conftest import Owners
from label_doors import API, door_bus, door_owners, http, labels, not_found, owners, pair, rows

from contracts.catalog.label_campaigns import ListCampaigns
from contracts.catalog.label_objects import ListCampaignObjects

__all__ = ["door_bus", "door_owners", "http", "labels", "owners"]
PARTY = pair("party")


@pytest.mark.parametrize(
    ("query", "answer", "page"),
    [
        ("", rows(), (1, 1, 0, 10, None, None)),
        ("page=2&per_page=3", rows({}, {}, {}, total=8, per_page=3), (2, 3, 8, 3, 3, 1)),
        ("page=3&per_page=3", rows({}, {}, total=8, per_page=3), (3, 3, 8, 3, None, 2)),
        ("per_page=99999", rows({}, total=1, per_page=500), (1, 1, 1, 500, None, None)),
        ("page=1&per_page=4", rows({}, {}, {}, {}, total=4, per_page=4), (1, 1, 4, 4, None, None)),
    ],
)
async def test_pagination(http, labels: Owners, query: str, answer: dict[str, Any], page: tuple[Any, ...]):
    labels.answer(ListCampaigns, answer)
    body = (await http.get(f"{API}/campaigns?{query}", headers=PARTY)).json()
    assert body["pagination"] == dict(zip(("page", "pages", "total", "per_page", "next", "prev"), page, strict=True))
    assert body["campaigns"] == answer["results"]


async def test_page_sizes_are_lowered_to_the_largest(http, labels: Owners):
    labels.answer(ListCampaigns, rows())
    await http.get(f"{API}/campaigns?per_page=99999", headers=PARTY)
    assert labels.last(ListCampaigns)["page"]["per_page"] == 10_000
    labels.answer(ListCampaigns, not_found("There is no page 7."))
    past = await http.get(f"{API}/campaigns?page=7", headers=PARTY)
    assert (past.status_code, past.json()["code"]) == (404, "not_found")


async def test_a_large_page_is_asked_for_in_parts_and_streamed(http, labels: Owners):
    images = [{"image_id": number, "url": f"/images/{number}", "objects": []} for number in range(7)]

    def part(body: dict[str, Any]) -> dict[str, Any]:
        start = body["page"]["start"]
        end = start + 3 if start + 3 < len(images) else None
        return rows(*images[start:end], total=7, per_page=1000, next_start=end)

    labels.answer(ListCampaignObjects, part)
    response = await http.get(f"{API}/campaigns/5/objects?label=a", headers=PARTY)
    body = response.json()
    assert body["images"] == images
    assert body["pagination"]["total"] == 7
    asked = [body["page"]["start"] for kind, body, _ in labels.heard if kind == ListCampaignObjects.ce_type()]
    assert asked == [0, 3, 6]
    assert {body["label"] for kind, body, _ in labels.heard if kind == ListCampaignObjects.ce_type()} == {"a"}


async def test_parts_may_be_empty(http, labels: Owners):
    def part(body: dict[str, Any]) -> dict[str, Any]:
        start = body["page"]["start"]
        return rows(*([{"image_id": 1}] if start == 2 else []), total=1, next_start={0: 1, 1: 2, 2: 3}.get(start))

    labels.answer(ListCampaignObjects, part)
    assert (await http.get(f"{API}/campaigns/5/objects", headers=PARTY)).json()["images"] == [{"image_id": 1}]


async def test_an_owner_that_fails_in_the_middle_breaks_the_answer_off(http, labels: Owners):
    labels.answer(ListCampaignObjects, lambda body: not_found() if body["page"]["start"] else rows({}, next_start=1))
    with pytest.raises(AssertionError):  # of httpx: the answer never ends
        await http.get(f"{API}/campaigns/5/objects", headers=PARTY)

"""Feedback at the door: GeoJSON nesting, filters, refusals."""

import pytest

from contracts.prediction.feedback import ChangeFeedback, GiveFeedback, ListFeedback
from contracts.verdict import Accepted

FEATURE = {
    "type": "Feature", "geometry": {"type": "Point", "coordinates": [10.0, 50.0]},
    "properties": {"id": 4, "stac_id": "unet-v1", "action": "reject", "comments": "", "config": {}, "prediction": None,
                   "user": {"osm_id": 7, "username": "mapper"}, "created_at": "2026-10-01T09:00:00Z"},
}  # fmt: skip


@pytest.mark.spec("9", "PATCH /feedback/{id}/, partial PATCH")
async def test_patch_of_words_leaves_the_geometry(http, owners, mapper):
    owners.judge(ChangeFeedback, Accepted(result=FEATURE, http=200))
    answer = await http.patch("/api/v1/feedback/4/", json={"properties": {"comments": "x"}}, headers=mapper)
    assert answer.status_code == 200
    heard = owners.last(ChangeFeedback)
    assert (heard["feedback_id"], heard["comments"], heard["geometry"], heard["action"]) == (4, "x", None, None)


@pytest.mark.spec("9", "POST /feedback/, unknown action 400")
async def test_post(http, owners, mapper, problem):
    owners.judge(GiveFeedback, Accepted(result=FEATURE, http=201))
    body = {"type": "Feature", "geometry": FEATURE["geometry"], "properties": {"stac_id": "unet-v1"}}
    assert (await http.post("/api/v1/feedback/", json=body, headers=mapper)).status_code == 201
    assert owners.last(GiveFeedback)["action"] == "accept"
    body["properties"]["action"] = "maybe"
    assert (
        "properties" in problem(await http.post("/api/v1/feedback", json=body, headers=mapper), 400)["error"]["details"]
    )


@pytest.mark.spec("9", "GET /feedback/")
async def test_list(http, owners, mapper, problem):
    owners.answer(ListFeedback, {"count": 3, "results": [FEATURE]})
    answer = await http.get("/api/v1/feedback/?limit=1&action=reject&in_bbox=9,49,11,51", headers=mapper)
    body = answer.json()
    assert (body["count"], body["previous"], body["results"]["type"]) == (3, None, "FeatureCollection")
    assert "offset=1" in body["next"]
    heard = owners.last(ListFeedback)
    assert (heard["action"], heard["page"]["in_bbox"]) == ("reject", [9, 49, 11, 51])
    for bad in ("action=maybe", "in_bbox=1,2,3", "user=x"):
        problem(await http.get(f"/api/v1/feedback/?{bad}", headers=mapper), 400)

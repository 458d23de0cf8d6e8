"""Feedback at the door: GeoJSON nesting, filters, refusals."""

import json

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


SQUARE = {"type": "Polygon", "coordinates": [[[36.8, -1.3], [36.9, -1.3], [36.9, -1.2], [36.8, -1.3]]]}
TEXT = "SRID=4326;POLYGON((36.8 -1.3,36.9 -1.3,36.9 -1.2,36.8 -1.3))"
EARLY = {"training": 9, "config": {"zoom_level": 20}, "comments": "a shed"}


@pytest.mark.parametrize("geom", [SQUARE, TEXT, json.dumps(SQUARE)])
@pytest.mark.parametrize(
    ("members", "action"),
    [({"action": "ACCEPT"}, "accept"),
     ({"feedback_type": "FP", "zoom_level": 20, "source_imagery": "https://i.example/{z}/{x}/{y}"}, "reject")],
)  # fmt: skip
async def test_bodies_of_the_first_generation(http, owners, mapper, geom, members, action):
    owners.judge(GiveFeedback, Accepted(result=FEATURE, http=201))
    body = {"geom": geom, **EARLY, **members}
    assert (await http.post("/api/v1/feedback/", json=body, headers=mapper)).status_code == 201
    heard = owners.last(GiveFeedback)
    assert (heard["geometry"], heard["stac_id"], heard["action"]) == (SQUARE, "training-9", action)
    assert (heard["comments"], heard["config"]) == ("a shed", {"zoom_level": 20})
    assert heard["zoom_level"] == members.get("zoom_level")
    owners.judge(ChangeFeedback, Accepted(result=FEATURE, http=200))
    changed = await http.patch("/api/v1/feedback/4/", json={"comments": "no", "geom": geom}, headers=mapper)
    assert (changed.status_code, owners.last(ChangeFeedback)["geometry"]) == (200, SQUARE)


async def test_a_feature_with_an_action_alone(http, owners, mapper, problem):
    owners.judge(GiveFeedback, Accepted(result=FEATURE, http=201))
    body = {"type": "Feature", "geometry": SQUARE, "properties": {"action": "REJECT"}}
    assert (await http.post("/api/v1/feedback/", json=body, headers=mapper)).status_code == 201
    assert (owners.last(GiveFeedback)["stac_id"], owners.last(GiveFeedback)["action"]) == ("", "reject")
    problem(await http.post("/api/v1/feedback/", json={"geom": "POLYGON((1 2", **EARLY}, headers=mapper), 400)
    problem(await http.post("/api/v1/feedback/", json=EARLY, headers=mapper), 400)


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

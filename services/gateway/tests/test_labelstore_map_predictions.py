"""Pre-annotations from the map: a collection among other members, carried through the object store when it is large."""

from typing import Any

import orjson
import pytest
from conftest import Owners
from label_doors import API, door_bus, door_owners, http, labels, owners, pair

from contracts import headers as h
from contracts.catalog.label_objects import StoreMapPredictions
from contracts.verdict import Accepted
from kit.messaging.bus import Bus
from kit.storage.local_folder import LocalFolder

__all__ = ["door_bus", "door_owners", "http", "labels", "owners"]
URL, PARTY = f"{API}/campaigns/5/predictions/map", pair("party")
ROOF = {
    "type": "Feature", "properties": {"confidence": 0.5},
    "geometry": {"type": "Polygon", "coordinates": [[[0, 0], [1, 0], [1, 1], [0, 0]]]},
}  # fmt: skip
DONE = Accepted(result={"wanted": 1, "done": 1, "left_out": [], "altered": []})


def collection(*features: Any, **members: Any) -> dict[str, Any]:
    return {"type": "FeatureCollection", "features": list(features), **members}


@pytest.mark.parametrize(
    ("body", "sent"),
    [
        ({"model": "m", "features": collection(ROOF)}, {"model": "m", "label": "object"}),
        ({"features": collection(), "label": "roof", "model": "m"}, {"model": "m", "label": "roof"}),
        ({"prediction_id": 4}, {"prediction_id": 4, "model": None}),
        ({"prediction_id": 4, "model": "mine", "label": "roof"}, {"prediction_id": 4, "model": "mine"}),
    ],
)
async def test_good_bodies_reach_their_owner(http, labels: Owners, body: dict[str, Any], sent: dict[str, Any]):
    labels.judge(StoreMapPredictions, DONE)
    response = await http.post(URL, headers=PARTY, json=body)
    assert (response.status_code, response.json()["done"]) == (200, 1), response.text
    heard = labels.last(StoreMapPredictions)
    assert sent.items() <= heard.items()
    assert heard["campaign_id"] == 5
    expected = body.get("features", {}).get("features", [])
    assert (heard.get("features") or {}).get("features", []) == expected


@pytest.mark.parametrize(
    "body",
    [
        [], {}, {"model": "m"}, {"features": collection(ROOF)}, {"model": "m", "features": [ROOF]},
        {"model": "m", "features": {"features": [ROOF]}}, {"prediction_id": "4"}, {"prediction_id": True},
        {"prediction_id": 4, "model": "m", "features": collection()}, {"model": "", "features": collection()},
        {"model": "m", "features": collection({"a": "\0"})},
        {"model": "m", "features": collection(ROOF, crs={"type": "name", "properties": {"name": "EPSG:32631"}})},
    ],
)  # fmt: skip
async def test_bad_bodies_are_refused(http, labels: Owners, body: Any):
    response = await http.post(URL, headers=PARTY, json=body)
    assert (response.status_code, response.json()["code"]) == (400, "invalid_request")
    assert response.json()["errors"]


async def test_large_collections_are_staged(
    http, labels: Owners, door_bus: Bus, tmp_path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(door_bus, "storage", LocalFolder(tmp_path))
    labels.judge(StoreMapPredictions, DONE)
    response = await http.post(URL, headers=PARTY, json={"model": "m", "features": collection(*[ROOF] * 5_000)})
    assert response.status_code == 200
    headers = next(headers for kind, _, headers in labels.heard if kind == StoreMapPredictions.ce_type())
    stored = orjson.loads(await LocalFolder(tmp_path).get(headers[h.STAGED])) if h.STAGED in headers else {}
    assert len(stored["features"]["features"]) == 5_000
    assert (stored["campaign_id"], stored["model"]) == (5, "m")

"""What is wrong gets a clear problem with a stable code, and nothing is half done."""

import httpx
import pytest

from stack.demo.demo_area import read_demo_area
from tests.e2e.conftest import Platform

pytestmark = [pytest.mark.live, pytest.mark.timeout(600)]
GOOD = {
    "title": "x", "description": "x", "category": "buildings", "zoom": 19, "label_tasks": ["semantic-segmentation"],
    "label_classes": [{"name": "building", "classes": ["*"]}], "keywords": ["building"], "geometry_type": "polygon",
}  # fmt: skip


@pytest.fixture(scope="module")
def http(platform: Platform):
    headers = {"Authorization": f"Bearer {platform.token}", "X-Dev-User": "77:wrong"}
    with httpx.Client(base_url=platform.url, headers=headers, timeout=20) as client:
        yield client


def polygon(*points: tuple[float, float]) -> dict:
    ring = [list(point) for point in points]
    return {"type": "Feature", "geometry": {"type": "Polygon", "coordinates": [ring]}, "properties": {}}


SHAPES = {
    "not GeoJSON": {"hello": "world"},
    "a point": {"type": "Feature", "geometry": {"type": "Point", "coordinates": [1, 2]}, "properties": {}},
    "an open ring": polygon((0, 0), (1, 0), (1, 1), (0, 1)),
    "self-crossing": polygon((0, 0), (1, 1), (1, 0), (0, 1), (0, 0)),
    "huge": polygon((0, 0), (60, 0), (60, 60), (0, 60), (0, 0)),
    "off the map": polygon((0, 0), (190, 0), (190, 1), (0, 1), (0, 0)),
    "not a number": polygon((0, 0), (1, 0), (1, "x"), (0, 1), (0, 0)),
}


def is_problem(response: httpx.Response, status: int) -> dict:
    assert response.status_code == status, response.text
    assert response.headers["content-type"].startswith("application/problem+json")
    body = response.json()
    assert body["status"] == status
    assert body["error"]["code"].isupper()
    assert body["trace_id"]
    return body


@pytest.mark.parametrize("name", SHAPES)
def test_bad_areas(http: httpx.Client, name: str):
    before = http.get("/aois/", params={"limit": 1}).json()["count"]
    is_problem(http.post("/aois/", json=SHAPES[name]), 400)
    assert http.get("/aois/", params={"limit": 1}).json()["count"] == before


def aoi(http: httpx.Client, platform: Platform, where: int = 0) -> int:
    geometry = read_demo_area(platform.data).train_areas()[where]
    response = http.post("/aois/", json={"type": "Feature", "geometry": geometry, "properties": {}})
    return response.raise_for_status().json()["properties"]["id"]


TEMPLATES = {
    "no placeholders": "https://tiles.example.org/1/2/3.png",
    "a loopback address": "http://127.0.0.1:1/{z}/{x}/{y}.png",
    "a private address": "http://10.0.0.1/{z}/{x}/{y}.png",
    "a metadata service": "http://169.254.169.254/{z}/{x}/{y}.png",
    "decimal loopback": "http://2130706433/{z}/{x}/{y}.png",
    "a file": "file:///etc/{z}/{x}/{y}",
}


@pytest.mark.parametrize("name", TEMPLATES)
def test_bad_templates(http: httpx.Client, platform: Platform, name: str):
    body = {**GOOD, "aoi_ids": [aoi(http, platform)], "source_imagery": TEMPLATES[name]}
    problem = is_problem(http.post("/datasets/build/", json=body), 400)
    assert "source_imagery" in problem["error"]["details"]


def test_another_users_aoi_is_not_there(http: httpx.Client, platform: Platform):
    mine = aoi(http, platform)
    body = {**GOOD, "aoi_ids": [mine], "source_imagery": "https://tiles.example.org/{z}/{x}/{y}.png"}
    problem = is_problem(http.post("/datasets/build/", json=body, headers={"X-Dev-User": "78:other"}), 404)
    assert "aoi_ids" in problem["detail"]


def built(http: httpx.Client, body: dict) -> dict:
    """The row once the build has ended, whichever way."""
    import time

    row = http.post("/datasets/build/", json=body).raise_for_status().json()
    until = time.monotonic() + 120
    while row["status"] == "building" and time.monotonic() < until:
        time.sleep(0.5)
        row = http.get(f"/datasets/{row['id']}/").json()
    return row


def test_unreachable_imagery_fails_with_a_reason_and_can_be_tried_again(http: httpx.Client, platform: Platform):
    tiles = f"http://127.0.0.1:{platform.home.port('sandbox-tiles')}/nowhere/{{z}}/{{x}}/{{y}}.jpg"
    row = built(http, {**GOOD, "title": "gone", "aoi_ids": [aoi(http, platform)], "source_imagery": tiles})
    assert row["status"] == "failed"
    assert row["error"]
    messages = [one["message"] for one in http.get("/notifications/me/").json()["results"]]
    assert any("gone" in message and "could not be built" in message for message in messages)
    assert http.post(f"/datasets/{row['id']}/rebuild/").raise_for_status().json()["status"] == "building"


def test_no_label_found(http: httpx.Client, platform: Platform):
    tiles = f"http://127.0.0.1:{platform.home.port('sandbox-tiles')}/train/{{z}}/{{x}}/{{y}}.jpg"
    classes = [{"name": "waterway", "classes": ["dam"]}]
    body = {**GOOD, "title": "dry", "aoi_ids": [aoi(http, platform)], "source_imagery": tiles, "label_classes": classes}
    row = built(http, body)
    assert row["status"] == "failed"
    assert "label" in row["error"].lower()


def test_unknown_base_model(http: httpx.Client):
    body = {"base_model_stac_id": "nobody", "dataset_stac_id": "nothing", "model_name": "x"}
    assert "not a registered base model" in is_problem(http.post("/trainings/submit/", json=body), 404)["detail"]


@pytest.mark.parametrize("token", ["wrong", "a.b.c", "eyJhbGciOiJub25lIn0.e30."])
def test_bad_tokens(platform: Platform, token: str):
    headers = {"Authorization": f"Bearer {token}"}
    is_problem(httpx.get(f"{platform.url}/trainings/", headers=headers, timeout=10), 401)


def test_body_over_the_limit(http: httpx.Client):
    body, kind = b'{"x":"' + b"y" * (1 << 20) + b'"}', {"content-type": "application/json"}
    is_problem(http.post("/aois/", content=body, headers=kind), 413)


def test_stale_key_with_another_body(http: httpx.Client, platform: Platform):
    areas = read_demo_area(platform.data).train_areas()
    headers = {"Idempotency-Key": "the-same"}
    bodies = [{"type": "Feature", "geometry": area, "properties": {}} for area in areas]
    http.post("/aois/", json=bodies[0], headers=headers).raise_for_status()
    assert http.post("/aois/", json=bodies[1], headers=headers).status_code == 422

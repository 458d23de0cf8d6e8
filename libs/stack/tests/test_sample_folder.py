"""The sandbox serving a sample folder: tiles named by place, labels with one column per tag."""

import io
import json

import httpx
import pytest
from PIL import Image
from shapely.geometry import box, mapping

from stack.home import Home
from stack.sandbox import sandbox
from stack.sandbox.osm_source import OsmSource

X, Y, Z = 386690, 220241, 19


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    root = tmp_path_factory.mktemp("sample")
    for name, x in (("train", X), ("predict", X + 7)):
        (root / name / "oam").mkdir(parents=True)
        Image.new("RGB", (512, 512), (200, 30, 40)).save(root / name / "oam" / f"OAM-{x}-{Y}-{Z}.tif", "JPEG")
    (root / "train" / "osm").mkdir()
    flat = {"osm_id": 5, "osm_type": "ways_poly", "label": 1, "building": "house", "name": None}
    feature = {"type": "Feature", "geometry": mapping(box(0, 0, 1, 1)), "properties": flat}
    collection = {"type": "FeatureCollection", "features": [feature]}
    (root / "train" / "osm" / "osm_features_1.geojson").write_text(json.dumps(collection))
    return root


@pytest.fixture(scope="module")
def servers(folder, tmp_path_factory):
    home = Home(tmp_path_factory.mktemp("home"))
    daemons = {name: sandbox(name, folder, home) for name in ("tiles", "rawdata")}
    for daemon, _ in daemons.values():
        daemon.start()
    yield {name: httpx.Client(base_url=url, timeout=30, trust_env=False) for name, (_, url) in daemons.items()}
    for daemon, _ in daemons.values():
        daemon.stop()


def test_tiles_are_served_by_place_in_the_format_asked_for(servers):
    http = servers["tiles"]
    for ending, form in (("jpg", "JPEG"), ("png", "PNG")):
        picture = Image.open(io.BytesIO(http.get(f"/train/{Z}/{X}/{Y}.{ending}").raise_for_status().content))
        assert (picture.format, picture.size) == (form, (512, 512))
    assert http.get(f"/predict/{Z}/{X}/{Y}.jpg").status_code == 404
    assert http.get(f"/train/{Z}/{X}/{Y}.gif").status_code == 404


def test_tilejson_bounds_are_those_of_the_files(servers):
    about = servers["tiles"].get("/train/tilejson.json").json()
    west, _, east, _ = about["bounds"]
    assert (about["minzoom"], about["maxzoom"]) == (Z, Z)
    assert west == pytest.approx(X / 2**Z * 360 - 180)
    assert east == pytest.approx((X + 1) / 2**Z * 360 - 180)


def test_columns_become_tags(folder):
    [feature] = OsmSource.of(folder).select(box(0.5, 0.5, 3, 3), {}, ["polygon"])
    assert feature["properties"] == {"osm_id": 5, "osm_type": "ways_poly", "tags": {"building": "house"}}
    assert not OsmSource.of(folder).select(box(0.5, 0.5, 3, 3), {}, ["polygon"], within=True)


def test_body_that_is_no_json_fails_as_a_task(servers):
    http = servers["rawdata"]
    link = http.post("/snapshot", content=b"{").json()["track_link"]
    assert [http.get(link).json()["status"] for _ in range(2)] == ["PENDING", "FAILED"]
    assert http.get("/tasks/status/unknown/").status_code == httpx.codes.NOT_FOUND

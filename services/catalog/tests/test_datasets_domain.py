import io
import zipfile

import orjson
import pytest

from catalog.datasets.domain import build_problems, labelled, osm_filter
from catalog.datasets.ports import BuildFailed
from catalog.datasets.rawdata import NAME, unpacked

GOOD = {
    "title": "Roofs", "description": "pilot", "aoi_ids": [1], "tasks": ["semantic-segmentation"],
    "classes": [("building", ["*"])], "keywords": ["building"], "vocabulary": {"building"},
}  # fmt: skip


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({}, None),
        ({"title": " "}, "title"),
        ({"title": "x" * 201}, "title"),
        ({"description": "\n"}, "description"),
        ({"aoi_ids": []}, "aoi_ids"),
        ({"aoi_ids": list(range(101))}, "aoi_ids"),
        ({"tasks": []}, "label_tasks"),
        ({"classes": []}, "label_classes"),
        ({"classes": [("", ["*"])]}, "label_classes"),
        ({"classes": [("building", [])]}, "label_classes"),
        ({"keywords": []}, "keywords"),
        ({"keywords": ["building", "x" * 81]}, "keywords"),
        ({"keywords": ["house"]}, "keywords"),
    ],
)
def test_each_fault_is_told_at_its_field(change, field):
    assert list(build_problems(**{**GOOD, **change})) == ([field] if field else [])


def test_filter_speaks_the_language_of_the_service():
    classes = [("highway", ["residential", "track"]), ("waterway", ["*"]), ("highway", ["path"])]
    assert osm_filter(classes, "line") == {
        "tags": {"line": {"join_or": {"highway": ["residential", "track", "path"], "waterway": []}}}
    }
    assert osm_filter([("a", ["*"]), ("a", ["b"])], "line")["tags"]["line"]["join_or"] == {"a": []}


def feature(osm_id: int, kind: str = "Polygon", osm_type: str = "ways_poly", **tags: str) -> dict:
    properties = {"osm_id": osm_id, "osm_type": osm_type, "tags": tags}
    return {"type": "Feature", "geometry": {"type": kind, "coordinates": []}, "properties": properties}


def test_first_matching_class_gives_the_label_and_the_rest_is_dropped():
    classes = [("building", ["school", "1"]), ("building", ["*"])]
    found = [feature(3, building="yes"), feature(1, building="school"), feature(2, highway="path")]
    labels = [(one["properties"]["osm_id"], one["properties"]["label"]) for one in labelled(found, classes, "polygon")]
    assert labels == [(1, 1), (3, 2)]


def test_a_feature_of_two_areas_is_one_label():
    twice = [feature(1, building="yes"), feature(1, building="yes"), feature(1, osm_type="relation", building="yes")]
    assert len(labelled(twice, [("building", ["*"])], "polygon")) == 2


def test_other_kinds_of_geometry_and_features_without_one_are_dropped():
    broken = [feature(1, "Point", building="yes"), {**feature(2, building="yes"), "geometry": None}]
    assert labelled(broken, [("building", ["*"])], "polygon") == []


def packed(entries: dict[str, bytes]) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in entries.items():
            archive.writestr(name, text)
    return content.getvalue()


def test_the_outline_of_the_area_is_never_taken_for_labels():
    inside = {"clipping_boundary.geojson": b"{}", f"{NAME}.geojson": orjson.dumps({"features": [{"a": 1}]})}
    assert unpacked(packed(inside)) == [{"a": 1}]


@pytest.mark.parametrize(
    "content",
    [
        b"PK rubbish",
        packed({"readme.txt": b""}),
        packed({f"{NAME}.geojson": b"{"}),
        packed({f"{NAME}.geojson": b"[]"}),
        packed({f"{NAME}.geojson": b" " * (60 << 20)}),
        packed({f"{n}.geojson": b"{}" for n in range(11)}),
    ],
)
def test_broken_and_swelling_archives_end_the_build(content):
    with pytest.raises(BuildFailed):
        unpacked(content)

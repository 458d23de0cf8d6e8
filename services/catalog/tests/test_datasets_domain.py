import pytest

from catalog.datasets.domain import build_problems, labelled, osm_filter

GOOD = {
    "title": "Roofs", "description": "pilot", "aoi_ids": [1], "tasks": ["semantic-segmentation"],
    "classes": [("building", ["*"])], "keywords": ["building"], "vocabulary": {"building"},
}  # fmt: skip


@pytest.mark.spec("3.3", "title, description, aoi_ids, label_tasks, label_classes, keywords")
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


@pytest.mark.spec("18.2", "label filter by class")
def test_filter_speaks_the_language_of_the_service():
    classes = [("highway", ["residential", "track"]), ("waterway", ["*"]), ("highway", ["path"])]
    assert osm_filter(classes, "line") == {
        "tags": {"line": {"join_or": {"highway": ["residential", "track", "path"], "waterway": []}}}
    }
    assert osm_filter([("a", ["*"]), ("a", ["b"])], "line")["tags"]["line"]["join_or"] == {"a": []}


def feature(osm_id: int, kind: str = "Polygon", osm_type: str = "ways_poly", **tags: str) -> dict:
    properties = {"osm_id": osm_id, "osm_type": osm_type, "tags": tags}
    return {"type": "Feature", "geometry": {"type": kind, "coordinates": []}, "properties": properties}


@pytest.mark.spec("18.2", "label is the class position")
def test_first_matching_class_gives_the_label_and_the_rest_is_dropped():
    classes = [("building", ["school", "1"]), ("building", ["*"])]
    found = [feature(3, building="yes"), feature(1, building="school"), feature(2, highway="path")]
    labels = [(one["properties"]["osm_id"], one["properties"]["label"]) for one in labelled(found, classes, "polygon")]
    assert labels == [(1, 1), (3, 2)]


@pytest.mark.spec("18.2", "one feature per OSM object")
def test_a_feature_of_two_areas_is_one_label():
    twice = [feature(1, building="yes"), feature(1, building="yes"), feature(1, osm_type="relation", building="yes")]
    assert len(labelled(twice, [("building", ["*"])], "polygon")) == 2


def test_other_kinds_of_geometry_and_features_without_one_are_dropped():
    broken = [feature(1, "Point", building="yes"), {**feature(2, building="yes"), "geometry": None}]
    assert labelled(broken, [("building", ["*"])], "polygon") == []


def test_labels_that_openstreetmap_does_not_know_are_told_apart_by_their_own_ids():
    drawn = [
        {**feature(0, building="yes"), "properties": {"id": n, "osm_id": None, "tags": {"building": "yes"}}}
        for n in (1, 2, 2)
    ]
    assert len(labelled([*drawn, feature(1, building="yes")], [("building", ["*"])], "polygon")) == 3

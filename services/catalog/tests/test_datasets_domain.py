import pytest

from catalog.datasets.domain import build_problems, osm_filter, training_notes

GOOD = {
    "title": "Roofs", "description": "pilot", "aoi_ids": [1], "tasks": ["semantic-segmentation"],
    "classes": [("building", ["*"])], "keywords": ["building"],
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
        ({"keywords": ["building", " "]}, "keywords"),
        ({"keywords": ["buildings", "Nakuru informal settlement"]}, None),
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


def test_a_dataset_of_one_chip_is_said_to_be_too_small_for_training():
    assert "at least 2 chips" in training_notes(1)[0]
    assert training_notes(2) == []

"""Labels in COCO lie where their pictures do."""

import json

import pytest
from shapely import box, envelope

from geoml.chips import list_chips
from geoml.dataset import load_dataset
from geoml.grid import chip_layouts
from geoml.labels import to_pixels
from geoml.predict import GROUND_RESOLUTION

BOX, HOUSE = [20, 40, 60, 30], [120, 50, 180, 50, 180, 110, 150, 110, 150, 80, 120, 80]


@pytest.fixture
def read(paint, tmp_path):
    """`read(**changes)`: the outlines of a file, in pixels of 256 a tile."""
    folder = paint([box(20, 40, 80, 70)], columns=2)
    (first, _) = chips = list_chips(folder)

    def labels(**changes):
        images = [
            {"id": 7, "file_name": f"some/folder/{first.name}", "width": 512, "height": 512, "split": "val"},
            {"id": 8, "file_name": "elsewhere.tif", "width": 512, "height": 512},
        ]
        annotations = [
            {"id": 1, "image_id": 7, "bbox": [2 * side for side in BOX], "segmentation": []},
            {"id": 2, "image_id": 7, "bbox": [240, 100, 120, 120], "segmentation": [[2 * side for side in HOUSE]]},
            {"id": 3, "image_id": 8, "bbox": [0, 0, 5, 5]},
        ]
        annotations[0] |= changes
        (tmp_path / "labels.json").write_text(json.dumps({"images": images, "annotations": annotations}))
        dataset = load_dataset(str(folder), str(tmp_path / "labels.json"))
        return dataset.splits, to_pixels(dataset.polygons, chip_layouts(chips, GROUND_RESOLUTION)[0].grid)

    return labels


def test_outlines_and_boxes_lie_on_their_chip(read):
    _, (drawn, house) = read()
    assert drawn.symmetric_difference(box(20, 40, 80, 70)).area < 0.02 * drawn.area
    assert house.area == pytest.approx(60 * 60 - 30 * 30, rel=0.02)
    assert envelope(house).symmetric_difference(box(120, 50, 180, 110)).area < 0.02 * 3600


def test_the_split_of_the_pictures_is_that_of_the_chips(read):
    splits, _ = read()
    assert list(splits.values()) == ["val"]


@pytest.mark.parametrize(
    ("changes", "words"), [({"image_id": 9}, "there is no image 9"), ({"bbox": [1, 1, 0, 4]}, "has no area")]
)
def test_wrong_annotations_are_an_error(read, changes, words):
    with pytest.raises(ValueError, match=words):
        read(**changes)

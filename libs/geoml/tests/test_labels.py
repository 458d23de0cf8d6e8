"""Masks of three classes, and the measures."""

import json

import numpy as np
import pytest
from pyproj import CRS
from scipy import ndimage
from shapely import box, transform
from shapely.geometry import mapping

from geoml.chips import list_chips
from geoml.grid import chip_layouts
from geoml.labels import BORDER, INTERIOR, LabelRasterizer, read_polygons, read_splits, reproject
from geoml.metrics import confusion, match, object_metrics, pixel_metrics
from geoml.predict import GROUND_RESOLUTION


@pytest.fixture
def mask_of(paint):
    def mask(buildings):
        layout = chip_layouts(list_chips(paint([])), GROUND_RESOLUTION)[0]
        a, _, c, _, e, f = layout.grid.transform[:6]
        placed = [transform(b, lambda p: p * [a, e] + [c, f]) for b in buildings]
        labels = LabelRasterizer(layout, reproject(placed, layout.grid.crs, CRS.from_epsg(4326)))
        return labels.mask((0, 0, 256, 256))

    return mask


def test_the_building_is_interior_and_border_together(mask_of):
    mask = mask_of([box(50, 60, 100, 100)])
    assert (mask > 0).sum() == pytest.approx(50 * 40, rel=0.02)
    assert (mask == INTERIOR).sum() == pytest.approx(45.5 * 35.5, rel=0.05)


def test_interiors_of_touching_buildings_never_meet(mask_of):
    mask = mask_of([box(20 + 12 * i, 60, 32 + 12 * i, 80) for i in range(6)])
    assert ndimage.label(mask == INTERIOR)[1] == 6
    assert ndimage.label(mask > 0)[1] == 1


def test_overlapping_outlines_are_still_two(mask_of):
    mask = mask_of([box(20, 20, 60, 60), box(52, 20, 100, 60)])
    assert ndimage.label(mask == INTERIOR)[1] >= 2


def test_a_hut_keeps_an_interior(mask_of):
    mask = mask_of([box(100, 100, 106, 106)])
    assert (mask == INTERIOR).any()
    assert (mask == BORDER).any()


def test_labels_are_read_from_a_file_or_a_folder(tmp_path):
    feature = {"type": "Feature", "properties": {}, "geometry": mapping(box(0, 0, 1, 1))}
    for name in ("a.geojson", "b.geojson"):
        (tmp_path / name).write_text(json.dumps({"type": "FeatureCollection", "features": [feature]}))
    assert len(read_polygons(tmp_path)) == 2
    assert len(read_polygons(tmp_path / "a.geojson")) == 1


def test_labels_may_store_the_sides_of_chips(tmp_path):
    (tmp_path / "a.geojson").write_text('{"features": [], "splits": {"1.tif": "val"}}')
    (tmp_path / "b.geojson").write_text('{"features": []}')
    assert read_splits(tmp_path) == {"1.tif": "val"}
    assert read_splits(tmp_path / "b.geojson") == {}


def test_lines_are_no_labels(tmp_path):
    feature = {"type": "Feature", "geometry": {"type": "LineString", "coordinates": [[0, 0], [1, 1]]}}
    (tmp_path / "a.geojson").write_text(json.dumps({"features": [feature]}))
    with pytest.raises(ValueError, match="Polygon"):
        read_polygons(tmp_path)


def test_missing_labels_are_an_error(tmp_path):
    with pytest.raises(FileNotFoundError):
        read_polygons(tmp_path / "none.geojson")


def test_pixel_metrics_of_known_counts():
    truth = np.array([1, 1, 1, 0, 0, 0, 0, 0], bool)
    found = np.array([1, 1, 0, 1, 0, 0, 0, 0], bool)
    metrics = pixel_metrics(confusion(truth, found))
    assert metrics == pytest.approx({"building_iou": 2 / 4, "mean_iou": (2 / 4 + 4 / 6) / 2, "accuracy": 6 / 8})


def test_a_building_is_matched_at_most_once():
    truth = [box(0, 0, 10, 10), box(20, 0, 30, 10)]
    found = [box(0, 0, 10, 9), box(0, 0, 9, 10), box(40, 0, 50, 10)]
    hits = match(truth, found)
    assert [label for label, _ in hits] == [0]
    metrics = object_metrics(len(truth), len(found), len(hits))
    assert metrics == pytest.approx({"object_precision": 1 / 3, "object_recall": 1 / 2, "object_f1": 0.4})


def test_nothing_found_is_no_division_by_zero():
    assert match([box(0, 0, 1, 1)], []) == []
    assert object_metrics(1, 0, 0)["object_f1"] == 0

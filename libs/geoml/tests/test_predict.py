"""From images to clean polygons, on a world where the right answer is known."""

import json

import pytest
from PIL import Image
from pyproj import Geod
from shapely import affinity, box
from shapely.geometry import shape

from geoml import predict as machine
from geoml import report

PARAMS = {"confidence_threshold": 0.5}


def overlap(a, b) -> float:
    return a.intersection(b).area / a.union(b).area


def run(session, folder, **params):
    return machine.predict(session, str(folder), PARAMS | params, source="toy")["features"]


@pytest.mark.parametrize("size", [256, 512, 1024])
def test_a_building_is_found_where_it_is_at_any_chip_size(session, paint, to_pixels, size):
    """Defects 1 and 4: polygons traced with the transform of another size, ground resolution of another size."""
    building = box(150, 160, 220, 230)
    folder = paint([building], size=size)
    (feature,) = run(session, folder)
    assert overlap(to_pixels(folder, feature), building) > 0.97


@pytest.mark.parametrize("zoom", [17, 18, 19, 20, 21, 22])
@pytest.mark.parametrize("side", [256, 300, 512])
def test_houses_are_found_where_they_are_at_any_zoom_and_resolution(session, paint_at, to_lonlat, zoom, side):
    houses = [box(40, 50, 130, 120), affinity.rotate(box(150, 130, 220, 210), 30)]
    found = [shape(f["geometry"]) for f in run(session, paint_at(houses, zoom, side))]
    assert len(found) == 2
    assert all(max(overlap(to_lonlat(house), one) for one in found) > 0.85 for house in houses)


def test_area_is_true_square_metres(session, paint):
    (feature,) = run(session, paint([box(50, 60, 150, 140)]))
    area, _ = Geod(ellps="WGS84").geometry_area_perimeter(shape(feature["geometry"]))
    assert area == pytest.approx(100 * 80 * 0.2645**2, rel=0.02)


def test_properties_say_what_it_is(session, paint):
    (feature,) = run(session, paint([box(50, 60, 150, 140)]))
    ours = {"class": 1, "label": "building", "confidence": 1.0, "source": "toy"}
    assert feature["properties"] == {**ours, "building": "yes"}
    json.dumps(feature)


def test_touching_buildings_come_apart(session, paint, to_pixels):
    row = [box(40 + 40 * i, 60, 80 + 40 * i, 120) for i in range(4)]
    folder = paint(row)
    found = [to_pixels(folder, f) for f in run(session, folder)]
    assert len(found) == 4
    assert all(max(overlap(f, b) for f in found) > 0.9 for b in row)


def test_a_building_over_four_chips_is_one(session, paint, to_pixels):
    building = affinity.rotate(box(190, 200, 330, 310), 20)
    folder = paint([building], 2, 2)
    (feature,) = run(session, folder)
    assert overlap(to_pixels(folder, feature), building) > 0.95


@pytest.fixture
def small_blocks(monkeypatch):
    monkeypatch.setattr(machine, "BLOCK_PIXELS", 256)


def test_block_borders_leave_no_seam(session, paint, to_pixels, small_blocks):
    """A building over four blocks, a row of touching ones across a border, and one that fills several blocks."""
    across = affinity.rotate(box(200, 210, 320, 300), 30)
    row = [box(200 + 24 * i, 400, 224 + 24 * i, 440) for i in range(5)]
    hall = box(530, 20, 760, 740)
    folder = paint([across, *row, hall], 3, 3)
    found = [to_pixels(folder, f) for f in run(session, folder)]
    assert len(found) == 7
    assert all(max(overlap(f, b) for f in found) > 0.9 for b in [across, *row, hall])


@pytest.mark.parametrize(
    "pair",
    [(box(200, 60, 256, 120), box(256, 60, 310, 120)), (box(200, 60, 310, 120), box(200, 120, 310, 180))],
    ids=["wall on the border", "wall across the border"],
)
def test_neighbours_at_a_block_border_stay_two(session, paint, small_blocks, pair):
    assert len(run(session, paint(pair, 2, 1))) == 2


def test_specks_are_dropped_and_pinholes_filled(session, paint):
    ring = box(60, 60, 160, 160) - box(100, 100, 104, 104)
    (feature,) = run(session, paint([ring, box(200, 200, 205, 205)]))
    assert len(feature["geometry"]["coordinates"]) == 1


def test_min_area_is_the_callers_choice(session, paint):
    assert len(run(session, paint([box(200, 200, 206, 206)]), min_area=1.0)) == 1


def test_outlines_are_no_staircases(session, paint):
    (feature,) = run(session, paint([affinity.rotate(box(60, 60, 160, 120), 33)]))
    assert len(feature["geometry"]["coordinates"][0]) == 5


def test_outlines_do_not_overlap(session, paint, to_pixels):
    row = [affinity.rotate(box(40 + 40 * i, 60, 80 + 40 * i, 120), 17, origin=(128, 128)) for i in range(4)]
    folder = paint(row)
    found = [to_pixels(folder, f) for f in run(session, folder)]
    assert all(a.intersection(b).area < 0.1 for a in found for b in found if a is not b)


def test_no_data_holds_no_building(session, paint):
    folder = paint([])
    Image.new("RGB", (256, 256), "white").save(next(folder.iterdir()))
    assert run(session, folder) == []


def test_a_threshold_is_compulsory(session, paint):
    with pytest.raises(ValueError, match="confidence_threshold"):
        machine.predict(session, str(paint([])), {}, source="toy")


def test_a_folder_without_images_is_an_error(session, tmp_path):
    with pytest.raises(FileNotFoundError):
        machine.predict(session, str(tmp_path), PARAMS, source="toy")


def test_progress_is_told_block_by_block_and_may_stop_the_work(session, paint, small_blocks):
    seen = []

    def stop(stage: str, done: int, total: int) -> None:
        seen.append((done, total))
        if done == 2:
            raise report.Cancelled

    with pytest.raises(report.Cancelled):
        machine.predict(session, str(paint([], 3, 1)), PARAMS, source="toy", on_progress=stop)
    assert seen == [(1, 3), (2, 3)]


def test_outlines_that_blocks_cut_are_told_one_by_one_and_can_be_stopped(session, paint, small_blocks):
    across = [box(200 + 256 * i, 100, 300 + 256 * i, 160) for i in range(2)]
    folder, seen = str(paint(across, 3, 1)), []

    def stop(stage: str, done: int, total: int) -> None:
        seen.append((stage, done, total))
        if (stage, done) == ("outlines", 2):
            raise report.Cancelled

    with pytest.raises(report.Cancelled):
        machine.predict(session, folder, PARAMS, source="toy", on_progress=stop)
    assert seen[-3:] == [("predict", 3, 3), ("outlines", 1, 2), ("outlines", 2, 2)]

"""Splits, duplicates, masks and formats, without servers."""

import random
from pathlib import Path

import numpy as np
import orjson
import pytest
import shapely

from catalog.labelstore.datasets.domain import SplitItem, category_ids, split
from catalog.labelstore.datasets.duplicates import clusters
from catalog.labelstore.datasets.formats.coco import CocoWriter
from catalog.labelstore.datasets.formats.geometry import area_of, mask_of
from catalog.labelstore.datasets.formats.yolo import area_of as traced
from catalog.labelstore.datasets.formats.yolo import joined
from catalog.labelstore.datasets.item import ItemInput, dataset_item
from catalog.labelstore.datasets.version_rows import VersionImage, VersionObject
from catalog.labelstore.objects import rle
from catalog.labelstore.objects.domain import Rejected, check, uncertainty
from catalog.stac.validate import item_problems

FRACTIONS = {"train": 0.8, "val": 0.1, "test": 0.1}


def test_old_categories_keep_their_ids():
    assert category_ids(["b", "Z", "a"], []) == ["Z", "a", "b"]
    assert category_ids(["a", "0", "c"], ["Z", "a", "b"]) == ["Z", "a", "b", "0", "c"]


def test_a_split_never_leaks_and_stays_when_data_grow():
    items = [SplitItem(number, f"set {number % 40}", number // 3) for number in range(300)]
    lonely = [SplitItem(1000 + number, f"image {number}", 10_000 + number) for number in range(2000)]
    first = split(lonely, FRACTIONS, "")
    shares = {side: list(first.values()).count(side) / 2000 for side in FRACTIONS}
    assert shares == pytest.approx(FRACTIONS, abs=0.03)
    grown = split([*lonely, *(SplitItem(5000 + n, f"more {n}", 90_000 + n) for n in range(500))], FRACTIONS, "")
    assert {one: grown[one] for one in first} == first
    assert split(lonely, FRACTIONS, "other seed") != first
    assert len(set(split(items, FRACTIONS, "").values())) == 1, "a chain of groups and clusters connects them all"


def test_an_earlier_side_counts_when_groups_meet():
    items = [SplitItem(1, "a", 1, "val"), SplitItem(2, "b", 2, "train"), SplitItem(3, "c", 3)]
    assert split(items, FRACTIONS, "")[1] == "val"
    bridge = [*items[:2], SplitItem(3, "a", 2)]
    assert set(split(bridge, FRACTIONS, "").values()) == {"val"}


def test_clusters_connect_near_and_equal_pictures():
    near, far = 0b1011, (1 << 40) - 1
    found = clusters([0, near, None, far, None, -1], ["a", "b", "c", "d", "c", "e"])
    assert found[0] == found[1]
    assert found[2] == found[4]
    assert len({found[0], found[2], found[3], found[5]}) == 4


@pytest.mark.parametrize("seed", range(20))
def test_masks_are_read_as_they_are_written(seed: int):
    mask = (np.random.default_rng(seed).random((17, 23)) > random.Random(seed).random()).astype(np.uint8)
    mask[3, 4] = 1
    runs = rle.runs_of(rle.compressed(rle.runs_of_pixels(mask)))
    assert (rle.pixels(runs, 17, 23) == mask).all()
    rows, columns = np.nonzero(mask)
    assert rle.area(runs) == mask.sum()
    assert rle.box(runs, 17) == (columns.min(), rows.min(), columns.max() + 1, rows.max() + 1)


def test_the_compressed_text_is_that_of_pycocotools():
    """Written by pycocotools 2.0.11 for a block of 2 x 3 pixels at row 1 and column 2 of 5 x 6 pixels."""
    mask = np.zeros((5, 6), np.uint8)
    mask[1:3, 2:5] = 1
    assert rle.compressed(rle.runs_of_pixels(mask)) == ";230004"
    assert rle.runs_of(";230004").tolist() == [11, 2, 3, 2, 3, 2, 7]


@pytest.mark.parametrize("counts", ["\n", "P", "1" * 3, [-1, 5], "zz\x7f"])
def test_broken_masks_are_refused(counts: str | list[int]):
    shape = {"type": "mask", "size": [5, 6], "counts": counts}
    with pytest.raises(Rejected):
        check(None, shape, (6, 5), "accept")


@pytest.mark.parametrize(("policy", "box"), [("accept", (5, 5, 99, 20)), ("clip", (5, 5, 50, 20)), ("reject", None)])
def test_what_leaves_the_image(policy, box: tuple | None):
    if box:
        assert check((5, 5, 99, 20), None, (50, 40), policy).box == box
    else:
        with pytest.raises(Rejected, match="50 x 40"):
            check((5, 5, 99, 20), None, (50, 40), policy)
    with pytest.raises(Rejected):
        check((60, 5, 99, 20), None, (50, 40), "clip")


def test_as_likely_as_not_is_most_uncertain():
    assert uncertainty([0.5, 1.0]) == 1
    assert uncertainty([1.0]) < uncertainty([]) < uncertainty([0.6])


RING = [[[0, 0], [10, 0], [10, 10], [0, 10]], [[4, 4], [6, 4], [6, 6], [4, 6]]]


def an_object(shape=None, **change) -> VersionObject:
    return VersionObject(1, "a", "a", None, 0, 0, 10, 10, shape)._replace(**change)


def an_image(*objects: VersionObject) -> VersionImage:
    return VersionImage(
        7, 1, "b/uploads/x.jpg", "00000007.jpg", 30, 20, None, None, None, None, None, None, list(objects)
    )  # fmt: skip


def test_coco_holds_polygons_masks_and_holes(tmp_path: Path):
    plain = {"type": "polygon", "coordinates": [RING[:1]]}
    holed = {"type": "polygon", "coordinates": [RING]}
    mask = {"type": "mask", "size": [20, 30], "counts": [5, 3, 592]}
    writer = CocoWriter(tmp_path / "c.json", {}, ["a"], base=1)
    writer.add(an_image(an_object(), an_object(plain), an_object(holed), an_object(mask, confidence=0.5)))
    writer.add(an_image())
    writer.add(an_image(an_object()))
    document = orjson.loads(writer.close().path.read_bytes())
    box, polygon, hole, masked, _ = document["annotations"]
    assert (len(document["images"]), [one["id"] for one in document["annotations"]]) == (3, [1, 2, 3, 4, 5])
    assert (box["segmentation"], box["area"], box["category_id"], "score" in box) == ([], 100, 1, False)
    assert (polygon["segmentation"], polygon["area"]) == ([[0, 0, 10, 0, 10, 10, 0, 10]], 100)
    assert (hole["area"], hole["iscrowd"]) == (96, 0)
    assert rle.area(rle.runs_of(hole["segmentation"]["counts"])) == 96
    assert (masked["segmentation"]["counts"], masked["area"], masked["score"]) == (rle.compressed([5, 3, 592]), 3, 0.5)


def test_parts_are_joined_to_one_outline():
    squares = [[(x, 0.0), (x + 1, 0.0), (x + 1, 1.0), (x, 1.0)] for x in (0.0, 5.0, 9.0)]
    assert shapely.Polygon(joined(squares)).buffer(0).area == pytest.approx(3)


def test_areas_of_masks_follow_their_pixels():
    mask = an_object({"type": "mask", "size": [20, 30], "counts": [5, 3, 20, 3, 569]})
    assert traced(mask).area == area_of(mask, mask_of(mask, an_image())) == 6


def test_the_item_is_valid_without_any_location():
    from datetime import UTC, datetime

    files = dict.fromkeys(("annotations.coco.json", "labels.csv", "annotations.geojson"), (1, "0" * 64))
    counts = {"images": 1, "negatives": 0, "objects": 1}
    given = ItemInput(
        title="t", version=2, campaign_ids=[1], created_by="a@b", metadata={"keywords": ["Buildings", "?"]},
        prefix="s3://b/p/", chips="s3://b/p/images/", files=files, manifest=(1, "0" * 64), classes=["a"],
        class_counts={"a": 1}, counts=counts, hull=None, georeferenced=0, taken=None,
        finished=datetime(2026, 1, 1, tzinfo=UTC),
    )  # fmt: skip
    item = dataset_item(given)
    assert item_problems(item) == []
    assert (item["id"], item["bbox"], item["properties"]["labelstore:located"]) == ("t-v2", [-180, -90, 180, 90], False)
    assert item["properties"]["keywords"] == ["object-detection", "building"]

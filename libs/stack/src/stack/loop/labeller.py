"""Plays the labelling party: a client with a key, which knows what is true and leases, corrects and submits."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import shapely
from pyproj import Transformer
from shapely.geometry.base import BaseGeometry

from fairway import Fairway
from fairway.label_rows import Task
from stack.loop.chips import Chip

LABEL = "building"
GOOD = 0.8
"""IoU from which a draft stays as it is."""
SAME = 0.5
"""IoU from which a draft is of the same building, whose outline is drawn anew."""
AT_ONCE = 5
_TO_MERCATOR = Transformer.from_crs("EPSG:4326", "EPSG:3857", always_xy=True)


def outlines(chip: Chip, width: int, height: int) -> list[BaseGeometry]:
    """Returns the buildings of a chip in its pixels, cut at its edges."""
    west, south, east, north = chip.bounds
    scale = width / (east - west), -height / (north - south)
    picture = shapely.box(0, 0, width, height)
    mercator: Callable[..., Any] = _TO_MERCATOR.transform

    def to_pixels(at: Any) -> Any:
        return (at - (west, north)) * scale

    found: list[BaseGeometry] = []
    for building in chip.buildings:
        on_map = shapely.transform(building, mercator, interleaved=False)
        pixels = shapely.transform(on_map, to_pixels)
        inside = shapely.make_valid(pixels).intersection(picture)
        found += [one for one in shapely.get_parts(inside).tolist() if one.geom_type == "Polygon" and one.area > 1]
    return found


def as_object(outline: BaseGeometry) -> dict[str, Any]:
    rings = [outline.exterior, *outline.interiors]  # type: ignore[attr-defined]
    coordinates = [[list(map(list, ring.coords)) for ring in rings]]
    return {"label": LABEL, "geometry": {"type": "polygon", "coordinates": coordinates}}


def corrected(truth: Sequence[BaseGeometry], draft: Sequence[dict[str, Any]], seen: Counter[str]) -> list[Any]:
    """Returns the objects of an image: drafts that are good enough stay, others are drawn anew or deleted, and missing
    ones are added. `seen` counts which."""
    left = {number: _area(one) for number, one in enumerate(draft)}
    objects: list[Any] = []
    for outline in truth:
        best = max(left, key=lambda number: _iou(outline, left[number]), default=None)
        shared = 0.0 if best is None else _iou(outline, left[best])
        if best is not None and shared >= SAME:
            del left[best]
        kept = best is not None and shared >= GOOD
        seen["kept" if kept else "redrawn" if shared >= SAME else "added"] += 1
        objects.append({"label": LABEL, "geometry": draft[best]["geometry"]} if kept else as_object(outline))  # type: ignore[index]
    seen["deleted"] += len(left)
    return objects


def _area(one: dict[str, Any]) -> BaseGeometry:
    return shapely.MultiPolygon([(part[0], part[1:]) for part in one["geometry"]["coordinates"]])


def _iou(one: BaseGeometry, other: BaseGeometry) -> float:
    shared = one.intersection(other).area
    return shared / (one.area + other.area - shared)


def work(party: Fairway, campaign_id: int, chips: Mapping[int, Chip], side: int) -> tuple[Counter[str], list[int]]:
    """Leases images until there are none, and submits each; returns what was done with the drafts, and the images in
    the order in which they came."""
    seen: Counter[str] = Counter()
    order: list[int] = []
    while tasks := party.campaigns.lease(campaign_id, AT_ONCE):
        submission = [_submitted(task, chips[task.image_id], side, seen) for task in tasks]
        party.campaigns.submit(campaign_id, submission)
        order += [task.image_id for task in tasks]
        if party_is_done(order, chips):
            break
    return seen, order


def party_is_done(order: Sequence[int], chips: Mapping[int, Chip]) -> bool:
    """Whether every image was submitted: a completed campaign gives no more leases."""
    return set(order) >= set(chips)


def _submitted(task: Task, chip: Chip, side: int, seen: Counter[str]) -> dict[str, Any]:
    return {"image_id": task.image_id, "objects": corrected(outlines(chip, side, side), task.draft, seen)}

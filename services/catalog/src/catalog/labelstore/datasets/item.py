"""The STAC item of a dataset version."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import orjson
import shapely

from catalog.stac.vocabulary import FILE, KEYWORDS, LABEL, LABEL_DATASETS, SHA2_256, VERSION, in_vocabulary

WORLD = shapely.box(-180, -90, 180, 90)
TINY = 1e-5
"""Degrees around a single point, about a metre: a point is no polygon."""
TASK = "object-detection"
Checksum = tuple[int, str]
"""Size in bytes and SHA-256 of a file."""


@dataclass(frozen=True)
class ItemInput:
    """What an item says of a version. `hull` is the area of its located images in EPSG:4326; `prefix` is the address of
    its folder, with a slash at its end."""

    title: str
    version: int
    campaign_ids: list[int]
    created_by: str
    metadata: dict[str, Any]
    prefix: str
    chips: str
    files: dict[str, Checksum]
    manifest: Checksum
    classes: list[str]
    class_counts: dict[str, int]
    counts: dict[str, int]
    hull: Any
    georeferenced: int
    taken: tuple[datetime, datetime] | None
    finished: datetime


def item_id(title: str, version: int) -> str:
    return f"{title}-v{version}"


def dataset_item(of: ItemInput) -> dict[str, Any]:
    area, located = _area(of)
    return {
        "type": "Feature", "stac_version": "1.1.0", "stac_extensions": [LABEL, FILE, VERSION],
        "id": item_id(of.title, of.version), "collection": LABEL_DATASETS,
        "geometry": orjson.loads(shapely.to_geojson(area)), "bbox": list(area.bounds),
        "properties": _properties(of, located), "assets": _assets(of), "links": [],
    }  # fmt: skip


def keywords(metadata: dict[str, Any]) -> list[str]:
    """Returns the keywords of the campaign that the platform knows, after the task."""
    given = metadata.get("keywords")
    named = [word for word in given if isinstance(word, str)] if isinstance(given, list) else []
    return list(dict.fromkeys([TASK, *(word for word in in_vocabulary(named) if word in KEYWORDS)]))


def _area(of: ItemInput) -> tuple[Any, bool]:
    """Where the images are; else where the campaign says they are; else the world, since the catalogue refuses items
    without a geometry."""
    if of.hull is not None:
        return (of.hull if of.hull.geom_type == "Polygon" else of.hull.buffer(TINY, quad_segs=1).envelope), True
    try:
        given = shapely.geometry.shape(of.metadata["geometry"])
    except (KeyError, TypeError, ValueError, AttributeError, shapely.errors.ShapelyError):
        return WORLD, False
    is_good = given.geom_type == "Polygon" and given.is_valid and not given.is_empty and WORLD.contains(given)
    return (given, True) if is_good else (WORLD, False)


def _properties(of: ItemInput, located: bool) -> dict[str, Any]:
    now = _time(datetime.now(UTC))
    text = f"Hand-labelled images of {_origin(of)}."
    counted = [{"name": name, "count": of.class_counts.get(name, 0)} for name in of.classes]
    taken = {"start_datetime": _time(of.taken[0]), "end_datetime": _time(of.taken[1])} if of.taken else {}
    return {
        "title": f"{of.title}, version {of.version}", "description": text, "datetime": _time(of.finished), **taken,
        "created": now, "updated": now, "version": str(of.version), "deprecated": False,
        "keywords": keywords(of.metadata), "providers": [{"name": of.created_by, "roles": ["producer"]}],
        "label:type": "vector", "label:description": text, "label:tasks": [TASK], "label:methods": ["manual"],
        "label:properties": ["label"], "label:classes": [{"name": "label", "classes": of.classes}],
        "label:overviews": [{"property_key": "label", "counts": counted}],
        **_campaigns(of), "labelstore:image_count": of.counts["images"],
        "labelstore:negative_count": of.counts["negatives"], "labelstore:object_count": of.counts["objects"],
        "labelstore:georeferenced_count": of.georeferenced,
        "labelstore:manifest_sha256": of.manifest[1], "labelstore:located": located,
    }  # fmt: skip


def _origin(of: ItemInput) -> str:
    count = len(of.campaign_ids)
    return f"the campaign {of.title}" if count == 1 else f"{count} campaigns, composed as {of.title}"


def _campaigns(of: ItemInput) -> dict[str, Any]:
    """A version of several campaigns has all of them, and is found by its name."""
    ids = of.campaign_ids
    one = {"labelstore:campaign_id": ids[0]} if len(ids) == 1 else {}
    return {**one, "labelstore:campaign_ids": ids, "labelstore:name": of.title}


def _time(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _assets(of: ItemInput) -> dict[str, Any]:
    def asset(name: str, media: str, role: str, checksum: Checksum) -> dict[str, Any]:
        size, digest = checksum
        return {
            "href": of.prefix + name, "type": media, "roles": [role], "file:size": size,
            "file:checksum": SHA2_256 + digest,
        }  # fmt: skip

    return {
        "chips": {"href": of.chips, "roles": ["data"]},
        "labels": asset(
            "annotations.coco.json", "application/json", "labels", of.files["annotations.coco.json"]
        ),
        "labels_csv": asset("labels.csv", "text/csv", "labels", of.files["labels.csv"]),
        "labels_geojson": asset(
            "annotations.geojson", "application/geo+json", "labels", of.files["annotations.geojson"]
        ),
        "manifest": asset("manifest.json", "application/json", "metadata", of.manifest),
    }  # fmt: skip

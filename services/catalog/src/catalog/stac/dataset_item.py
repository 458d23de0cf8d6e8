"""Builds the item of a dataset."""

from pathlib import PurePosixPath
from typing import Any
from urllib.parse import urlsplit

import pystac

from catalog.stac import items
from catalog.stac.item_inputs import DatasetItemInput
from catalog.stac.vocabulary import DATASETS, KEYWORDS, LABEL_TASK, WEB_MAP_LINKS, dataset_keywords
from kit.http.url_masking import masked

GEOTIFF = "image/tiff; application=geotiff"
IMAGES = {".png": "image/png", ".jpg": "image/jpeg", ".jpeg": "image/jpeg", ".webp": "image/webp"}
LABEL_MEDIA = {"geojson": "application/geo+json", "coco": "application/json", "csv": "text/csv"}


def dataset_item(dataset: DatasetItemInput, version: int) -> dict[str, Any]:
    built = items.item(DATASETS, dataset.stac_id, dataset.aoi, dataset.bbox, _properties(dataset, version))
    built.add_asset("chips", items.asset(dataset.chips, GEOTIFF, ["data"]))
    built.add_asset("labels", items.asset(dataset.labels, LABEL_MEDIA[dataset.label_format], ["labels"]))
    built.add_asset("download", items.asset(dataset.download, "application/zip", ["data", "archive"]))
    _add_imagery(built, masked(dataset.source_imagery))
    return items.finalize_item(built)


def _add_imagery(built: pystac.Item, address: str) -> None:
    """Adds links to the imagery: `xyz` for tile templates (web map links extension), and `source` for older readers,
    without a type, since a template is not a file."""
    built.add_link(pystac.Link("source", address))
    if all(part in address for part in ("{x}", "{y}", "{z}")):
        servers = {"href:servers": list("abc")} if "{s}" in address else {}
        kind = IMAGES.get(PurePosixPath(urlsplit(address).path).suffix.lower())
        built.add_link(pystac.Link("xyz", address, kind, extra_fields=servers))
        built.stac_extensions.append(WEB_MAP_LINKS)


def _properties(dataset: DatasetItemInput, version: int) -> dict[str, Any]:
    return {
        "title": dataset.title,
        "description": dataset.description or dataset.title,
        "label:description": dataset.description or dataset.title,
        "label:type": dataset.label_type,
        "label:tasks": _tasks(dataset.tasks),
        "label:classes": dataset.classes,
        "label:properties": ["class"] if dataset.label_type == "vector" else None,
        "keywords": dataset_keywords(dataset.keywords, dataset.tasks, dataset.geometry_type),
        "version": str(version),
        "deprecated": False,
        "providers": [{"name": dataset.username or str(dataset.user_id), "roles": ["producer"]}],
        "fair:user_id": str(dataset.user_id),
        "fair:chip_count": dataset.chip_count,
        "fair:source_imagery": masked(dataset.source_imagery),
        "fair:geometry_type": dataset.geometry_type,
        **({"fair:label_offset": list(dataset.offset)} if any(dataset.offset) else {}),
        **({"fair:keywords": dataset.keywords} if set(dataset.keywords) - KEYWORDS else {}),
        **({"fair:outcome": dataset.outcome} if dataset.outcome else {}),
    }


def _tasks(tasks: list[str]) -> list[str]:
    return list(dict.fromkeys([*tasks, *(LABEL_TASK[task] for task in tasks if task in LABEL_TASK)]))

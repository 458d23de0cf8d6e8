"""The item of a dataset."""

from typing import Any

import pystac

from catalog.stac import items
from catalog.stac.facts import DatasetFacts
from catalog.stac.vocabulary import DATASETS, LABEL_TASK

GEOTIFF = "image/tiff; application=geotiff"
LABEL_MEDIA = {"geojson": "application/geo+json", "coco": "application/json", "csv": "text/csv"}


def dataset_item(facts: DatasetFacts, version: int) -> dict[str, Any]:
    built = items.item(DATASETS, facts.stac_id, facts.aoi, facts.bbox, _properties(facts, version))
    built.add_asset("chips", items.asset(facts.chips, GEOTIFF, ["data"]))
    built.add_asset("labels", items.asset(facts.labels, LABEL_MEDIA[facts.label_format], ["labels"]))
    built.add_asset("download", items.asset(facts.download, "application/zip", ["data", "archive"]))
    built.add_link(pystac.Link("source", facts.source_imagery, GEOTIFF))
    return items.finished(built)


def _properties(facts: DatasetFacts, version: int) -> dict[str, Any]:
    return {
        "title": facts.title,
        "description": facts.description or facts.title,
        "label:description": facts.description or facts.title,
        "label:type": facts.label_type,
        "label:tasks": _tasks(facts.tasks),
        "label:classes": facts.classes,
        "label:properties": ["class"] if facts.label_type == "vector" else None,
        "keywords": facts.keywords,
        "version": str(version),
        "deprecated": False,
        "providers": [{"name": facts.username or str(facts.user_id), "roles": ["producer"]}],
        "fair:user_id": str(facts.user_id),
        "fair:chip_count": facts.chip_count,
        "fair:source_imagery": facts.source_imagery,
        "fair:geometry_type": facts.geometry_type,
        **({"fair:label_offset": list(facts.offset)} if any(facts.offset) else {}),
    }


def _tasks(tasks: list[str]) -> list[str]:
    return list(dict.fromkeys([*tasks, *(LABEL_TASK[task] for task in tasks if task in LABEL_TASK)]))

"""Restores items that the STAC API returns: it drops every member whose value is null, at any depth."""

from typing import Any

Item = dict[str, Any]


def restored(item: Item) -> Item:
    """Adds members that are required even as null: `geometry`, `datetime` of an item with start and end,
    `label:properties` of raster labels."""
    properties = dict(item["properties"])
    if "start_datetime" in properties and "end_datetime" in properties:
        properties.setdefault("datetime", None)
    if "label:type" in properties:
        properties.setdefault("label:properties", None)
    return {"geometry": None, **item, "properties": properties}

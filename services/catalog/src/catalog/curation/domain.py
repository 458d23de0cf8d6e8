"""What a curator may do to the properties of a STAC item."""

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

IDENTITY = frozenset(
    {"mlm:name", "version", "deprecated", "created", "updated", "datetime", "fair:user_id", "fair:base_model_id",
     "fair:dataset_id"}
)  # fmt: skip
"""Who an item is and where it comes from: written by us alone."""
GLOBAL = "global"
WIDEST = 180.0
"""Degrees of longitude; no country is as wide as half of the globe, Russia's islands beyond the date line aside."""
EXTENSIONS_HOST = "stac-extensions.github.io"


class NotAllowed(ValueError):
    """Words for the curator; `field` names the part of the request at fault."""

    def __init__(self, field: str, text: str) -> None:
        super().__init__(text)
        self.field = field


def pins(is_pinned: bool, imagery: str | None, location: tuple[float, float] | None) -> dict[str, Any]:
    """Properties of a pin; None among the values removes a property."""
    changed: dict[str, Any] = {"fair:pinned": is_pinned}
    if imagery is not None:
        changed["fair:source_imagery"] = imagery or None
    if location is not None:
        changed["fair:preview_location"] = {"type": "Point", "coordinates": list(location)}
    return changed


def middle(bbox: Sequence[float] | None) -> tuple[float, float] | None:
    """Longitude and latitude of a box in EPSG:4326, whose western edge is the greater one across the date line; None
    for what covers the globe."""
    if not bbox:
        return None
    west, south, east, north = *bbox[:2], *bbox[len(bbox) // 2 :][:2]
    width = east - west if east >= west else east - west + 360
    if width >= WIDEST:
        return None
    longitude = west + width / 2
    return longitude if longitude <= 180 else longitude - 360, (south + north) / 2


def named(place: str, country: str, code: str, coverage: str) -> dict[str, Any]:
    """Properties that tell people where a pin is; unknown names remove older ones."""
    return {
        "fair:preview_place": place or None, "fair:preview_country": country or None,
        "fair:preview_country_code": code or None, "fair:coverage": coverage or None,
    }  # fmt: skip


def words(title: str | None, description: str | None, preview: Mapping[str, Any] | None) -> dict[str, Any]:
    given = {"title": title, "description": description, "fair:preview": preview}
    return {name: value for name, value in given.items() if value is not None}


def edited(properties: Mapping[str, Any] | None, extensions: list[str] | None) -> dict[str, Any]:
    """NotAllowed for identity keys and for extensions from elsewhere."""
    taken = sorted(IDENTITY & set(properties or ()))
    if taken:
        raise NotAllowed("properties", f"{', '.join(taken)} cannot be edited.")
    foreign = [uri for uri in extensions or () if urlsplit(uri).hostname != EXTENSIONS_HOST]
    if foreign:
        raise NotAllowed("stac_extensions", f"Only extensions of {EXTENSIONS_HOST} may be added.")
    return dict(properties or {})


def merged(item: dict[str, Any], changed: Mapping[str, Any], extensions: list[str] | None = None) -> dict[str, Any]:
    """The item with these properties on the first level and these extensions beside its own."""
    properties = {**item["properties"], **changed}
    kept = {name: value for name, value in properties.items() if value is not None or name == "datetime"}
    declared = dict.fromkeys([*item.get("stac_extensions", ()), *(extensions or ())])
    return {**item, "properties": kept, "stac_extensions": list(declared)}

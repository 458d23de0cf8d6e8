"""Edits of the properties of a STAC item."""

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

IDENTITY = frozenset(
    {"mlm:name", "version", "deprecated", "created", "updated", "datetime", "fair:user_id", "fair:base_model_id",
     "fair:dataset_id"}
)  # fmt: skip
"""Properties that only the service writes: identity and origin of an item."""
GLOBAL = "global"
WIDEST = 180.0
"""Degrees of longitude. A wider box counts as global: no country is wider, except Russia with its islands beyond the
antimeridian."""
EXTENSIONS_HOST = "stac-extensions.github.io"


class NotAllowed(ValueError):
    """The text is for the curator; `field` names the field at fault."""

    def __init__(self, field: str, text: str) -> None:
        super().__init__(text)
        self.field = field


def set_pins(is_pinned: bool, imagery: str | None, location: tuple[float, float] | None) -> dict[str, Any]:
    """Returns the properties of a pin; None as a value removes a property."""
    changed: dict[str, Any] = {"fair:pinned": is_pinned}
    if imagery is not None:
        changed["fair:source_imagery"] = imagery or None
    if location is not None:
        changed["fair:preview_location"] = {"type": "Point", "coordinates": list(location)}
    return changed


def bbox_center(bbox: Sequence[float] | None) -> tuple[float, float] | None:
    """Returns longitude and latitude of the centre of a box in EPSG:4326; west > east crosses the antimeridian. None
    for a box that counts as global."""
    if not bbox:
        return None
    west, south, east, north = *bbox[:2], *bbox[len(bbox) // 2 :][:2]
    width = east - west if east >= west else east - west + 360
    if width >= WIDEST:
        return None
    longitude = west + width / 2
    return longitude if longitude <= 180 else longitude - 360, (south + north) / 2


def town_properties(town: str, country: str, code: str, coverage: str) -> dict[str, Any]:
    """Returns the properties that say where a pin is; empty names remove older ones."""
    return {
        "fair:preview_place": town or None, "fair:preview_country": country or None,
        "fair:preview_country_code": code or None, "fair:coverage": coverage or None,
    }  # fmt: skip


def display_texts(title: str | None, description: str | None, preview: Mapping[str, Any] | None) -> dict[str, Any]:
    given = {"title": title, "description": description, "fair:preview": preview}
    return {name: value for name, value in given.items() if value is not None}


def apply_edit(properties: Mapping[str, Any] | None, extensions: list[str] | None) -> dict[str, Any]:
    """Returns the changed properties. Raises NotAllowed for identity keys and for extensions of other hosts."""
    taken = sorted(IDENTITY & set(properties or ()))
    if taken:
        raise NotAllowed("properties", f"{', '.join(taken)} cannot be edited.")
    foreign = [uri for uri in extensions or () if urlsplit(uri).hostname != EXTENSIONS_HOST]
    if foreign:
        raise NotAllowed("stac_extensions", f"Only extensions of {EXTENSIONS_HOST} may be added.")
    return dict(properties or {})


def merged(item: dict[str, Any], changed: Mapping[str, Any], extensions: list[str] | None = None) -> dict[str, Any]:
    """Returns the item with changed top-level properties and added extensions."""
    properties = {**item["properties"], **changed}
    kept = {name: value for name, value in properties.items() if value is not None or name == "datetime"}
    declared = dict.fromkeys([*item.get("stac_extensions", ()), *(extensions or ())])
    return {**item, "properties": kept, "stac_extensions": list(declared)}

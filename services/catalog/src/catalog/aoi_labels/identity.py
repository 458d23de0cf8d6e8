"""Reads which object of OpenStreetMap a feature is, in the notations of several programs.

Type and number belong together: way/7 and relation/7 are two objects. Supported notations: `@id`, `id` or the id of the
Feature as `way/7` (Overpass) or `w7` (osmium, `full_id` of QuickOSM); a number beside a type (`osm_id` and `osm_type`,
`@id` and `@type`, `id` and `type`); `osm_id` and `osm_way_id` of GDAL's OSM driver, whose layer determines the type. A
negative `osm_id` without a type is a relation, as osm2pgsql writes it. A plain number as the id of the Feature is a row
number of a table.
"""

import re
from typing import Any, cast

from catalog.aoi_labels.domain import BadLabel
from osm.tags import osm_type_of

MAX_ID = 2**63 - 1
EXACT = 2**53
"""Largest integer up to which a float holds every integer."""
UNREADABLE_ID = "Its OpenStreetMap id cannot be read and was left out."
_NAMED = re.compile(r"(node|way|relation|n|w|r)/?(\d{1,19})")
_GDAL = {"Point": "node", "LineString": "way", "MultiLineString": "relation"}
Values = dict[str, Any]
Identity = tuple[str | None, int | None]


def osm_id_of(value: Any) -> int | None:
    """Reads an integer, also from a float (7.0) or a text (`way/7`). Raises BadLabel for other values."""
    if value is None or value == "":
        return None
    text = str(value).strip().rpartition("/")[2].removesuffix(".0")
    number = int(text) if re.fullmatch(r"[+-]?\d{1,19}", text) and not isinstance(value, bool) else None
    if number is None and isinstance(value, float) and value.is_integer():
        number = int(value)
    if number is None or abs(number) > (EXACT if isinstance(value, float) else MAX_ID):
        raise BadLabel("osm_id", "An OSM id is a whole number.")
    return number


def identity_of(feature: Values, properties: Values) -> tuple[Identity, list[str]]:
    """Returns type and number, and a text for each value that could not be read."""
    for value in (properties.get("@id"), properties.get("full_id"), feature.get("id"), properties.get("id")):
        if isinstance(value, str) and (found := _NAMED.fullmatch(value.strip().lower())):
            return (osm_type_of(found[1]), int(found[2])), []
    try:
        return _numbered(feature, properties), []
    except BadLabel:
        return (None, None), [UNREADABLE_ID]


def _numbered(feature: Values, properties: Values) -> Identity:
    if "osm_way_id" in properties:
        way = osm_id_of(properties["osm_way_id"])
        return _with_type("relation" if way is None else "way", properties.get("osm_id") if way is None else way)
    for id_key, type_key in (("osm_id", "osm_type"), ("@id", "@type"), ("osm_id", "@type"), ("osm_id", "type")):
        if properties.get(id_key) not in (None, "") and (kind := osm_type_of(properties.get(type_key))):
            return _with_type(kind, properties[id_key])
    if kind := _overpass_type(properties):
        return _with_type(kind, properties["id"])
    shape = str(cast(Values, feature.get("geometry") or {}).get("type"))
    kind = _GDAL.get(shape) if "other_tags" in properties else None
    given = properties.get("osm_id")
    return _with_type(kind, properties.get("@id") if given in (None, "") else given)


def _overpass_type(properties: Values) -> str | None:
    """Returns the type of an element of Overpass JSON, where `type` is not a tag."""
    kind = properties.get("type")
    return str(kind) if kind in ("node", "way", "relation") and properties.get("id") not in (None, "") else None


def _with_type(kind: str | None, value: Any) -> Identity:
    number = osm_id_of(value)
    if number is None:
        return None, None
    return ("relation", -number) if kind is None and number < 0 else (kind, number)

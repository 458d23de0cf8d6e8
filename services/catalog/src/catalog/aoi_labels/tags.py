"""Reads OpenStreetMap tags of labels, in the notations of several programs.

Explicit tags (`tags`, or `other_tags` of GDAL; an object, or JSON or hstore text) are kept whatever their keys. Other
properties are columns of a table. A column is a tag when its name is a known key of OpenStreetMap (`osm.keys`) and one
of the columns says what the feature is (`FEATURE_KEYS`: building, highway, natural ...): `name` or `height` alone
define no feature. All other columns (fid, surveyor, confidence ...) are dropped. A label is untagged when none of its
keys says what it is.
"""

import json
from typing import Any, cast

from psycopg.errors import DataError
from psycopg.types.hstore import HstoreLoader

from catalog.aoi_labels.domain import BadLabel
from osm.keys import FEATURE_KEYS, is_feature_key, is_known_key

MAX_TAGS = 100
MAX_TAG = 255
"""Characters of a key or a value, as in OpenStreetMap."""
TECHNICAL = frozenset({
    "aoi", "changeset", "class", "confidence", "created_at", "fid", "full_id", "id", "label", "ogc_fid", "osm_id",
    "osm_type", "osm_way_id", "other_tags", "tags", "timestamp", "type", "uid", "user", "version", "visible",
})  # fmt: skip
"""Columns of programs and of our own files, which are dropped without a report."""
TOO_LONG = f"A tag of more than {MAX_TAG} characters was left out; the label is there."
NOT_PLAIN = "A tag that is neither text nor a number was left out; the label is there."
TOO_MANY = f"It has more than {MAX_TAGS} tags; the others were left out."
UNREADABLE = "Its tags cannot be read and were left out; the label is there."
NO_KEYS = "Columns that are not keys of OpenStreetMap were not kept as tags."
Values = dict[str, Any]
Tags = dict[str, str]


def tags_of(value: Any) -> Tags | None:
    """Returns the tags, text to text. Raises BadLabel for tags outside the limits."""
    if value is None:
        return None
    if not isinstance(value, dict) or len(tags := cast(Values, value)) > MAX_TAGS:
        raise BadLabel("tags", f"Tags are an object with at most {MAX_TAGS} members.")
    if any(_fault(key, one) for key, one in tags.items()):
        raise BadLabel("tags", f"A tag is plain text of at most {MAX_TAG} characters.")
    return {key: _plain(one) for key, one in tags.items() if one is not None}


def read_tags(properties: Values) -> tuple[Tags | None, list[str]]:
    """Returns the tags that can be kept, and texts about what was changed."""
    explicit, altered = _explicit(properties)
    columns = _columns(properties)
    if len(columns) < len(_own(properties)):
        altered.append(NO_KEYS)
    kept, faults = _kept({**columns, **explicit})
    return kept or None, [*altered, *faults]


def _explicit(properties: Values) -> tuple[Values, list[str]]:
    found: Values = {}
    for name in ("other_tags", "tags"):
        value = properties.get(name)
        if value in (None, ""):
            continue
        tags = _from_text(value) if isinstance(value, str) else value
        if not isinstance(tags, dict):
            return found, [UNREADABLE]
        found |= cast(Values, tags)
    return found, []


def _from_text(text: str) -> Any:
    """Parses JSON as QGIS and GDAL write it, or hstore as GDAL's OSM driver writes it; None for other text."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        pass
    try:
        return HstoreLoader(0).load(text.strip().encode())
    except (DataError, UnicodeError):
        return None


def _columns(properties: Values) -> Values:
    """Returns the columns that are tags."""
    own = _own(properties)
    return {key: properties[key] for key in own if is_known_key(key)} if any(map(is_feature_key, own)) else {}


def _own(properties: Values) -> list[str]:
    """Returns the names of columns that no program has added. `source` beside a confidence names the model that
    found the feature."""
    technical = TECHNICAL | ({"source"} if "confidence" in properties else set[str]())
    return [key for key, one in properties.items() if _is_given(one) and key not in technical and key[:1] != "@"]


def _is_given(value: Any) -> bool:
    return value is not None and value != "" and not isinstance(value, dict | list)


def _kept(tags: Values) -> tuple[Tags, list[str]]:
    given = {key: value for key, value in tags.items() if value is not None and value != ""}
    faults = [fault for key, value in given.items() if (fault := _fault(key, value))]
    good = {key: _plain(value) for key, value in given.items() if not _fault(key, value)}
    if len(good) <= MAX_TAGS:
        return good, list(dict.fromkeys(faults))
    first = sorted(good, key=lambda key: key not in FEATURE_KEYS)[:MAX_TAGS]
    return {key: good[key] for key in first}, [*dict.fromkeys(faults), TOO_MANY]


def _fault(key: str, value: Any) -> str:
    if isinstance(value, dict | list):
        return NOT_PLAIN
    return TOO_LONG if len(str(cast(Any, value))) > MAX_TAG or len(key) > MAX_TAG else ""


def _plain(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)

"""What the tags of a feature say of it."""

import re
from collections.abc import Collection, Mapping
from typing import Any

from osm.keys import FEATURE_KEYS, is_feature_key
from osm.overlap import is_negative

OBJECT_TYPES = {"n": "node", "w": "way", "r": "relation"}


def osm_type_of(value: Any) -> str | None:
    """Returns `way` for way, w, ways_poly, ways_line; node and relation likewise. None for other values."""
    text = str(value or "").strip().lower()
    is_known = text in ("n", "w", "r", "rel") or re.fullmatch(r"(node|way|relation)s?(_\w+)?", text)
    return OBJECT_TYPES[text[0]] if is_known else None


def is_untagged(tags: Mapping[str, Any] | None, keys: Collection[str] = ()) -> bool:
    """Returns whether no tag says what the feature is; `keys` count as saying it, too."""
    return not any(is_feature_key(key) or key in keys for key in tags or {})


def denies_everything(tags: Mapping[str, Any] | None) -> bool:
    """Returns whether the tags say that nothing is there: `building=no`, and no other key that defines a feature."""
    values = [value for key, value in (tags or {}).items() if key in FEATURE_KEYS]
    return bool(values) and all(map(is_negative, values))

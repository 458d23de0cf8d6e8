"""What a build request must look like, and which labels come of it."""

from collections.abc import Collection, Iterable, Sequence
from typing import Any

MAX_TITLE = 200
MAX_KEYWORD = 80
MAX_AOIS = 100
FURTHEST = 1_000.0
"""Metres that labels may be moved; imagery that lies further off is imagery of another place."""
ANY = "*"
KINDS = {
    "polygon": ("Polygon", "MultiPolygon"),
    "line": ("LineString", "MultiLineString"),
    "point": ("Point", "MultiPoint"),
}
Problems = dict[str, list[str]]
LabelClass = tuple[str, Sequence[str]]
"""An OSM key and the values that count; `["*"]` is any value."""
Feature = dict[str, Any]


def title_problems(title: str) -> Problems:
    if title.strip() and len(title) <= MAX_TITLE:
        return {}
    return {"title": [f"A title has between 1 and {MAX_TITLE} characters."]}


def offset_problems(offset: Sequence[float]) -> Problems:
    if max(map(abs, offset)) <= FURTHEST:
        return {}
    return {"offset": [f"Labels are moved by at most {FURTHEST:,.0f} m."]}


def build_problems(
    title: str, description: str, aoi_ids: Sequence[int], tasks: Sequence[str], classes: Sequence[LabelClass],
    keywords: Sequence[str], vocabulary: Collection[str],
) -> Problems:  # fmt: skip
    """Field → messages; empty for a good request. The imagery and the areas are judged elsewhere."""
    found = {
        "description": "" if description.strip() else "A description is required.",
        "aoi_ids": "" if 1 <= len(aoi_ids) <= MAX_AOIS else f"Between 1 and {MAX_AOIS} areas are required.",
        "label_tasks": "" if tasks else "At least one task is required.",
        "label_classes": _class_problem(classes),
        "keywords": _keyword_problem(keywords, vocabulary),
    }
    return title_problems(title) | {field: [problem] for field, problem in found.items() if problem}


def _class_problem(classes: Sequence[LabelClass]) -> str:
    if not classes or not all(name.strip() and values for name, values in classes):
        return "At least one class is required, each with the name of an OSM key and a list of values."
    return ""


def _keyword_problem(keywords: Sequence[str], vocabulary: Collection[str]) -> str:
    if not keywords or any(not word.strip() or len(word) > MAX_KEYWORD for word in keywords):
        return f"At least one keyword is required, each of 1 to {MAX_KEYWORD} characters."
    unknown = sorted(set(keywords) - set(vocabulary))
    return f"Unknown: {', '.join(unknown)}. Known are {', '.join(sorted(vocabulary))}." if unknown else ""


def osm_filter(classes: Sequence[LabelClass], geometry_type: str) -> dict[str, Any]:
    """In the language of the Raw Data API, where an empty list stands for any value."""
    keys: dict[str, list[str]] = {}
    for name, values in classes:
        whole = ANY in values or keys.get(name) == []
        keys[name] = [] if whole else [*keys.get(name, []), *map(str, values)]
    return {"tags": {geometry_type: {"join_or": keys}}}


def labelled(features: Iterable[Feature], classes: Sequence[LabelClass], geometry_type: str) -> list[Feature]:
    """One feature for each OSM object or stored label, stamped with the 1-based position of its class; others go.

    The order depends on the features only, so that the same labels are the same bytes.
    """
    found: dict[tuple[str, int], Feature] = {}
    for feature in features:
        properties: Feature = feature.get("properties") or {}
        geometry: Feature = feature.get("geometry") or {}
        label = _label(properties.get("tags") or {}, classes)
        fits = geometry.get("type") in KINDS[geometry_type]
        if label and fits:
            key = _identity(properties)
            found[key] = {
                "type": "Feature", "geometry": geometry, "properties": {**properties, "label": label},
            }  # fmt: skip
    return [found[key] for key in sorted(found)]


def _identity(properties: Feature) -> tuple[str, int]:
    """Of a label that is not from OpenStreetMap, its own id."""
    if properties.get("osm_id"):
        return str(properties.get("osm_type")), int(properties["osm_id"])
    return "", int(properties.get("id") or 0)


def _label(tags: dict[str, str], classes: Sequence[LabelClass]) -> int:
    """0, the background, when no class matches."""
    for number, (name, values) in enumerate(classes, 1):
        if name in tags and (ANY in values or tags[name] in map(str, values)):
            return number
    return 0

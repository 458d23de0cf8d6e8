"""Rules for build requests."""

from collections.abc import Sequence
from typing import Any

MAX_TITLE = 200
MAX_KEYWORD = 80
MAX_AOIS = 100
MIN_TRAINING_CHIPS = 2
MAX_OFFSET = 1_000.0
"""Maximum metres by which labels may be moved. Imagery with a larger offset shows another area."""
ANY = "*"
Problems = dict[str, list[str]]
LabelClass = tuple[str, Sequence[str]]
"""An OSM key and its values; `["*"]` is any value."""


def title_problems(title: str) -> Problems:
    if title.strip() and len(title) <= MAX_TITLE:
        return {}
    return {"title": [f"A title has between 1 and {MAX_TITLE} characters."]}


def offset_problems(offset: Sequence[float]) -> Problems:
    if max(map(abs, offset)) <= MAX_OFFSET:
        return {}
    return {"offset": [f"Labels are moved by at most {MAX_OFFSET:,.0f} m."]}


def build_problems(
    title: str, description: str, aoi_ids: Sequence[int], tasks: Sequence[str], classes: Sequence[LabelClass],
    keywords: Sequence[str],
) -> Problems:  # fmt: skip
    """Returns messages by field; empty for a valid request. Imagery and areas are checked elsewhere."""
    found = {
        "description": "" if description.strip() else "A description is required.",
        "aoi_ids": "" if 1 <= len(aoi_ids) <= MAX_AOIS else f"Between 1 and {MAX_AOIS} areas are required.",
        "label_tasks": "" if tasks else "At least one task is required.",
        "label_classes": _class_problem(classes),
        "keywords": _keyword_problem(keywords),
    }
    return title_problems(title) | {field: [problem] for field, problem in found.items() if problem}


def _class_problem(classes: Sequence[LabelClass]) -> str:
    if not classes or not all(name.strip() and values for name, values in classes):
        return "At least one class is required, each with the name of an OSM key and a list of values."
    return ""


def _keyword_problem(keywords: Sequence[str]) -> str:
    if not keywords or any(not word.strip() or len(word) > MAX_KEYWORD for word in keywords):
        return f"At least one keyword is required, each of 1 to {MAX_KEYWORD} characters."
    return ""


def training_notes(chips: int) -> list[str]:
    """Returns why a model cannot be trained with so few chips; empty when it can."""
    if chips >= MIN_TRAINING_CHIPS:
        return []
    return [
        f"It is too small for training, which needs at least {MIN_TRAINING_CHIPS} chips, one of them to check the "
        "result: draw a larger area, or choose a higher zoom."
    ]


def osm_filter(classes: Sequence[LabelClass], geometry_type: str) -> dict[str, Any]:
    """Returns a filter of the Raw Data API, where an empty list means any value."""
    keys: dict[str, list[str]] = {}
    for name, values in classes:
        whole = ANY in values or keys.get(name) == []
        keys[name] = [] if whole else [*keys.get(name, []), *map(str, values)]
    return {"tags": {geometry_type: {"join_or": keys}}}

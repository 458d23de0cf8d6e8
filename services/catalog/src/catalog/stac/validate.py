"""Validates items offline. Every function returns sentences; none means valid.

Loads the schema libraries: import it where an item is written, not in the serving process.
"""

from collections.abc import Iterable
from typing import Any

from jsonschema.exceptions import ValidationError, best_match

from catalog.stac import schemas
from catalog.stac.hyperparameters import spec_problems
from catalog.stac.vocabulary import KEYWORDS
from kit.errors import Unprocessable

Item = dict[str, Any]
MAX_SHOWN = 10
COLLECTION_LINK = {"rel": "collection", "href": "./collection"}


def refuse(problems: Iterable[str]) -> None:
    """Raises Unprocessable with all problems in one text; returns when there are none."""
    listed = list(problems)
    if listed:
        raise Unprocessable("STAC_VALIDATION_ERROR", "; ".join(listed[:MAX_SHOWN]))


def item_problems(item: Item) -> list[str]:
    """Checks the schemas of the core and of every declared extension, keywords and the spec of hyper-parameters."""
    found = [*_schema_problems(item)]
    properties = item.get("properties")
    if not isinstance(properties, dict):
        return found or ["the item has no properties"]
    return found if found else [*_keyword_problems(properties), *spec_problems(properties)]


def _schema_problems(item: Item) -> Iterable[str]:
    extensions = item.get("stac_extensions")
    for uri in (schemas.CORE, *(extensions if isinstance(extensions, list) else ())):
        check = schemas.validator(uri) if isinstance(uri, str) else None
        if check is None:
            if not str(uri).startswith(schemas.HOST):
                yield f"stac_extensions: no schema is held for {uri}"
            continue
        for error in check.iter_errors(_as_served(item)):
            yield _sentence(error)


def _as_served(item: Item) -> Item:
    """Adds the link to the collection, which the server adds."""
    links = item.get("links")
    return {**item, "links": [*links, COLLECTION_LINK]} if isinstance(links, list) else item


def _sentence(error: ValidationError) -> str:
    deepest = best_match([error]) or error
    place = deepest.json_path.removeprefix("$").lstrip(".")
    return f"{place or 'item'}: {deepest.message[:300]}"


def _keyword_problems(properties: Item) -> list[str]:
    unknown = sorted(set(properties.get("keywords", ())) - KEYWORDS)
    return [f"keywords: {', '.join(unknown)} not in the vocabulary"] if unknown else []

"""Whether an item may be written, told offline: every function returns sentences, none means valid.

Loads the schema machinery, so it is imported where an item is about to be written, not by the serving process.
"""

from collections.abc import Iterable
from typing import Any

from jsonschema.exceptions import ValidationError, best_match

from catalog.stac import schemas
from catalog.stac.hyperparameters import spec_problems
from catalog.stac.vocabulary import KEYWORDS, MLM
from kit.errors import Unprocessable

Item = dict[str, Any]
MOST_SHOWN = 10
COLLECTION_LINK = {"rel": "collection", "href": "./collection"}


def refuse(problems: Iterable[str]) -> None:
    """Returns when there are none; else Unprocessable with all of them in one text."""
    listed = list(problems)
    if listed:
        raise Unprocessable("STAC_VALIDATION_ERROR", "; ".join(listed[:MOST_SHOWN]))


def item_problems(item: Item) -> list[str]:
    """Schemas of the core and of every declared extension, keywords, hyper-parameter spec."""
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
        for error in check.iter_errors(_as_seen_by(uri, item)):
            yield _sentence(error)


def _as_seen_by(uri: str, item: Item) -> Item:
    """The core sees the link to the collection, which the server adds. A schema that stands in sees its own address;
    MLM's does not see what 1.5 brought (entrypoint at assets) nor the accelerator, whose closed list lacks plain CPUs.
    """
    held = schemas.STAND_IN.get(uri)
    if uri == schemas.CORE and isinstance(item.get("links"), list):
        return {**item, "links": [*item["links"], COLLECTION_LINK]}
    if held is None:
        return item
    view = {**item, "stac_extensions": [held if name == uri else name for name in item["stac_extensions"]]}
    if uri == MLM and isinstance(item.get("properties"), dict) and isinstance(item.get("assets"), dict):
        view["properties"] = {k: v for k, v in item["properties"].items() if k != "mlm:accelerator"}
        view["assets"] = {name: _without_entrypoint(asset) for name, asset in item["assets"].items()}
    return view


def _without_entrypoint(asset: Any) -> Any:
    return {k: v for k, v in asset.items() if k != "mlm:entrypoint"} if isinstance(asset, dict) else asset


def _sentence(error: ValidationError) -> str:
    deepest = best_match([error]) or error
    place = deepest.json_path.removeprefix("$").lstrip(".")
    return f"{place or 'item'}: {deepest.message[:300]}"


def _keyword_problems(properties: Item) -> list[str]:
    unknown = sorted(set(properties.get("keywords", ())) - KEYWORDS)
    return [f"keywords: {', '.join(unknown)} not in the vocabulary"] if unknown else []

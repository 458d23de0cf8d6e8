"""The inference endpoint of a model. Items without a server of their own name our public endpoint, which serves all
models."""

from typing import Any

Item = dict[str, Any]
ASSET = "mlm:inference-endpoint"
PREDICT_PATH = "/inference/predict/"
"""Path below the public address of the API."""


def asset(href: str) -> Item:
    return {"href": href, "type": "application/json", "roles": [ASSET]}


def is_managed(item: Item) -> bool:
    """Returns whether the item names our endpoint, also at an earlier address."""
    return item["assets"].get(ASSET, {}).get("href", "").endswith(PREDICT_PATH)


def set_endpoint(item: Item, base: str | None) -> Item:
    """Returns the item with our endpoint; unchanged without a public address or with another server."""
    if base is None or (ASSET in item["assets"] and not is_managed(item)):
        return item
    return {**item, "assets": {**item["assets"], ASSET: asset(base + PREDICT_PATH)}}


def clear_endpoint(item: Item) -> Item:
    return {**item, "assets": {name: asset for name, asset in item["assets"].items() if name != ASSET}}

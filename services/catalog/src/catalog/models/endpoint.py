"""Where a model answers at once. Items that name no server of their own name our public door, which serves them all."""

from typing import Any

Item = dict[str, Any]
ASSET = "mlm:inference-endpoint"
DOOR = "/inference/predict/"
"""Beneath the public address of the API."""


def asset(href: str) -> Item:
    return {"href": href, "type": "application/json", "roles": [ASSET]}


def is_ours(item: Item) -> bool:
    """Whether the item names our door, at whatever address that had when it was written."""
    return item["assets"].get(ASSET, {}).get("href", "").endswith(DOOR)


def served(item: Item, base: str | None) -> Item:
    """Without a public address items stay as they are."""
    if base is None or (ASSET in item["assets"] and not is_ours(item)):
        return item
    return {**item, "assets": {**item["assets"], ASSET: asset(base + DOOR)}}


def unserved(item: Item) -> Item:
    return {**item, "assets": {name: asset for name, asset in item["assets"].items() if name != ASSET}}

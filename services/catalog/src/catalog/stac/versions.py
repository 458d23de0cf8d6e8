"""Versions of items and the links between them.

Base models and datasets keep their id: the former version is copied to `<id>-v<n>`. Each version of a local model has
its own id: the former one is marked as deprecated. Every sequence of writes may be interrupted and repeated.
"""

from typing import Any

from catalog.stac.ports import StacItems

Item = dict[str, Any]
GEO = "application/geo+json"
CHAIN = frozenset({"latest-version", "predecessor-version", "successor-version"})


def version_of(item: Item) -> int:
    """Returns the version number; 0 for other texts."""
    text = str(item["properties"].get("version", ""))
    return int(text) if text.isdecimal() else 0


async def publish_version(api: StacItems, item: Item, former: Item | None) -> None:
    """Writes `item` as the active version after `former`: an earlier state of the same id, another id, or None. A
    repetition with the same version changes nothing."""
    async with api.lock(item["collection"], item["id"]):
        await _publish(api, item, former)


async def _publish(api: StacItems, item: Item, former: Item | None) -> None:
    if former is None:
        return await api.put(_active(api, item, None))
    if former["id"] != item["id"]:
        await api.put(_active(api, item, former["id"]))
        return await _deprecate(api, former, item)
    if version_of(former) == version_of(item):
        return await api.put(_active(api, item, _related(former, "predecessor-version")))
    await api.put(_active(api, item, await _archive(api, former)))


async def _archive(api: StacItems, former: Item) -> str:
    """Copies the active item to `<id>-v<n>`, linked between its predecessor and the active id. Returns the id of the
    copy."""
    archived_id = f"{former['id']}-v{version_of(former)}"
    copy = {**unmirrored(former), "id": archived_id, "properties": {**former["properties"], "deprecated": True}}
    await api.put(_linked(copy, "successor-version", api.href(former["collection"], former["id"])))
    earlier_id = _related(former, "predecessor-version")
    earlier = await api.get(former["collection"], earlier_id) if earlier_id else None
    if earlier:
        await api.put(_linked(earlier, "successor-version", api.href(former["collection"], archived_id)))
    return archived_id


def unmirrored(item: Item) -> Item:
    """Returns the item with the original addresses of its assets: the public address of an id belongs to its active
    version."""
    return {**item, "assets": {name: _at_origin(asset) for name, asset in item["assets"].items()}}


def _at_origin(asset: Item) -> Item:
    origin = asset.get("alternate", {}).get("s3")
    return {**{k: v for k, v in asset.items() if k != "alternate"}, "href": origin["href"]} if origin else asset


def archived_before(item: Item) -> str:
    """Returns the id of the archived version before this one, when it had the same id."""
    return f"{item['id']}-v{version_of(item) - 1}"


async def _deprecate(api: StacItems, former: Item, item: Item) -> None:
    """Marks the current state of the item as deprecated."""
    async with api.lock(former["collection"], former["id"]):
        now = await api.get(former["collection"], former["id"]) or former
        old = {**now, "properties": {**now["properties"], "deprecated": True}}
        await api.put(_linked(old, "successor-version", api.href(item["collection"], item["id"])))


def _active(api: StacItems, item: Item, predecessor_id: str | None) -> Item:
    own = api.href(item["collection"], item["id"])
    before = api.href(item["collection"], predecessor_id) if predecessor_id else None
    bare = {**item, "links": [link for link in item.get("links", ()) if link["rel"] not in CHAIN]}
    bare["properties"] = {**item["properties"], "deprecated": False}
    return _linked(_linked(bare, "latest-version", own), "predecessor-version", before)


def _linked(item: Item, rel: str, href: str | None) -> Item:
    """Returns the item with exactly this link of that relation; a deprecated item has no `latest-version`."""
    drop = {rel} | ({"latest-version"} if item["properties"].get("deprecated") else set())
    links = [link for link in item.get("links", ()) if link["rel"] not in drop]
    return {**item, "links": [*links, {"rel": rel, "href": href, "type": GEO}] if href else links}


def _related(item: Item, rel: str) -> str | None:
    """Returns the id of the item that a version link points at."""
    href = next((link["href"] for link in item.get("links", ()) if link["rel"] == rel), None)
    return href.rstrip("/").rpartition("/")[2] if href else None

"""Copies assets to public addresses that do not expire.

The job may be repeated at any point: copies are overwritten, and the item is changed last. The original files stay; the
item names them as alternates, since an archived version needs them (`catalog.stac.versions`).
"""

import asyncio
from datetime import UTC, datetime
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import urlsplit

from catalog.files import storage_keys
from catalog.files.context import MirrorContext
from catalog.stac.vocabulary import ALTERNATES, DATASETS
from contracts.catalog import files as c
from contracts.shared import Progress
from kit.jobs.context import JobContext

TRANSFER_TIMEOUT = 900.0
MAX_BYTES = 1 << 30
Item = dict[str, Any]


async def mirror(job: c.MirrorJob, context: JobContext, tools: MirrorContext) -> None:
    item = await tools.api.get(job.collection, job.item_id) if tools.base else None
    if item is None:
        return
    sources = _sources(item, tools)
    for done, (name, href) in enumerate(sources.items()):
        await _hint(job, context, name, done, len(sources))
        async with asyncio.timeout(TRANSFER_TIMEOUT):
            await _copied(item, name, href, tools)
    await _pointed(job, sources, tools)
    await _hint(job, context, "catalogue", len(sources), len(sources))


def _sources(item: Item, tools: MirrorContext) -> dict[str, str]:
    """Returns the assets that have no public address yet, by name."""
    names = [name for name in (*storage_keys.DOWNLOADABLE, *_unmirrored(item)) if name in item["assets"]]
    offered = {name: item["assets"][name]["href"] for name in names}
    return {name: href for name, href in offered.items() if not href.startswith(tools.folder(item, name))}


def _unmirrored(item: Item) -> tuple[str, ...]:
    """Archived versions keep the addresses of these assets."""
    return (
        storage_keys.UNMIRRORED if item["collection"] == DATASETS and not item["properties"].get("deprecated") else ()
    )


async def _copied(item: Item, name: str, href: str, tools: MirrorContext) -> None:
    """Copies one asset and deletes older files under its prefix, since the first file there is served."""
    if name in storage_keys.UNMIRRORED:
        return
    folder = storage_keys.download(item["collection"], item["id"], name)
    key = folder + (_file(href) or name)
    if href.startswith("s3://"):
        tools.storage.key_of(href)  # raises for files of other buckets
        await tools.storage.copy(href, key)
    else:
        fetched = await tools.outbound.get(href, cap=MAX_BYTES, total=TRANSFER_TIMEOUT)
        await tools.storage.put(key, fetched.content, fetched.content_type)
    await tools.storage.remove([other for other in await tools.storage.keys(folder) if other != key])


async def _pointed(job: c.MirrorJob, sources: dict[str, str], tools: MirrorContext) -> None:
    """Changes only assets that still name their source, since the item may have changed meanwhile. Deletes the
    copies when the item is gone."""
    async with tools.api.lock(job.collection, job.item_id):
        item = await tools.api.get(job.collection, job.item_id)
        if item is not None:
            return await _put(item, sources, tools)
    for name in sources:
        await tools.storage.remove(await tools.storage.keys(storage_keys.download(job.collection, job.item_id, name)))


async def _put(item: Item, sources: dict[str, str], tools: MirrorContext) -> None:
    assets = {name: asset for name, asset in item["assets"].items() if asset["href"] == sources.get(name)}
    if not assets:
        return
    pointed = {name: _moved(asset, _address(item, name, asset["href"], tools)) for name, asset in assets.items()}
    extensions = list(dict.fromkeys([*item.get("stac_extensions", ()), ALTERNATES]))
    await tools.api.put({**item, "assets": {**item["assets"], **pointed}, "stac_extensions": extensions})
    tools.item_cache.drop(item["collection"], item["id"])


def _address(item: Item, name: str, href: str, tools: MirrorContext) -> str:
    """The address of a folder, which returns a list, ends with a slash."""
    return tools.folder(item, name) if href.endswith("/") else tools.address(item, name, _file(href) or name)


def _file(href: str) -> str:
    return PurePosixPath(urlsplit(href).path).name


def _moved(asset: Item, address: str) -> Item:
    return {**asset, "href": address, "alternate": {**asset.get("alternate", {}), "s3": {"href": asset["href"]}}}


async def _hint(job: c.MirrorJob, context: JobContext, stage: str, done: int, total: int) -> None:
    progress = Progress(stage=stage, done=done, total=total, at=datetime.now(UTC))
    await context.publish_live(
        c.MirrorProgress(collection=job.collection, item_id=job.item_id, user_id=job.user_id, progress=progress)
    )

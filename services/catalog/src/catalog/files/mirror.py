"""Copies of what the catalogue offers for download, under one address that never expires.

May run again at any point: copies overwrite themselves, and the item is pointed at them last. Its own files stay where
they are; the item names them as alternates, because an archived version needs them back (`catalog.stac.versions`).
"""

import asyncio
from datetime import UTC, datetime
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import urlsplit

from catalog.files import places
from catalog.files.tools import MirrorTools
from catalog.stac.vocabulary import ALTERNATES
from contracts.catalog import files as c
from contracts.shared import Progress
from kit.jobs import JobContext

TRANSFER = 900.0
LARGEST = 1 << 30
Item = dict[str, Any]


async def mirror(job: c.MirrorJob, context: JobContext, tools: MirrorTools) -> None:
    item = await tools.api.get(job.collection, job.item_id) if tools.base else None
    if item is None:
        return
    sources = _sources(item, tools)
    for done, (name, href) in enumerate(sources.items()):
        await _hint(job, context, name, done, len(sources))
        async with asyncio.timeout(TRANSFER):
            await _copied(item, name, href, tools)
    await _pointed(job, sources, tools)
    await _hint(job, context, "catalogue", len(sources), len(sources))


def _sources(item: Item, tools: MirrorTools) -> dict[str, str]:
    """Assets that are not at their public address yet."""
    offered = {name: item["assets"][name]["href"] for name in places.DOWNLOADABLE if name in item["assets"]}
    return {name: href for name, href in offered.items() if href != tools.address(item, name)}


async def _copied(item: Item, name: str, href: str, tools: MirrorTools) -> None:
    """Leaves the new file alone under its prefix: the first one there is the one that is served."""
    folder = places.download(item["collection"], item["id"], name)
    key = folder + (PurePosixPath(urlsplit(href).path).name or name)
    if href.startswith("s3://"):
        tools.storage.key_of(href)  # nothing but our own files
        await tools.storage.copy(href, key)
    else:
        fetched = await tools.outbound.get(href, cap=LARGEST, total=TRANSFER)
        await tools.storage.put(key, fetched.content, fetched.content_type)
    await tools.storage.remove([other for other in await tools.storage.keys(folder) if other != key])


async def _pointed(job: c.MirrorJob, sources: dict[str, str], tools: MirrorTools) -> None:
    """The item may have changed while files were copied: only assets that still name their source are pointed anew.
    Copies of an item that is gone go, too."""
    async with tools.api.turn(job.collection, job.item_id):
        item = await tools.api.get(job.collection, job.item_id)
        if item is not None:
            return await _put(item, sources, tools)
    for name in sources:
        await tools.storage.remove(await tools.storage.keys(places.download(job.collection, job.item_id, name)))


async def _put(item: Item, sources: dict[str, str], tools: MirrorTools) -> None:
    assets = {name: asset for name, asset in item["assets"].items() if asset["href"] == sources.get(name)}
    if not assets:
        return
    pointed = {name: _moved(asset, tools.address(item, name)) for name, asset in assets.items()}
    extensions = list(dict.fromkeys([*item.get("stac_extensions", ()), ALTERNATES]))
    await tools.api.put({**item, "assets": {**item["assets"], **pointed}, "stac_extensions": extensions})
    tools.facets.drop(item["collection"], item["id"])


def _moved(asset: Item, address: str) -> Item:
    return {**asset, "href": address, "alternate": {**asset.get("alternate", {}), "s3": {"href": asset["href"]}}}


async def _hint(job: c.MirrorJob, context: JobContext, stage: str, done: int, total: int) -> None:
    progress = Progress(stage=stage, done=done, total=total, at=datetime.now(UTC))
    await context.hint(
        c.MirrorProgress(collection=job.collection, item_id=job.item_id, user_id=job.user_id, progress=progress)
    )

"""Addresses of files that everybody may fetch."""

import asyncio

from catalog.files import places
from contracts.catalog import files as c
from kit.errors import NotFound
from kit.storage import Storage

ABSENT = NotFound("file_not_found", "There is no such file.")


async def get_download(query: c.GetDownload, storage: Storage) -> c.Link:
    if query.collection not in places.COLLECTIONS or query.asset not in places.DOWNLOADABLE:
        raise ABSENT
    level = await storage.level(storage.prefix + places.download(query.collection, query.item_id, query.asset), most=1)
    if not level.files:
        raise ABSENT
    return await link(level.files[0]["Key"], storage)


async def get_artifact(query: c.GetArtifact, storage: Storage) -> c.Link:
    return await link(storage.prefix + _artifact(query, storage), storage)


async def head_artifact(query: c.HeadArtifact, storage: Storage) -> c.Stored:
    found = await storage.head(_artifact(query, storage))
    if found is None:
        raise ABSENT
    return c.Stored(
        size=found["ContentLength"], etag=found["ETag"], content_type=found["ContentType"],
        last_modified=found["LastModified"],
    )  # fmt: skip


async def link(full_key: str, storage: Storage) -> c.Link:
    url = await asyncio.to_thread(storage.presigned_at, full_key)
    return c.Link(url=url, expires_in=storage.settings.presigned_expiry)


def _artifact(query: c.GetArtifact | c.HeadArtifact, storage: Storage) -> str:
    """The key relative to our folder."""
    relative = query.key.removeprefix(storage.prefix)
    ours = query.bucket == storage.settings.bucket and query.key.startswith(storage.prefix)
    if not ours or not places.is_public_artifact(relative):
        raise ABSENT
    return relative

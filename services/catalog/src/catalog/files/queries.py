"""Presigned URLs of files, for callers who may see the row that a file belongs to."""

from catalog.files import storage_keys
from catalog.files.visibility import is_visible
from contracts.catalog import files as c
from kit.errors import NotFound
from kit.messaging.tx import ReadTx
from kit.storage.object_keys import is_possible
from kit.storage.port import LinkedStore

ABSENT = NotFound("file_not_found", "There is no such file.")


async def get_download(query: c.GetDownload, read: ReadTx, storage: LinkedStore) -> c.Link:
    possible = is_possible(f"{storage.prefix}{_prefix(query)}{query.name or ''}")
    if not (possible and _is_offered(query) and await is_visible(query.collection, query.item_id, read)):
        raise ABSENT
    await read.close()
    async with storage.anonymous_limit(read.actor):
        level = await storage.level(storage.prefix + _prefix(query), most=1)
    if not level.files:
        raise ABSENT
    if query.asset == storage_keys.CHIPS:
        return _link(storage.presigned_listing(_prefix(query)), storage)
    key = level.files[0]["Key"]
    if query.name not in (None, key.rpartition("/")[2]):
        raise ABSENT
    return link(key, storage, "HEAD" if query.head else "GET")


def _is_offered(query: c.GetDownload) -> bool:
    is_unmirrored = query.collection == "datasets" and query.asset in storage_keys.UNMIRRORED
    return query.collection in storage_keys.COLLECTIONS and (is_unmirrored or query.asset in storage_keys.DOWNLOADABLE)


def _prefix(query: c.GetDownload) -> str:
    """Returns the prefix of the keys of an asset; the first key is served."""
    if query.asset == storage_keys.LABELS:
        return f"{storage_keys.unmirrored_folder(query.item_id, query.asset)}labels."
    if query.asset == storage_keys.CHIPS:
        return storage_keys.unmirrored_folder(query.item_id, query.asset)
    return storage_keys.download(query.collection, query.item_id, query.asset)


async def get_artifact(query: c.GetArtifact, read: ReadTx, storage: LinkedStore) -> c.Link:
    return link(storage.prefix + await _artifact(query, read, storage), storage)


async def head_artifact(query: c.HeadArtifact, read: ReadTx, storage: LinkedStore) -> c.Stored:
    key = await _artifact(query, read, storage)
    await read.close()
    async with storage.anonymous_limit(read.actor):
        found = await storage.head(key)
    if found is None:
        raise ABSENT
    return c.Stored(
        size=found["ContentLength"], etag=found["ETag"], content_type=found["ContentType"],
        last_modified=found["LastModified"],
    )  # fmt: skip


def link(full_key: str, storage: LinkedStore, method: str = "GET") -> c.Link:
    return _link(storage.presigned_at(full_key, method), storage)


def _link(url: str, storage: LinkedStore) -> c.Link:
    return c.Link(url=url, expires_in=storage.presigned_expiry)


async def _artifact(query: c.GetArtifact | c.HeadArtifact, read: ReadTx, storage: LinkedStore) -> str:
    """Returns the key relative to our prefix. Raises NotFound for other keys."""
    relative = query.key.removeprefix(storage.prefix)
    ours = query.bucket == storage.bucket and query.key.startswith(storage.prefix)
    owner = storage_keys.artifact(relative) if ours and is_possible(query.key) else None
    if owner is None or not await is_visible(*owner, read):
        raise ABSENT
    return relative

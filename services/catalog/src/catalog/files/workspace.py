"""The object store as a tree of folders that the caller may see.

Administrators see the bucket as it is. For others the folders of rows are read from the database, so that pages contain
only visible folders; below them the list of the object store is returned.
"""

from typing import Any

import orjson
from sqlalchemy import Select, select

from catalog.datasets.tables import DatasetRow
from catalog.datasets.visibility import visible_to as datasets_visible_to
from catalog.files import storage_keys
from catalog.files.queries import ABSENT, link
from catalog.files.reading import FeatureReader
from catalog.models.tables import BaseModelRow, LocalModelRow
from catalog.models.visibility import visible_to
from catalog.shared.access import can_see_all
from catalog.shared.paging import LONGEST_ID
from contracts.catalog import files as c
from contracts.prediction import GetPrediction, ListPredictions
from contracts.shared import Page
from kit.errors import NotFound, Unavailable
from kit.messaging.bus import Bus
from kit.messaging.tx import ReadTx
from kit.storage.object_keys import is_possible
from kit.storage.port import LinkedStore

MODELS = {"base-models": BaseModelRow, "local-models": LocalModelRow}


async def list_workspace(query: c.ListWorkspace, read: ReadTx, storage: LinkedStore, bus: Bus) -> c.Workspace:
    _configured(storage)
    prefix = query.prefix if not query.prefix or query.prefix.endswith("/") else f"{query.prefix}/"
    if not (is_possible(prefix) and query.continuation.isprintable()):
        raise ABSENT
    if can_see_all(read.actor):
        return await _stored(prefix, query, read, storage)
    if names := storage_keys.children(prefix, [f"{storage.prefix}{shelf}/" for shelf in storage_keys.SHELVES]):
        return _level(prefix, names)
    folder = storage_keys.row_folder(prefix.removeprefix(storage.prefix)) if prefix.startswith(storage.prefix) else None
    if folder is None:
        raise ABSENT
    if folder.owner is None:
        names, following = await _owners(folder.kind, query, read, bus)
        return _level(prefix, names, following)
    await _check(folder, read, bus)
    await read.close()
    return await _stored(prefix, query, read, storage)


async def get_workspace_url(query: c.GetWorkspaceUrl, read: ReadTx, storage: LinkedStore, bus: Bus) -> c.Link:
    await _allowed(query.key, read, storage, bus)
    return link(query.key, storage)


async def read_features(query: c.ReadFeatures, read: ReadTx, reader: FeatureReader, bus: Bus) -> bytes:
    await _allowed(query.key, read, reader.storage, bus)
    await read.close()
    return await reader.read(query, read.actor)


async def _allowed(key: str, read: ReadTx, storage: LinkedStore, bus: Bus) -> None:
    """Raises NotFound for a key that the caller may not see."""
    _configured(storage)
    if not is_possible(key):
        raise ABSENT
    if can_see_all(read.actor):
        return
    folder = storage_keys.row_folder(key.removeprefix(storage.prefix)) if key.startswith(storage.prefix) else None
    if folder is None or folder.owner is None:
        raise ABSENT
    await _check(folder, read, bus)


def _configured(storage: LinkedStore) -> None:
    if not storage.bucket:
        raise Unavailable("storage_not_configured", "No bucket is configured.")


async def _stored(prefix: str, query: c.ListWorkspace, read: ReadTx, storage: LinkedStore) -> c.Workspace:
    async with storage.anonymous_limit(read.actor):
        level = await storage.level(prefix, query.continuation, query.limit)
    files = [
        c.StoredFile(key=entry["Key"], size=entry["Size"], last_modified=entry["LastModified"])
        for entry in level.files if entry["Key"] != prefix
    ]  # fmt: skip
    return c.Workspace(folders=[_folder(path) for path in level.folders], files=files, next=level.next)


def _folder(path: str) -> c.Folder:
    return c.Folder(name=path.rstrip("/").rpartition("/")[2], prefix=path)


def _level(prefix: str, names: list[str], following: str | None = None) -> c.Workspace:
    return c.Workspace(folders=[_folder(f"{prefix}{name}/") for name in names], files=[], next=following)


async def _owners(kind: str, query: c.ListWorkspace, read: ReadTx, bus: Bus) -> tuple[list[str], str | None]:
    """Returns the names of one page of folders, and the continuation."""
    if kind == storage_keys.PREDICTIONS:
        return await _predictions(query, read, bus)
    column, rows = _rows(kind, read)
    page = rows.where(column > query.continuation).order_by(column).limit(query.limit + 1)
    names = list((await read.session.scalars(page)).all())
    return names[: query.limit], names[query.limit - 1] if len(names) > query.limit else None


def _rows(kind: str, read: ReadTx) -> tuple[Any, Select[Any]]:
    """Returns the column with the folder names, and the rows that the caller may see."""
    if kind == "datasets":
        return DatasetRow.stac_id, select(DatasetRow.stac_id).where(datasets_visible_to(read.actor))
    row = MODELS[kind]
    return row.stac_item_id, select(row.stac_item_id).where(row.stac_item_id != "", visible_to(read.actor, row))


async def _predictions(query: c.ListWorkspace, read: ReadTx, bus: Bus) -> tuple[list[str], str | None]:
    offset = _number(query.continuation or "0")
    asked = ListPredictions(page=Page(limit=query.limit, offset=offset, ordering="id"))
    page = orjson.loads(await bus.ask(asked, read.actor))
    after = offset + query.limit
    return [str(row["id"]) for row in page["results"]], str(after) if after < page["count"] else None


async def _check(folder: storage_keys.RowFolder, read: ReadTx, bus: Bus) -> None:
    """Raises NotFound unless the caller may see the row of the folder."""
    if folder.kind == storage_keys.PREDICTIONS:
        return await _check_prediction(folder.owner or "", read, bus)
    column, rows = _rows(folder.kind, read)
    if await read.session.scalar(rows.where(column == folder.owner).limit(1)) is None:
        raise ABSENT


async def _check_prediction(number: str, read: ReadTx, bus: Bus) -> None:
    try:
        await bus.ask(GetPrediction(prediction_id=_number(number)), read.actor)
    except NotFound as error:
        raise ABSENT from error


def _number(text: str) -> int:
    """Raises NotFound for a text that is not an id."""
    if not text.isdecimal() or len(text) > LONGEST_ID:
        raise ABSENT
    return int(text)

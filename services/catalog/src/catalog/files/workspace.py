"""The store as a tree of folders, as far as the caller may look.

Administrators see the bucket as it is. For others the folders of rows come from the rows, so that a page is never
empty because the neighbours' folders fill it; below them it is the store's own listing again.
"""

import re
from typing import Any

import orjson
from sqlalchemy import ColumnElement, Select, false, or_, select

from catalog.access import sees_all
from catalog.datasets.tables import DatasetRow
from catalog.files import places
from catalog.files.queries import ABSENT, link
from catalog.files.reading import FeatureReader
from catalog.models.listing import visible
from catalog.models.tables import BaseModelRow, LocalModelRow
from contracts.catalog import files as c
from contracts.prediction import GetPrediction, ListPredictions
from contracts.shared import Page
from kit.errors import NotFound, Unavailable
from kit.messaging.bus import Bus
from kit.messaging.tx import ReadTx
from kit.storage import Storage

UNSPEAKABLE = re.compile("[\x00-\x1f\x7f\ufffe\uffff]")
"""What XML cannot hold: the store's listings are XML."""
MODELS = {"base-models": BaseModelRow, "local-models": LocalModelRow}


async def list_workspace(query: c.ListWorkspace, read: ReadTx, storage: Storage, bus: Bus) -> c.Workspace:
    _configured(storage)
    prefix = query.prefix if not query.prefix or query.prefix.endswith("/") else f"{query.prefix}/"
    if sees_all(read.actor):
        return await _stored(prefix, query, storage)
    if names := places.children(prefix, [f"{storage.prefix}{shelf}/" for shelf in places.SHELVES]):
        return _level(prefix, names)
    place = places.place(prefix.removeprefix(storage.prefix)) if prefix.startswith(storage.prefix) else None
    if place is None:
        raise ABSENT
    if place.owner is None:
        names, following = await _owners(place.kind, query, read, bus)
        return _level(prefix, names, following)
    await _check(place, read, bus)
    return await _stored(prefix, query, storage)


async def get_workspace_url(query: c.GetWorkspaceUrl, read: ReadTx, storage: Storage, bus: Bus) -> c.Link:
    await _allowed(query.key, read, storage, bus)
    return await link(query.key, storage)


async def read_features(query: c.ReadFeatures, read: ReadTx, reader: FeatureReader, bus: Bus) -> bytes:
    await _allowed(query.key, read, reader.storage, bus)
    return await reader.read(query)


async def _allowed(key: str, read: ReadTx, storage: Storage, bus: Bus) -> None:
    """NotFound for a key that the caller may not see."""
    _configured(storage)
    if sees_all(read.actor):
        return
    place = places.place(key.removeprefix(storage.prefix)) if key.startswith(storage.prefix) else None
    if place is None or place.owner is None:
        raise ABSENT
    await _check(place, read, bus)


def _configured(storage: Storage) -> None:
    if not storage.settings.bucket:
        raise Unavailable("storage_not_configured", "No bucket is configured.")


async def _stored(prefix: str, query: c.ListWorkspace, storage: Storage) -> c.Workspace:
    if UNSPEAKABLE.search(prefix + query.continuation):
        raise ABSENT
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
    """Names of one page of folders, and what continues after it."""
    if kind == places.PREDICTIONS:
        return await _predictions(query, read, bus)
    column, rows = _rows(kind, read)
    page = rows.where(column > query.continuation).order_by(column).limit(query.limit + 1)
    names = list((await read.session.scalars(page)).all())
    return names[: query.limit], names[query.limit - 1] if len(names) > query.limit else None


def _rows(kind: str, read: ReadTx) -> tuple[Any, Select[Any]]:
    """The column that names the folders, and the rows that the caller may see."""
    if kind == "datasets":
        return DatasetRow.stac_id, select(DatasetRow.stac_id).where(_visible_dataset(read))
    row = MODELS[kind]
    return row.stac_item_id, select(row.stac_item_id).where(row.stac_item_id != "", visible(row, read.actor))


def _visible_dataset(read: ReadTx) -> ColumnElement[bool]:
    own = DatasetRow.user_id == read.actor.id if not read.actor.is_anonymous else false()
    return or_(DatasetRow.visibility == "public", own)


async def _predictions(query: c.ListWorkspace, read: ReadTx, bus: Bus) -> tuple[list[str], str | None]:
    offset = int(query.continuation) if query.continuation.isdecimal() else 0
    asked = ListPredictions(page=Page(limit=query.limit, offset=offset, ordering="id"))
    page = orjson.loads(await bus.ask(asked, read.actor))
    after = offset + query.limit
    return [str(row["id"]) for row in page["results"]], str(after) if after < page["count"] else None


async def _check(place: places.Place, read: ReadTx, bus: Bus) -> None:
    """NotFound unless the caller may see the row whose folder this is."""
    if place.kind == places.PREDICTIONS:
        return await _check_prediction(place.owner or "", read, bus)
    column, rows = _rows(place.kind, read)
    if await read.session.scalar(rows.where(column == place.owner).limit(1)) is None:
        raise ABSENT


async def _check_prediction(number: str, read: ReadTx, bus: Bus) -> None:
    if not number.isdecimal() or len(number) > 18:
        raise ABSENT
    try:
        await bus.ask(GetPrediction(prediction_id=int(number)), read.actor)
    except NotFound as error:
        raise ABSENT from error

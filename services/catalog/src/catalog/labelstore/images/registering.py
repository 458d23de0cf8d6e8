"""Adds images; their number and their order are kept under one lock."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import func, insert, select

from catalog.labelstore.images.domain import Inspected
from catalog.labelstore.images.tables import ImageRow, TotalRow
from contracts.catalog.label_images import ImagesRegistered
from kit.messaging.tx import Tx

ROWS_PER_INSERT = 500
IDS_PER_EVENT = 1000


def file_columns(found: Inspected) -> dict[str, Any]:
    """Returns the columns that a file fills."""
    return {
        "filetype": found.filetype, "filesize": found.filesize, "width": found.width, "height": found.height,
        "orientation": found.orientation, "sha256": found.sha256, "dhash": found.dhash, "georef": found.georef,
        "date_taken": found.date_taken, "lat": found.lat, "lon": found.lon,
    }  # fmt: skip


async def known_paths(paths: Sequence[str], tx: Tx) -> set[str]:
    """Returns those of the paths that are images already."""
    known = select(ImageRow.blobstorage_path).where(ImageRow.blobstorage_path == func.any(list(paths)))
    return set((await tx.session.scalars(known)).all())


async def add_images(rows: Sequence[dict[str, Any]], imageset_id: int | None, tx: Tx) -> list[int]:
    """Inserts rows with the same columns in their order, and returns their ids. Holds the lock of the total until the
    commit, so that ids, ordinals and the order of commits agree."""
    if not rows:
        return []
    total = await tx.session.get_one(TotalRow, "images", with_for_update=True, populate_existing=True)
    numbered = [{**row, "ordinal": total.value + number} for number, row in enumerate(rows, 1)]
    ids: list[int] = []
    for start in range(0, len(numbered), ROWS_PER_INSERT):
        added = insert(ImageRow).returning(ImageRow.id, sort_by_parameter_order=True)
        ids += (await tx.session.scalars(added, numbered[start : start + ROWS_PER_INSERT])).all()
    total.value += len(rows)
    for start in range(0, len(ids), IDS_PER_EVENT):
        tx.emit(ImagesRegistered(imageset_id=imageset_id, image_ids=ids[start : start + IDS_PER_EVENT]))
    return ids

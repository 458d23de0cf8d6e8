"""Finds the images that a request names by id or by path."""

from collections.abc import Sequence

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from catalog.labelstore.images.tables import ImageRow
from contracts.catalog.label_shared import ImageRef
from kit.errors import Invalid, NotFound

ONE_OF_TWO = 'Each entry has exactly one of "id" and "filepath".'


async def ids_of(named: Sequence[ImageRef], session: AsyncSession) -> list[int]:
    """Returns the ids in the order of the request. Raises Invalid for an entry with both or neither, NotFound when any
    image is unknown."""
    if any((one.id is None) == (one.filepath is None) for one in named):
        raise Invalid("invalid_request", ONE_OF_TWO, images=[ONE_OF_TWO])
    ids = [one.id for one in named if one.id is not None]
    paths = [one.filepath for one in named if one.filepath is not None]
    known = set((await session.scalars(select(ImageRow.id).where(ImageRow.id == func.any(ids)))).all())
    by_path = select(ImageRow.blobstorage_path, ImageRow.id).where(ImageRow.blobstorage_path == func.any(paths))
    found = dict((await session.execute(by_path)).tuples().all())
    missing = [str(i) for i in ids if i not in known] + [path for path in paths if path not in found]
    if missing:
        raise NotFound("not_found", f"There is no image {missing[0]}.")
    return [one.id if one.id is not None else found[one.filepath or ""] for one in named]

from typing import Any

import sqlalchemy as sa
from sqlalchemy import BigInteger, Select, Text, cast, column, exists, func, literal, select, table, union_all
from sqlalchemy.dialects.postgresql import BIT, JSON
from sqlalchemy.ext.asyncio import AsyncSession

from catalog.labelstore.files import LabelFiles
from catalog.labelstore.images.tables import ImageRow, TotalRow
from catalog.labelstore.images.visibility import campaign_images, require_image
from catalog.labelstore.paging import CompiledPages, read_page, utc
from catalog.labelstore.schema import SCHEMA
from catalog.labelstore.users.visibility import principal_of, reader_of
from contracts.catalog import label_images as c
from contracts.catalog.label_shared import ListPage, SignedUrl
from contracts.shared import Json
from geo.postgis import overlaps
from kit.db.sql import CompiledQuery
from kit.errors import NotFound
from kit.messaging.tx import ReadTx

MAX_IDS = 50_000
image_sets = table("image_sets", column("id", BigInteger), column("title", Text), schema=SCHEMA)
"""What an image shows of its set; `catalog.labelstore.image_sets`, which stands above, writes it."""
_set = (
    select(func.json_build_object("imageset_id", image_sets.c.id, "title", image_sets.c.title))
    .where(image_sets.c.id == ImageRow.imageset_id)
    .correlate(ImageRow)
    .scalar_subquery()
)
_dimensions = func.json_build_object("width", ImageRow.width, "height", ImageRow.height)
IMAGE: Any = func.json_build_object(
    "image_id", ImageRow.id, "blobstorage_path", ImageRow.blobstorage_path, "imageset", _set,
    "date_taken", utc(ImageRow.date_taken), "type", ImageRow.type, "metadata", ImageRow.details,
    "location", func.json_build_object(
        "description", ImageRow.location_description, "lat", ImageRow.lat, "lon", ImageRow.lon
    ),
    "tss_id", ImageRow.tss_id, "georef", ImageRow.georef, "date_added", utc(ImageRow.date_added),
    "file", func.json_build_object(
        "filetype", ImageRow.filetype, "filesize", ImageRow.filesize, "dimensions", _dimensions,
        "orientation", ImageRow.orientation, "sha256", ImageRow.sha256,
    ),
    type_=JSON,
)  # fmt: skip
WRITTEN = select(IMAGE)
_TOTAL = CompiledQuery(select(TotalRow.value).where(TotalRow.name == "images"))
_between = ImageRow.ordinal > sa.bindparam("first"), ImageRow.ordinal <= sa.bindparam("last")
_ANY = CompiledPages(select(ImageRow).where(*_between), ImageRow.ordinal, WRITTEN)


async def present_images(ids: list[int], session: AsyncSession) -> list[Json]:
    """Returns the images in the order of `ids`."""
    rows = (await session.execute(select(ImageRow.id, IMAGE).where(ImageRow.id.in_(ids)))).tuples().all()
    found = dict(rows)
    return [found[image_id] for image_id in ids]


async def get_image(image_id: int, read: ReadTx) -> Json:
    await require_image(image_id, read.actor, read.session)
    return (await present_images([image_id], read.session))[0]


async def get_image_url(image_id: int, read: ReadTx, files: LabelFiles) -> SignedUrl:
    row = await require_image(image_id, read.actor, read.session)
    return files.read_url(files.key_of(row.blobstorage_path))


async def list_images(query: c.ListImages, read: ReadTx) -> bytes:
    conditions = _conditions(query)
    if not conditions:
        return await _any_image(query.page, read)
    (await principal_of(read.actor, read.session)).require_admin()
    return await read_page(select(ImageRow).where(*conditions), ImageRow.id, WRITTEN, query.page, read)


async def list_images_of_set(query: c.ListImagesOfSet, read: ReadTx) -> bytes:
    (await principal_of(read.actor, read.session)).require_admin()
    if not await read.session.scalar(select(exists().where(image_sets.c.id == query.imageset_id))):
        raise NotFound("not_found", f"There is no image set {query.imageset_id}.")
    rows = select(ImageRow).where(ImageRow.imageset_id == query.imageset_id)
    return await read_page(rows, ImageRow.id, WRITTEN, query.page, read)


async def _any_image(page: ListPage, read: ReadTx) -> bytes:
    """A page of all images is found by their ordinals, without walking over those before it."""
    skipped = (page.page - 1) * page.per_page
    async with read.db.raw() as connection:
        (await reader_of(read.actor, connection)).require_admin()
        total = await _TOTAL.value(connection) or 0
        return await _ANY.read(connection, page, total, skipped, first=skipped, last=skipped + page.per_page)


def _conditions(query: c.ListImages) -> list[Any]:
    equal = {
        ImageRow.imageset_id: query.imageset_id, ImageRow.type: query.type, ImageRow.filetype: query.filetype,
        ImageRow.tss_id: query.tss_id, ImageRow.labeled: query.labeled,
    }  # fmt: skip
    found = [name == value for name, value in equal.items() if value is not None]
    found += [ImageRow.imageset_id.is_(None)] if query.without_set else []
    if query.campaign_id is not None:
        mine = select(campaign_images.c.image_id).where(campaign_images.c.campaign_id == query.campaign_id)
        found.append(ImageRow.id.in_(mine))
    if query.path_prefix:
        found.append(ImageRow.blobstorage_path.startswith(query.path_prefix, autoescape=True))
    found += [ImageRow.date_taken >= query.taken_from] if query.taken_from else []
    found += [ImageRow.date_taken <= query.taken_to] if query.taken_to else []
    return found + ([overlaps(ImageRow.geopoint, query.bbox)] if query.bbox else [])


async def list_image_ids(query: c.ListImageIds, read: ReadTx) -> Json:
    (await principal_of(read.actor, read.session)).require_admin()
    rows: Select[Any] = select(ImageRow.id).where(ImageRow.id > query.after)
    if query.campaign_id is not None:
        rows = select(campaign_images.c.image_id).where(campaign_images.c.campaign_id == query.campaign_id)
        rows = rows.where(campaign_images.c.image_id > query.after)
    labeled = ImageRow.labeled if query.campaign_id is None else campaign_images.c.labeled
    rows = rows if query.labeled is None else rows.where(labeled == query.labeled)
    ids = list((await read.session.scalars(rows.order_by(rows.selected_columns[0]).limit(MAX_IDS))).all())
    return {"ids": ids, "next": ids[-1] if len(ids) == MAX_IDS else None}


async def list_similar_images(query: c.ListSimilarImages, read: ReadTx) -> list[Json]:
    (await principal_of(read.actor, read.session)).require_admin()
    row = await read.session.get(ImageRow, query.image_id)
    if row is None:
        raise NotFound("not_found", f"There is no image {query.image_id}.")
    rows = (await read.session.execute(_similar(row, query.max_distance))).all()
    found = [(one.id, one.kind, one.distance) for one in rows]
    images = await present_images([image_id for image_id, _, _ in found], read.session)
    return [
        {"image": image, "kind": kind, "distance": distance}
        for image, (_, kind, distance) in zip(images, found, strict=True)
    ]


def _similar(row: ImageRow, most: int) -> Select[Any]:
    exact = select(ImageRow.id, literal("exact").label("kind"), literal(0).label("distance"))
    exact = exact.where(ImageRow.sha256 == row.sha256, ImageRow.id != row.id)
    bits = func.bit_count(cast(ImageRow.dhash.op("#")(row.dhash), BIT(64)))
    near = select(ImageRow.id, literal("near"), bits).where(bits <= most, ImageRow.id != row.id)
    near = near.where(ImageRow.sha256.is_distinct_from(row.sha256))
    both = union_all(exact, near).subquery()
    return select(*both.c).order_by(both.c.distance, both.c.id).limit(1000)

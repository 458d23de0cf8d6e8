"""What a version holds, read as a stream: memory does not grow with the version."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

import orjson
import psycopg

from catalog.labelstore.schema import SCHEMA
from kit.jobs.context import JobContext

IMAGES_PER_FETCH = 250


class VersionObject(NamedTuple):
    """An object as its formats need it; the box in pixel edges."""

    object_id: int
    label: str
    label_original: str
    confidence: float | None
    xmin: int
    ymin: int
    xmax: int
    ymax: int
    shape: dict[str, Any] | None


def corners(one: VersionObject) -> list[float]:
    """Returns the corners of the box, x and y by turns."""
    return [one.xmin, one.ymin, one.xmax, one.ymin, one.xmax, one.ymax, one.xmin, one.ymax]


@dataclass(slots=True)
class VersionImage:
    """An image of a version with its objects, in the order of the campaign."""

    image_id: int
    campaign_id: int
    source_path: str
    file_name: str
    width: int
    height: int
    split: str | None
    date_taken: datetime | None
    lat: float | None
    lon: float | None
    sha256: str | None
    georef: dict[str, Any] | None
    objects: list[VersionObject]


_IMAGES = f"""
    select i.id, c.campaign_id, i.blobstorage_path, d.file_name, i.width, i.height, d.split, i.date_taken, i.lat,
        i.lon, i.sha256, i.georef, (
            select json_agg(json_build_array(o.id, o.label, o.label_original, o.confidence, o.x_min, o.y_min, o.x_max,
                o.y_max, o.geometry) order by o.id)::text
            from {SCHEMA}.objects o
            where o.campaign_image_id = d.campaign_image_id and o.submission_id = d.submission_id
                and (v.composed_of->'labels' is null or jsonb_typeof(v.composed_of->'labels') = 'null'
                    or v.composed_of->'labels' ? o.label)
        )
    from {SCHEMA}.dataset_images d
    join {SCHEMA}.datasets v on v.id = d.dataset_id
    join {SCHEMA}.campaign_images c on c.id = d.campaign_image_id
    join {SCHEMA}.images i on i.id = c.image_id
    where d.dataset_id = %s and d.excluded is null
    order by d.campaign_image_id
"""


async def images_of(dataset_id: int, context: JobContext) -> AsyncIterator[VersionImage]:
    """Yields the images of a version, `IMAGES_PER_FETCH` of them in memory at a time."""
    async with _reading(context) as connection, connection.cursor("version") as cursor:
        cursor.itersize = IMAGES_PER_FETCH
        await cursor.execute(_IMAGES.encode(), (dataset_id,))
        async for *columns, objects in cursor:
            found = [VersionObject(*one) for one in orjson.loads(objects)] if objects else []
            yield VersionImage(*columns, objects=found)


@asynccontextmanager
async def _reading(context: JobContext) -> AsyncIterator[psycopg.AsyncConnection]:
    """A transaction that may last as long as its files take to write."""
    async with context.db.raw() as connection, connection.transaction():
        await connection.execute("set local statement_timeout = '60s'")
        await connection.execute("set local idle_in_transaction_session_timeout = '600s'")
        yield connection

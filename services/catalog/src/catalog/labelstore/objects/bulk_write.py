"""Writes a submission: COPY for its rows, one statement for its images."""

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple, cast

import orjson
import psycopg
from psycopg.types.json import Jsonb
from sqlalchemy import func, text, update

from catalog.labelstore.campaigns.tables import CampaignImageRow
from catalog.labelstore.objects.domain import Checked
from catalog.labelstore.objects.tables import SubmissionRow
from catalog.labelstore.schema import SCHEMA
from kit.messaging.tx import Tx

_REVISIONS = {"campaign_image_id": "int8", "submission_id": "int8"}
_OBJECTS = {
    "campaign_image_id": "int8", "submission_id": "int8", "label": "text", "label_original": "text",
    "confidence": "float8", "x_min": "int4", "x_max": "int4", "y_min": "int4", "y_max": "int4", "geometry": "jsonb",
}  # fmt: skip
"""Column → type, as `COPY` writes them."""
_LABELED = text(
    f"update {SCHEMA}.images i set labeled = true from {SCHEMA}.campaign_images c"
    " where c.id = any(:ids) and i.id = c.image_id and not i.labeled"
)


class ObjectToStore(NamedTuple):
    campaign_image_id: int
    label: str
    label_original: str
    confidence: float | None
    checked: Checked


async def write(submission: SubmissionRow, images: Sequence[int], objects: Sequence[ObjectToStore], tx: Tx) -> None:
    """Keeps the objects as a revision of the campaign images `images`, beside what counts."""
    tx.session.add(submission)
    await tx.session.flush()
    await _copy("revisions", _REVISIONS, ((image, submission.id) for image in images), tx)
    await _copy("objects", _OBJECTS, (_row(one, submission.id) for one in objects), tx)


async def store(
    submission: SubmissionRow, images: Sequence[int], objects: Sequence[ObjectToStore], tx: Tx
) -> None:  # fmt: skip
    """Makes the objects the current ones of the campaign images `images`; those of earlier submissions stay as their
    history."""
    await write(submission, images, objects, tx)
    current = update(CampaignImageRow).where(CampaignImageRow.id == func.any(list(images)))
    await tx.session.execute(
        current.values(
            labeled=True, submission_id=submission.id, submitted_by=submission.actor_id, review="submitted",
            comment=None, leased_by=None, leased_until=None,
        ).execution_options(synchronize_session=False)
    )  # fmt: skip
    await tx.session.execute(_LABELED, {"ids": list(images)})


def _row(one: ObjectToStore, submission_id: int) -> tuple[Any, ...]:
    xmin, ymin, xmax, ymax = one.checked.box
    shape = one.checked.shape
    return (
        one.campaign_image_id, submission_id, one.label, one.label_original, one.confidence, xmin, xmax, ymin, ymax,
        Jsonb(shape, orjson.dumps) if shape else None,
    )  # fmt: skip


async def _copy(table: str, columns: dict[str, str], rows: Iterable[tuple[Any, ...]], tx: Tx) -> None:
    statement = f"copy {SCHEMA}.{table} ({', '.join(columns)}) from stdin (format binary)"
    connection = await (await tx.session.connection()).get_raw_connection()
    driver = cast("psycopg.AsyncConnection", connection.driver_connection)
    async with driver.cursor() as cursor, cursor.copy(statement.encode()) as copy:
        copy.set_types(list(columns.values()))
        for row in rows:
            await copy.write_row(row)

"""Writes a submission: COPY for its rows, one statement for its images."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, cast

import orjson
import psycopg
from sqlalchemy import func, text, update

from catalog.labelstore.campaigns.tables import CampaignImageRow
from catalog.labelstore.objects.domain import Checked
from catalog.labelstore.objects.tables import SubmissionRow
from catalog.labelstore.schema import SCHEMA
from kit.messaging.tx import Tx

_REVISIONS = f"copy {SCHEMA}.revisions (campaign_image_id, submission_id) from stdin"
_OBJECTS = (
    f"copy {SCHEMA}.objects (campaign_image_id, submission_id, label, label_original, confidence, x_min, x_max, y_min,"
    " y_max, geometry) from stdin"
)
_LABELED = text(
    f"update {SCHEMA}.images i set labeled = true from {SCHEMA}.campaign_images c"
    " where c.id = any(:ids) and i.id = c.image_id and not i.labeled"
)


@dataclass(frozen=True)
class ObjectToStore:
    campaign_image_id: int
    label: str
    label_original: str
    confidence: float | None
    checked: Checked


async def write(submission: SubmissionRow, images: Sequence[int], objects: Sequence[ObjectToStore], tx: Tx) -> None:
    """Keeps the objects as a revision of the campaign images `images`, beside what counts."""
    tx.session.add(submission)
    await tx.session.flush()
    await _copy(_REVISIONS, ((image, submission.id) for image in images), tx)
    await _copy(_OBJECTS, (_row(one, submission.id) for one in objects), tx)


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
        orjson.dumps(shape).decode() if shape else None,
    )  # fmt: skip


async def _copy(statement: str, rows: Iterable[tuple[Any, ...]], tx: Tx) -> None:
    connection = await (await tx.session.connection()).get_raw_connection()
    driver = cast("psycopg.AsyncConnection", connection.driver_connection)
    async with driver.cursor() as cursor, cursor.copy(statement.encode()) as copy:
        for row in rows:
            await copy.write_row(row)

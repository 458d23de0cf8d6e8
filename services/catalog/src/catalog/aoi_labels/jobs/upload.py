"""The job that adds the labels of an uploaded file. Only the worker imports this module.

One transaction adds the labels and deletes the waiting parts, so a repeated job finds nothing to do.
"""

import asyncio

from sqlalchemy import delete, func, select

from catalog.aoi_labels import bulk_write
from catalog.aoi_labels.domain import MAX_FEATURES, NOTHING
from catalog.aoi_labels.reading import Reading, numbered
from catalog.aoi_labels.tables import LabelUploadPart
from catalog.areas.tables import AoiRow
from catalog.shared.outcomes import describe_outcome, merge_outcomes
from contracts.catalog.labels import LabelProgress, LabelUploadJob
from contracts.shared import Outcome
from kit.jobs.context import JobContext
from kit.messaging.tx import Tx

_CONTENT = select(LabelUploadPart.features, LabelUploadPart.numbers, LabelUploadPart.left_out)
OUR_FAULT = "Something went wrong on our side. Upload the file again."
TOO_MANY = f"A file may have at most {MAX_FEATURES} features."


async def add_uploaded(job: LabelUploadJob, context: JobContext) -> None:
    await _hint(0, job, context)
    try:
        async with context.tx() as tx:
            await _add(job, tx)
    except Exception as error:
        if context.gives_up(error):
            await _given_up(job, context)
        raise
    await _hint(1, job, context)


async def _add(job: LabelUploadJob, tx: Tx) -> None:
    """Reads one part at a time, to limit memory."""
    aoi = await bulk_write.lock_aoi(job.aoi_id, tx)
    mine = (LabelUploadPart.upload == job.upload) & (LabelUploadPart.aoi_id == job.aoi_id)
    parts = (await tx.session.scalars(select(LabelUploadPart.part).where(mine).order_by(LabelUploadPart.part))).all()
    if aoi is None or not parts:
        return
    length = func.sum(func.jsonb_array_length(LabelUploadPart.features))
    if (await tx.session.scalar(select(length).where(mine)) or 0) > MAX_FEATURES:
        return await bulk_write.mark_failed(aoi, "upload", TOO_MANY, tx)
    reading, before = Reading(await bulk_write.reachable_area(aoi, tx)), 0
    for number in parts:
        part = (await tx.session.execute(_CONTENT.where(mine, LabelUploadPart.part == number))).one()
        reading.left_out += [(reason, name) for reason, name in part.left_out]
        await asyncio.to_thread(reading.read, numbered(part.features, part.numbers, before))
        before += len(part.features)
    await tx.session.execute(delete(LabelUploadPart).where(mine))
    await _store(reading, aoi, tx)


async def _store(reading: Reading, aoi: AoiRow, tx: Tx) -> None:
    """Finishes the AOI when no other file waits for it; the event covers all files together."""
    labels = await asyncio.to_thread(reading.labels)
    await bulk_write.add(aoi, labels, tx)
    outcome = Outcome.of(len(labels), reading.left_out, reading.altered)
    if aoi.label_outcome is not None:
        outcome = merge_outcomes(Outcome.model_validate(aoi.label_outcome), outcome)
    aoi.label_outcome = outcome.model_dump(mode="json")
    if await bulk_write.count_waiting_parts(aoi.id, tx):
        return
    if outcome.done:
        bulk_write.mark_done(aoi, "upload", outcome.done, outcome, tx)
    else:
        await bulk_write.mark_failed(aoi, "upload", describe_outcome(NOTHING, outcome), tx, outcome)


async def _given_up(job: LabelUploadJob, context: JobContext) -> None:
    async with context.tx() as tx:
        aoi = await bulk_write.lock_aoi(job.aoi_id, tx)
        if aoi is not None and aoi.label_status == 0:
            await bulk_write.mark_failed(aoi, "upload", OUR_FAULT, tx)


async def _hint(done: int, job: LabelUploadJob, context: JobContext) -> None:
    await context.publish_live(LabelProgress(aoi_id=job.aoi_id, user_id=job.user_id, stage="store", done=done, total=1))

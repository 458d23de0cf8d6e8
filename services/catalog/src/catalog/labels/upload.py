"""The job that adds the labels of an uploaded file. Only the worker imports this module.

Labels and the end of the waiting parts are one transaction, so that a repeated job finds nothing to do."""

import asyncio

from sqlalchemy import delete, select

from catalog.labels import store
from catalog.labels.domain import MAX_FEATURES, usable
from catalog.labels.tables import LabelUploadPart
from contracts.catalog.labels import LabelProgress, LabelUploadJob
from kit.jobs import JobContext
from kit.messaging.tx import Tx

OUR_FAULT = "Something went wrong on our side. Upload the file again."
TOO_MANY = f"A file may have at most {MAX_FEATURES} features."


async def add_uploaded(job: LabelUploadJob, context: JobContext) -> None:
    await _hint(0, job, context)
    try:
        async with context.tx() as tx:
            await _add(job, tx)
    except Exception:
        if context.last:
            await _given_up(job, context)
        raise
    await _hint(1, job, context)


async def _add(job: LabelUploadJob, tx: Tx) -> None:
    """Features that cannot be labels are left out without a word."""
    aoi = await store.locked(job.aoi_id, tx)
    mine = (LabelUploadPart.upload == job.upload) & (LabelUploadPart.aoi_id == job.aoi_id)
    parts = (await tx.session.scalars(select(LabelUploadPart).where(mine).order_by(LabelUploadPart.part))).all()
    if aoi is None or not parts:
        return
    features = [feature for part in parts for feature in part.features]
    if len(features) > MAX_FEATURES:
        return await store.failed(aoi, "upload", TOO_MANY, tx)
    labels = await asyncio.to_thread(usable, features)
    await store.add(aoi, labels, tx)
    await tx.session.execute(delete(LabelUploadPart).where(mine))
    if not await store.waiting(aoi.id, tx):
        store.done(aoi, "upload", len(labels), tx)


async def _given_up(job: LabelUploadJob, context: JobContext) -> None:
    async with context.tx() as tx:
        aoi = await store.locked(job.aoi_id, tx)
        if aoi is not None and aoi.label_status == 0:
            await store.failed(aoi, "upload", OUR_FAULT, tx)


async def _hint(done: int, job: LabelUploadJob, context: JobContext) -> None:
    await context.hint(LabelProgress(aoi_id=job.aoi_id, user_id=job.user_id, stage="store", done=done, total=1))

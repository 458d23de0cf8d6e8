"""The job that replaces an AOI's labels by what OpenStreetMap has there. Only the worker imports this module.

It may run twice, side by side even: the download changes nothing, and the first to lock the row under the number of the
request that is still wanted replaces everything at once."""

import asyncio
from datetime import UTC, datetime
from typing import Any

import shapely
from geoalchemy2.shape import to_shape

from catalog.areas.tables import AoiRow
from catalog.datasets.domain import osm_filter
from catalog.datasets.patience import patiently
from catalog.datasets.ports import TryLater
from catalog.labels import store
from catalog.labels.domain import MAX_FEATURES, Label, mended, usable
from catalog.labels.tools import LabelTools
from contracts.catalog.labels import LabelFetchJob, LabelProgress
from imagery import RawDataError
from kit.jobs import JobContext

OUR_FAULT = "Something went wrong on our side. Try again later."
TOO_MANY = f"OpenStreetMap has more than {MAX_FEATURES} such features here. Draw the area smaller."


async def fetch(job: LabelFetchJob, context: JobContext, tools: LabelTools) -> None:
    outline = await _claimed(job, context)
    if outline is None:
        return
    try:
        labels = await _downloaded(outline, job, context, tools)
    except (RawDataError, TryLater) as problem:
        if _transient(problem) and not context.last:
            raise
        return await _failed(job, context, str(problem))
    except Exception:
        if context.last:
            await _failed(job, context, OUR_FAULT)
        raise
    if len(labels) > MAX_FEATURES:
        return await _failed(job, context, TOO_MANY)
    await _replaced(labels, job, context)


def _transient(problem: Exception) -> bool:
    return not isinstance(problem, RawDataError) or problem.transient


async def _claimed(job: LabelFetchJob, context: JobContext) -> dict[str, Any] | None:
    """The outline of the area as GeoJSON; None when nobody wants this fetch any more."""
    async with context.tx() as tx:
        aoi = await tx.session.get(AoiRow, job.aoi_id, with_for_update=True)
        if aoi is None or not _wanted(aoi, job):
            return None
        aoi.label_since = datetime.now(UTC)
        return shapely.geometry.mapping(to_shape(aoi.geom))


def _wanted(aoi: AoiRow, job: LabelFetchJob) -> bool:
    return aoi.label_run == job.run and aoi.label_status == 0


async def _downloaded(
    outline: dict[str, Any], job: LabelFetchJob, context: JobContext, tools: LabelTools
) -> list[Label]:
    await _hint("fetch", 0, job, context)
    filters = osm_filter([(one.name, list(map(str, one.classes))) for one in job.label_classes], job.geometry_type)
    found = await patiently(lambda: tools.osm.features(outline, filters, job.geometry_type), tools.patience)
    await _hint("fetch", 1, job, context)
    return await asyncio.to_thread(lambda: usable(map(mended, found)))


async def _replaced(labels: list[Label], job: LabelFetchJob, context: JobContext) -> None:
    await _hint("store", 0, job, context)
    async with context.tx() as tx:
        aoi = await store.locked(job.aoi_id, tx)
        if aoi is None or not _wanted(aoi, job):
            return
        await store.replace(aoi, labels, tx)
        store.done(aoi, "osm", len(labels), tx)
    await _hint("store", 1, job, context)


async def _failed(job: LabelFetchJob, context: JobContext, reason: str) -> None:
    async with context.tx() as tx:
        aoi = await store.locked(job.aoi_id, tx)
        if aoi is not None and _wanted(aoi, job):
            await store.failed(aoi, "osm", reason, tx)


async def _hint(stage: Any, done: int, job: LabelFetchJob, context: JobContext) -> None:
    live = LabelProgress(aoi_id=job.aoi_id, user_id=job.user_id, stage=stage, done=done, total=1)
    await context.hint(live)

"""The job that replaces the labels of an AOI by data from OpenStreetMap. Only the worker imports this module.

The job may run twice, also concurrently: the download changes nothing, and the first job that locks the row under the
number of the newest request replaces all labels in one transaction.
"""

import asyncio
from datetime import UTC, datetime
from typing import Any

import shapely
from geoalchemy2.shape import to_shape

from catalog.aoi_labels import bulk_write
from catalog.aoi_labels.context import LabelContext
from catalog.aoi_labels.domain import MAX_FEATURES, Label
from catalog.aoi_labels.reading import Reading, by_object, numbered
from catalog.areas.tables import AoiRow
from catalog.datasets.build.errors import TransientFailure
from catalog.datasets.build.retry import retry_transient
from catalog.datasets.domain import osm_filter
from catalog.shared.outcomes import NOT_THERE
from contracts.catalog.labels import LabelFetchJob, LabelProgress
from contracts.shared import Outcome
from kit.jobs.context import JobContext
from kit.messaging.tx import Tx
from osm.overlap import has_tag
from osm.raw_data import RawDataError

OUR_FAULT = "Something went wrong on our side. Try again later."
TOO_MANY = f"OpenStreetMap has more than {MAX_FEATURES} such features here. Draw the area smaller."


async def fetch(job: LabelFetchJob, context: JobContext, tools: LabelContext) -> None:
    outline = await _claimed(job, context)
    if outline is None:
        return
    try:
        found = await _downloaded(outline, job, context, tools)
    except (RawDataError, TransientFailure) as problem:
        if _transient(problem) and not context.gives_up(problem):
            raise
        return await _failed(job, context, str(problem))
    except Exception as error:
        if context.gives_up(error):
            await _failed(job, context, OUR_FAULT)
        raise
    if len(found) > MAX_FEATURES:
        return await _failed(job, context, TOO_MANY)
    await _replaced(found, job, context)


def _transient(problem: Exception) -> bool:
    return not isinstance(problem, RawDataError) or problem.transient


async def _claimed(job: LabelFetchJob, context: JobContext) -> dict[str, Any] | None:
    """Returns the outline of the area as GeoJSON; None when a newer request has replaced this one."""
    async with context.tx() as tx:
        aoi = await tx.session.get(AoiRow, job.aoi_id, with_for_update=True)
        if aoi is None or not _wanted(aoi, job):
            return None
        aoi.label_since = datetime.now(UTC)
        return shapely.geometry.mapping(to_shape(aoi.geom))


def _wanted(aoi: AoiRow, job: LabelFetchJob) -> bool:
    return aoi.label_run == job.run and aoi.label_status == 0


async def _downloaded(
    outline: dict[str, Any], job: LabelFetchJob, context: JobContext, tools: LabelContext
) -> list[dict[str, Any]]:
    await _hint("fetch", 0, job, context)
    filters = osm_filter([(one.name, list(map(str, one.classes))) for one in job.label_classes], job.geometry_type)
    found = await retry_transient(lambda: tools.osm.features(outline, filters, job.geometry_type), tools.retry_seconds)
    await _hint("fetch", 1, job, context)
    return found


async def _replaced(found: list[dict[str, Any]], job: LabelFetchJob, context: JobContext) -> None:
    await _hint("store", 0, job, context)
    async with context.tx() as tx:
        aoi = await bulk_write.lock_aoi(job.aoi_id, tx)
        if aoi is None or not _wanted(aoi, job):
            return
        reading = Reading(await bulk_write.reachable_area(aoi, tx), by_object)
        labels = await asyncio.to_thread(_labels, found, reading, job)
        await bulk_write.replace(aoi, labels, tx)
        outcome = Outcome.of(len(labels), reading.left_out, reading.altered)
        bulk_write.mark_done(aoi, "osm", len(labels), outcome, tx)
    await _hint("store", 1, job, context)


def _labels(found: list[dict[str, Any]], reading: Reading, job: LabelFetchJob) -> list[Label]:
    """Leaves out features whose tags deny the class: `building=no` has the key, but is not a building."""
    reading.read(numbered(found, []))
    keys = [entry.name for entry in job.label_classes]
    reading.leave_out(lambda label: not has_tag(label.tags or {}, keys), NOT_THERE)
    return reading.labels()


async def _failed(job: LabelFetchJob, context: JobContext, reason: str) -> None:
    async def written(tx: Tx) -> None:
        aoi = await bulk_write.lock_aoi(job.aoi_id, tx)
        if aoi is not None and _wanted(aoi, job):
            await bulk_write.mark_failed(aoi, "osm", reason, tx)

    await context.write(written)


async def _hint(stage: Any, done: int, job: LabelFetchJob, context: JobContext) -> None:
    live = LabelProgress(aoi_id=job.aoi_id, user_id=job.user_id, stage=stage, done=done, total=1)
    await context.publish_live(live)

"""The job that builds a dataset. Only the worker imports this module, since it loads the libraries for GeoTIFF and STAC
items.

A permanent failure ends the job, and its reason is stored. After a transient failure the job comes back and keeps what
earlier deliveries have stored. On the last attempt every failure is permanent, except an outage of a server of the
deployment, which costs no attempt.
"""

import asyncio
from contextlib import suppress
from datetime import UTC, datetime

import shapely
from sqlalchemy import select

from catalog.datasets import storage_keys
from catalog.datasets.build import label_file, steps, vector_tiles
from catalog.datasets.build.context import BuildContext
from catalog.datasets.build.errors import BuildFailed, TransientFailure
from catalog.datasets.build.progress import ProgressReporter, claimed
from catalog.datasets.build.usecases import build_failed
from catalog.datasets.cleanup import delete_artifacts
from catalog.datasets.domain import training_notes
from catalog.datasets.tables import DatasetRow
from catalog.shared.job_claim import OUR_FAULT, JobClaim, claim
from catalog.shared.tables import KnownUser
from catalog.stac.vocabulary import DATASETS, dataset_keywords
from contracts.catalog.datasets import BuildDataset, BuildOutcome, DatasetBuildJob, DatasetBuilt
from contracts.catalog.files import MirrorJob
from contracts.imagery import metres_per_pixel
from contracts.shared import Visibility
from kit.errors import Unavailable
from kit.jobs.context import JobContext
from kit.jobs.heartbeats import Superseded, while_beating
from kit.jobs.waiting import noted
from kit.messaging.tx import Tx

INTERRUPTED = "The build was interrupted several times. Start it again."


async def build(job: DatasetBuildJob, context: JobContext, tools: BuildContext) -> None:
    held = await claim(job.dataset_id, claimed(job.build), context)
    if held is None:
        return
    try:
        await while_beating(_build(held, context, tools), held.beat)
    except Superseded:
        await _clear_if_deleted(held, context, tools)
    except BuildFailed as problem:
        await _failed(held, context, str(problem))
    except BaseException as error:
        if not context.gives_up(error):
            await asyncio.shield(held.release())
            raise
        await _failed(held, context, _failure_text(error))
        if not isinstance(error, TransientFailure):
            raise


def _failure_text(error: BaseException) -> str:
    if isinstance(error, TransientFailure | Unavailable):
        return f"{error} The build failed after several attempts. Try again later."
    return OUR_FAULT


async def note_wait(job: DatasetBuildJob, context: JobContext, reason: str) -> None:
    async with context.tx() as tx:
        row = await tx.session.get(DatasetRow, job.dataset_id, with_for_update=True)
        if row is not None and (row.build, row.status) == (job.build, "building"):
            row.waiting = noted(row.waiting, reason)


async def give_up(job: DatasetBuildJob, context: JobContext) -> None:
    """Handles a job whose workers all crashed. Does nothing when the build has ended."""
    held = await claim(job.dataset_id, claimed(job.build), context)
    if held is not None:
        await _failed(held, context, INTERRUPTED)


async def _build(held: JobClaim, context: JobContext, tools: BuildContext) -> None:
    request = BuildDataset.model_validate(held.row.request)
    areas = await steps.areas_of(held.row.id, context)
    work = steps.Build(held, request, areas, tools, ProgressReporter(context, held), context.is_last_attempt)
    chips, tile_outcome = await steps.make_chips(work)
    labels, features, label_outcome = await label_file.make_labels(work)
    layers = {"labels": labels, "aois": await label_file.make_areas(work)}
    notes = training_notes(len(chips)) + await vector_tiles.make_tiles(work, layers)
    download = await steps.make_archive(work, chips, layers)
    outcome = BuildOutcome(tiles=tile_outcome, labels=label_outcome, notes=notes)
    await steps.register(work, await _username(held, context), len(chips), labels, download, outcome)
    await _built(work, context, len(chips), features, outcome)


async def _username(held: JobClaim, context: JobContext) -> str:
    actor = context.envelope.actor
    if actor.id == held.row.user_id:
        return actor.username
    async with context.read() as read:
        return await read.session.scalar(select(KnownUser.username).where(KnownUser.id == held.row.user_id)) or ""


async def _built(
    work: steps.Build, context: JobContext, chips: int, features: int, outcome: BuildOutcome
) -> None:  # fmt: skip
    row, request, storage = work.claim.row, work.request, work.tools.storage
    counts = {"chip_count": chips, "feature_count": features}
    stored, (_, south, _, north) = outcome.model_dump(mode="json"), shapely.total_bounds(work.areas)
    end = {"status": "built", "error": "", "waiting": None, "last_modified": datetime.now(UTC), "outcome": stored}

    async def written(tx: Tx) -> None:
        await work.claim.write(tx, **end, **counts)
        visibility, category = await _current_edits(tx, row.id)
        tx.emit(
            DatasetBuilt(
                dataset_id=row.id, stac_id=row.stac_id, user_id=row.user_id, title=row.title,
                visibility=visibility, category=category, zoom=request.zoom,
                keywords=dataset_keywords(request.keywords, request.label_tasks, request.geometry_type),
                chips_uri=storage.uri(storage_keys.chips(row.stac_id)),
                labels_uri=storage.uri(storage_keys.labels(row.stac_id)),
                label_tasks=request.label_tasks, geometry_type=request.geometry_type, outcome=outcome, **counts,
                metres_per_pixel=metres_per_pixel(request.zoom, float(south), float(north)),
            )
        )  # fmt: skip
        tx.emit(MirrorJob(collection=DATASETS, item_id=row.stac_id, user_id=row.user_id))

    await context.write(written)


async def _current_edits(tx: Tx, dataset_id: int) -> tuple[Visibility, str]:
    """Reads visibility and category, which may have been edited during the build."""
    columns = select(DatasetRow.visibility, DatasetRow.category).where(DatasetRow.id == dataset_id)
    visibility, category = (await tx.session.execute(columns)).one()
    return visibility, category


async def _failed(held: JobClaim, context: JobContext, reason: str) -> None:
    async def written(tx: Tx) -> None:
        await held.write(tx, status="failed", error=reason, waiting=None, last_modified=datetime.now(UTC))
        tx.emit(build_failed(held.row, reason))

    with suppress(Superseded):
        await context.write(written)


async def _clear_if_deleted(held: JobClaim, context: JobContext, tools: BuildContext) -> None:
    """Deletes what this build has stored after the dataset was deleted."""
    async with context.read() as read:
        row = await read.session.get(DatasetRow, held.row.id)
    if row is None:
        await delete_artifacts(held.row.stac_id, tools.stac, tools.storage)

"""The job that builds a dataset. Only the worker imports this module: it draws in what makes GeoTIFF and STAC items.

A final no is recorded with its reason and ends the job. A stumbling neighbour is waited for, then the job comes back;
what the first delivery stored is found and kept. On the last delivery every failure is final.
"""

from datetime import UTC, datetime

from sqlalchemy import select

from catalog.datasets import ground, parts, places
from catalog.datasets.cleanup import removed
from catalog.datasets.fence import Claim, Pulse, claim
from catalog.datasets.ports import BuildFailed, Superseded, TryLater
from catalog.datasets.tables import DatasetRow
from catalog.datasets.tools import BuildTools
from catalog.stac.vocabulary import DATASETS
from catalog.tables import KnownUser
from contracts.catalog.datasets import BuildDataset, DatasetBuildFailed, DatasetBuildJob, DatasetBuilt
from contracts.catalog.files import MirrorJob
from contracts.shared import Visibility
from kit.jobs import JobContext
from kit.messaging.tx import Tx

INTERRUPTED = "The build was interrupted several times. Start it again."
OUR_FAULT = "Something went wrong on our side. Try the build again later."


async def build(job: DatasetBuildJob, context: JobContext, tools: BuildTools) -> None:
    held = await claim(job, context)
    if held is None:
        return
    try:
        await _build(held, context, tools)
    except Superseded:
        await _clear_if_deleted(held, context, tools)
    except BuildFailed as problem:
        await _failed(held, context, str(problem))
    except TryLater as problem:
        if not context.last:
            raise
        await _failed(held, context, f"{problem} We tried several times; try the build again later.")
    except Exception:
        if context.last:
            await _failed(held, context, OUR_FAULT)
        raise


async def abandoned(job: DatasetBuildJob, context: JobContext) -> None:
    """Every worker died over it; nothing to do where the build ended after all."""
    held = await claim(job, context)
    if held is not None:
        await _failed(held, context, INTERRUPTED)


async def _build(held: Claim, context: JobContext, tools: BuildTools) -> None:
    request = BuildDataset.model_validate(held.row.request)
    areas = await parts.areas_of(held.row.id, context)
    work = parts.Build(held, request, areas, tools, Pulse(context, held), context.last)
    chips = await parts.make_chips(work)
    labels, features = await ground.make_labels(work)
    download = await parts.make_archive(work, chips, {"labels": labels, "aois": await ground.make_areas(work)})
    await parts.register(work, await _username(held, context), len(chips), labels, download)
    await _built(work, context, len(chips), features)


async def _username(held: Claim, context: JobContext) -> str:
    actor = context.envelope.actor
    if actor.id == held.row.user_id:
        return actor.username
    async with context.read() as read:
        return await read.session.scalar(select(KnownUser.username).where(KnownUser.id == held.row.user_id)) or ""


async def _built(work: parts.Build, context: JobContext, chips: int, features: int) -> None:
    row, request, storage = work.claim.row, work.request, work.tools.storage
    counts = {"chip_count": chips, "feature_count": features}
    async with context.tx() as tx:
        await work.claim.write(tx, status="built", error="", last_modified=datetime.now(UTC), **counts)
        visibility, category = await _said_meanwhile(tx, row.id)
        tx.emit(
            DatasetBuilt(
                dataset_id=row.id, stac_id=row.stac_id, user_id=row.user_id, title=row.title,
                visibility=visibility, category=category, zoom=request.zoom, keywords=request.keywords,
                chips_uri=storage.uri(places.chips(row.stac_id)), labels_uri=storage.uri(places.labels(row.stac_id)),
                label_tasks=request.label_tasks, geometry_type=request.geometry_type, **counts,
            )
        )  # fmt: skip
        tx.emit(MirrorJob(collection=DATASETS, item_id=row.stac_id, user_id=row.user_id))


async def _said_meanwhile(tx: Tx, dataset_id: int) -> tuple[Visibility, str]:
    """Visibility and category may have been edited while the build ran."""
    columns = select(DatasetRow.visibility, DatasetRow.category).where(DatasetRow.id == dataset_id)
    visibility, category = (await tx.session.execute(columns)).one()
    return visibility, category


async def _failed(held: Claim, context: JobContext, reason: str) -> None:
    row = held.row
    try:
        async with context.tx() as tx:
            await held.write(tx, status="failed", error=reason, last_modified=datetime.now(UTC))
            tx.emit(
                DatasetBuildFailed(
                    dataset_id=row.id, stac_id=row.stac_id, user_id=row.user_id, title=row.title, reason=reason
                )
            )
    except Superseded:
        return


async def _clear_if_deleted(held: Claim, context: JobContext, tools: BuildTools) -> None:
    """What this build stored after the deletion had swept up."""
    async with context.read() as read:
        row = await read.session.get(DatasetRow, held.row.id)
    if row is None:
        await removed(held.row.stac_id, tools.stac, tools.storage)

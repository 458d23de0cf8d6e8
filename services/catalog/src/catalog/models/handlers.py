from catalog.models import queries, usecases
from catalog.models.installed_plugins import Plugins
from catalog.models.jobs.context import RegistrationContext
from catalog.stac.ports import ExpandedItems, StacItems
from contracts.catalog import models as c
from contracts.shared import Json, Rows, SnapshotPage
from kit.jobs.context import JobContext
from kit.messaging.bus import Bus
from kit.messaging.router import Router
from kit.messaging.tx import ReadTx, Tx
from kit.snapshot_pages import read_page
from kit.storage.port import ObjectStore

router = Router("catalog")


@router.on(c.RegisterBaseModel, http=202)
async def register_base_model(command: c.RegisterBaseModel, tx: Tx, plugins: Plugins) -> c.BaseModelRow:
    return await usecases.register_base_model(command, tx, plugins)


async def give_up_registration(job: c.BaseModelRegistrationJob, context: JobContext) -> None:
    from catalog.models.jobs.registration import give_up

    await give_up(job, context)


async def note_wait_of_registration(job: c.BaseModelRegistrationJob, context: JobContext, reason: str) -> None:
    from catalog.models.jobs.registration import note_wait

    await note_wait(job, context, reason)


@router.job(c.BaseModelRegistrationJob, on_give_up=give_up_registration, on_wait=note_wait_of_registration)
async def carry_out_registration(
    job: c.BaseModelRegistrationJob, context: JobContext, tools: RegistrationContext
) -> None:
    from catalog.models.jobs.registration import register

    await register(job, context, tools)


@router.effect(c.PublishLocalModel, http=201)
async def publish_local_model(
    command: c.PublishLocalModel,
    read: ReadTx,
    bus: Bus,
    api: StacItems,
    storage: ObjectStore,
    item_cache: ExpandedItems,
):
    from catalog.models.publishing import PublishContext, publish

    return await publish(command, read, PublishContext(bus, api, storage, item_cache))


@router.on(c.SetLocalModelVisibility)
async def set_local_model_visibility(command: c.SetLocalModelVisibility, tx: Tx) -> c.LocalModelRow:
    return await usecases.set_visibility(command, tx)


@router.on(c.ArchiveLocalModel)
async def archive_local_model(command: c.ArchiveLocalModel, tx: Tx) -> c.LocalModelRow:
    return await usecases.archive(command, tx)


@router.on(c.GetBaseModel)
async def get_base_model(query: c.GetBaseModel, read: ReadTx, item_cache: ExpandedItems) -> Json:
    return await queries.get_base_model(query, read, item_cache)


@router.on(c.ListBaseModels)
async def list_base_models(query: c.ListBaseModels, read: ReadTx, item_cache: ExpandedItems) -> Rows:
    return await queries.list_base_models(query, read, item_cache)


@router.on(c.GetLocalModel)
async def get_local_model(query: c.GetLocalModel, read: ReadTx, item_cache: ExpandedItems) -> Json:
    return await queries.get_local_model(query, read, item_cache)


@router.on(c.ListLocalModels)
async def list_local_models(query: c.ListLocalModels, read: ReadTx, item_cache: ExpandedItems) -> Rows:
    return await queries.list_local_models(query, read, item_cache)


@router.on(c.GetModelSummary)
async def get_model_summary(query: c.GetModelSummary, read: ReadTx) -> c.KnownModel:
    return await queries.get_model_summary(query, read)


@router.on(c.ListLocalModelSummaries)
async def list_local_model_summaries(query: c.ListLocalModelSummaries, read: ReadTx) -> SnapshotPage:
    return await read_page(queries.SUMMARIES, read, after=query.after, limit=query.limit)

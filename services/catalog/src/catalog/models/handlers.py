from catalog.files.tools import MirrorTools
from catalog.models import queries, usecases
from catalog.models.plugins import Plugins
from catalog.stac.api import StacApi
from catalog.stac.facets import Facets
from contracts.catalog import models as c
from contracts.shared import Json, Portion, Rows
from kit.jobs import JobContext
from kit.messaging.bus import Bus
from kit.messaging.router import Router
from kit.messaging.tx import ReadTx, Tx
from kit.outbound import Outbound
from kit.portions import portion
from kit.storage import Storage

router = Router("catalog")


@router.on(c.RegisterBaseModel, http=202)
async def register_base_model(command: c.RegisterBaseModel, tx: Tx, plugins: Plugins) -> c.BaseModelRow:
    return await usecases.register_base_model(command, tx, plugins)


async def give_up_registration(job: c.BaseModelRegistrationJob, context: JobContext) -> None:
    from catalog.models.registration import abandoned

    await abandoned(job, context)


@router.job(c.BaseModelRegistrationJob, abandoned=give_up_registration)
async def carry_out_registration(
    job: c.BaseModelRegistrationJob, context: JobContext, api: StacApi, storage: Storage, outbound: Outbound,
    mirror: MirrorTools,
) -> None:  # fmt: skip
    from catalog.models.registration import Tools, register

    await register(job, context, Tools(api, storage, outbound, mirror.base))


@router.effect(c.PublishLocalModel, http=201)
async def publish_local_model(
    command: c.PublishLocalModel, read: ReadTx, bus: Bus, api: StacApi, storage: Storage, facets: Facets
):
    from catalog.models.publishing import Tools, publish

    return await publish(command, read, Tools(bus, api, storage, facets))


@router.on(c.SetLocalModelVisibility)
async def set_local_model_visibility(command: c.SetLocalModelVisibility, tx: Tx) -> c.LocalModelRow:
    return await usecases.set_visibility(command, tx)


@router.on(c.ArchiveLocalModel)
async def archive_local_model(command: c.ArchiveLocalModel, tx: Tx) -> c.LocalModelRow:
    return await usecases.archive(command, tx)


@router.on(c.GetBaseModel)
async def get_base_model(query: c.GetBaseModel, read: ReadTx, facets: Facets) -> Json:
    return await queries.get_base_model(query, read, facets)


@router.on(c.ListBaseModels)
async def list_base_models(query: c.ListBaseModels, read: ReadTx, facets: Facets) -> Rows:
    return await queries.list_base_models(query, read, facets)


@router.on(c.GetLocalModel)
async def get_local_model(query: c.GetLocalModel, read: ReadTx, facets: Facets) -> Json:
    return await queries.get_local_model(query, read, facets)


@router.on(c.ListLocalModels)
async def list_local_models(query: c.ListLocalModels, read: ReadTx, facets: Facets) -> Rows:
    return await queries.list_local_models(query, read, facets)


@router.on(c.GetModelFacts)
async def get_model_facts(query: c.GetModelFacts, read: ReadTx) -> c.KnownModel:
    return await queries.get_model_facts(query, read)


@router.on(c.ListLocalModelFacts)
async def list_local_model_facts(query: c.ListLocalModelFacts, read: ReadTx) -> Portion:
    return await portion(queries.FACTS, read, after=query.after, limit=query.limit)

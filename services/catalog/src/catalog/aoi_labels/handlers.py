from catalog.aoi_labels import osm_export, queries, usecases
from catalog.aoi_labels.conflation import Conflation
from catalog.aoi_labels.context import LabelContext
from catalog.aoi_labels.osm_status import OsmStatusCache
from contracts.catalog import labels as c
from contracts.catalog.areas import AoiFeature
from contracts.catalog.osm import Conflate, DescribeAsOsm, GetOsmStatus, OsmStatus
from contracts.shared import Json
from contracts.verdict import Accepted
from kit.jobs.context import JobContext
from kit.messaging.router import Router
from kit.messaging.tx import ReadTx, Tx

router = Router("catalog")


@router.on(c.CreateLabel, http=201)
async def create_label(command: c.CreateLabel, tx: Tx) -> Accepted:
    return await usecases.create_label(command, tx)


@router.on(c.ChangeLabel)
async def change_label(command: c.ChangeLabel, tx: Tx) -> c.LabelFeature:
    return await usecases.change_label(command, tx)


@router.on(c.DeleteLabel, http=204)
async def delete_label(command: c.DeleteLabel, tx: Tx) -> None:
    await usecases.delete_label(command, tx)


@router.on(c.FetchLabels, http=202)
async def fetch_labels(command: c.FetchLabels, tx: Tx) -> AoiFeature:
    return await usecases.fetch_labels(command, tx)


@router.on(c.UploadLabels, http=202)
async def upload_labels(command: c.UploadLabels, tx: Tx) -> AoiFeature:
    return await usecases.upload_labels(command, tx)


@router.on(c.GetLabel)
async def get_label(query: c.GetLabel, read: ReadTx) -> bytes:
    return await queries.get_label(query.label_id, read)


@router.on(c.ListLabels)
async def list_labels(query: c.ListLabels, read: ReadTx) -> bytes:
    return await queries.list_labels(query, read)


@router.on(DescribeAsOsm)
async def describe_as_osm(query: DescribeAsOsm, read: ReadTx) -> str:
    return await osm_export.export_osm_xml(query.features)


@router.on(Conflate)
async def conflate(query: Conflate, read: ReadTx, conflation: Conflation) -> list[Json]:
    return await conflation.new(query.features)


@router.on(GetOsmStatus)
async def get_osm_status(query: GetOsmStatus, read: ReadTx, freshness: OsmStatusCache) -> OsmStatus:
    return await freshness.status()


@router.job(c.LabelFetchJob)
async def run_fetch(job: c.LabelFetchJob, context: JobContext, tools: LabelContext) -> None:
    from catalog.aoi_labels.jobs.fetch import fetch

    await fetch(job, context, tools)


@router.job(c.LabelUploadJob)
async def run_upload(job: c.LabelUploadJob, context: JobContext) -> None:
    from catalog.aoi_labels.jobs.upload import add_uploaded

    await add_uploaded(job, context)

from catalog.files import queries, workspace
from catalog.files.context import MirrorContext
from catalog.files.reading import FeatureReader
from contracts.catalog import files as c
from kit.jobs.context import JobContext
from kit.messaging.bus import Bus
from kit.messaging.router import Router
from kit.messaging.tx import ReadTx
from kit.storage.port import LinkedStore

router = Router("catalog")


@router.on(c.GetDownload)
async def get_download(query: c.GetDownload, read: ReadTx, storage: LinkedStore) -> c.Link:
    return await queries.get_download(query, read, storage)


@router.on(c.GetArtifact)
async def get_artifact(query: c.GetArtifact, read: ReadTx, storage: LinkedStore) -> c.Link:
    return await queries.get_artifact(query, read, storage)


@router.on(c.HeadArtifact)
async def head_artifact(query: c.HeadArtifact, read: ReadTx, storage: LinkedStore) -> c.Stored:
    return await queries.head_artifact(query, read, storage)


@router.on(c.ListWorkspace)
async def list_workspace(query: c.ListWorkspace, read: ReadTx, storage: LinkedStore, bus: Bus) -> c.Workspace:
    return await workspace.list_workspace(query, read, storage, bus)


@router.on(c.GetWorkspaceUrl)
async def get_workspace_url(query: c.GetWorkspaceUrl, read: ReadTx, storage: LinkedStore, bus: Bus) -> c.Link:
    return await workspace.get_workspace_url(query, read, storage, bus)


@router.in_worker(c.ReadFeatures)
async def read_features(query: c.ReadFeatures, read: ReadTx, reader: FeatureReader, bus: Bus) -> bytes:
    return await workspace.read_features(query, read, reader, bus)


@router.job(c.MirrorJob)
async def mirror_stac_assets(job: c.MirrorJob, context: JobContext, tools: MirrorContext) -> None:
    from catalog.files.jobs.mirror import mirror

    await mirror(job, context, tools)

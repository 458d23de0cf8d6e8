"""What a worker needs besides its database and the bus."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from multiprocessing import set_forkserver_preload
from multiprocessing.forkserver import ensure_running
from pathlib import Path
from typing import TypeVar

from kit.http.outbound import Outbound
from kit.outages import is_outage
from kit.retry import OnFailure, retry_transient
from kit.storage.object_storage import Storage
from osm.raw_data import RawData
from pipelines.launcher import Launcher
from pipelines.scheduling import Cluster
from prediction.runs.jobs.errors import RetryLater
from runs.pipeline_server import PipelineServer

T = TypeVar("T")
PRELOADED = [
    "imagery.geotiff",
    "PIL.Image",
    "rasterio.io",
    "rasterio.transform",
    "prediction.results.write_files",
    "pyogrio.raw",
]
"""Libraries that short-lived children find loaded, which saves each of them one to two seconds."""
Progress = Callable[[str, int, int], Awaitable[None]]
"""Stage, done, total."""


@dataclass
class WorkerContext:
    """`start` and `stop` follow the worker's life: between two jobs a child with ZenML loaded is kept waiting."""

    storage: Storage
    outbound: Outbound
    server: PipelineServer
    environment: Mapping[str, str]
    """of the runs, beside the worker's own"""
    work_dir: Path
    deadline: float
    zooms: tuple[int, int]
    """of the PMTiles: least, most"""
    osm: RawData
    cluster: Cluster
    retry_within: float
    """seconds to retry in place while a server does not answer"""

    async def retry_transient(self, call: Callable[[], Awaitable[T]], on_failure: OnFailure | None = None) -> T:
        """Returns the result of the call. While it retries, progress is reported and the prediction can be stopped."""
        return await retry_transient(call, self.retry_within, _is_transient, on_failure)

    async def check(self, run: str) -> None:
        """Unavailable or PipelinesDown while a server that runs need does not answer."""
        await self.storage.check()
        await self.server.pipelines.find_run(run)

    async def start(self) -> None:
        set_forkserver_preload(PRELOADED)
        ensure_running()
        self.launcher = Launcher(self.environment, self.work_dir, self.server.pipelines)
        await self.launcher.__aenter__()

    async def stop(self) -> None:
        await self.launcher.__aexit__(None, None, None)


def _is_transient(error: BaseException) -> bool:
    return isinstance(error, RetryLater) or is_outage(error)

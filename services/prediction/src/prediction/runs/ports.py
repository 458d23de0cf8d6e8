"""What a worker needs besides its database and the bus."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from multiprocessing import set_forkserver_preload
from multiprocessing.forkserver import ensure_running
from pathlib import Path
from typing import TypeVar

from imagery import RawData
from kit.errors import Unavailable
from kit.outbound import Outbound
from kit.patience import patiently
from kit.storage import Storage
from pipelines.launcher import Launcher
from pipelines.port import PipelinesDown
from pipelines.scheduling import Cluster
from prediction.pipeline_server import PipelineServer

T = TypeVar("T")
PRELOADED = [
    "imagery.geotiff",
    "PIL.Image",
    "rasterio.io",
    "rasterio.transform",
    "prediction.results.make",
    "pyogrio.raw",
]
"""Libraries that short-lived children find loaded, which saves each of them one to two seconds."""
Progress = Callable[[str, int, int], Awaitable[None]]
"""Stage, done, total."""


class Failed(Exception):
    """The prediction cannot succeed; the text says why, to the person who asked for it."""


class Later(Exception):
    """Another service cannot be had just now; the text says which, to the person who asked for the prediction."""


PASSING = (Unavailable, PipelinesDown, Later)


@dataclass
class Tools:
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
    patience: float = 600.0
    """Seconds to wait in place for a neighbour that stumbles"""

    async def patiently(self, call: Callable[[], Awaitable[T]]) -> T:
        """The call's result. While it waits, progress is still told and the prediction can be stopped."""
        return await patiently(call, self.patience, lambda error: isinstance(error, PASSING))

    async def start(self) -> None:
        set_forkserver_preload(PRELOADED)
        ensure_running()
        self.launcher = Launcher(self.environment, self.work_dir, self.server.pipelines)
        await self.launcher.__aenter__()

    async def stop(self) -> None:
        await self.launcher.__aexit__(None, None, None)

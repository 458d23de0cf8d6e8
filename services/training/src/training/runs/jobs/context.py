"""What a worker keeps at hand: a child process that has ZenML imported already, and the pipeline server."""

from contextlib import AbstractAsyncContextManager, AsyncExitStack

from kit.storage.object_storage import Storage
from pipelines.launcher import Launcher
from pipelines.port import Pipelines, RunSpec
from pipelines.run_process import RunProcess
from pipelines.settings import run_environment
from runs.pipeline_server import PipelineServer
from training.settings import Settings


class WorkerContext:
    """Lives as long as the worker."""

    def __init__(self, settings: Settings, server: PipelineServer, storage: Storage) -> None:
        self.settings, self.server, self.storage = settings, server, storage
        self._stack = AsyncExitStack()

    @property
    def pipelines(self) -> Pipelines:
        return self.server.pipelines

    async def start(self) -> None:
        launcher = Launcher(run_environment(self.settings), self.settings.work_path, self.pipelines)
        self._launcher = await self._stack.enter_async_context(launcher)

    async def stop(self) -> None:
        await self._stack.aclose()

    def run(self, spec: RunSpec) -> AbstractAsyncContextManager[RunProcess]:
        """One at a time."""
        return self._launcher.start(spec)

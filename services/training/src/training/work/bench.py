"""What a worker keeps at hand: a child process that has ZenML imported already, and the pipeline server."""

from contextlib import AbstractAsyncContextManager, AsyncExitStack

from kit.storage import Storage
from pipelines.driver import RunChild
from pipelines.launcher import Launcher
from pipelines.port import Pipelines, RunSpec
from training.server import PipelineServer
from training.settings import Settings


class Bench:
    """Lives as long as the worker."""

    def __init__(self, settings: Settings, server: PipelineServer, storage: Storage) -> None:
        self.settings, self.server, self.storage = settings, server, storage
        self._stack = AsyncExitStack()

    @property
    def pipelines(self) -> Pipelines:
        return self.server.pipelines

    async def start(self) -> None:
        launcher = Launcher(_environment(self.settings), self.settings.work_path, self.pipelines)
        self._launcher = await self._stack.enter_async_context(launcher)

    async def stop(self) -> None:
        await self._stack.aclose()

    def run(self, spec: RunSpec) -> AbstractAsyncContextManager[RunChild]:
        """One at a time."""
        return self._launcher.start(spec)


def _environment(settings: Settings) -> dict[str, str]:
    """For the child, as it may have been read from a file and not from our own environment."""
    values = {
        "FAIR_ZENML_STORE_URL": settings.zenml_url,
        "FAIR_ZENML_STORE_API_KEY": settings.zenml_api_key.get_secret_value(),
        "FAIR_ZENML_STACK": settings.zenml_stack,
        "FAIRWAY_MODELS_PATH": str(settings.models_path.resolve()),
        "AWS_REGION": settings.region,
        "AWS_ACCESS_KEY_ID": settings.access_key,
        "AWS_SECRET_ACCESS_KEY": settings.secret_key.get_secret_value() if settings.secret_key else None,
        "AWS_ENDPOINT_URL": settings.endpoint,
    }
    return {name: value for name, value in values.items() if value}

"""The pipeline server, as a part of a service's life."""

from collections.abc import Awaitable, Callable
from contextlib import suppress
from functools import cached_property
from typing import TypeVar

from kit.errors import Unavailable
from kit.process.bulkhead import Bulkhead
from pipelines.port import AlreadyFinished, Pipelines, PipelinesDown, PipelinesError, RunState, RunStatus
from pipelines.settings import RunsAndStore, log_store, revealed
from pipelines.zenml import ZenMLPipelines

T = TypeVar("T")
CALLS, QUEUE = 4, 4


def connect(settings: RunsAndStore, retry_seconds: float) -> ZenMLPipelines:
    """Returns a client that retries for `retry_seconds` while the server does not answer."""
    url, key = settings.zenml_url or "", revealed(settings.zenml_key)
    return ZenMLPipelines(url, key, retry_seconds, log_store=log_store(settings))


class PipelineServer:
    """`connect` makes the client, when it is needed for the first time."""

    def __init__(self, connect: Callable[[], ZenMLPipelines]) -> None:
        self._connect = connect
        self._client: ZenMLPipelines | None = None
        self._bulkhead = Bulkhead("The pipeline server", CALLS, QUEUE)

    @cached_property
    def pipelines(self) -> Pipelines:
        self._client = self._connect()
        return self._client

    async def stop(self) -> None:
        if self._client:
            await self._client.aclose()

    async def ask(self, question: Callable[[Pipelines], Awaitable[T]]) -> T:
        """For somebody who waits. Raises PipelinesDown while the server does not answer, Unavailable when too many wait
        already."""
        async with self._bulkhead.slot():
            return await question(self.pipelines)

    async def call(self, question: Callable[[Pipelines], Awaitable[T]]) -> T:
        """As `ask`; raises Unavailable also while the server does not answer."""
        try:
            return await self.ask(question)
        except PipelinesDown as error:
            raise Unavailable("pipelines_unavailable", "The pipeline server does not answer, try again.") from error

    async def mark_failed(self, run_id: str, reason: str) -> None:
        """Closes the record of a run whose process is dead; a server that is down may keep its open record."""
        try:
            await self.pipelines.mark_ended(run_id, RunStatus.FAILED, reason)
        except (PipelinesError, Unavailable):
            return


async def close_pipeline_run(run: RunState | None, status: RunStatus, reason: str, pipelines: Pipelines) -> None:
    """Ends the record of a run whose process is gone; steps that an orchestrator runs elsewhere are stopped there."""
    if run is None or run.status.is_terminal:
        return
    if run.host is None:
        with suppress(AlreadyFinished):
            await pipelines.stop(run.id)
    else:
        await pipelines.mark_ended(run.id, status, reason)

"""The pipeline server as the service asks it: runs as they stand there, their logs."""

from datetime import datetime

from kit.errors import NotFound, Unavailable
from pipelines.port import (
    LogEntry,
    LogsUnavailable,
    Pipelines,
    PipelinesDown,
    PipelinesError,
    RunNotFound,
    RunStatus,
    StepNotFound,
)
from pipelines.zenml import ZenMLPipelines

PATIENCE = 4.0


class PipelineServer:
    """Asked for the first time, it needs FAIR_ZENML_STORE_URL and FAIR_ZENML_STORE_API_KEY."""

    def __init__(self, url: str | None, key: str | None, patience: float = PATIENCE) -> None:
        self._url, self._key, self._patience = url, key, patience
        self._pipelines: ZenMLPipelines | None = None

    @property
    def pipelines(self) -> Pipelines:
        if self._pipelines is None:
            if not (self._url and self._key):
                raise Unavailable("pipelines_not_configured", "FAIR_ZENML_STORE_URL is not set.")
            self._pipelines = ZenMLPipelines(self._url, self._key, self._patience)
        return self._pipelines

    async def stop(self) -> None:
        if self._pipelines:
            await self._pipelines.aclose()

    async def status(self, run_id: str) -> RunStatus | None:
        """None when the server cannot say."""
        try:
            return (await self.pipelines.state(run_id)).status
        except (PipelinesDown, RunNotFound, Unavailable):
            return None

    async def logs(self, run_id: str, step: str | None, tail: int, since: datetime | None) -> list[LogEntry]:
        try:
            return await self.pipelines.logs(run_id, step, tail, since)
        except (StepNotFound, RunNotFound) as problem:
            raise NotFound("logs_not_found", str(problem)) from problem
        except (LogsUnavailable, PipelinesDown) as problem:
            raise Unavailable("logs_unavailable", str(problem)) from problem

    async def bury(self, run_id: str, reason: str) -> None:
        """Closes the record of a run whose process is dead; a server that is down may keep its open record."""
        try:
            await self.pipelines.mark_ended(run_id, RunStatus.FAILED, reason)
        except (PipelinesError, Unavailable):
            return

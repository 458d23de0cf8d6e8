"""The port `Pipelines` on ZenML's REST API."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from types import TracebackType
from typing import Any, Self
from uuid import UUID

from pipelines import zenml_responses
from pipelines.log_files import LogStore, LogStoreForbidden, LogStoreUnavailable, joined, last_entries
from pipelines.port import (
    AlreadyFinished,
    Artifact,
    ArtifactNotFound,
    LogEntry,
    LogsUnavailable,
    PipelinesDown,
    RunInfo,
    RunNotFound,
    RunState,
    RunStatus,
    StepNotFound,
)
from pipelines.zenml_http import Refused, ZenMLHttp
from pipelines.zenml_responses import Json

MAX_STEPS = 1000
LOG_READERS = 4
"""Threads for files of logs: a store that does not answer must not block other work."""
LONG_AGO = datetime.min.replace(tzinfo=UTC)


class ZenMLPipelines:
    """Retries for `retry_seconds` before PipelinesDown. Signing in is slow, so keep one instance for long.

    Close it, or use it as a context manager. `log_store` is where ZenML writes its log files; without it, logs come
    from the server, which returns the oldest lines.
    """

    def __init__(
        self,
        url: str,
        api_key: str,
        retry_seconds: float = 8.0,
        token: str | None = None,
        log_store: LogStore | None = None,
    ) -> None:
        self._http, self._log_store = ZenMLHttp(url, api_key, retry_seconds, token), log_store
        self._log_readers = ThreadPoolExecutor(LOG_READERS, "log-reader")

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        await self._http.close()
        self._log_readers.shutdown(wait=False, cancel_futures=True)

    async def find_run(self, name: str) -> RunState | None:
        items = (await self._http.get("/runs", name=f"equals:{name}", size=1))["items"]
        return await self.state(items[0]["id"]) if items else None

    async def state(self, run_id: str) -> RunState:
        run, steps = await self._read(run_id)
        return zenml_responses.run(run, [zenml_responses.step(item) for item in steps])

    async def runs_of_model(self, name: str, limit: int = 50) -> list[RunInfo]:
        page = await self._http.get("/runs", model=name, sort_by="desc:created", size=limit)
        return [zenml_responses.run_info(item) for item in page["items"]]

    async def artifacts(self, run_id: str) -> dict[str, Artifact]:
        _, steps = await self._read(run_id)
        return zenml_responses.artifacts(steps)

    async def artifact(self, run_id: str, name: str) -> Artifact:
        found = await self.artifacts(run_id)
        if name not in found:
            raise ArtifactNotFound(name, sorted(found))
        return found[name]

    async def metadata(self, run_id: str) -> dict[str, Any]:
        run, steps = await self._read(run_id)
        return {key: value for item in [*steps, run] for key, value in item["metadata"]["run_metadata"].items()}

    async def logs(
        self, run_id: str, step: str | None = None, tail: int = 1000, since: datetime | None = None
    ) -> list[LogEntry]:
        """Without `step`, the logs of the run itself and of all its steps, merged by time."""
        run, steps = await self._read(run_id)
        sources = _logs(run, steps, step)
        if not sources and zenml_responses.status(run["body"]["status"]).is_terminal:
            raise LogsUnavailable("The run has kept no logs.")
        parts = await asyncio.gather(*(self._last_entries(log, tail) for log in sources))
        entries = [zenml_responses.log_entry(item) for part in parts for item in part]
        entries.sort(key=lambda entry: entry.timestamp or LONG_AGO)
        return [entry for entry in entries if since is None or (entry.timestamp or LONG_AGO) > since][-tail:]

    async def stop(self, run_id: str, graceful: bool = False) -> None:
        """Not graceful: running pods are deleted; the local orchestrator always finishes the current step."""
        now = zenml_responses.status((await self._run(run_id))["body"]["status"])
        if now.is_terminal:
            raise AlreadyFinished(run_id, now)
        if now is not RunStatus.STOPPING:
            await self._ask_to_stop(run_id, graceful)

    async def mark_ended(self, run_id: str, status: RunStatus, reason: str) -> None:
        """Marks open steps first, as ZenML derives a run's state from its steps. A run that ends meanwhile is left."""
        run, steps = await self._read(run_id)
        for path, item in [*((f"/steps/{step['id']}", step) for step in steps), (f"/runs/{run_id}", run)]:
            if not zenml_responses.status(item["body"]["status"]).is_terminal:
                await self._mark(path, status, reason)

    async def _read(self, run_id: str) -> tuple[Json, list[Json]]:
        run = await self._run(run_id)
        page = await self._http.get("/steps", pipeline_run_id=run_id, hydrate=True, size=MAX_STEPS)
        return run, page["items"]

    async def _run(self, run_id: str) -> Json:
        try:
            return await self._http.get(f"/runs/{UUID(run_id)}")
        except ValueError as error:
            raise RunNotFound(run_id) from error
        except Refused as refusal:
            if refusal.status == 404:
                raise RunNotFound(run_id) from refusal
            raise

    async def _last_entries(self, log: Json, count: int) -> list[Json]:
        uri = log["body"]["uri"] or ""
        try:
            if self._log_store and uri.startswith("s3://"):
                loop = asyncio.get_running_loop()
                return await loop.run_in_executor(self._log_readers, last_entries, uri, count, self._log_store)
        except LogStoreUnavailable as error:
            raise PipelinesDown("The store of the logs does not answer.") from error
        except LogStoreForbidden:
            pass
        return await self._server_entries(log["id"], count)

    async def _server_entries(self, log_id: str, count: int) -> list[Json]:
        """The server may not support reading from the end."""
        path = f"/logs/{log_id}/entries"
        try:
            page = await self._http.get(path, start="newest", limit=count)
        except Refused:
            page = await self._from_the_start(path)
        return joined(reversed(page["items"]), count)

    async def _from_the_start(self, path: str) -> Json:
        try:
            return await self._http.get(path)
        except Refused as refusal:
            raise LogsUnavailable(f"The logs of this run cannot be read: {refusal}") from refusal

    async def _ask_to_stop(self, run_id: str, graceful: bool) -> None:
        """501: the orchestrator cannot force it, but the run is marked `stopping`. 403: another request came first."""
        try:
            await self._http.post(f"/runs/{run_id}/stop", graceful=graceful)
        except Refused as refusal:
            if refusal.status not in (403, 501):
                raise

    async def _mark(self, path: str, status: RunStatus, reason: str) -> None:
        body = {"status": status, "exception_info": {"traceback": reason, "message": reason}}
        own = (
            {"status_reason": reason}
            if path.startswith("/runs")
            else {"end_time": datetime.now(UTC).replace(tzinfo=None).isoformat()}
        )
        try:
            await self._http.put(path, {**body, **own})
        except Refused as refusal:
            if refusal.kind != "IllegalOperationError":
                raise


def _logs(run: Json, steps: list[Json], step: str | None) -> list[Json]:
    names = [item["name"] for item in steps]
    if step is not None and step not in names:
        raise StepNotFound(step, names)
    own = list(run["resources"]["log_collection"] or []) if step is None else []
    chosen = [item for item in steps if step in (None, item["name"])]
    return own + [
        log for item in chosen for log in item["resources"]["log_collection"] or [] if log["body"]["source"] == "step"
    ]

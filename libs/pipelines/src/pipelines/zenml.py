"""The port `Pipelines` on ZenML's REST API."""

import asyncio
from datetime import UTC, datetime
from types import TracebackType
from typing import Any, Self
from uuid import UUID

from pipelines import parse
from pipelines.parse import Json
from pipelines.port import (
    AlreadyFinished,
    Artifact,
    ArtifactNotFound,
    LogEntry,
    LogsUnavailable,
    RunInfo,
    RunNotFound,
    RunState,
    RunStatus,
    StepNotFound,
)
from pipelines.rest import Refused, Rest

MOST_STEPS = 1000
LONG_AGO = datetime.min.replace(tzinfo=UTC)


class ZenMLPipelines:
    """`patience`: seconds of retries before PipelinesDown. Signing in is slow, so keep one instance for long.
    Close it, or use it as a context manager."""

    def __init__(self, url: str, api_key: str, patience: float = 8.0, token: str | None = None) -> None:
        self._rest = Rest(url, api_key, patience, token)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        await self._rest.close()

    async def find_run(self, name: str) -> RunState | None:
        items = (await self._rest.get("/runs", name=f"equals:{name}", size=1))["items"]
        return await self.state(items[0]["id"]) if items else None

    async def state(self, run_id: str) -> RunState:
        run, steps = await self._read(run_id)
        return parse.run(run, [parse.step(item) for item in steps])

    async def runs_of_model(self, name: str, limit: int = 50) -> list[RunInfo]:
        page = await self._rest.get("/runs", model=name, sort_by="desc:created", size=limit)
        return [parse.run_info(item) for item in page["items"]]

    async def artifact(self, run_id: str, name: str) -> Artifact:
        _, steps = await self._read(run_id)
        found = parse.artifacts(steps)
        if name not in found:
            raise ArtifactNotFound(name, sorted(found))
        return found[name]

    async def metadata(self, run_id: str) -> dict[str, Any]:
        run, steps = await self._read(run_id)
        return {key: value for item in [*steps, run] for key, value in item["metadata"]["run_metadata"].items()}

    async def logs(
        self, run_id: str, step: str | None = None, tail: int = 1000, since: datetime | None = None
    ) -> list[LogEntry]:
        """Without `step`, what the run itself and all its steps wrote, merged by time."""
        run, steps = await self._read(run_id)
        sources = _log_ids(run, steps, step)
        if not sources and parse.status(run["body"]["status"]).is_terminal:
            raise LogsUnavailable("The run has kept no logs.")
        entries = [entry for part in await asyncio.gather(*map(self._entries, sources)) for entry in part]
        entries.sort(key=lambda entry: entry.timestamp or LONG_AGO)
        return [entry for entry in entries if since is None or (entry.timestamp or LONG_AGO) > since][-tail:]

    async def stop(self, run_id: str, graceful: bool = False) -> None:
        """Not graceful: running pods are deleted; the local orchestrator always ends the step in hand first."""
        now = parse.status((await self._run(run_id))["body"]["status"])
        if now.is_terminal:
            raise AlreadyFinished(run_id, now)
        if now is not RunStatus.STOPPING:
            await self._ask_to_stop(run_id, graceful)

    async def mark_ended(self, run_id: str, status: RunStatus, reason: str) -> None:
        """Open steps first, as ZenML derives a run's state from its steps. Losing the race against the end is fine."""
        run, steps = await self._read(run_id)
        for path, item in [*((f"/steps/{step['id']}", step) for step in steps), (f"/runs/{run_id}", run)]:
            if not parse.status(item["body"]["status"]).is_terminal:
                await self._mark(path, status, reason)

    async def _read(self, run_id: str) -> tuple[Json, list[Json]]:
        run = await self._run(run_id)
        page = await self._rest.get("/steps", pipeline_run_id=run_id, hydrate=True, size=MOST_STEPS)
        return run, page["items"]

    async def _run(self, run_id: str) -> Json:
        try:
            return await self._rest.get(f"/runs/{UUID(run_id)}")
        except ValueError as error:
            raise RunNotFound(run_id) from error
        except Refused as refusal:
            if refusal.status == 404:
                raise RunNotFound(run_id) from refusal
            raise

    async def _entries(self, log_id: str) -> list[LogEntry]:
        try:
            page = await self._rest.get(f"/logs/{log_id}/entries")
        except Refused as refusal:
            raise LogsUnavailable(f"The logs of this run cannot be read: {refusal}") from refusal
        return [parse.log_entry(item) for item in page["items"]]

    async def _ask_to_stop(self, run_id: str, graceful: bool) -> None:
        """501: the orchestrator cannot force it, but the run is marked `stopping`. 403: someone else was quicker."""
        try:
            await self._rest.post(f"/runs/{run_id}/stop", graceful=graceful)
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
            await self._rest.put(path, {**body, **own})
        except Refused as refusal:
            if refusal.kind != "IllegalOperationError":
                raise


def _log_ids(run: Json, steps: list[Json], step: str | None) -> list[str]:
    names = [item["name"] for item in steps]
    if step is not None and step not in names:
        raise StepNotFound(step, names)
    own = [log["id"] for log in run["resources"]["log_collection"] or [] if step is None]
    chosen = [item for item in steps if step in (None, item["name"])]
    return own + [
        log["id"]
        for item in chosen
        for log in item["resources"]["log_collection"] or []
        if log["body"]["source"] == "step"
    ]

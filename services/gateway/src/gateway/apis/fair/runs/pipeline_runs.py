"""Routes that trainings and predictions share: state, log and cancellation of a pipeline run."""

from datetime import UTC, datetime
from typing import Annotated, Any, Protocol

import orjson
from fastapi import Path, Query
from pydantic import AfterValidator, BaseModel, Field
from starlette.requests import Request
from starlette.responses import Response

from contracts.base import Command
from contracts.base import Query as BusQuery
from contracts.shared import RunStatus
from contracts.training import LogLine, RunState
from gateway.http.commands import send
from gateway.http.limits.timeouts import PIPELINE_SERVER_WAIT
from gateway.http.pagination import Word
from gateway.http.policy import Policy
from gateway.http.queries import ask
from gateway.http.routing import Routes

RunId = Annotated[str, Path(max_length=64, pattern=r"^[A-Za-z0-9_-]+$")]


def _aware(moment: datetime | None) -> datetime | None:
    return moment.replace(tzinfo=UTC) if moment and moment.tzinfo is None else moment


class Owner(Protocol):
    """A contracts module that has runs."""

    GetRunState: Any
    GetRunLogs: Any
    CancelRun: Any


class LogFilters(BaseModel):
    tail: int = Field(1000, ge=1, le=100_000)
    step: Word | None = None
    since: Annotated[datetime | None, AfterValidator(_aware)] = Field(None, description="UTC, when it has no offset")


class CancelledRun(BaseModel):
    """`status` is `stopping` until the worker has stopped it."""

    run_id: str | None
    status: RunStatus
    graceful: bool


def register_run_routes(routes: Routes, base: str, owner: Owner) -> None:
    """`GET …/runs/{run_id}/status|logs/`, `POST …/runs/{run_id}/cancel/` below `base`."""
    kind = base.strip("/").removesuffix("s")

    async def run_state(request: Request, run_id: RunId) -> Response:
        query: BusQuery = owner.GetRunState(run_id=run_id)
        return await ask(request, query, wait=PIPELINE_SERVER_WAIT)

    async def run_logs(request: Request, run_id: RunId, filters: Annotated[LogFilters, Query()]) -> Response:
        query: BusQuery = owner.GetRunLogs(run_id=run_id, **filters.model_dump())
        return await ask(request, query, wait=PIPELINE_SERVER_WAIT)

    async def cancel_run(request: Request, run_id: RunId, graceful: bool = False) -> Response:
        command: Command = owner.CancelRun(run_id=run_id, graceful=graceful)
        return _of_run(await send(request, command, wait=PIPELINE_SERVER_WAIT))

    runs = f"{base}/runs/{{run_id}}"
    routes.get(f"{runs}/status/", Policy.OWNER, RunState, name=f"{kind}_run_state")(run_state)
    routes.get(f"{runs}/logs/", Policy.OWNER, list[LogLine], name=f"{kind}_run_logs")(run_logs)
    routes.post(
        f"{runs}/cancel/", Policy.OWNER, CancelledRun, name=f"cancel_{kind}_run", sends=owner.CancelRun,
        refuses={409: "It has ended already."},
    )(cancel_run)  # fmt: skip


def _of_run(response: Response) -> Response:
    """Keeps only the members of the run. Refusals, and 202 of a pending command, stay as they are."""
    if response.status_code == 200:
        members = orjson.loads(response.body)
        response.body = orjson.dumps({name: members[name] for name in CancelledRun.model_fields})
        response.headers["content-length"] = str(len(response.body))
    return response

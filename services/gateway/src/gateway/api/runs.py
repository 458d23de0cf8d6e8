"""What trainings and predictions have in common: the state, log and end of a pipeline run."""

from datetime import UTC, datetime
from typing import Annotated, Any, Protocol

from fastapi import Path, Query
from pydantic import AfterValidator, BaseModel, Field
from starlette.requests import Request
from starlette.responses import Response

from contracts.base import Command, Contract
from contracts.base import Query as BusQuery
from contracts.training import LogLine, RunState
from gateway.commands import send
from gateway.paging import Word
from gateway.policy import Policy
from gateway.queries import ask
from gateway.routing import Routes

OUTSIDE = 10.0
"""Seconds to wait for answers that come from the pipeline server."""
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


def declare(routes: Routes, base: str, owner: Owner, cancelled: type[Contract]) -> None:
    """`GET …/runs/{run_id}/status|logs/`, `POST …/runs/{run_id}/cancel/` below `base`."""
    kind = base.strip("/").removesuffix("s")

    async def run_state(request: Request, run_id: RunId) -> Response:
        query: BusQuery = owner.GetRunState(run_id=run_id)
        return await ask(request, query, wait=OUTSIDE)

    async def run_logs(request: Request, run_id: RunId, filters: Annotated[LogFilters, Query()]) -> Response:
        query: BusQuery = owner.GetRunLogs(run_id=run_id, **filters.model_dump())
        return await ask(request, query, wait=OUTSIDE)

    async def cancel_run(request: Request, run_id: RunId, graceful: bool = False) -> Response:
        command: Command = owner.CancelRun(run_id=run_id, graceful=graceful)
        return await send(request, command, wait=OUTSIDE)

    runs = f"{base}/runs/{{run_id}}"
    routes.get(f"{runs}/status/", Policy.OWNER, RunState, name=f"{kind}_run_state")(run_state)
    routes.get(f"{runs}/logs/", Policy.OWNER, list[LogLine], name=f"{kind}_run_logs")(run_logs)
    routes.post(
        f"{runs}/cancel/", Policy.OWNER, cancelled, name=f"cancel_{kind}_run", sends=owner.CancelRun,
        refuses={409: "It has ended already."},
    )(cancel_run)  # fmt: skip

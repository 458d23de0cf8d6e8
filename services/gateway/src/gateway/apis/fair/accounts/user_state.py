"""State that a page stores for the caller."""

from typing import Annotated, Any

from fastapi import Query
from pydantic import AfterValidator, Field
from starlette.requests import Request
from starlette.responses import Response

from contracts.notify import userstate as c
from contracts.shared import Page
from gateway.apis.fair.dialect import FAIR
from gateway.http.commands import send
from gateway.http.inputs.fields import Body, Id
from gateway.http.pagination import Filters
from gateway.http.policy import Policy
from gateway.http.queries import ask, ask_rows
from gateway.http.routing import Routes
from gateway.openapi.schemas import ListOf

routes = Routes("user-state", FAIR)
MOST_BODY = 102_400 + 1024
"""Bytes: the largest state, and the JSON around it."""
MOST_ROWS = 60
"""So many of the largest states fit into one reply on the bus."""


def _given(state: Any) -> Any:
    if state is None:
        raise ValueError("This field may not be null.")
    return state


class StateBody(Body):
    state: Annotated[Any, AfterValidator(_given), Field(description="Any JSON except null")]


class StateFilters(Filters):
    def page(self, size: int) -> Page:
        page = super().page(size)
        return page.model_copy(update={"limit": min(page.limit, MOST_ROWS)})


@routes.get("/user-state/", Policy.AUTH, ListOf[c.UserState])
async def list_states(request: Request, filters: Annotated[StateFilters, Query()]) -> Response:
    return await ask_rows(request, c.ListStates, filters)


@routes.post(
    "/user-state/", Policy.AUTH, c.UserState, status=201, most=MOST_BODY, sends=c.CreateState,
    refuses={409: "The caller has 200 states already."},
)  # fmt: skip
async def create_state(request: Request, body: StateBody) -> Response:
    return await send(request, c.CreateState(state=body.state))


@routes.get("/user-state/{pid}/", Policy.AUTH, c.UserState)
async def get_state(request: Request, pid: Id) -> Response:
    return await ask(request, c.GetState(pid=pid))


@routes.put("/user-state/{pid}/", Policy.OWNER, c.UserState, most=MOST_BODY, sends=c.ReplaceState, refuses={403: None})
async def replace_state(request: Request, pid: Id, body: StateBody) -> Response:
    return await send(request, c.ReplaceState(pid=pid, state=body.state))


@routes.patch(
    "/user-state/{pid}/", Policy.OWNER, c.UserState, most=MOST_BODY, sends=c.ReplaceState, refuses={403: None}
)
async def change_state(request: Request, pid: Id, body: StateBody) -> Response:
    """Replaces the whole state: it has no parts that could be merged."""
    return await send(request, c.ReplaceState(pid=pid, state=body.state))


@routes.delete("/user-state/{pid}/", Policy.OWNER, sends=c.DeleteState, refuses={403: None})
async def delete_state(request: Request, pid: Id) -> Response:
    return await send(request, c.DeleteState(pid=pid))

"""What a page wants to find again."""

from typing import Annotated, Any

from fastapi import Query
from pydantic import AfterValidator, Field
from starlette.requests import Request
from starlette.responses import Response

from contracts.notify import userstate as c
from contracts.shared import Page
from gateway.body import Body, Id
from gateway.commands import send
from gateway.paging import Filters
from gateway.policy import Policy
from gateway.queries import ask, ask_rows
from gateway.routing import Routes
from gateway.schema import ListOf

routes = Routes("user-state")
MOST_BODY = 102_400 + 1024
"""Bytes: the largest state, and something around it."""
MOST_ROWS = 60
"""So many of the largest states fit into one answer of the bus."""


def _given(state: Any) -> Any:
    if state is None:
        raise ValueError("This field may not be null.")
    return state


class StateBody(Body):
    state: Annotated[Any, AfterValidator(_given), Field(description="Any JSON but null")]


class StateFilters(Filters):
    def page(self, size: int) -> Page:
        page = super().page(size)
        return page.model_copy(update={"limit": min(page.limit, MOST_ROWS)})


@routes.get("/user-state/", Policy.AUTH, ListOf[c.UserState])
async def list_states(request: Request, filters: Annotated[StateFilters, Query()]) -> Response:
    return await ask_rows(request, c.ListStates, filters)


@routes.post("/user-state/", Policy.AUTH, c.UserState, status=201, most=MOST_BODY, sends=c.CreateState)
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
    """A state has no parts here: it is replaced as a whole."""
    return await send(request, c.ReplaceState(pid=pid, state=body.state))


@routes.delete("/user-state/{pid}/", Policy.OWNER, sends=c.DeleteState, refuses={403: None})
async def delete_state(request: Request, pid: Id) -> Response:
    return await send(request, c.DeleteState(pid=pid))

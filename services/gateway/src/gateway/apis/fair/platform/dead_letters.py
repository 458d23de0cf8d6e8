"""Messages that no consumer could process: list, replay, discard."""

from typing import Annotated

from fastapi import Query
from starlette.requests import Request
from starlette.responses import Response

from contracts import gateway as c
from gateway.apis.fair.dialect import FAIR
from gateway.http.commands import send
from gateway.http.inputs.fields import Id
from gateway.http.pagination import Searched, Word
from gateway.http.policy import Policy
from gateway.http.queries import ask, ask_rows
from gateway.http.routing import Routes
from gateway.openapi.schemas import ListOf

routes = Routes("dead-letters", FAIR)


class DeadLetterFilters(Searched):
    state: c.DeadLetterState | None = None
    service: Word | None = None


@routes.get("/dead-letters/", Policy.ADMIN, ListOf[c.DeadLetter])
async def list_dead_letters(request: Request, filters: Annotated[DeadLetterFilters, Query()]) -> Response:
    return await ask_rows(request, c.ListDeadLetters, filters)


@routes.get("/dead-letters/{letter_id}/", Policy.ADMIN, c.DeadLetter)
async def get_dead_letter(request: Request, letter_id: Id) -> Response:
    return await ask(request, c.GetDeadLetter(dead_letter_id=letter_id))


@routes.post(
    "/dead-letters/{letter_id}/replay/", Policy.ADMIN, c.DeadLetter, sends=c.ReplayDeadLetter,
    refuses={409: "It was replayed or discarded already, or its message no longer exists."},
)  # fmt: skip
async def replay_dead_letter(request: Request, letter_id: Id) -> Response:
    return await send(request, c.ReplayDeadLetter(dead_letter_id=letter_id))


@routes.post(
    "/dead-letters/{letter_id}/discard/", Policy.ADMIN, c.DeadLetter, sends=c.DiscardDeadLetter,
    refuses={409: "It was replayed or discarded already."},
)  # fmt: skip
async def discard_dead_letter(request: Request, letter_id: Id) -> Response:
    return await send(request, c.DiscardDeadLetter(dead_letter_id=letter_id))

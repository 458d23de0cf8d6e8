"""Messages that nobody could handle: look, send again, throw away."""

from typing import Annotated

from fastapi import Query
from starlette.requests import Request
from starlette.responses import Response

from contracts import gateway as c
from gateway.body import Id
from gateway.commands import send
from gateway.paging import Searched, Word
from gateway.policy import Policy
from gateway.queries import ask, ask_rows
from gateway.routing import Routes
from gateway.schema import ListOf

routes = Routes("dead-letters")


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
    refuses={409: "It was dealt with, or its message is gone."},
)  # fmt: skip
async def replay_dead_letter(request: Request, letter_id: Id) -> Response:
    return await send(request, c.ReplayDeadLetter(dead_letter_id=letter_id))


@routes.post(
    "/dead-letters/{letter_id}/discard/", Policy.ADMIN, c.DeadLetter, sends=c.DiscardDeadLetter,
    refuses={409: "It was dealt with."},
)  # fmt: skip
async def discard_dead_letter(request: Request, letter_id: Id) -> Response:
    return await send(request, c.DiscardDeadLetter(dead_letter_id=letter_id))

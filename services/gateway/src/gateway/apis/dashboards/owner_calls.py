"""Questions and commands whose owner gives up before the deadline of the route: its statement is cancelled, then the
client is told 504."""

import time

from starlette.requests import Request
from starlette.responses import Response

from contracts.base import Command, Query
from gateway.apis.dashboards.dialect import DEADLINE
from gateway.http import commands, queries
from gateway.http.request_context import request_context
from kit.errors import Unavailable
from kit.messaging.staging import StagedFile

MARGIN = 0.4
"""Seconds between the end of the owner's time and the deadline of the route."""


def owner_time(request: Request) -> float:
    """Returns the seconds that the owner still has, of those that the route has: a large answer takes several calls."""
    now = time.monotonic()
    if not hasattr(request.state, "owner_end"):
        request.state.owner_end = now + (request_context(request).rule.deadline or DEADLINE) - MARGIN
    if request.state.owner_end <= now:
        raise TimeoutError
    return request.state.owner_end - now


async def answer(request: Request, query: Query) -> bytes:
    """Returns the JSON of the owner. Raises its refusal; TimeoutError when it takes too long; Unavailable."""
    try:
        return await queries.answer(request, query, owner_time(request))
    except Unavailable as error:
        if error.code == "too_slow" or isinstance(error.__cause__, TimeoutError):
            raise TimeoutError from error
        raise


async def ask(request: Request, query: Query) -> Response:
    """As `answer`, as the response."""
    return Response(await answer(request, query), media_type=queries.JSON)


async def send(request: Request, command: Command, staged: StagedFile | None = None) -> Response:
    """Returns the response to a command. Raises TimeoutError without a verdict; Unavailable."""
    try:
        return await commands.send(request, command, owner_time(request), staged)
    except Unavailable as error:
        if error.code == "no_verdict":
            raise TimeoutError from error
        raise

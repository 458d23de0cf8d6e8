"""Verdicts that owners have stored for commands that were sent before."""

import asyncio
from datetime import timedelta
from typing import Any
from uuid import UUID

import orjson
from nats.js.api import RawStreamMsg

from contracts import OWNERS
from contracts.base import Command
from contracts.registry import all_messages
from contracts.verdict import VERDICT, Verdict
from gateway.http.request_context import RequestContext
from kit.errors import DomainError, Expired, NotFound
from kit.messaging.broker_clock import BROKER_CLOCK

HANDLING = 20.0
"""Seconds that an owner may still work on a command that it received in time."""


async def stored_verdict(
    context: RequestContext, kind: type[Command], sent: RawStreamMsg, command_id: UUID
) -> Verdict | None:
    """Returns Accepted or Refused; None while the owner has not decided the command or does not answer."""
    try:
        return await _looked_up(context, kind.owner(), command_id)
    except NotFound:
        return Expired("expired").refused() if is_over(kind, sent) else None
    except DomainError:
        return None


async def known_verdict(context: RequestContext, command_id: UUID) -> Verdict:
    """Returns the verdict of a command that has left the stream from the owner that knows it. Raises NotFound when none
    does."""
    asked = (_looked_up(context, owner, command_id) for owner in OWNERS)
    answers = await asyncio.gather(*asked, return_exceptions=True)
    found = [answer for answer in answers if not isinstance(answer, BaseException)]
    if not found:
        failures = (one for one in answers if isinstance(one, BaseException) and not isinstance(one, NotFound))
        raise next(failures, NotFound("command_not_found"))
    return found[0]


async def _looked_up(context: RequestContext, owner: str, command_id: UUID) -> Verdict:
    lookup: Any = all_messages()[f"qry.{owner}.v1.get_command"]
    stored = orjson.loads(await context.app.bus.ask(lookup(command_id=str(command_id)), context.actor))
    return VERDICT.validate_python(stored["verdict"])


def is_over(kind: type[Command], sent: RawStreamMsg) -> bool:
    """Returns whether the command can no longer have an effect unless it was decided: an owner stores nothing about one
    that arrived too late."""
    if kind.expires is None or sent.time is None:
        return False
    return BROKER_CLOCK.now() - sent.time > timedelta(seconds=kind.expires + HANDLING)

"""Committed examples of messages, sent to the handlers of a running service as `kit.testing` has it."""

from contextlib import suppress
from uuid import UUID

from contracts.base import Command, Query
from contracts.shared import Actor
from contracts.streams import EVENTS, durable
from contracts.verdict import Kind
from kit.app import Service
from kit.errors import Conflict, Forbidden, Invalid, NotFound, Unauthenticated, Unprocessable
from kit.messaging.router import Route
from kit.testing import MAPPER, Caller, eventually, example


async def deliver_example(service: Service, caller: Caller, route: Route, actor: Actor = MAPPER) -> None:
    """Sends the committed example of a message to its real handler, over the bus. Raises AssertionError when the
    handler fails.

    A refusal is a valid answer to an example that names things which do not exist here; a bug or a dead letter is not.
    """
    message = example(route.message)
    if isinstance(message, Query):
        await _answered(caller, message, actor)
    elif isinstance(message, Command):
        verdict = await caller.send(message, actor)
        assert verdict is not None
        assert getattr(verdict, "kind", None) != Kind.INTERNAL, verdict
    else:
        message_id = await caller.publish(message, actor)
        if route.batch:
            return await eventually(lambda: _acknowledged(service, caller, route))
        assert await eventually(lambda: _settled(service, message_id)) == "done"


async def _answered(caller: Caller, query: Query, actor: Actor) -> None:
    with suppress(NotFound, Forbidden, Conflict, Invalid, Unprocessable, Unauthenticated):
        await caller.ask(query, actor)


async def _acknowledged(service: Service, caller: Caller, route: Route) -> bool:
    """Whether the service has taken all events there are; a batch leaves no inbox row."""
    info = await caller.bus.js.consumer_info(EVENTS.name, durable(service.name, route.group))
    return info.num_pending == 0 and info.num_ack_pending == 0


async def _settled(service: Service, message_id: UUID) -> str | None:
    async with service.db.raw() as connection:
        cursor = await connection.execute("select dead from inbox where message_id = %s", (message_id,))
        row = await cursor.fetchone()
    return None if row is None else "dead" if row[0] else "done"

"""Pages of a whole table for services that keep a copy, and the time at which such a copy is complete."""

from datetime import datetime, timedelta
from typing import Any

from contracts.shared import Actor, SnapshotPage
from kit.db.sql import CompiledQuery
from kit.errors import Forbidden
from kit.messaging.broker_clock import BROKER_CLOCK
from kit.messaging.tx import ReadTx

MARGIN = timedelta(seconds=30)
"""Rows and events younger than this may be missing in an answer: their transactions may not have ended."""


def complete_before() -> datetime:
    """Returns the time (UTC, clock of the bus) before which everything an owner has published is part of its answers
    from now on. A service takes it before it asks for a copy, so that it does not mistake a newer event for an older
    one."""
    return BROKER_CLOCK.now() - MARGIN


def check_service(actor: Actor) -> None:
    """Raises Forbidden when the actor is not a service."""
    if "service" not in actor.roles:
        raise Forbidden("not_for_people", "Only services may ask for this.")


async def read_page(statement: CompiledQuery, read: ReadTx, **params: Any) -> SnapshotPage:
    """Returns one page of the table that `statement` reads. `statement` takes `after` and `limit` in `params` and is
    ordered by `id`. Raises Forbidden for people."""
    check_service(read.actor)
    as_of = complete_before()
    async with read.db.raw() as connection:
        return SnapshotPage(as_of=as_of, rows=await statement.rows(connection, **params))

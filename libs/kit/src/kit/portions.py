"""Whole tables for services that keep a copy, portion by portion."""

from datetime import UTC, datetime, timedelta
from typing import Any

from contracts.shared import Actor, Portion
from kit.errors import Forbidden
from kit.messaging.tx import ReadTx
from kit.statements import Prepared

MARGIN = timedelta(seconds=30)
"""What was written later than this before a portion may be missing in it: its transaction may not have ended."""


def check_service(actor: Actor) -> None:
    if "service" not in actor.roles:
        raise Forbidden("not_for_people", "Only services may ask for this.")


async def portion(statement: Prepared, read: ReadTx, **params: Any) -> Portion:
    """`statement` takes `after` and `limit` and is ordered by `id`. Forbidden for people."""
    check_service(read.actor)
    as_of = datetime.now(UTC) - MARGIN
    async with read.db.raw() as connection:
        return Portion(as_of=as_of, rows=await statement.rows(connection, **params))

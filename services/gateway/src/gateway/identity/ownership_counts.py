"""Counts of a profile that other services store, requested from all of them at the same time."""

import asyncio
import logging

import orjson

from contracts.base import Query
from contracts.catalog.ownership_counts import CountOwned
from contracts.notify import CountUnread
from contracts.prediction.feedback import CountFeedback
from contracts.shared import Actor
from kit.errors import DomainError
from kit.messaging.bus import Bus

log = logging.getLogger("gateway.counts")
TIMEOUT = 1.0
"""Seconds; every open page requests the profile every 15 s."""
Counts = dict[str, int]


async def counts_of(actor: Actor, bus: Bus) -> Counts:
    """A count is 0 while its owner does not answer."""
    owned, unread, feedback = await asyncio.gather(
        _asked(bus, CountOwned(user_id=actor.id), actor),
        _asked(bus, CountUnread(), actor),
        _asked(bus, CountFeedback(user_id=actor.id), actor),
    )
    return {
        "models_count": owned.get("models", 0),
        "datasets_count": owned.get("datasets", 0),
        "feedbacks_count": feedback.get("reject", 0),
        "approved_predictions_count": feedback.get("accept", 0),
        "unread_notifications_count": unread.get("unread", 0),
    }


async def _asked(bus: Bus, query: Query, actor: Actor) -> Counts:
    try:
        return orjson.loads(await bus.ask(query, actor, wait=TIMEOUT))
    except DomainError as error:
        log.info("count.missing", extra={"fields": {"query": query.ce_type(), "reason": error.code}})
        return {}

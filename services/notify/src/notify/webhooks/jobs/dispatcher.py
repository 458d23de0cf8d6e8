"""The loops: what is due goes to the workers again, what is old goes."""

from datetime import timedelta
from typing import LiteralString

from sqlalchemy import text

from contracts.notify.webhooks import WebhookJob
from kit.app import Service
from notify import dispatcher

PRUNE_EVERY = 600.0
PRUNE_BATCH = 5_000
KEEP = timedelta(days=30)
_DUE = text("""
update webhook_deliveries set due_at = now() + interval '30 seconds' where id in (
  select d.id from webhook_deliveries d join webhooks w on w.id = d.webhook_id
  where d.state = 'queued' and d.due_at <= now() and (w.quiet_until is null or w.quiet_until <= now())
    and (w.failures = 0 or d.id = (select min(o.id) from webhook_deliveries o
      where o.webhook_id = w.id and o.state = 'queued'
        and (o.due_at <= now() + interval '31 seconds' or o.claimed_until > now())))
  order by d.due_at limit 100 for update of d skip locked) returning id""")
"""Of an address in trouble only the oldest goes: it finds out for all of them whether the trouble is over. One whose
job is still on its way to a worker is due again in less than 31 seconds."""
_DELETE_OLD: LiteralString = """
delete from webhook_deliveries where id in (
  select id from webhook_deliveries where created_at < now() - %s and state <> 'queued' order by created_at limit %s)"""


async def dispatch_forever(service: Service) -> None:
    await dispatcher.run_periodically(dispatch, service, dispatcher.POLL_INTERVAL)


async def dispatch(service: Service) -> int:
    return await dispatcher.dispatch(service, _DUE, lambda delivery_id: WebhookJob(delivery_id=delivery_id))


async def prune_forever(service: Service) -> None:
    await dispatcher.run_periodically(prune, service, PRUNE_EVERY)


async def prune(service: Service) -> bool:
    """True when there may be more."""
    async with service.db.raw() as connection:
        return (await connection.execute(_DELETE_OLD, (KEEP, PRUNE_BATCH))).rowcount == PRUNE_BATCH

"""The loop: a mail that is due goes to a worker again."""

from sqlalchemy import text

from contracts.notify import MailJob
from kit.app import Service
from notify import dispatcher

_DUE = text("""
update mails set due_at = now() + interval '10 minutes' where id in (
  select id from mails where state = 'queued' and due_at <= now()
  order by due_at limit 100 for update skip locked) returning id""")
"""Jobs are not lost with their worker, so a long lease does no harm, and keeps them few while there is no worker."""


async def dispatch_forever(service: Service) -> None:
    await dispatcher.run_periodically(dispatch, service, dispatcher.POLL_INTERVAL)


async def dispatch(service: Service) -> int:
    return await dispatcher.dispatch(service, _DUE, lambda mail_id: MailJob(mail_id=mail_id))

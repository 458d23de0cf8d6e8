"""What leaves: a row, and a job for a worker."""

from datetime import UTC, datetime
from typing import Any

from contracts.notify import MailJob
from kit.db.ids import IdAllocator
from kit.messaging.tx import Tx
from notify.dispatcher import LEASE
from notify.mails.tables import MailRow


async def enqueue_mail(tx: Tx, ids: IdAllocator, **values: Any) -> None:
    """`values` are columns of the row."""
    mail_id, now = await ids.next(MailRow), datetime.now(UTC)
    tx.insert(MailRow, id=mail_id, created_at=now, due_at=now + LEASE, **values)
    tx.emit(MailJob(mail_id=mail_id))

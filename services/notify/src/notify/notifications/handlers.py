from contracts import notify as c
from contracts.shared import Rows
from kit.messaging.router import Router
from kit.messaging.tx import ReadTx, Tx
from notify.notifications import queries, usecases

router = Router("notify")


@router.on(c.MarkRead)
async def mark_read(command: c.MarkRead, tx: Tx) -> c.Notification:
    return await usecases.mark_read(command, tx)


@router.on(c.MarkAllRead)
async def mark_all_read(command: c.MarkAllRead, tx: Tx) -> dict[str, str]:
    return await usecases.mark_all_read(command, tx)


@router.on(c.GetNotification)
async def get_notification(query: c.GetNotification, read: ReadTx) -> c.Notification:
    return await queries.get_notification(query.notification_id, read)


@router.on(c.ListNotifications)
async def list_notifications(query: c.ListNotifications, read: ReadTx) -> Rows:
    return await queries.list_notifications(query, read)


@router.on(c.CountUnread)
async def count_unread(query: c.CountUnread, read: ReadTx) -> dict[str, int]:
    return await queries.count_unread(read)

"""`/notifications/mark-…`; the list is at the same path as today's."""

from starlette.requests import Request
from starlette.responses import Response

from contracts.notify import MarkAllRead, MarkRead, Notification
from gateway.body import Id
from gateway.commands import send
from gateway.policy import Policy
from gateway.schema import Said
from gateway.v1.routes import EarlyRoutes

routes = EarlyRoutes("notifications")


@routes.post("/notifications/mark-as-read/{notification_id}/", Policy.AUTH, Notification, sends=MarkRead)
async def mark_read(request: Request, notification_id: Id) -> Response:
    return await send(request, MarkRead(notification_id=notification_id))


@routes.post(
    "/notifications/mark-all-as-read/", Policy.AUTH, Said, sends=MarkAllRead, refuses={404: "Nothing is unread."}
)
async def mark_all_read(request: Request) -> Response:
    return await send(request, MarkAllRead(missed=True))

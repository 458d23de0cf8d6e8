"""`/notifications/mark-…`; the list has the same path in the current API."""

from starlette.requests import Request
from starlette.responses import Response

from contracts.notify import MarkAllRead, MarkRead, Notification
from gateway.apis.fair_v1.dialect import V1
from gateway.http.commands import send
from gateway.http.inputs.fields import Id
from gateway.http.policy import Policy
from gateway.http.routing import Routes
from gateway.openapi.schemas import Said

routes = Routes("notifications", V1)


@routes.post("/notifications/mark-as-read/{notification_id}/", Policy.AUTH, Notification, sends=MarkRead)
async def mark_read(request: Request, notification_id: Id) -> Response:
    return await send(request, MarkRead(notification_id=notification_id))


@routes.post(
    "/notifications/mark-all-as-read/", Policy.AUTH, Said, sends=MarkAllRead, refuses={404: "No unread notifications."}
)
async def mark_all_read(request: Request) -> Response:
    return await send(request, MarkAllRead(missed=True))

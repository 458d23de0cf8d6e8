"""Notifications of the caller."""

from typing import Annotated

from fastapi import Query
from starlette.requests import Request
from starlette.responses import Response

from contracts.notify import GetNotification, ListNotifications, MarkAllRead, MarkRead, Notification
from gateway.apis.fair.dialect import FAIR
from gateway.http.commands import send
from gateway.http.inputs.fields import Id
from gateway.http.pagination import Filters
from gateway.http.policy import Policy
from gateway.http.queries import ask, ask_rows
from gateway.http.routing import Routes
from gateway.openapi.schemas import ListOf, Said

routes = Routes("notifications", FAIR)


class NotificationFilters(Filters):
    is_read: bool | None = None


@routes.get("/notifications/me/", Policy.AUTH, ListOf[Notification])
async def list_notifications(request: Request, filters: Annotated[NotificationFilters, Query()]) -> Response:
    return await ask_rows(request, ListNotifications, filters)


@routes.post("/notifications/me/mark-all-read/", Policy.AUTH, Said, sends=MarkAllRead)
async def mark_all_read(request: Request) -> Response:
    return await send(request, MarkAllRead())


@routes.get("/notifications/me/{notification_id}/", Policy.AUTH, Notification)
async def get_notification(request: Request, notification_id: Id) -> Response:
    return await ask(request, GetNotification(notification_id=notification_id))


@routes.post("/notifications/me/{notification_id}/mark-read/", Policy.AUTH, Notification, sends=MarkRead)
async def mark_read(request: Request, notification_id: Id) -> Response:
    return await send(request, MarkRead(notification_id=notification_id))

"""What a user is notified of; beside it are the other things that users see of the platform."""

from datetime import datetime
from typing import Literal

from contracts.base import Command, CommandLookup, Contract, Event, Job, Query
from contracts.notify import annotations as annotations
from contracts.notify import banners as banners
from contracts.notify import channels as channels
from contracts.notify import dashboard_sharing as dashboard_sharing
from contracts.notify import dashboards as dashboards
from contracts.notify import kpi as kpi
from contracts.notify import userstate as userstate
from contracts.notify import webhooks as webhooks
from contracts.shared import Page

About = Literal[
    "dataset", "base_model", "local_model", "training", "prediction", "webhook", "package_job", "label_dataset",
    "label_export", "label_import",
]  # fmt: skip


class GetCommand(CommandLookup, wire="notify.v1.get_command"):
    pass


class RelatedObj(Contract):
    """What a notification is about: `type` and id, and the local model it belongs to, where known. Jobs of packages
    have a text as their id."""

    id: int | str
    type: About
    model: int | None


class Notification(Contract):
    id: int
    message: str
    is_read: bool
    created_at: datetime
    read_at: datetime | None
    related_obj: RelatedObj | None = None
    training_model: int | None = None
    """Local model of a training, for clients of API v1."""


class MarkRead(Command, wire="notify.v1.mark_read"):
    expires = 30.0
    notification_id: int


class MarkAllRead(Command, wire="notify.v1.mark_all_read"):
    expires = 30.0
    missed: bool = False
    """Refused with `nothing_unread` when there is nothing to mark; API v1 answered 404."""


class GetNotification(Query, wire="notify.v1.get_notification"):
    notification_id: int


class ListNotifications(Query, wire="notify.v1.list_notifications"):
    page: Page = Page()
    is_read: bool | None = None


class CountUnread(Query, wire="notify.v1.count_unread"):
    """Returns `{unread}`: the number of the sender's unread notifications."""


class NotificationCreated(Event, wire="notify.v1.notification_created"):
    notification_id: int
    user_id: int
    message: str
    about: About
    about_id: str
    web: bool = True
    """Whether its user wants to see it on open pages."""

    def aggregate(self) -> str:
        return str(self.notification_id)

    def audience(self) -> tuple[int, ...]:
        return (self.user_id,) if self.web else ()


class MailJob(Job, wire="notify.v1.send_mail"):
    """Sends one mail; its row has the recipient and the content, the message only its id."""

    mail_id: int

"""Addresses of users' own programs that receive their owner's notifications. Secrets are never part of a stored
message."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field

from contracts.base import Command, Contract, Job, Query
from contracts.shared import CompactUser, Page

MOST_PER_USER = 5
DeliveryState = Literal["queued", "delivered", "failed"]
Address = Annotated[str, Field(min_length=1, max_length=2000)]
Description = Annotated[str, Field(max_length=500)]


class Webhook(Contract):
    """An address that is not `verified` gets only its verification. `reason` says why it is not verified, or why the
    platform disabled it; the last delivery is the last attempt of any kind."""

    id: int
    url: str
    description: str
    active: bool
    verified: bool = False
    reason: str
    user: CompactUser
    created_at: datetime
    last_modified: datetime
    last_delivery_status: DeliveryState | None
    last_delivery_at: datetime | None


class WebhookDelivery(Contract):
    """`id` is the header `webhook-id`, the same at every attempt. `next_attempt_at` is given only while it is
    `queued`."""

    id: str
    event_type: str
    status: DeliveryState
    response_code: int | None
    attempts: int
    error: str
    created_at: datetime
    last_attempt_at: datetime | None
    next_attempt_at: datetime | None
    delivered_at: datetime | None


class CreateWebhook(Command, wire="notify.v1.create_webhook"):
    """Begins the verification of its address. Refused: `invalid_url`, `too_many_webhooks`, `webhooks_off`."""

    expires = 30.0
    url: Address
    description: Description = ""
    active: bool = True


class ChangeWebhook(Command, wire="notify.v1.change_webhook"):
    """Null fields stay as they are. Deliveries that wait for an old address are dropped, and the new address has to be
    verified. An address, or `active`, resets former failures and begins a missing verification."""

    expires = 30.0
    webhook_id: int
    url: Address | None = None
    description: Description | None = None
    active: bool | None = None


class DeleteWebhook(Command, wire="notify.v1.delete_webhook"):
    expires = 30.0
    webhook_id: int


class RotateSecret(Command, wire="notify.v1.rotate_webhook_secret"):
    """The old secret signs nothing from now on. Result: `Webhook`; `ShowSecret` returns the new one."""

    expires = 30.0
    webhook_id: int


class PingWebhook(Command, wire="notify.v1.ping_webhook"):
    """Makes one attempt, also at a disabled address. Result: `WebhookDelivery`. Refused: `ping_under_way`,
    `webhook_unverified`."""

    expires = 30.0
    webhook_id: int


class VerifyWebhook(Command, wire="notify.v1.verify_webhook"):
    """Asks the address again whether it accepts notifications. Result: `WebhookDelivery`. Refused: `webhook_verified`,
    `verification_under_way`."""

    expires = 30.0
    webhook_id: int


class GetWebhook(Query, wire="notify.v1.get_webhook"):
    webhook_id: int


class ListWebhooks(Query, wire="notify.v1.list_webhooks"):
    """Newest first: the sender's own, for administrators those of all users."""

    page: Page = Page()


class ListDeliveries(Query, wire="notify.v1.list_webhook_deliveries"):
    """Newest first."""

    webhook_id: int
    page: Page = Page()


class ShowSecret(Query, wire="notify.v1.show_webhook_secret"):
    """Returns `{secret}` within a minute after it was made, null later. A query, because the bus stores no queries."""

    webhook_id: int


class WebhookJob(Job, wire="notify.v1.send_webhook"):
    """Makes one attempt; its row has address and content, the message only its id."""

    delivery_id: int

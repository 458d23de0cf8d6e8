"""Addresses of people's own programs that hear what their owner hears. Secrets are never part of a stored message."""

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
    """Nothing but its verification is sent to an address that is not `verified`. `reason` says why it is not, or why
    the platform switched it off; the last delivery is the last attempt of any."""

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
    """`id` is the header `webhook-id`, the same at every attempt. `next_attempt_at` only while it is `queued`."""

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
    """Null fields stay as they are. What waits for an old address is dropped, and the new one has to be verified. An
    address, or `active`, forgives former failures and begins the verification that is missing."""

    expires = 30.0
    webhook_id: int
    url: Address | None = None
    description: Description | None = None
    active: bool | None = None


class DeleteWebhook(Command, wire="notify.v1.delete_webhook"):
    expires = 30.0
    webhook_id: int


class RotateSecret(Command, wire="notify.v1.rotate_webhook_secret"):
    """The old secret signs nothing from now on. Result: `Webhook`; `ShowSecret` tells the new one."""

    expires = 30.0
    webhook_id: int


class PingWebhook(Command, wire="notify.v1.ping_webhook"):
    """One attempt, also at an address that is switched off. Result: `WebhookDelivery`. Refused: `ping_under_way`,
    `webhook_unverified`."""

    expires = 30.0
    webhook_id: int


class VerifyWebhook(Command, wire="notify.v1.verify_webhook"):
    """Asks the address again whether it wants to be told. Result: `WebhookDelivery`. Refused: `webhook_verified`,
    `verification_under_way`."""

    expires = 30.0
    webhook_id: int


class GetWebhook(Query, wire="notify.v1.get_webhook"):
    webhook_id: int


class ListWebhooks(Query, wire="notify.v1.list_webhooks"):
    """The newest first: the sender's own, for administrators everybody's."""

    page: Page = Page()


class ListDeliveries(Query, wire="notify.v1.list_webhook_deliveries"):
    """The newest first."""

    webhook_id: int
    page: Page = Page()


class ShowSecret(Query, wire="notify.v1.show_webhook_secret"):
    """`{secret}` within a minute of its making, null later. A query, because the bus keeps none of them."""

    webhook_id: int


class WebhookJob(Job, wire="notify.v1.send_webhook"):
    """One attempt; its row says where to and what, the message only its id."""

    delivery_id: int

"""Users and dead letters, which the gateway owns; `accounts` and `mappings` are beside them."""

from datetime import datetime
from typing import Literal

from pydantic import Field

from contracts.base import Command, CommandLookup, Contract, Event, Query
from contracts.gateway import accounts as accounts
from contracts.gateway import mappings as mappings
from contracts.shared import Cursor, Json, Page

Delivery = Literal["email", "web", "webhook"]
DeadLetterState = Literal["open", "replayed", "discarded"]


class GetCommand(CommandLookup, wire="gateway.v1.get_command"):
    pass


class UserChanged(Event, wire="gateway.v1.user_changed"):
    """A user is new or has changed their profile. The address travels because notify keeps a copy to send mails to."""

    user_id: int
    username: str
    email: str = ""
    email_verified: bool = False
    delivery_methods: list[Delivery] = ["web"]

    def aggregate(self) -> str:
        return str(self.user_id)


class ListUserSummaries(Query, wire="gateway.v1.list_user_facts"):
    """For services only. Returns a `SnapshotPage` of `{id, username, email, email_verified, delivery_methods}`."""

    after: Cursor = -(2**63)
    limit: int = Field(1000, ge=1, le=1000)


class DeadLetterRecorded(Event, wire="gateway.v1.dead_letter_recorded"):
    """One alarm for each message that could not be handled."""

    dead_letter_id: int
    service: str
    message_subject: str
    reason: str

    def aggregate(self) -> str:
        return str(self.dead_letter_id)


class Profile(Contract):
    """What a user may see and change of their account; the gateway adds the counts of other services."""

    osm_id: int
    username: str
    img_url: str
    email: str
    date_joined: datetime
    last_login: datetime | None
    email_verified: bool
    account_deletion_requested: bool
    newsletter_subscription: bool
    notifications_delivery_methods: list[Delivery]
    profile_completion_percentage: int


class ChangeProfile(Command, wire="gateway.v1.change_profile"):
    """Changes the sender's own account; absent fields stay. Result: `Profile`."""

    expires = 30.0
    email: str | None = None
    account_deletion_requested: bool | None = None
    newsletter_subscription: bool | None = None
    notifications_delivery_methods: list[Delivery] | None = None


class AccountDeletionRequested(Event, wire="gateway.v1.account_deletion_requested"):
    """A user asked for the first time to be deleted; an administrator does the rest."""

    user_id: int
    username: str

    def aggregate(self) -> str:
        return str(self.user_id)


class DeadLetter(Contract):
    """`data` is the body as text; headers and body are given only for a single dead letter."""

    id: int
    service: str
    consumer: str
    subject: str
    type: str
    reason: str
    deliveries: int
    state: DeadLetterState
    replays: int
    stream: str
    sequence: int
    first_seen: datetime
    changed_at: datetime
    changed_by: int | None
    headers: Json | None = None
    data: str | None = None


class ListDeadLetters(Query, wire="gateway.v1.list_dead_letters"):
    page: Page = Page()
    state: DeadLetterState | None = None
    service: str | None = None


class GetDeadLetter(Query, wire="gateway.v1.get_dead_letter"):
    dead_letter_id: int


class ReplayDeadLetter(Command, wire="gateway.v1.replay_dead_letter"):
    """Publishes the original bytes on their subject again, for the one durable that could not handle them."""

    expires = 30.0
    dead_letter_id: int


class DiscardDeadLetter(Command, wire="gateway.v1.discard_dead_letter"):
    expires = 30.0
    dead_letter_id: int

"""Users and dead letters: what the public door itself owns; `accounts` and `mappings` are beside them."""

from datetime import datetime
from typing import Literal

from pydantic import Field

from contracts.base import Command, CommandLookup, Contract, Event, Query
from contracts.gateway import accounts as accounts
from contracts.gateway import mappings as mappings
from contracts.shared import After, Json, Page

Delivery = Literal["email", "web", "webhook"]
DeadLetterState = Literal["open", "replayed", "discarded"]


class GetCommand(CommandLookup, wire="gateway.v1.get_command"):
    pass


class UserChanged(Event, wire="gateway.v1.user_changed"):
    """First sight or a change of profile. The address travels because notify keeps its own copy to write to."""

    user_id: int
    username: str
    email: str = ""
    email_verified: bool = False
    delivery_methods: list[Delivery] = ["web"]

    def aggregate(self) -> str:
        return str(self.user_id)


class ListUserFacts(Query, wire="gateway.v1.list_user_facts"):
    """For services only: a `Portion` of `{id, username, email, delivery_methods}`."""

    after: After = -(2**63)
    limit: int = Field(1000, ge=1, le=1000)


class DeadLetterRecorded(Event, wire="gateway.v1.dead_letter_recorded"):
    """One alarm for each message that nobody could handle."""

    dead_letter_id: int
    service: str
    message_subject: str
    reason: str

    def aggregate(self) -> str:
        return str(self.dead_letter_id)


class Profile(Contract):
    """What a person may see and change of themself; the counts of other services are added by the door."""

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
    """Of the sender's own account; absent fields stay. Result: `Profile`."""

    expires = 30.0
    email: str | None = None
    account_deletion_requested: bool | None = None
    newsletter_subscription: bool | None = None
    notifications_delivery_methods: list[Delivery] | None = None


class AccountDeletionRequested(Event, wire="gateway.v1.account_deletion_requested"):
    """Somebody asked for the first time to be forgotten; people do the rest."""

    user_id: int
    username: str

    def aggregate(self) -> str:
        return str(self.user_id)


class DeadLetter(Contract):
    """`data` is the body as text; headers and body are filled only where one letter is asked for."""

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
    """The original bytes go to their subject again, for the one durable that could not handle them."""

    expires = 30.0
    dead_letter_id: int


class DiscardDeadLetter(Command, wire="gateway.v1.discard_dead_letter"):
    expires = 30.0
    dead_letter_id: int

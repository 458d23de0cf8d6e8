"""Users and dead letters: what the public door itself owns."""

from typing import Literal

from contracts.base import CommandLookup, Event


class GetCommand(CommandLookup, wire="gateway.v1.get_command"):
    pass


class UserChanged(Event, wire="gateway.v1.user_changed"):
    """First sight or a change of profile. The address travels because notify keeps its own copy to write to."""

    user_id: int
    username: str
    email: str = ""
    email_verified: bool = False
    delivery_methods: list[Literal["email", "web"]] = ["web"]

    def aggregate(self) -> str:
        return str(self.user_id)


class DeadLetterRecorded(Event, wire="gateway.v1.dead_letter_recorded"):
    """One alarm for each message that nobody could handle."""

    dead_letter_id: int
    service: str
    message_subject: str
    reason: str

    def aggregate(self) -> str:
        return str(self.dead_letter_id)

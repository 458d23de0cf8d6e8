"""How an account is created, and how its mail address is verified."""

from contracts.base import Command, Contract, Event, Query


class Onboard(Command, wire="gateway.v1.onboard"):
    """Gives a user of the identity provider an account: that of `osm_id`, which the gateway has verified, or else a new
    account with a negative id. Result: `{osm_id, username}`.

    Refused: `osm_user_unknown`, and `already_linked` while the identity is linked to another account.
    """

    expires = 30.0
    hanko_user_id: str
    email: str
    email_verified: bool = True
    osm_id: int | None = None


class RequestEmailVerification(Command, wire="gateway.v1.request_email_verification"):
    """Requests a mail to the sender's own address. Refused: `email_verified`, `no_email`."""

    expires = 30.0


class ConfirmEmail(Command, wire="gateway.v1.confirm_email"):
    """The gateway has checked the sender's token for this address. Refused when the account has another address by
    now."""

    expires = 30.0
    email: str


class EmailVerificationRequested(Event, wire="gateway.v1.email_verification_requested"):
    """Carries neither address nor link: the service that sends the mail asks for both."""

    user_id: int

    def aggregate(self) -> str:
        return str(self.user_id)


class VerificationLetter(Contract):
    """`url` proves that its reader has the mailbox `email`."""

    email: str
    username: str
    url: str


class GetVerificationLetter(Query, wire="gateway.v1.get_verification_letter"):
    """For services only. The link is made at this moment and stored nowhere. Refused: `email_verified`, `no_email`."""

    user_id: int

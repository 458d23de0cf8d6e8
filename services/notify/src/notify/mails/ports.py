from dataclasses import dataclass
from typing import Protocol, runtime_checkable

POSTPONED = "mail_postponed"
"""Code of the Unavailable of a server that is there and does not take this mail now."""


@dataclass(frozen=True)
class Email:
    """One mail. `key` is stable over retries and becomes the Message-ID, so that a mail sent twice shows once."""

    key: str
    to: str
    subject: str
    text: str


@runtime_checkable
class Mailer(Protocol):
    async def send(self, email: Email) -> None:
        """kit.errors.Invalid when the server will never take it, Unavailable for anything that may pass."""
        ...

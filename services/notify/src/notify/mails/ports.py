from dataclasses import dataclass
from typing import Protocol, runtime_checkable


@dataclass(frozen=True)
class Letter:
    """One mail. `key` is stable over retries and becomes the Message-ID, so that a mail sent twice shows once."""

    key: str
    to: str
    subject: str
    text: str


@runtime_checkable
class Mailer(Protocol):
    async def send(self, letter: Letter) -> None:
        """kit.errors.Invalid when the server will never take it, Unavailable for anything that may pass."""
        ...

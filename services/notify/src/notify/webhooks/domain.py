"""When to try again, when to give up, and how a delivery is signed (Standard Webhooks 1.0.0)."""

import base64
import hmac
from dataclasses import dataclass
from datetime import datetime, timedelta

PREFIX = "whsec_"
PAUSES = tuple(
    timedelta(seconds=seconds) for seconds in (5, 60, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400)
)
"""After the first, second … failed attempt of a delivery; after the last it is given up: three days in all."""
QUIET = tuple(timedelta(seconds=seconds) for seconds in (5, 15, 60, 300))
"""After the first, second … failure in a row, of whichever delivery, an address is left alone for so long."""
PATIENCE = timedelta(days=5)
"""An address that took nothing for so long is switched off."""
GONE = 410


@dataclass(frozen=True)
class Outcome:
    """Of one attempt: the HTTP status, where there was an answer, and in words what was wrong."""

    code: int | None = None
    error: str = ""

    @property
    def taken(self) -> bool:
        return not self.error


def secret_of(random: bytes) -> str:
    return PREFIX + base64.b64encode(random).decode()


def signature(secret: str, message_id: str, timestamp: int, body: bytes) -> str:
    key = base64.b64decode(secret.removeprefix(PREFIX))
    digest = hmac.digest(key, f"{message_id}.{timestamp}.".encode() + body, "sha256")
    return f"v1,{base64.b64encode(digest).decode()}"


def headers(secret: str, message_id: str, now: datetime, body: bytes) -> dict[str, str]:
    timestamp = int(now.timestamp())
    return {
        "content-type": "application/json", "webhook-id": message_id, "webhook-timestamp": str(timestamp),
        "webhook-signature": signature(secret, message_id, timestamp, body),
    }  # fmt: skip


def next_attempt(attempts: int, ping: bool, now: datetime) -> datetime | None:
    """None: no further one."""
    return None if ping or attempts > len(PAUSES) else now + PAUSES[attempts - 1]


def quiet_until(failures: int, now: datetime) -> datetime:
    return now + QUIET[min(failures, len(QUIET)) - 1]


def hopeless(code: int | None, failing_since: datetime, now: datetime) -> str:
    """Why an address is switched off; empty while it is not."""
    if code == GONE:
        return "It answered that it is gone (HTTP 410)."
    return "It took nothing for five days." if now - failing_since >= PATIENCE else ""

"""When to try again, when to give up, how a delivery is signed (Standard Webhooks 1.0.0), what proves an address."""

import base64
import hmac
import json
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, cast

PING, VERIFICATION, NOTIFICATION = "webhook.ping", "webhook.verification", "notification.created"
PACKAGE_JOB, LABEL_DATASET = "package_job.completed", "label_dataset.registered"
LABEL_EXPORT, LABEL_IMPORT = "label_export.ready", "label_import.ended"
EVENTS = frozenset({NOTIFICATION, PACKAGE_JOB, LABEL_DATASET, LABEL_EXPORT, LABEL_IMPORT})
"""What happens by itself; the others are asked for by the owner of an address."""
PREFIX = "whsec_"
PAUSES = tuple(
    timedelta(seconds=seconds) for seconds in (5, 60, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400)
)
"""After the first, second … failed attempt of a delivery; after the last it is given up: three days in all."""
PAUSES_BY_KIND = {PING: (), VERIFICATION: PAUSES[:3]}
"""Of what somebody waits for, a new deployment perhaps."""
BACKOFF_PAUSES = tuple(timedelta(seconds=seconds) for seconds in (5, 15, 60, 300))
"""After the first, second … failure in a row, of whichever delivery, an address is left alone for so long."""
DISABLE_AFTER = timedelta(days=5)
"""An address that took nothing for so long is switched off."""
GONE = 410
NETWORK_DOWN_PAUSE = timedelta(minutes=1)
"""Until the next try while our own network is down."""
MAX_ANSWER_BYTES = 4096
"""Bytes of the answer to a challenge, at most."""
WRONG_CHALLENGE = "It did not answer with the challenge."


@dataclass(frozen=True)
class Outcome:
    """Of one attempt: the HTTP status, where there was an answer, and in words what was wrong; `ours` when that was our
    own network. The body of a good answer is there when it was asked for, and nobody is shown it."""

    code: int | None = None
    error: str = ""
    ours: bool = False
    answer: bytes = field(default=b"", repr=False)

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


def challenge_in(body: str) -> str:
    """Of a verification."""
    return json.loads(body)["data"]["challenge"]


def answers_challenge(answer: bytes, challenge: str) -> bool:
    """The challenge alone, or as the member `challenge` of a JSON object: what only echoes proves nothing."""
    try:
        said = json.loads(answer)
    except (ValueError, RecursionError):
        said = answer.decode(errors="replace").strip()
    if isinstance(said, dict):
        said = cast(dict[str, Any], said).get("challenge")
    return isinstance(said, str) and hmac.compare_digest(said.encode(errors="replace"), challenge.encode())


def next_attempt(attempts: int, kind: str, now: datetime) -> datetime | None:
    """None: no further one."""
    pauses = PAUSES_BY_KIND.get(kind, PAUSES)
    return None if attempts > len(pauses) else now + pauses[attempts - 1]


def is_not_counted(outcome: Outcome, created_at: datetime, now: datetime) -> bool:
    """Nobody is to blame, as long as what should be delivered is worth it."""
    return outcome.ours and now - created_at < DISABLE_AFTER


def backoff_until(failures: int, now: datetime) -> datetime:
    return now + BACKOFF_PAUSES[min(failures, len(BACKOFF_PAUSES)) - 1]


def disable_reason(code: int | None, failing_since: datetime, now: datetime) -> str:
    """Why an address is switched off; empty while it is not."""
    if code == GONE:
        return "It answered that it is gone (HTTP 410)."
    return "It took nothing for five days." if now - failing_since >= DISABLE_AFTER else ""

"""What mails about accounts say; when a mail is tried again, and when it is of no use any more."""

from dataclasses import dataclass
from datetime import datetime, timedelta

VERIFICATION = "verification"
PAUSES = tuple(timedelta(seconds=seconds) for seconds in (10, 60, 300, 1_800, 7_200, 14_400, 21_600, 43_200))
"""After the first, second … failed attempt; after the last it is given up: a day in all."""
LINK_LASTS = timedelta(days=3)
"""As the gateway makes it, and as the mail says."""
TOO_LATE = "The link that was asked for would have expired by now."


@dataclass(frozen=True)
class Outcome:
    """Of one attempt. `error` is empty when the mail was taken; it `passes` when another attempt may be worth it."""

    error: str = ""
    passes: bool = False


def next_attempt(attempts: int, now: datetime) -> datetime | None:
    """After so many that failed; None: no further one."""
    return None if attempts > len(PAUSES) else now + PAUSES[attempts - 1]


def stale(kind: str, created_at: datetime, now: datetime) -> bool:
    return kind == VERIFICATION and now - created_at >= LINK_LASTS


def deletion_text(username: str, osm_id: int) -> tuple[str, str]:
    """Subject and text for those who delete accounts."""
    text = f"{username} (OSM id {osm_id}) asks for the deletion of their account and of what belongs to it."
    return "fAIr : Account deletion requested", text


def verification_text(username: str, url: str) -> tuple[str, str]:
    """Subject and text for whoever has the mailbox; the address stands on a line of its own."""
    text = (
        f"Hello {username},\n\nplease open this address to confirm that this mailbox is yours:\n\n{url}\n\n"
        "It works for three days. If you did not ask for it, do nothing."
    )
    return "fAIr : Verify your email", text

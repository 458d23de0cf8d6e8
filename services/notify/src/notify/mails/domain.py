"""What mails about accounts say; when a mail is tried again, and when it is of no use any more."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from notify.notifications.domain import Recipient

NOTIFICATION, VERIFICATION, DELETION = "notification", "verification", "deletion"
MAX_PER_HOUR = {NOTIFICATION: 30, VERIFICATION: 10, DELETION: 3}
"""Of one user: who gets them or, of mails about an account, who causes them."""
Reason = Literal["unverified", "capped"]
PAUSES = tuple(timedelta(seconds=seconds) for seconds in (10, 60, 300, 1_800, 7_200, 14_400, 21_600, 43_200))
"""After the first, second … failed attempt; after the last it is given up: a day in all."""
OUTAGE_PAUSES = PAUSES[:3]
"""While a server is away, however long: it is looked for every five minutes."""
LINK_LIFETIME = timedelta(days=3)
"""As the gateway makes it, and as the mail says."""
TOO_LATE = "The link that was asked for would have expired by now."


@dataclass(frozen=True)
class Outcome:
    """Of one attempt. `error` is empty when the mail was taken; it `passes` when another attempt may be worth it. An
    `outage` of a server of ours is no attempt."""

    error: str = ""
    passes: bool = False
    outage: bool = False


def next_attempt(attempts: int, now: datetime) -> datetime | None:
    """After so many that failed; None: no further one."""
    return None if attempts > len(PAUSES) else now + PAUSES[attempts - 1]


def outage_pause(times: int) -> timedelta:
    """After so many attempts that met an outage."""
    return OUTAGE_PAUSES[min(times, len(OUTAGE_PAUSES)) - 1]


def is_stale(kind: str, created_at: datetime, now: datetime) -> bool:
    return kind == VERIFICATION and now - created_at >= LINK_LIFETIME


def reason_to_withhold(kind: str, recipient: Recipient | None, in_the_hour: int) -> Reason | None:
    """`recipient`: of a notification. The address of a proof is not proven yet, and that of a deletion is ours."""
    if recipient and not recipient.may_be_mailed:
        return "unverified"
    return "capped" if in_the_hour >= MAX_PER_HOUR[kind] else None


def withheld_text(reason: Reason, mails: int) -> str:
    """For the user, in the application."""
    why = {
        "unverified": "your address is not verified. Verify it in your profile to get mails.",
        "capped": f"you get at most {MAX_PER_HOUR[NOTIFICATION]} mails an hour. You find all messages here.",
    }
    return f"{mails} {'message was' if mails == 1 else 'messages were'} not mailed: {why[reason]}"


def deletion_text(username: str, osm_id: int) -> tuple[str, str]:
    """Subject and text for those who delete accounts."""
    text = f"{username} (OSM id {osm_id}) asks for the deletion of their account and of what belongs to it."
    return "fAIr : Account deletion requested", text


def verification_text(url: str) -> tuple[str, str]:
    """Subject and text for whoever has the mailbox, so without a word that the sender chose; the address stands on a
    line of its own."""
    text = (
        f"Hello,\n\nplease open this address to confirm that this mailbox is yours:\n\n{url}\n\n"
        "It works for three days. If you did not ask for it, do nothing."
    )
    return "fAIr : Verify your email", text

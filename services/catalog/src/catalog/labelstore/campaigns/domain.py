"""States of a campaign: pure rules."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

TRANSITIONS = frozenset({
    ("created", "active"), ("active", "completed"), ("completed", "active"), ("completed", "finished")
})  # fmt: skip
MAX_LABEL = 128


@dataclass(frozen=True)
class Transition:
    """`dates` are the columns that change with the status; None empties one."""

    status: str
    dates: dict[str, datetime | None]


def transition(before: str, after: str, now: datetime) -> Transition | str:
    """Returns the transition, or why there is none, which names both states."""
    if (before, after) not in TRANSITIONS:
        return f'A campaign that is "{before}" cannot become "{after}".'
    dates: dict[str, dict[str, datetime | None]] = {
        "active": {"date_started": now, "date_completed": None, "date_finished": None},
        "completed": {"date_completed": now, "date_finished": None},
        "finished": {"date_finished": now},
    }
    return Transition(after, dates[after])


def translation_problem(translations: dict[str, Any] | None, applied: bool) -> str | None:
    """Returns why translations cannot be applied, None when they can or need not."""
    for label, value in (translations or {}).items() if applied else ():
        if not isinstance(value, str) or not 1 <= len(value) <= MAX_LABEL:
            return f'The translation of "{label[:MAX_LABEL]}" is no text of 1 to {MAX_LABEL} characters.'
    return None


def final_label(sent: str, translated: str | None, translations: dict[str, Any] | None) -> str:
    """Returns the label that counts. `translations` are those that the campaign applies."""
    return translated or (translations or {}).get(sent) or sent

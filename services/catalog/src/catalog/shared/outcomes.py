"""Outcomes of labels as texts, and the reasons that fetches, uploads and builds share."""

from contracts.shared import Outcome, ReasonCount

NOT_THERE = "Its tags say that nothing is there, such as building=no."
REPAIRED = "Its outline crossed or touched itself and was repaired."


def describe_outcome(lead: str, outcome: Outcome) -> str:
    """Returns `lead` and the reasons for everything that was left out."""
    return " ".join([lead, *(f"{one.reason.removesuffix('.')}: {_which(one)}." for one in outcome.left_out)])


def _which(one: ReasonCount) -> str:
    more = one.count - len(one.examples)
    return ", ".join(one.examples) + (f" and {more} more" if more else "")


def merge_outcomes(one: Outcome, other: Outcome) -> Outcome:
    """Returns the sum of the outcomes of two files."""
    return Outcome(
        wanted=one.wanted + other.wanted, done=one.done + other.done,
        left_out=_sum(one.left_out, other.left_out), altered=_sum(one.altered, other.altered),
    )  # fmt: skip


def _sum(one: list[ReasonCount], other: list[ReasonCount]) -> list[ReasonCount]:
    found = {entry.reason: entry for entry in one}
    for entry in other:
        had = found.get(entry.reason)
        found[entry.reason] = had.model_copy(update={"count": had.count + entry.count}) if had else entry
    return sorted(found.values(), key=lambda entry: -entry.count)

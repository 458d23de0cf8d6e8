"""What was left out, as part of a sentence for people."""

from contracts.shared import Outcome, ReasonCount

MAX_REASONS = 3
MAX_EXAMPLES = 2


def left_out_text(outcome: Outcome | None, one: str, several: str) -> str:
    """`; 2 tiles were left out: …` with the most frequent reasons, nothing when nothing was."""
    if not outcome or not outcome.left_out:
        return ""
    count = sum(reason.count for reason in outcome.left_out)
    reasons = [_reason(reason) for reason in outcome.left_out[:MAX_REASONS]]
    more = len(outcome.left_out) - MAX_REASONS
    return f"; {count:,} {one if count == 1 else several} left out: {'; '.join(reasons)}" + (
        f"; {more} more reasons" if more > 0 else ""
    )


def done_of_wanted(done: int, outcome: Outcome | None) -> str:
    """`30`, or `30 of 32` where more was wanted."""
    return f"{done} of {outcome.wanted}" if outcome and outcome.wanted > done else str(done)


def _reason(reason: ReasonCount) -> str:
    names = reason.examples[:MAX_EXAMPLES]
    rest = ", …" if reason.count > len(names) else ""
    return f"{reason.reason.rstrip('.')} ({', '.join(names)}{rest})"

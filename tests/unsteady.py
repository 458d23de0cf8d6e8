"""Tests that fail in their room and pass alone: named at the end of `make test`, without failing it (decision 0068)."""

from tests.results import Outcome

MOST = 5
"""Errors of a room whose tests run once more; a room with more is broken."""
TESTS_FAILED = 1
"""pytest's exit code when it came to its end; any other (killed, crashed, cannot collect) is not forgiven."""


def may_run_again(outcome: Outcome) -> bool:
    return outcome.code == TESTS_FAILED and 0 < len(outcome.errors) <= MOST


def forgive(first: Outcome, again: Outcome) -> None:
    """Marks the tests of `first` that passed in `again`, where that ended as its tests did."""
    if again.code == (TESTS_FAILED if again.failed else 0):
        first.unsteady = {test for test, result in again.results.items() if result.outcome == "passed"}


def describe(outcomes: list[Outcome]) -> list[str]:
    """Lines: what each unsteady test said when it failed, then their list."""
    found = [(outcome, test) for outcome in outcomes for test in sorted(outcome.unsteady)]
    if not found:
        return []
    texts = [f"-- {outcome.room}: {test}\n{outcome.results[test].text}" for outcome, test in found]
    names = [f"UNSTEADY {outcome.room}: {test}" for outcome, test in found]
    return ["== unsteady: failed in the room, passed alone; a defect of the test or of what it tests", *texts, *names]

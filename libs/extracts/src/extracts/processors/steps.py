"""Percent and label of what a processor is doing, never backwards."""

from collections.abc import Callable
from dataclasses import dataclass

FETCHING, CROPPING, HASHING, MOVING = (
    "fetching and verifying source", "cropping source", "generating hash", "moving result",
)  # fmt: skip
DOCUMENTATION = "generate documentation & datapackage"
Report = Callable[[int, str], None]
"""Takes percent and label. It may raise to stop the work; what it raises comes out."""


@dataclass(frozen=True)
class Steps:
    """`cropping`: percents at its start and its end, with `label`; a step that there is not is None."""

    fetching: int | None = 10
    cropping: tuple[int, int] = (10, 85)
    label: str = CROPPING
    hashing: int | None = None
    moving: int = 85
    documentation: tuple[tuple[int, str], ...] = ((90, DOCUMENTATION),)

    def at(self, done: float) -> tuple[int, str]:
        """While files are cut; `done` is the fraction of all of them, those of other workers included."""
        start, end = self.cropping
        return int(start + (end - start) * min(max(done, 0.0), 1.0)), self.label


def never_backwards(report: Report) -> Report:
    reached = 0

    def forward(percent: int, label: str) -> None:
        nonlocal reached
        reached = max(reached, percent)
        report(reached, label)

    return forward

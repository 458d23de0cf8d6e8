"""What came of a job of packages, in a sentence for people."""

from collections.abc import Iterator

from contracts.catalog.package_jobs import PackageJobCompleted

MAX_NAMES = 3
_PHRASES = {
    "SUCCESS": "{count} made", "SKIPPED": "{count} not made again", "FAILURE": "{count} failed ({names})",
    "REVOKED": "{count} not begun or cancelled",
}  # fmt: skip


def slug_of(event: PackageJobCompleted) -> str:
    """Returns how it ended, as a word for programs: `failed` when nothing is there."""
    if event.cancelled:
        return "cancelled"
    return "completed" if {"SUCCESS", "SKIPPED"} & set(event.outcomes.values()) else "failed"


def outcome_text(event: PackageJobCompleted) -> str:
    """Returns `Package “Gambia” is ready: 2 made, 1 failed (gridfinder.version_1).`"""
    end = {"cancelled": "was cancelled", "completed": "is ready", "failed": "could not be made"}[slug_of(event)]
    return f"Package “{event.title or event.boundary_name}” {end}: {', '.join(_parts(event))}."


def _parts(event: PackageJobCompleted) -> Iterator[str]:
    for status, phrase in _PHRASES.items():
        names = [name for name, outcome in event.outcomes.items() if outcome == status]
        if names:
            more = [f"{len(names) - MAX_NAMES} more"] if len(names) > MAX_NAMES else []
            yield phrase.format(count=len(names), names=", ".join(names[:MAX_NAMES] + more))

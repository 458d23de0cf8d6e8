"""Sentences about what an operation left out or altered."""

from typing import Any


def sentences(outcome: dict[str, Any] | None, what: str) -> list[str]:
    """Returns lines with the number of items left out or altered, and each reason with examples; empty if none."""
    if not outcome:
        return []
    missing = outcome["wanted"] - outcome["done"]
    found = [f"{missing} of {outcome['wanted']} {what} were left out:"] if missing else []
    found += [_reason(one) for one in outcome.get("left_out", [])]
    altered = [_reason(one) for one in outcome.get("altered", [])]
    return [*found, *([f"Some {what} were altered:"] if altered else []), *altered]


def _reason(one: dict[str, Any]) -> str:
    names = one.get("examples", [])
    more = ", ..." if one["count"] > len(names) else ""
    return f"  {one['count']} x {one['reason']} ({', '.join(names)}{more})"

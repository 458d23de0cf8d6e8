"""What Mapswipe says of a refusal, as a sentence for the person who pushed."""

from collections.abc import Iterator
from typing import Any

LONGEST = 300
_SAYING = ("message", "messages")


def refusal(errors: Any) -> str:
    said = "; ".join(dict.fromkeys(_said(errors)))
    words = " ".join("".join(c if c.isprintable() else " " for c in said).split())
    shown = words if len(words) <= LONGEST else f"{words[: LONGEST - 1]}…"
    return f"Mapswipe refused the project: {shown or 'it gives no reason'}"


def _said(errors: Any) -> Iterator[str]:
    """Texts at any depth; one that belongs to a field is preceded by its name."""
    if isinstance(errors, list):
        for error in errors:
            yield from _said(error)
    elif isinstance(errors, dict):
        place = f"{errors['field']}: " if isinstance(errors.get("field"), str) else ""
        for name, value in errors.items():
            if name in _SAYING and isinstance(value, str):
                yield place + value
            elif isinstance(value, list | dict):
                yield from _said(value)

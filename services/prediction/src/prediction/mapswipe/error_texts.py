"""What Mapswipe says of a refusal, as a sentence for the person who pushed."""

from collections.abc import Iterator
from typing import Any

MAX_LENGTH = 300
_SAYING = ("message", "messages")


def refusal_text(errors: Any) -> str:
    said = "; ".join(dict.fromkeys(_texts(errors)))
    words = " ".join("".join(c if c.isprintable() else " " for c in said).split())
    shown = words if len(words) <= MAX_LENGTH else f"{words[: MAX_LENGTH - 1]}…"
    return f"Mapswipe refused the project: {shown or 'it gives no reason'}"


def _texts(errors: Any) -> Iterator[str]:
    """Texts at any depth; one that belongs to a field is preceded by its name."""
    if isinstance(errors, list):
        for error in errors:
            yield from _texts(error)
    elif isinstance(errors, dict):
        place = f"{errors['field']}: " if isinstance(errors.get("field"), str) else ""
        for name, value in errors.items():
            if name in _SAYING and isinstance(value, str):
                yield place + value
            elif isinstance(value, list | dict):
                yield from _texts(value)

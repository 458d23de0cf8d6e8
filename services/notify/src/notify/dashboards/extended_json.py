"""Records of an export file: JSON in which MongoDB's dump writes dates and numbers as objects."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

NUMBERS = ("$numberLong", "$numberInt", "$numberDouble")
_INTEGER = re.compile(r"-?[0-9]{1,19}", re.ASCII)
INT64 = range(-(2**63), 2**63)
MAX_ID = 128


class BadRecord(ValueError):
    """Says what is wrong with a record."""


@dataclass(frozen=True)
class ImportedRecord:
    """`last_access` is None for now."""

    id: str
    dashboard: dict[str, Any]
    last_access: datetime | None
    whitelisted: bool
    protected: bool


def record_of(value: Any) -> ImportedRecord:
    """Returns a record of an export file. Raises BadRecord; unknown members are ignored."""
    if not isinstance(value, dict):
        raise BadRecord("is no object")
    found = {name: unwrapped(value[name]) for name in ("dashboard", "whitelisted", "protected") if name in value}
    if not isinstance(found.get("dashboard"), dict):
        raise BadRecord("has no object `dashboard`")
    return ImportedRecord(
        _id(value.get("_id")), found["dashboard"], _time(value.get("last_access")), _flag(found, "whitelisted"),
        _flag(found, "protected"),
    )  # fmt: skip


def unwrapped(value: Any) -> Any:
    """Returns the value with plain numbers. Raises BadRecord for one that is no number of 64 bits."""
    if isinstance(value, list):
        return [unwrapped(one) for one in value]
    if not isinstance(value, dict):
        return value
    if len(value) == 1 and (name := next(iter(value))) in NUMBERS:
        return _number(name, value[name])
    return {name: unwrapped(one) for name, one in value.items()}


def _number(name: str, text: Any) -> int | float:
    if not isinstance(text, str):
        raise BadRecord(f"has a {name} that is no text")
    if name != "$numberDouble":
        if not _INTEGER.fullmatch(text) or int(text) not in INT64:
            raise BadRecord(f"has a {name} of {text[:40]!r}")
        return int(text)
    try:
        number = float(text)
    except ValueError as error:
        raise BadRecord(f"has a {name} of {text[:40]!r}") from error
    if number - number != 0:
        raise BadRecord(f"has a {name} that is not finite")
    return number


def _id(value: Any) -> str:
    if not isinstance(value, str) or not 1 <= len(value) <= MAX_ID:
        raise BadRecord(f"has no `_id` of 1 to {MAX_ID} characters")
    return value


def _flag(found: dict[str, Any], name: str) -> bool:
    flag = found.get(name, False)
    if not isinstance(flag, bool):
        raise BadRecord(f"has a `{name}` that is neither true nor false")
    return flag


def _time(value: Any) -> datetime | None:
    """`{"$date": "<RFC 3339>"}`, `{"$date": {"$numberLong": "<ms>"}}`, or RFC 3339 text."""
    if value is None:
        return None
    inner = unwrapped(value["$date"]) if isinstance(value, dict) and set(value) == {"$date"} else value
    try:
        if isinstance(inner, int) and not isinstance(inner, bool) and isinstance(value, dict):
            return datetime.fromtimestamp(inner / 1000, UTC)
        found = datetime.fromisoformat(inner) if isinstance(inner, str) else None
    except (ValueError, OverflowError, OSError) as error:
        raise BadRecord("has a `last_access` that is no time") from error
    if found is None or found.tzinfo is None:
        raise BadRecord("has a `last_access` that is no time with a zone")
    return found

"""JSON of a large document: indented, with small parts on one line."""

import json
from collections.abc import Iterator
from typing import Any

WIDTH = 110


def written(value: Any) -> str:
    """Returns the text, with sorted keys."""
    return "\n".join(_lines(value, "")) + "\n"


def _lines(value: Any, name: str) -> Iterator[str]:
    text = json.dumps(value, sort_keys=True, ensure_ascii=False)
    if len(name) + len(text) <= WIDTH or not isinstance(value, dict | list) or not value:
        yield name + text
        return
    first, last = "{}" if isinstance(value, dict) else "[]"
    yield name + first
    yield from _members(value)
    yield last


def _members(value: dict[str, Any] | list[Any]) -> Iterator[str]:
    if isinstance(value, dict):
        members = [(json.dumps(key, ensure_ascii=False) + ": ", value[key]) for key in sorted(value)]
    else:
        members = [("", one) for one in value]
    for name, member in members[:-1]:
        lines = [" " + line for line in _lines(member, name)]
        yield from lines[:-1]
        yield lines[-1] + ","
    name, member = members[-1]
    yield from (" " + line for line in _lines(member, name))

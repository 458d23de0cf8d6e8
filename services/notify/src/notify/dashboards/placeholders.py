"""Placeholders such as `${run}` in names of channels: found, replaced, and turned into patterns for their values."""

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

PLACEHOLDER = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]{0,59})\}", re.ASCII)


def channels_of(dto: Any) -> list[dict[str, Any]]:
    """Returns all channels of a dashboard, those of curves included; of a content that was stored unchecked, those that
    look like channels."""
    found: list[dict[str, Any]] = []
    for widget in _objects(_inside(_inside(dto, "dashboard"), "widgets")):
        found += _objects(_inside(widget, "channels"))
        attributes = _inside(_inside(widget, "plotSettings"), "curveAttributes")
        curves = attributes.values() if isinstance(attributes, dict) else ()
        found += _objects([_inside(curve, "channel") for curve in curves])
    return [channel for channel in found if isinstance(channel.get("name"), str)]


def _inside(value: Any, name: str) -> Any:
    return value.get(name) if isinstance(value, dict) else None


def _objects(value: Any) -> list[dict[str, Any]]:
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def placeholders(names: Iterable[str]) -> dict[str, list[str]]:
    """Returns placeholder → the names that it is in, both in the order of first appearance."""
    found: dict[str, list[str]] = {}
    for name in dict.fromkeys(names):
        for placeholder in dict.fromkeys(PLACEHOLDER.findall(name)):
            found.setdefault(placeholder, []).append(name)
    return found


def pattern_of(name: str, placeholder: str) -> str:
    """Returns a regular expression for names of channels, with one group for the values of a placeholder. Others match
    any text without a slash, and a repeated placeholder only its own."""
    parts, is_open = [], True
    for number, part in enumerate(PLACEHOLDER.split(name)):
        if number % 2 == 0:
            parts.append(re.escape(part))
        elif part == placeholder and is_open:
            parts.append("([^/]+)")
            is_open = False
        else:
            parts.append("[^/]+")
    return f"^{''.join(parts)}$"


def values_of(pattern: str, names: Iterable[str]) -> list[str]:
    """Returns the values that names of channels have in the place of the group, each once."""
    compiled = re.compile(pattern)
    return list(dict.fromkeys(found[1] for name in names if (found := compiled.fullmatch(name))))


def resolved(dto: Any, values: Mapping[str, str]) -> list[str]:
    """Replaces placeholders in a dashboard: in names of channels, keys of curves, and texts beside them. Returns the
    placeholders that have no value."""
    left: dict[str, None] = {}

    def replace(found: re.Match[str]) -> str:
        if found[1] not in values:
            left[found[1]] = None
            return found[0]
        return values[found[1]]

    for widget in _objects(_inside(_inside(dto, "dashboard"), "widgets")):
        _resolve_widget(widget, lambda text: PLACEHOLDER.sub(replace, text))
    return list(left)


def _resolve_widget(widget: dict[str, Any], put: Callable[[str], str]) -> None:
    for channel in _objects(widget.get("channels")):
        _put(channel, ("name", "description"), put)
    settings = widget.get("plotSettings")
    if not isinstance(settings, dict):
        return
    _put(settings, ("plotTitle",), put)
    attributes = settings.get("curveAttributes")
    if isinstance(attributes, dict):
        for curve in _objects(list(attributes.values())):
            _put(curve, ("displayLabel",), put)
            _put(curve.get("channel"), ("name", "description"), put)
        settings["curveAttributes"] = {put(key): curve for key, curve in attributes.items()}
    for axis in _objects(settings.get("yAxisAttributes")):
        _put(axis, ("displayLabel",), put)


def _put(value: Any, names: tuple[str, ...], put: Callable[[str], str]) -> None:
    if isinstance(value, dict):
        value.update({name: put(value[name]) for name in names if isinstance(value.get(name), str)})

"""The rules of a sample: what producers send on `SUBJECT`, the recorder stores, and open streams show.

Plain code without pydantic, because a recorder reads 100,000 samples a second.
"""

import re
from collections.abc import Callable
from typing import Any, NamedTuple

from contracts.shared import Actor

SUBJECT = "channels.samples.v1"
DEFAULT_BACKEND = "platform"
MAX_SAMPLES = 10_000
MAX_ELEMENTS = 65_536
"""Numbers in one array."""
MAX_NAME, MAX_BACKEND, MAX_TEXT = 255, 64, 1 << 20
"""Characters."""
PRIVATE = "user-"
"""A backend with this prefix and the id of a user holds channels that only this user and administrators may read."""
_INT64 = 1 << 63
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_DIGITS = re.compile(r"[0-9]{1,19}")
_NON_FINITE = {"NaN": float("nan"), "Infinity": float("inf"), "-Infinity": float("-inf")}
_RANGES = {f"{sign}{bits}": (0 if sign == "u" else -(1 << (bits - 1)), (1 << (bits - (sign == "i"))) - 1)
           for sign in "iu" for bits in (8, 16, 32, 64)}  # fmt: skip
_FLOATS = ("f64", "f32")
TYPES = (*_FLOATS, *_RANGES, "bool", "string", "enum")
_BY_VALUE = {float: "f64", int: "f64", bool: "bool", str: "string", dict: "enum", list: "f64"}


class BadSample(Exception):
    """`where` is the path inside the sample: `("value", 3)`. `str()` is a sentence for the sender."""

    def __init__(self, text: str, *where: str | int) -> None:
        super().__init__(text)
        self.where = where


class Sample(NamedTuple):
    """One value of one channel. `ts` is in nanoseconds since the epoch. Of `number`, `text` and `array` those are set
    that the type of the channel needs; booleans are 0 and 1, enums have number and text."""

    backend: str
    name: str
    type: str
    ts: int
    pulse_id: int | None
    number: float | None
    text: str | None
    array: list[float] | None
    unit: str = ""
    description: str = ""
    source: str = ""

    @property
    def channel(self) -> tuple[str, str, str]:
        """What identifies the series."""
        return self.backend, self.name, self.type


def private_backend(user_id: int) -> str:
    """Returns the backend of the channels that only this user and administrators may read."""
    return f"{PRIVATE}{user_id}"


def readable_by(backend: str, name: str, owner: int | None) -> tuple[str, str]:
    """Returns backend and name of a channel. With `owner` only this user and administrators may read it; its name then
    begins with the backend, because all private channels of a user share one."""
    return (backend, name) if owner is None else (private_backend(owner), f"{backend}/{name}")


def may_read(actor: Actor, backend: str) -> bool:
    """Whether the actor may know of the channels of a backend."""
    if actor.is_admin or not backend.startswith(PRIVATE):
        return True
    return not actor.is_anonymous and backend == private_backend(actor.id)


def samples_of(body: Any, default_backend: str = DEFAULT_BACKEND) -> list[Sample]:
    """Returns the samples of a message, given as parsed JSON. Raises BadSample for the first that breaks a rule; its
    path begins at the top of the body."""
    entries: Any = body.get("samples") if body.__class__ is dict else None
    if entries.__class__ is not list or not 1 <= len(entries) <= MAX_SAMPLES:
        raise BadSample(f"must be a list of 1 to {MAX_SAMPLES} samples", "samples")
    found = list[Sample]()
    for number, entry in enumerate(entries):
        try:
            found.append(sample_of(entry, default_backend))
        except BadSample as problem:
            raise BadSample(str(problem), "samples", number, *problem.where) from problem
    return found


def sample_of(entry: Any, default_backend: str = DEFAULT_BACKEND) -> Sample:
    """Returns one sample, given as parsed JSON. Raises BadSample when it breaks a rule."""
    if entry.__class__ is not dict:
        raise BadSample("must be an object")
    get, value = entry.get, entry.get("value")
    kind = get("type") or _BY_VALUE.get(value.__class__, "")
    number, text, array = _value(kind, value) if value.__class__ is not float or kind != "f64" else (value, None, None)
    unit, description, source = get("unit") or "", get("description") or "", get("source") or ""
    if unit or description or source:
        _check_texts(unit=unit, description=description, source=source)
    return Sample(
        _backend(get("backend"), default_backend), _name(get("name")), kind, _time(get("ts")), _pulse(get("pulse_id")),
        number, text, array, unit, description, source,
    )  # fmt: skip


def _name(name: Any) -> str:
    if name.__class__ is not str or not 1 <= len(name) <= MAX_NAME:
        raise BadSample(f"must be a text of 1 to {MAX_NAME} characters", "name")
    if not name.isascii() or not name.isprintable() or name[0] == " " or name[-1] == " " or name.isdigit():
        _check_odd_name(name)
    return name


def _check_odd_name(name: str) -> None:
    if _CONTROL.search(name):
        raise BadSample("must not contain control characters", "name")
    if name != name.strip():
        raise BadSample("must not begin or end with blanks", "name")
    if name.isdigit():
        raise BadSample("must not consist of digits only: such a name is read as a series id", "name")


def _backend(backend: Any, default: str) -> str:
    if backend is None:
        return default
    if backend.__class__ is not str or not 1 <= len(backend) <= MAX_BACKEND or _CONTROL.search(backend):
        raise BadSample(f"must be a text of 1 to {MAX_BACKEND} characters", "backend")
    return backend


def _time(ts: Any) -> int:
    if ts.__class__ is str and _DIGITS.fullmatch(ts):
        ts = int(ts)
    if ts.__class__ is not int or not 0 <= ts < _INT64:
        raise BadSample("must be nanoseconds since the epoch, from 0 to 2^63 - 1", "ts")
    return ts


def _pulse(pulse: Any) -> int | None:
    if pulse is not None and (pulse.__class__ is not int or not -_INT64 <= pulse < _INT64):
        raise BadSample("must be an integer of 64 bits or null", "pulse_id")
    return pulse


def _check_texts(**texts: Any) -> None:
    for key, text in texts.items():
        _check_text(text, key)


def _check_text(text: Any, *where: str) -> None:
    if text.__class__ is not str or len(text) > MAX_TEXT or "\0" in text:
        raise BadSample(f"must be a text of at most {MAX_TEXT} characters without NUL", *where)


Stored = tuple[float | None, str | None, list[float] | None]


def _value(kind: Any, value: Any) -> Stored:
    if kind.__class__ is not str or kind not in TYPES:
        if kind == "":
            raise BadSample("must be a number, a boolean, a text, an enum or an array of numbers", "value")
        raise BadSample(f"must be one of {', '.join(TYPES)}", "type")
    if value.__class__ is list:
        return None, None, _array(kind, value)
    return _FORMS.get(kind, _numeric)(kind, value)


def _numeric(kind: str, value: Any) -> Stored:
    return _number(kind, value, "value"), None, None


def _number(kind: str, value: Any, *where: str | int) -> float:
    if kind in _FLOATS and value.__class__ is str and value in _NON_FINITE:
        return _NON_FINITE[value]
    if value.__class__ is not int and (kind not in _FLOATS or value.__class__ is not float):
        raise BadSample(f"must be {'a number' if kind in _FLOATS else 'an integer'} for the type {kind}", *where)
    if kind in _RANGES and not _RANGES[kind][0] <= value <= _RANGES[kind][1]:
        raise BadSample(f"does not fit the type {kind}", *where)
    return float(value)


def _array(kind: str, values: list[Any]) -> list[float]:
    if kind not in _FLOATS and kind not in _RANGES:
        raise BadSample(f"must not be an array for the type {kind}", "value")
    if not 1 <= len(values) <= MAX_ELEMENTS:
        raise BadSample(f"must be an array of 1 to {MAX_ELEMENTS} numbers", "value")
    return [_number(kind, value, "value", index) for index, value in enumerate(values)]


def _boolean(kind: str, value: Any) -> Stored:
    if value.__class__ is not bool:
        raise BadSample("must be true or false for the type bool", "value")
    return float(value), None, None


def _string(kind: str, value: Any) -> Stored:
    if value.__class__ is not str:
        raise BadSample("must be a text for the type string", "value")
    _check_text(value, "value")
    return None, value, None


def _enum(kind: str, value: Any) -> Stored:
    wanted = "must be an object with an integer `id` and a text `desc` for the type enum"
    if value.__class__ is not dict or set(value) != {"id", "desc"} or value["desc"].__class__ is not str:
        raise BadSample(wanted, "value")
    if value["id"].__class__ is not int or abs(value["id"]) > 2**53:
        raise BadSample(f"{wanted}; the id has at most 53 bits", "value", "id")
    _check_text(value["desc"], "value", "desc")
    return float(value["id"]), value["desc"], None


_FORMS: dict[str, Callable[[str, Any], Stored]] = {"bool": _boolean, "string": _string, "enum": _enum}

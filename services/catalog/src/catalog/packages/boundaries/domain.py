"""Names of boundaries, and why a file of them is refused."""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

import shapely

from extracts.names import is_own_area

RESERVED = frozenset({"search"})
"""Names that are parts of our addresses."""
MAX_NAME, MAX_NAME_LONG = 200, 500
"""Characters."""
MAX_OFFENDERS = 20
Kind = Literal["invalid", "conflict", "unprocessable"]


class ImportRefused(Exception):
    """Nothing of the file is stored. `names` are the offenders."""

    def __init__(self, kind: Kind, code: str, text: str, names: Iterable[str] = ()) -> None:
        self.names = sorted(set(names))
        shown = ", ".join(self.names[:MAX_OFFENDERS])
        more = f" and {len(self.names) - MAX_OFFENDERS} more" if len(self.names) > MAX_OFFENDERS else ""
        super().__init__(f"{text}{': ' * bool(shown)}{shown}{more}")
        self.kind, self.code = kind, code


@dataclass(frozen=True)
class NewBoundary:
    name: str
    name_long: str
    geometry: shapely.MultiPolygon


def clean_name(name: str) -> str:
    """Returns the name as it stands in addresses: only its letters a-z, in lower case."""
    return re.sub("[^a-z]", "", name.replace(" ", "-").lower())


def check_names(found: Sequence[NewBoundary], given: Sequence[str]) -> None:
    """Raises ImportRefused; `given` are the names as the file has them."""
    long_name = f"A long name is empty, longer than {MAX_NAME_LONG} characters or has a NUL"
    rules: dict[str, tuple[str, Callable[[NewBoundary], bool]]] = {
        "name_empty": ("A name has none of the letters a-z", lambda one: not one.name),
        "name_reserved": ("A name is reserved", lambda one: one.name in RESERVED or is_own_area(one.name)),
        "name_too_long": (f"A name has more than {MAX_NAME} letters", lambda one: len(one.name) > MAX_NAME),
        "name_long_invalid": (
            long_name,
            lambda one: not 0 < len(one.name_long) <= MAX_NAME_LONG or "\0" in one.name_long,
        ),
    }
    for code, (text, is_wrong) in rules.items():
        wrong = [name for one, name in zip(found, given, strict=True) if is_wrong(one)]
        if wrong:
            raise ImportRefused("unprocessable", code, text, wrong)
    _check_once(found)


def _check_once(found: Sequence[NewBoundary]) -> None:
    for names in ([one.name for one in found], [one.name_long for one in found]):
        twice = [name for name, count in Counter(names).items() if count > 1]
        if twice:
            raise ImportRefused("conflict", "name_twice", "Two features of the file have the same name", twice)

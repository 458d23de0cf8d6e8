"""Rules of taxonomies."""

from collections.abc import Sequence
from typing import Protocol


class Label(Protocol):
    """A label of a taxonomy."""

    @property
    def name(self) -> str: ...

    @property
    def synonyms(self) -> Sequence[str]: ...

    @property
    def parent(self) -> str | None: ...


def problem_of(labels: Sequence[Label]) -> str | None:
    """Returns what is wrong with the labels of a new version, in words; None when nothing is."""
    seen: set[str] = set()
    for name in (name for one in labels for name in (one.name, *one.synonyms)):
        if name.casefold() in seen:
            return f'"{name}" occurs twice among names and synonyms.'
        seen.add(name.casefold())
    parents = {one.name: one.parent for one in labels}
    for one in labels:
        if one.parent is not None and one.parent not in parents:
            return f'"{one.parent}", the parent of "{one.name}", is no label.'
    return _circle(parents)


def _circle(parents: dict[str, str | None]) -> str | None:
    checked: set[str] = set()
    for name in parents:
        way: dict[str, None] = {}
        at: str | None = name
        while at is not None and at not in checked:
            if at in way:
                return f'"{at}" is its own ancestor.'
            way[at] = None
            at = parents[at]
        checked |= way.keys()
    return None


def spellings(labels: Sequence[Label]) -> dict[str, str]:
    """Returns the label that each name and synonym, in lower case, stands for."""
    return {name.casefold(): one.name for one in labels for name in (one.name, *one.synonyms)}

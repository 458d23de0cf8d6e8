"""Addresses of tiles with placeholders from a fixed set."""

import re
from dataclasses import dataclass

from morecantile import Tile

_PLACEHOLDER = re.compile(r"\{([^{}]*)\}|[{}]")
_KNOWN = frozenset({"x", "y", "-y", "z", "s"})
_SUBDOMAINS = "abc"


class BadTemplate(ValueError):
    """Words for the person who gave the address."""


@dataclass(frozen=True)
class Template:
    """`{x} {y} {z}` in the XYZ scheme; `{-y}`, or `tms` with `{y}`, counts rows from the south; `{s}` is a, b or c."""

    text: str
    tms: bool = False

    @classmethod
    def of(cls, text: str, tms: bool = False) -> "Template":
        """BadTemplate unless all of x, y, z are there and nothing else is."""
        names = [match.group(1) for match in _PLACEHOLDER.finditer(text)]
        strange = sorted({str(name) for name in names if name not in _KNOWN})
        if strange:
            raise BadTemplate(f"Unknown placeholder {{{strange[0]}}}; known are {{x}}, {{y}}, {{-y}}, {{z}} and {{s}}.")
        if not {"x", "z"} <= set(names) or not {"y", "-y"} & set(names):
            raise BadTemplate("The address of the tiles needs the placeholders {x}, {y} and {z}.")
        return cls(text, tms)

    def url(self, tile: Tile) -> str:
        south = 2**tile.z - 1 - tile.y
        values = {
            "x": tile.x, "z": tile.z, "y": south if self.tms else tile.y, "-y": south,
            "s": _SUBDOMAINS[(tile.x + tile.y) % len(_SUBDOMAINS)],
        }  # fmt: skip
        return _PLACEHOLDER.sub(lambda match: str(values[match.group(1)]), self.text)

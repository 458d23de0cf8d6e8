"""URL templates of imagery: one rule for the services that accept one from a user and for those that fetch its
tiles."""

import math
import re
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

_PREFIX = re.compile(r"(?P<kind>[a-z_]+)(?:\[(?:(?P<least>\d+),)?(?P<most>\d+)\])?:(?=https?://|\{switch:)", re.I)
_ENCODED = re.compile(r"%7B(?P<name>(?:(?!%7D)[^{}])*)%7D", re.I)
_PLACEHOLDER = re.compile(r"\{([^{}]*)\}|[{}]")
_NAMES = {"zoom": "z", "quadkey": "q", "ty": "-y"}
"""Other spellings of placeholders: those of JOSM, HOT's Tasking Manager and iD, and ours."""
_KNOWN = frozenset({"x", "y", "-y", "z", "q", "s"})
_SUBDOMAINS = ("a", "b", "c")
_SWITCH = "switch:"
_WANTED = "The address of the tiles needs the placeholders {x}, {y} and {z}."
EQUATOR_METRES = 2 * math.pi * 6_378_137
"""The equator of web Mercator. The radius is that of `geo.measure`, which contracts do not import."""


def metres_per_pixel(zoom: int, south: float, north: float) -> float:
    """Returns how wide a pixel of a tile is on the ground, between two latitudes (degrees), where it is widest.

    Tiles count as 256 pixels, the fewest that tile servers give.
    """
    nearest = 0.0 if south < 0 < north else min(abs(south), abs(north))
    return EQUATOR_METRES / (256 << zoom) * math.cos(math.radians(nearest))


class BadTemplate(ValueError):
    """The message is a sentence for the person who gave the URL."""


@dataclass(frozen=True)
class Template:
    """`{x} {y} {z}` in the XYZ scheme; `{-y}`, or `tms` with `{y}`, counts rows from the south; `{q}` is Bing's
    quadkey; `{s}` is a, b or c, and `{switch:1,2}` one of the listed values. Tiles have zoom levels from `least` to
    `most`."""

    text: str
    tms: bool = False
    least: int = 0
    most: int | None = None

    @classmethod
    def of(cls, text: str, tms: bool = False) -> "Template":
        """Parses a template as JOSM, HOT's Tasking Manager, iD, Leaflet and QGIS write it. Raises BadTemplate for
        anything else."""
        prefix, address = _split_prefix(_decoded(text.strip()))
        if not address.startswith(("http://", "https://", "{switch:")):
            raise BadTemplate("The address of the imagery begins with https://.")
        if "${" in address:
            raise BadTemplate("Write {x}, {y} and {z} without the $ in front of them.")
        address = _PLACEHOLDER.sub(lambda found: f"{{{_name(found)}}}", address)
        _check({found.group(1) for found in _PLACEHOLDER.finditer(address)})
        most = prefix.get("most")
        return cls(address, tms, int(prefix.get("least") or 0), int(most) if most else None)

    def url(self, tile: tuple[int, int, int]) -> str:
        """Returns the URL of a tile; `tile` is column, row from the north, and zoom level."""
        x, y, z = tile
        south = 2**z - 1 - y
        values = {"x": x, "z": z, "y": south if self.tms else y, "-y": south, "q": _quadkey(x, y, z)}

        def value(found: re.Match[str]) -> str:
            choices = _choices(found.group(1))
            return choices[(x + y) % len(choices)] if choices else str(values[found.group(1)])

        return _PLACEHOLDER.sub(value, self.text)

    def check_zoom(self, zoom: int) -> None:
        """Raises BadTemplate when the template has no tiles of this zoom level."""
        if zoom < self.least or (self.most is not None and zoom > self.most):
            raise BadTemplate(f"This imagery has the zooms {self.least} to {self.most}; you asked for zoom {zoom}.")

    @property
    def plain(self) -> str:
        """Returns a template for programs that know only `{x} {y} {-y} {z} {q}`."""
        text = _PLACEHOLDER.sub(lambda found: (_choices(found.group(1)) or [found.group(0)])[0], self.text)
        return text.replace("{y}", "{-y}") if self.tms else text


def is_tilejson(address: str) -> bool:
    """Whether the URL names a TileJSON document: no placeholders, and a path that ends in `.json`."""
    text = _decoded(address.strip())
    return urlsplit(text).path.lower().endswith(".json") and not _PLACEHOLDER.search(text)


def first_url(address: str, zoom: int | None = None) -> str:
    """Returns the URL that a job requests first: the TileJSON, or the tile of zoom 0. Raises BadTemplate when the URL
    is neither, or when its tiles do not have this zoom level."""
    if is_tilejson(address):
        return address.strip()
    template = Template.of(address)
    if zoom is not None:
        template.check_zoom(zoom)
    return template.url((0, 0, 0))


def plain_address(address: str) -> str:
    """Returns a URL for programs that know only plain templates, or TileJSON."""
    return address.strip() if is_tilejson(address) else Template.of(address).plain


def checked_address(text: str) -> str:
    """Returns the URL as it is stored, without surrounding blanks. Raises BadTemplate."""
    if not first_url(text).startswith(("http://", "https://")):
        raise BadTemplate("The address of the imagery begins with https://.")
    return text.strip()


def _decoded(text: str) -> str:
    """Braces that a browser has percent-encoded, where a placeholder stands between them."""

    def decoded(found: re.Match[str]) -> str:
        name = unquote(found["name"])
        return f"{{{name}}}" if _NAMES.get(name, name) in _KNOWN or _choices(name) else found.group(0)

    return _ENCODED.sub(decoded, text)


def _split_prefix(text: str) -> tuple[dict[str, str | None], str]:
    """JOSM's `tms[2,19]:` and the address behind it."""
    found = _PREFIX.match(text)
    if not found:
        return {}, text
    if found["kind"].lower() != "tms":
        raise BadTemplate(f"Imagery comes as tiles (tms), not as {found['kind'].lower()}.")
    return found.groupdict(), text[found.end() :]


def _name(found: re.Match[str]) -> str:
    """As we write it; a brace without its other half keeps no name."""
    name = found.group(1)
    if name is None:
        raise BadTemplate("The address of the imagery has a brace without its other half.")
    return _NAMES.get(name, name)


def _check(names: set[str]) -> None:
    strange = sorted(name for name in names if name not in _KNOWN and not _choices(name))
    if strange:
        known = "{x}, {y}, {-y}, {z} or {zoom}, {q}, {s} and {switch:a,b}"
        raise BadTemplate(f"Unknown placeholder {{{strange[0]}}}; known are {known}.")
    if "q" not in names and not ({"x", "z"} <= names and {"y", "-y"} & names):
        raise BadTemplate(_WANTED)


def _choices(name: str) -> list[str]:
    if name == "s":
        return list(_SUBDOMAINS)
    return [choice for choice in name.removeprefix(_SWITCH).split(",") if choice] if name.startswith(_SWITCH) else []


def _quadkey(x: int, y: int, z: int) -> str:
    return "".join(str((x >> level & 1) + 2 * (y >> level & 1)) for level in reversed(range(z)))

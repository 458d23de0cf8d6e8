"""Masks the secrets in URLs that other users may see."""

import re
from urllib.parse import SplitResult, parse_qsl, urlsplit, urlunsplit

MASK = "***"
_PICTURE = """
    assets bands bbox bgcolor bidx bounds collection collections color_formula colormap colormap_name crs date
    datetime dpi elevation ext exitonerror expression exceptions format height ids item items lang language layer
    layers level lod map matrixset mode nodata pixel_selection proc quadkey rescale resampling request return_mask
    scale service size srs srsname style styles tile tilecol tilematrix tilematrixset tilerow tilesize time
    transparent type unscale url v version width x y z zoom
"""
PLAIN = frozenset(_PICTURE.split())
"""Names of query parameters that select a picture. The value of any other parameter may be a key."""
_PLACEHOLDERS = re.compile(r"(?:\{[^{}]*\}|[-_.,:/]|%7B[^%]*%7D)+", re.IGNORECASE)
_NAMED = re.compile(r"(?i)(/(?:api[-_]?keys?|keys?|tokens?|access[-_]?tokens?|auth|secret)[/=])[^/{}]+")
_SHAPED = re.compile(
    r"(?:[ps]k|tk)\.eyJ[\w.-]+"  # Mapbox
    r"|eyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]*"  # JSON Web Token
    r"|(?:AKIA|ASIA)[A-Z0-9]{16}"  # AWS
    r"|AIza[\w-]{30,}"  # Google
    r"|PLAK[0-9a-f]{16,}"  # Planet
)
_FIRST_PART = re.compile(r"(?i)^//wxs\.ign\.fr/[^/]+")


def masked(address: str) -> str:
    """Returns the URL with `***` in place of user and password, of path segments that are named or shaped like a key,
    of every query value that does not select a picture, and of the fragment."""
    try:
        parts = urlsplit(address)
        query = "&".join(map(_parameter, parts.query.split("&"))) if parts.query else ""
    except ValueError:
        return MASK
    fragment = MASK if parts.fragment else ""
    return urlunsplit(SplitResult(parts.scheme, _host(parts), _path(parts), query, fragment))


def _host(parts: SplitResult) -> str:
    user, at, host = parts.netloc.rpartition("@")
    return f"{MASK}@{host}" if at and user else parts.netloc


def _path(parts: SplitResult) -> str:
    if _FIRST_PART.match(f"//{parts.hostname or ''}{parts.path}"):
        return re.sub(r"^/[^/]+", f"/{MASK}", parts.path)
    path = "/".join(_segment(segment) for segment in parts.path.split("/"))
    return _SHAPED.sub(MASK, _NAMED.sub(rf"\g<1>{MASK}", path))


def _segment(segment: str) -> str:
    """Masks parameters of a path segment: `tiles;token=…`."""
    name, semicolon, rest = segment.partition(";")
    return name + semicolon + ";".join(map(_parameter, rest.split(";"))) if semicolon else segment


def _parameter(given: str) -> str:
    name, equals, value = given.partition("=")
    if not equals:
        return MASK if _SHAPED.search(given) else given
    if not value or _PLACEHOLDERS.fullmatch(value):
        return given
    if name.lower() not in PLAIN:
        return f"{name}={MASK}"
    return f"{name}={_inner(value)}"


def _inner(value: str) -> str:
    """Masks the URL of another server inside a parameter (`url=…`) as a URL."""
    [(_, plain)] = parse_qsl(f"v={value}", keep_blank_values=True, separator="\0") or [("", value)]
    hidden = masked(plain) if "://" in plain else _SHAPED.sub(MASK, plain)
    return value if hidden == plain else hidden.replace("&", "%26").replace("#", "%23")

"""Names of output files and keys of equal requests."""

import hashlib
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import orjson

if TYPE_CHECKING:  # the catalog reads names without the libraries of outlines
    from extracts.outline import Outline

_OWN_AREA, _LETTERS = "own", 24


def output_name(dataset: str, version: str, boundary: str, extension: str, stem: str | None = None) -> str:
    """`stem`: of the source, for a dataset of several files."""
    parts = [dataset, version, *([stem] if stem else []), boundary]
    return f"{'-'.join(parts)}.{extension.lstrip('.')}"


def own_area_name(outline_sha256: str) -> str:
    """The name of the package of an area that somebody drew: `own` and 24 letters, which nobody guesses who does not
    know the outline. Equal outlines share one. `outline_sha256`: `Outline.sha256`, hex."""
    number, letters = int(outline_sha256, 16), ""
    for _ in range(_LETTERS):
        number, digit = divmod(number, 26)
        letters += chr(ord("a") + digit)
    return f"{_OWN_AREA}{letters}"


def is_own_area(package: str) -> bool:
    """Whether a package has the name of an own area; no boundary may have one."""
    return re.fullmatch(f"{_OWN_AREA}[a-z]{{{_LETTERS}}}", package) is not None


def request_key(outline: "Outline", processor: str, sources: Mapping[str, str], options: Mapping[str, Any]) -> str:
    """The same for every request that makes the same files, whoever asks and whatever the area is called.

    `processor` names the version of the code; `sources` are hashes or release names of the source files; `options` are
    all choices that change a byte. Their order does not matter.
    """
    asked = {"outline": outline.sha256, "processor": processor, "sources": dict(sources), "options": dict(options)}
    return hashlib.sha256(orjson.dumps(asked, option=orjson.OPT_SORT_KEYS)).hexdigest()

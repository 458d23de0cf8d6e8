"""Names of output files and keys of equal requests."""

import hashlib
import re
from collections.abc import Mapping
from typing import Any

import orjson

from extracts.outline import Outline


OWN = re.compile(r"own[a-p]{24}")


def own_area_name(outline_sha256: str) -> str:
    """The package name of an area that is no stored boundary: `own` and 24 letters, the same for equal outlines."""
    return "own" + "".join(chr(ord("a") + int(digit, 16)) for digit in outline_sha256[:24])


def is_own_area(name: str) -> bool:
    return OWN.fullmatch(name) is not None


def output_name(dataset: str, version: str, boundary: str, extension: str, stem: str | None = None) -> str:
    """`stem`: of the source, for a dataset of several files."""
    parts = [dataset, version, *([stem] if stem else []), boundary]
    return f"{'-'.join(parts)}.{extension.lstrip('.')}"


def request_key(outline: Outline, processor: str, sources: Mapping[str, str], options: Mapping[str, Any]) -> str:
    """The same for every request that makes the same files, whoever asks and whatever the area is called.

    `processor` names the version of the code; `sources` are hashes or release names of the source files; `options` are
    all choices that change a byte. Their order does not matter.
    """
    asked = {"outline": outline.sha256, "processor": processor, "sources": dict(sources), "options": dict(options)}
    return hashlib.sha256(orjson.dumps(asked, option=orjson.OPT_SORT_KEYS)).hexdigest()

"""Names of models as identifiers: letters of every script, and never one identifier for two names."""

import re
import unicodedata
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from slugify import slugify

MAX_LENGTH = 200
_DIGEST_LENGTH = 11
"""Characters that tell apart what would otherwise be one identifier: `-` and ten of a digest."""


@dataclass(frozen=True)
class ModelName:
    slug: str
    """Empty when the name has no letter and no digit."""
    apart: str
    """To be used where another name has taken the slug."""
    spelling: str
    """What two ways to write one name have in common: case, blanks and punctuation do not count, letters do."""
    is_slug: bool
    """It is an identifier already, and stands for whatever bears it."""


def read_name(name: str) -> ModelName:
    slug, spelling = slug_of(name), _spelling(name)
    digest = sha256(spelling.encode()).hexdigest()[: _DIGEST_LENGTH - 1]
    return ModelName(slug, f"{slug[: MAX_LENGTH - _DIGEST_LENGTH]}-{digest}", spelling, slug == name)


def choose_name(taken: list[dict[str, Any]], wanted: ModelName) -> dict[str, Any] | None:
    """Of the names in use (`{name, spelling, …}`) the one that is meant; None when there is none, and the first of
    `slug` and `apart` that is free is the model's."""
    by_name = {row["name"]: row for row in taken}
    plain, apart = by_name.get(wanted.slug), by_name.get(wanted.apart)
    if plain and (wanted.is_slug or plain["spelling"] in (None, wanted.spelling)):
        return plain
    return apart


def slug_of(name: str) -> str:
    """`"Hill Top,  roofs #3"` → `hill-top-roofs-3`, `"Żółte dachy"` → `zolte-dachy`; empty when nothing is left.

    Only letters that ASCII has no base letter for are transliterated, as those of dataset titles are: identifiers that
    exist stay what they are.
    """
    plain = unicodedata.normalize("NFKD", name)
    if any(letter.isalnum() and not letter.isascii() for letter in plain):
        return slugify(name, max_length=MAX_LENGTH, word_boundary=True) or "model"
    plain = plain.encode("ascii", "ignore").decode().lower()
    return re.sub(r"[-\s]+", "-", re.sub(r"[^\w\s-]", "", plain)).strip("-_")


def _spelling(name: str) -> str:
    """Marks are kept, too: in many scripts they are the vowels."""
    folded = unicodedata.normalize("NFKC", name).casefold()
    return " ".join("".join(one if unicodedata.category(one)[0] in "LMN" else " " for one in folded).split())

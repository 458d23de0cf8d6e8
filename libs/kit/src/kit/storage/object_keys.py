"""Checks keys of the object store that clients name: some keys cost a store seconds, or break its listing."""

import re

MAX_BYTES = 1024
_IMPOSSIBLE = re.compile("[\x00-\x1f\x7f\ud800-\udfff\ufffe\uffff]")
"""Characters that XML cannot hold; stores answer in XML."""
_STEPS = frozenset({".", ".."})


def is_possible(key: str) -> bool:
    """Whether an object or a prefix may have this key. Path steps (`.`, `..`) are no part of a key: HTTP clients
    resolve them before they ask."""
    if len(key) > MAX_BYTES or _IMPOSSIBLE.search(key) or not _STEPS.isdisjoint(key.split("/")):
        return False
    return len(key.encode()) <= MAX_BYTES

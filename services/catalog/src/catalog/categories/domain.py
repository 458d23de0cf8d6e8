"""Limits of categories."""

import re

MAX_LABEL = 100
_SLUG = re.compile(r"[a-zA-Z0-9_-]{1,50}")


def slug_problem(slug: str) -> str:
    """Returns why the slug is invalid; empty when it is valid."""
    return "" if _SLUG.fullmatch(slug) else "Letters, digits, - and _ only, at most 50."


def label_problem(label: str) -> str:
    """Returns why the label is invalid; empty when it is valid."""
    return "" if label.strip() and len(label) <= MAX_LABEL else f"Between 1 and {MAX_LABEL} characters."

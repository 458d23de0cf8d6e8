"""Query parameters of v1 lists: numbers as states, and ranges such as `created_at__gte=…`."""

import re
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, ConfigDict

from contracts.shared import Comparison, Page
from gateway.http.inputs.fields import UserId
from gateway.http.pagination import Ordered, Searched, Word

_RANGE = re.compile(r"(id|created_at|last_modified|source_imagery)(?:__(gt|gte|lt|lte))?")


class Compared(Searched, Ordered):
    """Also accepts `id`, `created_at`, `last_modified`, `source_imagery`, each with `__gt`, `__gte`, `__lt`,
    `__lte`."""

    model_config = ConfigDict(extra="allow")

    user: UserId | None = None

    def page(self, size: int) -> Page:
        return super().page(size).model_copy(update={"compare": self.comparisons(), "by_id": True})

    def comparisons(self) -> list[Comparison]:
        asked = ((_RANGE.fullmatch(key), value) for key, value in (self.model_extra or {}).items())
        found = ({"field": m[1], "op": m[2] or "exact", "value": str(value)} for m, value in asked if m)
        return [Comparison.model_validate(one) for one in found]

    def fields(self) -> dict[str, Any]:
        return {key: value for key, value in super().fields().items() if key in type(self).model_fields}


def _number(text: object) -> object:
    return int(text) if isinstance(text, str) and text.lstrip("-").isdigit() else text


StatusNumber = Annotated[Literal[-1, 0, 1], BeforeValidator(_number)]
NOTHING = Comparison(field="id", value="0")
"""Matches no row."""
RENAMED = {"finished_at": "ended_at", "created_at": "submitted_at", "model": "local_model"}


def rename_ordering(ordering: Word) -> str:
    """Translates field names of v1 to those of current runs."""
    names = (name.strip() for name in ordering.split(","))
    return ",".join("-" * name.startswith("-") + RENAMED.get(name.lstrip("-"), name.lstrip("-")) for name in names)

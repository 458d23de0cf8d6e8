"""Inputs of the label store: strict bodies, ids and numbers of queries. `"1"` is no number in a body, `1.0` none in a
query."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from contracts.catalog.label_shared import ListPage
from gateway.http.inputs.fields import MAX_ID

MAX_NUMBER = 2**31 - 1
FLAGS = {"true": True, "false": False}


def _digits(value: Any) -> Any:
    """Raises ValueError for text that has anything but the digits 0 to 9."""
    if isinstance(value, str) and not (value.isascii() and value.isdigit()):
        raise ValueError("must be an integer")
    return value


Id = Annotated[int, BeforeValidator(_digits), Field(ge=0, le=MAX_ID)]
"""In a path or a query."""
Number = Annotated[int, BeforeValidator(_digits), Field(ge=1, le=MAX_NUMBER)]
Flag = Annotated[Literal["true", "false"] | None, Field()]
Text = Annotated[str | None, Field(min_length=1, max_length=1024)]


class StrictBody(BaseModel):
    """Without coercion; unknown members are ignored."""

    model_config = ConfigDict(strict=True, extra="ignore")


class Paged(BaseModel):
    page: Number = 1
    per_page: Number = 10

    def list_page(self, most: int) -> ListPage:
        return ListPage(page=self.page, per_page=min(self.per_page, most))

    def filters(self) -> dict[str, Any]:
        """Returns what was asked for beside the page, by name of the query's field; `true` and `false` as booleans."""
        given = self.model_dump(exclude={"page", "per_page"}, exclude_none=True)
        return {name: FLAGS.get(value, value) if name == "labeled" else value for name, value in given.items()}


class PagedByThousand(Paged):
    per_page: Number = 1000


def has_at(email: str) -> bool:
    """Whether there is something before and after one @; more is not asked of an address."""
    before, _, after = email.partition("@")
    return bool(before and after and "@" not in after)

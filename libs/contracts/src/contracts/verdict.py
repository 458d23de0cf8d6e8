"""The owner's decision on a command. Stored beside the inbox row, so that a repeated command gets its first verdict."""

from enum import StrEnum
from functools import cached_property
from typing import Annotated, Any, Literal

from pydantic import Field, TypeAdapter

from contracts.base import Contract


class Kind(StrEnum):
    """Why a command was refused; the gateway maps it to an HTTP status."""

    UNAUTHENTICATED = "unauthenticated"
    FORBIDDEN = "forbidden"
    NOT_FOUND = "not_found"
    CONFLICT = "conflict"
    INVALID = "invalid"
    UNPROCESSABLE = "unprocessable"
    TOO_MANY = "too_many"
    UNAVAILABLE = "unavailable"
    EXPIRED = "expired"
    INTERNAL = "internal"


class Decision(Contract):
    """What both verdicts have."""

    @cached_property
    def json_text(self) -> bytes:
        """The verdict as JSON, written once: its record and its answer are the same bytes."""
        return self.model_dump_json().encode()


class Accepted(Decision):
    """The command is done. `result` is the body of the response to the client."""

    status: Literal["accepted"] = "accepted"
    result: Any = None
    http: int = 200
    replayed: bool = False
    """It was given before, to an earlier command of the same id."""


class Refused(Decision):
    """The command is not done and will not be; `code` is stable, `detail` is for people, `facts` for programs."""

    status: Literal["refused"] = "refused"
    kind: Kind
    code: str
    detail: str = ""
    facts: dict[str, Any] = {}
    replayed: bool = False


Verdict = Annotated[Accepted | Refused, Field(discriminator="status")]
VERDICT: TypeAdapter[Accepted | Refused] = TypeAdapter(Verdict)

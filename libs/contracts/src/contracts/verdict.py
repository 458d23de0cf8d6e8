"""What the owner says of a command. Stored beside the inbox row, so that a repeated command gets its first verdict."""

from enum import StrEnum
from typing import Annotated, Any, Literal

from pydantic import Field, TypeAdapter

from contracts.base import Contract


class Kind(StrEnum):
    """Why something was refused; the gateway maps it to a status."""

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


class Accepted(Contract):
    """Done. `result` is the answer that the client gets, ready to be sent."""

    status: Literal["accepted"] = "accepted"
    result: Any = None
    http: int = 200


class Refused(Contract):
    """Not done and it will not be; `code` is stable, `detail` is for people, `facts` for programs."""

    status: Literal["refused"] = "refused"
    kind: Kind
    code: str
    detail: str = ""
    facts: dict[str, Any] = {}


Verdict = Annotated[Accepted | Refused, Field(discriminator="status")]
VERDICT: TypeAdapter[Accepted | Refused] = TypeAdapter(Verdict)


class Answer(Contract):
    """Reply to a query: either a value or a refusal."""

    value: Any = None
    refused: Refused | None = None

"""Errors of the domain: a kind and a stable code, no transport.

DomainError
 ├─ Unauthenticated  Forbidden  NotFound  Conflict  Invalid  Unprocessable  TooMany
 └─ Unavailable      a neighbour is down: worth trying again, never a verdict on the bus
"""

from typing import Any, ClassVar

from contracts.verdict import Kind, Refused


class DomainError(Exception):
    """`code` is part of the contract, `detail` is for people, `facts` become the error's `details`."""

    kind: ClassVar[Kind] = Kind.INTERNAL

    def __init__(self, code: str, /, detail: str = "", **facts: Any) -> None:
        super().__init__(detail or code)
        self.code, self.detail, self.facts = code, detail, facts

    def refused(self) -> Refused:
        return Refused(kind=self.kind, code=self.code, detail=self.detail, facts=self.facts)


class Unauthenticated(DomainError):
    kind = Kind.UNAUTHENTICATED


class Forbidden(DomainError):
    kind = Kind.FORBIDDEN


class NotFound(DomainError):
    """No such thing, or not yours to see."""

    kind = Kind.NOT_FOUND


class Conflict(DomainError):
    """The state does not allow it."""

    kind = Kind.CONFLICT


class Invalid(DomainError):
    """Well-formed but wrong; `facts` map field names to lists of messages."""

    kind = Kind.INVALID


class Unprocessable(DomainError):
    kind = Kind.UNPROCESSABLE


class TooMany(DomainError):
    """`facts["retry_after"]` holds seconds."""

    kind = Kind.TOO_MANY


class Unavailable(DomainError):
    kind = Kind.UNAVAILABLE


class Expired(DomainError):
    """The command waited longer than its sender wanted."""

    kind = Kind.EXPIRED


class Internal(DomainError):
    kind = Kind.INTERNAL


_BY_KIND: dict[Kind, type[DomainError]] = {error.kind: error for error in DomainError.__subclasses__()}


def error_of(refused: Refused) -> DomainError:
    """The error a refusal from another service stands for, to be raised on this side."""
    return _BY_KIND[refused.kind](refused.code, refused.detail, **refused.facts)

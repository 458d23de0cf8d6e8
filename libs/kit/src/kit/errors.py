"""Errors of the domain: a kind and a stable code, independent of transport.

DomainError
 ├─ Unauthenticated  Forbidden  NotFound  Conflict  Invalid  Unprocessable  RateLimited
 └─ Unavailable      an upstream service is down: worth trying again, never a verdict on the bus
     └─ Misconfigured  it is up and refuses the call: an operator has to correct the configuration
"""

from typing import Any, ClassVar

from contracts.verdict import Kind, Refused
from kit.db.jsonb import storable


class DomainError(Exception):
    """`code` is part of the contract, `detail` is a sentence for people, `facts` become the error's `details` in
    HTTP."""

    kind: ClassVar[Kind] = Kind.INTERNAL

    def __init__(self, code: str, /, detail: str = "", **facts: Any) -> None:
        super().__init__(detail or code)
        self.code, self.detail, self.facts = code, detail, facts

    def refused(self) -> Refused:
        """Returns the error as the verdict that travels over the bus, with values that PostgreSQL can store."""
        return Refused(kind=self.kind, code=self.code, detail=storable(self.detail), facts=storable(self.facts))


class Unauthenticated(DomainError):
    """Credentials are missing or not valid."""

    kind = Kind.UNAUTHENTICATED


class Forbidden(DomainError):
    """The caller is known and may not do this."""

    kind = Kind.FORBIDDEN


class NotFound(DomainError):
    """There is no such thing, or the caller may not see it."""

    kind = Kind.NOT_FOUND


class Conflict(DomainError):
    """The current state does not allow the operation."""

    kind = Kind.CONFLICT


class Invalid(DomainError):
    """The input is well-formed but wrong; `facts` map field names to lists of messages."""

    kind = Kind.INVALID


class Unprocessable(DomainError):
    """The input is understood, but cannot be carried out."""

    kind = Kind.UNPROCESSABLE


class RateLimited(DomainError):
    """The caller has reached a limit; `facts["retry_after"]` is in seconds."""

    kind = Kind.TOO_MANY


class Unavailable(DomainError):
    """An upstream service is down or busy; the same call may succeed later."""

    kind = Kind.UNAVAILABLE


class Misconfigured(Unavailable):
    """An upstream service refuses what the platform asks; time alone does not cure it."""

    pass


class Expired(DomainError):
    """The command waited longer than its sender allowed."""

    kind = Kind.EXPIRED


class Internal(DomainError):
    """A bug of ours; the caller gets no details."""

    kind = Kind.INTERNAL


_BY_KIND: dict[Kind, type[DomainError]] = {error.kind: error for error in DomainError.__subclasses__()}


def error_of(refused: Refused) -> DomainError:
    """Returns the error that a refusal of another service stands for, to be raised on this side."""
    return _BY_KIND[refused.kind](refused.code, refused.detail, **refused.facts)

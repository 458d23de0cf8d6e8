"""Turns messages into headers and bytes, and back."""

import hashlib
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any, Generic, TypeVar, cast
from uuid import UUID, uuid4

from pydantic import ValidationError

from contracts import headers as h
from contracts.base import REGISTRY, Command, Event, Job, Message
from contracts.shared import Actor
from kit.messaging.broker_clock import BROKER_CLOCK
from kit.telemetry.tracing import inject

M = TypeVar("M", bound=Message)
SERVICE = Actor(id=0, username="service", roles=frozenset({"service"}))


@dataclass(frozen=True)
class Envelope:
    """A message as it arrived, with what its sender claims about itself."""

    id: UUID
    message: Message | None
    """None when the body does not match its contract."""
    actor: Actor
    data: bytes
    headers: dict[str, str] = field(repr=False)

    @property
    def fingerprint(self) -> bytes:
        """SHA-256 of the body."""
        return hashlib.sha256(self.data).digest()

    @property
    def work(self) -> UUID:
        """Id of the message that this one goes back to, itself when nothing caused it: one command with all its events
        and jobs is one piece of work."""
        return UUID(self.headers.get(h.CORRELATION, str(self.id)))

    @property
    def sent_at(self) -> datetime:
        """Time at which the sender sent it, by its own claim."""
        return datetime.fromisoformat(self.headers[h.TIME])

    def is_late(self, stored_at: datetime) -> bool:
        """Whether the command has expired since its stream stored it at `stored_at`. A replay is never late: an
        operator wants it now."""
        limit = getattr(self.message, "expires", None)
        if limit is None or h.REPLAY in self.headers:
            return False
        return BROKER_CLOCK.now() - stored_at > timedelta(seconds=limit)


@dataclass(frozen=True)
class Received(Generic[M]):
    """One event of a batch; `sent_at` is the time at which its sender sent it."""

    message: M
    sent_at: datetime

    @classmethod
    def of(cls, envelope: Envelope) -> "Received[Any]":
        return cls(cast("M", envelope.message), envelope.sent_at)


@dataclass(frozen=True)
class Asked(Generic[M]):
    """One query of several that are answered together, and the user who asks it."""

    message: M
    actor: Actor

    @classmethod
    def of(cls, envelope: Envelope) -> "Asked[Any]":
        return cls(cast("M", envelope.message), envelope.actor)


class MalformedMessage(Exception):
    """The message does not match its contract; no retry changes that. `envelope` is what could be read of it."""

    def __init__(self, reason: str, envelope: Envelope | None = None) -> None:
        super().__init__(reason)
        self.envelope = envelope


def headers_of(
    message: Message, source: str, actor: Actor, message_id: UUID, cause: Envelope | None = None
) -> dict[str, str]:
    """Returns the CloudEvents headers of a message from the service `source`; `cause` is the message that led to it.
    Events and jobs also carry the server's deduplication id, commands do not (see DESIGN 2.3)."""
    headers = {
        h.SPEC: "1.0",
        h.ID: str(message_id),
        h.TYPE: message.ce_type(),
        h.SOURCE: f"/services/{source}",
        h.TIME: BROKER_CLOCK.now().isoformat(),
        h.ACTOR: actor_json(actor),  # pyright: ignore[reportArgumentType]  (frozen models are hashable)
        "content-type": "application/json",
    }
    if cause:
        headers[h.CAUSATION] = str(cause.id)
        headers[h.CORRELATION] = cause.headers.get(h.CORRELATION, str(cause.id))
    if isinstance(message, Event):
        headers[h.SUBJECT] = message.aggregate()
        headers[h.AUDIENCE] = ",".join(map(str, message.audience()))
        if topics := message.topics():
            headers[h.TOPICS] = ",".join(topics)
    if isinstance(message, Event | Job):
        headers[h.MSG_ID] = str(message_id)
    return inject(headers)


def subject_of(message: Message, message_id: UUID) -> str:
    """Returns the subject that the message is published on."""
    return message.subject(message_id) if isinstance(message, Command) else message.subject()


def opened(data: bytes, headers: dict[str, str] | None) -> Envelope:
    """Returns the envelope of a message. Raises MalformedMessage when the type is unknown, an id is missing or the body
    does not match its schema."""
    headers = headers or {}
    try:
        message_id, actor = UUID(headers[h.ID]), actor_of(headers[h.ACTOR])
    except (KeyError, ValueError) as error:
        raise MalformedMessage(f"bad envelope: {error}") from error
    kind = REGISTRY.get(headers.get(h.TYPE, ""))
    try:
        envelope = Envelope(message_id, kind and kind.model_validate_json(data), actor, data, headers)
    except ValidationError as error:
        bare = Envelope(message_id, None, actor, data, headers)
        raise MalformedMessage(f"{headers[h.TYPE]}: {_first(error)}", bare) from error
    if kind is None:
        raise MalformedMessage(f"unknown message type {headers.get(h.TYPE)!r}", envelope)
    return envelope


def _first(error: ValidationError) -> str:
    problem = error.errors(include_url=False, include_input=False)[0]
    return f"{'.'.join(map(str, problem['loc']))} {problem['msg']}".strip()


@lru_cache(maxsize=4096)
def actor_json(actor: Actor) -> str:
    """Returns the actor as the value of its header; cached."""
    return actor.model_dump_json(exclude_none=True)


@lru_cache(maxsize=4096)
def actor_of(text: str) -> Actor:
    """Returns the actor of a header's value; cached. Raises ValidationError."""
    return Actor.model_validate_json(text)


def new_id() -> UUID:
    """Returns a new message id."""
    return uuid4()

"""Messages to headers and bytes, and back."""

import hashlib
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from uuid import UUID, uuid4

from pydantic import ValidationError

from contracts import headers as h
from contracts.base import REGISTRY, Command, Event, Job, Message
from contracts.shared import Actor
from kit.telemetry import inject

SERVICE = Actor(id=0, username="service", roles=frozenset({"service"}))


@dataclass(frozen=True)
class Envelope:
    """A message as it arrived, with what its sender claims."""

    id: UUID
    message: Message | None
    """None when it does not fit its contract."""
    actor: Actor
    data: bytes
    headers: dict[str, str] = field(repr=False)

    @property
    def fingerprint(self) -> bytes:
        return hashlib.sha256(self.data).digest()

    @property
    def sent_at(self) -> datetime:
        return datetime.fromisoformat(self.headers[h.TIME])

    def is_late(self) -> bool:
        """A replay never is: whoever asked for it wants it done now."""
        limit = getattr(self.message, "expires", None)
        if limit is None or h.REPLAY in self.headers:
            return False
        return datetime.now(UTC) - self.sent_at > timedelta(seconds=limit)


class Poison(Exception):
    """The message does not fit its contract; no retry will change that. `envelope` is what could be read of it."""

    def __init__(self, reason: str, envelope: Envelope | None = None) -> None:
        super().__init__(reason)
        self.envelope = envelope


def headers_of(
    message: Message, source: str, actor: Actor, message_id: UUID, cause: Envelope | None = None
) -> dict[str, str]:
    """CloudEvents headers; events and jobs also carry the server's dedup id, commands do not (see DESIGN 2.3)."""
    headers = {
        h.SPEC: "1.0",
        h.ID: str(message_id),
        h.TYPE: message.ce_type(),
        h.SOURCE: f"/services/{source}",
        h.TIME: datetime.now(UTC).isoformat(),
        h.ACTOR: actor_json(actor),  # pyright: ignore[reportArgumentType]  (frozen models are hashable)
        "content-type": "application/json",
    }
    if cause:
        headers[h.CAUSATION] = str(cause.id)
        headers[h.CORRELATION] = cause.headers.get(h.CORRELATION, str(cause.id))
    if isinstance(message, Event):
        headers[h.SUBJECT] = message.aggregate()
        headers[h.AUDIENCE] = ",".join(map(str, message.audience()))
    if isinstance(message, Event | Job):
        headers[h.MSG_ID] = str(message_id)
    return inject(headers)


def subject_of(message: Message, message_id: UUID) -> str:
    return message.subject(message_id) if isinstance(message, Command) else message.subject()


def opened(data: bytes, headers: dict[str, str] | None) -> Envelope:
    """Poison when the type is unknown, an id is missing or the body breaks its schema."""
    headers = headers or {}
    try:
        bare = Envelope(UUID(headers[h.ID]), None, actor_of(headers[h.ACTOR]), data, headers)
    except (KeyError, ValueError) as error:
        raise Poison(f"bad envelope: {error}") from error
    kind = REGISTRY.get(headers.get(h.TYPE, ""))
    if kind is None:
        raise Poison(f"unknown message type {headers.get(h.TYPE)!r}", bare)
    try:
        return replace(bare, message=kind.model_validate_json(data))
    except ValidationError as error:
        raise Poison(f"{kind.ce_type()}: {_first(error)}", bare) from error


def _first(error: ValidationError) -> str:
    problem = error.errors(include_url=False, include_input=False)[0]
    return f"{'.'.join(map(str, problem['loc']))} {problem['msg']}".strip()


@lru_cache(maxsize=4096)
def actor_json(actor: Actor) -> str:
    return actor.model_dump_json()


@lru_cache(maxsize=4096)
def actor_of(text: str) -> Actor:
    return Actor.model_validate_json(text)


def new_id() -> UUID:
    return uuid4()

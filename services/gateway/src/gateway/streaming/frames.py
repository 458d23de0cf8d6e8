"""Messages of the bus as server-sent events."""

import random
from dataclasses import dataclass

from fastapi.sse import format_sse_event

from contracts import headers as h
from contracts.base import Event
from contracts.registry import all_messages
from gateway.streaming.topics import ACCESS_CHANGES

SOONEST, LATEST = 3000, 6000
"""Milliseconds after which a page that lost its stream reconnects."""
KEEP_ALIVE = format_sse_event(comment="keep-alive")
RESYNC = format_sse_event(event="resync", data_str="{}")


@dataclass(frozen=True)
class SseEvent:
    """`sequence` is the stream sequence; None for live messages, which cannot be replayed."""

    frame: bytes
    sequence: int | None = None
    users: frozenset[int] = frozenset()
    topics: frozenset[str] = frozenset()
    is_access_change: bool = False
    """Whether somebody who could see its topics until now may not any more."""


def retry() -> bytes:
    """Pages that lost a gateway at the same moment reconnect at different moments."""
    return format_sse_event(retry=random.randint(SOONEST, LATEST))


def audience(headers: dict[str, str] | None) -> list[int]:
    """Returns the ids of the users who may receive the message."""
    text = (headers or {}).get(h.AUDIENCE, "")
    return [int(part) for part in text.split(",") if part.lstrip("-").isdigit()]


def topics(headers: dict[str, str] | None) -> list[str]:
    """Returns the topics whose readers may receive the message."""
    return [topic for topic in (headers or {}).get(h.TOPICS, "").split(",") if topic]


def topic_ended(topic: str) -> bytes:
    """Tells a page that it hears nothing more of the topic."""
    return format_sse_event(event="topic_ended", data_str=f'{{"topic": "{topic}"}}')


def sse_event(headers: dict[str, str], data: bytes, sequence: int | None = None) -> SseEvent:
    """The name of the event is the wire name: `event: training.v1.training_completed`."""
    name = headers.get(h.TYPE, "").partition(".")[2]
    number = None if sequence is None else str(sequence)
    return SseEvent(
        format_sse_event(data_str=data.decode(), event=name, id=number), sequence,
        frozenset(audience(headers)), frozenset(topics(headers)), headers.get(h.TYPE) in ACCESS_CHANGES,
    )  # fmt: skip


def public_subjects() -> list[str]:
    """Returns the subjects of events that have an audience or topics; all others are never sent to browsers."""
    return [subject for subject, event in _events() if _has_audience(event) or event.topics is not Event.topics]


def personal_subjects() -> list[str]:
    """Returns the subjects of events that have an audience."""
    return [subject for subject, event in _events() if _has_audience(event)]


def _events() -> list[tuple[str, type[Event]]]:
    return sorted((m.subject(), m) for m in all_messages().values() if issubclass(m, Event))


def _has_audience(event: type[Event]) -> bool:
    return event.audience is not Event.audience

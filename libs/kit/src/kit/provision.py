"""Streams and consumers, declared once per deployment by `python -m <service> provision`; services only compare."""

import logging
from dataclasses import dataclass

from nats.js import JetStreamContext
from nats.js.api import (
    AckPolicy,
    ConsumerConfig,
    DeliverPolicy,
    DiscardPolicy,
    RetentionPolicy,
    StorageType,
    StreamConfig,
)
from nats.js.errors import NotFoundError

from contracts.base import Command, Message
from contracts.streams import ADVISORIES, CLASSES, DEAD, STREAMS, Class, Stream, durable

log = logging.getLogger("kit.provision")
SERVER_LIMIT = 20
"""Deliveries after which the server gives up; ours come first (`kit.messaging.retry.BURY_AFTER`, `kit.jobs.LAST`), this
one is for messages that kill their worker each time."""


@dataclass(frozen=True)
class Durable:
    service: str
    latency: Class
    subjects: tuple[str, ...]

    @property
    def name(self) -> str:
        return durable(self.service, self.latency.name)


def durables(service: str, heard: dict[str, list[type[Message]]]) -> list[Durable]:
    """`heard` maps latency classes to message types; hearing all of DEAD and ADVISORIES needs no types."""
    return [Durable(service, CLASSES[latency], _filters(latency, heard[latency])) for latency in sorted(heard)]


def _filters(latency: str, messages: list[type[Message]]) -> tuple[str, ...]:
    if latency == "dead":
        return DEAD.subjects
    if latency == "advisories":
        return ADVISORIES.subjects
    return tuple(sorted(m.subject("*") if issubclass(m, Command) else m.subject() for m in messages))


async def apply(js: JetStreamContext, wanted: list[Durable], replicas: int) -> None:
    """Idempotent: creates what is missing, updates what differs."""
    for stream in STREAMS:
        await _apply_stream(js, _stream_config(stream, replicas))
    for consumer in wanted:
        await js.add_consumer(consumer.latency.stream, config=_consumer_config(consumer))


async def _apply_stream(js: JetStreamContext, config: StreamConfig) -> None:
    try:
        await js.stream_info(config.name or "")
    except NotFoundError:
        await js.add_stream(config)
    else:
        await js.update_stream(config)


def _stream_config(stream: Stream, replicas: int) -> StreamConfig:
    return StreamConfig(
        name=stream.name, subjects=list(stream.subjects), retention=RetentionPolicy.LIMITS, storage=StorageType.FILE,
        discard=DiscardPolicy.NEW, max_age=stream.max_age, max_bytes=stream.max_bytes, max_msg_size=stream.max_msg_size,
        duplicate_window=stream.duplicate_window, num_replicas=replicas, allow_direct=True,
    )  # fmt: skip


def _consumer_config(consumer: Durable) -> ConsumerConfig:
    latency = consumer.latency
    return ConsumerConfig(
        durable_name=consumer.name, ack_policy=AckPolicy.EXPLICIT, deliver_policy=DeliverPolicy.ALL,
        ack_wait=latency.ack_wait, max_deliver=SERVER_LIMIT,
        max_ack_pending=latency.max_ack_pending, filter_subjects=list(consumer.subjects),
    )  # fmt: skip


async def drift(js: JetStreamContext, wanted: list[Durable]) -> list[str]:
    """What is missing or different on the server, one sentence each; empty means as declared."""
    return [problem for consumer in wanted if (problem := await _consumer_drift(js, consumer))]


async def _consumer_drift(js: JetStreamContext, consumer: Durable) -> str | None:
    try:
        live = (await js.consumer_info(consumer.latency.stream, consumer.name)).config
    except NotFoundError:
        return f"consumer {consumer.name} on {consumer.latency.stream} does not exist"
    declared = _consumer_config(consumer)
    for field in ("ack_wait", "max_deliver", "max_ack_pending", "ack_policy"):
        if getattr(live, field) != getattr(declared, field):
            return f"consumer {consumer.name}: {field} is {getattr(live, field)}, declared {getattr(declared, field)}"
    heard = sorted(live.filter_subjects or ([live.filter_subject] if live.filter_subject else []))
    return None if heard == list(consumer.subjects) else f"consumer {consumer.name} hears {heard}"

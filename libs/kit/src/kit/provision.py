"""Streams and consumers, declared once per deployment by `python -m <service> provision`; services only compare
(`kit.drift`)."""

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
    """Idempotent: creates what is missing, updates what differs. Places in the streams and what waits there stay."""
    for stream in STREAMS:
        await _apply_stream(js, stream_config(stream), replicas)
    for consumer in wanted:
        await js.add_consumer(consumer.latency.stream, config=consumer_config(consumer))


async def _apply_stream(js: JetStreamContext, config: StreamConfig, replicas: int) -> None:
    try:
        live = (await js.stream_info(config.name or "")).config
    except NotFoundError:
        await js.add_stream(config, num_replicas=replicas)
    else:
        await js.update_stream(config, num_replicas=replicas, max_bytes=_room(config, live))


def _room(declared: StreamConfig, live: StreamConfig) -> int:
    """Whoever gave a stream more room keeps it; -1 is no limit at all."""
    given = live.max_bytes or -1
    return given if given < 0 else max(given, declared.max_bytes or 0)


def stream_config(stream: Stream) -> StreamConfig:
    return StreamConfig(
        name=stream.name, subjects=list(stream.subjects), retention=RetentionPolicy.LIMITS, storage=StorageType.FILE,
        discard=DiscardPolicy.NEW, max_age=stream.max_age, max_bytes=stream.max_bytes, max_msg_size=stream.max_msg_size,
        duplicate_window=stream.duplicate_window, allow_direct=True,
    )  # fmt: skip


def consumer_config(consumer: Durable) -> ConsumerConfig:
    latency = consumer.latency
    return ConsumerConfig(
        durable_name=consumer.name, ack_policy=AckPolicy.EXPLICIT, deliver_policy=DeliverPolicy.ALL,
        ack_wait=latency.ack_wait, max_deliver=latency.max_deliver,
        max_ack_pending=latency.max_ack_pending, filter_subjects=list(consumer.subjects),
    )  # fmt: skip

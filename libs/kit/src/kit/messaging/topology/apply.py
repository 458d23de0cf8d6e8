"""Declares streams and consumers, once per deployment, by `python -m <service> provision`; services only compare
(`kit.messaging.topology.diff`)."""

from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime

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
from nats.js.errors import APIError, NotFoundError

from contracts.base import Command, Message
from contracts.streams import ADVISORIES, CHANNELS, CONSUMER_GROUPS, DEAD, MIB, ConsumerGroup, Stream, durable, within

WHOLE = (DEAD, ADVISORIES, CHANNELS)
"""Streams that their consumers read as a whole."""
NO_ROOM = (10023, 10047)
"""The server's error codes for a file store with less room than the streams reserve: a cluster, a single server."""


class NoRoom(Exception):
    """The sizes of the streams are more than the message bus may keep in files."""


@dataclass(frozen=True)
class Durable:
    """The durable consumer of a service for one consumer group."""

    service: str
    group: ConsumerGroup
    subjects: tuple[str, ...]

    @property
    def name(self) -> str:
        """Its name on the server."""
        return durable(self.service, self.group.name)


def durables(service: str, heard: dict[str, list[type[Message]]]) -> list[Durable]:
    """Returns the durables of a service. `heard` maps consumer groups to message types; groups that read a whole stream
    need no types."""
    return [Durable(service, CONSUMER_GROUPS[group], _filters(group, heard[group])) for group in sorted(heard)]


def _filters(group: str, messages: list[type[Message]]) -> tuple[str, ...]:
    whole = next((one for one in WHOLE if one.name == CONSUMER_GROUPS[group].stream), None)
    if whole:
        return whole.subjects
    return tuple(sorted(m.subject("*") if issubclass(m, Command) else m.subject() for m in messages))


async def apply(
    js: JetStreamContext, wanted: list[Durable], replicas: int, stream_bytes: int | None = None
) -> None:  # fmt: skip
    """Creates what is missing and updates what differs; idempotent. Positions in the streams and waiting messages stay.
    `stream_bytes` limits the size of all streams together.

    Raises NoRoom when the streams do not all fit into the server's file store; the streams before the one that does not
    fit are created.
    """
    streams = within(stream_bytes)
    for stream in streams:
        try:
            await _apply_stream(js, stream_config(stream), replicas)
        except APIError as error:
            raise NoRoom(_too_big(stream, streams)) if error.err_code in NO_ROOM else error from error
    for consumer in wanted:
        await _apply_consumer(js, consumer)


async def _apply_consumer(js: JetStreamContext, consumer: Durable) -> None:
    """Keeps the position at which the consumer began, since it cannot be changed."""
    config, stream = consumer_config(consumer), consumer.group.stream
    with suppress(NotFoundError):
        live = (await js.consumer_info(stream, consumer.name)).config
        config = replace(
            config, deliver_policy=live.deliver_policy, opt_start_seq=live.opt_start_seq,
            opt_start_time=live.opt_start_time,
        )  # fmt: skip
    await js.add_consumer(stream, config=config)


async def restore(js: JetStreamContext, consumer: Durable, start: int | datetime) -> None:
    """Creates a durable that the server has lost; it begins with that message of its stream, or at that time."""
    config = consumer_config(consumer)
    if isinstance(start, int):
        config = replace(config, deliver_policy=DeliverPolicy.BY_START_SEQUENCE, opt_start_seq=start)
    else:
        config = replace(config, deliver_policy=DeliverPolicy.BY_START_TIME, opt_start_time=start)
    await js.add_consumer(consumer.group.stream, config=config)


async def _apply_stream(js: JetStreamContext, config: StreamConfig, replicas: int) -> None:
    try:
        live = (await js.stream_info(config.name or "")).config
    except NotFoundError:
        await js.add_stream(config, num_replicas=replicas)
    else:
        await js.update_stream(config, num_replicas=replicas, max_bytes=_room(config, live))


def _too_big(stream: Stream, streams: tuple[Stream, ...]) -> str:
    size, total = stream.max_bytes // MIB, sum(one.max_bytes for one in streams) // MIB
    return (
        f"The message bus has no room for the stream {stream.name} of {size} MiB. All streams take {total} MiB: give "
        f"the server that much (max_file_store, on a volume a quarter larger), or say in NATS_STREAM_BYTES how many "
        f"bytes they may take."
    )


def _room(declared: StreamConfig, live: StreamConfig) -> int:
    """A stream that an operator has enlarged keeps its size; -1 is no limit."""
    given = live.max_bytes or -1
    return given if given < 0 else max(given, declared.max_bytes or 0)


def stream_config(stream: Stream) -> StreamConfig:
    """Returns the configuration of a stream for the server."""
    return StreamConfig(
        name=stream.name, subjects=list(stream.subjects), retention=RetentionPolicy.LIMITS, storage=StorageType.FILE,
        discard=DiscardPolicy.NEW, max_age=stream.max_age, max_bytes=stream.max_bytes, max_msg_size=stream.max_msg_size,
        duplicate_window=stream.duplicate_window, allow_direct=True,
    )  # fmt: skip


def consumer_config(consumer: Durable) -> ConsumerConfig:
    """Returns the configuration of a durable for the server."""
    group = consumer.group
    return ConsumerConfig(
        durable_name=consumer.name, ack_policy=AckPolicy.EXPLICIT, deliver_policy=DeliverPolicy.ALL,
        ack_wait=group.ack_wait, max_deliver=group.max_deliver,
        max_ack_pending=group.max_ack_pending, filter_subjects=list(consumer.subjects),
    )  # fmt: skip

"""What is missing or different on the server, one sentence each. A service does not start until there is nothing."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from nats.js import JetStreamContext
from nats.js.api import ConsumerConfig, StreamConfig
from nats.js.errors import NotFoundError

from contracts.streams import within
from kit.messaging.topology.apply import Durable, consumer_config, stream_config

OF_STREAM = ("subjects", "retention", "discard", "max_age", "max_msg_size", "duplicate_window")
OF_CONSUMER = ("ack_wait", "max_deliver", "max_ack_pending", "ack_policy", "filter_subjects")


async def drift(js: JetStreamContext, wanted: Sequence[Durable], stream_bytes: int | None = None) -> list[str]:
    """Returns the differences of all streams and of these durables; an empty list means as declared. Raises NATS
    errors."""
    streams = [await _stream_drift(js, stream_config(stream)) for stream in within(stream_bytes)]
    consumers = [await _consumer_drift(js, consumer) for consumer in wanted]
    return [problem for problem in (*streams, *consumers) if problem]


async def _stream_drift(js: JetStreamContext, declared: StreamConfig) -> str:
    name = declared.name or ""
    try:
        live = (await js.stream_info(name)).config
    except NotFoundError:
        return f"stream {name} does not exist"
    if 0 <= (live.max_bytes or -1) < (declared.max_bytes or 0):
        return f"stream {name}: max_bytes is {live.max_bytes}, declared {declared.max_bytes}"
    return _difference(f"stream {name}", OF_STREAM, live, declared)


async def _consumer_drift(js: JetStreamContext, consumer: Durable) -> str:
    try:
        info = await js.consumer_info(consumer.group.stream, consumer.name)
    except NotFoundError:
        return missing(consumer)
    return differs(consumer, info.config)


def missing(consumer: Durable) -> str:
    """Returns the sentence for a durable that does not exist."""
    return f"consumer {consumer.name} on {consumer.group.stream} does not exist"


def differs(consumer: Durable, live: ConsumerConfig) -> str:
    """Returns the sentence for a durable that differs; empty when it is as declared."""
    heard = live.filter_subjects or ([live.filter_subject] if live.filter_subject else [])
    live = replace(live, filter_subjects=heard)
    return _difference(f"consumer {consumer.name}", OF_CONSUMER, live, consumer_config(consumer))


def _difference(name: str, fields: tuple[str, ...], live: object, declared: object) -> str:
    for field in fields:
        is_now, ought = _plain(getattr(live, field)), _plain(getattr(declared, field))
        if is_now != ought:
            return f"{name}: {field} is {is_now}, declared {ought}"
    return ""


def _plain(value: Any) -> Any:
    return sorted(value) if isinstance(value, list) else value

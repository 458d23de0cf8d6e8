"""The streams and the settings of their consumers, as data. `kit.messaging.topology` applies and compares them.

Reasons for the figures: limits retention, so that every service has its own position and can replay; `discard=new`, so
that a full stream refuses; a killed worker's message is back after `ack_wait`, and clients of short commands wait for
that; naks carry their own delay.
"""

from dataclasses import dataclass, replace

from contracts.notify.samples import SUBJECT

DAY = 86_400.0
MIB = 1 << 20
MAX_ANSWER_BYTES = 8_000_000
"""Bytes that the bus must accept in one message (`max_payload`): lists and inference results come close."""
MAX_MESSAGE_BYTES = 2 * MIB
"""Headers and body of a message that a stream accepts, in bytes. A body of 1 MiB grows on its way into a command
(`[0,1]` becomes `[0.0,1.0]`), and an event may repeat what a command says."""


@dataclass(frozen=True)
class Stream:
    """`max_age` and `duplicate_window` are in seconds, `max_bytes` and `max_msg_size` in bytes."""

    name: str
    subjects: tuple[str, ...]
    max_age: float
    max_bytes: int
    max_msg_size: int = MAX_MESSAGE_BYTES
    duplicate_window: float = 600.0


@dataclass(frozen=True)
class ConsumerGroup:
    """Messages of one group share a durable per service, so that slow messages never delay quick ones. `ack_wait` and
    `timeout` are in seconds, `batch` is the number of messages in work."""

    name: str
    stream: str
    ack_wait: float
    batch: int
    timeout: float
    """Limit of one handler call; jobs have none, they send heartbeats."""
    max_deliver: int = -1
    """Deliveries after which the server gives up: never, since an outage may use up any number of them. Kit counts the
    attempts (`max_attempts` of its table of failures), including those that killed their service or worker."""
    max_ack_pending: int = 256
    fetch: int = 1
    """Messages of one fetch: they are settled together, and the next fetch waits for the slowest of them. 1 for
    messages that take long."""
    suffix: str = ""
    """Part of the durable's name, where it is not the name of the group: a durable with another name would read its
    stream from the start."""
    per_user: int | None = None
    """Jobs of one user that may be in work at a time; their owner keeps the others in a queue (`kit.jobs.queue`). None:
    all go to the stream at once."""


COMMANDS = Stream("COMMANDS", ("cmd.>",), 7 * DAY, 1024 * MIB)
EVENTS = Stream("EVENTS", ("evt.>",), 30 * DAY, 4096 * MIB)
JOBS = Stream("JOBS", ("job.>",), 7 * DAY, 256 * MIB)
DEAD = Stream("DEAD", ("dead.>",), 90 * DAY, 1024 * MIB, max_msg_size=MAX_MESSAGE_BYTES + 64 * 1024)
ADVISORIES = Stream(
    "ADVISORIES",
    tuple(f"$JS.EVENT.ADVISORY.CONSUMER.MAX_DELIVERIES.{s}.>" for s in ("COMMANDS", "EVENTS", "JOBS")),
    30 * DAY,
    128 * MIB,
)
PROBES = Stream("PROBES", ("probe.>",), 600.0, 16 * MIB, max_msg_size=1024, duplicate_window=60.0)
"""Messages that readiness writes and reads back: a bus that answers may still be unable to store."""
CHANNELS = Stream("CHANNELS", (SUBJECT,), DAY, 1024 * MIB)
"""Samples of channels, apart from the commands: many samples never stop a write. Recorded samples leave it early when
it is half full (`notify.channels.recorder`). One array of 65,536 numbers takes up to 1.6 MiB."""
STREAMS = (COMMANDS, EVENTS, JOBS, DEAD, ADVISORIES, PROBES, CHANNELS)
STREAM_BYTES = sum(stream.max_bytes for stream in STREAMS)


def within(total: int | None) -> tuple[Stream, ...]:
    """Returns the streams, each smaller by the same factor when they may not take `STREAM_BYTES` together. Their sizes
    are reserved: a server with less room for files than their sum refuses the last ones."""
    if total is None or total >= STREAM_BYTES:
        return STREAMS
    return tuple(replace(stream, max_bytes=stream.max_bytes * total // STREAM_BYTES) for stream in STREAMS)


CONSUMER_GROUPS = {
    "commands": ConsumerGroup("commands", "COMMANDS", ack_wait=6, batch=32, timeout=10),
    "effects": ConsumerGroup("effects", "COMMANDS", ack_wait=60, batch=4, timeout=45),
    "events": ConsumerGroup("events", "EVENTS", ack_wait=15, batch=128, timeout=10, fetch=64),
    "reactions": ConsumerGroup("reactions", "EVENTS", ack_wait=60, batch=4, timeout=45),
    "interactive": ConsumerGroup("interactive", "JOBS", ack_wait=22, batch=1, timeout=0, suffix="jobs"),
    "bulk": ConsumerGroup("bulk", "JOBS", ack_wait=22, batch=1, timeout=0, per_user=2),
    "dead": ConsumerGroup("dead", "DEAD", ack_wait=15, batch=16, timeout=10, fetch=16),
    "samples": ConsumerGroup("samples", "CHANNELS", ack_wait=6, batch=64, timeout=60, fetch=64),
    "advisories": ConsumerGroup("advisories", "ADVISORIES", ack_wait=15, batch=16, timeout=10, fetch=16),
}
"""`effects` are commands and `reactions` are events whose handlers call the outside world. `interactive` and `bulk` are
the groups of jobs (`contracts.base.Job.group`); a worker has one slot for each group that it takes. `samples` has one
fetch in work, so that the later of two values is stored later."""
JOB_GROUPS = tuple(name for name, group in CONSUMER_GROUPS.items() if group.stream == JOBS.name)


def durable(service: str, group: str) -> str:
    """Returns the name of the durable of a service and a consumer group, such as `training-commands-v1`. Raises
    KeyError for an unknown group."""
    return f"{service}-{CONSUMER_GROUPS[group].suffix or group}-v1"

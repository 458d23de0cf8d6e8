"""The streams and the settings of their consumers, as data. `kit.provision` applies them; services only compare.

Reasons for each figure: limits retention so that every service has its own view and can replay; `discard=new` so that a
full stream refuses loudly; a killed worker's message is back after `ack_wait`; naks carry their own delay.
"""

from dataclasses import dataclass

DAY = 86_400.0
MIB = 1 << 20
LARGEST_ANSWER = 8_000_000
"""Bytes that the bus must let through in one message (`max_payload`): lists and live predictions come close."""
LARGEST_MESSAGE = 2 * MIB
"""Headers and body of what a stream takes: a body of 1 MiB grows on its way into a command (`[0,1]` becomes
`[0.0,1.0]`), and what a command says may be repeated in an event."""


@dataclass(frozen=True)
class Stream:
    name: str
    subjects: tuple[str, ...]
    max_age: float
    max_bytes: int
    max_msg_size: int = LARGEST_MESSAGE
    duplicate_window: float = 600.0


@dataclass(frozen=True)
class Class:
    """A latency class: messages of one class share a durable per service, so slow ones never hold up quick ones."""

    name: str
    stream: str
    ack_wait: float
    batch: int
    timeout: float
    """Hard limit of one handler call, seconds; jobs have none, they heartbeat."""
    max_deliver: int = 20
    """Deliveries after which the server gives up. Ours come first (`kit.messaging.retry.BURY_AFTER`, `kit.jobs.LAST`);
    this one is for messages that kill their worker each time."""
    max_ack_pending: int = 256


COMMANDS = Stream("COMMANDS", ("cmd.>",), 7 * DAY, 1024 * MIB)
EVENTS = Stream("EVENTS", ("evt.>",), 30 * DAY, 4096 * MIB)
JOBS = Stream("JOBS", ("job.>",), 7 * DAY, 256 * MIB)
DEAD = Stream("DEAD", ("dead.>",), 90 * DAY, 1024 * MIB, max_msg_size=LARGEST_MESSAGE + 64 * 1024)
ADVISORIES = Stream(
    "ADVISORIES",
    tuple(f"$JS.EVENT.ADVISORY.CONSUMER.MAX_DELIVERIES.{s}.>" for s in ("COMMANDS", "EVENTS", "JOBS")),
    30 * DAY,
    128 * MIB,
)
STREAMS = (COMMANDS, EVENTS, JOBS, DEAD, ADVISORIES)

CLASSES = {
    "commands": Class("commands", "COMMANDS", ack_wait=15, batch=32, timeout=10),
    "effects": Class("effects", "COMMANDS", ack_wait=60, batch=4, timeout=45),
    "events": Class("events", "EVENTS", ack_wait=15, batch=32, timeout=10),
    "reactions": Class("reactions", "EVENTS", ack_wait=60, batch=4, timeout=45),
    "jobs": Class("jobs", "JOBS", ack_wait=22, batch=1, timeout=0),
    "dead": Class("dead", "DEAD", ack_wait=15, batch=16, timeout=10, max_deliver=-1),
    "advisories": Class("advisories", "ADVISORIES", ack_wait=15, batch=16, timeout=10, max_deliver=-1),
}
"""`effects` are commands, `reactions` are events, whose handlers call the outside world."""


def durable(service: str, latency: str) -> str:
    """`training-commands-v1`: one durable per service and latency class."""
    return f"{service}-{latency}-v1"

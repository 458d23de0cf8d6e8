"""Who may say and hear what on the bus, as data: the users of a NATS server and their permissions.

A wildcard of a permission stands for whole tokens, so durables are listed by name. What the server delivers by itself
(messages of a consumer, acknowledgements of a stream) needs the permission to subscribe only.
"""

from dataclasses import dataclass

from contracts import OWNERS
from contracts.base import Command, Event, Job, Live, Query
from contracts.streams import CLASSES, COMMANDS, EVENTS, JOBS, STREAMS, Class, durable

PROVISION = "provision"
USERS = (*OWNERS, PROVISION)
API = "$JS.API"
MAKE = f"{API}.CONSUMER.CREATE.{EVENTS.name}"
NEXT = f"{API}.CONSUMER.MSG.NEXT.{EVENTS.name}"


@dataclass(frozen=True)
class Permissions:
    publish: tuple[str, ...]
    subscribe: tuple[str, ...]
    never: tuple[str, ...] = ()
    """What `publish` would allow, were it not for these."""


def inbox(user: str) -> str:
    """What all reply subjects of a user begin with; nobody else hears them."""
    return f"_INBOX.{user}"


def permissions(user: str) -> Permissions:
    """Of a service with its workers, or of `provision`."""
    if user == PROVISION:
        return _provision()
    return _gateway() if user == "gateway" else _service(user)


def _service(user: str) -> Permissions:
    """Its own facts, jobs and hints; questions to all; what is asked of it; its own durables."""
    told = tuple(f"{kind.kind}.{user}.>" for kind in (Event, Job, Live))
    look = tuple(f"{API}.STREAM.INFO.{stream.name}" for stream in STREAMS)
    take = tuple(subject for latency in CLASSES.values() for subject in _taken(user, latency))
    return Permissions(
        publish=(*told, f"{Query.kind}.>", f"wake.{user}", f"dead.{user}", "_INBOX.>", *look, *take),
        subscribe=(f"{inbox(user)}.>", f"{Query.kind}.{user}.>", f"{Event.kind}.{user}.>", f"wake.{user}"),
    )


def _taken(user: str, latency: Class) -> tuple[str, ...]:
    place = f"{latency.stream}.{durable(user, latency.name)}"
    return f"{API}.CONSUMER.INFO.{place}", f"{API}.CONSUMER.MSG.NEXT.{place}", f"$JS.ACK.{place}.>"


def _gateway() -> Permissions:
    """Besides: sends commands, sends dead letters again, reads single messages; open pages hear hints and, through
    consumers that it makes for them by names of its choice, events."""
    own = _service("gateway")
    again = tuple(f"{kind.kind}.>" for kind in (Command, Event, Job))
    look = tuple(f"{API}.STREAM.MSG.GET.{stream.name}" for stream in (COMMANDS, EVENTS, JOBS))
    pages = (f"{MAKE}.*", f"{NEXT}.*", f"$JS.FC.{EVENTS.name}.>")
    return Permissions(
        publish=(*own.publish, *again, *look, *pages),
        subscribe=(*own.subscribe, f"{Live.kind}.>"),
        never=(
            *(f"{MAKE}.{name}" for owner in OWNERS for name in _durables(owner)),
            *(f"{NEXT}.{name}" for owner in OWNERS if owner != "gateway" for name in _durables(owner)),
        ),
    )


def _durables(owner: str) -> list[str]:
    """Those on EVENTS."""
    return [durable(owner, latency.name) for latency in CLASSES.values() if latency.stream == EVENTS.name]


def _provision() -> Permissions:
    """Alone makes, changes, empties and deletes streams and consumers. Messages it neither sends nor takes."""
    streams = tuple(f"{API}.STREAM.{verb}.*" for verb in ("INFO", "CREATE", "UPDATE", "PURGE", "DELETE"))
    consumers = tuple(f"{API}.CONSUMER.{verb}.>" for verb in ("INFO", "CREATE", "DURABLE.CREATE", "DELETE"))
    lists = tuple(f"{API}.{verb}" for verb in ("INFO", "STREAM.NAMES", "STREAM.LIST"))
    lists = (*lists, *(f"{API}.CONSUMER.{verb}.*" for verb in ("NAMES", "LIST")))
    return Permissions(publish=(*streams, *consumers, *lists), subscribe=(f"{inbox(PROVISION)}.>",))

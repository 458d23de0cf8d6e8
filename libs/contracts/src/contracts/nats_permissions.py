"""Who may publish and subscribe to what on the bus, as data: the users of a NATS server and their permissions.

A wildcard of a permission stands for whole tokens, so durables are listed by name. What the server delivers by itself
(messages of a consumer, acknowledgements of a stream) needs only the permission to subscribe.
"""

from dataclasses import dataclass
from typing import Literal

from contracts import OWNERS
from contracts.base import Command, Event, Job, Live, Query
from contracts.notify.samples import SUBJECT
from contracts.streams import (
    CHANNELS,
    COMMANDS,
    CONSUMER_GROUPS,
    EVENTS,
    JOBS,
    PROBES,
    STREAMS,
    ConsumerGroup,
    durable,
)

PROVISION = "provision"
USERS = (*OWNERS, PROVISION)
API = "$JS.API"
MAKE, NEXT = f"{API}.CONSUMER.CREATE", f"{API}.CONSUMER.MSG.NEXT"
READ_BY_PAGES = (EVENTS.name, CHANNELS.name)
BatchKind = Literal["queries", "commands"]
"""What the members of a batch are."""
RECORDER = "notify"
"""The only service that stores samples; it removes those from their stream that it has stored."""


@dataclass(frozen=True)
class Permissions:
    """Subjects of one user."""

    publish: tuple[str, ...]
    subscribe: tuple[str, ...]
    never: tuple[str, ...] = ()
    """Exceptions from `publish`."""


def inbox_prefix(user: str) -> str:
    """Returns the prefix of all reply subjects of a user; no other user may subscribe to them."""
    return f"_INBOX.{user}"


def batch_subject(owner: str, kind: BatchKind) -> str:
    """Returns the subject on which an owner is asked several things in one message; `*` stands for all owners."""
    return f"batch.{owner}.{kind}"


def permissions(user: str) -> Permissions:
    """Returns the permissions of a service with its workers, or of `provision`."""
    if user == PROVISION:
        return _provision()
    if user == RECORDER:
        return _recorder()
    return _gateway() if user == "gateway" else _service(user)


def _service(user: str) -> Permissions:
    """Publishes its own events, jobs and progress messages, samples, and queries to all; receives queries to it; uses
    its own durables."""
    told = tuple(f"{kind.kind}.{user}.>" for kind in (Event, Job, Live))
    asked = (f"{Query.kind}.>", batch_subject("*", "queries"))
    heard = (f"{Query.kind}.{user}.>", batch_subject(user, "queries"), batch_subject(user, "commands"))
    look = tuple(f"{API}.STREAM.INFO.{stream.name}" for stream in STREAMS)
    probe = (f"probe.{user}", f"{API}.STREAM.MSG.GET.{PROBES.name}")
    take = tuple(subject for group in CONSUMER_GROUPS.values() for subject in _taken(user, group))
    return Permissions(
        publish=(*told, *asked, SUBJECT, f"wake.{user}", f"dead.{user}", "_INBOX.>", *probe, *look, *take),
        subscribe=(*heard, f"{inbox_prefix(user)}.>", f"{Event.kind}.{user}.>", f"wake.{user}"),
    )


def _taken(user: str, group: ConsumerGroup) -> tuple[str, ...]:
    """Includes creating a durable that the server has lost."""
    place = f"{group.stream}.{durable(user, group.name)}"
    verbs = ("INFO", "MSG.NEXT", "DURABLE.CREATE")
    return (*(f"{API}.CONSUMER.{verb}.{place}" for verb in verbs), f"$JS.ACK.{place}.>")


def _recorder() -> Permissions:
    own = _service(RECORDER)
    return Permissions((*own.publish, f"{API}.STREAM.PURGE.{CHANNELS.name}"), own.subscribe)


def _gateway() -> Permissions:
    """Also sends commands, deletes settled commands, replays dead letters and reads single messages. Open pages receive
    progress messages and, through consumers with names of its choice, events and samples."""
    own = _service("gateway")
    again = (*(f"{kind.kind}.>" for kind in (Command, Event, Job)), batch_subject("*", "commands"))
    look = tuple(f"{API}.STREAM.MSG.GET.{stream.name}" for stream in (COMMANDS, EVENTS, JOBS))
    judged = tuple(
        f"{API}.CONSUMER.INFO.{COMMANDS.name}.{durable(owner, group.name)}"
        for owner in OWNERS for group in CONSUMER_GROUPS.values() if group.stream == COMMANDS.name
    )  # fmt: skip
    judged = (*judged, f"{API}.STREAM.PURGE.{COMMANDS.name}")
    pages = tuple(place for name in READ_BY_PAGES for place in _read_by_pages(name))
    return Permissions(
        publish=(*own.publish, *again, *look, *judged, *pages),
        subscribe=(*own.subscribe, f"{Live.kind}.>"),
        never=(
            *(f"{MAKE}.{place}" for owner in OWNERS for place in _durables(owner)),
            *(f"{NEXT}.{place}" for owner in OWNERS if owner != "gateway" for place in _durables(owner)),
        ),
    )


def _read_by_pages(stream: str) -> tuple[str, ...]:
    return f"{MAKE}.{stream}.*", f"{NEXT}.{stream}.*", f"$JS.FC.{stream}.>"


def _durables(owner: str) -> list[str]:
    """Durables on streams that pages read, with their stream."""
    groups = (group for group in CONSUMER_GROUPS.values() if group.stream in READ_BY_PAGES)
    return [f"{group.stream}.{durable(owner, group.name)}" for group in groups]


def _provision() -> Permissions:
    """The only user that creates, changes, empties and deletes streams, and deletes consumers. It neither sends nor
    receives messages."""
    streams = tuple(f"{API}.STREAM.{verb}.*" for verb in ("INFO", "CREATE", "UPDATE", "PURGE", "DELETE"))
    consumers = tuple(f"{API}.CONSUMER.{verb}.>" for verb in ("INFO", "CREATE", "DURABLE.CREATE", "DELETE"))
    lists = tuple(f"{API}.{verb}" for verb in ("INFO", "STREAM.NAMES", "STREAM.LIST"))
    lists = (*lists, *(f"{API}.CONSUMER.{verb}.*" for verb in ("NAMES", "LIST")))
    return Permissions(publish=(*streams, *consumers, *lists), subscribe=(f"{inbox_prefix(PROVISION)}.>",))

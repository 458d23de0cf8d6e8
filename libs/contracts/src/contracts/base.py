"""The five kinds of message and how a class becomes a subject.

Wire names are `<owner>.v<major>.<name>` and are written in the class statement, so renaming Python changes nothing on
the wire: `class StartRun(Command, wire="training.v1.start_run")` travels on `cmd.training.v1.start_run.<command id>`.
"""

import re
from typing import ClassVar, Literal

from pydantic import BaseModel, ConfigDict

_TOKEN = re.compile(r"[A-Za-z0-9_-]{1,64}")
_WIRE = re.compile(r"(?P<owner>[a-z]+)\.v\d+\.[a-z0-9_]+")
JobGroup = Literal["interactive", "bulk"]
REGISTRY: dict[str, type["Message"]] = {}


def token(value: object) -> str:
    """Returns `value` as one subject token. Raises ValueError for text that could be read as a wildcard or a
    separator."""
    text = str(value)
    if not _TOKEN.fullmatch(text):
        raise ValueError(f"not a subject token: {text!r}")
    return text


class Contract(BaseModel):
    """A part of a message. It is immutable and ignores unknown fields, so that older readers survive additions."""

    model_config = ConfigDict(frozen=True, extra="ignore", defer_build=True)


class Message(Contract):
    """Base of everything that crosses the bus. `ce_type()` is both its CloudEvents type and its key in `REGISTRY`."""

    kind: ClassVar[str]
    wire: ClassVar[str]

    def __init_subclass__(cls, wire: str | None = None) -> None:
        super().__init_subclass__()

    @classmethod
    def __pydantic_init_subclass__(cls, wire: str | None = None) -> None:  # pyright: ignore[reportIncompatibleMethodOverride]
        if wire is None:
            return
        if not _WIRE.fullmatch(wire):
            raise TypeError(f"{cls.__name__}: wire name {wire!r} is not <owner>.v<major>.<name>")
        cls.wire = wire
        if REGISTRY.setdefault(cls.ce_type(), cls) is not cls:
            raise TypeError(f"{cls.ce_type()} is declared twice")

    @classmethod
    def ce_type(cls) -> str:
        """Returns the CloudEvents type: kind and wire name."""
        return f"{cls.kind}.{cls.wire}"

    @classmethod
    def owner(cls) -> str:
        """Returns the service that owns the message."""
        return cls.wire.split(".", 1)[0]

    @classmethod
    def subject(cls, *keys: object) -> str:
        """Returns the subject. Commands and progress messages end in a key (command id, aggregate id); the key `*`
        matches all. Raises ValueError for a key that is not a subject token."""
        return ".".join([cls.ce_type(), *(key if key == "*" else token(key) for key in map(str, keys))])


class Command(Message):
    """A write that the owner is asked for. Durable before anybody is told of it, answered by a verdict."""

    kind: ClassVar[str] = "cmd"
    expires: ClassVar[float | None] = None
    """Seconds after which the owner refuses a late command; None never expires. Commands that expire are short: they go
    straight to their owner, and to the stream when it does not answer."""


class Query(Message):
    """A read that the owner answers at once; never stored."""

    kind: ClassVar[str] = "qry"


class CommandLookup(Query):
    """Reads the stored verdict of one command; every owner answers it under its own wire name."""

    command_id: str


class Event(Message):
    """Something that happened. Written only through the outbox of its owner."""

    kind: ClassVar[str] = "evt"

    def audience(self) -> tuple[int, ...]:
        """Returns the users whose open pages get the event; empty when it concerns services only."""
        return ()

    def topics(self) -> tuple[str, ...]:
        """Returns the topics, such as `dataset:12`, whose readers get the event beside its audience: those who may see
        that dataset and have asked for it."""
        return ()

    def aggregate(self) -> str:
        """Returns the id of what the event is about, for `ce-subject`."""
        return ""


class Job(Message):
    """Long work of the owner, taken by one of its workers. Written only through the outbox."""

    kind: ClassVar[str] = "job"
    group: ClassVar[JobGroup] = "interactive"
    """`interactive` jobs take seconds, and somebody waits for them. `bulk` jobs take minutes: they never stand before
    interactive ones, and are shared out fairly between users (`contracts.streams`)."""


class Live(Message):
    """A progress message on core NATS. Lost without a subscriber."""

    kind: ClassVar[str] = "live"

    def key(self) -> str:
        """Returns the last token of the subject."""
        raise NotImplementedError

    def audience(self) -> tuple[int, ...]:
        """Returns the users whose open pages get the message."""
        return ()

    def topics(self) -> tuple[str, ...]:
        """Returns the topics whose readers get the message beside its audience, as for events."""
        return ()

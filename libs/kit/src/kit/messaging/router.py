"""What a service hears. How it is heard (durable, retries, dedup, transaction) follows from the kind of message.

    router = Router("training")

    @router.on(SubmitTraining, http=202)
    async def submit_training(command: SubmitTraining, tx: Tx) -> Training: ...

Handlers name what they want by type: the message, `Tx` (commands, events), `ReadTx` (queries, effects), `JobContext`
(jobs), and any adapter the service provides.
"""

import inspect
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from functools import partial
from typing import Any, get_type_hints

from contracts.base import Command, Event, Job, Message, Query

Handler = Callable[..., Awaitable[Any]]


@dataclass(frozen=True)
class Route:
    message: type[Message]
    handler: Handler
    latency: str
    """Name of a class in `contracts.streams.CLASSES`, or `queries`."""
    http: int = 200
    """Status of the answer to an accepted command."""
    abandoned: Handler | None = None
    """Of a job that will not be tried again: records that it failed."""

    def bound(self, provides: Iterable[object]) -> "Route":
        """The same route with adapters filled in; TypeError for a parameter that nobody provides."""
        given = tuple(provides)
        abandoned = _inject(self.abandoned, given) if self.abandoned else None
        return Route(self.message, _inject(self.handler, given), self.latency, self.http, abandoned)


class Router:
    def __init__(self, service: str) -> None:
        self.service = service
        self.routes: list[Route] = []

    def on(self, message: type[Message], http: int = 200) -> Callable[[Handler], Handler]:
        """A write, an event or a query that needs nothing but our own database."""
        latency = {Command: "commands", Event: "events", Query: "queries"}[_kind(message)]
        return partial(self._add, message, latency, http)

    def effect(self, message: type[Message], http: int = 200) -> Callable[[Handler], Handler]:
        """A handler that calls the outside world. No transaction is open meanwhile; it returns a function of `Tx`
        which records the outcome, and whose result is the verdict's. It may run again after a crash."""
        latency = {Command: "effects", Event: "reactions"}[_kind(message)]
        return partial(self._add, message, latency, http)

    def job(self, message: type[Job], abandoned: Handler | None = None) -> Callable[[Handler], Handler]:
        """Long work, run by `python -m <service> worker`. `abandoned` takes the same job and context when the last
        delivery failed, or when its workers died each time: what waits for the job is told there, in a short
        transaction. It may find the work done after all, and may run again."""
        return partial(self._add, message, "jobs", 200, abandoned=abandoned)

    def _add(
        self, message: type[Message], latency: str, http: int, handler: Handler, abandoned: Handler | None = None
    ) -> Handler:
        if _kind(message) in (Command, Query, Job) and message.owner() != self.service:
            raise TypeError(f"{self.service} cannot handle {message.ce_type()}: it belongs to {message.owner()}")
        self.routes.append(Route(message, handler, latency, http, abandoned))
        return handler


def _kind(message: type[Message]) -> type[Message]:
    return next(kind for kind in (Command, Event, Query, Job) if issubclass(message, kind))


PER_CALL = ("Tx", "ReadTx", "Actor", "JobContext")


def _inject(handler: Handler, provides: tuple[object, ...]) -> Handler:
    """The first parameter is the message, the second the call's context; the rest comes from `provides` by type."""
    hints = get_type_hints(handler)
    fixed = {}
    for name in list(inspect.signature(handler).parameters)[1:]:
        wanted = hints[name]
        if wanted.__name__ not in PER_CALL:
            fixed[name] = _provided(wanted, provides, handler)
    return partial(handler, **fixed) if fixed else handler


def _provided(wanted: type, provides: tuple[object, ...], handler: Handler) -> object:
    for candidate in provides:
        if isinstance(candidate, wanted):
            return candidate
    raise TypeError(f"{handler.__module__}.{handler.__qualname__} wants {wanted.__name__}, which nobody provides")


def by_class(routes: list[Route]) -> dict[str, dict[str, Route]]:
    """Latency class → CloudEvents type → route; TypeError when a message is heard twice."""
    table: dict[str, dict[str, Route]] = defaultdict(dict)
    for route in routes:
        if table[route.latency].setdefault(route.message.ce_type(), route) is not route:
            raise TypeError(f"{route.message.ce_type()} is heard twice")
    return dict(table)

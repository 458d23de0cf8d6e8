"""Which messages a service handles. How (durable, retries, deduplication, transaction) follows from the kind of
message.

    router = Router("training")

    @router.on(SubmitTraining, http=202)
    async def submit_training(command: SubmitTraining, tx: Tx) -> Training: ...

Handlers name what they need by type: the message, `Tx` (commands, events), `ReadTx` (queries, effects), `JobContext`
(jobs), and any adapter that the service provides.
"""

import inspect
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, get_type_hints

from contracts.base import Command, Event, Job, Message, Query

Handler = Callable[..., Awaitable[Any]]


@dataclass(frozen=True)
class Route:
    """A message and its handler."""

    message: type[Message]
    handler: Handler
    group: str
    """Key of `contracts.streams.CONSUMER_GROUPS`, or `queries`."""
    http: int = 200
    """HTTP status of the response to an accepted command."""
    on_give_up: Handler | None = None
    """For a job that will not be tried again: records that it failed."""
    on_wait: Callable[[Any, Any, str], Awaitable[None]] | None = None
    """For a job that is delayed because a server is away: records why."""
    batch: bool = False
    """Its handler takes a list of `Received`, or of `Asked` when it answers queries."""
    after: Handler | None = None
    """Runs in a transaction of its own after that of the command, before the verdict is answered."""
    in_worker: bool = False
    """For a query: a worker answers it, and the serving process passes it on."""

    def bound(self, provides: Iterable[object]) -> "Route":
        """Returns the same route with adapters filled in. Raises TypeError for a parameter that no adapter matches."""
        given = tuple(provides)
        others = {"on_give_up": self.on_give_up, "after": self.after}
        bound: dict[str, Any] = {name: _inject(one, given) for name, one in others.items() if one}
        return replace(self, handler=_inject(self.handler, given), **bound)


class Router:
    """Collects the routes of one service."""

    def __init__(self, service: str) -> None:
        self.service = service
        self.routes: list[Route] = []

    def on(self, message: type[Message], http: int = 200, after: Handler | None = None) -> Callable[[Handler], Handler]:
        """Registers a handler of a command, an event or a query that needs only the service's own database. `http` is
        the status of the response to an accepted command. `after` takes an accepted command and `Tx` when everybody
        sees what the handler wrote, and before the sender has the verdict; it runs again when the command is delivered
        again."""
        group = {Command: "commands", Event: "events", Query: "queries"}[_kind(message)]
        return partial(self._add, message, group, http, after=after)

    def in_worker(self, message: type[Query]) -> Callable[[Handler], Handler]:
        """Registers a handler of a query that needs libraries of the workers. `python -m <service> worker` answers it,
        within the time that a query has; without a worker the query is Unavailable."""
        return partial(self._add, message, "queries", 200, in_worker=True)

    def batch(self, message: type[Event]) -> Callable[[Handler], Handler]:
        """Registers a handler that takes the events of one fetch as a list of `Received`, and `Tx`: one call, one
        commit, and no record of the messages. They may come again, in any order, so what it writes has a key and keeps
        the newest (`tx.upsert_many`); it emits nothing."""
        return partial(self._add, message, "events", 200, batch=True)

    def many(self, message: type[Query]) -> Callable[[Handler], Handler]:
        """Registers a handler that takes the queries of one batch as a list of `Asked`, and returns as many results in
        the same order: a DomainError is the refusal of its query. The queries may come from different users. It needs
        only the service's own database; when it fails it is called again with each query alone."""
        return partial(self._add, message, "queries", 200, batch=True)

    def effect(self, message: type[Message], http: int = 200) -> Callable[[Handler], Handler]:
        """Registers a handler that calls the outside world. No transaction is open during the call; the handler returns
        a function of `Tx` that records the outcome, and whose result is that of the verdict. The handler may run again
        after a crash."""
        group = {Command: "effects", Event: "reactions"}[_kind(message)]
        return partial(self._add, message, group, http)

    def job(
        self, message: type[Job], on_give_up: Handler | None = None, on_wait: Handler | None = None
    ) -> Callable[[Handler], Handler]:
        """Registers a handler of long work, run by `python -m <service> worker`; its contract names its group.

        `on_give_up` takes the job and its context when the last attempt failed, or when its workers died each time; it
        records that in a short transaction. It must be idempotent, and the work may already be complete. `on_wait`
        takes job, context and a sentence each time an outage delays the job.
        """
        return partial(self._add, message, message.group, 200, on_give_up=on_give_up, on_wait=on_wait)

    def _add(
        self, message: type[Message], group: str, http: int, handler: Handler, on_give_up: Handler | None = None,
        on_wait: Handler | None = None, batch: bool = False, after: Handler | None = None, in_worker: bool = False,
    ) -> Handler:  # fmt: skip
        if _kind(message) in (Command, Query, Job) and message.owner() != self.service:
            raise TypeError(f"{self.service} cannot handle {message.ce_type()}: it belongs to {message.owner()}")
        self.routes.append(Route(message, handler, group, http, on_give_up, on_wait, batch, after, in_worker))
        return handler


def _kind(message: type[Message]) -> type[Message]:
    return next(kind for kind in (Command, Event, Query, Job) if issubclass(message, kind))


PER_CALL = ("Tx", "ReadTx", "Actor", "JobContext")


def _inject(handler: Handler, provides: tuple[object, ...]) -> Handler:
    """Binds adapters to a handler. The first parameter is the message, the second the context of the call, if it has
    one; the others are matched by type."""
    hints = get_type_hints(handler)
    fixed = {}
    for name in list(inspect.signature(handler).parameters)[1:]:
        wanted = hints[name]
        if wanted.__name__ not in PER_CALL:
            fixed[name] = _provided(wanted, provides, handler)
    return partial(handler, **fixed) if fixed else handler


def _provided(wanted: type, provides: tuple[object, ...], handler: Handler) -> object:
    for candidate in provides:
        if wanted in type(candidate).__mro__:  # `isinstance` refuses ports, which are protocols
            return candidate
    raise TypeError(
        f"{handler.__module__}.{handler.__qualname__} wants {wanted.__name__}, which the service does not provide"
    )


def by_group(routes: list[Route]) -> dict[str, dict[str, Route]]:
    """Returns consumer group → CloudEvents type → route. Raises TypeError when a message has two handlers."""
    table: dict[str, dict[str, Route]] = defaultdict(dict)
    for route in routes:
        if table[route.group].setdefault(route.message.ce_type(), route) is not route:
            raise TypeError(f"{route.message.ce_type()} is heard twice")
    return dict(table)

"""A whole service in one object: the messages it handles, the adapters its handlers use, and its background loops.

`run()` serves (commands, events, queries, relay, monitor, loops, internal HTTP); `work()` takes jobs, and queries that
need what only workers have.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Collection, Iterable, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, suppress
from typing import TYPE_CHECKING

from nats.errors import Error as NatsError
from starlette.routing import BaseRoute

from contracts.streams import CONSUMER_GROUPS, JOB_GROUPS
from kit.background import while_serving, while_working
from kit.db.database import Database
from kit.jobs.worker import JobSettler
from kit.messaging import nats_connection
from kit.messaging.broker_clock import BROKER_CLOCK
from kit.messaging.bus import Bus
from kit.messaging.bus_probe import BusProbe
from kit.messaging.command_status import command_lookup
from kit.messaging.delivery.batches import BatchSettler, SettleAll, each
from kit.messaging.delivery.direct_commands import DirectCommands
from kit.messaging.delivery.pull_consumer import PullConsumer
from kit.messaging.delivery.raw_batches import RawBatchSettler, Record
from kit.messaging.delivery.raw_messages import RawHandler, settle_raw
from kit.messaging.delivery.settle import Settler
from kit.messaging.outbox.relay import Relay
from kit.messaging.queries.query_server import QueryServer, WorkerQueryServer
from kit.messaging.router import Route, Router, by_group
from kit.messaging.topology.apply import Durable, durables
from kit.messaging.topology.monitor import ConsumerStuck
from kit.messaging.topology.wait import wait_until_provisioned
from kit.messaging.tx import Tx, transaction
from kit.process.garbage import freeze_start_up
from kit.process.tasks import cancel_all, run_until
from kit.settings import ServiceSettings
from kit.storage.object_storage import Storage
from kit.telemetry import health, metrics, tracing

if TYPE_CHECKING:
    from kit.messaging.delivery.subscribers import Subscribers

log = logging.getLogger("kit.app")
Loop = Callable[["Service"], Awaitable[None]]


class Service:
    """`provides` are adapters that handlers get by type; those with `start`/`stop` follow the service's life. `loops`
    are background coroutines; the service ends when one of them ends or fails. `worker_loops` are those of a worker
    that takes jobs of a group, by group."""

    def __init__(
        self,
        name: str,
        settings: ServiceSettings,
        routers: Sequence[Router],
        provides: Iterable[object] = (),
        loops: Sequence[Loop] = (),
    ) -> None:
        self.name, self.settings, self.loops = name, settings, list(loops)
        url = settings.database_url.get_secret_value()
        self.db = Database(url, settings.pool_min, settings.pool_max, settings.pool_timeout)
        self.line = nats_connection.connect_options(name, settings.nats_url.get_secret_value(), self.end)
        self.provides: list[object] = [self, self.db, *provides]
        self.routes = [route for router in (*routers, command_lookup(name)) for route in router.routes]
        self.raw_handlers: dict[str, SettleAll] = {}
        self.hearing: list[PullConsumer | DirectCommands | QueryServer | Subscribers | JobSettler] = []
        self.worker_loops: dict[str, list[Loop]] = {group: [] for group in JOB_GROUPS}
        self.stopping = asyncio.Event()
        self.ready = False
        self.is_open = False
        """From the moment it is ready until its connections close: work that has begun still needs them."""
        self.reason = ""
        self.http_routes: list[BaseRoute] = []
        """Of the internal listener, beside those of its health."""
        self.problems: list[str] = []
        """What it waits for before it takes messages."""

    @property
    def durables(self) -> list[Durable]:
        """The durable consumers of this service, one per consumer group."""
        routes = self.routes_by_group.items()
        messages: dict[str, list] = {group: [r.message for r in table.values()] for group, table in routes}
        messages |= {group: [] for group in self.raw_handlers}
        return durables(self.name, {k: v for k, v in messages.items() if k in CONSUMER_GROUPS})

    def consume_raw(self, group: str, handler: RawHandler) -> None:
        """Hands the raw messages of a whole stream (group `dead` or `advisories`) to `handler`, which must be
        idempotent."""
        self.raw_handlers[group] = each(settle_raw(handler))

    def consume_raw_batches(self, group: str, record: Record) -> None:
        """Hands the raw messages of a whole stream (group `samples`) to `record`, many at a time."""
        self.raw_handlers[group] = RawBatchSettler(self.name, CONSUMER_GROUPS[group], record)

    @property
    def routes_by_group(self) -> dict:
        """Consumer group → CloudEvents type → route."""
        return by_group(self.routes)

    @property
    def storage(self) -> Storage | None:
        """The object store, or None without a bucket."""
        found = (one for one in self.provides if isinstance(one, Storage) and one.settings.bucket)
        return next(found, None)

    async def bus_problem(self) -> str:
        """Returns a sentence when the bus does not store messages, else an empty string."""
        connected = "bus_probe" in vars(self) and self.nc.is_connected
        problem = await self.bus_probe.problem() if connected else "is not reachable"
        metrics.BUS_STORES.set(not problem)
        url = self.settings.nats_url.get_secret_value()
        return f"The message bus at {health.address(url)} {problem}." if problem else ""

    def end(self, reason: str = "connection closed") -> None:
        """Asks the process to stop; safe to call twice."""
        if not self.stopping.is_set():
            self.reason = reason
        self.stopping.set()

    async def open(self) -> None:
        """Connects to database and bus, and starts the adapters; consumes nothing yet. Waits until the bus is
        reachable."""
        from kit.messaging.delivery.subscribers import Subscribers, broker

        await self.db.open()
        self.broker = broker(self.line)
        self.nc = await nats_connection.connect_persistently(self.broker.connect)
        self.subscribers = Subscribers(self.broker, self.nc, self.name)
        self.bus_probe = BusProbe(self.nc, self.name)
        self.bus = Bus(self.nc, self.name, self.storage)
        await self.bus.start()
        await BROKER_CLOCK.measure(self.nc)
        self.relay = Relay(self.name, self.db, self.nc)
        self.provides += [self.bus, self.relay]
        for adapter in self.provides:
            if hasattr(adapter, "start") and adapter not in (self, self.bus, self.relay):
                await adapter.start()  # type: ignore[attr-defined]

    async def _opened(self, stack: AsyncExitStack, durables: Sequence[Durable]) -> bool:
        """Returns True when everything is connected and provisioned; False when the process was asked to end before."""
        if not await run_until(self.stopping, self.open()):
            await self.db.close()
            return False
        stack.push_async_callback(self.close)
        return await run_until(self.stopping, wait_until_provisioned(self, durables))

    def tx(self) -> AbstractAsyncContextManager[Tx]:
        """Opens a transaction with outbox; it commits at the end of the block."""
        return transaction(self.db, self.name, self.relay)

    @property
    def remedy(self) -> str:
        """The sentence that tells an operator how to provision."""
        return f"Run `python -m {self.name} provision`."

    async def close(self) -> None:
        """Ends in this order: no new messages, those in work done, adapters, connections."""
        self.is_open = False
        await asyncio.gather(*(ear.stop() for ear in self.hearing))
        for adapter in reversed(self.provides):
            if hasattr(adapter, "stop") and adapter is not self:
                await adapter.stop()  # type: ignore[attr-defined]
        await self.bus.samples.close()
        with suppress(NatsError):  # a server that is away takes no goodbye
            await self.broker.stop()
        await self.db.close()
        tracing.shutdown()

    async def consume(self) -> None:
        """Starts all consumers and the query server."""
        for group, table in self.routes_by_group.items():
            if group not in ("queries", *JOB_GROUPS):
                bound, consumer = self._bound(table), CONSUMER_GROUPS[group]
                await self._take(Settler(self.name, consumer, bound, self.db, self.relay, self.storage))
        for group, settle in self.raw_handlers.items():
            self.subscribers.add(CONSUMER_GROUPS[group], settle)
        await self._start_subscribers()
        await self._start_answers()

    async def _take(self, settler: Settler) -> None:
        """Commands, whose latency people feel, have a path of their own (docs/decisions/0007)."""
        if settler.group.name != "commands":
            return self.subscribers.add(settler.group, BatchSettler(settler))
        for consumer in (PullConsumer(self.nc, self.name, settler.group, settler), DirectCommands(self.nc, settler)):
            await self._start_consumer(consumer)

    async def _start_subscribers(self) -> None:
        await self.subscribers.start()
        self.hearing.append(self.subscribers)

    async def _start_answers(self) -> None:
        own, of_workers = self._queries(in_worker=False), self._queries(in_worker=True)
        await self._start_consumer(QueryServer(self.name, self._bound(own), self.db, self.nc, set(of_workers)))
        if self.settings.without_workers:
            await self.answer_in_worker()

    async def answer_in_worker(self) -> None:
        """Starts the answers to queries that serving processes pass on."""
        if routes := self._queries(in_worker=True):
            await self._start_consumer(WorkerQueryServer(self.name, self._bound(routes), self.db, self.nc))

    def _queries(self, in_worker: bool) -> dict[str, Route]:
        table = self.routes_by_group.get("queries", {})
        return {kind: route for kind, route in table.items() if route.in_worker == in_worker}

    def _bound(self, routes: dict[str, Route]) -> dict[str, Route]:
        return {kind: route.bound(self.provides) for kind, route in routes.items()}

    async def _start_consumer(self, consumer: PullConsumer | DirectCommands | QueryServer) -> None:
        await consumer.start()
        self.hearing.append(consumer)

    async def run(self) -> None:
        """Serves until `end()`, a signal, or a background loop that fails. Raises SystemExit when a loop fails."""
        async with AsyncExitStack() as stack:
            await stack.enter_async_context(health.listening(self))
            serving = [d for d in self.durables if d.group.name not in JOB_GROUPS]
            if not await self._opened(stack, serving):
                return
            await self.consume()
            freeze_start_up()
            self.ready = self.is_open = True
            await self._until_end([*while_serving(self, serving), *(loop(self) for loop in self.loops)])

    async def work(self, groups: Collection[str] = JOB_GROUPS) -> None:
        """Takes jobs until the end, one of each group at a time, and answers queries that only workers can. Those in
        work end or are handed over before anything closes. Raises SystemExit when the service has no jobs of these
        groups."""
        async with AsyncExitStack() as stack:
            await stack.enter_async_context(health.listening(self))
            working = [d for d in self.durables if d.group.name in groups]
            if not working:
                raise SystemExit(f"{self.name} has no jobs of the group {' or '.join(groups)}.")
            if not await self._opened(stack, working):
                return
            settlers = [self._job_settler(group) for group in groups if group in self.routes_by_group]
            for settler in settlers:
                self.subscribers.add(CONSUMER_GROUPS[settler.group], each(settler))
            self.hearing += settlers
            await self._start_subscribers()
            await self.answer_in_worker()
            freeze_start_up()
            self.ready = True
            loops = [loop(self) for group in groups for loop in self.worker_loops[group]]
            await self._until_end([*while_working(self, working), *loops])

    def _job_settler(self, group: str) -> JobSettler:
        routes = self._bound(self.routes_by_group[group])
        return JobSettler(self.name, routes, self.db, self.bus, self.relay, group)

    async def _until_end(self, loops: Sequence[Awaitable[None]]) -> None:
        tasks = [asyncio.ensure_future(loop) for loop in loops]
        stop = asyncio.ensure_future(self.stopping.wait())
        done, _ = await asyncio.wait([stop, *tasks], return_when=asyncio.FIRST_COMPLETED)
        self.ready = False
        await cancel_all({stop, *tasks})
        self._raise_failure(done, stop)

    def _raise_failure(self, done: set, stop: asyncio.Future) -> None:
        """Returns after a normal end; raises SystemExit, and logs the reason, when a durable is stuck or a loop
        failed."""
        if stop in done:
            return
        error = next((task.exception() for task in done if task.exception()), None)
        log.critical("service.stopped", exc_info=error if not isinstance(error, ConsumerStuck) else None,
                     extra={"fields": {"reason": str(error)}})  # fmt: skip
        raise SystemExit(1)

"""A whole service in one object: what it hears, what it offers to handlers, what it does besides.

`run()` serves (commands, events, queries, relay, watchdog, loops, internal HTTP); `work()` takes jobs only.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, suppress
from functools import partial
from typing import TYPE_CHECKING

import nats
from nats.aio.msg import Msg
from nats.errors import Error as NatsError

from contracts.streams import CLASSES
from kit import connection, health, telemetry
from kit.db import Database
from kit.declared import as_declared
from kit.ending import cancelled, done_before
from kit.lag import measure_lag
from kit.messaging.answers import Answers
from kit.messaging.bus import Bus
from kit.messaging.lookup import command_lookup
from kit.messaging.pull import Puller
from kit.messaging.relay import Relay
from kit.messaging.router import Router, by_class
from kit.messaging.settle import Settler
from kit.messaging.tap import Tap, tapped
from kit.messaging.tx import Tx, transaction
from kit.provision import Durable, durables
from kit.settings import ServiceSettings
from kit.watchdog import Lost, Watchdog
from kit.worker import JobSettler

if TYPE_CHECKING:
    from faststream.nats import NatsBroker

log = logging.getLogger("kit.app")
Loop = Callable[["Service"], Awaitable[None]]


class Service:
    """`provides` are adapters that handlers ask for by type; those with `start`/`stop` follow the service's life.
    `loops` are background coroutines; one that ends or fails ends the service."""

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
        self.line = connection.options(name, settings.nats_url.get_secret_value(), self.end)
        self.broker: NatsBroker | None = None
        """Of a worker; a service has a bare client."""
        self.provides: list[object] = [self, self.db, *provides]
        self.routes = [route for router in (*routers, command_lookup(name)) for route in router.routes]
        self.taps: dict[str, Tap] = {}
        self.hearing: list[Puller | Answers] = []
        self.stopping = asyncio.Event()
        self.ready = False
        self.reason = ""
        self.problems: list[str] = []
        """What it waits for before it takes anything."""

    @property
    def durables(self) -> list[Durable]:
        heard: dict[str, list] = {latency: [r.message for r in table.values()] for latency, table in self.heard.items()}
        heard |= {latency: [] for latency in self.taps}
        return durables(self.name, {k: v for k, v in heard.items() if k in CLASSES})

    def tap(self, latency: str, handler: Tap) -> None:
        """Hears a whole stream (`dead`, `advisories`) as raw messages; `handler` must bear repeats."""
        self.taps[latency] = handler

    @property
    def heard(self) -> dict:
        return by_class(self.routes)

    @property
    def is_connected(self) -> bool:
        """To the bus, just now."""
        return "nc" in vars(self) and self.nc.is_connected

    def end(self, reason: str = "connection closed") -> None:
        """Asks the process to stop; safe to call twice."""
        if not self.stopping.is_set():
            self.reason = reason
        self.stopping.set()

    async def open(self) -> None:
        """Database and bus, and whatever the adapters need; nothing is consumed yet."""
        await self.db.open()
        connect = self.broker.connect if self.broker else partial(nats.connect, **self.line)
        self.nc = await connection.connected(connect)
        self.bus = Bus(self.nc, self.name)
        await self.bus.start()
        self.relay = Relay(self.name, self.db, self.nc)
        self.provides += [self.bus, self.relay]
        for adapter in self.provides:
            if hasattr(adapter, "start") and adapter not in (self, self.bus, self.relay):
                await adapter.start()  # type: ignore[attr-defined]

    async def _opened(self, stack: AsyncExitStack, durables: Sequence[Durable]) -> bool:
        """Connected, with what it hears as declared; False when asked to end before."""
        if not await done_before(self.stopping, self.open()):
            await self.db.close()
            return False
        stack.push_async_callback(self.close)
        return await done_before(self.stopping, as_declared(self, durables))

    def tx(self) -> AbstractAsyncContextManager[Tx]:
        return transaction(self.db, self.name, self.relay)

    @property
    def remedy(self) -> str:
        return f"Run `python -m {self.name} provision`."

    async def close(self) -> None:
        """In this order: no new messages, the ones in work done, adapters, connections."""
        await asyncio.gather(*(ear.stop() for ear in self.hearing))
        for adapter in reversed(self.provides):
            if hasattr(adapter, "stop") and adapter is not self:
                await adapter.stop()  # type: ignore[attr-defined]
        with suppress(NatsError):  # a server that is away takes no goodbye
            await (self.broker.stop() if self.broker else self.nc.drain())
        await self.db.close()
        telemetry.shutdown()

    async def consume(self) -> None:
        """Starts hearing."""
        for latency, table in self.heard.items():
            if latency not in ("queries", "jobs"):
                bound = {kind: route.bound(self.provides) for kind, route in table.items()}
                await self._pull(latency, Settler(self.name, CLASSES[latency], bound, self.db, self.relay))
        for latency, handler in self.taps.items():
            await self._pull(latency, tapped(handler))
        await self._start_answers()

    async def _pull(self, latency: str, settle: Callable[[Msg], Awaitable[None]]) -> None:
        puller = Puller(self.nc, self.name, CLASSES[latency], settle)
        await puller.start()
        self.hearing.append(puller)

    async def _start_answers(self) -> None:
        table = self.heard.get("queries", {})
        answers = Answers(self.name, {k: r.bound(self.provides) for k, r in table.items()}, self.db, self.nc)
        await answers.start()
        self.hearing.append(answers)

    async def run(self) -> None:
        """Serves until `end()`, a signal, or a background loop that gives up."""
        async with AsyncExitStack() as stack:
            await stack.enter_async_context(health.listening(self))
            serving = [d for d in self.durables if d.latency.name != "jobs"]
            if not await self._opened(stack, serving):
                return
            await self.consume()
            self.ready = True
            watchdog = Watchdog(self.nc.jetstream(timeout=5), serving)
            await self._until_end(
                [self.relay.run(), watchdog.run(), measure_lag(), *(loop(self) for loop in self.loops)]
            )

    async def work(self) -> None:
        """Takes jobs, one at a time, until the end. The one in work ends or is handed over before anything closes."""
        from kit.messaging.consumers import broker, subscribe

        self.broker = broker(self.line)
        async with AsyncExitStack() as stack:
            await stack.enter_async_context(health.listening(self))
            working = [d for d in self.durables if d.latency.name == "jobs"]
            if not await self._opened(stack, working):
                return
            jobs = {kind: route.bound(self.provides) for kind, route in self.heard.get("jobs", {}).items()}
            settler = JobSettler(self.name, jobs, self.db, self.bus, self.relay)
            subscribe(self.broker, self.name, "jobs", settler)
            await self.broker.start()
            stack.push_async_callback(_settled, self.broker, settler)
            self.ready = True
            await self._until_end([Watchdog(self.nc.jetstream(timeout=5), working).run(), measure_lag()])

    async def _until_end(self, loops: Sequence[Awaitable[None]]) -> None:
        tasks = [asyncio.ensure_future(loop) for loop in loops]
        stop = asyncio.ensure_future(self.stopping.wait())
        done, _ = await asyncio.wait([stop, *tasks], return_when=asyncio.FIRST_COMPLETED)
        self.ready = False
        await cancelled({stop, *tasks})
        self._judge_end(done, stop)

    def _judge_end(self, done: set, stop: asyncio.Future) -> None:
        """A normal end returns; a lost consumer or a failed loop ends the process with its reason."""
        if stop in done:
            return
        error = next((task.exception() for task in done if task.exception()), None)
        log.critical("service.stopped", exc_info=error if not isinstance(error, Lost) else None,
                     extra={"facts": {"reason": str(error)}})  # fmt: skip
        raise SystemExit(1)


async def _settled(broker: "NatsBroker", settler: JobSettler) -> None:
    """The job in work is done or given back, and no other one is taken."""
    from kit.messaging.consumers import fetched_no_more

    await asyncio.gather(fetched_no_more(broker), settler.stop())

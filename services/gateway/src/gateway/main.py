import asyncio
import contextlib
import logging
from collections.abc import Awaitable

from gateway.apis.fair_v1.settings import v1_settings
from gateway.app import application, built_routes
from gateway.context import AppContext
from gateway.http.limits.leases import Limiter
from gateway.http.server.public import PublicServer
from gateway.identity import handlers as identity
from gateway.identity.providers.osm import osm_login
from gateway.identity.providers.setup import provider_of
from gateway.identity.users import Users
from gateway.operations.cluster_metrics import measure
from gateway.operations.dead_letters import handlers as dead_letters
from gateway.operations.dead_letters.store import DeadLetters
from gateway.operations.health_checks import HealthChecks
from gateway.operations.settled_commands import SettledCommands
from gateway.outbounds import Outbounds
from gateway.settings import Settings
from gateway.streaming.hub import Hub
from kit.app import Service
from kit.errors import Unavailable
from kit.messaging.staging import sweep

log = logging.getLogger("gateway")
PRUNE_EVERY = 600.0


class Gateway(Service):
    """Serves HTTP from the start, with 503 until bus and database are connected."""

    def __init__(self, settings: Settings) -> None:
        super().__init__("gateway", settings, routers=[identity.router, dead_letters.router])
        hub, users, outbounds = Hub(), Users(self.db), Outbounds.of(settings)
        self.context = AppContext(
            settings, self, provider_of(settings, users, outbounds.services), users, Limiter(self.db), hub,
            HealthChecks(settings, self), outbounds, osm_login(settings, outbounds.services),
        )  # fmt: skip
        self.app = application(settings)
        self.app.state.context = self.context
        self.public = PublicServer(self.app, settings, hub)
        letters = DeadLetters(self)
        self.consume_raw("dead", letters.on_dead)
        self.consume_raw("advisories", letters.on_advisory)
        self.provides += [outbounds, settings, self.context.health_checks.storage]
        self.loops += [hub.run, SettledCommands().run, self._prune, measure, self._drain, self._label_keys]

    async def run(self) -> None:
        await self.public.start()
        try:
            await self.db.open()
            await super().run()
        finally:
            await self.public.stop()

    async def open(self) -> None:
        await super().open()
        self.context.users.relay = self.relay

    async def _label_keys(self, _: Service) -> None:
        await self.context.label_keys.listen(self.bus)

    async def _prune(self, _: Service) -> None:
        while True:
            await asyncio.sleep(PRUNE_EVERY)
            await self.context.limiter.prune()
            await self._sweep()

    async def _sweep(self) -> None:
        """Deletes staged bodies that were never fetched. A gateway that has staged none leaves them to those that have.
        An object store that is not reachable is swept the next time."""
        if self.storage and self.storage.is_open:
            with contextlib.suppress(Unavailable):
                if swept := await sweep(self.storage):
                    log.warning("staging.swept", extra={"fields": {"bodies": swept}})

    def _drain(self, _: Service) -> Awaitable[None]:
        """Ends with the other loops, before the bus closes: running responses still need it."""

        async def until_the_end() -> None:
            with contextlib.suppress(asyncio.CancelledError):
                await asyncio.Event().wait()
            await self.public.stop()

        return until_the_end()


warm_up = built_routes
"""What `build` does for any settings; a process that forks rooms does it once before."""


def build(settings: Settings) -> Service:
    v1_settings()  # a wrong value ends the process now instead of a request
    return Gateway(settings)

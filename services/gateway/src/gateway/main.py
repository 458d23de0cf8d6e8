import asyncio
import contextlib
from collections.abc import Awaitable

from gateway.app import application
from gateway.auth import handlers as auth
from gateway.auth import links
from gateway.auth.osm import osm_login
from gateway.auth.setup import provider_of
from gateway.auth.users import Users
from gateway.dead_letters import handlers as dead_letters
from gateway.dead_letters.store import DeadLetters
from gateway.door import Door
from gateway.limits.leases import Limiter
from gateway.measures import measure
from gateway.probes import Probes
from gateway.server import PublicServer
from gateway.settings import Settings
from gateway.sse.hub import Hub
from gateway.v1.settings import early_settings
from kit.app import Service
from kit.outbound import Outbound

PRUNE_EVERY = 600.0


class Gateway(Service):
    """Answers HTTP from the first moment, with 503 where bus or database are missing yet."""

    def __init__(self, settings: Settings) -> None:
        super().__init__("gateway", settings, routers=[auth.router, links.router, dead_letters.router])
        hub, users, outbound = Hub(), Users(self.db), Outbound(settings.outbound_allow)
        self.door = Door(
            settings, self, provider_of(settings, users, outbound), users, Limiter(self.db), hub,
            Probes(settings, self.db), outbound, osm_login(settings, outbound),
        )  # fmt: skip
        self.app = application(settings)
        self.app.state.door = self.door
        self.public = PublicServer(self.app, settings, hub)
        letters = DeadLetters(self)
        self.tap("dead", letters.on_dead)
        self.tap("advisories", letters.on_advisory)
        self.provides += [outbound, settings]
        self.loops += [hub.run, self._prune, measure, self._drain]

    async def run(self) -> None:
        await self.public.start()
        try:
            await self.db.open()
            await super().run()
        finally:
            await self.public.stop()

    async def open(self) -> None:
        await super().open()
        self.door.users.relay = self.relay

    async def _prune(self, _: Service) -> None:
        while True:
            await asyncio.sleep(PRUNE_EVERY)
            await self.door.limiter.prune()

    def _drain(self, _: Service) -> Awaitable[None]:
        """Ends with the other loops, that is before the bus closes: answers under way still need it."""

        async def until_the_end() -> None:
            with contextlib.suppress(asyncio.CancelledError):
                await asyncio.Event().wait()
            await self.public.stop()

        return until_the_end()


def build(settings: Settings) -> Service:
    early_settings()  # a wrong value ends the process now instead of a request
    return Gateway(settings)

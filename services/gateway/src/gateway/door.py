"""Everything the routes share in one process. Made before bus and database are there; what is missing answers 503."""

from dataclasses import dataclass
from functools import cached_property

from gateway.auth.cache import Recent
from gateway.auth.identity import Provider
from gateway.auth.osm import OsmLogin
from gateway.auth.people import People
from gateway.auth.users import Users
from gateway.limits.leases import Limiter
from gateway.probes import Probes
from gateway.settings import Settings
from gateway.sse.hub import Hub
from kit.app import Service
from kit.db import Database
from kit.errors import Unavailable
from kit.messaging.bus import Bus
from kit.outbound import Outbound


@dataclass
class Door:
    settings: Settings
    service: Service
    provider: Provider
    users: Users
    limiter: Limiter
    hub: Hub
    probes: Probes
    outbound: Outbound
    osm: OsmLogin | None

    @property
    def db(self) -> Database:
        return self.service.db

    @cached_property
    def people(self) -> People:
        return People(self.db)

    @cached_property
    def kpi(self) -> Recent[dict[str, int]]:
        return Recent()

    @property
    def bus(self) -> Bus:
        """Unavailable while the message bus is not connected: nothing is buffered that might go out later."""
        if not (self.service.ready and self.service.is_connected):
            raise Unavailable("bus_unavailable", "The message bus is not reachable, try again.")
        return self.service.bus

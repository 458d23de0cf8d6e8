"""What all routes of one process share. Created before bus and database are connected; routes return 503 until they
are."""

from dataclasses import dataclass, field
from functools import cached_property

from gateway.http.idempotency import PendingCommands
from gateway.http.limits.leases import Limiter
from gateway.http.limits.owner_circuits import OwnerCircuits
from gateway.identity.onboarding.state import OnboardingState
from gateway.identity.provider import Provider
from gateway.identity.providers.label_keys import LabelKeys
from gateway.identity.providers.osm import OsmLogin
from gateway.identity.ttl_cache import TtlCache
from gateway.identity.user_directory import UserDirectory
from gateway.identity.users import Users
from gateway.operations.health_checks import HealthChecks
from gateway.outbounds import Outbounds
from gateway.settings import Settings
from gateway.streaming.hub import Hub
from kit.app import Service
from kit.db.database import Database
from kit.errors import Unavailable
from kit.messaging.bus import Bus


@dataclass
class AppContext:
    settings: Settings
    service: Service
    provider: Provider
    users: Users
    limiter: Limiter
    hub: Hub
    health_checks: HealthChecks
    outbounds: Outbounds
    osm: OsmLogin | None
    pending: PendingCommands = field(default_factory=PendingCommands)
    circuits: OwnerCircuits = field(default_factory=OwnerCircuits)

    @cached_property
    def onboarding(self) -> OnboardingState:
        settings = self.settings
        return OnboardingState(
            settings.signing_key.get_secret_value(), f"{settings.api_path}/auth/", secure=not settings.debug
        )

    @cached_property
    def label_keys(self) -> LabelKeys:
        """Authenticates requests of the label store."""
        return LabelKeys(lambda: self.bus, lambda: self.provider, self.settings.label_auth_cache)

    @property
    def db(self) -> Database:
        return self.service.db

    @cached_property
    def user_directory(self) -> UserDirectory:
        return UserDirectory(self.db)

    @cached_property
    def kpi(self) -> TtlCache[dict[str, int]]:
        return TtlCache()

    @property
    def bus(self) -> Bus:
        """Raises Unavailable while the message bus is not connected, so that nothing is buffered and sent later. A
        gateway that ends has it until the last request is answered."""
        if not (self.service.is_open and self.service.nc.is_connected):
            raise Unavailable("bus_unavailable", "The message bus is not reachable, try again.")
        return self.service.bus

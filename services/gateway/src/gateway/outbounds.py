"""HTTP clients for other servers, one per purpose, because no purpose may reach the servers that another is allowed."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from kit.http.outbound import Outbound

if TYPE_CHECKING:
    from gateway.settings import Settings


@dataclass
class Outbounds:
    """`services`: the login portal and OpenStreetMap; `models`: STAC items that administrators name; `webhooks`:
    addresses of users."""

    services: Outbound
    models: Outbound
    webhooks: Outbound

    @classmethod
    def of(cls, settings: "Settings") -> "Outbounds":
        allowed = settings.allow_services, settings.allow_models, settings.allow_webhooks
        return cls(*map(Outbound, allowed))

    async def stop(self) -> None:
        for outbound in (self.services, self.models, self.webhooks):
            await outbound.stop()

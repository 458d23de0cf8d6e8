"""The gateway's application without its servers: for its own tests, and for those of services whose routes it has."""

from typing import Any, cast

import pytest
from fastapi import FastAPI

from contracts.shared import Actor
from gateway.app import application
from gateway.context import AppContext
from gateway.http.limits.leases import Allowance
from gateway.http.limits.rates import Rate
from gateway.identity.providers.dev import DevProvider
from gateway.settings import Settings
from gateway.streaming.hub import Hub
from kit.messaging.bus import Bus
from kit.testing import ready_service

TOKEN = "a-token-for-tests"  # noqa: S105
ENVIRONMENT = {
    "DEBUG": "true", "SECRET_KEY": "x" * 40, "FRONTEND_URL": "https://map.example/", "AUTH_PROVIDER": "dev",
    "API_BASE_URL": "https://fair.example/api/v1/", "FAIR_DEV_TOKEN": TOKEN,
}  # fmt: skip
SERVERS = {"NATS__URL": "nats://127.0.0.1:1", "DATABASE_URL": "postgresql://nobody@127.0.0.1:1/none"}
"""Nobody is there."""


class People:
    """Everybody has an account; 9 is an administrator."""

    async def get_or_create(self, user_id: int, name: str) -> Actor:
        return Actor(id=user_id, username=name, roles=frozenset({"admin"} if user_id == 9 else ()))


class NoLimits:
    async def spend(self, scope: str, key: str, rate: Rate, **_: Any) -> Allowance:
        return Allowance(allowed=True, rate=rate, remaining=rate.limit, reset=3600)


def person(user_id: int, name: str) -> dict[str, str]:
    """Returns the headers of a request of this person."""
    return {"authorization": f"Bearer {TOKEN}", "x-dev-user": f"{user_id}:{name}"}


def application_on(bus: Bus) -> FastAPI:
    """Returns the application on a bus that is connected: for routes that need the bus only."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in {**ENVIRONMENT, **SERVERS}.items():
            patch.setenv(name, value)
        settings = Settings()  # type: ignore[call-arg]
    app = application(settings)
    app.state.context = _context_on(bus, settings)
    return app


def _context_on(bus: Bus, settings: Settings) -> AppContext:
    people = cast("Any", People())
    service = ready_service(bus, settings)
    provider = DevProvider(people, TOKEN, several=True)
    absent = cast("Any", None)
    return AppContext(settings, service, provider, people, cast("Any", NoLimits()), Hub(), absent, absent, None)

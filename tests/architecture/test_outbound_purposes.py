"""Private servers that one purpose may ask are closed to every other: no user reaches what operators allow."""

import os
from collections.abc import Callable, Iterator
from importlib import import_module
from typing import Any

import pytest
from tests.contracts.rooms import PLACEHOLDERS

from kit.app import Service

LISTS = {name: f"{name.lower()}.private:1" for name in ("SERVICES", "IMAGERY", "MODELS", "WEBHOOKS")}
HANKO = {"AUTH_PROVIDER": "hanko", "HANKO_API_URL": "https://id.example", "COOKIE_SECRET": "c" * 40,
         "LOGIN_INTERNAL_API_KEY": "k", "OSM_CLIENT_ID": "o", "OSM_CLIENT_SECRET": "o", "OSM_SECRET_KEY": "o" * 40,
         "OSM_LOGIN_REDIRECT_URI": "https://map.example/", "WEBHOOK_SECRET_KEY": "w" * 32}  # fmt: skip


@pytest.fixture(scope="module")
def built() -> Iterator[Callable[..., Service]]:
    """A service with another server in each list, built but not started."""
    kept = dict(os.environ)
    os.environ.update(PLACEHOLDERS | HANKO | {f"OUTBOUND_ALLOW_{name}": server for name, server in LISTS.items()})

    def build(room: str, process: str = "build") -> Service:
        settings = import_module(f"{room}.settings").Settings(_env_file=None)
        return getattr(import_module(f"{room}.main"), process)(settings)

    yield build
    os.environ.clear()
    os.environ.update(kept)


CLIENTS = [
    ("catalog", "build", "ImageryLimits.outbound", "IMAGERY"),
    ("catalog", "build", "BuildContext.outbound", "IMAGERY"),
    ("catalog", "build", "BuildContext.osm.outbound", "SERVICES"),
    ("catalog", "build", "LabelContext.osm.outbound", "SERVICES"),
    ("catalog", "build", "Conflation.osm.outbound", "SERVICES"),
    ("catalog", "build", "OsmStatusCache.osm.outbound", "SERVICES"),
    ("catalog", "build", "MirrorContext.outbound", "MODELS"),
    ("catalog", "build", "RegistrationContext.outbound", "MODELS"),
    ("prediction", "build", "SubmissionValidator.outbound", "IMAGERY"),
    ("prediction", "build", "Outbound", "IMAGERY"),
    ("prediction", "build", "Inference", "IMAGERY"),
    ("prediction", "build", "Projects.mapswipe", "SERVICES"),
    ("prediction", "build_worker", "WorkerContext.outbound", "IMAGERY"),
    ("prediction", "build_worker", "WorkerContext.osm.outbound", "SERVICES"),
    ("prediction", "build_worker", "MapswipeContext.outbound", "IMAGERY"),
    ("prediction", "build_worker", "MapswipeContext.mapswipe", "SERVICES"),
    ("notify", "build_worker", "HttpWebhookClient.outbound", "WEBHOOKS"),
    ("gateway", "build", "Outbounds.services", "SERVICES"),
    ("gateway", "build", "Outbounds.models", "MODELS"),
    ("gateway", "build", "Outbounds.webhooks", "WEBHOOKS"),
    ("gateway", "build", "Gateway.context.provider.inner.portal.outbound", "SERVICES"),
    ("gateway", "build", "Gateway.context.osm.outbound", "SERVICES"),
]


@pytest.mark.parametrize(("room", "process", "place", "purpose"), CLIENTS)
def test_client_is_allowed_the_servers_of_its_purpose_alone(built, room, process, place, purpose):
    kind, *rest = place.split(".")
    found: Any = next(one for one in built(room, process).provides if type(one).__name__ == kind)
    for name in rest:
        found = getattr(found, name)
    assert _hosts(found.allow) == {LISTS[purpose]}


def _hosts(allow: Any) -> set[str]:
    return set(allow.split(",")) if isinstance(allow, str) else {f"{host}:{port}" for host, port in allow}


@pytest.mark.parametrize("room", ["gateway", "catalog", "prediction"])
def test_the_old_name_is_for_servers_of_operators_alone(built, room, monkeypatch):
    for name in LISTS:
        monkeypatch.delenv(f"OUTBOUND_ALLOW_{name}")
    monkeypatch.setenv("OUTBOUND_ALLOW", "old.private:1")
    settings = import_module(f"{room}.settings").Settings(_env_file=None)
    lists = {name: value for name, value in settings.model_dump().items() if name.startswith("allow_")}
    assert {name: value for name, value in lists.items() if value} == {"allow_services": "old.private:1"}

"""`python -m <service> [serve|worker|provision|migrate|republish] ...`, the same for every service; verbs run in
turn."""

import asyncio
import logging
import signal
import sys
from collections.abc import Callable

import uvloop
from nats import connect

from contracts.nats_permissions import PROVISION, inbox_prefix
from kit.app import Service
from kit.messaging.outbox.relay import republish
from kit.messaging.topology.apply import NoRoom, apply
from kit.settings import ServiceSettings, load
from kit.telemetry import tracing

log = logging.getLogger("kit.cli")
VERBS = ("serve", "worker", "provision", "migrate", "republish")


def run(service: str, settings_type: type[ServiceSettings], build: Callable[..., Service]) -> None:
    """Entry point of `__main__`: runs the verbs of the command line for the package `service`. `build` makes the
    service from its settings. Exits with one sentence on a wrong verb or wrong settings."""
    verbs = sys.argv[1:] or ["serve"]
    if not set(verbs) <= set(VERBS):
        sys.exit(f"usage: python -m {service} [{'|'.join(VERBS)}] ...")
    settings = load(settings_type)
    tracing.configure(service, settings.otlp_endpoint, settings.log_level)
    if settings.sentry and settings.sentry_dsn:
        from kit.telemetry import sentry

        sentry.init(service, settings.sentry_dsn.get_secret_value())
    for verb in verbs:
        _run(verb, service, settings, build)


def _run(verb: str, service: str, settings: ServiceSettings, build: Callable[..., Service]) -> None:
    if verb == "migrate":
        from kit.db import migrations

        migrations.upgrade(service, _url(settings))
    elif verb == "republish":
        log.info("outbox.due_again", extra={"fields": {"events": asyncio.run(republish(_url(settings)))}})
    else:
        uvloop.run(_do(verb, build, settings))


def _url(settings: ServiceSettings) -> str:
    return settings.database_url.get_secret_value()


async def _do(verb: str, build: Callable[..., Service], settings: ServiceSettings) -> None:
    service = build(settings)
    if verb == "provision":
        return await provision(service)
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, service.end, f"signal {number}")
    await (service.work() if verb == "worker" else service.run())


async def provision(service: Service) -> None:
    """Creates the streams, and the durables of this service; connects as the user `provision` where the server knows
    users. Exits with one sentence when the server has no room for the streams."""
    nc = await connect(service.settings.nats_url.get_secret_value(), inbox_prefix=inbox_prefix(PROVISION))
    try:
        settings = service.settings
        await apply(nc.jetstream(timeout=5), service.durables, settings.stream_replicas, settings.stream_bytes)
    except NoRoom as error:
        sys.exit(f"{service.name}: {error}")
    finally:
        await nc.close()

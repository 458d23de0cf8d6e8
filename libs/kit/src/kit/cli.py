"""`python -m <service> [serve|worker|provision|migrate|republish] ...`, the same for every service; verbs run in
turn. `worker --group bulk` takes the jobs of one group only."""

import argparse
import asyncio
import logging
import signal
import sys
from collections.abc import Callable, Sequence

import uvloop
from nats import connect

from contracts.nats_permissions import PROVISION, inbox_prefix
from contracts.streams import JOB_GROUPS
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
    given = _arguments(service)
    settings = load(settings_type)
    tracing.configure(service, settings.otlp_endpoint, settings.log_level)
    if settings.sentry and settings.sentry_dsn:
        from kit.telemetry import sentry

        sentry.init(service, settings.sentry_dsn.get_secret_value())
    for verb in given.verbs:
        _run(verb, service, settings, build, given.group)


def _arguments(service: str) -> argparse.Namespace:
    """Returns `verbs`, and the job groups of `--group`: all when it is not given."""
    parser = argparse.ArgumentParser(prog=f"python -m {service}")
    parser.add_argument("verbs", nargs="*", metavar=f"{{{','.join(VERBS)}}}", help="run in turn; serve by default")
    parser.add_argument("--group", action="append", choices=JOB_GROUPS, help="of the jobs that the worker takes")
    given = parser.parse_args()
    given.verbs, given.group = given.verbs or ["serve"], given.group or JOB_GROUPS
    if not set(given.verbs) <= set(VERBS):
        parser.error(f"the verbs are {', '.join(VERBS)}")
    return given


def _run(
    verb: str, service: str, settings: ServiceSettings, build: Callable[..., Service], groups: Sequence[str]
) -> None:  # fmt: skip
    if verb == "migrate":
        from kit.db import migrations

        migrations.upgrade(service, _url(settings))
    elif verb == "republish":
        log.info("outbox.due_again", extra={"fields": {"events": asyncio.run(republish(_url(settings)))}})
    else:
        uvloop.run(_do(verb, build, settings, groups))


def _url(settings: ServiceSettings) -> str:
    return settings.database_url.get_secret_value()


async def _do(verb: str, build: Callable[..., Service], settings: ServiceSettings, groups: Sequence[str]) -> None:
    service = build(settings)
    if verb == "provision":
        return await provision(service)
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, service.end, f"signal {number}")
    await (service.work(groups) if verb == "worker" else service.run())


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

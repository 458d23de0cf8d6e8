"""What the queue of jobs needs from time to time: jobs that the bus has lost are sent again, old rows are deleted, and
its depth is measured. A loop of the service."""

import asyncio
import logging
from collections.abc import Awaitable, Iterable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, LiteralString

import psycopg
from nats.aio.client import Client
from nats.js.errors import NotFoundError

from contracts.streams import CONSUMER_GROUPS, JOB_GROUPS, JOBS, durable
from kit.db.database import Database
from kit.jobs.silent_rows import Sign, SilentRows
from kit.messaging.outbox.relay import Relay
from kit.telemetry import metrics

log = logging.getLogger("kit.queue")
LOOK_INTERVAL = 10.0
RETENTION = timedelta(seconds=JOBS.max_age) + timedelta(days=1)
"""Ended jobs are kept longer than their messages, which may be published again."""
_SENT = """
    select seq, dispatched_at from queued_jobs
    where job_group = %s and state in ('dispatched', 'running', 'resting') order by seq"""
_UNPUBLISHED = "select exists (select from outbox where published_at is null)"
_SEND_AGAIN = """
    with lost as (
        update queued_jobs set state = 'dispatched', dispatched_at = now()
        where (seq, dispatched_at) in (select * from unnest(%(seqs)s::bigint[], %(times)s::timestamptz[]))
        returning seq, subject, data, headers || jsonb_build_object('Nats-Msg-Id', id || ':' || now()) as headers
    )
    insert into outbox (subject, headers, data) select subject, headers, data from lost order by seq"""
_WAITING = "select count(*) from queued_jobs where job_group = %s and state = 'waiting'"
_UNTAKEN = """
    select coalesce(extract(epoch from now() - min(dispatched_at)), 0) from queued_jobs
    where job_group = %s and state = 'dispatched'"""
_PRUNE = "delete from queued_jobs where ended_at < now() - %s"


@dataclass
class QueueUpkeep:
    """Of one job group of a service. Several replicas may run it."""

    group: str
    service: str
    db: Database
    nc: Client
    relay: Relay
    silence: SilentRows = field(default_factory=SilentRows)
    is_served: bool = True
    """Whether the durable of the group was there at the last look."""

    async def run(self) -> None:
        """A loop of the service; never returns."""
        while True:
            try:
                await self.look()
            except Exception as error:
                self.silence.forget()
                log.warning("upkeep.failed", extra={"fields": {"reason": repr(error)}})
            await asyncio.sleep(LOOK_INTERVAL)

    async def look(self) -> int:
        """Sends again what is lost, and returns the number of these jobs."""
        async with self.db.raw() as connection:
            metrics.JOBS_WAITING.labels(self.group).set(await _value(connection, _WAITING, self.group))
            metrics.JOBS_UNTAKEN.labels(self.group).set(await _value(connection, _UNTAKEN, self.group))
            await connection.execute(_PRUNE, (RETENTION,))
            lost = await self._lost(connection)
            if lost:
                seqs, times = zip(*lost, strict=True)
                await connection.execute(_SEND_AGAIN, {"seqs": list(seqs), "times": list(times)})
        if lost:
            log.warning("jobs.sent_again", extra={"fields": {"group": self.group, "jobs": len(lost)}})
            self.relay.wake()
        return len(lost)

    async def _lost(self, connection: psycopg.AsyncConnection) -> set[Sign]:
        """Jobs that were sent while neither the outbox nor the bus has any, in two looks."""
        sent: list[Sign] = await (await connection.execute(_SENT, (self.group,))).fetchall()
        if not sent or await _value(connection, _UNPUBLISHED) or not await self._is_idle():
            self.silence.forget()
            return set()
        return self.silence.confirmed(sent)

    async def _is_idle(self) -> bool:
        """Returns False without a durable: what is sent again would wait for it as well."""
        name = durable(self.service, self.group)
        try:
            info = await self.nc.jetstream(timeout=5).consumer_info(JOBS.name, name)
        except NotFoundError:
            self._note(False, name)
            return False
        self._note(True, name)
        return not info.num_pending and not info.num_ack_pending

    def _note(self, is_served: bool, name: str) -> None:
        """Says once that jobs are sent and no worker can get them, and once that they can again."""
        if is_served != self.is_served:
            self.is_served = is_served
            level = logging.INFO if is_served else logging.ERROR
            log.log(level, "jobs.served" if is_served else "jobs.unserved", extra={"fields": {"durable": name}})


def upkeep(service: str, groups: Iterable[str], db: Database, nc: Client, relay: Relay) -> list[Awaitable[None]]:
    """Returns the loops of a service, one for each of its consumer groups that users share."""
    shared = (group for group in groups if group in JOB_GROUPS and CONSUMER_GROUPS[group].per_user)
    return [QueueUpkeep(group, service, db, nc, relay).run() for group in shared]


async def _value(connection: psycopg.AsyncConnection, sql: LiteralString, *params: object) -> Any:
    row = await (await connection.execute(sql, params)).fetchone()
    return row[0] if row else None

"""The queue of jobs that users share, in the database of the jobs' owner (docs/decisions/0058).

A job of a group with a quota (`ConsumerGroup.per_user`) becomes a row here, in the transaction that emits it. It goes
to the outbox when its turn has come: in the same transaction, or in that which ends an earlier job of its user. So it
is sent once, whatever is killed. Everybody who waits has a job in the stream or in work, hence nobody waits behind the
many jobs of another.

Jobs with one cause are one piece of work (`Envelope.work`) and have one turn: those of a fan-out, and those that these
emit. A user's works come one after the other, in the order of arrival; the quota is for the jobs of one work.

States: waiting → dispatched (sent to a worker) → running → ended; resting while a running job waits for its next
attempt, in which time the user's next work has the turn.
"""

from collections.abc import Mapping, Sequence
from typing import Any, LiteralString
from uuid import UUID

import psycopg
from psycopg.types.json import Jsonb

from contracts import headers as h
from contracts.base import Job
from contracts.shared import Actor
from contracts.streams import CONSUMER_GROUPS
from kit import failpoints
from kit.db.database import Database

LOCK = 0x0A21
"""Separates these advisory locks from those of other kinds."""
OF_USER: LiteralString = "job_group = %(group)s and user_id = %(user)s"
_LOCK = "select pg_advisory_xact_lock(%(lock)s, hashtext(%(user)s::text))"
_ADD = f"""
    insert into queued_jobs (seq, turn, id, job_group, user_id, work, subject, headers, data)
    select n.seq, coalesce((select min(turn) from queued_jobs where {OF_USER} and work = %(work)s and state <> 'ended'),
        n.seq), %(id)s, %(group)s, %(user)s, %(work)s, %(subject)s, %(headers)s, %(data)s
    from (select nextval(pg_get_serial_sequence('queued_jobs', 'seq')) as seq) as n"""
_DISPATCH = f"""
    with due as (
        select id from queued_jobs
        where {OF_USER} and state = 'waiting' and turn = (
            select min(turn) from queued_jobs where {OF_USER} and state not in ('resting', 'ended'))
        order by seq
        limit greatest(0, %(quota)s - (
            select count(*) from queued_jobs where {OF_USER} and state in ('dispatched', 'running')))
        for update
    ), sent as (
        update queued_jobs set state = 'dispatched', dispatched_at = now() from due where queued_jobs.id = due.id
        returning seq, subject, headers, data
    )
    insert into outbox (subject, headers, data) select subject, headers, data from sent order by seq"""
_BEGIN = """
    with begun as (
        update queued_jobs set state = 'running', started_at = coalesce(started_at, now())
        where id = %(id)s and state <> 'ended')
    select state from queued_jobs where id = %(id)s"""
_WAITS = """
    select exists (select from queued_jobs where job_group = %(group)s and state in ('waiting', 'dispatched'))"""
_OPEN = """select job_group as "group", user_id as "user" from queued_jobs where id = %(id)s and state <> 'ended'"""
_END = "update queued_jobs set state = 'ended', ended_at = now(), data = '' where id = %(id)s"
_PROGRESS = "update queued_jobs set percent = %(percent)s, stage = %(stage)s where id = %(id)s"
_CANCELLED = "select cancelled from queued_jobs where id = %(id)s"
_REST = "update queued_jobs set state = 'resting' where id = %(id)s and state = 'running'"


def is_queued(job: type[Job], actor: Actor) -> bool:
    """Whether jobs of this kind wait for the turn of their user. A job of the service itself (a reaper's, say) is
    nobody's and goes to the stream at once; all who are not logged in are one user together."""
    return CONSUMER_GROUPS[job.group].per_user is not None and (actor.id != 0 or actor.is_anonymous)


def row(job: Job, message_id: UUID, actor: Actor, outgoing: Mapping[str, Any]) -> dict[str, Any]:
    """Returns the job as `add` takes it; `outgoing` is its row of the outbox."""
    work = UUID(outgoing["headers"].get(h.CORRELATION, str(message_id)))
    return {**outgoing, "id": message_id, "group": job.group, "user": actor.id, "work": work}


async def add(jobs: Sequence[Mapping[str, Any]], connection: psycopg.AsyncConnection) -> None:
    """Adds jobs of one user, within a transaction, and dispatches what may begin. Each has `group`, `user`, `work`,
    `id`, `subject`, `headers` and `data`."""
    await connection.execute(_LOCK, {"lock": LOCK, "user": jobs[0]["user"]})
    for job in jobs:
        await connection.execute(_ADD, {**job, "headers": Jsonb(job["headers"])})
    for group in {job["group"] for job in jobs}:
        await dispatch(group, jobs[0]["user"], connection)


async def dispatch(group: str, user: int, connection: psycopg.AsyncConnection) -> None:
    """Moves the jobs whose turn has come to the outbox, within a transaction that holds the lock of the user."""
    given = {"group": group, "user": user, "quota": CONSUMER_GROUPS[group].per_user}
    await connection.execute(_DISPATCH, given)


async def waits(db: Database, group: str) -> bool:
    """Whether there are jobs that no worker has taken yet."""
    async with db.raw() as connection:
        row = await (await connection.execute(_WAITS, {"group": group})).fetchone()
    return bool(row and row[0])


async def begin(db: Database, job_id: UUID) -> bool:
    """Marks a job as running. Returns False for one that has ended: its acknowledgement was lost, or its message was
    published again. A job without a row was sent before there was a queue."""
    async with db.raw() as connection:
        row = await (await connection.execute(_BEGIN, {"id": job_id})).fetchone()
    return row is None or row[0] != "ended"


async def end(db: Database, job_id: UUID) -> None:
    """Ends a job and dispatches what has its turn now, in one transaction."""
    await _leave(db, job_id, _END)


async def rest(db: Database, job_id: UUID) -> None:
    """Gives the turn of a running job to its user's next work until the job is delivered again."""
    await _leave(db, job_id, _REST)


async def record_progress(db: Database, job_id: UUID, percent: float, stage: str) -> None:
    """Writes how far the job is."""
    async with db.raw() as connection:
        await connection.execute(_PROGRESS, {"id": job_id, "percent": percent, "stage": stage})


async def is_cancelled(db: Database, job_id: UUID) -> bool:
    """Whether the work of the job was cancelled."""
    async with db.raw() as connection:
        row = await (await connection.execute(_CANCELLED, {"id": job_id})).fetchone()
    return bool(row and row[0])


async def _leave(db: Database, job_id: UUID, change: LiteralString) -> None:
    async with db.raw() as connection, connection.transaction():
        found = await (await connection.execute(_OPEN, {"id": job_id})).fetchone()
        if found is None:
            return
        group, user = found
        await connection.execute(_LOCK, {"lock": LOCK, "user": user})
        await connection.execute(change, {"id": job_id})
        await dispatch(group, user, connection)
        failpoints.reach("queue.left")

"""Fan-out and join: one piece of work as n jobs, and one finaliser when all of them have ended.

    await start(key, [CutPart(job_id=key, number=n) for n in range(5)], tx)          # in a handler
    if await end_part(key, job.number, {"bytes": 812}, tx):                          # in the job of a part
        tx.emit(FinishPackage(job_id=key))
    if await finish(key, tx):                                                        # in the finaliser's job
        tx.emit(PackageReady(job_id=key))

Every transition is a compare-and-set in the caller's transaction, so it commits or is undone with the caller's rows
and messages. `end_part` is true for exactly one part, however often jobs are delivered; `finish` for exactly one
delivery of the finaliser. Work before `finish` may run again, so its files carry the number of the delivery.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import ColumnElement, Executable, delete, func, insert, select, true, update

from contracts.base import Job
from kit.errors import NotFound
from kit.jobs.tables import fan_out_parts, fan_outs
from kit.messaging.tx import ReadTx, Tx

State = Literal["running", "joining", "finished", "cancelled"]


@dataclass(frozen=True)
class FanOut:
    """The record of one fan-out: `total` parts, of which `done` and `failed` have ended."""

    id: UUID
    state: State
    total: int
    done: int
    failed: int
    started_at: datetime
    changed_at: datetime


async def start(fan_out_id: UUID, jobs: Sequence[Job], tx: Tx) -> None:
    """Records the fan-out and emits its jobs; part n is `jobs[n]`. Raises ValueError without jobs, and IntegrityError
    for an id that exists."""
    if not jobs:
        raise ValueError("a fan-out needs at least one part")
    await tx.session.execute(insert(fan_outs).values(id=fan_out_id, state="running", total=len(jobs)))
    parts = [{"fan_out_id": fan_out_id, "number": number} for number in range(len(jobs))]
    await tx.session.execute(insert(fan_out_parts), parts)
    for job in jobs:
        tx.emit(job)


async def end_part(fan_out_id: UUID, number: int, result: Any, tx: Tx, failed: bool = False) -> bool:
    """Records that a part has ended, with its JSON `result`. Returns True when the caller has to emit the finaliser:
    once for each fan-out, to the part that ended last. A part that has ended already changes nothing."""
    part = fan_out_parts.c
    mine = (part.fan_out_id == fan_out_id, part.number == number, part.state == "waiting")
    ended = update(fan_out_parts).where(*mine).values(state="failed" if failed else "done", result=result)
    if not await _changed(ended.returning(part.number), tx):
        return False
    column = fan_outs.c.failed if failed else fan_outs.c.done
    counted = update(fan_outs).where(fan_outs.c.id == fan_out_id).values({column: column + 1, "changed_at": func.now()})
    await tx.session.execute(counted)  # locks the record: of two last parts, the second sees the first
    all_ended = fan_outs.c.done + fan_outs.c.failed == fan_outs.c.total
    return await _move(fan_out_id, "running", "joining", tx, all_ended)


async def finish(fan_out_id: UUID, tx: Tx) -> bool:
    """Ends the join. Returns True to exactly one caller, who writes the outcome in the same transaction; False when
    another delivery was first or the fan-out was cancelled."""
    return await _move(fan_out_id, "joining", "finished", tx)


async def cancel(fan_out_id: UUID, tx: Tx) -> bool:
    """Stops the fan-out unless it is finished. Returns whether it did; then no part becomes the last and no finaliser
    finishes."""
    return await _move(fan_out_id, "running", "cancelled", tx) or await _move(fan_out_id, "joining", "cancelled", tx)


async def forget(fan_out_id: UUID, tx: Tx) -> None:
    """Deletes the record and the results of its parts; nothing happens when there is none."""
    await tx.session.execute(delete(fan_outs).where(fan_outs.c.id == fan_out_id))


async def progress(fan_out_id: UUID, read: ReadTx | Tx) -> FanOut:
    """Returns the record. Raises NotFound."""
    row = (await read.session.execute(select(fan_outs).where(fan_outs.c.id == fan_out_id))).mappings().first()
    if row is None:
        raise NotFound("fan_out_not_found", str(fan_out_id))
    return FanOut(**row)


async def results(fan_out_id: UUID, read: ReadTx | Tx, failed: bool = False) -> dict[int, Any]:
    """Returns the results of the parts that are done, or of those that failed, by number."""
    part, state = fan_out_parts.c, "failed" if failed else "done"
    wanted = select(part.number, part.result).where(part.fan_out_id == fan_out_id, part.state == state)
    return {row.number: row.result for row in await read.session.execute(wanted.order_by(part.number))}


async def _move(fan_out_id: UUID, before: State, after: State, tx: Tx, when: ColumnElement[bool] | None = None) -> bool:
    """The compare-and-set: whether this call moved the record from one state to another."""
    mine = (fan_outs.c.id == fan_out_id, fan_outs.c.state == before, true() if when is None else when)
    moved = update(fan_outs).where(*mine).values(state=after, changed_at=func.now())
    return await _changed(moved.returning(fan_outs.c.id), tx)


async def _changed(statement: Executable, tx: Tx) -> bool:
    return (await tx.session.execute(statement)).first() is not None

"""A service small enough to see the command path through it: `python -m toy serve` runs it as a process of its own."""

import asyncio
import os
from collections.abc import Sequence
from datetime import datetime

from short_waits import shorten
from sqlalchemy import DateTime, Identity, select, text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from contracts import headers as h
from contracts.base import Command, CommandLookup, Event, Job, Query
from kit.app import Service
from kit.cli import run
from kit.db.database import Database, new_metadata
from kit.errors import Conflict, NotFound, Unavailable
from kit.jobs.context import MAX_ATTEMPTS, JobContext
from kit.messaging.delivery.failures import WorkerShutdown
from kit.messaging.envelope import Asked, Received
from kit.messaging.router import Router
from kit.messaging.tx import ReadTx, Tx
from kit.settings import ServiceSettings

shorten()


class GetCommand(CommandLookup, wire="toy.v1.get_command"):
    pass


class AddItem(Command, wire="toy.v1.add_item"):
    name: str


class AddOnce(Command, wire="toy.v1.add_once"):
    """Refused when the name is there: a rule that reads."""

    name: str


class AddSoon(Command, wire="toy.v1.add_soon"):
    expires = 0.2
    name: str


class Refuse(Command, wire="toy.v1.refuse"):
    """Refused with the words that it brings."""

    detail: str
    facts: dict


class AddInTime(Command, wire="toy.v1.add_in_time"):
    expires = 20.0
    name: str


class Pin(Command, wire="toy.v1.pin"):
    """Short; a name is pinned once. `how` says what its handler meets."""

    expires = 20.0
    name: str
    how: str = ""


class Linger(Command, wire="toy.v1.linger"):
    name: str


class Break(Command, wire="toy.v1.break_down"):
    pass


class CallOut(Command, wire="toy.v1.call_out"):
    name: str


class ItemAdded(Event, wire="toy.v1.item_added"):
    name: str


class LevelRead(Event, wire="toy.v1.level_read"):
    """A reading of a gauge; the newest counts."""

    gauge: str
    level: int


class CountItems(Query, wire="toy.v1.count_items"):
    name: str


class Say(Query, wire="toy.v1.say"):
    """Needs no database."""

    text: str


class Weigh(Query, wire="toy.v1.weigh"):
    """Answered together with others of its kind: the rows of a name, of which nobody but their user knows."""

    name: str
    user: int = 7


class Ponder(Query, wire="toy.v1.ponder"):
    """Takes longer than anybody waits."""


class Melt(Query, wire="toy.v1.melt"):
    """Needs what only workers have. `seconds` that it takes."""

    text: str
    seconds: float = 0.0


class SleepInDatabase(Query, wire="toy.v1.sleep_in_database"):
    """A statement of half a minute, on a bare connection or in a session."""

    in_session: bool = False


class Grind(Job, wire="toy.v1.grind"):
    name: str


class Haul(Job, wire="toy.v1.haul"):
    group = "bulk"
    name: str


class Carry(Job, wire="toy.v1.carry"):
    group = "bulk"
    name: str


class Base(DeclarativeBase):
    metadata = new_metadata()


class ItemRow(Base):
    __tablename__ = "items"

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    name: Mapped[str]
    seen_by: Mapped[str] = mapped_column(server_default="command")


class LevelRow(Base):
    __tablename__ = "levels"

    gauge: Mapped[str] = mapped_column(primary_key=True)
    level: Mapped[int]
    at: Mapped[datetime] = mapped_column(DateTime(timezone=True))


class PinRow(Base):
    __tablename__ = "pins"

    name: Mapped[str] = mapped_column(primary_key=True)
    at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    written: Mapped[int] = mapped_column(server_default=text("pg_current_xact_id()::text::bigint"))
    """The transaction that wrote it."""


router = Router("toy")
trouble: set[str] = set()
"""Names that `AddSoon` fails on, for now."""
calls: list[int] = []
"""How many levels each commit had."""
weighings: list[int] = []
"""How many queries each call of `weigh` had."""
outages: dict[str, int] = {}
"""How often `CallOut` of a name still meets a server that is away."""


@router.on(AddItem, http=201)
async def add_item(command: AddItem, tx: Tx) -> dict:
    tx.insert(ItemRow, name=command.name)
    tx.emit(ItemAdded(name=command.name))
    return {"name": command.name}


@router.on(AddOnce, http=201)
async def add_once(command: AddOnce, tx: Tx) -> dict:
    if await tx.session.scalar(select(ItemRow.id).where(ItemRow.name == command.name)):
        raise Conflict("name_taken", "There is one already.", name=command.name)
    tx.session.add(ItemRow(name=command.name))
    return {"name": command.name}


@router.on(Refuse)
async def refuse(command: Refuse, tx: Tx) -> None:
    raise Conflict("refused", command.detail, **command.facts)


@router.on(AddSoon)
async def add_soon(command: AddSoon, tx: Tx) -> None:
    if command.name in trouble:
        raise RuntimeError("a bug")
    tx.insert(ItemRow, name=command.name)


@router.on(AddInTime)
async def add_in_time(command: AddInTime, tx: Tx) -> None:
    tx.insert(ItemRow, name=command.name)


@router.on(Pin, http=201)
async def pin(command: Pin, tx: Tx) -> dict:
    if command.how == "slow":
        await asyncio.sleep(0.6)
    if command.how == "stuck":
        await asyncio.sleep(1.5)
    if command.how == "refused":
        raise Conflict("not_here", "It cannot be pinned here.")
    if command.how == "broken":
        raise RuntimeError("a bug")
    if command.how == "in a session":
        tx.session.add(PinRow(name=command.name))
    else:
        tx.insert(PinRow, name=command.name, at=None)
    tx.emit(ItemAdded(name=command.name))
    return {"name": command.name}


@router.on(Linger)
async def linger(command: Linger, tx: Tx) -> None:
    await asyncio.sleep(0.5)
    tx.insert(ItemRow, name=command.name)


@router.on(Break)
async def break_down(command: Break, tx: Tx) -> None:
    tx.insert(ItemRow, name="half done")
    raise RuntimeError("a bug")


@router.effect(CallOut)
async def call_out(command: CallOut, read: ReadTx):
    if outages.get(command.name):
        outages[command.name] -= 1
        raise Unavailable("store_unavailable", "The object store does not answer.")

    async def finish(tx: Tx) -> dict:
        tx.insert(ItemRow, name=command.name, seen_by="effect")
        tx.emit({"heavy": Haul, "carry": Carry}.get(command.name.split()[0], Grind)(name=command.name))
        return {"name": command.name}

    return finish


@router.on(ItemAdded)
async def on_item_added(event: ItemAdded, tx: Tx) -> None:
    tx.insert(ItemRow, name=event.name, seen_by="event")


@router.batch(LevelRead)
async def on_levels_read(events: Sequence[Received[LevelRead]], tx: Tx) -> None:
    if any(one.message.level < 0 for one in events):
        raise ValueError("no such level")
    rows = [{"gauge": one.message.gauge, "level": one.message.level, "at": one.sent_at} for one in events]
    tx.upsert_many(LevelRow, key=["gauge"], rows=rows, newer="at")
    calls.append(len(events))


@router.on(CountItems)
async def count_items(query: CountItems, read: ReadTx) -> dict:
    rows = (await read.session.scalars(select(ItemRow.seen_by).where(ItemRow.name == query.name))).all()
    if not rows:
        raise NotFound("no_such_item", query.name)
    return {kind: rows.count(kind) for kind in ("command", "event", "effect", "job")}


@router.on(Say)
async def say(query: Say, read: ReadTx) -> dict:
    if not query.text:
        raise NotFound("silence", "There is nothing to say.")
    return {"text": query.text, "by": read.actor.id}


@router.many(Weigh)
async def weigh(asked: Sequence[Asked[Weigh]], db: Database) -> list[dict | NotFound]:
    """The name `broken` is an error of the whole statement."""
    weighings.append(len(asked))
    if any(one.message.name == "broken" for one in asked):
        raise RuntimeError("a bug")
    async with db.raw() as connection:
        names = [one.message.name for one in asked]
        found = await connection.execute("select name, count(*) from items where name = any(%s) group by name", [names])
        weights = dict(await found.fetchall())
    return [_weighed(one, weights) for one in asked]


def _weighed(one: Asked[Weigh], weights: dict[str, int]) -> dict | NotFound:
    if one.actor.id != one.message.user or one.message.name not in weights:
        return NotFound("no_such_item", one.message.name)
    return {"name": one.message.name, "weight": weights[one.message.name], "by": one.actor.id}


@router.on(Ponder)
async def ponder(query: Ponder, read: ReadTx) -> dict:
    await asyncio.sleep(3600)
    return {}


@router.in_worker(Melt)
async def melt(query: Melt, read: ReadTx) -> dict:
    if not query.text:
        raise NotFound("nothing", "There is nothing to melt.")
    await asyncio.sleep(query.seconds)
    return {"text": query.text, "by": read.actor.id, "pid": os.getpid()}


@router.on(SleepInDatabase)
async def sleep_in_database(query: SleepInDatabase, read: ReadTx) -> dict:
    if query.in_session:
        await read.session.execute(text("select pg_sleep(30)"))
    else:
        async with read.db.raw() as connection:
            await connection.execute("select pg_sleep(30)")
    return {}


async def give_up_grinding(job: Grind, ctx: JobContext) -> None:
    async with ctx.tx() as tx:
        tx.insert(ItemRow, name=job.name, seen_by="given up")


class Desk:
    """An adapter that can be used while it is open."""

    async def start(self) -> None:
        self.is_open = True

    async def stop(self) -> None:
        self.is_open = False

    def use(self) -> None:
        if not self.is_open:
            raise RuntimeError("the desk is closed")


@router.job(Grind, on_give_up=give_up_grinding)
async def grind(job: Grind, ctx: JobContext, desk: Desk) -> None:
    """The name says how it goes."""
    if job.name.startswith("slow") and ctx.delivery == 1:
        await asyncio.sleep(3600)
    if job.name.startswith("attentive") and ctx.delivery == 1:
        await ctx.closing.wait()
        raise WorkerShutdown
    if job.name.startswith("pushed around") and ctx.delivery <= MAX_ATTEMPTS + 1:
        raise WorkerShutdown
    if job.name.startswith("unlucky") and ctx.delivery <= MAX_ATTEMPTS + 1:
        raise Unavailable("store_unavailable", "The object store does not answer.")
    if job.name.startswith("short"):
        await asyncio.sleep(2)
    if job.name.startswith("broken"):
        raise RuntimeError("a bug")
    desk.use()
    async with ctx.tx() as tx:
        tx.insert(ItemRow, name=job.name, seen_by="job")


@router.job(Haul)
async def haul(job: Haul, ctx: JobContext) -> None:
    """Takes as long as it is let."""
    await ctx.closing.wait()
    raise WorkerShutdown


@router.job(Carry)
async def carry(job: Carry, ctx: JobContext) -> None:
    """Leaves a row when it starts and one when it is done; a start that was killed leaves one more. What is done
    already is not done again."""
    async with ctx.tx() as tx:
        done = select(ItemRow.id).where(ItemRow.name == job.name, ItemRow.seen_by == "job")
        if await tx.session.scalar(done) and h.REPLAY not in ctx.envelope.headers:
            return
        tx.insert(ItemRow, name=job.name, seen_by="start")
    await asyncio.sleep(0.3)
    async with ctx.tx() as tx:
        tx.insert(ItemRow, name=job.name, seen_by="job")


def build(settings: ServiceSettings) -> Service:
    return Service("toy", settings, routers=[router], provides=[Desk()])


if __name__ == "__main__":
    run("toy", ServiceSettings, build)

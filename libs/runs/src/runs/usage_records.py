"""Entries of the ledger: what the processes of runs have cost, and what runs have stored."""

import asyncio
import logging
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime
from typing import Any, Protocol
from uuid import NAMESPACE_OID, UUID, uuid4, uuid5

from kit.messaging.tx import Tx
from pipelines.process_usage import ProcessUsage
from runs.tables import UsageColumns

log = logging.getLogger("runs.usage")
WRITE_INTERVAL = 30.0
"""Seconds between two entries of a run that goes on: what is lost of one whose worker is killed."""
LAST_WRITE_TIMEOUT = 5.0
"""Seconds that a worker which is interrupted waits for its entry."""
Write = Callable[[ProcessUsage], Awaitable[None]]


class MeasuredProcess(Protocol):
    """A `RunProcess`, as far as its cost is concerned."""

    @property
    def usage(self) -> ProcessUsage: ...

    def kill(self) -> None: ...

    async def wait(self) -> object: ...


def this_month() -> date:
    return datetime.now(UTC).date().replace(day=1)


@dataclass(frozen=True)
class Account:
    """The attempt of a run that entries are about."""

    table: type[UsageColumns]
    row_id: int
    attempt: int
    user_id: int

    def process(self) -> "Entry":
        """Returns the entry of a process that starts now."""
        return Entry(self, uuid4(), this_month())

    def part(self, name: str) -> "Entry":
        """Returns the entry of a part of the work that may be done again, which then costs nothing more."""
        return Entry(self, uuid5(NAMESPACE_OID, f"{self.row_id} {self.attempt} {name}"), this_month())


@dataclass(frozen=True)
class Entry:
    account: Account
    id: UUID
    month: date

    def write(self, usage: ProcessUsage, tx: Tx, stored_bytes: int = 0) -> None:
        """Replaces what was written for this entry before."""
        of = {"row_id": self.account.row_id, "attempt": self.account.attempt, "user_id": self.account.user_id}
        values: dict[str, Any] = {**of, "month": self.month, **asdict(usage), "stored_bytes": stored_bytes}
        tx.upsert(self.account.table, ["id"], id=self.id, **values)


@asynccontextmanager
async def recorded(process: MeasuredProcess, write: Write) -> AsyncGenerator[None, None]:
    """Writes what a run costs while the block lasts, and at its end, by when its process has ended: a block that is
    left by an error kills it."""
    repeated = asyncio.create_task(_repeat(process, write))
    try:
        yield
        await process.wait()
    except BaseException:
        await _record_interrupted(process, write)
        raise
    else:
        await write(process.usage)
    finally:
        repeated.cancel()


async def _repeat(process: MeasuredProcess, write: Write) -> None:
    while True:
        await asyncio.sleep(WRITE_INTERVAL)
        try:
            await write(process.usage)
        except Exception:
            log.warning("usage.not_written", exc_info=True)


async def _record_interrupted(process: MeasuredProcess, write: Write) -> None:
    process.kill()
    await process.wait()
    with suppress(Exception):
        async with asyncio.timeout(LAST_WRITE_TIMEOUT):
            await write(process.usage)

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from contracts.gateway import DeadLetter, ListDeadLetters
from gateway.operations.dead_letters.tables import DeadLetterRow
from kit.db.database import Database
from kit.db.sql import CompiledQuery
from kit.errors import Conflict, NotFound
from kit.messaging.tx import ReadTx, Tx

_OPEN = CompiledQuery(select(func.count()).where(DeadLetterRow.state == "open"))


async def count_open(db: Database) -> int:
    async with db.raw() as connection:
        return await _OPEN.value(connection)


async def one(letter_id: int, session: AsyncSession, lock: bool = False) -> DeadLetterRow:
    letter = await session.get(DeadLetterRow, letter_id, with_for_update=lock)
    if letter is None:
        raise NotFound("dead_letter_not_found")
    return letter


async def list_dead_letters(query: ListDeadLetters, read: ReadTx) -> dict[str, Any]:
    """Newest first; `search` matches the reason and the subject."""
    rows = select(DeadLetterRow)
    if query.state:
        rows = rows.where(DeadLetterRow.state == query.state)
    if query.service:
        rows = rows.where(DeadLetterRow.service == query.service)
    for word in query.page.search.split():
        rows = rows.where((DeadLetterRow.reason + " " + DeadLetterRow.subject).icontains(word, autoescape=True))
    count = await read.session.scalar(select(func.count()).select_from(rows.subquery()))
    page = rows.order_by(DeadLetterRow.id.desc()).limit(query.page.limit).offset(query.page.offset)
    return {"count": count, "results": [shown(row) for row in await read.session.scalars(page)]}


async def close(letter_id: int, state: str, tx: Tx) -> DeadLetter:
    """Raises Conflict unless it is open: the first of two administrators wins."""
    letter = await one(letter_id, tx.session, lock=True)
    if letter.state != "open":
        raise Conflict("dead_letter_not_open", "This dead letter was replayed or discarded already.")
    letter.state, letter.changed_at, letter.changed_by = state, datetime.now(UTC), tx.actor.id
    letter.replays += state == "replayed"
    return shown(letter)


def shown(letter: DeadLetterRow, whole: bool = False) -> DeadLetter:
    names = set(DeadLetter.model_fields) - {"headers", "data"}
    values = {name: getattr(letter, name) for name in names}
    if whole:
        values |= {"headers": letter.headers, "data": bytes(letter.data).decode(errors="replace")}
    return DeadLetter(**values)

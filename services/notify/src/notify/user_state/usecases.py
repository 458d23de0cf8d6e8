from datetime import UTC, datetime
from typing import Any

import orjson
from sqlalchemy import bindparam, func, select

from contracts.notify.userstate import CreateState, DeleteState, ReplaceState, UserState
from kit.db.ids import IdAllocator
from kit.db.sql import CompiledQuery
from kit.errors import Conflict, Invalid, Unauthenticated
from kit.messaging.tx import Tx
from notify.user_state.queries import not_found
from notify.user_state.tables import UserStateRow

MAX_STATE_BYTES = 102_400
"""Bytes of a state as compact UTF-8 JSON."""
MAX_STATES_PER_USER = 200
"""States, so that nobody's take more than 20 MB."""
_NUMBER = CompiledQuery(
    select(func.count()).select_from(UserStateRow).where(UserStateRow.user_id == bindparam("user_id"))
)


async def create_state(command: CreateState, tx: Tx, ids: IdAllocator) -> UserState:
    if tx.actor.is_anonymous:
        raise Unauthenticated("login_required", "Log in to keep something.")
    text, now = _text(command.state), datetime.now(UTC)
    await _check_number(tx)
    pid = await ids.next(UserStateRow)
    tx.insert(UserStateRow, id=pid, user_id=tx.actor.id, state=text, timestamp=now)
    return UserState(pid=pid, state=command.state, timestamp=now)


async def replace_state(command: ReplaceState, tx: Tx) -> UserState:
    row = await _owned(command.pid, tx)
    row.state, row.timestamp = _text(command.state), datetime.now(UTC)
    return UserState(pid=row.id, state=command.state, timestamp=row.timestamp)


async def delete_state(command: DeleteState, tx: Tx) -> None:
    await tx.session.delete(await _owned(command.pid, tx))


async def _check_number(tx: Tx) -> None:
    """Those that are made at the same moment may pass together: a lock would let one user keep others waiting."""
    async with tx.db.raw() as connection:
        if await _NUMBER.value(connection, user_id=tx.actor.id) >= MAX_STATES_PER_USER:
            raise Conflict("too_many_states", f"At most {MAX_STATES_PER_USER} saved states.")


async def _owned(pid: int, tx: Tx) -> UserStateRow:
    row = await tx.session.get(UserStateRow, pid, with_for_update=True)
    if row is None or not tx.actor.owns(row.user_id):
        raise not_found()
    return row


def _text(state: Any) -> str:
    """Compact JSON; Invalid for nothing and for too much."""
    if state is None:
        raise _invalid("This field may not be null.")
    text = orjson.dumps(state)
    if len(text) > MAX_STATE_BYTES:
        raise _invalid(f"At most {MAX_STATE_BYTES} bytes of JSON.")
    return text.decode()


def _invalid(words: str) -> Invalid:
    return Invalid("invalid_state", words, state=[words])

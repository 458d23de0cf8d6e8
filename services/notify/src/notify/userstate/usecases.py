from datetime import UTC, datetime
from typing import Any

import orjson

from contracts.notify.userstate import CreateState, DeleteState, ReplaceState, UserState
from kit.errors import Invalid, Unauthenticated
from kit.ids import Ids
from kit.messaging.tx import Tx
from notify.userstate.queries import not_found
from notify.userstate.tables import UserStateRow

MOST = 102_400
"""Bytes of a state as compact UTF-8 JSON."""


async def create_state(command: CreateState, tx: Tx, ids: Ids) -> UserState:
    if tx.actor.is_anonymous:
        raise Unauthenticated("login_required", "Log in to keep something.")
    text, pid, now = _text(command.state), await ids.next(UserStateRow), datetime.now(UTC)
    tx.insert(UserStateRow, id=pid, user_id=tx.actor.id, state=text, timestamp=now)
    return UserState(pid=pid, state=command.state, timestamp=now)


async def replace_state(command: ReplaceState, tx: Tx) -> UserState:
    row = await _owned(command.pid, tx)
    row.state, row.timestamp = _text(command.state), datetime.now(UTC)
    return UserState(pid=row.id, state=command.state, timestamp=row.timestamp)


async def delete_state(command: DeleteState, tx: Tx) -> None:
    await tx.session.delete(await _owned(command.pid, tx))


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
    if len(text) > MOST:
        raise _invalid(f"At most {MOST} bytes of JSON.")
    return text.decode()


def _invalid(words: str) -> Invalid:
    return Invalid("invalid_state", words, state=[words])

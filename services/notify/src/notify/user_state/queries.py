import orjson
from sqlalchemy import func, select

from contracts.notify.userstate import ListStates
from contracts.shared import Json
from kit.errors import NotFound
from kit.messaging.tx import ReadTx
from notify.user_state.tables import UserStateRow as Row
from notify.user_state.visibility import visible_to


def view(row: Row) -> Json:
    return {"pid": row.id, "state": orjson.Fragment(row.state), "timestamp": row.timestamp}


def not_found() -> NotFound:
    return NotFound("state_not_found", "There is no such state.")


async def get_state(pid: int, read: ReadTx) -> bytes:
    row = await read.session.get(Row, pid)
    if row is None or not read.actor.owns(row.user_id):
        raise not_found()
    return orjson.dumps(view(row), option=orjson.OPT_UTC_Z)


async def list_states(query: ListStates, read: ReadTx) -> bytes:
    mine = visible_to(read.actor)
    count = await read.session.scalar(select(func.count()).select_from(Row).where(mine))
    newest = select(Row).where(mine).order_by(Row.timestamp.desc(), Row.id.desc())
    rows = await read.session.scalars(newest.limit(query.page.limit).offset(query.page.offset))
    return orjson.dumps({"count": count or 0, "results": [view(row) for row in rows]}, option=orjson.OPT_UTC_Z)

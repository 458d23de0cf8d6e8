"""The mappings of identities to accounts, for the administrators of mappings."""

from typing import Any

from sqlalchemy import Row, Select, Text, cast, func, select

from contracts.gateway.mappings import ADMIN, ChangeMapping, CreateMapping, ListMappings, Mapping
from contracts.shared import Actor, Json
from gateway.identity.tables import MappingRow, UserRow
from kit.errors import Conflict, Forbidden, NotFound
from kit.messaging.tx import ReadTx, Tx


def allowed(actor: Actor) -> None:
    if ADMIN not in actor.roles:
        raise Forbidden("admin_required", "Admin access required")


async def listed(query: ListMappings, read: ReadTx) -> Json:
    total = await read.session.scalar(select(func.count()).select_from(MappingRow))
    newest = _rows().order_by(MappingRow.created_at.desc(), MappingRow.hanko_user_id)
    rows = (await read.session.execute(newest.limit(query.limit).offset(query.offset))).all()
    return {"count": total or 0, "results": [_view(row).model_dump(mode="json") for row in rows]}


async def shown(hanko_user_id: str, at: ReadTx | Tx) -> Mapping:
    found = (await at.session.execute(_rows().where(MappingRow.hanko_user_id == hanko_user_id))).first()
    if found is None:
        raise NotFound("mapping_not_found", "There is no such mapping.")
    return _view(found)


async def create(command: CreateMapping, tx: Tx) -> Mapping:
    if await tx.session.get(MappingRow, command.hanko_user_id):
        raise Conflict("mapping_exists", "There is a mapping for this identity already.")
    tx.session.add(MappingRow(hanko_user_id=command.hanko_user_id, app_user_id=command.app_user_id))
    await tx.session.flush()
    return await shown(command.hanko_user_id, tx)


async def change(command: ChangeMapping, tx: Tx) -> Mapping:
    row = await held(command.hanko_user_id, tx)
    row.app_user_id, row.updated_at = command.app_user_id, func.now()
    await tx.session.flush()
    return await shown(command.hanko_user_id, tx)


async def held(hanko_user_id: str, tx: Tx) -> MappingRow:
    row = await tx.session.get(MappingRow, hanko_user_id, with_for_update=True)
    if row is None:
        raise NotFound("mapping_not_found", "There is no such mapping.")
    return row


def _rows() -> Select[Any]:
    users = UserRow, cast(UserRow.id, Text) == MappingRow.app_user_id
    owner = UserRow.username.label("app_username"), UserRow.email.label("app_email")
    return select(*MappingRow.__table__.columns, *owner).outerjoin_from(MappingRow, *users)


def _view(row: Row[Any]) -> Mapping:
    return Mapping(**row._mapping)

from typing import Any

from sqlalchemy import delete, select, update
from sqlalchemy.dialects.postgresql import insert

from catalog.datasets.tables import DatasetRow
from catalog.models.tables import BaseModelRow, LocalModelRow
from catalog.stars.domain import voter
from catalog.stars.tables import StarCountRow, StarRow
from contracts.catalog import stars as c
from contracts.verdict import Accepted
from kit.errors import Invalid
from kit.messaging.tx import ReadTx, Tx

TARGETS = ((DatasetRow, DatasetRow.stac_id), (BaseModelRow, BaseModelRow.name), (LocalModelRow, LocalModelRow.name))


async def add_star(command: c.AddStar, tx: Tx) -> Accepted:
    row = {"target_id": command.target_id, "voter": voter_of(tx, command.identity)}
    given = insert(StarRow).values(row).on_conflict_do_nothing().returning(StarRow.target_id)
    created = await tx.session.scalar(given) is not None
    count = await _shifted(command.target_id, 1, tx) if created else await counted(command.target_id, tx)
    result = {"target_id": command.target_id, "starred": True, "count": count, "created": created}
    return Accepted(result=result, http=201 if created else 200)


async def remove_star(command: c.RemoveStar, tx: Tx) -> None:
    mine = (StarRow.target_id == command.target_id, StarRow.voter == voter_of(tx, command.identity))
    if await tx.session.scalar(delete(StarRow).where(*mine).returning(StarRow.target_id)) is not None:
        await _shifted(command.target_id, -1, tx)


def voter_of(tx: Tx | ReadTx, identity: str | None) -> str:
    found = voter(None if tx.actor.is_anonymous else tx.actor.id, identity)
    if found is None:
        raise Invalid("no_identity", "An anonymous star needs the identity of its browser.", identity=["is required"])
    return found


async def counted(target_id: str, tx: Tx | ReadTx) -> int:
    return await tx.session.scalar(select(StarCountRow.count).where(StarCountRow.target_id == target_id)) or 0


async def _shifted(target_id: str, by: int, tx: Tx) -> int:
    """The row of counts is locked from here on, so that the copies are written in its order."""
    values: dict[str, Any] = {"target_id": target_id, "count": by}
    shift = insert(StarCountRow).values(values)
    shift = shift.on_conflict_do_update(
        index_elements=["target_id"], set_={"count": StarCountRow.count + shift.excluded.count}
    )
    count = await tx.session.scalar(shift.returning(StarCountRow.count)) or 0
    for row, key in TARGETS:
        await tx.session.execute(update(row).where(key == target_id).values(star_count=count))
    tx.emit(c.StarsChanged(target_id=target_id, count=count))
    return count

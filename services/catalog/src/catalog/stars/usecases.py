from typing import Any

from sqlalchemy import delete
from sqlalchemy.dialects.postgresql import insert

from catalog.shared.stars import rating_user, star_count
from catalog.shared.tables import StarCountRow, StarRow
from catalog.stars.targets import StarTargets
from contracts.catalog import stars as c
from contracts.verdict import Accepted
from kit.errors import Invalid
from kit.messaging.tx import ReadTx, Tx


async def add_star(command: c.AddStar, tx: Tx, targets: StarTargets) -> Accepted:
    """Returns 201, or 200 when the caller had given this star before."""
    row = {"target_id": command.target_id, "voter": require_rating_user(tx, command.identity)}
    given = insert(StarRow).values(row).on_conflict_do_nothing().returning(StarRow.target_id)
    created = await tx.session.scalar(given) is not None
    if created:
        count = await _change_count(command.target_id, 1, tx, targets)
    else:
        count = await star_count(command.target_id, tx)
    result = {"target_id": command.target_id, "starred": True, "count": count, "created": created}
    return Accepted(result=result, http=201 if created else 200)


async def remove_star(command: c.RemoveStar, tx: Tx, targets: StarTargets) -> None:
    mine = (StarRow.target_id == command.target_id, StarRow.voter == require_rating_user(tx, command.identity))
    if await tx.session.scalar(delete(StarRow).where(*mine).returning(StarRow.target_id)) is not None:
        await _change_count(command.target_id, -1, tx, targets)


def require_rating_user(tx: Tx | ReadTx, identity: str | None) -> str:
    """Raises Invalid for an anonymous caller without the identity of a browser."""
    found = rating_user(None if tx.actor.is_anonymous else tx.actor.id, identity)
    if found is None:
        raise Invalid("no_identity", "An anonymous star needs the identity of its browser.", identity=["is required"])
    return found


async def _change_count(target_id: str, by: int, tx: Tx, targets: StarTargets) -> int:
    """Returns the new number. The upsert locks the row of `star_counts`: copies are written in its order."""
    values: dict[str, Any] = {"target_id": target_id, "count": by}
    upsert = insert(StarCountRow).values(values)
    upsert = upsert.on_conflict_do_update(
        index_elements=["target_id"], set_={"count": StarCountRow.count + upsert.excluded.count}
    )
    count = await tx.session.scalar(upsert.returning(StarCountRow.count)) or 0
    await targets.set_count(target_id, count, tx)
    return count

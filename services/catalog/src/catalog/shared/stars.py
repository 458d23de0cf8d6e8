"""Stars as every aggregate reads them; `catalog.stars` writes them."""

from collections.abc import Sequence

from sqlalchemy import select

from catalog.shared.tables import StarCountRow, StarRow
from kit.messaging.tx import ReadTx, Tx


def rating_user(user_id: int | None, identity: str | None) -> str | None:
    """Returns `user:<id>` for a user, `browser:<identity>` for an anonymous browser; None when both are missing."""
    if user_id is not None:
        return f"user:{user_id}"
    return f"browser:{identity}" if identity else None


async def starred_by(target_ids: Sequence[str], tx: ReadTx | Tx) -> set[str]:
    """Returns those of the targets that the caller has starred, with one query; none for anonymous callers."""
    if tx.actor.is_anonymous or not target_ids:
        return set()
    given = StarRow.voter == rating_user(tx.actor.id, None), StarRow.target_id.in_(target_ids)
    return set((await tx.session.scalars(select(StarRow.target_id).where(*given))).all())


async def star_count(target_id: str, tx: Tx | ReadTx) -> int:
    return await tx.session.scalar(select(StarCountRow.count).where(StarCountRow.target_id == target_id)) or 0

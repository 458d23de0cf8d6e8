from collections.abc import Sequence

from sqlalchemy import select

from catalog.stars.domain import voter
from catalog.stars.tables import StarRow
from catalog.stars.usecases import counted, voter_of
from contracts.catalog import stars as c
from kit.messaging.tx import ReadTx, Tx


async def get_star(query: c.GetStar, read: ReadTx) -> c.Star:
    mine = (StarRow.target_id == query.target_id, StarRow.voter == voter_of(read, query.identity))
    starred = await read.session.scalar(select(StarRow.target_id).where(*mine)) is not None
    return c.Star(target_id=query.target_id, starred=starred, count=await counted(query.target_id, read))


async def starred(target_ids: Sequence[str], tx: ReadTx | Tx) -> set[str]:
    """Which of a page's targets the caller has starred; none for anonymous callers. One query for all."""
    if tx.actor.is_anonymous or not target_ids:
        return set()
    mine = select(StarRow.target_id).where(StarRow.voter == voter(tx.actor.id, None), StarRow.target_id.in_(target_ids))
    return set((await tx.session.scalars(mine)).all())

from sqlalchemy import select

from catalog.shared.stars import star_count
from catalog.shared.tables import StarRow
from catalog.stars.usecases import require_rating_user
from contracts.catalog import stars as c
from kit.messaging.tx import ReadTx


async def get_star(query: c.GetStar, read: ReadTx) -> c.Star:
    mine = (StarRow.target_id == query.target_id, StarRow.voter == require_rating_user(read, query.identity))
    starred = await read.session.scalar(select(StarRow.target_id).where(*mine)) is not None
    return c.Star(target_id=query.target_id, starred=starred, count=await star_count(query.target_id, read))

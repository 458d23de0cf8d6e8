"""Users as others may see them: id, name, picture."""

from typing import Any

from sqlalchemy import Text, bindparam, cast, func, or_, select

from contracts.shared import Page
from gateway.identity.tables import UserRow
from gateway.identity.ttl_cache import TtlCache
from kit.db.database import Database
from kit.db.sql import CompiledQuery

REMEMBERED = 300.0
_PICTURE = CompiledQuery(select(UserRow.img_url).where(UserRow.id == bindparam("user_id")))
_EXISTS = CompiledQuery(select(func.count()).select_from(UserRow).where(UserRow.id == bindparam("user_id")))
_SHOWN = (UserRow.id.label("osm_id"), UserRow.username, UserRow.img_url)


class UserDirectory:
    def __init__(self, db: Database) -> None:
        self.db = db
        self._recent: TtlCache[str] = TtlCache()

    async def picture(self, user_id: int) -> str:
        """Returns the address of the picture; empty for users without one."""
        known = self._recent.get(user_id)
        if known is not None:
            return known
        async with self.db.raw() as connection:
            rows = await _PICTURE.rows(connection, user_id=user_id)
        return self._recent.put(user_id, rows[0]["img_url"] if rows else "", REMEMBERED)

    async def exists(self, user_id: int) -> bool:
        key = ("exists", user_id)
        if self._recent.get(key) is None:
            async with self.db.raw() as connection:
                if not await _EXISTS.value(connection, user_id=user_id):
                    return False
            self._recent.put(key, "", REMEMBERED)
        return True

    async def listed(self, page: Page, user_id: int | None) -> tuple[int, list[dict[str, Any]]]:
        """Returns the number of all matches and one page of them, ordered by id; every word must occur in the name or
        equal the id."""
        where = [or_(UserRow.username.icontains(word, autoescape=True), cast(UserRow.id, Text) == word)
                 for word in page.search.split()]  # fmt: skip
        where += [] if user_id is None else [UserRow.id == user_id]
        rows = select(*_SHOWN).where(*where).order_by(UserRow.id).limit(page.limit).offset(page.offset)
        async with self.db.session() as session:
            count = await session.scalar(select(func.count()).select_from(UserRow).where(*where))
            found = (await session.execute(rows)).mappings().all()
        return count or 0, [dict(row) for row in found]

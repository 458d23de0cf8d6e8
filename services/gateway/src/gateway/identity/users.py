"""Users for the authentication of requests: read from the users table, cached for half a minute."""

from contextlib import suppress
from typing import Any

from sqlalchemy import Text, bindparam, cast, func, select, update
from sqlalchemy.exc import IntegrityError

from contracts.gateway import UserChanged
from contracts.shared import Actor
from gateway.identity.tables import MappingRow, UserRow
from gateway.identity.ttl_cache import TtlCache
from kit.db.database import Database
from kit.db.sql import CompiledQuery
from kit.messaging.tx import OutboxWaker, transaction

REMEMBERED = 30.0
APP = "fair"
_ACTOR = (UserRow.id, UserRow.username, UserRow.img_url, UserRow.is_staff, UserRow.is_superuser, UserRow.is_active)
_BY_ID = CompiledQuery(select(*_ACTOR).where(UserRow.id == bindparam("user_id")))
_BY_HANKO = CompiledQuery(
    select(*_ACTOR).join(MappingRow, cast(UserRow.id, Text) == MappingRow.app_user_id)
    .where(MappingRow.hanko_user_id == bindparam("hanko_id"), MappingRow.app_name == APP)
)  # fmt: skip
_ALL = CompiledQuery(select(UserRow).where(UserRow.id == bindparam("user_id")))
_TOUCH_LAST_LOGIN = CompiledQuery(
    update(UserRow).where(UserRow.id == bindparam("user_id")).values(last_login=func.now()).returning(UserRow)
)
SUMMARIES = CompiledQuery(
    select(
        UserRow.id, UserRow.username, UserRow.email, UserRow.email_verified,
        UserRow.notifications_delivery_methods.label("delivery_methods"),
    ).where(UserRow.id > bindparam("after")).order_by(UserRow.id).limit(bindparam("limit"))
)  # fmt: skip


def user_changed(user: UserRow) -> UserChanged:
    """Returns what other services may know about a user."""
    return UserChanged(
        user_id=user.id, username=user.username, email=user.email, email_verified=user.email_verified,
        delivery_methods=user.notifications_delivery_methods,
    )  # fmt: skip


def row_values(user: UserRow) -> dict[str, Any]:
    return {column.name: getattr(user, column.name) for column in UserRow.__table__.columns}


class Users:
    def __init__(self, db: Database) -> None:
        self.db = db
        self.relay: OutboxWaker | None = None
        self._recent: TtlCache[Actor] = TtlCache()

    async def by_hanko(self, hanko_id: str) -> Actor | None:
        """Returns None without a mapping, for a mapping to an account that does not exist, and for deactivated
        users."""
        return self._recent.get(hanko_id) or self._keep(hanko_id, await self._one(_BY_HANKO, hanko_id=hanko_id))

    async def get_or_create(self, user_id: int, username: str, img_url: str | None = None) -> Actor | None:
        """Returns the user of that id, created at first sight; a changed name is published. `img_url` None leaves the
        picture as it is."""
        key, new = (user_id, username, img_url), {"username": username}
        if img_url is not None:
            new["img_url"] = img_url
        known = self._recent.get(key)
        if known:
            return known
        row = await self._one(_BY_ID, user_id=user_id)
        if row is None or any(row[name] != value for name, value in new.items()):
            await self._write(user_id, new)
            row = await self._one(_BY_ID, user_id=user_id)
        return self._keep(key, row)

    async def account(self, user_id: int) -> dict[str, Any] | None:
        return await self._one(_ALL, user_id=user_id)

    async def touch_last_login(self, user_id: int) -> dict[str, Any]:
        """Returns the row after setting the time of its last login."""
        return await self._one(_TOUCH_LAST_LOGIN, user_id=user_id) or {}

    async def _one(self, statement: CompiledQuery, **params: Any) -> dict[str, Any] | None:
        async with self.db.raw() as connection:
            rows = await statement.rows(connection, **params)
        return rows[0] if rows else None

    def _keep(self, key: object, row: dict[str, Any] | None) -> Actor | None:
        if row is None or not row["is_active"]:
            return None
        roles = frozenset({"admin"} if row["is_staff"] or row["is_superuser"] else ())
        return self._recent.put(key, Actor(id=row["id"], username=row["username"], roles=roles), REMEMBERED)

    async def _write(self, user_id: int, new: dict[str, str]) -> None:
        """Another process may be first; both write the same."""
        with suppress(IntegrityError):
            async with transaction(self.db, "gateway", self.relay) as tx:
                user = await tx.session.merge(UserRow(id=user_id, **new))
                await tx.session.flush()
                await tx.session.refresh(user)
                tx.emit(user_changed(user))

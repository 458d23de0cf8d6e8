"""Items of private datasets and models. They are stored in our own database, since a STAC API serves all its items
publicly."""

import re
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from psycopg.types.json import Jsonb
from sqlalchemy import bindparam, delete, select
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, TEXT, insert

from catalog.stac.tables import PrivateItem as Row
from kit.db.database import Database
from kit.db.sql import CompiledQuery

Item = dict[str, Any]
Privacy = Callable[[Item], Awaitable[bool | None]]
"""Returns whether the row of an item is private; None without a row."""
_ARCHIVED = re.compile(r"-v\d+$")
_IN = Row.collection == bindparam("collection")
_IDS = bindparam("ids", type_=ARRAY(TEXT))
_BY_IDS = CompiledQuery(select(Row.item).where(_IN, Row.item_id == _IDS.any_()))
_NAMED = CompiledQuery(select(Row.item).where(_IN, Row.item.contains(bindparam("part", type_=JSONB))))


def base_id(item_id: str) -> str:
    """Returns the id of the active version for that of an archived copy `<id>-v<n>`."""
    return _ARCHIVED.sub("", item_id)


class PrivateItems:
    def __init__(self, db: Database, privacy: Privacy) -> None:
        self.db, self.privacy = db, privacy

    async def claims(self, item: Item) -> bool:
        """Returns whether the item has to be stored here. An item without a row stays where it is."""
        private = await self.privacy(item)
        return private if private is not None else await self.get(item["collection"], item["id"]) is not None

    async def get(self, collection: str, item_id: str) -> Item | None:
        return next(iter(await self.by_ids(collection, [item_id])), None)

    async def by_ids(self, collection: str, ids: Sequence[str]) -> list[Item]:
        async with self.db.raw() as connection:
            return [row["item"] for row in await _BY_IDS.rows(connection, collection=collection, ids=list(ids))]

    async def named(self, collection: str, prop: str, value: str) -> list[Item]:
        async with self.db.raw() as connection:
            part = Jsonb({"properties": {prop: value}})
            rows = await _NAMED.rows(connection, collection=collection, part=part)
        return [row["item"] for row in rows]

    async def put(self, item: Item) -> None:
        values = {"collection": item["collection"], "item_id": item["id"], "item": item}
        statement = insert(Row).values(**values)
        async with self.db.session() as session:
            await session.execute(
                statement.on_conflict_do_update(
                    index_elements=["collection", "item_id"], set_={"item": statement.excluded.item}
                )
            )
            await session.commit()

    async def delete(self, collection: str, item_id: str) -> None:
        async with self.db.session() as session:
            await session.execute(delete(Row).where(Row.collection == collection, Row.item_id == item_id))
            await session.commit()

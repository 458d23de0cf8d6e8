"""Which items belong to private rows."""

from typing import Any

from sqlalchemy import Select, or_, select

from catalog.datasets.tables import DatasetRow
from catalog.models.tables import BaseModelRow, LocalModelRow
from catalog.stac.names import model_name
from catalog.stac.private import PrivateItems, base_id
from catalog.stac.tables import PrivateItem
from catalog.stac.vocabulary import BASE_MODELS, DATASETS, LOCAL_MODELS
from kit.db.database import Database

Item = dict[str, Any]


def private_items(db: Database) -> PrivateItems:
    async def privacy(item: Item) -> bool | None:
        if item["collection"] not in (DATASETS, BASE_MODELS, LOCAL_MODELS):
            return False
        async with db.session() as session:
            visibility = await session.scalar(_visibility(item))
        return None if visibility is None else visibility == "private"

    return PrivateItems(db, privacy)


def _visibility(item: Item) -> Select[Any]:
    ids = {item["id"], base_id(item["id"])}
    if item["collection"] == DATASETS:
        return select(DatasetRow.visibility).where(DatasetRow.stac_id.in_(ids)).limit(1)
    if item["collection"] == BASE_MODELS:
        return select(BaseModelRow.visibility).where(BaseModelRow.stac_item_id.in_(ids)).limit(1)
    name = model_name(item["properties"].get("mlm:name", ""))
    row = LocalModelRow
    return select(row.visibility).where(or_(row.stac_item_id == item["id"], row.name == name)).limit(1)


async def private_datasets_in_public(db: Database) -> list[str]:
    """Returns the STAC ids of built private datasets whose items are in the public catalogue."""
    wanted = (
        DatasetRow.visibility == "private",
        DatasetRow.status == "built",
        DatasetRow.stac_id.not_in(_kept(DATASETS)),
    )
    return await _scalars(select(DatasetRow.stac_id).where(*wanted).order_by(DatasetRow.id), db)


async def private_models_in_public(db: Database) -> list[str]:
    """Returns the names of published private local models whose items are in the public catalogue."""
    item_id = LocalModelRow.stac_item_id
    wanted = LocalModelRow.visibility == "private", item_id != "", item_id.not_in(_kept(LOCAL_MODELS))
    return await _scalars(select(LocalModelRow.name).where(*wanted).order_by(LocalModelRow.id), db)


def _kept(collection: str) -> Select[str]:
    return select(PrivateItem.item_id).where(PrivateItem.collection == collection)


async def _scalars(rows: Select[str], db: Database) -> list[str]:
    async with db.session() as session:
        return list((await session.scalars(rows)).all())

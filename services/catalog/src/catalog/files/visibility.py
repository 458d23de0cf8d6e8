"""Who may see the row of a folder may see its files."""

import re
from typing import Any

from sqlalchemy import ColumnElement, Select, func, or_, select

from catalog.datasets.tables import DatasetRow
from catalog.datasets.visibility import visible_to as datasets_visible_to
from catalog.models.tables import BaseModelRow, LocalModelRow
from catalog.models.visibility import files_visible_to
from catalog.shared.access import can_see_all
from catalog.stac.names import PREFIX
from catalog.stac.private import base_id
from catalog.stac.tables import PrivateItem
from catalog.stac.vocabulary import BASE_MODELS, DATASETS, LOCAL_MODELS
from contracts.shared import Actor
from kit.messaging.tx import ReadTx

ITEM_IDS: dict[str, Any] = {
    DATASETS: DatasetRow.stac_id, BASE_MODELS: BaseModelRow.stac_item_id, LOCAL_MODELS: LocalModelRow.stac_item_id,
}  # fmt: skip


async def is_visible(collection: str, item_id: str, read: ReadTx) -> bool:
    """Items of former versions belong to the row of the active one. Files that belong to no row are public, unless a
    private item has their id."""
    if can_see_all(read.actor):
        return True
    visible = select(_visible_to(read.actor, collection)).where(_belongs_to(collection, item_id)).limit(1)
    found = await read.session.scalar(visible)
    if found is not None:
        return found
    return await read.session.scalar(_private_item(collection, item_id, PrivateItem.item_id)) is None


def _visible_to(actor: Actor, collection: str) -> ColumnElement[bool]:
    if collection == DATASETS:
        return datasets_visible_to(actor)
    return files_visible_to(actor, BaseModelRow if collection == BASE_MODELS else LocalModelRow)


def _belongs_to(collection: str, item_id: str) -> ColumnElement[bool]:
    """Finds the row by its active item, else by the name in a private item of a former version."""
    is_current = ITEM_IDS[collection].in_([item_id, base_id(item_id)])
    if collection != LOCAL_MODELS:
        return is_current
    name = func.regexp_replace(PrivateItem.item["properties"]["mlm:name"].astext, f"^{re.escape(PREFIX)}", "")
    return or_(is_current, LocalModelRow.name == _private_item(collection, item_id, name).scalar_subquery())


def _private_item(collection: str, item_id: str, column: Any) -> Select[Any]:
    return select(column).where(PrivateItem.collection == collection, PrivateItem.item_id == item_id)

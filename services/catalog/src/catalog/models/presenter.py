"""Rows of models as the API returns them."""

from catalog.models.tables import BaseModelRow, LocalModelRow
from contracts.catalog import models as c
from contracts.shared import CompactUser, Waiting


def present_base_model(row: BaseModelRow, username: str | None = None) -> c.BaseModelRow:
    user = CompactUser(osm_id=row.user_id, username=username or row.username)
    return c.BaseModelRow(
        id=row.id, name=row.name, category=row.category, stac_item_id=row.stac_item_id, status=row.status,
        visibility=row.visibility, is_pinned=row.is_pinned, star_count=row.star_count, error=row.error, user=user,
        waiting=Waiting.model_validate(row.waiting) if row.waiting else None,
        created_at=row.created_at, last_modified=row.last_modified,
    )  # fmt: skip


def present_local_model(row: LocalModelRow, base_name: str, runs: int, username: str | None = None) -> c.LocalModelRow:
    user = CompactUser(osm_id=row.user_id, username=username or row.username)
    return c.LocalModelRow(
        id=row.id, name=row.name, category=row.category, base_model=row.base_model_id, base_model_name=base_name,
        stac_item_id=row.stac_item_id, status=row.status, visibility=row.visibility, is_pinned=row.is_pinned,
        star_count=row.star_count, user=user, run_count=runs, title=row.title, description=row.description,
        dataset=row.dataset,
        published_training=row.published_training, created_at=row.created_at, last_modified=row.last_modified,
    )  # fmt: skip


def status_event(row: LocalModelRow) -> c.LocalModelStatusChanged:
    return c.LocalModelStatusChanged(
        model_id=row.id, name=row.name, user_id=row.user_id, stac_item_id=row.stac_item_id, status=row.status
    )

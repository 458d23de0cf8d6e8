from typing import Any

from pydantic import TypeAdapter
from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import JSON
from sqlalchemy.ext.asyncio import AsyncSession

from catalog.labelstore.paging import read_page, utc
from catalog.labelstore.taxonomies.domain import spellings
from catalog.labelstore.taxonomies.tables import TaxonomyRow
from catalog.labelstore.users.visibility import principal_of
from contracts.catalog import label_taxonomies as c
from contracts.shared import Json
from kit.errors import Forbidden, NotFound
from kit.messaging.tx import ReadTx

LABELS = TypeAdapter(list[c.TaxonomyLabel])
TAXONOMY: Any = func.json_build_object(
    "taxonomy_id", TaxonomyRow.id, "name", TaxonomyRow.name, "version", TaxonomyRow.version, "labels",
    TaxonomyRow.labels, "created_by", TaxonomyRow.created_by, "created_at", utc(TaxonomyRow.created_at), type_=JSON,
)  # fmt: skip


async def get_taxonomy(taxonomy_id: int, read: ReadTx) -> Json:
    caller = await principal_of(read.actor, read.session)
    if not (caller.is_admin or caller.labels or caller.reviews):
        raise Forbidden("not_authorized", "This needs a role in the label store.")
    found = await read.session.scalar(select(TAXONOMY).where(TaxonomyRow.id == taxonomy_id))
    if found is None:
        raise NotFound("not_found", f"There is no taxonomy {taxonomy_id}.")
    return found


async def list_taxonomies(query: c.ListLabelTaxonomies, read: ReadTx) -> bytes:
    (await principal_of(read.actor, read.session)).require_admin()
    rows = select(TaxonomyRow)
    if query.name is not None:
        rows = rows.where(func.lower(TaxonomyRow.name) == query.name.lower())
    return await read_page(rows, TaxonomyRow.id, select(TAXONOMY), query.page, read)


async def labels_of(taxonomy_id: int | None, session: AsyncSession) -> dict[str, str] | None:
    """Returns the label that each spelling stands for; None where every label is allowed."""
    if taxonomy_id is None:
        return None
    found = await session.scalar(select(TaxonomyRow.labels).where(TaxonomyRow.id == taxonomy_id))
    return spellings(LABELS.validate_python(found))

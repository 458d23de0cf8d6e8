from typing import Any

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import JSON
from sqlalchemy.ext.asyncio import AsyncSession

from catalog.labelstore.campaigns.visibility import admin_campaign
from catalog.labelstore.files import LabelFiles
from catalog.labelstore.imports.tables import LabelImportRow
from catalog.labelstore.paging import read_page, utc
from catalog.labelstore.users.visibility import principal_of
from contracts.catalog import label_imports as c
from contracts.catalog.label_image_sets import UploadGrant
from contracts.shared import Json
from kit.errors import Conflict, NotFound
from kit.messaging.tx import ReadTx, Tx

IMPORT: Any = func.json_build_object(
    "import_id", LabelImportRow.id, "campaign_id", LabelImportRow.campaign_id, "options", LabelImportRow.options,
    "uri", LabelImportRow.uri, "state", LabelImportRow.state, "images_done", LabelImportRow.images_done,
    "images_total", LabelImportRow.images_total, "report", LabelImportRow.report, "error", LabelImportRow.error,
    "created_by", LabelImportRow.created_by, "created_at", utc(LabelImportRow.created_at),
    "updated_at", utc(LabelImportRow.updated_at), type_=JSON,
)  # fmt: skip


async def present_import(import_id: int, session: AsyncSession) -> Json:
    return (await session.scalars(select(IMPORT).where(LabelImportRow.id == import_id))).one()


async def admin_import(import_id: int, read: ReadTx | Tx, lock: bool = False) -> LabelImportRow:
    """Raises Forbidden, then NotFound."""
    (await principal_of(read.actor, read.session)).require_admin()
    row = await read.session.get(LabelImportRow, import_id, with_for_update=lock or None)
    if row is None:
        raise NotFound("not_found", f"There is no import {import_id}.")
    return row


async def get_label_import(import_id: int, read: ReadTx) -> Json:
    row = await admin_import(import_id, read)
    return await present_import(row.id, read.session)


async def get_label_import_upload(import_id: int, read: ReadTx, files: LabelFiles) -> UploadGrant:
    row = await admin_import(import_id, read)
    if row.state != "waiting":
        raise Conflict("conflict", f"Import {row.id} is {row.state}; it takes a file while it is waiting.")
    return files.grant(files.imports(row.id))


async def list_label_imports(query: c.ListLabelImports, read: ReadTx) -> bytes:
    campaign = await admin_campaign(query.campaign_id, read)
    rows = select(LabelImportRow).where(LabelImportRow.campaign_id == campaign.id)
    return await read_page(rows, LabelImportRow.id, select(IMPORT), query.page, read)

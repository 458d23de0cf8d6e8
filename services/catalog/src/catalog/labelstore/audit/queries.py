from typing import Any

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import JSON

from catalog.labelstore.audit.tables import AuditRow
from catalog.labelstore.paging import read_page, utc
from catalog.labelstore.users.visibility import principal_of
from contracts.catalog import label_taxonomies as c
from kit.messaging.tx import ReadTx

ENTRY: Any = func.json_build_object(
    "entry_id", AuditRow.id, "at", utc(AuditRow.at), "by", AuditRow.by, "action", AuditRow.action,
    "about", AuditRow.kind, "about_id", AuditRow.subject, "before", AuditRow.before, "after", AuditRow.after,
    type_=JSON,
)  # fmt: skip


async def list_audit(query: c.ListLabelAudit, read: ReadTx) -> bytes:
    (await principal_of(read.actor, read.session)).require_admin()
    rows = select(AuditRow)
    for column, wanted in ((AuditRow.kind, query.about), (AuditRow.subject, query.about_id), (AuditRow.by, query.by)):
        rows = rows if wanted is None else rows.where(column == wanted)
    if query.since is not None:
        rows = rows.where(AuditRow.at >= query.since)
    return await read_page(rows, AuditRow.id, select(ENTRY), query.page, read)

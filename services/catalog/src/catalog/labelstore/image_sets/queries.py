from datetime import UTC
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import JSON
from sqlalchemy.ext.asyncio import AsyncSession

from catalog.labelstore.files import LabelFiles
from catalog.labelstore.image_sets.tables import ImageSetRow
from catalog.labelstore.paging import contains, read_page, rows_of_page, utc
from catalog.labelstore.users.visibility import principal_of
from contracts.catalog import label_image_sets as c
from contracts.catalog.label_shared import LabelRows, SignedUrl
from contracts.shared import Json
from kit.errors import Conflict, NotFound
from kit.messaging.tx import ReadTx

MAX_FILES = 1000
"""Names of one answer."""
IMAGE_SET: Any = func.json_build_object(
    "imageset_id", ImageSetRow.id, "title", ImageSetRow.title, "status", ImageSetRow.status,
    "metadata", ImageSetRow.details, "blobstorage_path", ImageSetRow.blobstorage_path,
    "date_created", utc(ImageSetRow.date_created), "date_finished", utc(ImageSetRow.date_finished),
    "created_by", ImageSetRow.created_by,
    "ingest", func.json_build_object(
        "state", ImageSetRow.ingest_state, "files_total", ImageSetRow.files_total,
        "files_registered", ImageSetRow.files_registered, "files_unreadable", ImageSetRow.files_unreadable,
        "error", ImageSetRow.ingest_error, "updated_at", utc(ImageSetRow.ingest_updated_at),
        "outcome", ImageSetRow.ingest_outcome,
    ),
    type_=JSON,
)  # fmt: skip


async def present_set(imageset_id: int, session: AsyncSession) -> Json:
    """Raises NotFound for an unknown set."""
    found = await session.scalar(select(IMAGE_SET).where(ImageSetRow.id == imageset_id))
    if found is None:
        raise no_set(imageset_id)
    return found


def no_set(imageset_id: int) -> NotFound:
    return NotFound("not_found", f"There is no image set {imageset_id}.")


async def get_image_set(imageset_id: int, read: ReadTx) -> Json:
    (await principal_of(read.actor, read.session)).require_admin()
    return await present_set(imageset_id, read.session)


async def list_image_sets(query: c.ListImageSets, read: ReadTx) -> bytes:
    (await principal_of(read.actor, read.session)).require_admin()
    equal = {ImageSetRow.status: query.status, ImageSetRow.created_by: query.created_by}
    conditions = [column == value for column, value in equal.items() if value is not None]
    conditions += [contains(ImageSetRow.title, query.title)] if query.title else []
    return await read_page(
        select(ImageSetRow).where(*conditions), ImageSetRow.id, select(IMAGE_SET), query.page, read
    )  # fmt: skip


async def get_upload_grant(imageset_id: int, read: ReadTx, files: LabelFiles) -> c.UploadGrant:
    row = await admin_set(imageset_id, read)
    if row.status != "created":
        raise Conflict("conflict", f'Image set {imageset_id} is "{row.status}": nothing can be uploaded any more.')
    return files.grant(files.dropbox(row.title))


async def list_image_set_files(query: c.ListImageSetFiles, read: ReadTx, files: LabelFiles) -> LabelRows:
    """Lists the dropbox. The store lists by key, so a page is found by walking over those before it."""
    row = await admin_set(query.imageset_id, read)
    await read.close()
    prefix, page = files.dropbox(row.title), query.page
    entries = [entry for entry in await files.storage.entries(prefix) if not entry["Key"].endswith("/")]
    per_page = min(page.per_page, MAX_FILES)
    rows_of_page(page.page, per_page, len(entries))
    start = (page.page - 1) * per_page
    rows = [_described(prefix, entry) for entry in entries[start + page.start : start + per_page]]
    return LabelRows(total=len(entries), per_page=per_page, results=rows)


def _described(prefix: str, entry: dict[str, Any]) -> Json:
    changed = entry["LastModified"].astimezone(UTC)
    return {
        "name": entry["Key"].removeprefix(prefix), "size": entry["Size"],
        "last_modified": f"{changed:%Y-%m-%dT%H:%M:%SZ}",
    }  # fmt: skip


async def get_image_set_file(query: c.GetImageSetFile, read: ReadTx, files: LabelFiles) -> SignedUrl:
    row = await admin_set(query.imageset_id, read)
    await read.close()
    return files.read_url(await dropbox_key(row.title, query.name, files))


async def dropbox_key(title: str, name: str, files: LabelFiles) -> str:
    """Raises NotFound for a file that does not wait in the set."""
    key = files.dropbox(title) + name
    if ".." in name.split("/") or await files.storage.head(key) is None:
        raise NotFound("not_found", f"There is no file {name} in this image set.")
    return key


async def admin_set(imageset_id: int, read: ReadTx) -> ImageSetRow:
    """Returns the set to an image-admin. Raises Forbidden, NotFound."""
    (await principal_of(read.actor, read.session)).require_admin()
    row = await read.session.get(ImageSetRow, imageset_id)
    if row is None:
        raise no_set(imageset_id)
    return row

"""Labels as GeoJSON, written by the database. Who sees an AOI sees its labels."""

from sqlalchemy import Select, Text, cast, exists, func, select
from sqlalchemy.dialects.postgresql import JSON

from catalog.areas.tables import AoiRow, LabelRow
from catalog.areas.visibility import visible_to
from catalog.datasets.tables import DatasetRow
from catalog.shared.json_page import truncate_to_size
from contracts.catalog.labels import ListLabels
from geo.postgis import intersects, overlaps
from kit.errors import Invalid, NotFound
from kit.messaging.tx import ReadTx

properties = func.json_build_object(
    "id", LabelRow.id, "aoi", LabelRow.aoi_id, "osm_id", LabelRow.osm_id, "tags", LabelRow.tags,
    "created_at", LabelRow.created_at,
)  # fmt: skip
feature = func.json_build_object(
    "type", "Feature", "id", LabelRow.id, "geometry", cast(func.ST_AsGeoJSON(LabelRow.geom, 9), JSON),
    "properties", properties,
)  # fmt: skip


async def get_label(label_id: int, read: ReadTx) -> bytes:
    text = await read.session.scalar(_seen(read).where(LabelRow.id == label_id))
    if text is None:
        raise NotFound("label_not_found", "There is no such label.")
    return text.encode()


async def list_labels(query: ListLabels, read: ReadTx) -> bytes:
    """Returns labels ordered by id. Raises Invalid when the AOI or dataset of the filter does not exist."""
    rows = _seen(read)
    if query.aoi is not None:
        if query.aoi:
            await _known(AoiRow, query.aoi, "aoi", read)
        rows = rows.where(LabelRow.aoi_id == query.aoi)
    if query.dataset is not None:
        await _known(DatasetRow, query.dataset, "dataset", read)
        rows = rows.where(AoiRow.dataset_id == query.dataset)
    if query.page.in_bbox:
        rows = rows.where(overlaps(LabelRow.geom, query.page.in_bbox))
    if query.tile:
        rows = rows.where(intersects(LabelRow.geom, func.ST_Transform(func.ST_TileEnvelope(*query.tile), 4326)))
    return await truncate_to_size(rows, LabelRow.id, query.page, query.after, read)


def _seen(read: ReadTx) -> Select[str]:
    rows = select(cast(feature, Text)).select_from(LabelRow).join(AoiRow, AoiRow.id == LabelRow.aoi_id)
    return rows.where(visible_to(read.actor))


async def _known(row: type[AoiRow] | type[DatasetRow], row_id: int, name: str, read: ReadTx) -> None:
    if not await read.session.scalar(select(exists().where(row.id == row_id))):
        problem = f"There is no such {name}."
        raise Invalid(f"unknown_{name}", problem, **{name: [problem]})

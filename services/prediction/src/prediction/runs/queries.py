"""Predictions as their readers see them. Who may not see a row is told that there is none."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Select, Text, and_, bindparam, cast, func, or_, select, true
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncSession

from contracts.prediction import MOST_CENTROIDS, ListCentroids, ListPredictions, Prediction
from contracts.shared import Actor, CompactUser, Page, Rows
from kit.errors import Conflict, Forbidden, NotFound
from kit.messaging.tx import ReadTx
from kit.statements import Prepared
from kit.storage import Storage
from prediction.runs.tables import PredictionRow as Row
from prediction.runs.tables import RunRow
from prediction.tables import KnownUser

FORMATS = ("geojson", "fgb", "pmtiles")
LONGEST_ID = 18
_ORDER = {"id": Row.id, "submitted_at": Row.submitted_at, "last_polled_at": Row.last_polled_at}
_VIEW = select(
    Row.id, Row.run_id.label("zenml_run_id"), Row.model_stac_id.label("local_model_stac_id"), Row.image_uri,
    cast(func.ST_AsGeoJSON(Row.geom, 17), JSONB).label("geometry"), Row.zoom, Row.params, Row.remove_osm,
    Row.visibility, Row.description, Row.status, Row.results_ready, Row.error, Row.mapswipe_project_id, Row.category,
    Row.submitted_at, Row.last_polled_at, Row.has_pmtiles, Row.user_id,
    func.coalesce(KnownUser.username, "").label("username"),
).outerjoin(KnownUser, KnownUser.id == Row.user_id)  # fmt: skip
_BY_ID = Prepared(_VIEW.where(Row.id == bindparam("prediction_id")))


def output_folder(prediction_id: int) -> str:
    return f"predict/{prediction_id}/output"


def sees(actor: Actor, user_id: int, visibility: str) -> bool:
    return visibility == "public" or actor.owns(user_id) or "service" in actor.roles


async def get_prediction(prediction_id: int, public: bool, read: ReadTx, storage: Storage) -> Prediction:
    return (await views([await _seen(prediction_id, public, read)], storage))[0]


async def get_result(prediction_id: int, public: bool, read: ReadTx, storage: Storage) -> dict[str, str]:
    row = await _seen(prediction_id, public, read)
    if not row["results_ready"]:
        raise Conflict("results_not_ready", f"The results are not ready, the run is {row['status']}.")
    return await asyncio.to_thread(_assets, row, storage) or {}


async def _seen(prediction_id: int, public: bool, read: ReadTx) -> Mapping[str, Any]:
    async with read.db.raw() as connection:
        rows = await _BY_ID.rows(connection, prediction_id=prediction_id)
    if not rows or not (rows[0]["visibility"] == "public" if public else _seen_by(read.actor, rows[0])):
        raise NotFound("prediction_not_found")
    return rows[0]


def _seen_by(actor: Actor, row: Mapping[str, Any]) -> bool:
    return sees(actor, row["user_id"], row["visibility"])


async def view(prediction_id: int, session: AsyncSession, storage: Storage) -> Prediction:
    """As it stands in the transaction of a command."""
    row = (await session.execute(_VIEW.where(Row.id == prediction_id))).mappings().one()
    return (await views([row], storage))[0]


async def views(rows: Sequence[Mapping[str, Any]], storage: Storage) -> list[Prediction]:
    """Signing addresses is CPU work of a third of a millisecond each, hence the thread."""
    return await asyncio.to_thread(lambda: [_view(row, storage) for row in rows])


def _view(row: Mapping[str, Any], storage: Storage) -> Prediction:
    user = CompactUser(osm_id=row["user_id"], username=row["username"])
    return Prediction.model_validate({**row, "user": user, "assets": _assets(row, storage)})


def _assets(row: Mapping[str, Any], storage: Storage) -> dict[str, str] | None:
    """No address of PMTiles where there were no features to write."""
    if not row["results_ready"]:
        return None
    endings = [ending for ending in FORMATS if ending != "pmtiles" or row["has_pmtiles"]]
    return {ending: storage.presigned(f"{output_folder(row['id'])}/predictions.{ending}") for ending in endings}


async def list_predictions(query: ListPredictions, read: ReadTx, storage: Storage) -> Rows:
    statuses = [Row.status.in_(query.statuses)] if query.statuses else []
    wanted = and_(_visible(read.actor, query.public), *_filters(query), *statuses, *_page_filters(query.page))
    count = await read.session.scalar(select(func.count()).select_from(Row).where(wanted))
    page = _ordered(_VIEW.where(wanted), query.page.ordering).limit(query.page.limit).offset(query.page.offset)
    rows = (await read.session.execute(page)).mappings().all()
    return Rows(count=count or 0, results=[view.model_dump(mode="json") for view in await views(rows, storage)])


def _visible(actor: Actor, public: bool) -> ColumnElement[bool]:
    if not public and (actor.is_admin or "service" in actor.roles):
        return true()
    if public or actor.is_anonymous:
        return Row.visibility == "public"
    return or_(Row.visibility == "public", Row.user_id == actor.id)


def _filters(query: ListPredictions | ListCentroids) -> list[ColumnElement[bool]]:
    pairs = {
        Row.model_stac_id: query.local_model_stac_id,
        Row.user_id: query.user,
        Row.status: query.status,
        Row.visibility: query.visibility,
        Row.id: getattr(query, "prediction_id", None),
    }
    return [column == value for column, value in pairs.items() if value is not None]


def _page_filters(page: Page) -> list[ColumnElement[bool]]:
    words = [_says(word, page.by_id) for word in page.search.split()]
    if page.in_bbox is None:
        return words
    return [*words, func.ST_Intersects(Row.geom, func.ST_MakeEnvelope(*page.in_bbox, 4326))]


def _says(word: str, by_id: bool) -> ColumnElement[bool]:
    said = Row.description.icontains(word, autoescape=True)
    return said | (Row.id == int(word)) if by_id and word.isdecimal() and len(word) <= LONGEST_ID else said


def _ordered(statement: Select[Any], ordering: str) -> Select[Any]:
    names = [name for part in ordering.split(",") if (name := part.strip()).removeprefix("-") in _ORDER]
    names = names or ["-submitted_at"]
    return statement.order_by(*map(_key, [*names, "-id" if names[0].startswith("-") else "id"]))


def _key(name: str) -> ColumnElement[Any]:
    """Nulls where the index has them, so that it serves both directions."""
    column = _ORDER[name.removeprefix("-")]
    return column.desc().nulls_last() if name.startswith("-") else column.asc().nulls_first()


_POINT = func.jsonb_build_object(
    "type", "Feature", "geometry", cast(func.ST_AsGeoJSON(func.ST_PointOnSurface(Row.geom), 7), JSONB),
    "properties", func.jsonb_build_object(
        "id", Row.id, "description", Row.description, "status", Row.status, "results_ready", Row.results_ready,
        "visibility", Row.visibility, "category", Row.category, "local_model_stac_id", Row.model_stac_id,
    ),
)  # fmt: skip


async def list_centroids(query: ListCentroids, read: ReadTx) -> bytes:
    """Points inside the geometries."""
    page = Page(limit=1, search=query.search)
    wanted = and_(_visible(read.actor, query.public), *_filters(query), *_page_filters(page))
    rows = _ordered(select(cast(_POINT, Text)).where(wanted), "").limit(MOST_CENTROIDS)
    features = (await read.session.scalars(rows)).all()
    return f'{{"type": "FeatureCollection", "features": [{",".join(features)}]}}'.encode()


def by_run(run_id: str) -> Select[Row]:
    """The prediction that has or had this run."""
    return select(Row).join(RunRow, RunRow.prediction_id == Row.id).where(RunRow.run_id == run_id)


async def run_of(run_id: str, read: ReadTx) -> Row:
    return owned_run(run_id, await read.session.scalar(by_run(run_id)), read.actor)


def owned_run(run_id: str, row: Row | None, actor: Actor) -> Row:
    """NotFound where the caller may not see the prediction, Forbidden where he may only see it."""
    if row is None or not sees(actor, row.user_id, row.visibility):
        raise NotFound("run_not_found", f"There is no run {run_id}.")
    if not actor.owns(row.user_id):
        raise Forbidden("not_your_run", "Only its owner may look into a run or stop it.")
    return row

"""Predictions as their readers see them. Who may not see a row is told that there is none."""

from collections.abc import Mapping, Sequence
from functools import cache
from hmac import compare_digest
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Select, Text, and_, bindparam, case, cast, func, select
from sqlalchemy.dialects.postgresql import JSONB

from contracts.prediction import (
    MOST_CENTROIDS,
    GetResultFile,
    HeadResultFile,
    ListCentroids,
    ListPredictions,
    Prediction,
)
from contracts.prediction.usage import GetUsage
from contracts.shared import Actor, CompactUser, Page, Rows
from contracts.usage import UsageLimits, UsageReport
from geo.postgis import overlaps
from kit.db.sql import CompiledQuery
from kit.errors import Conflict, Forbidden, NotFound
from kit.http.url_masking import masked
from kit.messaging.tx import ReadTx, Tx
from prediction.projections.tables import KnownUser
from prediction.results.addresses import FILES, Addresses, output_folder
from prediction.runs.tables import PredictionRow as Row
from prediction.runs.tables import UsageRow
from prediction.runs.transitions import PREDICTIONS
from prediction.runs.visibility import can_see, reach, visible_by_id, visible_to
from runs.usage_queries import usage_report

MAX_ID_DIGITS = 18
_ORDER = {"id": Row.id, "submitted_at": Row.submitted_at, "last_polled_at": Row.last_polled_at}
_VIEW = select(
    Row.id, Row.run_id.label("zenml_run_id"), Row.model_stac_id.label("local_model_stac_id"), Row.image_uri,
    cast(func.ST_AsGeoJSON(Row.geom, 17), JSONB).label("geometry"), Row.zoom, Row.params, Row.remove_osm,
    Row.visibility, Row.description, Row.status, Row.results_ready, Row.error, Row.mapswipe_project_id, Row.category,
    Row.submitted_at, Row.last_polled_at, Row.waiting, Row.has_pmtiles, Row.user_id, Row.results_token,
    case((Row.results_ready, Row.outcome)).label("outcome"),
    func.coalesce(KnownUser.username, "").label("username"),
).outerjoin(KnownUser, KnownUser.id == Row.user_id)  # fmt: skip
Found = tuple[int, Sequence[Mapping[Any, Any]]]
"""Number of all rows, and those of a page."""
_BY_ID = CompiledQuery(_VIEW.where(Row.id == bindparam("prediction_id")))


async def get_prediction(prediction_id: int, public: bool, read: ReadTx, addresses: Addresses) -> Prediction:
    return views([await _visible_row(prediction_id, public, read)], addresses, read.actor)[0]


async def get_usage(query: GetUsage, read: ReadTx, limits: UsageLimits) -> UsageReport:
    return await usage_report(query, UsageRow, limits, read)


async def get_result(prediction_id: int, public: bool, read: ReadTx, addresses: Addresses) -> dict[str, str]:
    row = await _visible_row(prediction_id, public, read)
    if not row["results_ready"]:
        raise Conflict("results_not_ready", f"The results are not ready, the run is {row['status']}.")
    return addresses.of(row) or {}


async def result_key(query: GetResultFile | HeadResultFile, read: ReadTx) -> str:
    """The key of a result file. NotFound for who may not see the prediction and has no token of its results."""
    async with read.db.raw() as connection:
        rows = await _BY_ID.rows(connection, prediction_id=query.prediction_id)
    if not rows or query.name not in FILES or not rows[0]["results_ready"] or not _may_load(query.token, rows[0], read):
        raise NotFound("file_not_found", "There is no such file.")
    return f"{output_folder(query.prediction_id)}/{query.name}"


def _may_load(token: str, row: Mapping[str, Any], read: ReadTx) -> bool:
    return compare_digest(token.encode(), row["results_token"].encode()) or _seen_by(read.actor, row)


async def _visible_row(prediction_id: int, public: bool, read: ReadTx) -> Mapping[str, Any]:
    async with read.db.raw() as connection:
        rows = await _BY_ID.rows(connection, prediction_id=prediction_id)
    if not rows or not (rows[0]["visibility"] == "public" if public else _seen_by(read.actor, rows[0])):
        raise NotFound("prediction_not_found")
    return rows[0]


def _seen_by(actor: Actor, row: Mapping[str, Any]) -> bool:
    return can_see(actor, row["user_id"], row["visibility"])


async def view(prediction_id: int, tx: Tx, addresses: Addresses) -> Prediction:
    """As it stands in the transaction of a command."""
    row = (await tx.session.execute(_VIEW.where(Row.id == prediction_id))).mappings().one()
    return views([row], addresses, tx.actor)[0]


def views(rows: Sequence[Mapping[Any, Any]], addresses: Addresses, actor: Actor) -> list[Prediction]:
    return [_view(row, addresses, actor) for row in rows]


def _view(row: Mapping[str, Any], addresses: Addresses, actor: Actor) -> Prediction:
    """Keys in the address of the imagery are shown to its owner alone."""
    user = CompactUser(osm_id=row["user_id"], username=row["username"])
    own = can_see(actor, row["user_id"], "private")
    shown = {"image_uri": row["image_uri"] if own else masked(row["image_uri"])}
    return Prediction.model_validate({**row, **shown, "user": user, "assets": addresses.of(row)})


async def list_predictions(query: ListPredictions, read: ReadTx, addresses: Addresses) -> Rows:
    count, rows = await (_list_all if _is_without_filters(query) else _list_some)(query, read)
    shown = views(rows, addresses, read.actor)
    return Rows(count=count, results=[view.model_dump(mode="json") for view in shown])


def _is_without_filters(query: ListPredictions) -> bool:
    page = query.page
    return not (_filters(query) or query.statuses or page.search or page.ordering or page.in_bbox)


@cache
def _all(everything: bool, public: bool) -> tuple[CompiledQuery, CompiledQuery]:
    """The list without filters and its count: built anew they cost more than all else in this process."""
    visible = visible_by_id(bindparam("actor_id", type_=BigInteger), everything, public)
    limit, offset = (bindparam(name, type_=BigInteger) for name in ("limit", "offset"))
    rows = _ordered(_VIEW.where(visible), "").limit(limit).offset(offset)
    return CompiledQuery(rows), CompiledQuery(select(func.count()).select_from(Row).where(visible))


async def _list_all(query: ListPredictions, read: ReadTx) -> Found:
    rows, count = _all(*reach(read.actor, query.public))
    place = {"limit": query.page.limit, "offset": query.page.offset}
    async with read.db.raw() as connection:
        in_all = await count.value(connection, actor_id=read.actor.id)
        return in_all, await rows.rows(connection, actor_id=read.actor.id, **place)


async def _list_some(query: ListPredictions, read: ReadTx) -> Found:
    statuses = [Row.status.in_(query.statuses)] if query.statuses else []
    wanted = and_(visible_to(read.actor, query.public), *_filters(query), *statuses, *_page_filters(query.page))
    count = await read.session.scalar(select(func.count()).select_from(Row).where(wanted))
    page = _ordered(_VIEW.where(wanted), query.page.ordering).limit(query.page.limit).offset(query.page.offset)
    return count or 0, (await read.session.execute(page)).mappings().all()


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
    words = [_contains(word, page.by_id) for word in page.search.split()]
    if page.in_bbox is None:
        return words
    return [*words, overlaps(Row.geom, page.in_bbox)]


def _contains(word: str, by_id: bool) -> ColumnElement[bool]:
    said = Row.description.icontains(word, autoescape=True)
    return said | (Row.id == int(word)) if by_id and word.isdecimal() and len(word) <= MAX_ID_DIGITS else said


def _ordered(statement: Select[*tuple[Any, ...]], ordering: str) -> Select[*tuple[Any, ...]]:
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
    wanted = and_(visible_to(read.actor, query.public), *_filters(query), *_page_filters(page))
    rows = _ordered(select(cast(_POINT, Text)).where(wanted), "").limit(MOST_CENTROIDS)
    features = (await read.session.scalars(rows)).all()
    return f'{{"type": "FeatureCollection", "features": [{",".join(features)}]}}'.encode()


async def run_of(run_id: str, read: ReadTx) -> Row:
    return owned_run(run_id, await read.session.scalar(PREDICTIONS.rows_of_run(run_id)), read.actor)


def owned_run(run_id: str, row: Row | None, actor: Actor) -> Row:
    """NotFound where the caller may not see the prediction, Forbidden where he may only see it."""
    if row is None or not can_see(actor, row.user_id, row.visibility):
        raise NotFound("run_not_found", f"There is no run {run_id}.")
    if not actor.owns(row.user_id):
        raise Forbidden("not_your_run", "Only its owner may look into a run or stop it.")
    return row

"""Feedback as GeoJSON, written by the database. Read by its owner, the owner of the prediction and administrators, and
by everyone where the parent, the prediction or else the model, is public (DESIGN decision 5)."""

from typing import Any

from sqlalchemy import BigInteger, Select, Text, bindparam, cast, func, select
from sqlalchemy.dialects.postgresql import JSONB

from contracts.prediction.feedback import CountFeedback, CountJudgements, ListFeedback
from geo.postgis import overlaps
from kit.db.sql import CompiledQuery
from kit.errors import Forbidden, NotFound
from kit.messaging.tx import ReadTx
from prediction.feedback.tables import FeedbackRow as Row
from prediction.feedback.visibility import can_see_all, visible_by_id, visible_to
from prediction.projections.tables import KnownUser

DIGITS = 15
_user = func.jsonb_build_object("osm_id", Row.user_id, "username", func.coalesce(KnownUser.username, ""))
_training = cast(func.substring(Row.stac_id, r"^training-([0-9]{1,18})$"), BigInteger)
_v1_properties = func.jsonb_strip_nulls(func.jsonb_build_object(
    "training", _training, "feedback_type", Row.feedback_type, "zoom_level", Row.zoom_level,
    "source_imagery", Row.source_imagery,
))  # fmt: skip
_properties = func.jsonb_build_object(
    "id", Row.id, "stac_id", Row.stac_id, "action", Row.action, "comments", Row.comments, "config", Row.config,
    "prediction", Row.prediction_id, "user", _user, "created_at", Row.created_at,
).op("||")(_v1_properties)  # fmt: skip
_feature = func.jsonb_build_object(
    "type",
    "Feature",
    "id",
    Row.id,
    "geometry",
    cast(func.ST_AsGeoJSON(Row.geom, DIGITS), JSONB),
    "properties",
    _properties,
)
FEATURES = select(cast(_feature, Text)).select_from(Row).outerjoin(KnownUser, KnownUser.id == Row.user_id)
SUMMARIES = CompiledQuery(
    select(Row.id, Row.action).where(Row.id > bindparam("after")).order_by(Row.id).limit(bindparam("limit"))
)


_ONE = CompiledQuery(
    FEATURES.where(Row.id == bindparam("feedback_id"), visible_by_id(bindparam("actor_id"), bindparam("everything")))
)
_counts = select(
    func.count().filter(Row.action == "accept").label("accept"),
    func.count().filter(Row.action == "reject").label("reject"),
)
_COUNTS = CompiledQuery(_counts.where(Row.user_id == bindparam("user_id")))
_JUDGEMENTS = CompiledQuery(_counts.where(Row.stac_id == bindparam("stac_id")))


async def get_feedback(feedback_id: int, read: ReadTx) -> bytes:
    async with read.db.raw() as connection:
        found = await _ONE.value(
            connection, feedback_id=feedback_id, actor_id=read.actor.id, everything=can_see_all(read.actor)
        )
    if found is None or read.actor.is_anonymous:
        raise not_found()
    return found.encode()


def not_found() -> NotFound:
    return NotFound("feedback_not_found", "There is no such feedback.")


async def list_feedback(query: ListFeedback, read: ReadTx) -> bytes:
    """Newest first."""
    rows = _filtered(FEATURES.where(visible_to(read.actor)), query)
    count = await read.session.scalar(rows.with_only_columns(func.count(), maintain_column_froms=True))
    page = rows.order_by(Row.created_at.desc(), Row.id.desc()).limit(query.page.limit).offset(query.page.offset)
    features = (await read.session.scalars(page)).all()
    return f'{{"count": {count}, "results": [{",".join(features)}]}}'.encode()


def _filtered(rows: Select[Any], query: ListFeedback) -> Select[Any]:
    pairs = {
        Row.stac_id: query.stac_id, Row.action: query.action, Row.user_id: query.user,
        Row.prediction_id: query.prediction,
    }  # fmt: skip
    rows = rows.where(*(column == value for column, value in pairs.items() if value is not None))
    if query.page.in_bbox is None:
        return rows
    return rows.where(overlaps(Row.geom, query.page.in_bbox))


async def count_feedback(query: CountFeedback, read: ReadTx) -> dict[str, int]:
    if not (read.actor.owns(query.user_id) or can_see_all(read.actor)):
        raise Forbidden("not_yours", "These numbers are another person's.")
    async with read.db.raw() as connection:
        return (await _COUNTS.rows(connection, user_id=query.user_id))[0]


async def count_judgements(query: CountJudgements, read: ReadTx) -> dict[str, int]:
    async with read.db.raw() as connection:
        return (await _JUDGEMENTS.rows(connection, stac_id=query.stac_id))[0]

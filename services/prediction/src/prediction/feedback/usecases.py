import re
from datetime import UTC, datetime
from typing import Any

import orjson

from contracts.prediction.feedback import (
    ChangeFeedback,
    FeedbackChanged,
    FeedbackFeature,
    FeedbackGiven,
    FeedbackProperties,
    FeedbackRemoved,
    GiveFeedback,
    RemoveFeedback,
)
from contracts.shared import CompactUser, Json
from geo.geojson import BadGeometry, plain_geometry
from geo.invalid_geometry import InvalidGeometry
from kit.db.ids import IdAllocator
from kit.errors import Forbidden, Invalid, Unauthenticated
from kit.http.url_masking import masked
from kit.messaging.tx import Tx
from prediction.feedback import queries
from prediction.feedback.quota import FeedbackQuota
from prediction.feedback.tables import FeedbackRow
from prediction.feedback.visibility import is_visible
from prediction.runs.tables import PredictionRow
from prediction.runs.visibility import can_see

MAX_LENGTHS = {"stac_id": 200, "comments": 10_000}
MAX_CONFIG_BYTES = 65_536
_TRAINING = re.compile(r"training-([0-9]{1,18})")
V1_FIELDS = {"feedback_type", "zoom_level", "source_imagery"}


async def give_feedback(command: GiveFeedback, tx: Tx, ids: IdAllocator, quota: FeedbackQuota) -> Json:
    if tx.actor.is_anonymous:
        raise Unauthenticated("login_required", "Log in to give feedback.")
    geometry = _checked(command.model_dump())["geometry"]
    stac_id = command.stac_id or await _model_of(command.prediction, tx)
    if command.stac_id and command.prediction is not None:
        await _model_of(command.prediction, tx)
    quota.ensure_room(command.prediction, stac_id, tx)
    feedback_id, now = await ids.next(FeedbackRow), datetime.now(UTC)
    told = {"stac_id": stac_id, "action": command.action, "comments": command.comments, "config": command.config}
    early = command.model_dump(include=V1_FIELDS, exclude_none=True)
    if "source_imagery" in early:
        early["source_imagery"] = masked(early["source_imagery"])  # shown to others, and no work needs it
    tx.insert(
        FeedbackRow, id=feedback_id, geom=_text(geometry), prediction_id=command.prediction,
        user_id=tx.actor.id, created_at=now, **told, **dict.fromkeys(V1_FIELDS) | early,
    )  # fmt: skip
    fact = {"user_id": tx.actor.id, "stac_id": stac_id, "prediction": command.prediction}
    tx.emit(FeedbackGiven(feedback_id=feedback_id, action=command.action, **fact))
    user = CompactUser(osm_id=tx.actor.id, username=tx.actor.username)
    properties = FeedbackProperties(
        id=feedback_id, prediction=command.prediction, user=user, created_at=now, **told, **early, **_training(stac_id)
    )
    feature = FeedbackFeature(type="Feature", id=feedback_id, geometry=geometry, properties=properties)
    return feature.model_dump(mode="json", exclude_unset=True)


def _training(stac_id: str) -> Json:
    """What the id of a training's model stands for."""
    number = _TRAINING.fullmatch(stac_id)
    return {"training": int(number[1])} if number else {}


async def change_feedback(command: ChangeFeedback, tx: Tx) -> Json:
    given = _checked(command.model_dump(exclude={"feedback_id"}, exclude_none=True))
    row = await _owned(command.feedback_id, tx)
    previous = row.action
    for name, value in given.items():
        setattr(row, *(("geom", _text(value)) if name == "geometry" else (name, value)))
    tx.emit(FeedbackChanged(**_about(row, action=row.action, previous=previous)))
    await tx.session.flush()
    return orjson.loads(await tx.session.scalar(queries.FEATURES.where(FeedbackRow.id == row.id)) or "null")


async def remove_feedback(command: RemoveFeedback, tx: Tx) -> None:
    row = await _owned(command.feedback_id, tx)
    tx.emit(FeedbackRemoved(**_about(row, previous=row.action)))
    await tx.session.delete(row)


def _about(row: FeedbackRow, **actions: str) -> dict[str, Any]:
    fact = {"feedback_id": row.id, "user_id": row.user_id, "stac_id": row.stac_id, "prediction": row.prediction_id}
    return fact | actions


def _text(geometry: Json) -> str:
    return orjson.dumps(geometry).decode()


def _checked(given: dict[str, Any]) -> dict[str, Any]:
    """With the plain geometry. Fields at fault are named."""
    for field, most in MAX_LENGTHS.items():
        if len(given.get(field) or "") > most:
            raise _invalid(field, f"At most {most} characters.")
    if len(orjson.dumps(given.get("config"))) > MAX_CONFIG_BYTES:
        raise _invalid("config", f"At most {MAX_CONFIG_BYTES} bytes of JSON.")
    return given | {"geometry": _plain(given["geometry"])} if "geometry" in given else given


def _plain(geometry: Json) -> Json:
    try:
        return plain_geometry(geometry)
    except BadGeometry as problem:
        raise InvalidGeometry("geometry", geometry, str(problem)) from problem


async def _model_of(prediction_id: int | None, tx: Tx) -> str:
    """The model of a prediction that the caller may see; empty when no prediction is named."""
    if prediction_id is None:
        return ""
    row = await tx.session.get(PredictionRow, prediction_id)
    if row is None or not can_see(tx.actor, row.user_id, row.visibility):
        raise _invalid("prediction", "There is no such prediction.")
    return row.model_stac_id


async def _owned(feedback_id: int, tx: Tx) -> FeedbackRow:
    """The locked row. NotFound where the caller may not see it, Forbidden where he may only see it."""
    row = await tx.session.get(FeedbackRow, feedback_id, with_for_update=True)
    if row is None or not await is_visible(feedback_id, tx.session, tx.actor):
        raise queries.not_found()
    if not tx.actor.owns(row.user_id):
        raise Forbidden("not_yours", "Only its owner may change this feedback.")
    return row


def _invalid(field: str, words: str) -> Invalid:
    return Invalid(f"invalid_{field}", words, **{field: [words]})

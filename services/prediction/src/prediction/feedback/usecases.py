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
from kit.errors import Forbidden, Invalid, Unauthenticated
from kit.geometry import InvalidGeometry
from kit.ids import Ids
from kit.messaging.tx import Tx
from prediction.feedback import queries
from prediction.feedback.domain import BadGeometry, check
from prediction.feedback.tables import FeedbackRow
from prediction.runs.queries import sees
from prediction.runs.tables import PredictionRow

LONGEST = {"stac_id": 200, "comments": 10_000}
MOST_CONFIG = 65_536
_TRAINING = re.compile(r"training-([0-9]{1,18})")
EARLY = {"feedback_type", "zoom_level", "source_imagery"}


async def give_feedback(command: GiveFeedback, tx: Tx, ids: Ids) -> Json:
    """Without a prediction one statement writes everything."""
    if tx.actor.is_anonymous:
        raise Unauthenticated("login_required", "Log in to give feedback.")
    _check(command.model_dump())
    stac_id = command.stac_id or await _model_of(command.prediction, tx)
    if command.stac_id and command.prediction is not None:
        await _model_of(command.prediction, tx)
    feedback_id, now = await ids.next(FeedbackRow), datetime.now(UTC)
    told = {"stac_id": stac_id, "action": command.action, "comments": command.comments, "config": command.config}
    early = command.model_dump(include=EARLY, exclude_none=True)
    tx.insert(
        FeedbackRow, id=feedback_id, geom=_text(command.geometry), prediction_id=command.prediction,
        user_id=tx.actor.id, created_at=now, **told, **dict.fromkeys(EARLY) | early,
    )  # fmt: skip
    fact = {"user_id": tx.actor.id, "stac_id": stac_id, "prediction": command.prediction}
    tx.emit(FeedbackGiven(feedback_id=feedback_id, action=command.action, **fact))
    user = CompactUser(osm_id=tx.actor.id, username=tx.actor.username)
    properties = FeedbackProperties(
        id=feedback_id, prediction=command.prediction, user=user, created_at=now, **told, **early, **_training(stac_id)
    )
    feature = FeedbackFeature(type="Feature", geometry=command.geometry, properties=properties)
    return feature.model_dump(mode="json", exclude_unset=True)


def _training(stac_id: str) -> dict[str, int]:
    """What the id of a training's model stands for."""
    number = _TRAINING.fullmatch(stac_id)
    return {"training": int(number[1])} if number else {}


async def change_feedback(command: ChangeFeedback, tx: Tx) -> Json:
    given = command.model_dump(exclude={"feedback_id"}, exclude_none=True)
    _check(given)
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


def _check(given: dict[str, Any]) -> None:
    """Fields at fault are named."""
    for field, most in LONGEST.items():
        if len(given.get(field) or "") > most:
            raise _invalid(field, f"At most {most} characters.")
    if len(orjson.dumps(given.get("config"))) > MOST_CONFIG:
        raise _invalid("config", f"At most {MOST_CONFIG} bytes of JSON.")
    if "geometry" in given:
        try:
            check(given["geometry"])
        except BadGeometry as problem:
            raise InvalidGeometry("geometry", given["geometry"], str(problem)) from problem


async def _model_of(prediction_id: int | None, tx: Tx) -> str:
    """The model of a prediction that the caller may see."""
    if prediction_id is None:
        raise _invalid("stac_id", "This field is required.")
    row = await tx.session.get(PredictionRow, prediction_id)
    if row is None or not sees(tx.actor, row.user_id, row.visibility):
        raise _invalid("prediction", "There is no such prediction.")
    return row.model_stac_id


async def _owned(feedback_id: int, tx: Tx) -> FeedbackRow:
    """The locked row. NotFound where the caller may not see it, Forbidden where he may only see it."""
    row = await tx.session.get(FeedbackRow, feedback_id, with_for_update=True)
    if row is None or not await queries.is_visible(feedback_id, tx.session, tx.actor):
        raise queries.not_found()
    if not tx.actor.owns(row.user_id):
        raise Forbidden("not_yours", "Only its owner may change this feedback.")
    return row


def _invalid(field: str, words: str) -> Invalid:
    return Invalid(f"invalid_{field}", words, **{field: [words]})

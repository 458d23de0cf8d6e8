"""Asking for a push. Checked in this order: who asks, is it switched on, are there results, is the wish sound."""

from datetime import UTC, datetime, timedelta
from typing import cast

from pydantic import ValidationError
from ulid import ULID

from contracts.prediction.mapswipe import MapswipeJob, MapswipeState, MapswipeWishes, PushToMapswipe, State
from contracts.shared import Json
from kit.errors import Conflict, Invalid
from kit.http.outbound import Outbound, OutboundError
from kit.messaging.tx import Tx
from prediction.mapswipe.settings import MapswipeSettings
from prediction.mapswipe.tables import MapswipeRow
from prediction.runs.tables import PredictionRow
from prediction.runs.usecases import owned

ADDRESSES = ("tms_url", "cover_image")


async def push(command: PushToMapswipe, tx: Tx, settings: MapswipeSettings, outbound: Outbound) -> MapswipeState:
    prediction = await owned(command.prediction_id, tx)
    _check_ready(prediction, settings)
    wishes = _wishes(command.wishes, settings)
    _check_addresses(wishes, outbound)
    row = await tx.session.get(MapswipeRow, prediction.id, with_for_update=True)
    if row is None:
        row = _new(prediction.id)
        tx.session.add(row)
    else:
        _check_free(row, settings)
    now = datetime.now(UTC)
    row.attempt, row.state, row.reason, row.wishes = row.attempt + 1, "queued", "", wishes
    row.delivery, row.asset_id = 0, None
    row.requested_at = row.updated_at = now
    tx.emit(MapswipeJob(prediction_id=prediction.id, attempt=row.attempt))
    return state_of(row)


def state_of(row: MapswipeRow) -> MapswipeState:
    state = cast(State, row.state)
    return MapswipeState(
        prediction_id=row.prediction_id, mapswipe_project_id=row.project_id, state=state, reason=row.reason,
        requested_at=row.requested_at, updated_at=row.updated_at,
    )  # fmt: skip


def _check_ready(prediction: PredictionRow, settings: MapswipeSettings) -> None:
    if not settings.mapswipe:
        raise Conflict("mapswipe_disabled", "Mapswipe is disabled on this server.", http=503)
    if not prediction.results_ready:
        raise Conflict("results_not_ready", f"The results are not ready, the run is {prediction.status}.")
    if not prediction.feature_count:
        raise Conflict("nothing_to_check", "The prediction found nothing that a crowd could check.")


def _check_free(row: MapswipeRow, settings: MapswipeSettings) -> None:
    abandoned = datetime.now(UTC) - row.updated_at > timedelta(seconds=settings.mapswipe_poll_timeout)
    if row.state in ("queued", "pushing") and not abandoned:
        raise Conflict("push_under_way", "This prediction is on its way to Mapswipe.")
    if row.state == "pushed":
        raise Conflict("already_pushed", f"This prediction is Mapswipe's project {row.project_id} already.")


def _wishes(given: Json, settings: MapswipeSettings) -> Json:
    """With this server's defaults; Invalid names the fields at fault."""
    try:
        wishes = MapswipeWishes.model_validate(given).model_dump()
    except ValidationError as error:
        faults: dict[str, list[str]] = {}
        for one in error.errors(include_url=False, include_input=False):
            faults.setdefault(str(one["loc"][0]), []).append(one["msg"])
        raise Invalid("invalid_request", "Some fields are not valid.", **faults) from error
    defaults = {"organization_id": settings.mapswipe_organization, "tutorial_id": settings.mapswipe_tutorial,
                "verification_number": settings.mapswipe_verifications}  # fmt: skip
    return wishes | {name: value for name, value in defaults.items() if wishes[name] is None}


def _check_addresses(wishes: Json, outbound: Outbound) -> None:
    """As far as it can be told without asking anybody; the worker resolves them."""
    for name in ADDRESSES:
        try:
            if wishes[name] is not None:
                outbound.check(wishes[name])
        except OutboundError as problem:
            raise Invalid("invalid_request", "Some fields are not valid.", **{name: [str(problem)]}) from problem


def _new(prediction_id: int) -> MapswipeRow:
    return MapswipeRow(prediction_id=prediction_id, attempt=0, client_id=str(ULID()))

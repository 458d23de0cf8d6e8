"""How far a push is, and what Mapswipe says of the project."""

import time
from typing import Any

from sqlalchemy import Select, select

from contracts.prediction.mapswipe import GetMapswipe, MapswipeState
from contracts.shared import Json
from kit.errors import NotFound
from kit.messaging.tx import ReadTx
from prediction.mapswipe.client import Mapswipe, MapswipeError
from prediction.mapswipe.settings import MapswipeSettings
from prediction.mapswipe.tables import MapswipeRow
from prediction.mapswipe.usecases import state_of
from prediction.runs.queries import sees
from prediction.runs.tables import PredictionRow

FINISHED = "FINISHED"
MOST_KEPT = 1000
Said = tuple[Json | None, Json | None]


class Projects:
    """What Mapswipe says of projects, believed for a few seconds."""

    def __init__(self, mapswipe: Mapswipe, settings: MapswipeSettings) -> None:
        self.mapswipe, self.settings = mapswipe, settings
        self._said: dict[str, tuple[float, Said]] = {}

    async def said(self, project_id: str) -> Said:
        """Details, and results when it is finished. MapswipeError."""
        at, said = self._said.get(project_id, (0.0, (None, None)))
        if time.monotonic() - at > self.settings.mapswipe_poll_interval or said[0] is None:
            said = await self._asked(project_id)
            if len(self._said) >= MOST_KEPT:
                self._said.clear()
            self._said[project_id] = time.monotonic(), said
        return said

    async def _asked(self, project_id: str) -> Said:
        async with self.mapswipe.session() as session:
            details = await session.details(project_id)
            finished = bool(details) and details["status"] == FINISHED
            return details, await session.results(project_id) if finished else None


async def get_mapswipe(query: GetMapswipe, read: ReadTx, projects: Projects) -> MapswipeState:
    row = await _seen(query, read)
    state = state_of(row)
    if row.project_id is None or not projects.settings.mapswipe:
        return state
    try:
        details, results = await projects.said(row.project_id)
    except MapswipeError as problem:
        return state.model_copy(update={"reason": state.reason or str(problem)})
    return state.model_copy(update=_told(details or {}, results, row, projects.settings))


def _told(details: Json, results: Json | None, row: MapswipeRow, settings: MapswipeSettings) -> dict[str, Any]:
    firebase_id, status = details.get("firebaseId"), details.get("status")
    web = f"{settings.mapswipe_web}/#/en/projects/{firebase_id}" if firebase_id and settings.mapswipe_web else None
    state = "finished" if row.state == "pushed" and status == FINISHED else row.state
    return {"details": details or None, "results": results, "project_status": status, "web_url": web, "state": state}


async def _seen(query: GetMapswipe, read: ReadTx) -> MapswipeRow:
    found = (await read.session.execute(_wanted(query))).first()
    if found is None or not sees(read.actor, found.user_id, found.visibility):
        raise NotFound("not_pushed", "This prediction was not pushed to Mapswipe.")
    return found[0]


def _wanted(query: GetMapswipe) -> Select[MapswipeRow, int, str]:
    rows = select(MapswipeRow, PredictionRow.user_id, PredictionRow.visibility).join(
        PredictionRow, PredictionRow.id == MapswipeRow.prediction_id
    )
    if query.project_id is not None:
        return rows.where(MapswipeRow.project_id == query.project_id)
    return rows.where(MapswipeRow.prediction_id == query.prediction_id)

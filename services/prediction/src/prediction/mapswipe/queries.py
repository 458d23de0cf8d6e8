"""How far a push is, and what Mapswipe says of the project."""

import asyncio
import time
from typing import Any

from sqlalchemy import Select, select

from contracts.prediction.mapswipe import GetMapswipe, MapswipeState
from contracts.shared import Json
from kit.errors import NotFound
from kit.messaging.tx import ReadTx
from prediction.mapswipe.client import Mapswipe, MapswipeError
from prediction.mapswipe.graphql import FINISHED
from prediction.mapswipe.settings import MapswipeSettings
from prediction.mapswipe.tables import MapswipeRow
from prediction.mapswipe.usecases import state_of
from prediction.runs.tables import PredictionRow
from prediction.runs.visibility import can_see

MAX_CACHED = 1000
ProjectState = tuple[Json, Json | None]


class Projects:
    """What Mapswipe says of projects, believed for a few seconds, its silence too; those who ask at the same time share
    one question. `limit`: seconds that one may take."""

    def __init__(self, mapswipe: Mapswipe, settings: MapswipeSettings, limit: float) -> None:
        self.mapswipe, self.settings, self.limit = mapswipe, settings, limit
        self._questions: dict[str, tuple[float, asyncio.Task[ProjectState]]] = {}

    async def said(self, project_id: str) -> ProjectState:
        """Details, and results when it is finished. MapswipeError."""
        now = time.monotonic()
        at, question = self._questions.get(project_id, (now, None))
        if question is None or (question.done() and now - at > self.settings.mapswipe_poll_interval):
            if len(self._questions) >= MAX_CACHED:
                self._questions.clear()
            question = asyncio.create_task(self._asked(project_id))
            self._questions[project_id] = now, question
        return await asyncio.shield(question)

    async def _asked(self, project_id: str) -> ProjectState:
        try:
            async with asyncio.timeout(self.limit), self.mapswipe.session() as session:
                details = await session.details(project_id)
                finished = details.get("status") == FINISHED
                return details, await session.results(project_id) if finished else None
        except TimeoutError as error:
            raise MapswipeError("Mapswipe does not answer in time.", True) from error


async def get_mapswipe(query: GetMapswipe, read: ReadTx, projects: Projects) -> MapswipeState:
    row = await _visible_push(query, read)
    state = state_of(row)
    if row.state != "pushed" or not query.details or not projects.settings.mapswipe:
        return state
    try:
        details, results = await projects.said(row.project_id or "")
    except MapswipeError as problem:
        return state.model_copy(update={"reason": str(problem)})
    return state.model_copy(update=_details_update(details, results, projects.settings))


def _details_update(details: Json, results: Json | None, settings: MapswipeSettings) -> dict[str, Any]:
    firebase_id, status = details.get("firebaseId"), details.get("status")
    web = f"{settings.mapswipe_web}/#/en/projects/{firebase_id}" if firebase_id and settings.mapswipe_web else None
    state = "finished" if status == FINISHED else "pushed"
    return {"details": details, "results": results, "project_status": status, "web_url": web, "state": state}


async def _visible_push(query: GetMapswipe, read: ReadTx) -> MapswipeRow:
    found = (await read.session.execute(_push_of(query))).first()
    if found is None or not can_see(read.actor, found.user_id, found.visibility):
        raise NotFound("not_pushed", "This prediction was not pushed to Mapswipe.")
    return found[0]


def _push_of(query: GetMapswipe) -> Select[MapswipeRow, int, str]:
    rows = select(MapswipeRow, PredictionRow.user_id, PredictionRow.visibility).join(
        PredictionRow, PredictionRow.id == MapswipeRow.prediction_id
    )
    if query.project_id is not None:
        return rows.where(MapswipeRow.project_id == query.project_id)
    return rows.where(MapswipeRow.prediction_id == query.prediction_id)

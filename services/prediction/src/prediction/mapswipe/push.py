"""The job: a project in Mapswipe from the results of a prediction. Each step's id is kept at once, so that a repeated
delivery goes on where the last one stopped."""

import asyncio
import io
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from contracts.prediction.mapswipe import MapswipeFailed, MapswipeJob, MapswipeProjectCreated
from kit.jobs import JobContext
from kit.outbound import Outbound, OutboundError
from kit.storage import Storage
from prediction.mapswipe import graphql
from prediction.mapswipe.client import Mapswipe, MapswipeError, Session
from prediction.mapswipe.tables import MapswipeRow
from prediction.runs.queries import output_folder
from prediction.runs.tables import PredictionRow

LASTING = 7 * 86_400
"""Seconds that the address of the features works; no S3 signature may live longer."""
COVER_SIDE = 512


@dataclass
class Crowd:
    """What a push needs."""

    storage: Storage
    outbound: Outbound
    mapswipe: Mapswipe


@dataclass
class Pushed:
    """A push as this delivery holds it."""

    row: MapswipeRow
    user_id: int
    image_uri: str
    ctx: JobContext

    async def keep(self, **changes: Any) -> bool:
        """False when the push is another's by now, or its prediction is gone."""
        async with self.ctx.tx() as tx:
            row = await _locked(MapswipeJob(prediction_id=self.row.prediction_id, attempt=self.row.attempt), tx)
            if row is None:
                return False
            for name, value in {**changes, "updated_at": datetime.now(UTC)}.items():
                setattr(row, name, value)
                setattr(self.row, name, value)
            if "state" in changes:
                await self._tell(row, tx)
        return True

    async def _tell(self, row: MapswipeRow, tx: Any) -> None:
        fact = {"prediction_id": row.prediction_id, "user_id": self.user_id}
        if row.state == "pushed":
            prediction = await tx.session.get(PredictionRow, row.prediction_id, with_for_update=True)
            prediction.mapswipe_project_id = row.project_id
            tx.emit(MapswipeProjectCreated(**fact, project_id=row.project_id or ""))
        elif row.state == "failed":
            tx.emit(MapswipeFailed(**fact, reason=row.reason))


async def push(job: MapswipeJob, ctx: JobContext, crowd: Crowd) -> None:
    pushed = await _taken(job, ctx)
    if pushed is None:
        return
    try:
        await _push(pushed, crowd)
    except (MapswipeError, OutboundError) as problem:
        if problem.transient and not ctx.last:
            raise
        await pushed.keep(state="failed", reason=str(problem))
    except Exception:
        if ctx.last:
            await pushed.keep(state="failed", reason="Something went wrong on our side; the push can be tried again.")
        raise


async def _taken(job: MapswipeJob, ctx: JobContext) -> Pushed | None:
    async with ctx.tx() as tx:
        row = await _locked(job, tx)
        prediction = await tx.session.get(PredictionRow, job.prediction_id) if row else None
        if row is None or prediction is None:
            return None
        row.state, row.updated_at = "pushing", datetime.now(UTC)
        return Pushed(row, prediction.user_id, prediction.image_uri, ctx)


async def _locked(job: MapswipeJob, tx: Any) -> MapswipeRow | None:
    row = await tx.session.get(MapswipeRow, job.prediction_id, with_for_update=True)
    return row if row and row.attempt == job.attempt and row.state in ("queued", "pushing") else None


async def _push(pushed: Pushed, crowd: Crowd) -> None:
    row = pushed.row
    tiles, cover = await _template(pushed.image_uri, crowd.outbound), await _cover(row.prediction_id, crowd.storage)
    async with crowd.mapswipe.session() as session:
        project_id = row.project_id or await session.create_project(graphql.created(row.client_id, row.wishes))
        if not await pushed.keep(project_id=project_id):
            return
        asset_id = row.asset_id or await session.add_cover(row.asset_client_id, project_id, cover)
        await pushed.keep(asset_id=asset_id)
        await _fill(session, row, tiles, await asyncio.to_thread(_address, row.prediction_id, crowd.storage))
    await pushed.keep(state="pushed", reason="")


async def _fill(session: Session, row: MapswipeRow, tiles: str, geojson: str) -> None:
    data = graphql.updated(row.client_id, row.wishes, row.asset_id or "", geojson, tiles)
    await session.update_project(row.project_id or "", data)
    await session.set_status(row.project_id or "", row.client_id, graphql.READY_TO_PROCESS)


def _address(prediction_id: int, storage: Storage) -> str:
    return storage.presigned(f"{output_folder(prediction_id)}/predictions.geojson", LASTING)


async def _template(image_uri: str, outbound: Outbound) -> str:
    """Of tiles, also where a TileJSON names them."""
    from imagery.source import source_of
    from imagery.template import BadTemplate

    try:
        source = await source_of(image_uri, outbound)
    except BadTemplate as problem:
        raise MapswipeError(str(problem)) from problem
    return source.text.replace("{y}", "{-y}") if source.tms else source.text


async def _cover(prediction_id: int, storage: Storage) -> bytes:
    """A JPEG of the tile in the middle of the prediction; a plain picture when no tile is there any more."""
    keys = await storage.keys(f"predict/{prediction_id}/input/OAM-")
    tile = await storage.get(keys[len(keys) // 2]) if keys else None
    return await asyncio.to_thread(_picture, tile)


def _picture(tile: bytes | None) -> bytes:
    from PIL import Image

    side, content = (COVER_SIDE, COVER_SIDE), io.BytesIO()
    image = Image.open(io.BytesIO(tile)).convert("RGB").resize(side) if tile else Image.new("RGB", side, "#3b6ea5")
    image.save(content, "JPEG")
    return content.getvalue()

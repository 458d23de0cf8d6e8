"""The job: a project in Mapswipe from the results of a prediction. Each step's id is kept at once, so that a repeated
delivery goes on where the last one stopped."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from ulid import ULID

from contracts.imagery import BadTemplate
from contracts.prediction.mapswipe import MapswipeFailed, MapswipeJob, MapswipeProjectCreated
from kit.http.outbound import Outbound, OutboundError
from kit.jobs.context import JobContext
from kit.messaging.tx import Tx
from kit.storage.object_storage import Storage
from prediction.mapswipe import graphql
from prediction.mapswipe.client import Mapswipe, MapswipeError, Session
from prediction.mapswipe.tables import MapswipeRow
from prediction.results.addresses import output_folder
from prediction.runs.tables import PredictionRow

URL_LIFETIME = 7 * 86_400
"""Seconds that the address of the features works; no S3 signature may live longer."""
OUR_FAULT = "Something went wrong on our side; the push can be tried again."


@dataclass
class MapswipeContext:
    """What a push needs."""

    storage: Storage
    outbound: Outbound
    mapswipe: Mapswipe


class Superseded(Exception):
    """The push is another delivery's or another's by now, or its prediction is gone."""


@dataclass
class Pushed:
    """A push as this delivery holds it."""

    job: MapswipeJob
    row: MapswipeRow
    image_uri: str
    ctx: JobContext

    async def keep(self, **changes: Any) -> None:
        async with self.ctx.tx() as tx:
            row = await _locked(self.job, tx)
            if row is None or row.delivery != self.ctx.delivery:
                raise Superseded
            for name, value in {**changes, "updated_at": datetime.now(UTC)}.items():
                setattr(row, name, value)
                setattr(self.row, name, value)

    async def succeed(self) -> None:
        async with self.ctx.tx() as tx:
            row = await _locked(self.job, tx)
            if row is None or row.delivery != self.ctx.delivery:
                raise Superseded
            row.state, row.reason, row.updated_at = "pushed", "", datetime.now(UTC)
            prediction = await tx.session.get_one(PredictionRow, row.prediction_id, with_for_update=True)
            prediction.mapswipe_project_id = row.project_id
            fact = {"prediction_id": prediction.id, "user_id": prediction.user_id}
            tx.emit(MapswipeProjectCreated(**fact, project_id=row.project_id or ""))


async def push(job: MapswipeJob, ctx: JobContext, context: MapswipeContext) -> None:
    pushed = await _claim(job, ctx)
    if pushed is None:
        return
    try:
        await _push(pushed, context)
    except Superseded:
        return
    except MapswipeError as problem:
        if problem.transient and not ctx.gives_up(problem):
            raise
        await mark_failed(job, ctx, str(problem))


async def record_wait(job: MapswipeJob, ctx: JobContext, reason: str) -> None:
    async with ctx.tx() as tx:
        row = await _locked(job, tx)
        if row is not None and row.delivery == ctx.delivery:
            row.reason, row.updated_at = reason, datetime.now(UTC)


async def mark_failed(job: MapswipeJob, ctx: JobContext, reason: str = OUR_FAULT) -> None:
    """Nothing happens to a push that has ended or is a later delivery's."""
    async with ctx.tx() as tx:
        row = await _locked(job, tx)
        if row is None or row.delivery > ctx.delivery:
            return
        row.state, row.reason, row.updated_at = "failed", reason, datetime.now(UTC)
        prediction = await tx.session.get_one(PredictionRow, row.prediction_id)
        tx.emit(MapswipeFailed(prediction_id=prediction.id, user_id=prediction.user_id, reason=reason))


async def _claim(job: MapswipeJob, ctx: JobContext) -> Pushed | None:
    async with ctx.tx() as tx:
        row = await _locked(job, tx)
        if row is None or row.delivery > ctx.delivery:
            return None
        row.state, row.delivery, row.updated_at = "pushing", ctx.delivery, datetime.now(UTC)
        prediction = await tx.session.get_one(PredictionRow, job.prediction_id)
        return Pushed(job, row, prediction.image_uri, ctx)


async def _locked(job: MapswipeJob, tx: Tx) -> MapswipeRow | None:
    row = await tx.session.get(MapswipeRow, job.prediction_id, with_for_update=True)
    return row if row and row.attempt == job.attempt and row.state in ("queued", "pushing") else None


async def _push(pushed: Pushed, context: MapswipeContext) -> None:
    """What may be wrong with the wishes shows before anything is made there."""
    row = pushed.row
    tiles = await _template(row.wishes.get("tms_url") or pushed.image_uri, context.outbound)
    picture = await _cover_image(row, context) if row.asset_id is None else b""
    async with context.mapswipe.session() as session:
        if row.project_id is None:
            project_id = await session.create_project(graphql.created(row.client_id, row.wishes))
            await pushed.keep(project_id=project_id)
        elif (await session.details(row.project_id)).get("status") not in graphql.CHANGEABLE:
            return await pushed.succeed()
        geojson = _address(row.prediction_id, context.storage)
        await _fill(pushed, session, tiles, picture, geojson)
    await pushed.succeed()


async def _fill(pushed: Pushed, session: Session, tiles: str, picture: bytes, geojson: str) -> None:
    """A cover whose answer was lost stays there a second time, where nobody sees it."""
    row, project_id = pushed.row, pushed.row.project_id or ""
    if row.asset_id is None:
        await pushed.keep(asset_id=await session.add_cover(str(ULID()), project_id, picture))
    data = graphql.updated(row.client_id, row.wishes, row.asset_id or "", geojson, tiles)
    await session.update_project(project_id, data)
    await session.set_status(project_id, row.client_id, graphql.READY_TO_PROCESS)


async def _cover_image(row: MapswipeRow, context: MapswipeContext) -> bytes:
    from prediction.mapswipe.cover_image import cover_image

    return await cover_image(row.prediction_id, row.wishes.get("cover_image"), context.storage, context.outbound)


def _address(prediction_id: int, storage: Storage) -> str:
    return storage.presigned(f"{output_folder(prediction_id)}/predictions.geojson", URL_LIFETIME)


async def _template(image_uri: str, outbound: Outbound) -> str:
    """Of tiles, also where a TileJSON names them."""
    from imagery.template_source import resolve_template

    try:
        source = await resolve_template(image_uri, outbound)
    except BadTemplate as problem:
        raise MapswipeError(f"The imagery cannot be shown: {problem}") from problem
    except OutboundError as problem:
        raise MapswipeError(f"The imagery cannot be shown: {problem}", problem.transient) from problem
    return source.plain

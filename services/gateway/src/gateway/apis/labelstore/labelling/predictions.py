"""Pre-annotations: what a model proposes for the images of a campaign, kept apart from what people label."""

import asyncio
from tempfile import SpooledTemporaryFile
from typing import Annotated

from fastapi import Query
from pydantic import BaseModel, TypeAdapter
from starlette.requests import Request
from starlette.responses import Response

from contracts.catalog import label_objects as c
from contracts.shared import Json, Outcome
from gateway.apis.labelstore.dialect import LABELS
from gateway.apis.labelstore.labelling.objects import DEADLINE, VERDICT_WAIT
from gateway.apis.labelstore.shared.answers import ask_page, listed
from gateway.apis.labelstore.shared.bodies import described, images_of
from gateway.apis.labelstore.shared.inputs import Id, Paged
from gateway.apis.labelstore.shared.map_bodies import MapPredictionsBody, write_command
from gateway.http.commands import send
from gateway.http.policy import Policy
from gateway.http.request_context import request_context
from gateway.http.routing import Routes
from gateway.http.uploads.large_commands import IN_MEMORY, body_on_disk, carried
from kit.messaging.staging import MAX_INLINE_BYTES

routes = Routes("predictions", LABELS)
ENTRY = TypeAdapter(c.PredictedObjects)
Model = Annotated[str, Query(min_length=1, max_length=200, examples=["village-roofs-v2"])]
EXAMPLE = [{"image_id": 17, "uncertainty": 0.4, "objects": [
    {"label": "bottle", "confidence": 0.6, "bounding_box": {"xmin": 10, "xmax": 42, "ymin": 20, "ymax": 61}},
]}]  # fmt: skip

ROOFS = {"type": "FeatureCollection", "features": [{
    "type": "Feature", "properties": {"confidence": 0.6},
    "geometry": {"type": "Polygon", "coordinates": [[[85.52, 27.63], [85.53, 27.63], [85.53, 27.64], [85.52, 27.63]]]},
}]}  # fmt: skip
MAP_EXAMPLE = {"model": "village-roofs-v2", "label": "building", "features": ROOFS}


class PredictedImage(BaseModel):
    image_id: int
    model: str
    uncertainty: float | None
    objects: list[Json]


@routes.put(
    "/campaigns/{campaign_id}/predictions", Policy.AUTH, Outcome, sends=c.StorePredictions, deadline=DEADLINE,
    openapi_extra=described(list[c.PredictedObjects], EXAMPLE),
)  # fmt: skip
async def store_label_predictions(request: Request, campaign_id: Id, model: Model) -> Response:
    """Stores what a model proposes; those of an image are replaced. Labellers get them as a draft, the most uncertain
    images first."""
    settings = request_context(request).app.settings
    async with body_on_disk(request, settings.label_max_body) as file:
        entries = images_of(file, ENTRY, settings)
        carrying = carried(c.StorePredictions, entries, "images", campaign_id=campaign_id, model=model)
        async with carrying as (command, staged):
            return await send(request, command, VERDICT_WAIT, staged)


@routes.post(
    "/campaigns/{campaign_id}/predictions/map", Policy.AUTH, Outcome, sends=c.StoreMapPredictions, deadline=DEADLINE,
    openapi_extra=described(MapPredictionsBody, MAP_EXAMPLE),
    refuses={404: "The caller sees no such prediction.", 409: "The results of the prediction are not ready."},
)  # fmt: skip
async def store_map_predictions(request: Request, campaign_id: Id) -> Response:
    """Cuts the result of a prediction, or any GeoJSON, to the georeferenced images of the campaign, as what a model
    proposes for them."""
    async with body_on_disk(request, request_context(request).app.settings.label_max_body) as file:
        with SpooledTemporaryFile(IN_MEMORY) as written:
            staged = await asyncio.to_thread(write_command, file, written, campaign_id=campaign_id)
            if staged.size > MAX_INLINE_BYTES:
                command = c.StoreMapPredictions(campaign_id=campaign_id)
                return await send(request, command, VERDICT_WAIT, staged)
            written.seek(0)
            return await send(request, c.StoreMapPredictions.model_validate_json(written.read()), VERDICT_WAIT)


@routes.get("/campaigns/{campaign_id}/predictions", Policy.AUTH, listed("images", PredictedImage))
async def list_label_predictions(request: Request, campaign_id: Id, paged: Annotated[Paged, Query()]) -> Response:
    """Lists what models propose for the images of a campaign."""
    return await ask_page(request, c.ListPredictions, "images", paged, campaign_id=campaign_id)

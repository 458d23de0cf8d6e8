"""Files of boundaries: stored on disk, read feature by feature, and sent with the body of their command in the object
store."""

from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from contracts.catalog.boundaries import ImportBoundaries
from gateway.http.commands import send
from gateway.http.uploads.feature_collection import BadUpload, ForeignCrs, feature_text, features_of
from gateway.http.uploads.large_commands import body_on_disk, carried
from kit.errors import Invalid, Unprocessable

MAX_BYTES = 64 << 20
DEADLINE, VERDICT_WAIT = 300.0, 60.0
"""Seconds of the whole request, and of the owner."""
SAMPLE = {"type": "FeatureCollection", "features": [{
    "type": "Feature", "properties": {"name": "Gambia", "name_long": "The Gambia"},
    "geometry": {"type": "Polygon", "coordinates": [[[-16.8, 13.1], [-13.8, 13.1], [-13.8, 13.9], [-16.8, 13.1]]]},
}]}  # fmt: skip
_MEDIA = {"schema": {"type": "object"}, "examples": {"typical": {"value": SAMPLE}}}
IMPORT_BODY = {
    "requestBody": {"required": True, "content": {"application/json": _MEDIA, "application/geo+json": _MEDIA}}
}
COLLECTION = (b'{"type":"FeatureCollection","features":[', b"]}")


async def import_collection(request: Request, **fields: Any) -> Response:
    """`fields` are those of `ImportBoundaries` without the collection, which is the body of the request. Raises Invalid
    for another coordinate system and Unprocessable for what is no collection."""
    async with body_on_disk(request, MAX_BYTES) as file:
        features = (feature_text(feature, number) for number, feature in enumerate(features_of(file), 1))
        try:
            async with carried(ImportBoundaries, features, "collection", COLLECTION, **fields) as (command, staged):
                return await send(request, command, VERDICT_WAIT, staged)
        except ForeignCrs as problem:
            raise Invalid("foreign_crs", str(problem)) from problem
        except BadUpload as problem:
            raise Unprocessable("bad_collection", str(problem)) from problem

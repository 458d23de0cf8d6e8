"""Bodies with a FeatureCollection among other members, read feature by feature."""

import hashlib
from collections.abc import Iterator
from typing import IO, Any

import orjson
from fastapi.exceptions import RequestValidationError
from pydantic import Field, ValidationError, model_validator

from gateway.apis.labelstore.shared.inputs import StrictBody
from gateway.http.inputs.fields import MAX_ID
from gateway.http.uploads.feature_collection import BadUpload, feature_text, members_with_features
from kit.messaging.staging import StagedFile


class MapPredictionsBody(StrictBody):
    """`features` with their `model`, or a `prediction_id`."""

    model: str | None = Field(None, min_length=1, max_length=200, examples=["village-roofs-v2"])
    label: str = Field("object", min_length=1, max_length=128, examples=["building"])
    prediction_id: int | None = Field(None, ge=0, le=MAX_ID)
    features: dict[str, Any] | None = Field(None, description="A GeoJSON FeatureCollection in EPSG:4326")

    @model_validator(mode="after")
    def _has_one(self) -> "MapPredictionsBody":
        if (self.features is None) is (self.prediction_id is None):
            raise ValueError("must have exactly one of features and prediction_id")
        if self.features is not None and self.model is None:
            raise ValueError("must have a model beside features")
        return self


def write_command(file: IO[bytes], into: IO[bytes], **fields: Any) -> StagedFile:
    """Writes the JSON of a command with the members of the body in `file` and `fields`. Raises RequestValidationError
    for a body that is none."""
    digest, size = hashlib.sha256(), 0
    try:
        for piece in _pieces(file, fields):
            into.write(piece)
            digest.update(piece)
            size += len(piece)
    except BadUpload as problem:
        raise _invalid(str(problem)) from problem
    except ValidationError as error:
        found = error.errors(include_url=False, include_input=False, include_context=False)
        raise RequestValidationError([{**one, "loc": ("body", *one["loc"])} for one in found]) from error
    return StagedFile(into, size, digest.hexdigest())  # type: ignore[arg-type]


def _invalid(message: str) -> RequestValidationError:
    return RequestValidationError([{"loc": ("body",), "msg": message, "type": "json_invalid"}])


def _pieces(file: IO[bytes], fields: dict[str, Any]) -> Iterator[bytes]:
    """What is known of the other members only at the end follows the features."""
    head: dict[str, Any] = {}
    yield b'{"features":{"type":"FeatureCollection","features":['
    for number, feature in enumerate(members_with_features(file, head)):
        yield (b"," if number else b"") + feature_text(feature, number)
    body = MapPredictionsBody.model_validate(head)
    members = body.model_dump(exclude={"features"}, exclude_none=True) | fields
    yield b"]}," + orjson.dumps(members)[1:]

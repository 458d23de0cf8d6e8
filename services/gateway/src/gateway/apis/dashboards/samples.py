"""Samples over HTTP, for operators: what was recorded elsewhere, and tests."""

import asyncio
from typing import Any

import orjson
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel
from starlette.requests import Request
from starlette.responses import Response

from contracts.notify.channels import RecordSamples
from contracts.notify.samples import MAX_SAMPLES, BadSample, samples_of
from gateway.apis.dashboards.bodies import body_of, json_object
from gateway.apis.dashboards.dialect import DASHBOARDS, MAINTENANCE_TAG, SAMPLES, SEARCH_DEADLINE
from gateway.apis.dashboards.owner_calls import send
from gateway.http.policy import Policy
from gateway.http.routing import Routes
from gateway.http.uploads.large_commands import carried

routes = Routes("channels", DASHBOARDS)
MAX_BYTES = 32 << 20
"""Bytes of one batch: 10,000 samples take one million, long arrays more."""
EXAMPLE = {"samples": [{"name": "42/loss", "backend": "training", "ts": "1767225600000000000", "value": 0.5,
                        "pulse_id": 7, "unit": "1"}]}  # fmt: skip
SAMPLE = {
    "type": "object", "required": ["name", "ts", "value"], "properties": {
        "name": {"type": "string", "minLength": 1, "maxLength": 255, "description": "Not only digits."},
        "ts": {"anyOf": [{"type": "integer"}, {"type": "string", "pattern": "^[0-9]{1,19}$"}],
               "description": "Nanoseconds since the epoch."},
        "value": {"description": "A number, a boolean, a text, an enum (`id` and `desc`), or an array of numbers."},
        "backend": {"type": "string", "minLength": 1, "maxLength": 64}, "type": {"type": "string"},
        "pulse_id": {"type": ["integer", "null"], "description": "Epoch, step or sequence."},
        **{key: {"type": "string"} for key in ("unit", "description", "source")},
    },
}  # fmt: skip
BODY = {"type": "object", "required": ["samples"], "properties": {
    "samples": {"type": "array", "minItems": 1, "maxItems": MAX_SAMPLES, "items": SAMPLE},
}}  # fmt: skip


class Recorded(BaseModel):
    accepted: int
    channels_created: int


@routes.post(
    "/maintenance/channels/samples", Policy.ADMIN, Recorded, scope=SAMPLES, deadline=SEARCH_DEADLINE,
    sends=RecordSamples, tags=[routes.tag, MAINTENANCE_TAG], openapi_extra=body_of(BODY, EXAMPLE), refuses={415: None},
)  # fmt: skip
async def record_channel_samples(request: Request) -> Response:
    """Stores samples, all or none. The answer comes when they can be read."""
    body = await json_object(request, MAX_BYTES)
    await asyncio.to_thread(_check, body)
    entries = map(orjson.dumps, body["samples"])
    async with carried(RecordSamples, entries, "samples") as (command, staged):
        return await send(request, command, staged)


def _check(body: dict[str, Any]) -> None:
    try:
        samples_of(body)
    except BadSample as problem:
        error = {"type": "value_error", "loc": ("body", *problem.where), "msg": str(problem)}
        raise RequestValidationError([error]) from problem

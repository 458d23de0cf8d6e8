"""Parameters that v1 and its predictor used to clean polygons, as parameters of current models.

Models clean polygons themselves: parameters that a model does not have are left out.
"""

from typing import Any

import orjson
from starlette.requests import Request

from contracts.catalog.models import GetModelSummary
from gateway.http.queries import answer

PREFIX = "inference."
TODAY = {"confidence": "confidence_threshold", "tolerance": "tolerance", "area_threshold": "min_area",
         "orthogonalize": "orthogonalize", "use_josm_q": "orthogonalize"}  # fmt: skip
"""Lengths in metres and square metres; confidence was per cent, or a fraction in some clients."""
WITHOUT_ANY = {"max_angle_change", "skew_tolerance", "tile_overlap_distance"}


async def parameters(request: Request, stac_id: str, given: dict[str, Any]) -> dict[str, Any]:
    """Members that v1 did not have pass through."""
    v1_names = given.keys() & (TODAY.keys() | WITHOUT_ANY)
    if not v1_names:
        return given
    known = await _parameters_of(request, stac_id)
    today = {name: _value(name, given[name]) for name in v1_names - WITHOUT_ANY}
    named = {TODAY[name]: value for name, value in sorted(today.items()) if value is not None}
    others = {name: value for name, value in given.items() if name not in v1_names}
    return {name: value for name, value in named.items() if name in known} | others


def _value(name: str, value: Any) -> Any:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return value / 100 if name == "confidence" and is_number and not 0 < value < 1 else value


async def _parameters_of(request: Request, stac_id: str) -> set[str]:
    known = orjson.loads(await answer(request, GetModelSummary(stac_item_id=stac_id)))
    return {key.removeprefix(PREFIX) for key in known["facts"]["hyperparameters"] if key.startswith(PREFIX)}

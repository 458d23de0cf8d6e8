"""The base models of v1 in today's registry."""

from typing import Any

import orjson
from starlette.requests import Request

from contracts.catalog.models import GetBaseModel, GetModelFacts, ListBaseModels
from contracts.shared import Page
from gateway.queries import answer
from gateway.v1.settings import early_settings
from kit.errors import Invalid


async def stac_id_of(request: Request, early_name: str) -> str:
    """Of the active base model of that name, v1's or today's. Invalid when the registry has none."""
    name = early_settings().base_models.get(early_name, early_name)
    found = orjson.loads(await answer(request, ListBaseModels(status="active", page=Page(search=name))))
    row = next((row for row in found["results"] if name in (row["name"], row["stac_item_id"])), None)
    if row is None:
        raise Invalid("unknown_base_model", "There is no such base model.", base_model=[f"There is no {early_name}."])
    return row["stac_item_id"]


async def declared(request: Request, stac_id: str) -> dict[str, dict[str, Any]]:
    """Hyper-parameter → its entry in `fair:hyperparameters_spec`."""
    known = orjson.loads(await answer(request, GetModelFacts(stac_item_id=stac_id)))
    return {entry["key"]: entry for entry in known["facts"]["hyperparameters_spec"]}


async def early_name(request: Request, stac_id: str) -> str:
    """What v1 clients call the base model; its own name when v1 had none for it."""
    row = orjson.loads(await answer(request, GetBaseModel(stac_item_id=stac_id)))
    return early_settings().early_name(row["name"])

"""The base models of v1 in the current registry.

A client of 2025 knows only `RAMP` and `YOLO_…` and starts mapping with no other. A base model that v1 did not have is
shown as the family with the same kind of output; a family that the registry does not have by name is the first base
model of that kind.
"""

from typing import Any

import orjson
from starlette.requests import Request

from contracts.catalog.models import GetBaseModel, GetModelSummary, ListBaseModels
from contracts.shared import Page
from gateway.apis.fair_v1.answers import Row
from gateway.apis.fair_v1.related import RelatedData
from gateway.apis.fair_v1.settings import v1_settings
from gateway.http.queries import answer
from kit.errors import Invalid

FAMILIES = {"semantic-segmentation": "RAMP", "instance-segmentation": "YOLO_V8_V2"}
"""Task → family. Both return outlines of buildings, one from a mask of the class and one per building."""
OUTPUT = {"building", "polygon"}


def family_of(related: Row) -> str | None:
    """Returns None for models whose output no v1 client can show."""
    if not set(related["keywords"]) >= OUTPUT:
        return None
    return next((FAMILIES[task] for task in related["tasks"] if task in FAMILIES), None)


async def displayed_base_model(related: RelatedData, name: str) -> str:
    """Returns the v1 name of a base model in the registry, else its family, else its own name."""
    known = v1_settings().v1_name(name)
    if known != name:
        return known
    listed = await related.ask(ListBaseModels(page=Page(search=name))) or {"results": []}
    row = next((row for row in listed["results"] if row["name"] == name), None)
    model = await related.ask(GetModelSummary(stac_item_id=row["stac_item_id"])) if row else None
    return (family_of(model["facts"]) if model else None) or name


async def stac_id_of(request: Request, v1_name: str) -> str:
    """Returns the STAC id of the active base model with that v1 or current name, or of the first of that family, pinned
    ones first. Raises Invalid when the registry has none."""
    name = v1_settings().base_models.get(v1_name, v1_name)
    found = orjson.loads(await answer(request, ListBaseModels(status="active", page=Page(search=name))))
    row = next((row for row in found["results"] if name in (row["name"], row["stac_item_id"])), None)
    row = row or await _first_of(request, v1_name)
    if row is None:
        raise Invalid("unknown_base_model", "There is no such base model.", base_model=[f"There is no {v1_name}."])
    return row["stac_item_id"]


async def _first_of(request: Request, family: str) -> Row | None:
    related, kind = RelatedData(request), family.split("_")[0]
    if kind not in {name.split("_")[0] for name in FAMILIES.values()}:
        return None
    listed = await related.ask(ListBaseModels(status="active", page=Page(limit=100))) or {"results": []}
    for row in sorted(listed["results"], key=lambda row: (not row["is_pinned"], row["id"])):
        model = await related.ask(GetModelSummary(stac_item_id=row["stac_item_id"]))
        if model and (family_of(model["facts"]) or "").split("_")[0] == kind:
            return row
    return None


async def declared(request: Request, stac_id: str) -> dict[str, dict[str, Any]]:
    """Hyper-parameter → its entry in `fair:hyperparameters_spec`."""
    known = orjson.loads(await answer(request, GetModelSummary(stac_item_id=stac_id)))
    return {entry["key"]: entry for entry in known["facts"]["hyperparameters_spec"]}


async def v1_base_model_name(request: Request, stac_id: str) -> str:
    """Returns the v1 name of a base model, its own name when v1 had none for it."""
    row = orjson.loads(await answer(request, GetBaseModel(stac_item_id=stac_id)))
    return v1_settings().v1_name(row["name"])

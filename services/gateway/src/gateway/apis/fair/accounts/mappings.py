"""Mappings of identities of the login provider to accounts, for the users named in ADMIN_EMAILS."""

from typing import Annotated

import orjson
from fastapi import Path, Query
from pydantic import BaseModel
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from contracts.gateway import mappings as m
from gateway.apis.fair.dialect import FAIR
from gateway.http.commands import send
from gateway.http.inputs.fields import Body
from gateway.http.policy import Policy
from gateway.http.queries import answer, ask
from gateway.http.routing import Routes

routes = Routes("accounts", FAIR, prefix="/api")
HankoId = Annotated[str, Path(max_length=200)]
PageNumber = Annotated[int, Query(ge=1, le=1_000_000)]
PageSize = Annotated[int, Query(ge=1, le=100)]


class MappingBody(Body):
    hanko_user_id: m.Id
    app_user_id: m.Id


class TargetBody(Body):
    app_user_id: m.Id


class Mappings(BaseModel):
    items: list[m.Mapping]
    total: int
    page: int
    page_size: int


@routes.get("/admin/mappings", Policy.MAPPINGS, Mappings)
async def list_mappings(request: Request, page: PageNumber = 1, page_size: PageSize = 50) -> Response:
    rows = orjson.loads(await answer(request, m.ListMappings(limit=page_size, offset=(page - 1) * page_size)))
    return JSONResponse({"items": rows["results"], "total": rows["count"], "page": page, "page_size": page_size})


@routes.post(
    "/admin/mappings", Policy.MAPPINGS, m.Mapping, status=201, sends=m.CreateMapping,
    refuses={409: "The identity is mapped to an account already."},
)  # fmt: skip
async def create_mapping(request: Request, body: MappingBody) -> Response:
    return await send(request, m.CreateMapping(**body.model_dump()))


@routes.get("/admin/mappings/{hanko_user_id}", Policy.MAPPINGS, m.Mapping)
async def get_mapping(request: Request, hanko_user_id: HankoId) -> Response:
    return await ask(request, m.GetMapping(hanko_user_id=hanko_user_id))


@routes.put("/admin/mappings/{hanko_user_id}", Policy.MAPPINGS, m.Mapping, sends=m.ChangeMapping)
async def change_mapping(request: Request, hanko_user_id: HankoId, body: TargetBody) -> Response:
    return await send(request, m.ChangeMapping(hanko_user_id=hanko_user_id, app_user_id=body.app_user_id))


@routes.delete("/admin/mappings/{hanko_user_id}", Policy.MAPPINGS, sends=m.DeleteMapping)
async def delete_mapping(request: Request, hanko_user_id: HankoId) -> Response:
    return await send(request, m.DeleteMapping(hanko_user_id=hanko_user_id))

"""`/users/`, and people as v1 rows show them."""

from typing import Annotated, Any

import orjson
from fastapi import Query
from starlette.requests import Request
from starlette.responses import Response

from gateway.body import UserId
from gateway.call import Call, call_of
from gateway.paging import Searched
from gateway.policy import Policy
from gateway.queries import JSON, links
from gateway.schema import ListOf
from gateway.v1.routes import EarlyRoutes
from gateway.v1.rows import Person

routes = EarlyRoutes("users")


class PeopleFilters(Searched):
    id: UserId | None = None


@routes.get("/users/", Policy.AUTH, ListOf[Person])
async def list_users(request: Request, filters: Annotated[PeopleFilters, Query()]) -> Response:
    call = call_of(request)
    page = filters.page(call.door.settings.page_size)
    count, rows = await call.door.people.listed(page, filters.id)
    body = {"count": count, **links(request, page, count), "results": rows}
    return Response(orjson.dumps(body), media_type=JSON)


async def shown(call: Call, user: dict[str, Any]) -> dict[str, Any]:
    """A compact user with the picture."""
    return {**user, "img_url": await call.door.people.picture(user["osm_id"])}

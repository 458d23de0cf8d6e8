"""`/users/`, and users as v1 rows show them."""

from typing import Annotated, Any

from fastapi import Query
from starlette.requests import Request
from starlette.responses import Response

from gateway.apis.fair_v1.dialect import V1
from gateway.apis.fair_v1.rows import Person
from gateway.http.inputs.fields import UserId
from gateway.http.pagination import Searched
from gateway.http.policy import Policy
from gateway.http.queries import page_response
from gateway.http.request_context import RequestContext, request_context
from gateway.http.routing import Routes
from gateway.openapi.schemas import ListOf

routes = Routes("users", V1)


class PeopleFilters(Searched):
    id: UserId | None = None


@routes.get("/users/", Policy.AUTH, ListOf[Person])
async def list_users(request: Request, filters: Annotated[PeopleFilters, Query()]) -> Response:
    context = request_context(request)
    page = filters.page(context.app.settings.page_size)
    count, rows = await context.app.user_directory.listed(page, filters.id)
    return page_response(request, page, count, rows)


async def shown(context: RequestContext, user: dict[str, Any]) -> dict[str, Any]:
    """Returns a compact user with the address of the picture."""
    return {**user, "img_url": await context.app.user_directory.picture(user["osm_id"])}

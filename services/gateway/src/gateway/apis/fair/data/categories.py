"""Categories of what models detect."""

from typing import Annotated

from fastapi import Path, Query
from pydantic import Field
from starlette.requests import Request
from starlette.responses import Response

from contracts.catalog.areas import (
    Category,
    ChangeCategory,
    CreateCategory,
    DeleteCategory,
    GetCategory,
    ListCategories,
)
from gateway.apis.fair.dialect import FAIR
from gateway.http.commands import send
from gateway.http.inputs.fields import Body
from gateway.http.pagination import Filters
from gateway.http.policy import Policy
from gateway.http.queries import ask, ask_rows
from gateway.http.routing import Routes
from gateway.openapi.schemas import ListOf

routes = Routes("categories", FAIR)
SLUG = r"^[-a-zA-Z0-9_]+$"
PathSlug = Annotated[str, Path(max_length=50, pattern=SLUG)]


class CategoryBody(Body):
    slug: str = Field(max_length=50, pattern=SLUG)
    label: str = Field(min_length=1, max_length=100)
    description: str = ""


class CategoryPut(Body):
    label: str = Field(min_length=1, max_length=100)
    description: str = ""


class CategoryPatch(Body):
    label: str | None = Field(None, min_length=1, max_length=100)
    description: str | None = None


@routes.get("/categories/", Policy.ANON, ListOf[Category])
async def list_categories(request: Request, filters: Annotated[Filters, Query()]) -> Response:
    return await ask_rows(request, ListCategories, filters)


@routes.get("/categories/{slug}/", Policy.ANON, Category)
async def get_category(request: Request, slug: PathSlug) -> Response:
    return await ask(request, GetCategory(slug=slug))


@routes.post("/categories/", Policy.ADMIN, Category, status=201, sends=CreateCategory)
async def create_category(request: Request, body: CategoryBody) -> Response:
    return await send(request, CreateCategory(**body.model_dump()))


@routes.put("/categories/{slug}/", Policy.ADMIN, Category, sends=ChangeCategory)
async def replace_category(request: Request, slug: PathSlug, body: CategoryPut) -> Response:
    return await send(request, ChangeCategory(slug=slug, **body.model_dump()))


@routes.patch("/categories/{slug}/", Policy.ADMIN, Category, sends=ChangeCategory)
async def change_category(request: Request, slug: PathSlug, body: CategoryPatch) -> Response:
    return await send(request, ChangeCategory(slug=slug, **body.model_dump()))


@routes.delete("/categories/{slug}/", Policy.ADMIN, sends=DeleteCategory, refuses={409: "It is in use."})
async def delete_category(request: Request, slug: PathSlug) -> Response:
    return await send(request, DeleteCategory(slug=slug))

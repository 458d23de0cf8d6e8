"""Announcements: read by everyone, written by administrators."""

from typing import Annotated

from fastapi import Query
from starlette.requests import Request
from starlette.responses import Response

from contracts.notify import banners as c
from gateway.apis.fair.dialect import FAIR
from gateway.http.commands import send
from gateway.http.inputs.banners import BannerBody, BannerPatch
from gateway.http.inputs.fields import Id
from gateway.http.pagination import Filters
from gateway.http.policy import Policy
from gateway.http.queries import ask, ask_rows
from gateway.http.routing import Routes
from gateway.openapi.schemas import ListOf

routes = Routes("banners", FAIR)


@routes.get("/banners/", Policy.ANON, ListOf[c.Banner])
async def list_banners(request: Request, filters: Annotated[Filters, Query()]) -> Response:
    return await ask_rows(request, c.ListBanners, filters)


@routes.get("/banners/{banner_id}/", Policy.ANON, c.Banner)
async def get_banner(request: Request, banner_id: Id) -> Response:
    return await ask(request, c.GetBanner(banner_id=banner_id))


@routes.post("/banners/", Policy.ADMIN, c.Banner, status=201, sends=c.CreateBanner)
async def create_banner(request: Request, body: BannerBody) -> Response:
    return await send(request, c.CreateBanner(**body.model_dump()))


@routes.put("/banners/{banner_id}/", Policy.ADMIN, c.Banner, sends=c.ChangeBanner)
async def replace_banner(request: Request, banner_id: Id, body: BannerBody) -> Response:
    return await send(request, body.change(banner_id))


@routes.patch("/banners/{banner_id}/", Policy.ADMIN, c.Banner, sends=c.ChangeBanner)
async def change_banner(request: Request, banner_id: Id, body: BannerPatch) -> Response:
    return await send(request, body.change(banner_id))


@routes.delete("/banners/{banner_id}/", Policy.ADMIN, sends=c.DeleteBanner)
async def delete_banner(request: Request, banner_id: Id) -> Response:
    return await send(request, c.DeleteBanner(banner_id=banner_id))

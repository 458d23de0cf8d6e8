"""Announcements: read by everyone, written by administrators."""

from typing import Annotated

from fastapi import Query
from starlette.requests import Request
from starlette.responses import Response

from contracts.notify import banners as c
from gateway.body import Body, Id
from gateway.commands import send
from gateway.paging import Filters
from gateway.policy import Policy
from gateway.queries import ask, ask_rows
from gateway.routing import Routes
from gateway.schema import ListOf

routes = Routes("banners")


class BannerTimes(Body):
    """What is left out of a change stays; an `end_date` of null takes the end away."""

    start_date: c.Moment | None = None
    end_date: c.Moment | None = None

    def change(self, banner_id: int) -> c.ChangeBanner:
        endless = "end_date" in self.model_fields_set and self.end_date is None
        return c.ChangeBanner(banner_id=banner_id, endless=endless, **self.model_dump())


class BannerBody(BannerTimes):
    """A new banner without `start_date` starts now."""

    message: c.Words


class BannerPatch(BannerTimes):
    message: c.Words | None = None


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

"""`/banner/`: one plain list of the banners that are shown now."""

import orjson
from starlette.requests import Request
from starlette.responses import Response

from contracts.notify import banners as c
from contracts.shared import ANONYMOUS, Page
from gateway.apis.fair_v1.dialect import V1
from gateway.http.commands import send
from gateway.http.inputs.banners import BannerBody, BannerPatch
from gateway.http.inputs.fields import Id
from gateway.http.policy import Policy
from gateway.http.queries import JSON, ask
from gateway.http.request_context import request_context
from gateway.http.routing import Routes

routes = Routes("banners", V1)
ALL = Page(limit=1000)


@routes.get("/banner/", Policy.ANON, list[c.Banner])
async def list_banners(request: Request) -> Response:
    """Returns what a visitor sees, to administrators too: v1 never listed other banners."""
    rows = await request_context(request).app.bus.ask(c.ListBanners(page=ALL), ANONYMOUS)
    return Response(orjson.dumps(orjson.loads(rows)["results"]), media_type=JSON)


@routes.get("/banner/{banner_id}/", Policy.ANON, c.Banner)
async def get_banner(request: Request, banner_id: Id) -> Response:
    return await ask(request, c.GetBanner(banner_id=banner_id))


@routes.post("/banner/", Policy.ADMIN, c.Banner, status=201, sends=c.CreateBanner)
async def create_banner(request: Request, body: BannerBody) -> Response:
    return await send(request, c.CreateBanner(**body.model_dump()))


@routes.put("/banner/{banner_id}/", Policy.ADMIN, c.Banner, sends=c.ChangeBanner)
async def replace_banner(request: Request, banner_id: Id, body: BannerBody) -> Response:
    return await send(request, body.change(banner_id))


@routes.patch("/banner/{banner_id}/", Policy.ADMIN, c.Banner, sends=c.ChangeBanner)
async def change_banner(request: Request, banner_id: Id, body: BannerPatch) -> Response:
    return await send(request, body.change(banner_id))


@routes.delete("/banner/{banner_id}/", Policy.ADMIN, sends=c.DeleteBanner)
async def delete_banner(request: Request, banner_id: Id) -> Response:
    return await send(request, c.DeleteBanner(banner_id=banner_id))

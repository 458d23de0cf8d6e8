"""`/banner/`: one plain list of what is to be shown now."""

import orjson
from starlette.requests import Request
from starlette.responses import Response

from contracts.notify import banners as c
from contracts.shared import ANONYMOUS, Page
from gateway.api import banners
from gateway.call import call_of
from gateway.policy import Policy
from gateway.queries import JSON
from gateway.v1.routes import EarlyRoutes

routes = EarlyRoutes("banners")
MOST = Page(limit=1000)


@routes.get("/banner/", Policy.ANON, list[c.Banner])
async def list_banners(request: Request) -> Response:
    """As a visitor sees them, for administrators too: v1 never listed others."""
    rows = await call_of(request).door.bus.ask(c.ListBanners(page=MOST), ANONYMOUS)
    return Response(orjson.dumps(orjson.loads(rows)["results"]), media_type=JSON)


routes.get("/banner/{banner_id}/", Policy.ANON, c.Banner)(banners.get_banner)
routes.post("/banner/", Policy.ADMIN, c.Banner, status=201, sends=c.CreateBanner)(banners.create_banner)
routes.put("/banner/{banner_id}/", Policy.ADMIN, c.Banner, sends=c.ChangeBanner)(banners.replace_banner)
routes.patch("/banner/{banner_id}/", Policy.ADMIN, c.Banner, sends=c.ChangeBanner)(banners.change_banner)
routes.delete("/banner/{banner_id}/", Policy.ADMIN, sends=c.DeleteBanner)(banners.delete_banner)

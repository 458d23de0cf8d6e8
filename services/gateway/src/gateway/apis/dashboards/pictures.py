"""Pictures of curves and of dashboards, as PNG or SVG."""

import time
from base64 import b64decode
from typing import Annotated, Any

from fastapi import Query
from pydantic import BaseModel, Field
from starlette.requests import Request
from starlette.responses import Response

from contracts.notify import pictures as c
from gateway.apis.dashboards.dialect import DASHBOARDS, LONG_DEADLINE, PICTURES
from gateway.apis.dashboards.owner_calls import answer
from gateway.apis.dashboards.stored.placeholders import named
from gateway.http.policy import Policy
from gateway.http.request_context import request_context
from gateway.http.routing import Routes

routes = Routes("pictures", DASHBOARDS)
DAY_MS = 86_400_000
TYPES = {"png": "image/png", "svg": "image/svg+xml"}
VARIABLE = "var-"
BINARY = {"schema": {"type": "string", "format": "binary"}}
PICTURE: dict[int | str, dict[str, Any]] = {
    200: {"description": "The picture", "content": dict.fromkeys(TYPES.values(), BINARY)},
    304: {"description": "The picture is the one that `If-None-Match` names"},
}
BAD_TIMES = {400: "A time is 0, reversed or beyond the year 9999."}
MAX_VARIABLES = 50


class PictureOptions(BaseModel):
    """Without times a picture shows the last 24 hours."""

    begin_time: int | None = None
    end_time: int | None = None
    format: c.Kind = "png"
    width: c.Width = 1000
    annotations: bool = True

    @property
    def window(self) -> dict[str, int]:
        """Both times; one that is missing is a day from the other."""
        end = self.end_time if self.end_time is not None else int(time.time() * 1000)
        if self.end_time is None and self.begin_time is not None:
            end = max(end, self.begin_time)
        return {"begin_ms": self.begin_time if self.begin_time is not None else end - DAY_MS, "end_ms": end}

    def options(self, request: Request) -> c.Options:
        known = request.headers.get("if-none-match", "")[:200] or None
        return c.Options(kind=self.format, width=self.width, annotations=self.annotations, known=known)


class ChannelPictureOptions(PictureOptions):
    """`title` stands above the curves."""

    channel_name: Annotated[list[str], Field(min_length=1, max_length=c.MAX_CURVES, examples=[["42/loss"]])]
    backend: Annotated[str | None, Field(max_length=64)] = None
    title: Annotated[str, Field(max_length=200)] = ""
    height: c.Height = 400


@routes.get("/channels/picture", Policy.PUBLIC_READ, scope=PICTURES, deadline=LONG_DEADLINE, responses=PICTURE,
            refuses=BAD_TIMES)  # fmt: skip
async def draw_channels(request: Request, options: Annotated[ChannelPictureOptions, Query()]) -> Response:
    """Draws curves of channels: means with bands from the least to the greatest value, legend, units, and annotations.
    What cannot be drawn is said on the picture."""
    query = c.DrawChannels(
        channel_names=[name[:300] for name in options.channel_name], backend=options.backend, title=options.title,
        height=options.height, options=options.options(request), **options.window,
    )  # fmt: skip
    return await _drawn(request, query, options.format)


@routes.get("/dashboard/{dashboard_id}/picture", Policy.ANON, scope=PICTURES, deadline=LONG_DEADLINE, responses=PICTURE,
            refuses=BAD_TIMES)  # fmt: skip
async def draw_dashboard(
    request: Request, dashboard_id: str, options: Annotated[PictureOptions, Query()]
) -> Response:  # fmt: skip
    """Draws the panels of a dashboard at their places, with `?var-run=7` for the placeholder `${run}`. That is an
    access."""
    query = c.DrawDashboard(
        dashboard_id=dashboard_id[:256], values=variables(request), options=options.options(request), **options.window
    )
    return await _drawn(request, query, options.format)


def variables(request: Request) -> dict[str, str]:
    """Returns the values of placeholders that the address has; names that no placeholder can have are left out."""
    given = [(name.removeprefix(VARIABLE), value) for name, value in request.query_params.items()
             if name.startswith(VARIABLE)]  # fmt: skip
    return named({name: value[:512] for name, value in given[:MAX_VARIABLES]})


async def _drawn(request: Request, query: c.DrawChannels | c.DrawDashboard, kind: str) -> Response:
    found = c.Picture.model_validate_json(await answer(request, query))
    return picture_response(request, found, kind)


def picture_response(request: Request, found: c.Picture, kind: str) -> Response:
    """Texts in an SVG come from others: a browser that opens it runs nothing."""
    is_public = request_context(request).actor.is_anonymous
    headers = {
        "etag": found.etag, "cache-control": f"{'public' if is_public else 'private'}, no-cache",
        "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'; sandbox",
    }  # fmt: skip
    if not found.data:
        return Response(None, 304, headers)
    return Response(b64decode(found.data), 200, headers, TYPES[kind])

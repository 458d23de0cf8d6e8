"""Channels: search, curves, and their samples."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any
from urllib.parse import urlencode

import orjson
from fastapi import Query
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, Field
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse

from contracts.notify import channels as c
from contracts.notify.channel_times import BadWindow, check_times
from gateway.apis.dashboards import channel_events as events
from gateway.apis.dashboards.bodies import body_of, json_model
from gateway.apis.dashboards.curves import curve_json
from gateway.apis.dashboards.dialect import DASHBOARDS, LONG_DEADLINE, RECENT_DEADLINE, SCOPE, SEARCH_DEADLINE
from gateway.apis.dashboards.owner_calls import answer
from gateway.http.policy import Policy
from gateway.http.queries import JSON
from gateway.http.request_context import request_context
from gateway.http.routing import Routes
from kit.errors import DomainError, Invalid, NotFound
from kit.http.problems import problem_of

routes = Routes("channels", DASHBOARDS)
MAX_CURVES, AT_ONCE = 50, 4
BODY = 64 << 10
BAD_PATTERN = {400: "`search_text` is no regular expression."}
BAD_CURVE = {400: "A time is 0, reversed or beyond the year 9999, or there are too many bins.",
             404: "No channel has this name; ids are not looked up."}  # fmt: skip
BAD_TIMES = {400: "A time is 0, reversed or beyond the year 9999."}
BAD_DATES = {400: "A date is none, or both are reversed.", 404: "There is no such channel."}
Name = Annotated[str, Query(max_length=300, examples=["42/loss"])]
Backend = Annotated[str | None, Query(max_length=64)]
Ms = Annotated[int, Query(examples=[1_767_225_600_000])]


class Channels(BaseModel):
    """`truncated` is there, and true, when there are more."""

    channels: list[c.Channel]
    truncated: bool | None = None


class Curve(BaseModel):
    """Maps from times (nanoseconds since the epoch, as text) to numbers, by the name of the channel as it was asked
    for; with `_min` and `_max` behind it for bins, and `_meta` about the curve and its points."""

    curve: dict[str, dict[str, Any]]


class CurveOptions(BaseModel):
    """Begin and end are in milliseconds since the epoch; `num_bins` of 0 or less asks for samples as they were
    recorded."""

    channel_name: Annotated[str, Field(max_length=300, examples=["42/loss"])]
    begin_time: Annotated[int, Field(examples=[1_767_225_600_000])]
    end_time: Annotated[int, Field(examples=[1_767_229_200_000])]
    backend: Annotated[str | None, Field(max_length=64)] = None
    num_bins: int = 0
    useEventsIfBinCountTooLarge: bool = False
    removeEmptyBins: bool = False
    isString: bool | None = None
    query_expansion: bool = False
    binningScheme: str = "unweightedScalar"
    downsample: c.Downsample | None = None
    x: c.Axis = "time"

    def query(self) -> c.GetCurve:
        """Raises Invalid for an unknown scheme."""
        if self.binningScheme not in ("unweightedScalar", "timeWeightedScalar"):
            raise Invalid("bad_scheme", "binningScheme must be unweightedScalar or timeWeightedScalar.")
        return c.GetCurve(
            channel_name=self.channel_name, backend=self.backend, begin_ms=self.begin_time, end_ms=self.end_time,
            num_bins=self.num_bins, raw_when_sparse=self.useEventsIfBinCountTooLarge,
            remove_empty_bins=self.removeEmptyBins, is_string=self.isString, query_expansion=self.query_expansion,
            scheme=self.binningScheme, downsample=self.downsample, axis=self.x,  # type: ignore[arg-type]
        )  # fmt: skip


class CurvesBody(BaseModel):
    curves: Annotated[list[CurveOptions], Field(min_length=1, max_length=MAX_CURVES)]


EXAMPLE = {"curves": [{"channel_name": "42/loss", "begin_time": 1_767_225_600_000, "end_time": 1_767_229_200_000,
                       "num_bins": 500}]}  # fmt: skip


CURVES = {"type": "object", "required": ["curves"], "properties": {"curves": {
    "type": "array", "minItems": 1, "maxItems": MAX_CURVES, "items": CurveOptions.model_json_schema(),
}}}  # fmt: skip


class Curves(BaseModel):
    """In the order of the request: each a curve, or the problem that this one has."""

    curves: list[dict[str, Any]]


@routes.get("/channels/curve", Policy.PUBLIC_READ, Curve, scope=SCOPE, deadline=LONG_DEADLINE, refuses=BAD_CURVE)
async def get_curve(request: Request, options: Annotated[CurveOptions, Query()]) -> Response:
    """Returns the points of a channel: samples, or bins of a grid that begins at the epoch."""
    return Response(await curve_json(request, options.query()), media_type=JSON)


@routes.post(
    "/channels/curves", Policy.ANON, Curves, scope=SCOPE, deadline=LONG_DEADLINE, body=None,
    openapi_extra=body_of(CURVES, EXAMPLE),
    refuses={415: None},
)  # fmt: skip
async def get_curves(request: Request) -> Response:
    """Returns several curves, each as if it were asked for alone."""
    wanted, slots = (await json_model(request, CurvesBody, BODY)).curves, asyncio.Semaphore(AT_ONCE)

    async def one(options: CurveOptions) -> bytes:
        async with slots:
            try:
                return await curve_json(request, options.query())
            except DomainError as error:
                return orjson.dumps(problem_of(error.refused(), request.url.path)[1])

    found = await asyncio.gather(*map(one, wanted))
    return Response(b'{"curves":[' + b",".join(found) + b"]}", media_type=JSON)


@routes.get(
    "/channels/search", Policy.PUBLIC_READ, Channels, scope=SCOPE, deadline=SEARCH_DEADLINE, refuses=BAD_PATTERN
)
async def search_channels(
    request: Request, search_text: Annotated[str, Query(examples=["loss$"])] = "",
    allow_cached_response: bool = True, backend: Backend = None, limit: Annotated[int | None, Query(ge=1)] = None,
) -> Response:  # fmt: skip
    """Finds channels whose names match a regular expression, whatever their case."""
    query, found, is_cut = c.SearchChannels(text=search_text, backend=backend, limit=limit), list[Any](), False
    while True:
        part = orjson.loads(await answer(request, query))
        found += part["channels"]
        is_cut |= part["truncated"]
        if not part["position"]:
            return JSONResponse({"channels": found, **({"truncated": True} if is_cut else {})})
        position = c.ChannelPosition(**part["position"])
        query = query.model_copy(update={"position": position, "found": len(found)})


@routes.get("/channels/recent", Policy.PUBLIC_READ, Channels, scope=SCOPE, deadline=RECENT_DEADLINE)
async def list_recent_channels(request: Request) -> Response:
    """Lists the ten channels whose curves were requested last, then those that are new."""
    return JSONResponse({"channels": orjson.loads(await answer(request, c.ListRecentChannels()))["channels"]})


class RawLink(BaseModel):
    link: str


@routes.get("/channels/raw-link", Policy.PUBLIC_READ, RawLink, scope=SCOPE, refuses=BAD_TIMES)
async def get_raw_link(
    request: Request, channel_name: Name, begin_time: Ms, end_time: Ms, backend: Backend = None
) -> Response:  # fmt: skip
    """Returns where the samples of a channel can be downloaded; whether there is such a channel is not checked."""
    try:
        check_times(begin_time, end_time)
    except BadWindow as problem:
        raise Invalid("bad_window", str(problem)) from problem
    settings = request_context(request).app.settings
    base = settings.channel_data_url or f"{settings.api_base_url}/channels"
    named = {"backend": backend or await _backend_of(request, channel_name), "channelName": channel_name,
             "begDate": _date(begin_time), "endDate": _date(end_time)}  # fmt: skip
    return JSONResponse({"link": f"{base.rstrip('/')}/events?{urlencode(named)}"})


async def _backend_of(request: Request, name: str) -> str:
    try:
        return orjson.loads(await answer(request, c.FindChannel(channel_name=name)))["backend"]
    except NotFound:
        return request_context(request).app.settings.channel_default_backend


def _date(ms: int) -> str:
    moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=ms)
    return moment.isoformat(sep=" ", timespec="milliseconds")


class EventOptions(BaseModel):
    """One of `channelName` and `seriesId` is given."""

    begDate: Annotated[str, Field(max_length=64, examples=["2026-05-01T00:00:00Z"])]
    endDate: Annotated[str, Field(max_length=64, examples=["2026-05-02T00:00:00Z"])]
    channelName: Annotated[str | None, Field(max_length=300, examples=["42/loss"])] = None
    seriesId: Annotated[int | None, Field(ge=0, lt=1 << 63)] = None
    backend: Annotated[str | None, Field(max_length=64)] = None
    oneBeforeRange: bool = False
    allowLargeResult: bool = False

    def query(self) -> c.GetChannelEvents:
        """Raises RequestValidationError without a channel, Invalid for dates that are none or reversed."""
        if self.channelName is None and self.seriesId is None:
            missing = {"type": "missing", "loc": ("query", "channelName"), "msg": "Field required", "input": None}
            raise RequestValidationError([missing])
        begin, end = events.ns_of(self.begDate, "begDate"), events.ns_of(self.endDate, "endDate")
        if begin > end:
            raise Invalid("bad_window", "begDate must not be after endDate.")
        return c.GetChannelEvents(
            channel_name=self.channelName,
            series_id=self.seriesId,
            backend=self.backend,
            begin=begin,
            end=end,
            one_before=self.oneBeforeRange,
        )


class Events(BaseModel):
    """Columns: time = `tsAnchor` seconds + `tsMs` milliseconds + `tsNs` nanoseconds."""

    tsAnchor: int
    tsMs: list[int]
    tsNs: list[int]
    pulseAnchor: int
    pulseOff: list[int | None]
    values: list[Any]
    valuestrings: list[str] | None = None
    rangeFinal: bool
    continueAt: str | None = None


@routes.get("/channels/events", Policy.PUBLIC_READ, Events, scope=SCOPE, deadline=LONG_DEADLINE, refuses=BAD_DATES)
async def get_events(request: Request, options: Annotated[EventOptions, Query()]) -> Response:
    """Returns samples as they were recorded: one document or, for `Accept: application/json-framed`, a stream of
    them."""
    query = options.query()
    limits = events.Limits(*events.LIMITS[options.allowLargeResult])
    slices = events.slices_of(request, query, limits)
    if events.FRAMED in request.headers.get("accept", ""):
        first = await anext(slices)
        framed = events.frames(first, slices, query.begin, query.end)
        return StreamingResponse(framed, media_type=events.FRAMED)
    document = events.Document(query.begin, query.end)
    async for found in slices:
        document.add(found)
    return StreamingResponse(document.written(), media_type=JSON)

"""`python -m prediction.serving`: one plug-in, named by MODEL_MODULE, behind HTTP. Needs neither bus nor database.

GET /health and /readyz; POST /predict `{model_uri, image_uri, bbox, zoom, params}` answers a FeatureCollection, 400
`{"error"}` for a bad request and 500 `{"error"}` for a failure, never with the words of an exception.
"""

import asyncio
import logging
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Annotated, Any

import uvicorn
from pydantic import BaseModel, ConfigDict, Field, StrictFloat, StrictInt, ValidationError
from pydantic_settings import BaseSettings
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from kit.settings import AllowImagery, ServiceSettings, load, names
from prediction.inference.domain import Area, CannotPredict, InvalidRequest, check
from prediction.inference.process_pool import Busy, WarmProcessPool
from prediction.inference.worker import check_plugin, predict_area

log = logging.getLogger("prediction.serving")
MAX_BODY = 100_000
GRACE = 55
"""Seconds for requests in work when the process is asked to end: the longest prediction, and its answer."""
Number = StrictInt | StrictFloat
Text = Annotated[str, Field(min_length=1, max_length=4000)]


class Settings(AllowImagery, BaseSettings):
    model_config = ServiceSettings.model_config

    module: str = Field(validation_alias=names("MODEL_MODULE"))
    models_path: Path = Field(Path("."), validation_alias=names("FAIRWAY_MODELS_PATH"))
    host: str = Field("0.0.0.0", validation_alias=names("HTTP__HOST"))  # noqa: S104
    port: int = Field(8080, validation_alias=names("HTTP__PORT", "PORT"))
    children: int = Field(1, ge=1, validation_alias=names("SERVE_CHILDREN"))
    allow_inference: str = Field("", validation_alias=names("OUTBOUND_ALLOW_INFERENCE"))
    """Comma list of `host:port` that may be private, plain http and on any port: for the model that a request names."""
    allow_files: bool = Field(False, validation_alias=names("SERVE_ALLOW_FILES"))
    """Whether a request may name a model by a path of this machine."""


class Body(BaseModel):
    model_config = ConfigDict(strict=True, extra="ignore")

    model_uri: Text
    image_uri: Text
    bbox: Annotated[list[Number], Field(min_length=4, max_length=4)]
    zoom: StrictInt
    params: dict[str, Any] = {}


def create(settings: Settings, children: WarmProcessPool) -> Starlette:
    @asynccontextmanager
    async def life(_: Starlette) -> AsyncIterator[None]:
        yield
        await children.stop()

    async def alive(_: Request) -> Response:
        return JSONResponse({"status": "ok"})

    async def predict(request: Request) -> Response:
        try:
            area = _area(await _body(request), settings)
            return Response(await children.run(predict_area, area), media_type="application/geo+json")
        except InvalidRequest as problem:
            return _error(400, f"{problem.field}: {problem.text}")
        except CannotPredict as problem:
            return _error(500, str(problem))
        except Busy:
            return _error(503, "Many predictions are under way, try again.")
        except Exception:
            log.exception("predict.failed")
            return _error(500, "The prediction failed.")

    routes = [Route("/health", alive), Route("/readyz", alive), Route("/predict", predict, methods=["POST"])]
    return Starlette(routes=routes, lifespan=life)


def _error(status: int, words: str) -> Response:
    return JSONResponse({"error": words}, status)


async def _body(request: Request) -> Body:
    content = b""
    async for piece in request.stream():
        content += piece
        if len(content) > MAX_BODY:
            raise InvalidRequest("body", "The request is too large.")
    try:
        return Body.model_validate_json(content)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        raise InvalidRequest(str(first["loc"][0]) if first["loc"] else "body", first["msg"]) from error


def _area(body: Body, settings: Settings) -> Area:
    west, south, east, north = map(float, body.bbox)
    check((west, south, east, north), body.zoom)
    if not body.model_uri.startswith(("s3://", "http://", "https://")) and not settings.allow_files:
        raise InvalidRequest("model_uri", "Only s3, http and https addresses can be used.")
    return Area(
        settings.module, body.model_uri, False, body.image_uri, (west, south, east, north), body.zoom, body.params,
        settings.allow_imagery, settings.allow_inference,
    )  # fmt: skip


def _environment(settings: Settings) -> dict[str, str]:
    """Of the children: they read the model from the object store, with the keys that are ours."""
    keys = {name: value for name, value in os.environ.items() if name.startswith("AWS_")}
    folders = {"FAIRWAY_MODELS_PATH": str(settings.models_path.resolve())}
    return {**keys, **folders, "FAIR_CACHE_DIR": os.environ.get("FAIR_CACHE_DIR", "")}


async def serve(settings: Settings) -> None:
    """Ends the process with a sentence when the plug-in has no `predict`."""
    children = WarmProcessPool(_environment(settings), settings.children)
    try:
        await children.run(check_plugin, settings.module)
    except CannotPredict:
        await children.stop()
        sys.exit(f"prediction.serving: MODEL_MODULE {settings.module} has no predict")
    config = uvicorn.Config(
        create(settings, children), settings.host, settings.port, access_log=False, timeout_graceful_shutdown=GRACE
    )
    await uvicorn.Server(config).serve()


if __name__ == "__main__":
    asyncio.run(serve(load(Settings)))

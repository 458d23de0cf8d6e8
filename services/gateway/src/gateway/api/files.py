"""Files of the object store: redirections to addresses that work for a while, and the workspace.

Whoever follows a redirection sends its `Range` along. Downloads are for everybody, so pages of any origin may read
them.
"""

from typing import Annotated, Any

import orjson
from fastapi import Path, Query
from starlette.requests import Request
from starlette.responses import Response

from contracts.catalog import files as c
from gateway.policy import Policy
from gateway.queries import answer, ask
from gateway.routing import Routes
from kit.errors import Invalid

routes = Routes("workspace")
WAIT = 5.0
ANY_ORIGIN = {"access-control-allow-origin": "*"}
STORED: dict[int | str, dict[str, Any]] = {200: {"description": "It is there", "headers": {
    "ETag": {"description": "Changes with the content", "schema": {"type": "string"}},
    "Accept-Ranges": {"description": "Parts may be asked for", "schema": {"const": "bytes"}},
}}}  # fmt: skip
Key = Annotated[str, Query(max_length=1024)]
Name = Annotated[str, Path(max_length=200)]
ObjectKey = Annotated[str, Path(max_length=1024)]


@routes.get("/stac-assets/{collection}/{item_id}/{asset}/", Policy.ANON, status=302)
async def get_stac_asset(request: Request, collection: Name, item_id: Name, asset: Name) -> Response:
    """Of base-models, local-models and datasets: model, checkpoint, training-metrics, download."""
    return await _redirected(request, c.GetDownload(collection=collection, item_id=item_id, asset=asset))


@routes.get("/artifacts/{bucket}/{key:path}", Policy.ANON, status=302)
async def get_artifact(request: Request, bucket: Name, key: ObjectKey) -> Response:
    """Whether the artifact exists is not checked."""
    return await _redirected(request, c.GetArtifact(bucket=bucket, key=key))


@routes.add("HEAD", "/artifacts/{bucket}/{key:path}", Policy.ANON, responses=STORED)
async def head_artifact(request: Request, bucket: Name, key: ObjectKey) -> Response:
    found = c.Stored.model_validate_json(await answer(request, c.HeadArtifact(bucket=bucket, key=key), WAIT))
    headers = {"content-length": str(found.size), "etag": found.etag, "accept-ranges": "bytes", **ANY_ORIGIN}
    return Response(headers=headers, media_type=found.content_type)


@routes.get("/workspace/", Policy.AUTH, c.Workspace, refuses={404: "There is nothing, or nothing for you."})
async def list_workspace(
    request: Request, prefix: Key = "", limit: Annotated[int, Query(ge=1, le=1000)] = 1000,
    continuation: Annotated[str, Query(max_length=2048)] = "",
) -> Response:  # fmt: skip
    """`next` of the answer is the `continuation` of the following page."""
    return await ask(request, c.ListWorkspace(prefix=prefix, limit=limit, continuation=continuation), WAIT)


@routes.get("/workspace/url/", Policy.AUTH, c.Link, refuses={404: "There is nothing, or nothing for you."})
async def get_workspace_url(request: Request, key: Key = "") -> Response:
    if not key.strip():
        raise Invalid("key", "key is required.", key=["This field is required."])
    return await ask(request, c.GetWorkspaceUrl(key=key), WAIT)


async def _redirected(request: Request, query: c.GetDownload | c.GetArtifact) -> Response:
    link = orjson.loads(await answer(request, query, WAIT))
    return Response(status_code=302, headers={"location": link["url"], "cache-control": "no-store", **ANY_ORIGIN})

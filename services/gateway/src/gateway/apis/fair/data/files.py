"""Files of the object store: redirects to addresses that are valid for a limited time, and the workspace.

Clients repeat their `Range` header when they follow a redirect. Downloads are public, so pages of any origin may read
them.
"""

from typing import Annotated, Any

import orjson
from fastapi import Path, Query
from starlette.requests import Request
from starlette.responses import Response

from contracts.catalog import files as c
from gateway.apis.fair.dialect import FAIR
from gateway.http.inputs.fields import ObjectKey
from gateway.http.limits.timeouts import STORAGE_WAIT
from gateway.http.policy import Policy
from gateway.http.queries import answer, ask
from gateway.http.routing import Routes
from kit.errors import Invalid

routes = Routes("workspace", FAIR)
ANY_ORIGIN = {"access-control-allow-origin": "*"}
NOT_VISIBLE = {404: "The path does not exist, or the caller may not see it."}
STORED: dict[int | str, dict[str, Any]] = {200: {"description": "The file exists", "headers": {
    "ETag": {"description": "Identifies the content", "schema": {"type": "string"}},
    "Accept-Ranges": {"description": "Range requests are supported", "schema": {"const": "bytes"}},
}}}  # fmt: skip
Key = Annotated[str, Query(max_length=1024)]
Name = Annotated[str, Path(max_length=200)]


@routes.get("/stac-assets/{collection}/{item_id}/{asset}/{name}", Policy.ANON, status=302)
async def get_stac_file(request: Request, collection: Name, item_id: Name, asset: Name, name: Name) -> Response:
    """The address that STAC items name: it ends with the file name."""
    return await _redirected(request, _download(request, collection, item_id, asset, name))


@routes.get("/stac-assets/{collection}/{item_id}/{asset}/", Policy.ANON, status=302)
async def get_stac_asset(request: Request, collection: Name, item_id: Name, asset: Name) -> Response:
    """Assets of base-models, local-models and datasets: model, checkpoint, training-metrics, reliability, download,
    labels, chips."""
    return await _redirected(request, _download(request, collection, item_id, asset))


@routes.add("HEAD", "/artifacts/{bucket}/{key:path}", Policy.ANON, responses=STORED)
async def head_artifact(request: Request, bucket: Name, key: ObjectKey) -> Response:
    """Registered before the GET route, which would answer HEAD as well."""
    found = c.Stored.model_validate_json(await answer(request, c.HeadArtifact(bucket=bucket, key=key), STORAGE_WAIT))
    headers = {"content-length": str(found.size), "etag": found.etag, "accept-ranges": "bytes", **ANY_ORIGIN}
    return Response(headers=headers, media_type=found.content_type)


@routes.get("/artifacts/{bucket}/{key:path}", Policy.ANON, status=302)
async def get_artifact(request: Request, bucket: Name, key: ObjectKey) -> Response:
    """Does not check whether the artifact exists."""
    return await _redirected(request, c.GetArtifact(bucket=bucket, key=key))


@routes.get("/workspace/", Policy.AUTH, c.Workspace, refuses=NOT_VISIBLE)
async def list_workspace(
    request: Request, prefix: Key = "", limit: Annotated[int, Query(ge=1, le=1000)] = 1000,
    continuation: Annotated[str, Query(max_length=2048)] = "",
) -> Response:  # fmt: skip
    """`next` of the response is the `continuation` of the following page."""
    return await ask(request, c.ListWorkspace(prefix=prefix, limit=limit, continuation=continuation), STORAGE_WAIT)


@routes.get("/workspace/url/", Policy.AUTH, c.Link, refuses=NOT_VISIBLE)
async def get_workspace_url(request: Request, key: Key = "") -> Response:
    if not key.strip():
        raise Invalid("key", "key is required.", key=["This field is required."])
    return await ask(request, c.GetWorkspaceUrl(key=key), STORAGE_WAIT)


def _download(request: Request, collection: str, item_id: str, asset: str, name: str | None = None) -> c.GetDownload:
    head = request.method == "HEAD"
    return c.GetDownload(collection=collection, item_id=item_id, asset=asset, name=name, head=head)


async def _redirected(request: Request, query: c.GetDownload | c.GetArtifact) -> Response:
    link = orjson.loads(await answer(request, query, STORAGE_WAIT))
    return Response(status_code=302, headers={"location": link["url"], "cache-control": "no-store", **ANY_ORIGIN})

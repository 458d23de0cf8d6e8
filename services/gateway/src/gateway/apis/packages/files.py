"""Files of packages at their public addresses, with listings of folders."""

from typing import Any
from urllib.parse import quote

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from contracts.catalog.packages import GetPackageFile, PackageFile
from gateway.apis.packages.dialect import PACKAGES
from gateway.apis.packages.listing import listing_of
from gateway.http.files.conditions import Representation, is_known, wanted_range
from gateway.http.files.stored_files import ClosingStream, chunks_of
from gateway.http.policy import Policy
from gateway.http.queries import answer
from gateway.http.routing import Routes

routes = Routes("packages", PACKAGES, prefix="")
ROOT, SCOPE, WAIT = "/packages", "package_file", 5.0
LONGEST = 1024
"""Characters of a path."""
SANDBOX = {
    "content-security-policy": "sandbox allow-downloads", "cross-origin-resource-policy": "cross-origin",
    "cache-control": "public, no-cache",
}  # fmt: skip
"""Pages of packages have no scripts and no origin; who has a copy asks whether it is the latest."""

ANSWERS: dict[int | str, dict[str, Any]] = {
    206: {"description": "A part of the file"}, 301: {"description": "A folder, whose address ends with a slash"},
    304: {"description": "The client has the latest state"}, 404: {"description": "There is no such file"},
    416: {"description": "The part is not there"}, 503: {"description": "The storage does not answer"},
}  # fmt: skip


@routes.get(ROOT, Policy.OPEN, scope=SCOPE, include_in_schema=False, responses=ANSWERS)
async def list_package_root(request: Request) -> Response:
    return await _served(request, "")


@routes.get(f"{ROOT}/{{path:path}}", Policy.OPEN, scope=SCOPE, include_in_schema=False, responses=ANSWERS)
async def get_package_file(request: Request, path: str) -> Response:
    return await _served(request, path)


async def _served(request: Request, path: str) -> Response:
    """A folder has an address that ends with a slash, so that the links of its page lead into it."""
    if "\0" in path or len(path) > LONGEST:
        raise HTTPException(404)
    found = PackageFile.model_validate_json(await answer(request, GetPackageFile(path=path.strip("/")), WAIT))
    is_folder, with_slash = found.is_index or found.kind == "folder", request.url.path.endswith("/")
    if is_folder and not with_slash:
        return RedirectResponse(_relative(path), 301)
    if with_slash and not is_folder:
        raise HTTPException(404)
    if found.kind == "folder":
        return Response(listing_of(path, found.entries), headers=SANDBOX, media_type="text/html")
    return await _file(request, found)


def _relative(path: str) -> str:
    """The last part with a slash; `./` keeps a colon in it from being read as a scheme."""
    return f"./{quote(path.rpartition('/')[2] or ROOT[1:])}/"


async def _file(request: Request, found: PackageFile) -> Response:
    tag = found.etag if found.etag.startswith(('"', "W/")) else f'"{found.etag}"'
    state = Representation(found.bytes, tag, found.modified)
    headers = {**state.headers, **SANDBOX}
    if is_known(state, request.headers):
        return Response(status_code=304, headers=headers)
    part = wanted_range(state, request.headers) if request.method == "GET" else None
    if part is not None and not part:
        return Response(status_code=416, headers={**headers, "content-range": f"bytes */{found.bytes}"})
    length = found.bytes if part is None else len(part)
    headers |= {"content-length": str(length), "content-type": found.media_type or "application/octet-stream"}
    if request.method == "HEAD":
        return Response(headers=headers)
    if part is not None:
        headers["content-range"] = f"bytes {part.start}-{part.stop - 1}/{found.bytes}"
    return ClosingStream(await chunks_of(found, part), 200 if part is None else 206, headers)

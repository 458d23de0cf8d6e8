"""The web console: the files that `console/` is built into, below /console/.

Its content security policy admits no script but those files. Imagery and object stores of any address may be asked for
data, because a mapper names them freely."""

import asyncio
from pathlib import Path

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, RedirectResponse, Response

from gateway.apis.fair.dialect import FAIR
from gateway.http.files.contained_file import file_in
from gateway.http.policy import Policy
from gateway.http.routing import Routes

routes = Routes("system", FAIR, prefix="")
ROOT = "/console"
MISSING = "The console is not built yet: `make console` builds it, and `make demo` does so beside its first start.\n"
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; font-src 'self'; worker-src 'self'; manifest-src 'self'; "
    "img-src 'self' data: blob: https:{local}; connect-src 'self' https:{local}; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
LOCAL = " http://127.0.0.1:* http://localhost:*"
"""The servers of the embedded stack have no certificates."""
UNCHANGING = "public, max-age=31536000, immutable"
"""For files below `assets/`, whose names hold a hash of their content."""
ANSWERS: dict[int | str, dict[str, str]] = {404: {"description": "There is no such file"}}


@routes.get(ROOT, Policy.OPEN, scope=None, include_in_schema=False, responses=ANSWERS)
async def show_console(request: Request) -> Response:
    return await _served(request, "index.html") if request.url.path.endswith("/") else RedirectResponse(f"{ROOT}/", 301)


@routes.get(f"{ROOT}/{{path:path}}", Policy.OPEN, scope=None, include_in_schema=False, responses=ANSWERS)
async def get_console_file(request: Request, path: str) -> Response:
    return await _served(request, path or "index.html")


async def _served(request: Request, path: str) -> Response:
    settings = request.app.state.context.settings
    headers = {
        "content-security-policy": POLICY.format(local=LOCAL if settings.debug else ""),
        "vary": "accept-encoding",
    }
    folder = settings.console_folder
    file = await asyncio.to_thread(file_in, folder, path) if folder else None
    if file is None and path == "index.html":
        return Response(MISSING, 503, headers, "text/plain")
    if file is None:
        raise HTTPException(404)
    headers["cache-control"] = UNCHANGING if path.startswith("assets/") else "no-cache"
    return _compressed(request, file, headers) or FileResponse(file, headers=headers)


def _compressed(request: Request, file: Path, headers: dict[str, str]) -> Response | None:
    """Returns the file as the build compressed it, if it did and the browser takes that."""
    packed = file.with_name(f"{file.name}.gz")
    if "gzip" not in request.headers.get("accept-encoding", "") or not packed.is_file():
        return None
    plain = FileResponse(file)
    return FileResponse(packed, headers={**headers, "content-encoding": "gzip"}, media_type=plain.media_type)
